"""A link for setting a new password, for someone to whom the server can't send email (A-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.accounts import ACCOUNT_RESET_LINK
from strongroom_core.accounts.identity import as_looked_up
from strongroom_core.kernel.errors import Conflict, NotFound
from strongroom_core.kernel.ids import VaultId
from strongroom_core.mail.link import Purpose, put_account_link

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import System

_ACCOUNT = """
select id, username,
       exists (select from recovery r where r.account = a.id and r.since is not null) as reported
from account a where email_folded = $1 and status = 'active'
"""


async def make_reset_link(core: Core, caller: System, email: str) -> str:
    """Return the token of a link that works once, within 15 minutes, and doesn't bypass the second factor.

    Its creation is logged in the installation's log and in each of the account's vaults, so that nobody can
    create one unnoticed. Raises `NotFound` if no active account has this address, and `Conflict` while a
    *That wasn't me* report is pending.
    """
    async with gate.perform(core, caller, ACCOUNT_RESET_LINK) as act:
        account = await act.connection.fetchrow(_ACCOUNT, as_looked_up(email))
        if account is None:
            raise NotFound("active account with this email address")
        if account["reported"]:
            raise Conflict(
                "someone reported a sign-in to this account; wait until its recovery has ended, or cancel it"
                " under Server administration"
            )
        act.concerns(ObjectKind.ACCOUNT, account["id"], account["username"])
        rows = await act.connection.fetch(
            "select vault from vaults_of($1, $2)", account["id"], act.at
        )
        act.told.extend(VaultId(row["vault"]) for row in rows)
        return await put_account_link(
            act.connection, Purpose.RESET, at=act.at, account=account["id"]
        )
