"""Mutants that behave like the original, each with the reason why no test can detect it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .mutants import Mutant

EVERYWHERE: Mapping[str, str] = {
    "without argument: frozen=True": "it keeps us from mistakes, and does nothing at run time",
    "without argument: kw_only=True": "the same",
    "without argument: slots=True": "the same",
    "without: if TYPE_CHECKING:": "annotations are never evaluated",
    "not: TYPE_CHECKING": "the same",
}

SAME: Mapping[tuple[str, str], str] = {
    ("admission.py", "without: if row is None:"): "every request has its row",
    ("admission.py", "without: raise RuntimeError('every request has its row')"): "the same",
    (
        "admission.py",
        "without operand: facts.machine_name is None",
    ): "no machine is a refusal already",
    ("admission.py", "without operand: ValueError('no machine and no refusal')"): "the same",
    ("counters.py", "without: if row is None:"): "an upsert returns its row",
    ("counters.py", "without: raise RuntimeError('an upsert returns its row')"): "the same",
    ("decide.py", "without: return None"): "a function that ends returns None",
    ("machine_checks.py", "without: return None"): "the same",
    (
        "targets.py",
        "without operand: action.about is None",
    ): "an act has both or neither: checked first",
    ("log.py", "without argument: strict=True"): "the rows of one function are of one length",
    ("project_lock.py", "without operand: action.about is not None"): "the gate has checked that",
}
"""Module and change, as `Mutant` names them, and the reason why it changes nothing."""


def why_equivalent(mutant: Mutant) -> str | None:
    """Return why this mutant can't be distinguished from the original, or None."""
    return EVERYWHERE.get(mutant.what) or SAME.get((mutant.module, mutant.what))
