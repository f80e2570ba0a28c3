"""Mutants that do the same as the original, each with the reason why no test can notice it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .mutants import Mutant

SAME: Mapping[tuple[str, str], str] = {}
"""Module and change, as `Mutant` says them: why it changes nothing."""


def why_equivalent(mutant: Mutant) -> str | None:
    """Return why nobody can tell this mutant from the original, or None."""
    return SAME.get((mutant.module, mutant.what))
