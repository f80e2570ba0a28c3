#!/bin/sh
# pytest-xdist 3.8.0 silently ignores `xdist_group` with pytest 9.2.0.
#
# Packages: pytest-xdist 3.8.0 with pytest 9.2.0, and with pytest 9.1.1 for comparison.
#
# Input: twelve tests marked `xdist_group("one")`, run with `-n 2 --dist loadgroup`.
#
# Expected: as documented, one worker runs all of them. If the two releases didn't fit together, the installer would
# refuse (xdist's requirement is `pytest>=7`), or the run would fail or warn.
#
# Seen: with 9.1.1, one worker runs all twelve, and each ID ends in "@one". With 9.2.0, both workers run some, the
# IDs have no suffix, and nothing is printed about it, although warnings are errors here. xdist passes the group on
# by assigning to the item's private `_nodeid`, which pytest 9.2.0 no longer reads.
#
# Here: each of two workers built a dashboard and ran half of the journeys, and the tests that look through
# everything that the journeys left behind saw half of it. `pyproject.toml` requires `pytest<9.2`, and
# `e2e/test_zz_leaks.py` fails if its own ID has no group.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/test_group.py" <<'END'
import os
import time
from pathlib import Path

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(12))
def test_it(number):
    time.sleep(0.1)
    with Path("workers").open("a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + "\n")
END
cd "$folder"
for version in 9.1.1 9.2.0; do
    python3 -m venv "venv-$version" || exit 2
    "venv-$version/bin/pip" install --quiet --disable-pip-version-check \
        "pytest==$version" pytest-xdist==3.8.0 || exit 2
    : >workers
    "venv-$version/bin/python" -W error -m pytest -q -W error -p no:cacheprovider \
        -n 2 --dist loadgroup test_group.py >"output-$version"
    echo "pytest $version: $(sort -u workers | wc -l) workers, last line: $(tail -n 1 "output-$version")"
    sort -u workers | wc -l >"count-$version"
done
[ "$(cat count-9.1.1)" -eq 1 ]
[ "$(cat count-9.2.0)" -eq 2 ]
! grep -qi "warn" output-9.2.0
