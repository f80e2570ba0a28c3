"""One hall for all cells of a module: making a database for each would take an hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from .hall import Hall, open_hall


@pytest.fixture(scope="module")
async def hall(cluster: Any, run: Any) -> AsyncIterator[Hall]:
    """Two vaults, and everybody who might ask."""
    async with open_hall(cluster, run.markers) as hall:
        yield hall


@pytest.fixture(scope="module")
def cells(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """How many cells were looked at, by what they answered. Told at the end."""
    cells: Counter[str] = Counter()
    yield cells
    told = ", ".join(f"{number} × {answer}" for answer, number in sorted(cells.items()))
    capture: Any = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        print(f"\n{request.module.__name__}: {cells.total()} cells ({told})")
