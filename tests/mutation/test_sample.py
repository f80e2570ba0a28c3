"""A sample of `just prove mutation`: tests fail for mutants of `access/`, and pass for the original."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from strongroom_core.crypto.root import encode_root

from .__main__ import all_mutants
from .changed import lines_of
from .equivalent import SAME
from .lend import lend
from .mutants import Mutant, mutants_of
from .trial import ACCESS, QUICK, Bench

SAMPLE = [
    ("gate.py", "without: await log.append(connection, entry)", ["tests/core/access/test_gate.py"]),
]
"""One is enough to prove that the tool works; `prove mutation` tries all of them."""


@pytest.fixture(scope="module")
def bench(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A copy of the core, using this run's database server."""
    folder = tmp_path_factory.mktemp("mutation") / "bench"
    with closing(Bench(folder, lend(cluster, encode_root(cluster.root)))) as bench:
        yield bench


@pytest.mark.parametrize(("module", "what", "tests"), SAMPLE, ids=[what for _, what, _ in SAMPLE])
def test_a_missing_line_is_noticed(bench: Bench, module: str, what: str, tests: Any) -> None:
    """D-4, V-7: if any of these lines is removed, a test fails, and not because the module doesn't load."""
    mutants = mutants_of(module, (ACCESS / module).read_text())
    mutant = next(each for each in mutants if each.what == what)
    verdict = bench.try_out(mutant, 900 + [w for _, w, _ in SAMPLE].index(what), [tests])

    assert verdict.by is not None
    assert verdict.by.startswith("tests/")


def test_the_original_is_not_noticed(bench: Bench) -> None:
    """D-4: negative control: the same tests pass if nothing was changed."""
    original = Mutant("decide.py", 1, 1, "nothing", (ACCESS / "decide.py").read_text())

    assert bench.try_out(original, 990, [QUICK]).by is None


def test_equivalent_mutants_are_in_existing_code() -> None:
    """D-4: every exception is for existing code; otherwise it could later cover other code."""
    found = {(mutant.module, mutant.what) for mutant in all_mutants([module for module, _ in SAME])}

    assert set(SAME) - found == set()


def test_every_kind_of_mutant() -> None:
    """D-4: mutants remove statements, conditions, operands, arguments, entries, cases and lines of SQL."""
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


def test_only_changed_lines_are_mutated() -> None:
    """D-4: `--since` selects the mutants of new lines, and of a block only if its head is new."""
    source = '''
def f(a, b):
    if (
        a < 1
        and b
    ):
        return 1
    return g(
        c=a,
        d=b,
    )

SQL = """
select 1
where 2
"""
'''
    diff = """
diff --git m.py m.py
--- m.py
+++ m.py
@@ -4 +4 @@ def f(a, b):
@@ -8,0 +9,2 @@ def f(a, b):
@@ -13,2 +15 @@ SQL
@@ -18,2 +17,0 @@ SQL
--- n.py
+++ n.py
@@ -1 +1 @@
"""
    changed = lines_of(diff)
    found = [each.what for each in mutants_of("m.py", source) if each.is_on(changed["m.py"])]

    assert changed == {"m.py": {4, 9, 10, 15}, "n.py": {1}}
    assert sorted(found) == sorted(
        [
            "without: if a < 1 and b:",
            "without: return g(c=a, d=b)",
            "without: SQL = '\\nselect 1\\nwhere 2\\n'",
            "not: a < 1 and b",
            "without operand: a < 1",
            "edge: a < 1",
            "without argument: c=a",
            "without argument: d=b",
            "without SQL: where 2",
        ]
    )
