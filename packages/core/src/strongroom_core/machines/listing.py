"""Read one machine; list them, newest first, so that the one that waits stands on top."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.machines.views import MachineCounts, MachineState, MachineView

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import Page, PageRequest

# In the order of `MachineState`, which says what each means.
_STATE = """
case when m.approved_at is null then 'pending' when m.enabled then 'enabled' else 'disabled' end
"""

_COUNT = f"select {_STATE} as state, count(*) as machines from machine m group by 1"

_MACHINES = f"""
select m.id, m.name, {_STATE} as state, m.public_key, m.enrolled_by, m.hostname,
       m.registered_from, m.registered_at, m.approved_at, m.enabled, m.expires_at, m.last_seen_at, m.revision,
       (select count(*) from attachment a where a.machine = m.id) as projects,
       (select count(*) from secret_grant g where g.machine = m.id) as grants,
       (select coalesce(array_agg(n.name order by n.changed_at), '{{}}') from machine_name n
        where n.machine = m.id) as former_names,
       r.id as replaces, r.name as replaces_name
from machine m
left join lateral (
    select o.id, o.name from machine o
    where m.approved_at is null and o.approved_at is not null and o.enabled
      and lower(o.hostname) = lower(m.hostname) and o.id <> m.id
    order by o.approved_at desc limit 1
) r on true
"""


async def read_machine(core: Core, caller: Human, machine: str) -> MachineView:
    """Return one machine. Raises `NotFound`."""
    async with gate.perform(core, caller, Action.MACHINE_VIEW, machine) as act:
        return await machine_in(act.connection, machine)


async def list_machines(
    core: Core,
    caller: Human,
    page: PageRequest,
    *,
    pending: bool | None = None,
    state: MachineState | None = None,
    prefix: str | None = None,
) -> Page[MachineView]:
    """Return machines, last registered first; with `pending` only those that wait, or do not.

    `prefix` is of the name or the hostname, whatever its case.
    """
    at, after = (None, None) if page.after is None else _position(page.after)
    async with gate.perform(core, caller, Action.MACHINES_VIEW) as act:
        rows = await act.connection.fetch(
            f"{_MACHINES} where ($1::timestamptz is null or (m.registered_at, m.id) < ($1, $2))"
            " and ($3::boolean is null or (m.approved_at is null) = $3)"
            f" and ($4::text is null or {_STATE} = $4)"
            " and ($5::text is null or starts_with(lower(m.name), lower($5))"
            "      or starts_with(lower(m.hostname), lower($5)))"
            " order by m.registered_at desc, m.id desc limit $6",
            at,
            after,
            pending,
            state.value if state is not None else None,
            _searchable(prefix) if prefix else None,
            page.limit + 1,
        )
    return page.page(
        [_view(row) for row in rows], lambda item: (item.registered_at.isoformat(), str(item.id))
    )


async def count_machines(core: Core, caller: Human) -> MachineCounts:
    """Return how many machines there are in each state."""
    async with gate.perform(core, caller, Action.MACHINES_VIEW) as act:
        rows = await act.connection.fetch(_COUNT)
    counted = {row["state"]: row["machines"] for row in rows}
    return MachineCounts(*(counted.get(state, 0) for state in MachineState))


async def machine_in(connection: Connection, machine: str) -> MachineView:
    """Return the view of a machine, for the act that has just read or changed it."""
    row = await connection.fetchrow(f"{_MACHINES} where m.id = $1", UUID(machine))
    if row is None:
        raise NotFound("machine")
    return _view(row)


def fingerprint(public_key: bytes) -> str:
    """Return a public key's fingerprint, for a person to compare: its SHA-256 in groups of four.

    Hexadecimal, because people read it aloud and compare it by eye: no capital letters that count,
    no `I` beside an `l`.
    """
    return hashlib.sha256(public_key).digest().hex(" ", 2)


def _position(after: tuple[str, ...]) -> tuple[datetime, UUID]:
    try:
        return datetime.fromisoformat(after[0]).astimezone(UTC), UUID(after[1])
    except (ValueError, OverflowError):
        raise Invalid("cursor is not one this list handed out", field="cursor") from None


def _searchable(prefix: str) -> str:
    if "\0" in prefix:
        raise Invalid("prefix holds no NUL", field="prefix")
    return prefix


def _view(row: Row) -> MachineView:
    named = ("enrolled_by", "hostname", "registered_from", "registered_at", "approved_at")
    counted = ("enabled", "expires_at", "last_seen_at", "projects", "grants", "former_names")
    return MachineView(
        id=row["id"],
        name=row["name"],
        state=row["state"],
        fingerprint=fingerprint(row["public_key"]),
        replaces=row["replaces"],
        replaces_name=row["replaces_name"],
        revision=row["revision"],
        **{column: row[column] for column in (*named, *counted)},
    )
