"""Recovery of a frozen project: who read what before, who has been denied since, what has been done (V-4)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.machines import (
    GRANTS_CHANGE,
    GRANTS_SET,
    MACHINE_DETACH,
    MACHINE_DISABLE,
    MACHINE_ENABLE,
    MACHINE_REVOKE,
)
from strongroom_core.access.actions.projects import (
    PROJECT_EXPLAIN,
    PROJECT_FREEZE,
    PROJECT_UPDATE,
    PROJECT_VIEW,
)
from strongroom_core.access.actions.secrets import (
    CANARY_PLANT,
    CANARY_REPLANT,
    CANARY_TRIGGERED,
    CANARY_UPDATE,
    SECRET_CREATE,
    SECRET_DELETE,
    SECRET_READ_DENIED,
    SECRET_REPLACE,
    SECRET_ROLLBACK,
)
from strongroom_core.access.visible import sees_others
from strongroom_core.audit.filter import EntryFilter
from strongroom_core.audit.list import entry_rows, view_of
from strongroom_core.audit.views import Exposed, FreezeRecord, Reader, Recovery
from strongroom_core.kernel.errors import Conflict
from strongroom_core.kernel.page import PageRequest

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from strongroom_core.audit.views import EntryView
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ProjectId

WINDOW = timedelta(hours=24)
"""A value counts as exposed if it was read this long before the freeze or later."""

AT_ONCE = timedelta(microseconds=1)
"""The read of a canary and the freezes that it caused have the same time, to the microsecond."""

MOST = 100
BEFORE = 4
AFTER = 12
REFUSED_NOW = 8

_PROJECT = """
select p.frozen_at as since, coalesce(p.frozen_by, '') as by,
       coalesce(p.freeze_reason, '') as reason, p.frozen_by_canary as by_canary,
       (select count(distinct g.machine) from secret_grant g
        join machine m on m.vault = g.vault and m.id = g.machine and m.enabled
        where g.project = p.id) as machines
from project p where p.id = $1
"""

_REFUSED = """
select count(*) as refused, count(distinct e.actor_id) as machines from audit_entry e
where e.action = 'secret_read_denied' and e.reason = 'frozen' and e.at >= $2 and e.project = $1
"""

_READ = """
read as (
    select e.actor_id, e.actor_name, e.target_id, e.at, e.address from audit_entry e
    where e.action = 'secret_read' and e.outcome = 'done' and e.project = $1
      and e.at >= $2 and e.at <= $3
)
"""

_READERS = f"""
with {_READ}, by_machine as (
    select actor_id as id, count(*) as reads, count(distinct target_id) as secrets, max(at) as at,
           (array_agg(actor_name order by at desc))[1] as name,
           (array_agg(address order by at desc))[1] as address
    from read group by 1
)
select b.id, coalesce(m.name, b.name) as name,
       case when m.id is null then 'revoked' when m.enabled then 'enabled' else 'disabled' end as state,
       b.reads, b.secrets, b.at as last_read_at, b.address,
       (select count(*) from attachment a where a.machine = m.id and a.project <> $1) as other_projects,
       count(*) over () as number
from by_machine b left join machine m on m.id::text = b.id
order by b.at desc, b.id limit $4
"""

# A canary's value is a decoy, so reading it exposes nothing. A rolled-back secret has a new version with an
# old value, which may have been read earlier.
_EXPOSED = f"""
with {_READ}, by_secret as (
    select target_id as id, count(*) as reads, count(distinct actor_id) as readers, max(at) as at,
           (array_agg(actor_name order by at desc))[1] as reader
    from read group by 1
), known as (
    select b.*, s.name, s.current_version as version,
           v.created_at > $3 and v.origin <> 'rollback' as replaced,
           s.trashed_at is not null as trashed
    from by_secret b
    join secret s on s.id = b.id and s.decoy is null
    join secret_version v on v.vault = s.vault and v.secret = s.id and v.number = s.current_version
)
select id, name, reads, readers, at as last_read_at, reader as last_read_by, version, replaced, trashed,
       count(*) over () as number, count(*) filter (where not replaced and not trashed) over () as open
from known order by replaced or trashed, at desc, id limit $4
"""

_ABOUT_IT = frozenset(
    {
        PROJECT_EXPLAIN,
        PROJECT_FREEZE,
        PROJECT_UPDATE,
        MACHINE_DETACH,
        GRANTS_CHANGE,
        GRANTS_SET,
        CANARY_PLANT,
        CANARY_REPLANT,
        CANARY_TRIGGERED,
        CANARY_UPDATE,
        SECRET_CREATE,
        SECRET_DELETE,
        SECRET_REPLACE,
        SECRET_ROLLBACK,
    }
)
_ABOUT_READERS = frozenset({MACHINE_DISABLE, MACHINE_ENABLE, MACHINE_REVOKE})


async def read_recovery(core: Core, caller: Human, project: ProjectId) -> Recovery:
    """Return what happened around a freeze. Raises `NotFound`, and `Conflict` if the project isn't frozen."""
    async with gate.perform(core, caller, PROJECT_VIEW, project) as act:
        facts = await act.connection.fetchrow(_PROJECT, project)
        if facts is None or facts["since"] is None:
            raise Conflict("the project isn't frozen")
        record = None
        if sees_others(caller):
            record = await _tell(act.connection, caller, project, facts["since"])
    return Recovery.of_row(facts, record=record)


def _frozen_by(trip: EntryView) -> list[str]:
    froze = trip.detail.get("froze")
    return froze if isinstance(froze, list) else []


def _place(row: Row) -> tuple[int, int, UUID]:
    return row["incarnation"], int(row["tx"]), row["id"]


async def _tell(
    connection: Connection, caller: Human, project: ProjectId, since: datetime
) -> FreezeRecord:
    window = (project, since - WINDOW, since, MOST)
    refused = await connection.fetchrow(_REFUSED, project, since)
    readers = await connection.fetch(_READERS, *window)
    exposed = await connection.fetch(_EXPOSED, *window)

    async def told(limit: int, wanted: EntryFilter, *, oldest_first: bool) -> list[Row]:
        page = PageRequest(limit)
        found = await entry_rows(connection, caller, page, wanted, oldest_first=oldest_first)
        return found.rows

    about_it = EntryFilter(project=project, since=since, actions=_ABOUT_IT)
    about_readers = EntryFilter(since=since, actions=_ABOUT_READERS)
    denied = frozenset({SECRET_READ_DENIED})
    explained = frozenset({PROJECT_EXPLAIN})
    known = {row["id"] for row in readers}
    switched = await told(MOST, about_readers, oldest_first=True)
    after = [
        *await told(AFTER, about_it, oldest_first=True),
        *[row for row in switched if row["target_id"] in known][:AFTER],
    ]
    before = await told(BEFORE, EntryFilter(project=project, until=since), oldest_first=False)
    refused_now = await told(
        REFUSED_NOW,
        EntryFilter(project=project, since=since, actions=denied),
        oldest_first=False,
    )
    trips = await told(
        MOST,
        EntryFilter(since=since, until=since + AT_ONCE, actions=frozenset({CANARY_TRIGGERED})),
        oldest_first=True,
    )
    tripped = [view_of(row) for row in trips]
    accounts = await told(
        MOST, EntryFilter(project=project, since=since, actions=explained), oldest_first=True
    )
    return FreezeRecord(
        trip=next((each for each in tripped if project in _frozen_by(each)), None),
        refused=refused["refused"] if refused is not None else 0,
        refused_machines=refused["machines"] if refused is not None else 0,
        readers=[Reader.of_row(row, without=["number"]) for row in readers],
        readers_number=readers[0]["number"] if readers else 0,
        exposed=[Exposed.of_row(row, without=["number", "open"]) for row in exposed],
        exposed_number=exposed[0]["number"] if exposed else 0,
        exposed_open=exposed[0]["open"] if exposed else 0,
        before=[view_of(row) for row in reversed(before)],
        after=[view_of(row) for row in sorted(after, key=_place)],
        refused_now=[view_of(row) for row in refused_now],
        accounts=[view_of(row) for row in accounts],
    )
