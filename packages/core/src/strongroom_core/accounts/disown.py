"""The link *That wasn't me* in the emails about a sign-in, or about a change to an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.accounts import ACCOUNT_DISOWN
from strongroom_core.accounts.addresses import addresses_at
from strongroom_core.accounts.endings import end_keys, end_sessions
from strongroom_core.accounts.identity import fold
from strongroom_core.accounts.recovery import begin_recovery, changed_since, tell_vaults
from strongroom_core.accounts.views import Asked
from strongroom_core.mail.kinds import MailKind
from strongroom_core.mail.link import LINKS, Purpose, unusable_link, use_account_link
from strongroom_core.mail.put import put_mail
from strongroom_core.mail.state import sends_mail

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Visitor

RESET = (
    "All sessions have ended, and the password no longer works. Choose a new one with the link in your"
    " email. If you can't sign in, ask the person who runs this server."
)
RECOVER = (
    "All sessions have ended, and the password no longer works. Your account has been changed since then."
    " Sign-in methods that were added no longer work, and these changes will be undone in 24 hours. You'll"
    " then get an email, and can choose a new password. If you have an older passkey, you can sign in with"
    " it now."
)

_LOCK = """
update account set password_hash = $2 where id = $1 and status = 'active'
returning email_folded, username
"""

_REPLACED = """
select min(replaced_at) from former_address
where account = $1 and email_folded = $2 and replaced_at > $3 and not returned_from
"""

_SINCE = "select since from recovery where account = $1 and since is not null"


async def disown_session(core: Core, caller: Visitor, token: str) -> Asked:
    """End the session that the email was about, all others and all keys, and stop the password from working.

    The person who started that session knows the password. If nothing else was changed since it began, a
    link for a new password is sent. Otherwise a recovery begins, which removes what was added since, 24 hours
    later: the link alone, which works for days, must not remove second factors (A-7, A-12).

    Only a link that was sent to an address that the account had at that time can do this. Raises `Refused` if
    the link is unknown, used or expired.
    """
    async with gate.perform(core, caller, ACCOUNT_DISOWN) as act:
        link = await use_account_link(act.connection, Purpose.NOT_ME, token, act.at)
        account = await act.connection.fetchrow(
            _LOCK, link["account"], core.passwords.hash_of_none()
        )
        if account is None or not await _may_report(act, link["account"], link["email"]):
            raise unusable_link()
        ended = await end_sessions(act.connection, link["account"])
        keys_ended = await end_keys(act.connection, link["account"], act.at, by="revoked")
        await act.connection.execute("delete from device where account = $1", link["account"])
        since = await _since(act, link)
        pending = await act.connection.fetchval(_SINCE, link["account"])
        recovers = pending is not None or await changed_since(act, link["account"], since)
        if recovers:
            await begin_recovery(core, act, link["account"], account["username"], since=since)
            await tell_vaults(act, link["account"])
        else:
            await put_mail(
                act.connection, MailKind.RESET, at=act.at, address=account["email_folded"]
            )
        act.concerns(ObjectKind.ACCOUNT, link["account"], account["username"])
        act.record(session=link["subject"], sessions_ended=ended, keys_ended=keys_ended)
        act.record(recovery=recovers)
    return Asked(sent=sends_mail(core), next=RECOVER if recovers else RESET)


async def _since(act: gate.Act, link: Mapping[str, Any]) -> datetime:
    """Return the time from which changes are undone: when the reported session began.

    If the link's address was replaced in the last days, the report is about that change, too. Otherwise, a
    link in the newest email would undo only later changes.
    """
    lately = act.at - LINKS[Purpose.NOT_ME].lifetime
    replaced = await act.connection.fetchval(
        _REPLACED, link["account"], fold(link["email"] or ""), lately
    )
    return link["since"] if replaced is None else min(link["since"], replaced)


async def _may_report(act: gate.Act, account: str, email: str | None) -> bool:
    """Whether the link's address is still one of the account's and, during a recovery, was one before it.

    Links created by earlier releases don't name an address.
    """
    if email is None:
        return True
    since = await act.connection.fetchval(_SINCE, account)
    known = await addresses_at(act, account, since or act.at)
    return fold(email) in {fold(each) for each in known}
