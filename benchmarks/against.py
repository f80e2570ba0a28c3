"""Compares this checkout's reads with those of two copies of another commit, in alternating rounds.

Used by ``./run bench reads --against COMMIT``. Each of the three has its own PostgreSQL, and its own
environment with the packages that its lockfile names. The second copy of the old commit is the control: the
difference between its ratio and 1 is noise from this machine.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.load import Deployment, Load, hardware, interval

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

WARM_SECONDS = 1.0
ENOUGH = 6
"""The minimum number of rounds for a 95% confidence interval."""
NEW, OLD, CONTROL = "new", "old", "control"
FIGURES = {"reads/s": "per_second", "CPU": "all_cpu", "p50": "p50", "p99": "p99"}


def compare(
    folder: Path,
    commit: str,
    connections: list[int],
    *,
    rounds: int,
    seconds: float,
    vaults: int = 1,
) -> None:
    """Print how this checkout and the second copy of the commit compare with the commit, as ratios."""
    if rounds < 1 or seconds <= 0 or min(*connections, vaults) < 1:
        raise SystemExit("--rounds, --seconds, --connections and --vaults must be positive")
    here = Path(__file__).parents[1]
    found = subprocess.run(
        ["git", "-C", here, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        raise SystemExit(f"{commit} is not a commit of this repository")
    with contextlib.ExitStack() as stack:
        old = stack.enter_context(_checkout(here, found.stdout.strip(), folder / "checkout"))
        built = {
            name: stack.enter_context(Deployment(folder / name, *python, vaults=vaults))
            for name, python in ((NEW, ()), (OLD, (old,)), (CONTROL, (old,)))
        }
        print(hardware())
        print(
            f"this checkout against {commit}; reads from {vaults} vaults in turn; {rounds} alternating"
            f" rounds of {seconds:g} s each; ratios: median ({between(rounds)})"
        )
        for each in built.values():
            each.read(16, WARM_SECONDS)
        for n in connections:
            _print(n, _measure(built, n, rounds, seconds))


@contextlib.contextmanager
def _checkout(here: Path, commit: str, folder: Path) -> Generator[Path]:
    """Check a commit out and prepare its environment; return its interpreter."""
    subprocess.run(
        ["git", "-C", here, "worktree", "add", "--quiet", "--detach", folder, commit], check=True
    )
    try:
        # This program's virtual environment isn't the checkout's.
        environment = {key: text for key, text in os.environ.items() if key != "VIRTUAL_ENV"}
        subprocess.run(
            ["uv", "sync", "--quiet", "--frozen", "--all-groups", "--project", folder],
            env=environment,
            check=True,
        )
        yield folder / ".venv" / "bin" / "python"
    finally:
        subprocess.run(["git", "-C", here, "worktree", "remove", "--force", folder], check=False)


def _measure(
    built: dict[str, Deployment], connections: int, rounds: int, seconds: float
) -> dict[str, list[Load]]:
    """Measure in every order in turn, so that no copy always runs after the same other one."""
    orders = itertools.cycle(itertools.permutations(built))
    runs: dict[str, list[Load]] = {name: [] for name in built}
    for order in itertools.islice(orders, rounds):
        for name in order:
            runs[name].append(built[name].read(connections, seconds))
    return runs


def _print(connections: int, runs: dict[str, list[Load]]) -> None:
    for name in (NEW, CONTROL):
        errors = sum(load.errors for load in runs[name])
        print(
            f"{connections:3d} connections, {name:>7} / old: {ratios(runs[name], runs[OLD])};"
            f" not 200: {errors}"
        )


def ratios(these: Sequence[Load], those: Sequence[Load]) -> str:
    """Return the ratios of each round's figures: median and interval."""
    told = [
        f"{title} {middle:.2f} ({low:.2f} to {high:.2f})"
        for title, figure in FIGURES.items()
        for middle, low, high in [
            interval(
                [
                    getattr(this, figure) / getattr(that, figure)
                    for this, that in zip(these, those, strict=True)
                ]
            )
        ]
    ]
    return "; ".join(told)


def between(rounds: int) -> str:
    """Return what the interval around a median of so many rounds is."""
    return "interval of 95 %" if rounds >= ENOUGH else "range"
