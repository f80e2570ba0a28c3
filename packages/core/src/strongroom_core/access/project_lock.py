"""Keeps reads and what ends them in order: a lock per project that writes nothing.

A read holds its projects shared, from before it looks until it has committed; freezing and taking
rights away hold them exclusively for a moment. So no read commits after the commit that ended it.
The lock is taken in a statement of its own, before the facts are read: a statement's snapshot is
older than any lock taken inside it. PostgreSQL queues later readers behind a waiting writer.
"""

from collections.abc import Sequence

from strongroom_core.access.actions import ObjectKind, Rule
from strongroom_core.access.targets import is_id_of
from strongroom_core.db.connection import Connection

# Ordered, so that two batches over the same projects cannot wait for each other.
_SHARED_BY_SECRET = """
select pg_advisory_xact_lock_shared(key) from (
    select distinct hashtextextended(s.project, 0) as key from secret s
    where s.id = any($1::varchar[]) order by key
) locks
"""

# Of a machine, all projects it is attached to: whatever it reads lies in one of them.
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
    """Hold the projects of these secrets shared until the transaction ends."""
    await connection.fetch(_SHARED_BY_SECRET, secrets)


async def stop_reads_about(connection: Connection, rule: Rule, target_id: str) -> None:
    """Wait until no read is under way in the projects concerned; none begins before the commit.

    A text that is no id concerns none: `load` will say that it is absent.
    """
    if rule.about is not None and is_id_of(rule.about, target_id):
        projects = _PROJECTS_OF[rule.about]
        await connection.fetch(_EXCLUSIVE.format(projects=projects), target_id)


async def stop_reads_of(connection: Connection, machine: str) -> None:
    """The same for the projects of another machine that an act concerns."""
    projects = _PROJECTS_OF[ObjectKind.MACHINE]
    await connection.fetch(_EXCLUSIVE.format(projects=projects), machine)
