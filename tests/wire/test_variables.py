"""The names of the variables that programs get from secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from strongroom_wire.dangerous_names import danger_of
from strongroom_wire.variables import variable_name, variables_of

VECTORS = Path("packages/wire/vectors")
CASES = json.loads((VECTORS / "variables.json").read_text())
DANGEROUS = json.loads((VECTORS / "dangerous.json").read_text())["cases"]


@pytest.mark.parametrize(("parts", "expected"), CASES)
def test_variable_names(parts: list[str], expected: str) -> None:
    """D-3, S-11: a variable name is in upper case, and has only characters that shells accept in names."""
    assert expected == variable_name(*parts)


def test_each_field_is_a_variable() -> None:
    """S-11: a structured secret has one variable for each field, and none for the secret as a whole."""
    assert ["SMTP"] == variables_of("smtp", [])
    assert ["SMTP_HOST", "SMTP_PORT"] == variables_of("smtp", ["host", "port"])


@pytest.mark.parametrize(("variable", "expected"), DANGEROUS)
def test_dangerous_variables(variable: str, expected: bool) -> None:
    """D-3: the CLI and the dashboard agree on which variables are dangerous."""
    assert expected == (danger_of(variable) is not None)
