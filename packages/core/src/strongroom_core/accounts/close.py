"""Closing your own account (A-9, V-8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.accounts import ACCOUNT_CLOSE, ACCOUNT_VIEW
from strongroom_core.access.clock_check import not_before_last_reading
from strongroom_core.accounts.addresses import addresses_of
from strongroom_core.accounts.change import end_links
from strongroom_core.accounts.endings import end_keys, end_sessions
from strongroom_core.accounts.mailing import facts_of
from strongroom_core.accounts.views import Closing, VaultLeft
from strongroom_core.kernel.errors import Conflict, NotAuthenticated
from strongroom_core.mail.kinds import MailKind
from strongroom_core.mail.put import put_mail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Human

_LEFT = "select vault, name, machines from vaults_left_by($1)"

# With the other administrators, so that the last two can't close their accounts at the same moment.
_LOCK = """
select id from account where id = $1 or ($2 and operator and status = 'active') order by id for update
"""

# Afterwards, the address can be used for another account. The username can't, because it identifies people in
# the audit log.
_CLOSE = """
update account set status = 'closed', password_hash = $2,
    email = id || '@closed.invalid', email_folded = id || '@closed.invalid', email_confirmed = false
where id = $1 and status = 'active'
"""


async def read_closing(core: Core, caller: Human) -> Closing:
    """Return the vaults that would lose their only owner if this account were closed, and their machines."""
    async with gate.perform(core, caller, ACCOUNT_VIEW) as act:
        return Closing(vaults=await _vaults_left(act.connection, caller))


async def close_account(
    core: Core, caller: Human, *, vaults: Sequence[str], delete_vaults: bool = False
) -> None:
    """Close the account and end its sessions. Needs step-up.

    `vaults` repeats the IDs of the vaults that this leaves without an owner, to show that the person has seen
    them, because their machines can no longer authenticate. With `delete_vaults`, they are also permanently
    deleted 30 days later. Raises `Conflict` if these vaults have changed, or if this is the only
    administrator's account.

    The vaults are locked before the accounts, as by other changes of members. So two owners can't each rely
    on the other.
    """
    async with gate.perform(core, caller, ACCOUNT_CLOSE) as act:
        await act.connection.execute("select lock_vaults_of($1)", caller.account)
        active = await act.connection.fetch(_LOCK, caller.account, caller.operator)
        if caller.operator and [row["id"] for row in active] == [caller.account]:
            raise Conflict(
                "this is the only administrator's account; make another account an administrator first"
            )
        left = await _vaults_left(act.connection, caller)
        if sorted(vaults) != sorted(each.id for each in left):
            raise Conflict(
                "the vaults that would be left without an owner have changed; reload and check them again"
            )
        row = await act.connection.fetchrow(
            "select username from account where id = $1", caller.account
        )
        if row is None:
            raise NotAuthenticated
        every = await addresses_of(act, caller.account)
        if delete_vaults:
            at = await not_before_last_reading(act.connection, act.at)
            await act.connection.execute(
                "select delete_vaults_left($1, $2, $3)", caller.account, at, row["username"]
            )
        act.told.extend(each.id for each in left)
        await act.connection.execute(_CLOSE, caller.account, core.passwords.hash_of_none())
        await end_sessions(act.connection, caller.account)
        await end_keys(act.connection, caller.account, act.at, by="account")
        await end_links(act, caller.account)
        facts = facts_of(core, caller.origin, act.at, row["username"])
        for address in every:
            await put_mail(
                act.connection, MailKind.ACCOUNT_CLOSED, at=act.at, address=address, facts=facts
            )
        for table in ("device", "recovery", "former_address"):
            await act.connection.execute(f"delete from {table} where account = $1", caller.account)
        act.concerns(ObjectKind.ACCOUNT, caller.account, row["username"])
        act.record(
            vaults=[each.id for each in left],
            machines=sum(each.machines for each in left),
            deleted=delete_vaults,
        )


async def _vaults_left(connection: Connection, caller: Human) -> list[VaultLeft]:
    rows = await connection.fetch(_LEFT, caller.account)
    return [VaultLeft(id=row["vault"], name=row["name"], machines=row["machines"]) for row in rows]
