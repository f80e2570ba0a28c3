"""Signing up, and confirming the email address, which creates the account (A-1, A-7).

A sign-up writes the same rows whether or not its address has an account, and whether or not its username is
taken. The worker finds out about the address when it sends the email, and the page behind the email's link
says if the username is taken. So neither the response nor its timing reveals anything.

Anyone can sign up with someone else's address. The link shows who owns the address, and the password shows
who signed up: both are needed, so that nobody confirms an account whose password someone else knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.accounts import (
    ACCOUNT_CREATE,
    ACCOUNT_SIGN_UP,
    ACCOUNT_SIGN_UP_LINK,
)
from strongroom_core.access.mail_limits import may_get_mail
from strongroom_core.accounts.identity import fold, require_email, require_username
from strongroom_core.accounts.new_account import put_account
from strongroom_core.accounts.opening import is_sign_up_open
from strongroom_core.accounts.proofs.attempts import count_attempt
from strongroom_core.accounts.proofs.password import verify_password
from strongroom_core.accounts.views import Asked, SetUp
from strongroom_core.crypto.password import require_acceptable
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.token import is_token, token_hash
from strongroom_core.kernel.errors import NotFound, Refused, WrongCredentials
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.mail.kinds import MailKind
from strongroom_core.mail.link import (
    TOKEN,
    Purpose,
    put_account_link,
    unusable_link,
    use_account_link,
)
from strongroom_core.mail.put import put_mail
from strongroom_core.mail.state import sends_mail
from strongroom_core.schema.accounts import SignUp
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human, System, Visitor

LIFETIME = timedelta(hours=24)

CHECK_MAIL = "Check your email, and open the link within 24 hours."
ASK_OPERATOR = (
    "This server doesn't send email. Ask its administrator for your link. They can create it under Server"
    " administration, or with strongroom-server sign-up-link, followed by your email address."
)

_WAITING = """
select id, email, email_folded, username, password_hash from sign_up
where id = $1 and expires_at > $2
and not exists (select from account a where a.email_folded = sign_up.email_folded)
for update
"""

_PASSWORD = """
select s.password_hash from account_token t join sign_up s on s.id = t.subject
where t.token_hash = $1 and t.purpose = 'verify' and t.used_at is null and s.expires_at > $2
"""

_NEWEST = """
select id, expires_at from sign_up s where email_folded = $1 and expires_at > $2
and not exists (select from account a where a.email_folded = s.email_folded)
order by created_at desc, id limit 1
"""

_FORGET_LINKS = """
delete from account_token t using sign_up s
where t.purpose = 'verify' and t.subject = s.id and s.email_folded = $1
"""

_IS_INVITED = """
select exists (select from account)
   and exists (select from invitation_by_hash($1, $2) i where i.address_folded = $3)
"""

_FORGET = "delete from sign_up where email_folded = $1"


@dataclass(frozen=True, slots=True)
class SignUpLink:
    """A link's token, and until when it works: it ends with the sign-up."""

    token: str = field(repr=False)
    expires_at: datetime


async def sign_up(
    core: Core,
    caller: Visitor,
    *,
    email: str,
    username: str,
    password: str,
    invitation: str | None = None,
) -> Asked:
    """Remember a sign-up until the link in its email is opened. Return what to do next.

    With the token of an invitation's link, the invited address can sign up while sign-up is closed (O-4).
    Raises `Invalid` for an invalid address, username or password, `Refused` while sign-up is closed, and
    `TooMany` for the sixth sign-up in an hour from one network.
    """
    address, name = require_email(email), require_username(username)
    require_acceptable(password, email=address)
    await _require_open(core, caller, address, invitation)
    may_mail = await may_get_mail(core, caller.origin, "sign_up", fold(address))
    # Hash before the transaction begins, so that it doesn't stay open for the third of a second this takes.
    password_hash = await core.passwords.hash(password, network=caller.origin.network)
    async with gate.perform(core, caller, ACCOUNT_SIGN_UP) as act:
        waiting = SignUp(
            vault=INSTALLATION,
            id=new_id("sup"),
            email=address,
            email_folded=fold(address),
            username=name,
            password_hash=password_hash,
            created_at=act.at,
            expires_at=act.at + LIFETIME,
        )
        if may_mail:
            await act.run(SignUp.insert(waiting))
            await put_mail(
                act.connection,
                MailKind.SIGN_UP,
                at=act.at,
                address=address,
                subject=waiting.id,
                facts={"username": name},
            )
        act.record(username=name)
    return Asked(sent=sends_mail(core), next=CHECK_MAIL if sends_mail(core) else ASK_OPERATOR)


async def create_account(
    core: Core, caller: Visitor, token: str, *, password: str, username: str | None = None
) -> SetUp:
    """Create a sign-up's account, with the link in the email and the password that was chosen at sign-up.

    `username` replaces the one chosen earlier.

    Raises `WrongCredentials` for another password, after the same work, and `NameTaken` if the username is
    taken; the link then still works. Raises `TooMany` after five attempts in 15 minutes, and `Refused` if the
    link is unknown, used or expired, or if the address now has an account.
    """
    other = require_username(username) if username is not None else None
    counter, now = f"sign_up:{token_hash(token).hex()}", core.clock.now()
    async with core.database.transaction(INSTALLATION) as connection:
        refusal = await count_attempt(connection, counter, now)
        stored = await connection.fetchval(_PASSWORD, token_hash(token), now)
    if refusal is not None:
        raise refusal
    verified = await verify_password(
        core, stored, password, counter=counter, network=caller.origin.network
    )
    async with gate.perform(core, caller, ACCOUNT_CREATE) as act:
        link = await use_account_link(act.connection, Purpose.VERIFY, token, act.at)
        waiting = await act.connection.fetchrow(_WAITING, link["subject"], act.at)
        if waiting is None:
            raise unusable_link()
        if verified is None:
            wrong = WrongCredentials()
            wrong.name("password")
            raise wrong
        name = other or waiting["username"]
        vault = await put_account(
            act,
            email=waiting["email"],
            username=name,
            password_hash=waiting["password_hash"],
            confirmed=link["mailed"],
        )
        await act.connection.execute(_FORGET_LINKS, waiting["email_folded"])
        await act.connection.execute(_FORGET, waiting["email_folded"])
    return SetUp(username=name, vault_id=vault)


async def make_sign_up_link(core: Core, caller: Human | System, email: str) -> SignUpLink:
    """Create a link for the newest sign-up with this address, for a server that doesn't send email.

    Raises `NotFound` if there is no such sign-up, or if the address has an account.
    """
    async with gate.perform(core, caller, ACCOUNT_SIGN_UP_LINK) as act:
        waiting = await act.connection.fetchrow(_NEWEST, fold(email), act.at)
        if waiting is None:
            raise NotFound(
                "sign-up", "the person must sign up first; a sign-up expires after 24 hours"
            )
        act.record(sign_up=waiting["id"])
        token = await put_account_link(
            act.connection, Purpose.VERIFY, at=act.at, subject=waiting["id"]
        )
    return SignUpLink(token, waiting["expires_at"])


async def _require_open(core: Core, caller: Visitor, address: str, invitation: str | None) -> None:
    """Reject a sign-up before hashing a password, so that unknown clients can't trigger that work."""
    async with core.database.transaction(INSTALLATION) as connection:
        is_open = await is_sign_up_open(connection)
        if not is_open and invitation is not None and is_token(invitation, TOKEN):
            is_open = await connection.fetchval(
                _IS_INVITED, token_hash(invitation), core.clock.now(), fold(address)
            )
    if not is_open:
        refusal = Refused(Code.SIGN_UP_CLOSED, "sign-up is closed; ask this server's administrator")
        await gate.record_failure(core, caller, ACCOUNT_SIGN_UP, None, refusal)
        raise refusal
