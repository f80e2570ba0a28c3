"""The link *That wasn't me* in the email about a new device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.accounts import ACCOUNT_DISOWN
from strongroom_core.accounts.endings import end_keys, end_sessions
from strongroom_core.accounts.views import Asked
from strongroom_core.mail.kinds import MailKind
from strongroom_core.mail.link import Purpose, unusable_link, use_account_link
from strongroom_core.mail.put import put_mail
from strongroom_core.mail.state import sends_mail

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Visitor

NEXT = (
    "All sessions have ended, and the password no longer works."
    " Choose a new one with the link in your email. Then remove any sign-in methods that you didn't add,"
    " under Your security. If you can't sign in, ask the person who runs this server."
)

_LOCK = """
update account set password_hash = $2 where id = $1 and status = 'active'
returning email_folded, username
"""


async def disown_session(core: Core, caller: Visitor, token: str) -> Asked:
    """End the session that the email was about, all others and all keys, and send a link for a new password.

    The person who started that session knows the password, so the password stops working immediately. The
    link in the email about the new device can't set a password itself, because it works for days. It doesn't
    remove second factors either, even if that person may have added them: otherwise, a link in an email would
    bypass them (A-7).
    Raises `Refused` if the link is unknown, used or expired.
    """
    async with gate.perform(core, caller, ACCOUNT_DISOWN) as act:
        link = await use_account_link(act.connection, Purpose.NOT_ME, token, act.at)
        account = await act.connection.fetchrow(
            _LOCK, link["account"], core.passwords.hash_of_none()
        )
        if account is None:
            raise unusable_link()
        ended = await end_sessions(act.connection, link["account"])
        keys_ended = await end_keys(act.connection, link["account"], act.at, by="revoked")
        await act.connection.execute("delete from device where account = $1", link["account"])
        await put_mail(act.connection, MailKind.RESET, at=act.at, address=account["email_folded"])
        act.concerns(ObjectKind.ACCOUNT, link["account"], account["username"])
        act.record(session=link["subject"], sessions_ended=ended, keys_ended=keys_ended)
    return Asked(sent=sends_mail(core), next=NEXT)
