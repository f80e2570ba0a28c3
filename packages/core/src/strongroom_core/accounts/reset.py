"""A new password for someone who has forgotten theirs (A-7).

The link doesn't sign anyone in, so it doesn't bypass the second factor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.accounts import ACCOUNT_RESET, ACCOUNT_RESET_ASK
from strongroom_core.access.mail_limits import may_get_mail
from strongroom_core.accounts.addresses import put_notice
from strongroom_core.accounts.endings import (
    end_keys,
    end_sessions,
    forget_failures,
    login_counter,
)
from strongroom_core.accounts.factors import lock_account
from strongroom_core.accounts.identity import as_looked_up
from strongroom_core.accounts.views import Asked, Renamed
from strongroom_core.crypto.password import require_acceptable
from strongroom_core.kernel.errors import Refused
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.mail.kinds import MailKind
from strongroom_core.mail.link import Purpose, find_account_link, unusable_link, use_account_link
from strongroom_core.mail.put import put_mail
from strongroom_core.mail.state import sends_mail

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Visitor

CHECK_MAIL = (
    "If an account has this address, an email with a link is on its way."
    " The link works for 15 minutes."
)
ASK_OPERATOR = (
    "This server doesn't send email. Ask its administrator for a link:"
    " strongroom-server reset-link, followed by your email address."
)

_ACCOUNT = (
    "select id, email, email_folded, username from account where id = $1 and status = 'active'"
)

_SET = """
update account a set password_hash = $2 where id = $1 and status = 'active'
and not exists (select from recovery r where r.account = a.id and r.since is not null)
returning email_folded, username
"""


async def ask_for_reset(core: Core, caller: Visitor, email: str) -> Asked:
    """Queue the email with the link. Return what to do next, which is the same if there is no account.

    The worker finds out whether an account exists. Raises `TooMany` for the sixth request in an hour from one
    network.
    """
    folded = as_looked_up(email)
    may_mail = await may_get_mail(core, caller.origin, "reset", folded)
    async with gate.perform(core, caller, ACCOUNT_RESET_ASK) as act:
        if may_mail:
            await put_mail(act.connection, MailKind.RESET, at=act.at, address=folded)
    return Asked(sent=sends_mail(core), next=CHECK_MAIL if sends_mail(core) else ASK_OPERATOR)


async def reset_password(core: Core, caller: Visitor, token: str, *, password: str) -> Renamed:
    """Set a new password with the link's token, and end all sessions of the account.

    Raises `Invalid` for an unacceptable password (the link then still works), and `Refused` if the link is
    unknown, used or older than 15 minutes.
    """
    async with core.database.transaction(INSTALLATION) as connection:
        now = core.clock.now()
        try:
            link = await find_account_link(connection, Purpose.RESET, token, now)
            account = await connection.fetchrow(_ACCOUNT, link["account"])
        except Refused:
            account = None
    if account is None:
        refusal = unusable_link()
        await gate.record_failure(core, caller, ACCOUNT_RESET, None, refusal)
        raise refusal
    require_acceptable(password, email=account["email"])
    password_hash = await core.passwords.hash(password, network=caller.origin.network)
    async with gate.perform(core, caller, ACCOUNT_RESET) as act:
        await lock_account(act, account["id"])
        await use_account_link(act.connection, Purpose.RESET, token, act.at)
        changed = await act.connection.fetchrow(_SET, account["id"], password_hash)
        if changed is None:
            raise unusable_link()
        ended = await end_sessions(act.connection, account["id"])
        keys_ended = await end_keys(act.connection, account["id"], act.at, by="password")
        await forget_failures(act.connection, login_counter(core, account["email_folded"]))
        await put_notice(core, act, MailKind.PASSWORD_CHANGED, account["id"], account["username"])
        act.concerns(ObjectKind.ACCOUNT, account["id"], account["username"])
        act.record(sessions_ended=ended, keys_ended=keys_ended)
    return Renamed(username=account["username"])
