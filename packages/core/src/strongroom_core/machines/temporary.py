"""Temporary machines: for a contractor, an incident or a migration (M-7).

They register like any other machine and wait for approval. Their lifetime and guardrails were chosen with the
token. A lifetime can be extended, and the latest extension can be reverted.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.actions.machines import (
    MACHINE_BOOTSTRAP,
    MACHINE_EXTEND,
    MACHINE_EXTENSION_REVERT,
    MACHINE_GUARDRAILS_SET,
    MACHINE_VIEW,
)
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.token import mint_token
from strongroom_core.kernel.errors import Conflict, Invalid
from strongroom_core.kernel.guardrails import Guardrails, require_guardrails
from strongroom_core.kernel.limits import NAME_LENGTH, REASON_LENGTH
from strongroom_core.kernel.names import require_name
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.quota import require_room
from strongroom_core.machines.bootstrap import TOKEN
from strongroom_core.machines.listing import machine_in
from strongroom_core.machines.terms import is_within
from strongroom_core.machines.views import BootstrapToken, ExtensionView, MachineView, Way
from strongroom_core.schema.machines import MachineExtension, MachineToken

if TYPE_CHECKING:
    from strongroom_core.access.entry import Detail
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human

SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=366)
SHORTEST_TOKEN, LONGEST_TOKEN = timedelta(minutes=10), timedelta(days=30)

_EXTENSIONS = """
select id, extended_at, extended_by, reason, from_at, to_at, reverted_at, reverted_by
from machine_extension where machine = $1 order by extended_at desc, id desc
"""

_REVERT = """
update machine_extension set reverted_at = $2, reverted_by = $3 where id = (
    select id from machine_extension where machine = $1 and reverted_at is null
    order by extended_at desc, id desc limit 1)
returning from_at, to_at
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTemporary:
    """The settings of a temporary machine. Lifetimes are in seconds."""

    name: str | None = None
    lifetime: int
    token_lifetime: int
    guardrails: Guardrails = field(default_factory=Guardrails)


async def create_temporary_token(core: Core, caller: Human, wanted: NewTemporary) -> BootstrapToken:
    """Create a registration token for one temporary machine. Raises `Invalid`."""
    if wanted.name is not None:
        require_name(wanted.name, field="name", most=NAME_LENGTH)
    if not is_within(wanted.lifetime, SHORTEST, LONGEST):
        raise Invalid(
            "machineLifetimeSeconds must be from 3600 (1 hour) to 31,622,400 (12 months)",
            field="machineLifetimeSeconds",
        )
    if not is_within(wanted.token_lifetime, SHORTEST_TOKEN, LONGEST_TOKEN):
        raise Invalid(
            "tokenLifetimeSeconds must be from 600 (10 minutes) to 2,592,000 (30 days)",
            field="tokenLifetimeSeconds",
        )
    guardrails = require_guardrails(wanted.guardrails)
    token, hashed = mint_token(TOKEN)
    async with gate.perform(core, caller, MACHINE_BOOTSTRAP) as act:
        made = MachineToken(
            vault=act.vault,
            id=new_id("tok"),
            token_hash=hashed,
            created_at=act.at,
            created_by=act.actor[2],
            expires_at=act.at + timedelta(seconds=wanted.token_lifetime),
            lifetime=wanted.lifetime,
            name=wanted.name,
            guardrails=guardrails.to_json(),
        )
        await act.run(MachineToken.insert(made))
        act.record(
            token=made.id, lifetime_seconds=wanted.lifetime, **guardrails_as_detail(guardrails)
        )
    return BootstrapToken(token, made.expires_at)


async def extend_machine(
    core: Core, caller: Human, machine: str, *, until: datetime, reason: str
) -> MachineView:
    """Extend a temporary machine's lifetime to `until`, at most twelve months from now.

    Raises `Conflict` for a machine that isn't temporary. Raises `Invalid` if the reason is missing, or if
    `until` isn't later than the current expiry, isn't in the future, or is too late. Raises `CapReached` if
    the machine had expired, because it takes a place again.
    """
    require_name(reason, field="reason", most=REASON_LENGTH)
    if until.tzinfo is None:
        raise Invalid("expiresAt needs a time zone, such as Z", field="expiresAt")
    try:
        until = until.astimezone(UTC)
    except OverflowError:
        raise Invalid("expiresAt is out of range", field="expiresAt") from None
    async with gate.perform(core, caller, MACHINE_EXTEND, machine) as act:
        view = await machine_in(act, machine, core.countries)
        before = _expiry_of(view)
        if until > twelve_months_after(act.at):
            raise Invalid("expiresAt can be at most 12 months from now", field="expiresAt")
        if until <= max(before, act.at):
            raise Invalid(
                "expiresAt must be in the future, and later than the machine's expiry",
                field="expiresAt",
            )
        if before <= act.at and view.enabled:
            await require_room(act, Cap.MACHINES)
        extension = MachineExtension(
            vault=act.vault,
            id=new_id("ext"),
            machine=view.id,
            extended_at=act.at,
            extended_by=act.actor[2],
            reason=reason,
            from_at=before,
            to_at=until,
        )
        await act.run(MachineExtension.insert(extension))
        await act.connection.execute(_SET_EXPIRY, view.id, until)
        act.record(reason=reason, expired_at=before.isoformat(), expires_at=until.isoformat())
        return await machine_in(act, machine, core.countries)


async def revert_extension(core: Core, caller: Human, machine: str) -> MachineView:
    """Revert the latest extension that hasn't been reverted, which restores the previous expiry.

    The previous expiry can be in the past. Raises `Conflict` if there is no such extension.
    """
    async with gate.perform(core, caller, MACHINE_EXTENSION_REVERT, machine) as act:
        row = await act.connection.fetchrow(_REVERT, UUID(machine), act.at, act.actor[2])
        if row is None:
            raise Conflict("this machine has no extension to revert")
        await act.connection.execute(_SET_EXPIRY, UUID(machine), row["from_at"])
        act.record(expired_at=row["to_at"].isoformat(), expires_at=row["from_at"].isoformat())
        return await machine_in(act, machine, core.countries)


async def list_extensions(core: Core, caller: Human, machine: str) -> list[ExtensionView]:
    """Return a machine's extensions, latest first."""
    async with gate.perform(core, caller, MACHINE_VIEW, machine) as act:
        rows = await act.connection.fetch(_EXTENSIONS, UUID(machine))
    return [ExtensionView.of_row(row) for row in rows]


async def set_guardrails(
    core: Core, caller: Human, machine: str, wanted: Guardrails
) -> MachineView:
    """Replace a temporary machine's guardrails, starting with its next request. Raises `Conflict`."""
    guardrails = require_guardrails(wanted)
    async with gate.perform(core, caller, MACHINE_GUARDRAILS_SET, machine) as act:
        before = await machine_in(act, machine, core.countries)
        _expiry_of(before)
        await act.connection.execute(
            "update machine set guardrails = $2::text::jsonb, revision = revision + 1 where id = $1",
            before.id,
            guardrails.to_json(),
        )
        old = before.guardrails or Guardrails()
        act.record(
            **guardrails_as_detail(guardrails),
            **{f"former_{name}": told for name, told in guardrails_as_detail(old).items()},
        )
        return await machine_in(act, machine, core.countries)


_SET_EXPIRY = "update machine set expires_at = $2, revision = revision + 1 where id = $1"


def twelve_months_after(moment: datetime) -> datetime:
    """Return the same date and time a year later. For February 29, that is February 28."""
    year = moment.year + 1
    day = min(moment.day, calendar.monthrange(year, moment.month)[1])
    return moment.replace(year=year, day=day)


def guardrails_as_detail(guardrails: Guardrails) -> Detail:
    """Return guardrails as an event's details."""
    window = guardrails.window
    return {
        "cidrs": list(guardrails.cidrs),
        "countries": list(guardrails.countries),
        "window": None
        if window is None
        else f"{window.start}–{window.end} {window.zone}, days {', '.join(map(str, window.days))}",
    }


def _expiry_of(machine: MachineView) -> datetime:
    """Return when a temporary machine expires. Raises `Conflict` for any other machine."""
    if machine.enrolled_by is not Way.TEMPORARY or machine.expires_at is None:
        raise Conflict("only temporary machines can be extended or have guardrails")
    return machine.expires_at
