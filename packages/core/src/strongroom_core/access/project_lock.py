"""Orders reads and the changes that prevent them. Needs one advisory lock per project, and no writes.

A read takes shared locks on its projects before it reads any facts, and holds them until it has committed.
Freezing and revoking access take exclusive locks briefly. Therefore no read commits after a change that
denies it. A read of a canary may itself freeze projects, so it takes exclusive locks on them. No lock is ever
upgraded, because two reads that each waited for the other's shared lock would deadlock.

The lock needs a separate statement before the one that reads the facts, because a statement's snapshot is
older than any lock taken inside it. PostgreSQL queues later readers behind a waiting writer.
"""

from collections.abc import Sequence
from uuid import UUID

from strongroom_core.access.action import Action, ObjectKind
from strongroom_core.access.targets import is_id_of
from strongroom_core.db.connection import Connection

# The locks are taken in order, so that two batches over the same projects can't deadlock.
_BY_SECRET = """
with found as materialized (
    select id, vault, project, armed and freezes as traps, cascades from secret
    where id = any($1::varchar[])
), trap as materialized (
    select f.vault, f.project, f.cascades, asked.machine
    from found f join unnest($1::varchar[], $2::uuid[]) as asked(secret, machine) on asked.secret = f.id
    join lateral (
        select from secret_grant g
        where g.vault = f.vault and g.machine = asked.machine and g.secret = f.id and f.traps offset 0
    ) granted on true
    where f.traps
), wanted as (
    select project, false as exclusive from found
    union all
    select project, true from trap
    union all
    select attached.project, true from trap t join lateral (
        select project from attachment a
        where a.vault = t.vault and a.machine = t.machine and t.cascades offset 0
    ) attached on true
)
select project, exclusive, case when exclusive then pg_advisory_xact_lock(key)::text
                                else pg_advisory_xact_lock_shared(key)::text end as held
from (
    select project, bool_or(exclusive) as exclusive, hashtextextended(project, 0) as key
    from wanted group by project order by key, exclusive desc
) locks
"""

# For a machine, lock all projects to which it is attached. Everything it can read is in one of them.
_EXCLUSIVE = """
select pg_advisory_xact_lock(key) from (
    select distinct hashtextextended(project, 0) as key from ({projects}) concerned order by key
) locks
"""

_PROJECTS_OF = {
    ObjectKind.PROJECT: "select id as project from project where id = $1",
    ObjectKind.POLICY: "select project from policy where id = $1",
    ObjectKind.SECRET: "select project from secret where id = $1",
    ObjectKind.MACHINE: "select project from attachment where machine::text = $1",
}


async def hold_for_reading(
    connection: Connection, secrets: Sequence[str], machines: Sequence[UUID]
) -> frozenset[str]:
    """Hold locks on the projects of these secrets until the transaction ends. One machine reads each secret.

    Returns the projects that these reads may freeze; on these, the locks are exclusive. They are the projects
    with a canary that the machine can read and, if the canary cascades, all of the machine's projects.
    """
    rows = await connection.fetch(_BY_SECRET, secrets, machines)
    return frozenset(row["project"] for row in rows if row["exclusive"])


async def stop_reads_about(connection: Connection, action: Action, target_id: str) -> None:
    """Wait until no read is in progress in the affected projects. No new read starts before the commit.

    A malformed ID doesn't affect any project; `load` will report it as not found.
    """
    if action.about is not None and is_id_of(action.about, target_id):
        projects = _PROJECTS_OF[action.about]
        await connection.fetch(_EXCLUSIVE.format(projects=projects), target_id)


async def stop_reads_of(connection: Connection, machine: str) -> None:
    """Do the same for all projects of a machine that isn't the act's target."""
    projects = _PROJECTS_OF[ObjectKind.MACHINE]
    await connection.fetch(_EXCLUSIVE.format(projects=projects), machine)
