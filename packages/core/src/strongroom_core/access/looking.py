"""Runs several read-only use cases in one transaction, so that they see one snapshot.

::

    async with looking(core, caller) as view:
        project = await read_project(view, caller, project_id)
        secrets = await list_secrets(view, caller, project.id, page)

Each use case is still decided individually. The entry for a denied use case is written in a separate
transaction when the block ends, even if the block raises an error. So it is written before anyone sees
anything that was read.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from strongroom_core.core import Core, ReadingCore

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from strongroom_core.kernel.caller import Human


@asynccontextmanager
async def looking(core: Core, caller: Human) -> AsyncGenerator[Core]:
    """Yield a core for this caller's read-only use cases; any other use case raises `ValueError`.

    The block is one transaction, so don't await anything slow in it. Raises what `Database.transaction`
    raises, and anything the block raises.
    """
    afterwards = []
    try:
        async with core.database.snapshot(caller.vault, caller) as database:
            kept: dict[str, Any] = {each.name: getattr(core, each.name) for each in fields(Core)}
            kept["database"] = database
            view = ReadingCore(**kept, whole=core)
            afterwards = view.afterwards
            yield view
    finally:
        for write in afterwards:
            await write()
