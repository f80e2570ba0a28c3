"""Orders reads and the changes that prevent them, with an advisory lock per project and without writes.

A read takes shared locks on its projects before it reads any facts, and holds them until it has committed.
Freezing and revoking access take exclusive locks briefly. Therefore no read commits after a change that
denies it. The lock needs a separate statement before the one that reads the facts, because a statement's
snapshot is older than any lock taken inside it. PostgreSQL queues later readers behind a waiting writer.
"""

from collections.abc import Sequence

from strongroom_core.access.action import Action, ObjectKind
from strongroom_core.access.targets import is_id_of
from strongroom_core.db.connection import Connection

# The locks are taken in order, so that two batches over the same projects can't deadlock.
_SHARED_BY_SECRET = """
select pg_advisory_xact_lock_shared(key) from (
    select distinct hashtextextended(s.project, 0) as key from secret s
    where s.id = any($1::varchar[]) order by key
) locks
"""

# For a machine, lock all projects it is attached to: everything it can read is in one of them.
_EXCLUSIVE = """
select pg_advisory_xact_lock(key) from (
    select distinct hashtextextended(project, 0) as key from ({projects}) concerned order by key
) locks
"""

_PROJECTS_OF = {
    ObjectKind.PROJECT: "select id as project from project where id = $1",
    ObjectKind.SECRET: "select project from secret where id = $1",
    ObjectKind.MACHINE: "select project from attachment where machine::text = $1",
}


async def hold_for_reading(connection: Connection, secrets: Sequence[str]) -> None:
    """Hold shared locks on these secrets' projects until the transaction ends."""
    await connection.fetch(_SHARED_BY_SECRET, secrets)


async def stop_reads_about(connection: Connection, action: Action, target_id: str) -> None:
    """Wait until no read is in progress in the affected projects. No new read starts before the commit.

    A malformed ID affects no project: `load` will report it as not found.
    """
    if action.about is not None and is_id_of(action.about, target_id):
        projects = _PROJECTS_OF[action.about]
        await connection.fetch(_EXCLUSIVE.format(projects=projects), target_id)


async def stop_reads_of(connection: Connection, machine: str) -> None:
    """Wait in the same way for all projects of a machine that isn't the act's target."""
    projects = _PROJECTS_OF[ObjectKind.MACHINE]
    await connection.fetch(_EXCLUSIVE.format(projects=projects), machine)
