"""A person's own email address, username and password (A-1, A-4, A-5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.accounts import (
    ACCOUNT_EMAIL_ASK,
    ACCOUNT_EMAIL_CHANGE,
    ACCOUNT_PASSWORD,
    ACCOUNT_RENAME,
    ACCOUNT_VIEW,
)
from strongroom_core.access.mail_limits import may_send_to_new_address
from strongroom_core.accounts.addresses import begin_of, put_notice, remember_address
from strongroom_core.accounts.endings import end_keys, end_sessions
from strongroom_core.accounts.entering import SESSION_TOKEN
from strongroom_core.accounts.identity import fold, require_email, require_username
from strongroom_core.accounts.new_account import USERNAME, USERNAME_TAKEN
from strongroom_core.accounts.views import AccountView, EmailAsked, Renamed, SteppedUp
from strongroom_core.crypto.password import require_acceptable
from strongroom_core.crypto.token import mint_token
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.kernel.errors import NotAuthenticated
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.mail.kinds import MailKind
from strongroom_core.mail.link import (
    Purpose,
    put_account_link,
    unusable_link,
    url_of,
    use_account_link,
)
from strongroom_core.mail.put import SINCE, put_mail
from strongroom_core.mail.state import sends_mail

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human, Visitor

CHECK_MAIL = "Check your email at the new address, and open the link within 24 hours."
USE_LINK = "This server doesn't send email. Open this link within 24 hours to change the address."

_VIEW = "select * from account_of($1)"

_RENAME = "update account set username = $2, username_folded = $3 where id = $1"

_SET_PASSWORD = """
update account set password_hash = $2 where id = $1 and status = 'active' returning username
"""

_RENEW = """
update session set token_hash = $2, authenticated_at = $3 where id = $1 returning true
"""

_OLD = "select email, username from account where id = $1 and status = 'active' for update"

_SET_EMAIL = """
update account set email = $2, email_folded = $3,
    email_confirmed = $4 or (email_confirmed and email_folded = $3::varchar)
where id = $1
"""


async def read_account(core: Core, caller: Human) -> AccountView:
    """Return the person's own account."""
    async with gate.perform(core, caller, ACCOUNT_VIEW) as act:
        row = await act.connection.fetchrow(_VIEW, caller.account)
    if row is None:
        raise NotAuthenticated
    return AccountView(
        email=row["email"],
        username=row["username"],
        operator=caller.operator,
        sends_mail=sends_mail(core),
        created_at=row["created_at"],
        recovery_due_at=row["recovery_due_at"],
    )


async def change_username(core: Core, caller: Human, username: str) -> Renamed:
    """Change the username. Earlier events keep the old one. Raises `Invalid` and `NameTaken`."""
    name = require_username(username)
    async with gate.perform(core, caller, ACCOUNT_RENAME) as act:
        with name_taken_as(USERNAME_TAKEN, {"account_username_folded_key": USERNAME}):
            await act.connection.execute(_RENAME, caller.account, name, fold(name))
        act.concerns(ObjectKind.ACCOUNT, caller.account, name)
        act.record(before=caller.username, after=name)
    return Renamed(username=name)


async def change_password(
    core: Core, caller: Human, password: str, *, keys: bool = True
) -> SteppedUp:
    """Set a new password. All other sessions end, and this one continues with a new token.

    With `keys`, the person's keys end too, so programs on their computers need new ones (D-5). Needs step-up.
    Raises `Invalid` for an unacceptable password.
    """
    async with core.database.transaction(INSTALLATION) as connection:
        email = await connection.fetchval("select email from account where id = $1", caller.account)
    require_acceptable(password, email=email or "")
    password_hash = await core.passwords.hash(password)
    token, hashed = mint_token(SESSION_TOKEN)
    async with gate.perform(core, caller, ACCOUNT_PASSWORD) as act:
        username = await act.connection.fetchval(_SET_PASSWORD, caller.account, password_hash)
        if not await act.connection.fetchval(_RENEW, caller.session, hashed, act.at):
            raise NotAuthenticated("session expired; sign in again")
        ended = await end_sessions(act.connection, caller.account, keep=caller.session)
        keys_ended = 0
        if keys:
            keys_ended = await end_keys(act.connection, caller.account, act.at, by="password")
        await put_notice(
            core,
            act,
            MailKind.PASSWORD_CHANGED,
            caller.account,
            username,
            since=await begin_of(act, caller),
        )
        act.concerns(ObjectKind.ACCOUNT, caller.account, username)
        act.record(sessions_ended=ended, keys_ended=keys_ended)
    return SteppedUp(act.at, caller.expires_at, token)


async def ask_for_email(core: Core, caller: Human, email: str) -> EmailAsked:
    """Send a link to the new address. The address changes once the link is confirmed. Needs step-up.

    The response is the same if another account has the address, and if the address gets no email because it
    has been sent too many. If there is no mail server, the response contains the link, once (A-12). Raises
    `Invalid`, and `TooMany` for the sixth request of a person in an hour.
    """
    address = require_email(email)
    link = None
    async with gate.perform(core, caller, ACCOUNT_EMAIL_ASK) as act:
        since = await begin_of(act, caller)
        may_mail = await may_send_to_new_address(core, act, caller.account, fold(address))
        if sends_mail(core):
            if may_mail:
                await put_mail(
                    act.connection,
                    MailKind.CHANGE_EMAIL,
                    at=act.at,
                    account=caller.account,
                    address=address,
                    facts={"username": caller.username, SINCE: since.isoformat()},
                )
        else:
            token = await put_account_link(
                act.connection,
                Purpose.EMAIL,
                at=act.at,
                account=caller.account,
                email=address,
                since=since,
            )
            link = url_of(core.settings.public_url, Purpose.EMAIL, token)
        act.concerns(ObjectKind.ACCOUNT, caller.account, caller.username)
    return EmailAsked(sent=link is None, next=CHECK_MAIL if link is None else USE_LINK, link=link)


async def confirm_email(core: Core, caller: Visitor, token: str) -> Renamed:
    """Change the address to the one that the link was sent to, and notify both.

    For 30 days, the old address can report the change as not the owner's (`accounts/recovery.py`).

    Raises `Refused` if the link is unknown, used or expired, or if another account has the address.
    """
    async with gate.perform(core, caller, ACCOUNT_EMAIL_CHANGE) as act:
        link = await use_account_link(act.connection, Purpose.EMAIL, token, act.at)
        account = await act.connection.fetchrow(_OLD, link["account"])
        folded = fold(link["email"])
        taken = await act.connection.fetchval(
            "select exists (select from account where email_folded = $1 and id <> $2)",
            folded,
            link["account"],
        )
        if account is None or taken:
            raise unusable_link()
        if folded != fold(account["email"]):
            await remember_address(act, link["account"], account["email"], link["email"])
        await act.connection.execute(
            _SET_EMAIL, link["account"], link["email"], folded, link["mailed"]
        )
        # A link that was sent to the old address must no longer be able to set a password.
        await end_links(act, link["account"], keep=Purpose.NOT_ME)
        await put_notice(
            core,
            act,
            MailKind.EMAIL_CHANGED,
            link["account"],
            account["username"],
            since=link["since"],
        )
        act.concerns(ObjectKind.ACCOUNT, link["account"], account["username"])
    return Renamed(username=account["username"])


async def end_links(act: gate.Act, account: str, *, keep: Purpose | None = None) -> None:
    """Delete the account's unused links, as part of an act, except those for `keep`."""
    await act.connection.execute(
        "delete from account_token where account = $1 and used_at is null"
        " and purpose is distinct from $2",
        account,
        None if keep is None else keep.value,
    )
