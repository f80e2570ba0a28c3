"""Announces machines and tokens that expire soon, and limits of the plan that are nearly used (N-1, Q-2).

An hourly job looks at each vault. Each announcement is an event, so the vault's rules decide who gets an
alert. The table `notice` contains what has been announced and is still true, so everything is announced once,
and again if it changes: when a machine's new end is near, or when a limit was no longer reached in between.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.alerts import (
    CAP_NEAR,
    CAP_REACHED,
    ENROLLMENT_TOKEN_EXPIRING,
    MACHINE_EXPIRING,
    NOTICES_READ,
)
from strongroom_core.alerts.notices import Notice, NoticeKind, remember_notice
from strongroom_core.kernel.ids import VaultId
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.usage import limits_in, limits_row, usage_of

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import System
    from strongroom_core.limits.views import Usage

SOON = timedelta(hours=24)
LONG = timedelta(hours=48)
"""What exists for a shorter time than this isn't announced, because its end is near from the beginning."""

# Ephemeral machines aren't announced: they are meant to expire, and register again.
_EXPIRING = """
select 'machine' as kind, id::text as object, expires_at as until from machine
where enabled and approved_at is not null and enrolled_by = 'temporary'
  and expires_at > $1 and expires_at <= $1::timestamptz + $2::interval
  and expires_at - registered_at >= $3::interval
union all
select 'enrollment_token', id, expires_at from enrollment_token
where revoked_at is null and uses < max_uses
  and expires_at > $1 and expires_at <= $1::timestamptz + $2::interval
  and expires_at - created_at >= $3::interval
"""

_FORGET = """
delete from notice n where not exists (
    select from unnest($1::varchar[], $2::varchar[]) as t(kind, object)
    where t.kind = n.kind and t.object = n.object)
"""


async def vaults_to_foresee(core: Core) -> list[VaultId]:
    """Return the vaults that can have something to announce."""
    async with core.database.transaction(None) as connection:
        rows = await connection.fetch("select live_vaults as vault from live_vaults()")
    return [VaultId(row["vault"]) for row in rows]


async def foresee(core: Core, caller: System) -> list[Notice]:
    """Return what must be announced in the caller's vault, and forget what is no longer true."""
    async with gate.perform(core, caller, NOTICES_READ) as act:
        rows = await act.connection.fetch(_EXPIRING, act.at, SOON, LONG)
        limits = limits_in(await limits_row(act.connection, act.vault))
        usage = [
            each
            for each in await usage_of(act.connection, limits, act.at)
            if each.cap
            != Cap.DELIVERIES_PER_DAY  # It has its own event, at the moment when it happens.
        ]
        found = [
            *(Notice(NoticeKind(row["kind"]), row["object"], row["until"]) for row in rows),
            *(Notice(NoticeKind.CAP_NEAR, each.cap) for each in usage if each.nearly),
            *(Notice(NoticeKind.CAP_REACHED, each.cap) for each in usage if _is_reached(each)),
        ]
        kinds, objects = [each.kind.value for each in found], [each.object for each in found]
        await act.connection.execute(_FORGET, kinds, objects)
        told = {
            Notice(NoticeKind(row["kind"]), row["object"], row["until"])
            for row in await act.connection.fetch("select kind, object, until from notice")
        }
        # An event that a limit is reached makes the one that it is nearly reached unnecessary.
        reached = {each.object for each in found if each.kind is NoticeKind.CAP_REACHED}
        return [
            each
            for each in found
            if each not in told
            and not (each.kind is NoticeKind.CAP_NEAR and each.object in reached)
        ]


async def announce_machine(core: Core, caller: System, machine: str, until: datetime) -> None:
    """Log that a temporary machine expires soon. Raises `Conflict` if this has been logged."""
    async with gate.perform(core, caller, MACHINE_EXPIRING, machine) as act:
        await remember_notice(act, Notice(NoticeKind.MACHINE, machine, until))
        act.record(expires_at=until.isoformat(timespec="seconds"))


async def announce_token(core: Core, caller: System, token: str, until: datetime) -> None:
    """Log that an enrollment token expires soon. Raises `Conflict` if this has been logged."""
    async with gate.perform(core, caller, ENROLLMENT_TOKEN_EXPIRING, token) as act:
        await remember_notice(act, Notice(NoticeKind.ENROLLMENT_TOKEN, token, until))
        act.record(expires_at=until.isoformat(timespec="seconds"))


async def announce_cap_near(core: Core, caller: System, cap: Cap) -> None:
    """Log that most of a limit is used. Raises `Conflict` if this has been logged."""
    async with gate.perform(core, caller, CAP_NEAR) as act:
        await remember_notice(act, Notice(NoticeKind.CAP_NEAR, cap.value))
        await _record_use(act, cap)


async def announce_cap_reached(core: Core, caller: System, cap: Cap) -> None:
    """Log that a limit is used up. Raises `Conflict` if this has been logged."""
    async with gate.perform(core, caller, CAP_REACHED) as act:
        await remember_notice(act, Notice(NoticeKind.CAP_REACHED, cap.value))
        await _record_use(act, cap)


async def _record_use(act: gate.Act, cap: Cap) -> None:
    limits = limits_in(await limits_row(act.connection, act.vault))
    usage = await usage_of(act.connection, limits, act.at)
    used = next(each for each in usage if each.cap == cap.value)
    act.record(limit=cap.noun, used=used.used, most=used.most)


def _is_reached(usage: Usage) -> bool:
    return usage.nearly and usage.most is not None and usage.used >= usage.most
