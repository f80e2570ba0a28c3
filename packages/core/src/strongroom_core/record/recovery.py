"""A frozen project: who read what before, who is refused since, and what was done about it (V-4)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import Conflict
from strongroom_core.kernel.page import PageRequest
from strongroom_core.record.filter import EntryFilter
from strongroom_core.record.list import entries_in
from strongroom_core.record.views import Exposed, FreezeRecord, Reader, Recovery

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ProjectId
    from strongroom_core.record.views import EntryView

WINDOW = timedelta(hours=24)
"""How long before the freeze a value that was read counts as known to its reader."""

MOST = 100
BEFORE = 4
AFTER = 12
REFUSED_NOW = 8

_PROJECT = """
select p.frozen_at, coalesce(p.frozen_by, '') as frozen_by,
       coalesce(p.freeze_reason, '') as freeze_reason,
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
       b.reads, b.secrets, b.at, b.address,
       (select count(*) from attachment a where a.machine = m.id and a.project <> $1) as other_projects,
       count(*) over () as number
from by_machine b left join machine m on m.id::text = b.id
order by b.at desc, b.id limit $4
"""

# A rolled-back secret has a new version and an old value, which may have been read before.
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
    join secret s on s.id = b.id
    join secret_version v on v.vault = s.vault and v.secret = s.id and v.number = s.current_version
)
select id, name, reads, readers, at, reader, version, replaced, trashed,
       count(*) over () as number, count(*) filter (where not replaced and not trashed) over () as open
from known order by replaced or trashed, at desc, id limit $4
"""

_ABOUT_IT = frozenset(
    {
        Action.PROJECT_EXPLAIN,
        Action.PROJECT_FREEZE,
        Action.PROJECT_UPDATE,
        Action.MACHINE_DETACH,
        Action.GRANTS_SET,
        Action.SECRET_CREATE,
        Action.SECRET_DELETE,
        Action.SECRET_REPLACE,
        Action.SECRET_ROLLBACK,
    }
)
_ABOUT_READERS = frozenset({Action.MACHINE_DISABLE, Action.MACHINE_ENABLE, Action.MACHINE_REVOKE})


async def read_recovery(core: Core, caller: Human, project: ProjectId) -> Recovery:
    """Return what is known of a freeze. Raises `NotFound`, and `Conflict` if nothing is frozen."""
    async with gate.perform(core, caller, Action.PROJECT_VIEW, project) as act:
        facts = await act.connection.fetchrow(_PROJECT, project)
        if facts is None or facts["frozen_at"] is None:
            raise Conflict("the project is not frozen")
        record = None
        if VaultCapability.AUDIT_VIEW_OTHERS in caller.authority.vault:
            record = await _tell(act.connection, caller, project, facts["frozen_at"])
    return Recovery(
        facts["frozen_at"], facts["frozen_by"], facts["freeze_reason"], facts["machines"], record
    )


async def _tell(
    connection: Connection, caller: Human, project: ProjectId, since: datetime
) -> FreezeRecord:
    window = (project, since - WINDOW, since, MOST)
    refused = await connection.fetchrow(_REFUSED, project, since)
    readers = await connection.fetch(_READERS, *window)
    exposed = await connection.fetch(_EXPOSED, *window)

    async def told(limit: int, wanted: EntryFilter, *, oldest_first: bool) -> list[EntryView]:
        page = await entries_in(
            connection, caller, PageRequest(limit), wanted, oldest_first=oldest_first
        )
        return page.items

    after = await told(
        AFTER, EntryFilter(project=project, since=since, actions=_ABOUT_IT), oldest_first=True
    )
    switched = await told(MOST, EntryFilter(since=since, actions=_ABOUT_READERS), oldest_first=True)
    known = {row["id"] for row in readers}
    after += [entry for entry in switched if entry.target_id in known][:AFTER]
    return FreezeRecord(
        refused=refused["refused"] if refused is not None else 0,
        refused_machines=refused["machines"] if refused is not None else 0,
        readers=[Reader(*list(row.values())[:-1]) for row in readers],
        readers_number=readers[0]["number"] if readers else 0,
        exposed=[Exposed(*list(row.values())[:-2]) for row in exposed],
        exposed_number=exposed[0]["number"] if exposed else 0,
        exposed_open=exposed[0]["open"] if exposed else 0,
        before=(await told(BEFORE, EntryFilter(project=project, until=since), oldest_first=False))[
            ::-1
        ],
        after=sorted(after, key=lambda entry: (int(entry.tx), entry.id)),
        refused_now=await told(
            REFUSED_NOW,
            EntryFilter(
                project=project, since=since, actions=frozenset({Action.SECRET_READ_DENIED})
            ),
            oldest_first=False,
        ),
        accounts=await told(
            MOST,
            EntryFilter(project=project, since=since, actions=frozenset({Action.PROJECT_EXPLAIN})),
            oldest_first=True,
        ),
    )
