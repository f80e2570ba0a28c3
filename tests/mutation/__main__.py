"""`just prove mutation`: remove each line of `access/` in turn; a test must fail each time (D-4).

::

    python -m tests.mutation                    # everything
    python -m tests.mutation decide.py gate.py  # these modules
    python -m tests.mutation --since main       # lines that were changed since this commit
    python -m tests.mutation --jobs 4 --quick   # tests without a database only
    python -m tests.mutation --sample 200       # as many, chosen at random
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from random import Random  # noqa: TID251 -- the sample must be the same in every run

from .changed import changed_lines
from .equivalent import why_equivalent
from .mutants import Mutant, mutants_of
from .trial import ACCESS, Bench, Verdict, lent_cluster, rounds_for


async def main() -> int:
    """Try all mutants; return 1 if any survived that should have been detected."""
    parser = argparse.ArgumentParser(prog="just prove mutation")
    parser.add_argument("modules", nargs="*", help="their paths in access/")
    parser.add_argument("--since", metavar="COMMIT", help="only lines changed since this commit")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument(
        "--after", type=int, default=0, help="skip this many mutants, which were tried before"
    )
    parser.add_argument("--sample", type=int, help="try only as many, chosen at random")
    parser.add_argument("--seed", type=int, default=1, help="chooses another sample")
    options = parser.parse_args()
    began = time.monotonic()
    found = all_mutants(options.modules)
    if options.since is not None:
        changed = changed_lines(options.since)
        found = [each for each in found if each.is_on(changed.get(each.module, ()))]
    mutants = [each for each in found if why_equivalent(each) is None]
    same = len(found) - len(mutants)
    mutants = mutants[options.after :]
    if options.sample is not None and options.sample < len(mutants):
        print(f"a sample of {options.sample} of {len(mutants)} mutants, seed {options.seed}")
        mutants = Random(options.seed).sample(mutants, options.sample)
    if not mutants:
        print(f"nothing to try; {same} mutants change nothing (see equivalent.py)")
        return 0
    with tempfile.TemporaryDirectory(prefix="strongroom-mutation-") as folder:
        async with lent_cluster(Path(folder)) as lent:
            verdicts = await asyncio.to_thread(_try_all, Path(folder), lent, mutants, options)
    survivors = [verdict for verdict in verdicts if verdict.by is None]
    killers = Counter((verdict.by or "survived").split("::")[0] for verdict in verdicts)
    print(f"\n{len(mutants)} mutants, {len(mutants) - len(survivors)} killed in", end=" ")
    print(f"{time.monotonic() - began:.0f} s; {same} more change nothing (see equivalent.py)")
    for killer, number in killers.most_common():
        print(f"  {number:5} {killer}")
    for verdict in survivors:
        print(f"survived: {verdict.mutant}")
    return 1 if survivors else 0


def all_mutants(modules: list[str]) -> list[Mutant]:
    """Return all mutants of these modules of `access/`, or of all its modules."""
    return [
        mutant
        for path in sorted(ACCESS.rglob("*.py"))
        if not modules or str(path.relative_to(ACCESS)) in modules
        for mutant in mutants_of(str(path.relative_to(ACCESS)), path.read_text())
    ]


def _try_all(
    folder: Path, lent: str, mutants: list[Mutant], options: argparse.Namespace
) -> list[Verdict]:
    kills: Counter[str] = Counter()
    rounds = partial(rounds_for, kills=kills, quick=options.quick)
    with closing(Bench(folder / "unchanged", lent)) as unchanged:
        broken = unchanged.test(0, rounds(""))
    if broken is not None:
        sys.exit(f"{broken} fails without any mutant, so that nothing would be proved")
    all_benches = [Bench(folder / f"bench-{number}", lent) for number in range(options.jobs)]
    benches: SimpleQueue[Bench] = SimpleQueue()
    for bench in all_benches:
        benches.put(bench)

    def try_one(numbered: tuple[int, Mutant]) -> Verdict:
        number, mutant = numbered
        bench = benches.get()
        try:
            verdict = bench.try_out(mutant, number, rounds(mutant.module))
        finally:
            benches.put(bench)
        if verdict.by is not None:
            kills[verdict.by.partition("::")[0]] += 1
        told = f"killed by {verdict.by}" if verdict.by else "SURVIVED"
        print(f"{number}/{len(mutants)} {mutant}: {told}", flush=True)
        return verdict

    try:
        with ThreadPoolExecutor(options.jobs) as pool:
            return list(pool.map(try_one, enumerate(mutants, 1)))
    finally:
        for bench in all_benches:
            bench.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
