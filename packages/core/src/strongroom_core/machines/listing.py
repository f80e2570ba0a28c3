"""Reads one machine, and lists machines, most recently registered first by default."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.actions.machines import MACHINE_VIEW, MACHINES_VIEW
from strongroom_core.access.visible import project_exists, secret_exists
from strongroom_core.db.conditions import Conditions
from strongroom_core.db.listing import Key, Listing, fetch_counted
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.guardrails import Guardrails
from strongroom_core.machines.views import MachineCounts, MachineState, MachineView, Way

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Caller, Human
    from strongroom_core.kernel.country import Countries
    from strongroom_core.kernel.ids import ProjectId
    from strongroom_core.kernel.page import CountedPage, PageRequest

# The states are in the order of `MachineState`, which explains them. $1 is the time of the request: whether a
# machine has expired depends only on the clock, not on the worker.
_STATE = """
case when m.expires_at <= $1::timestamptz then 'expired' when m.approved_at is null then 'pending'
     when m.enabled then 'enabled' else 'disabled' end
"""

_COUNT = f"select {_STATE} as state, count(*) as machines from machine m group by 1"

# `{secret}` and `{project}` are the conditions that the secret `s` and the project `p` exist for the caller.
_GRANTS = """
(select count(*) from secret_grant g
 join secret s on s.vault = g.vault and s.id = g.secret
 join project p on p.vault = s.vault and p.id = s.project
 where g.machine = m.id and {secret})
"""
_PROJECTS = """
(select count(*) from attachment a join project p on p.vault = a.vault and p.id = a.project
 where a.machine = m.id and {project})
"""

MACHINES = Listing(
    columns=f"""
        m.id, m.name, {_STATE} as state, m.public_key, m.enrolled_by, m.hostname,
        m.registered_from, m.registered_at, m.approved_at, m.enabled, m.expires_at, m.last_seen_at,
        m.revision, m.enrolled_with, m.guardrails, m.delivered_at,
        m.bundle_expires_at, {_PROJECTS} as projects, {_GRANTS} as grants,
        (select coalesce(array_agg(n.name order by n.changed_at), '{{{{}}}}') from machine_name n
         where n.machine = m.id) as former_names,
        r.id as replaces, r.name as replaces_name,
        case when m.approved_at is null then
            (select count(*) from machine n where lower(n.name) = lower(m.name) and n.id <> m.id)
            else 0 end as same_name
    """,
    source="""
        machine m
        left join lateral (
            select o.id, o.name from machine o
            where m.approved_at is null and o.approved_at is not null and o.enabled
              and lower(o.hostname) = lower(m.hostname) and o.id <> m.id
            order by o.approved_at desc limit 1
        ) r on true
    """,
    counted="machine m",
    name=(Key("lower(m.name)"),),
    id=Key("m.id", "uuid"),
    sorts={
        "registeredAt": (Key("m.registered_at", "timestamptz"),),
        "name": (Key("lower(m.name)"),),
        "state": (Key(_STATE),),
        "lastSeenAt": (Key("m.last_seen_at", "timestamptz", nullable=True),),
        "grants": (Key(_GRANTS, "bigint"),),
        "projects": (Key(_PROJECTS, "bigint"),),
        "expiresAt": (Key("m.expires_at", "timestamptz", nullable=True),),
    },
    default="-registeredAt",
)


async def read_machine(core: Core, caller: Human, machine: str) -> MachineView:
    """Return one machine. Raises `NotFound`."""
    async with gate.perform(core, caller, MACHINE_VIEW, machine) as act:
        return await machine_in(act, machine, core.countries)


async def list_machines(
    core: Core,
    caller: Human,
    page: PageRequest,
    *,
    pending: bool | None = None,
    state: MachineState | None = None,
    way: Way | None = None,
    expired: bool | None = None,
    q: str | None = None,
    outside: ProjectId | None = None,
) -> CountedPage[MachineView]:
    """Return machines, most recently registered first unless `page` has another order.

    `pending` filters by whether they are pending, `expired` by whether they have expired, and `way` by how
    they registered. `q` is any part of a name, a hostname, or the address that a machine registered from, or
    the beginning of an ID. `outside` leaves out machines attached to that project.
    """
    conditions = Conditions()
    at = core.clock.now()
    conditions.add("{0}::timestamptz is not null", at)  # for the state
    if expired is not None:
        conditions.add("coalesce(m.expires_at <= {0}, false) = {1}::boolean", at, expired)
    if way is not None:
        conditions.add("m.enrolled_by = {0}", way.value)
    if pending is not None:
        conditions.add("(m.approved_at is null) = {0}::boolean", pending)
    if state is not None:
        conditions.add(f"{_STATE} = {{0}}", state.value)
    if outside is not None:
        # A project that doesn't exist for the caller has no machines, as far as the caller can tell.
        place, seen = conditions.place(outside), project_exists(conditions, caller)
        conditions.add_placed(
            "not exists (select from attachment a"
            " join project p on p.vault = a.vault and p.id = a.project"
            f" where a.machine = m.id and a.project = {place} and {seen})"
        )
    conditions.add_search("m", q)
    listing = _seen_by(caller, conditions)
    async with gate.perform(core, caller, MACHINES_VIEW) as act:
        return await fetch_counted(
            act.connection, listing, page, conditions, partial(_view, countries=core.countries)
        )


async def count_machines(core: Core, caller: Human) -> MachineCounts:
    """Return the number of machines in each state."""
    async with gate.perform(core, caller, MACHINES_VIEW) as act:
        rows = await act.connection.fetch(_COUNT, act.at)
    counted = {row["state"]: row["machines"] for row in rows}
    return MachineCounts.of_row({state.value: counted.get(state, 0) for state in MachineState})


async def machine_in(act: gate.Act, machine: str, countries: Countries) -> MachineView:
    """Return the view of a machine, for the act that has just read or changed it."""
    conditions = Conditions()
    conditions.add("{0}::timestamptz is not null", act.at)  # for the state
    conditions.add("m.id = {0}", UUID(machine))
    listing = _seen_by(act.caller, conditions)
    row = await act.connection.fetchrow(
        f"select {listing.columns} from {listing.source} where {conditions.text}",
        *conditions.arguments,
    )
    if row is None:
        raise NotFound("machine")
    return _view(row, countries)


def _seen_by(caller: Caller, conditions: Conditions) -> Listing:
    return MACHINES.filled(
        secret=secret_exists(conditions, caller), project=project_exists(conditions, caller)
    )


def key_fingerprint(public_key: bytes) -> str:
    """Return a public key's fingerprint, for people to compare: its SHA-256 in groups of four.

    It is hexadecimal because people read it aloud and compare it by eye. Case doesn't matter, and `I` can't
    be mistaken for `l`.
    """
    return hashlib.sha256(public_key).digest().hex(" ", 2)


def _view(row: Row, countries: Countries) -> MachineView:
    return MachineView.of_row(
        row,
        without=["public_key"],
        fingerprint=key_fingerprint(row["public_key"]),
        guardrails=Guardrails.of_json(row["guardrails"]),
        country=countries.country_of(row["registered_from"]),
    )
