"""Tries mutants: a copy of the core with one module changed, and the tests that should fail."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_core.crypto.root import encode_root
from strongroom_testkit.cluster import Cluster

from .forks import Forks
from .lend import lend

if TYPE_CHECKING:
    from .mutants import Mutant

CORE = Path("packages/core/src/strongroom_core")
ACCESS = CORE / "access"

QUICK = (
    "tests/architecture/test_documented.py",
    "tests/core/access/test_decide.py",
    "tests/core/reading/test_checks.py",
    "tests/core/access/test_operations.py",
    "tests/core/access/test_table.py",
)
"""Tests without a database. The first one runs first: it detects most changes to a declaration."""

SMOKE = (
    "tests/core/reading/test_batch.py::test_a_granted_machine_reads_the_value",
    "tests/core/reading/test_batch.py::test_ungranted_secrets_are_denied",
    "tests/core/access/test_gate.py::test_the_content_of_an_event",
    "tests/core/access/test_gate.py::test_a_denial_is_logged_once_with_its_reason",
)
"""Tests with a database that few mutants of the gate survive. They run together with the quick tests."""

THOROUGH = (
    "tests/core/access/test_gate.py",
    "tests/core/access/test_admission.py",
    "tests/core/access/test_strangers.py",
    "tests/core/access/test_entry.py",
    "tests/core/access/test_looking.py",
    "tests/core/access/test_locks.py",
    "tests/core/access/test_project_lock.py",
    "tests/core/access/test_roles.py",
    "tests/core/access/test_delegation.py",
    "tests/core/access/test_gains.py",
    "tests/core/access/test_visible.py",
    "tests/core/members/test_members.py",
    "tests/core/members/test_invitations.py",
    "tests/core/keys/test_role_changes.py",
    "tests/core/alerts/test_recipients.py",
    "tests/worker/test_wrong_clock.py",
    "tests/core/machines/test_failures.py",
    "tests/core/machines/test_authenticate.py",
    "tests/core/reading/test_batch.py",
    "tests/core/audit/test_list.py",
    "tests/core/overview/test_overview.py",
    "tests/matrix/test_machines.py",
    "tests/matrix/test_roles.py",
    "tests/matrix/test_strangers.py",
    "tests/matrix/test_foreign_ids.py",
    "tests/matrix/test_matrix.py",
)
"""The rest: tests that depend on the database, and the matrix."""

NEAREST = {
    "admission.py": "tests/core/access/test_admission.py",
    "clock_check.py": "tests/worker/test_wrong_clock.py",
    "counters.py": "tests/core/access/test_strangers.py",
    "delegation.py": "tests/core/access/test_delegation.py",
    "entry.py": "tests/core/access/test_entry.py",
    "gains.py": "tests/core/access/test_gains.py",
    "looking.py": "tests/core/access/test_looking.py",
    "mail_limits.py": "tests/core/members/test_invitations.py",
    "project_lock.py": "tests/core/access/test_project_lock.py",
    "roles.py": "tests/core/access/test_roles.py",
    "visible.py": "tests/core/access/test_visible.py",
}
"""The thorough test that is most likely to detect a mutant of each module. It runs first."""


def rounds_for(module: str, kills: Counter[str], *, quick: bool) -> list[list[str]]:
    """Return the tests for a module's mutants in rounds; few mutants survive until the last round.

    `kills` counts the mutants that each of the thorough tests has detected. Those that detect most run first.
    """
    if quick:
        return [[QUICK[0]], [*QUICK[1:]]]
    nearest = NEAREST.get(module, THOROUGH[0])
    others = sorted((test for test in THOROUGH if test != nearest), key=lambda test: -kills[test])
    return [[QUICK[0]], [*QUICK[1:], *SMOKE], *([test] for test in (nearest, *others))]


PATIENCE_SECONDS = 2400
_PLUGINS = ("pytest_asyncio.plugin", "tests.mutation.lend")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A mutant's result. `by` is the test that detected it, or None if the mutant survived."""

    mutant: Mutant
    by: str | None


@asynccontextmanager
async def lent_cluster(folder: Path) -> AsyncGenerator[str]:
    """Start one PostgreSQL for all trials, and return the description they need to use it."""
    cluster = await Cluster.start(folder / "data")
    try:
        yield lend(cluster, encode_root(cluster.root))
    finally:
        await cluster.stop()


class Bench:
    """A copy of the core, in which one mutant at a time is tried."""

    def __init__(self, folder: Path, lent: str) -> None:
        self._tree = folder.resolve()
        self._lent = lent
        self._scratch = folder.with_name(f"{folder.name}-scratch").resolve()
        self._scratch.mkdir(parents=True, exist_ok=True)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(CORE, self._tree / "strongroom_core", ignore=ignored)
        self._forks = Forks()

    def close(self) -> None:
        """End the bench's process."""
        self._forks.close()

    def try_out(self, mutant: Mutant, number: int, rounds: Sequence[Sequence[str]]) -> Verdict:
        """Run the rounds of tests until one detects the mutant."""
        place = self._tree / "strongroom_core/access" / mutant.module
        original = place.read_text()
        place.write_text(mutant.source)
        try:
            return Verdict(mutant, self.test(number, rounds))
        finally:
            place.write_text(original)
            # Compiled files are identified by time and size, which can be the same for two mutants.
            shutil.rmtree(place.parent / "__pycache__", ignore_errors=True)

    def test(self, number: int, rounds: Sequence[Sequence[str]]) -> str | None:
        """Run the rounds of tests on the unchanged copy until one fails; return that test, or None."""
        return next(filter(None, (self._run(number, tests) for tests in rounds)), None)

    def _run(self, number: int, tests: Sequence[str]) -> str | None:
        """Return the test that failed, or None if all passed."""
        plugins = [word for plugin in _PLUGINS for word in ("-p", plugin)]
        scratch = self._scratch / str(number)
        arguments = ["-x", "-q", "--no-header", "--tb=line", *plugins]
        arguments += [f"--basetemp={scratch}", "-o", f"cache_dir={self._scratch / 'cache'}", *tests]
        environment = {
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "STRONGROOM_LENT": self._lent,
            "STRONGROOM_MUTATED": str(self._tree),
            "STRONGROOM_MUTANT": str(number),
        }
        output = self._scratch / "output"
        try:
            status = self._forks.run(self._tree, arguments, environment, output, PATIENCE_SECONDS)
        except TimeoutError:
            return "it timed out"
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        if status == 0:
            return None
        failed = re.search(r"^(?:FAILED|ERROR) (\S+)", output.read_text(), re.MULTILINE)
        return failed[1] if failed else "the module doesn't load"
