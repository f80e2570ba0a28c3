"""What the documents say is there, is there; what is there, is documented."""

import dataclasses
import re
from pathlib import Path

import pytest

from strongroom_api.documents import render
from strongroom_core.access.actions import RULES, Action
from strongroom_core.access.operations import OPERATIONS
from strongroom_core.settings import Settings

MAP = Path("ARCHITECTURE.md")


def test_every_path_in_the_map_exists() -> None:
    """ARCHITECTURE.md is the only place in prose that names paths, so that a move edits one line."""
    paths = re.findall(r"`((?:packages|apps|tests|docs|benchmarks)/[^`*]+)`", MAP.read_text())
    missing = [path for path in paths if not Path(path).exists()]

    assert missing == []
    assert len(paths) > 30


def test_the_ten_questions_are_answered_by_the_map() -> None:
    """Someone who has read only the map names the file for each question."""
    questions = re.findall(r"^\d+\. (.+)\? → `(.+)`$", MAP.read_text(), re.MULTILINE)

    assert len(questions) == 10
    assert [path for _, path in questions if not Path(path).is_file()] == []


def test_the_authorization_document_is_the_table() -> None:
    """docs/authorization.md is generated; run `just docs` after a change."""
    assert Path("docs/authorization.md").read_text() == render()


def test_every_action_has_a_rule_and_a_way_in() -> None:
    """An action nobody can perform is dead code; one without a rule cannot be decided."""
    performed = {operation.action for operation in OPERATIONS.values()}

    assert set(RULES) == set(Action)
    # Refusals are recorded under these names; nobody performs them.
    assert set(Action) - performed == {
        Action.AUTH_FAILURE,
        Action.INTEGRITY_FAILURE,
        Action.LOCKOUT_STARTED,
        Action.SECRET_READ_DENIED,
    }


@pytest.mark.parametrize("setting", [field.name for field in dataclasses.fields(Settings)])
def test_every_setting_is_documented(setting: str) -> None:
    """An operator finds every variable in one list."""
    assert f"STRONGROOM_{setting.upper()}" in Path("docs/operate/settings.md").read_text()


def test_the_glossary_has_one_line_per_word() -> None:
    """One word per thing, and no word twice."""
    words = re.findall(r"^\*\*([^*]+)\*\*", Path("docs/glossary.md").read_text(), re.MULTILINE)

    assert len(words) == len(set(words))
    assert len(words) > 30
