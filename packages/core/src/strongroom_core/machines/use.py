"""A machine's recent activity according to the audit log, for people about to revoke the machine (M-8)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.machines import MACHINE_VIEW
from strongroom_core.access.visible import VISIBLE, only_of
from strongroom_core.machines.views import MachineUse

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human

LATELY = timedelta(hours=1)

# `last_seen_at` is the time of a read, so the entry for that read is found directly. Any read that hasn't
# been counted yet happened within the last hour.
_USE = f"""
with lately as materialized (
    select e.action, e.at, e.address, e.country from audit_entry e
    where e.at > $2 and e.action in ('secret_read', 'secret_read_denied')
      and e.actor_kind = 'machine' and e.actor_id = $1 and {VISIBLE.format("$3")}
), last as (
    (select 1 as choice, l.at, l.address, l.country from lately l
     where l.action = 'secret_read' order by l.at desc limit 1)
    union all
    (select 2, e.at, e.address, e.country from audit_entry e
     join machine m on m.id = $1::text::uuid and e.at = m.last_seen_at
     where e.action = 'secret_read' and e.actor_kind = 'machine' and e.actor_id = $1
       and {VISIBLE.format("$3")} limit 1)
    order by choice limit 1
)
select count(*) filter (where l.action = 'secret_read') as reads,
       count(*) filter (where l.action = 'secret_read_denied') as refusals,
       (select at from last) as last_read_at,
       (select address from last) as address,
       (select country from last) as country
from lately l
"""


async def read_machine_use(core: Core, caller: Human, machine: str) -> MachineUse:
    """Return a machine's reads in the last hour, and when and from where it last read. Raises `NotFound`."""
    async with gate.perform(core, caller, MACHINE_VIEW, machine) as act:
        row = await act.connection.fetchrow(_USE, machine, act.at - LATELY, only_of(caller))
    if row is None:
        raise ValueError("an aggregate query returns exactly one row")
    return MachineUse.of_row(row)
