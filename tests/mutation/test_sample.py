"""A sample of `just prove mutation`: mutants of the one door are noticed, and the original is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from strongroom_core.crypto.root import encode_root

from .lend import lend
from .mutants import Mutant, mutants_of
from .trial import ACCESS, QUICK, Bench

SAMPLE = [
    ("actions.py", "without argument: step_up=True", QUICK),
    ("decide.py", "without: if _plane_of(caller) not in rule.planes:", QUICK),
    ("decide.py", "without operand: not rule.when_frozen", QUICK),
    ("decide_read.py", "without: if not facts.granted:", ["tests/core/secrets/test_read.py"]),
    ("gate.py", "without: await log.append(connection, entry)", ["tests/core/access/test_gate.py"]),
    ("targets.py", "without operand: target.trashed != rule.in_trash", ["tests/core/access"]),
]


@pytest.fixture
def bench(cluster: Any, tmp_path: Path) -> Bench:
    """A copy of the core, on the database server of this run."""
    return Bench(tmp_path / "bench", lend(cluster, encode_root(cluster.root)))


@pytest.mark.parametrize(("module", "what", "tests"), SAMPLE, ids=[what for _, what, _ in SAMPLE])
def test_a_missing_line_is_noticed(bench: Bench, module: str, what: str, tests: Any) -> None:
    """D-4, V-7: without any of these lines a test fails, and not because the module does not load."""
    source = (ACCESS / module).read_text()
    mutant = next(each for each in mutants_of(module, source) if each.what == what)
    verdict = bench.try_out(mutant, 900 + [w for _, w, _ in SAMPLE].index(what), [tests])

    assert verdict.by is not None
    assert verdict.by.startswith("tests/")


def test_the_original_is_not_noticed(bench: Bench) -> None:
    """D-4: negative control: the same tests pass where nothing was changed."""
    original = Mutant("decide.py", 1, "nothing", (ACCESS / "decide.py").read_text())

    assert bench.try_out(original, 990, [QUICK]).by is None


def test_everything_is_taken_out_once() -> None:
    """D-4: statements, conditions, operands, edges, arguments, entries, cases and lines of SQL."""
    source = '''
def f(a, b):
    """Say what."""
    if a < 1 and b:
        return g(c=a)
    return {"x": 1}

SQL = """
select 1
where 2
"""
'''
    found = [mutant.what for mutant in mutants_of("m.py", source)]

    assert sorted(found) == sorted(
        [
            "without: def f(a, b):",
            "without: SQL = '\\nselect 1\\nwhere 2\\n'",
            "without: if a < 1 and b:",
            "without: return {'x': 1}",
            "without: return g(c=a)",
            "not: a < 1 and b",
            "without operand: a < 1",
            "without operand: b",
            "edge: a < 1",
            "without argument: c=a",
            "without entry: 'x'",
            "without SQL: select 1",
            "without SQL: where 2",
        ]
    )
