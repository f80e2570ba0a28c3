"""Every cited requirement, section and decision is in `docs/spec`, and everything built is tested."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

REQUIREMENTS = Path("docs/spec/requirements.md")
WIRE = Path("docs/spec/wire.md")
DECISIONS = Path("docs/spec/decisions.md")
STATES = {"built", "partly built", "planned"}
LETTERS = "ACDEGHLMNOPQRSTUVX"

ID = re.compile(rf"\b([{LETTERS}]-\d+)\b")
_REQUIREMENT = re.compile(r"^- \*\*([A-Z]-\d+)\*\* \(([a-z ]+)\) ", re.MULTILINE)
_HEADING = re.compile(r"^## (\d+)\. ", re.MULTILINE)
_CHECK = re.compile(r"^\| \((\d)\) \|", re.MULTILINE)
_DECISION = re.compile(r"^(\d+)\. \*\*", re.MULTILINE)
_WIRE_CITED = re.compile(
    r"\bWIRE(?:\.md)?,? ?(?:sections?\s)?§?((?:\d(?: \(\d\))?(?:, | and | to )?)+)"
)
_DECISION_CITED = re.compile(r"\b(?:DESIGN|decision) (\d+)")
# Planning documents that aren't in the repository, so citations of them lead nowhere.
_ELSEWHERE = re.compile(
    r"\b(?:security|faults|aesthetics|PRODUCT|spike-\w+|layout-proposal)\.md|DESIGN_LANGUAGE|\bT-[A-Z]+\b"
)

_READ_OF_CODE = re.compile(r'"""(?:.|\n)*?"""|(?:^|\s)# .*$', re.MULTILINE)
LINE_COMMENT = {".sql": "--", ".js": "//"}
"""How a comment line starts in a file that isn't Python."""


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", *patterns], capture_output=True, text=True, check=True
    ).stdout
    return [Path(name) for name in listed.splitlines()]


@cache
def _docstrings(path: Path) -> list[str]:
    """Return the docstrings of a module, its classes and its functions."""
    nodes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse(path.read_text())
    found = [ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, nodes)]
    return [text for text in found if text]


@cache
def prose() -> list[tuple[Path, str]]:
    """Return each file's prose: whole pages, and the docstrings and comments in code."""
    found: list[tuple[Path, str]] = []
    for path in _tracked("*.py"):
        if path != Path(__file__).relative_to(Path.cwd()):
            found += [(path, text) for text in _READ_OF_CODE.findall(path.read_text())]
    for suffix, mark in LINE_COMMENT.items():
        for path in _tracked(f"*{suffix}"):
            lines = path.read_text().splitlines()
            found += [(path, line) for line in lines if line.lstrip().startswith((mark, "*", "/*"))]
    found += [(path, path.read_text()) for path in _tracked("*.md", "*.toml", "*.yml", "justfile")]
    return found


def requirements() -> dict[str, str]:
    """Return each requirement's ID and state."""
    return dict(_REQUIREMENT.findall(REQUIREMENTS.read_text()))


def wire_places() -> set[str]:
    """Return the sections of the wire protocol, and the checks in section 1."""
    text = WIRE.read_text()
    return {*_HEADING.findall(text), *(f"1 ({number})" for number in _CHECK.findall(text))}


def _wire_cited(text: str) -> Iterator[str]:
    for cited in _WIRE_CITED.findall(text):
        span = re.fullmatch(r"(\d) to (\d)", cited.strip())
        if span is not None:
            yield from map(str, range(int(span[1]), int(span[2]) + 1))
        else:
            yield from re.findall(r"\d \(\d\)|\d", cited)


def test_requirements_are_unique_and_have_a_state() -> None:
    """IDs are unique, states are valid, and the numbering of each letter starts from 1 without gaps."""
    found = _REQUIREMENT.findall(REQUIREMENTS.read_text())
    numbers: dict[str, list[int]] = {}
    for name, _ in found:
        numbers.setdefault(name[0], []).append(int(name[2:]))

    assert len(found) == len(requirements()) > 100
    assert {state for _, state in found} == STATES
    assert {letter: sorted(each) for letter, each in numbers.items()} == {
        letter: list(range(1, len(each) + 1)) for letter, each in numbers.items()
    }
    assert set(numbers) == set(LETTERS)


def test_each_requirement_cited_exists() -> None:
    """Every cited ID exists in the specification."""
    known = requirements()
    wrong = {
        f"{path}: {name}"
        for path, text in prose()
        for name in ID.findall(text)
        if name not in known
    }

    assert wrong == set()
    assert sum(len(ID.findall(text)) for _, text in prose()) > 1500


def test_each_section_of_the_wire_protocol_cited_exists() -> None:
    """Every cited section, and every cited check in section 1, exists."""
    known = wire_places()
    cited = [(path, place) for path, text in prose() for place in _wire_cited(text)]

    assert {f"{path}: WIRE {place}" for path, place in cited if place not in known} == set()
    assert len(cited) > 100
    assert {"1 (1)", "1 (9)", "8"} <= known


def test_each_decision_cited_exists() -> None:
    """Every cited decision exists."""
    known = set(_DECISION.findall(DECISIONS.read_text()))
    cited = [(path, name) for path, text in prose() for name in _DECISION_CITED.findall(text)]

    assert {f"{path}: DESIGN {name}" for path, name in cited if name not in known} == set()
    assert len(cited) > 10
    assert known == set(map(str, range(1, 13)))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("WIRE, section 3", ["3"]),
        ("WIRE, sections 1 to 3", ["1", "2", "3"]),
        ("WIRE 1 and 4", ["1", "4"]),
        ("WIRE 1, 2: both", ["1", "2"]),
        ("R-2, WIRE 1 (2): from the fourth on 429", ["1 (2)"]),
        ("WIRE.md §2", ["2"]),
        ("WIRE: version 1.3.0", []),
    ],
)
def test_citations_are_read_as_people_write_them(text: str, places: list[str]) -> None:
    """All forms that occur are recognized; otherwise the tests above would pass by finding nothing."""
    assert list(_wire_cited(text)) == places


def test_built_requirements_are_tested() -> None:
    """Each requirement marked as built, completely or partly, is cited in some test's docstring."""
    tests = [path for path in _tracked("tests/*.py", "e2e/*.py") if path.name.startswith("test_")]
    cited = {name for path in tests for text in _docstrings(path) for name in ID.findall(text)}
    built = {name for name, state in requirements().items() if state != "planned"}

    assert built - cited == set()
    assert len(built) > 60


def test_tests_cite_no_planned_requirement() -> None:
    """No test cites an unbuilt requirement; one that does cites the wrong one, or the page is out of date."""
    tests = _tracked("tests/*.py", "e2e/*.py")
    planned = {name for name, state in requirements().items() if state == "planned"}
    claimed = {
        f"{path}: {name}"
        for path in tests
        for text in _docstrings(path)
        for name in ID.findall(text)
        if name in planned
    }

    assert claimed == set()


def test_tests_cite_only_documents_of_the_repository() -> None:
    """Planning documents aren't part of the repository, so nobody could follow a reference to one."""
    wrong = {
        f"{path}: {match}"
        for path in _tracked("tests/*.py", "e2e/*.py")
        for text in _docstrings(path)
        for match in _ELSEWHERE.findall(text)
    }

    assert wrong == set()
