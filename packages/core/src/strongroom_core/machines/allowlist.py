"""The vault's IP allowlist. Every machine request and every enrollment must come from it (R-8).

It never affects people. `access/machine_checks.py` decides about requests, and `require_allowed` decides
about enrollments; both call the same database function.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.machines import (
    ALLOWLIST_ADD,
    ALLOWLIST_DISABLE,
    ALLOWLIST_ENABLE,
    ALLOWLIST_REMOVE,
    ALLOWLIST_VIEW,
)
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.kernel.errors import Conflict, Invalid, Refused
from strongroom_core.kernel.limits import ALLOWLIST_NOTE_LENGTH
from strongroom_core.kernel.names import require_text
from strongroom_core.kernel.networks import require_networks
from strongroom_core.machines.views import Allowlist, AllowlistEntryView, ShutOut
from strongroom_core.schema.machines import AllowlistEntry
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.access.gate import Act
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Human

MOST_ENTRIES = 500
LATELY = timedelta(days=7)
MOST_SHUT_OUT = 100
"""How many of the machines that the list would block to name."""

# `known_pair` is refreshed once a day, so the row of a machine that was seen within a week is at most eight
# days old. It contains only the /64 of an IPv6 address. A machine counts if the network that it used last
# isn't in the list.
_SEEN = """
with seen as (
    select distinct on (m.id) m.id, m.name, k.network, k.verified_at
    from machine m join known_pair k on k.vault = m.vault and k.machine = m.id
    where m.approved_at is not null and m.enabled
      and (m.expires_at is null or m.expires_at > $1::timestamptz)
      and k.verified_at > $1::timestamptz - $2::interval and k.network ~ '^[0-9a-f.:/]+$'
    order by m.id, k.verified_at desc
), judged as (
    select s.*, array(select e.id from allowlist_entry e where s.network::inet <<= e.name::inet) as let_in_by
    from seen s
)
"""

_SHUT_OUT = f"""{_SEEN}
select id, name, network as address, verified_at as seen_at, count(*) over () as total
from judged where let_in_by = '{{}}' order by lower(name), id limit {MOST_SHUT_OUT}
"""

_ENTRIES = f"""{_SEEN}
select e.id, e.name as network, e.note, e.added_at, e.added_by, e.revision,
       (select count(*) from judged j where j.let_in_by = array[e.id]) as only_way_for
from allowlist_entry e order by e.name::inet, e.id
"""


async def read_allowlist(core: Core, caller: Human) -> Allowlist:
    """Return the list, whether it is on, and which machines seen this week it would block."""
    async with gate.perform(core, caller, ALLOWLIST_VIEW) as act:
        return await _allowlist_in(act.connection, act.at, caller)


async def create_allowlist_entry(
    core: Core, caller: Human, *, network: str, note: str | None = None
) -> Allowlist:
    """Add a network, or a single address. Raises `Invalid` for anything else, and `NameTaken`."""
    (canonical,) = require_networks([network], field="network")
    text = require_text(note, field="note", most=ALLOWLIST_NOTE_LENGTH)
    async with gate.perform(core, caller, ALLOWLIST_ADD) as act:
        await _lock(act)
        if await act.connection.fetchval("select count(*) from allowlist_entry") >= MOST_ENTRIES:
            raise Conflict(f"the IP allowlist has {MOST_ENTRIES} networks; combine or remove some")
        made = AllowlistEntry(
            vault=act.vault,
            id=new_id("net"),
            name=canonical,
            note=text or None,
            added_at=act.at,
            added_by=act.actor[2],
        )
        with name_taken_as("this network is already in the IP allowlist"):
            await act.run(AllowlistEntry.insert(made))
        act.concerns(ObjectKind.ALLOWLIST_ENTRY, made.id, canonical)
        act.record(given=[canonical])
        return await _allowlist_in(act.connection, act.at, caller)


async def delete_allowlist_entry(core: Core, caller: Human, entry: str) -> Allowlist:
    """Remove a network. If the list is enabled, its machines are blocked from their next request on."""
    async with gate.perform(core, caller, ALLOWLIST_REMOVE, entry) as act:
        await _lock(act)
        await act.run(AllowlistEntry.delete().where(AllowlistEntry.id == entry))
        act.record(taken=[act.target.name])
        return await _allowlist_in(act.connection, act.at, caller)


async def enable_allowlist(core: Core, caller: Human, *, allow_empty: bool = False) -> Allowlist:
    """Turn the list on. Raises `Invalid` for an empty list, which blocks every machine, unless allowed."""
    async with gate.perform(core, caller, ALLOWLIST_ENABLE) as act:
        await _lock(act)
        networks = await _networks(act.connection)
        if not networks and not allow_empty:
            raise Invalid(
                "the IP allowlist is empty and would block every machine; add networks, or set"
                " allowEmpty to true to block them all",
                field="allowEmpty",
            )
        await _turn(act, on=True)
        act.record(networks=networks)
        return await _allowlist_in(act.connection, act.at, caller)


async def disable_allowlist(core: Core, caller: Human) -> Allowlist:
    """Turn the list off, so that machines can use any address. The networks are kept."""
    async with gate.perform(core, caller, ALLOWLIST_DISABLE) as act:
        await _lock(act)
        await _turn(act, on=False)
        act.record(networks=await _networks(act.connection))
        return await _allowlist_in(act.connection, act.at, caller)


async def require_allowed(act: Act) -> None:
    """Raise `Refused` if the vault's IP allowlist doesn't contain the caller's address."""
    allowed = await act.connection.fetchval(
        "select address_is_allowed($1, $2)", act.vault, act.caller.origin.ip
    )
    if not allowed:
        raise Refused(Code.ADDRESS_DENIED, "Access denied")


async def _lock(act: Act) -> None:
    """Exclude other changes to the list, so that the event describes it correctly."""
    await act.connection.execute("select from vault where id = $1 for no key update", act.vault)


async def _turn(act: Act, *, on: bool) -> None:
    await act.connection.execute(
        "update vault set allowlist_enabled = $2 where id = $1", act.vault, on
    )


async def _networks(connection: Connection) -> list[str]:
    rows = await connection.fetch("select name from allowlist_entry order by name::inet")
    return [row["name"] for row in rows]


async def _allowlist_in(connection: Connection, now: datetime, caller: Human) -> Allowlist:
    enabled = await connection.fetchval("select allowlist_enabled from vault")
    lately = LATELY + timedelta(days=1)
    entries = await connection.fetch(_ENTRIES, now, lately)
    shut_out = await connection.fetch(_SHUT_OUT, now, lately)
    return Allowlist(
        enabled=enabled,
        entries=[AllowlistEntryView.of_row(row) for row in entries],
        shut_out=[ShutOut.of_row(row, without=["total"]) for row in shut_out],
        shut_out_count=shut_out[0]["total"] if shut_out else 0,
        your_address=caller.origin.address,
    )
