"""Lists accounts, and suspends and reactivates them (A-9, Q-3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.operator import (
    ACCOUNT_REACTIVATE,
    ACCOUNT_SUSPEND,
    OPERATOR_ACCOUNTS_VIEW,
)
from strongroom_core.accounts.endings import end_keys
from strongroom_core.accounts.identity import fold
from strongroom_core.db.conditions import Conditions
from strongroom_core.db.listing import Key, Listing, fetch_counted
from strongroom_core.kernel.errors import Conflict, NotFound
from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.limits import REASON_LENGTH
from strongroom_core.kernel.names import require_name, require_searchable
from strongroom_core.operator.views import AccountInDetail, OverseenAccount, VaultOfAccount

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import CountedPage, PageRequest
    from strongroom_core.operator.views import AccountStatus

ACCOUNTS = Listing(
    columns="a.id",
    source="accounts_to_list({dated}) a",
    name=(Key("a.username_folded"),),
    id=Key("a.id"),
    sorts={
        "username": (),
        "email": (Key("a.email_folded"),),
        "createdAt": (Key("a.created_at", "timestamptz"),),
        "lastActiveAt": (Key("a.last_active_at", "timestamptz", nullable=True),),
    },
    default="username",
)

_OVERSEEN = "select * from accounts_overseen($1)"

_SET = "update account set status = $2 where id = $1 and status = $3 returning operator"


async def list_accounts(
    core: Core,
    caller: Human,
    page: PageRequest,
    *,
    search: str | None = None,
    status: AccountStatus | None = None,
) -> CountedPage[OverseenAccount]:
    """Return the installation's accounts, by username unless `page` has another order."""
    conditions = Conditions()
    if search:
        conditions.add(
            "position({0}::text in a.username_folded) > 0 or position({0}::text in a.email_folded) > 0",
            fold(require_searchable(search, field="q")),
        )
    if status is not None:
        conditions.add("a.status = {0}", status.value)
    listing = ACCOUNTS.filled(dated=str(page.is_sorted_by("lastActiveAt")))
    async with gate.perform(core, caller, OPERATOR_ACCOUNTS_VIEW) as act:
        found = await fetch_counted(act.connection, listing, page, conditions, _id)
        rows = await act.connection.fetch(_OVERSEEN, found.items)
    return found.of([OverseenAccount.of_row(row) for row in rows])


async def read_overseen_account(core: Core, caller: Human, account: str) -> AccountInDetail:
    """Return an account with its vaults, and how many machines would stop working without it."""
    async with gate.perform(core, caller, OPERATOR_ACCOUNTS_VIEW) as act:
        return await detail_of(act.connection, account)


async def suspend_account(
    core: Core, caller: Human, account: str, *, reason: str
) -> AccountInDetail:
    """Suspend an account. Its sessions and keys end, and its vaults with no other active owner stop working.

    Raises `Conflict` for an account that isn't active, and for an administrator's account, because nobody
    could reactivate it.
    """
    require_name(reason, field="reason", most=REASON_LENGTH)
    async with gate.perform(core, caller, ACCOUNT_SUSPEND, account) as act:
        operator = await act.connection.fetchval(_SET, account, "suspended", "active")
        if operator is None:
            raise Conflict("this account isn't active")
        if operator:
            raise Conflict("an administrator's account can't be suspended")
        await act.connection.execute("delete from session where account = $1", account)
        keys_ended = await end_keys(act.connection, account, act.at, by="suspended")
        detail = await detail_of(act.connection, account)
        act.told.extend(each.id for each in detail.vaults)
        act.record(reason=reason, machines_stopped=detail.machines_stopping, keys_ended=keys_ended)
        return detail


async def reactivate_account(core: Core, caller: Human, account: str) -> AccountInDetail:
    """Reactivate a suspended account. Its vaults' machines can authenticate again."""
    async with gate.perform(core, caller, ACCOUNT_REACTIVATE, account) as act:
        if await act.connection.fetchval(_SET, account, "active", "suspended") is None:
            raise Conflict("this account isn't suspended")
        detail = await detail_of(act.connection, account)
        act.told.extend(each.id for each in detail.vaults)
        return detail


async def detail_of(connection: Connection, account: str) -> AccountInDetail:
    """Return an account with its vaults, as part of an act. Raises `NotFound`."""
    row = await connection.fetchrow(_OVERSEEN, [account])
    if row is None:
        raise NotFound("account")
    rows = await connection.fetch("select * from vaults_of_account($1)", account)
    vaults = [VaultOfAccount.of_row(each, id=VaultId(each["id"])) for each in rows]
    return AccountInDetail(
        account=OverseenAccount.of_row(row),
        vaults=vaults,
        machines_stopping=sum(each.machines for each in vaults if each.last_owner),
    )


def _id(row: Row) -> str:
    return row["id"]
