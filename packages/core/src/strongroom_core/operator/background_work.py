"""The worker's work by kind: how much is due, and when a worker last ran.

The worker makes the same queries, so the counts are right even if its queue has lost something. Nothing here
names a vault or an object.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from strongroom_core.kernel.trash import TRASH_LIFETIME
from strongroom_core.kernel.view import View
from strongroom_core.machines.tidy import KEPT

if TYPE_CHECKING:
    from strongroom_core.db.connection import Connection

MOST = 10_000
"""Counting stops here: the exact size of a larger backlog doesn't matter."""

KINDS = (
    "purge_project",
    "purge_secret",
    "destroy_secret",
    "rotate_secret",
    "expire_share",
    "expire_machine",
    "delete_machine",
    "destroy_machine",
    "follow_commit",
)


class DueWork(View):
    """For how many objects a kind of work is due, counted up to 10,000."""

    work: str
    due: int


class BackgroundWork(View):
    """The worker's state. `counted_until` is None if all reads have been counted."""

    worker_ran_at: datetime | None
    counted_until: datetime | None
    due: list[DueWork]


async def read_background_work(connection: Connection, at: datetime) -> BackgroundWork:
    """Return the work that is due at `at`. Work that has just become due is done within a minute."""
    rows = await connection.fetch(
        "select * from due_work($1, $2, $3, $4)", at, TRASH_LIFETIME, KEPT, MOST
    )
    due = {row["work"]: row["due"] for row in rows}
    state = await connection.fetchrow("select * from tally_state()")
    return BackgroundWork(
        worker_ran_at=state["woke_at"] if state else None,
        counted_until=state["uncounted_since"] if state else None,
        due=[DueWork(work=kind, due=due.get(kind, 0)) for kind in KINDS],
    )
