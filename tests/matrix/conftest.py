"""One matrix for all cells of a module, because a separate database for each cell would take an hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from strongroom_core.access import mail_limits

from .matrix_world import MatrixWorld, open_matrix_world

LIMITS = ("MOST", "INVITED_BY_ONE", "INVITED_TO_VAULT")


@pytest.fixture(scope="module")
async def matrix(cluster: Any, run: Any) -> AsyncIterator[MatrixWorld]:
    """Two vaults, and every kind of caller. They can have more emails sent than people."""
    with pytest.MonkeyPatch.context() as patched:
        for limit in LIMITS:
            patched.setattr(mail_limits, limit, 10**9)
        async with open_matrix_world(cluster, run.markers) as matrix:
            yield matrix


@pytest.fixture(scope="module")
def cells(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """The number of cells for each response, printed at the end."""
    cells: Counter[str] = Counter()
    yield cells
    told = ", ".join(f"{number} × {answer}" for answer, number in sorted(cells.items()))
    capture: Any = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        print(f"\n{request.module.__name__}: {cells.total()} cells ({told})")
