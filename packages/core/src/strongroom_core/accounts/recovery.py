"""Recovery of an account (A-12): it takes 24 hours, is announced to every address, and can be canceled.

There are two kinds. The administrator starts one for a person who has lost all second factors: it removes
them. The link *That wasn't me* starts one if factors were added or the address was changed since the reported
sign-in: it removes those factors, and restores the address. Until it ends, none of these can be used to sign
in, and no password can be set by email.

A recovery never lets anyone in immediately, so the person has a day to see it and cancel it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.accounts import RECOVERY_CANCEL, RECOVERY_FINISH
from strongroom_core.access.clock_check import check_clock
from strongroom_core.accounts.addresses import (
    addresses_at,
    addresses_of,
    put_notice,
    remember_address,
)
from strongroom_core.accounts.endings import end_keys, end_sessions
from strongroom_core.accounts.factors import has_factor, lock_account
from strongroom_core.accounts.identity import fold
from strongroom_core.accounts.mailing import facts_of
from strongroom_core.accounts.views import Renamed
from strongroom_core.kernel.errors import Conflict, NotFound
from strongroom_core.kernel.ids import INSTALLATION, AccountId, VaultId
from strongroom_core.mail.kinds import MailKind
from strongroom_core.mail.link import Purpose, unusable_link, use_account_link
from strongroom_core.mail.put import put_mail

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Human, System, Visitor

LASTS = timedelta(hours=24)

_START = """
insert into recovery as r (vault, account, since, started_at, due_at) values ($1, $2, $3, $4, $5)
on conflict (account) do update set since = least(r.since, excluded.since),
    started_at = case when r.since is null then excluded.started_at else r.started_at end,
    due_at = case when r.since is null then excluded.due_at else r.due_at end
returning since, due_at
"""

_END = "delete from recovery where account = $1 returning true"

_END_DUE = "delete from recovery where account = $1 and due_at <= $2 returning since"

_CHANGED = """
select exists (select from totp where account = $1 and confirmed and created_at >= $2)
    or exists (select from passkey where account = $1 and created_at >= $2)
    or exists (select from recovery_code where account = $1 and created_at >= $2)
    or exists (select from former_address where account = $1 and replaced_at >= $2 and not returned_from)
"""

_REMOVE = """
with apps as (
    delete from totp where account = $1 and ($2::timestamptz is null or created_at >= $2) returning confirmed
), keys as (
    delete from passkey where account = $1 and ($2::timestamptz is null or created_at >= $2) returning name
), codes as (
    delete from recovery_code where account = $1 and ($2::timestamptz is null or created_at >= $2)
    returning id
)
select (select coalesce(bool_or(confirmed), false) from apps) as app,
       (select coalesce(array_agg(name order by name), '{}') from keys) as passkeys,
       (select count(*) from codes) as codes
"""

_SET_EMAIL = """
update account set email = $2, email_folded = $3, email_confirmed = false where id = $1
and not exists (select from account other where other.email_folded = $3 and other.id <> $1) returning true
"""


@dataclass(frozen=True, slots=True)
class DueRecovery:
    """A recovery whose 24 hours are over."""

    account: AccountId


async def begin_recovery(
    core: Core, act: gate.Act, account: str, username: str, *, since: datetime | None
) -> None:
    """Start a recovery as part of an act, and announce it to every address. `since` is as in the table.

    Only addresses that the account already had at `since` get a link that cancels it, or without a time, all
    but those from which the person returned to an earlier one: these may be someone else's.
    """
    row = await act.connection.fetchrow(
        _START, INSTALLATION, account, since, act.at, act.at + LASTS
    )
    if row is None:
        raise RuntimeError("the statement returns a row")
    every = await addresses_of(act, account)
    trusted = await addresses_at(act, account, row["since"] or act.at)
    folded = {fold(each) for each in trusted}
    facts = facts_of(core, act.caller.origin, act.at, username)
    facts["due"] = f"{row['due_at']:%-d %B %Y, %H:%M} UTC"
    facts["effect"] = _ALL_FACTORS if since is None else _ADDED
    for address in every:
        may_cancel = fold(address) in folded
        await put_mail(
            act.connection,
            MailKind.RECOVERY_STARTED if may_cancel else MailKind.RECOVERY_NOTICE,
            at=act.at,
            account=account,
            address=address,
            facts=facts,
        )
    act.record(due_at=row["due_at"].isoformat(timespec="seconds"))


_ALL_FACTORS = "all its second factors will be removed"
_ADDED = (
    "the sign-in methods that were added since the reported sign-in will be removed,"
    " and its earlier email address will be restored"
)


async def cancel_recovery(core: Core, caller: Human) -> None:
    """Cancel the recovery of the caller's own account. Raises `Conflict` if there is none."""
    async with gate.perform(core, caller, RECOVERY_CANCEL) as act:
        await end_recovery(core, act, caller.account)


async def cancel_recovery_by_link(core: Core, caller: Visitor, token: str) -> Renamed:
    """Cancel a recovery with the link in the email about it.

    Raises `Refused` if the link is unknown, used or expired, or if the recovery has ended.
    """
    async with gate.perform(core, caller, RECOVERY_CANCEL) as act:
        link = await use_account_link(act.connection, Purpose.CANCEL_RECOVERY, token, act.at)
        try:
            username = await end_recovery(core, act, link["account"])
        except Conflict:
            raise unusable_link() from None
    return Renamed(username=username)


async def due_recoveries(core: Core, *, most: int = 100) -> list[DueRecovery]:
    """Return the recoveries whose time is over, or none while the clock is in doubt."""
    check = await check_clock(core)
    if not check.is_right:
        return []
    async with core.database.transaction(INSTALLATION) as connection:
        rows = await connection.fetch(
            "select account from recovery where due_at <= $1 order by due_at limit $2",
            check.now,
            most,
        )
    return [DueRecovery(AccountId(row["account"])) for row in rows]


async def finish_recovery(core: Core, caller: System, account: AccountId) -> None:
    """End a recovery whose time is over: remove the factors, restore the address, and end all sessions.

    Raises `NotFound` if it was canceled or has been finished.
    """
    async with gate.perform(core, caller, RECOVERY_FINISH) as act:
        await lock_account(act, account)
        row = await act.connection.fetchrow(_END_DUE, account, act.at)
        if row is None:
            raise NotFound("recovery")
        username = await _name(act.connection, account)
        since = row["since"]
        removed = await act.connection.fetchrow(_REMOVE, account, since)
        if removed is None:
            raise RuntimeError("the statement returns a row")
        if not await has_factor(act, account):
            await act.connection.execute("delete from recovery_code where account = $1", account)
        restored = since is not None and await _restore_address(act, account, since)
        ended = await end_sessions(act.connection, account)
        keys_ended = await end_keys(act.connection, account, act.at, by="revoked")
        await _forget_links(act.connection, account)
        await put_notice(core, act, MailKind.RECOVERY_DONE, account, username)
        act.concerns(ObjectKind.ACCOUNT, account, username)
        act.record(
            app_removed=removed["app"],
            passkeys_removed=removed["passkeys"],
            codes_removed=removed["codes"],
            address_restored=restored,
            sessions_ended=ended,
            keys_ended=keys_ended,
        )
        await tell_vaults(act, account)


async def is_pending(connection: Connection, account: str) -> bool:
    """Whether a recovery of the account has been started and hasn't ended. Needs the installation's scope."""
    return bool(
        await connection.fetchval(
            "select exists (select from recovery where account = $1)", account
        )
    )


async def changed_since(act: gate.Act, account: str, since: datetime) -> bool:
    """Whether a factor was added to the account, or its address changed, at or after a time."""
    return bool(await act.connection.fetchval(_CHANGED, account, since))


async def tell_vaults(act: gate.Act, account: str) -> None:
    """Log the act in each of the account's vaults, too."""
    rows = await act.connection.fetch("select vault from vaults_of($1, $2)", account, act.at)
    act.told.extend(VaultId(row["vault"]) for row in rows)


async def end_recovery(core: Core, act: gate.Act, account: str) -> str:
    """Cancel a recovery as part of an act; return the username. Raises `Conflict` if there is none."""
    if not await act.connection.fetchval(_END, account):
        raise Conflict("this account isn't being recovered")
    username = await _name(act.connection, account)
    await _forget_links(act.connection, account)
    await put_notice(core, act, MailKind.RECOVERY_CANCELED, account, username)
    act.concerns(ObjectKind.ACCOUNT, account, username)
    await tell_vaults(act, account)
    return username


async def _restore_address(act: gate.Act, account: str, since: datetime) -> bool:
    """Give the account the address back that it had at `since`, unless another account has it now."""
    earlier = (await addresses_at(act, account, since))[-1]
    current = await act.connection.fetchval("select email from account where id = $1", account)
    if fold(current) == fold(earlier) or not await act.connection.fetchval(
        _SET_EMAIL, account, earlier, fold(earlier)
    ):
        return False
    await remember_address(act, account, current, earlier)
    return True


async def _forget_links(connection: Connection, account: str) -> None:
    """Delete the links that cancel or report, because they are about what is now over."""
    await connection.execute(
        "delete from account_token where account = $1 and purpose = any($2)",
        account,
        [Purpose.CANCEL_RECOVERY.value],
    )


async def _name(connection: Connection, account: str) -> str:
    return await connection.fetchval("select username from account where id = $1", account)
