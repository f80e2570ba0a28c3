"""One-time links for accounts. Only the hashes of their tokens are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.token import is_token, mint_token, token_hash
from strongroom_core.kernel.errors import Refused
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.db.connection import Connection, Row

TOKEN = "srl"
INVITATION_PAGE = "/invitation"
INVITATION_LIFETIME = timedelta(days=7)


class Purpose(StrEnum):
    """What a link is for. A token works only for its own purpose."""

    VERIFY = "verify"
    RESET = "reset"
    EMAIL = "email"
    NOT_ME = "not_me"
    CANCEL_RECOVERY = "cancel_recovery"


@dataclass(frozen=True, slots=True)
class Link:
    """A kind of link: its page, and how long it works after it has been sent."""

    purpose: Purpose
    page: str
    lifetime: timedelta


LINKS = {
    each.purpose: each
    for each in (
        Link(Purpose.VERIFY, "/verify", timedelta(hours=24)),
        Link(Purpose.RESET, "/reset", timedelta(minutes=15)),
        Link(Purpose.EMAIL, "/confirm-email", timedelta(hours=24)),
        Link(Purpose.NOT_ME, "/not-me", timedelta(days=7)),
        Link(Purpose.CANCEL_RECOVERY, "/cancel-recovery", timedelta(hours=24)),
    )
}

_PUT = """
insert into account_token
    (vault, id, purpose, token_hash, account, subject, email, created_at, expires_at, since, mailed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""

_USABLE = """
token_hash = $1 and purpose = $2 and used_at is null and expires_at > $3
and created_at <= $3 + interval '1 minute'
"""

_ABOUT = "account, subject, email, mailed, coalesce(since, created_at) as since"

_FIND = f"select {_ABOUT} from account_token where {_USABLE}"

_USE = f"update account_token set used_at = $3 where {_USABLE} returning {_ABOUT}"


async def put_account_link(
    connection: Connection,
    purpose: Purpose,
    *,
    at: datetime,
    account: str | None = None,
    subject: str | None = None,
    email: str | None = None,
    since: datetime | None = None,
    mailed: bool = False,
) -> str:
    """Create a link and return its token. Needs the installation's scope.

    `since` is the start of the session or change that the link is about, if it was before `at`. A `mailed`
    link is sent by email and shown to nobody, so the person who opens it has the address.
    """
    token, hashed = mint_token(TOKEN)
    until = at + LINKS[purpose].lifetime
    link = new_id("tok")
    await connection.execute(
        _PUT,
        INSTALLATION,
        link,
        purpose.value,
        hashed,
        account,
        subject,
        email,
        at,
        until,
        since,
        mailed,
    )
    return token


def url_of(public_url: str, purpose: Purpose, token: str) -> str:
    """Return the link. Browsers don't send the part after # until the form is submitted."""
    return f"{public_url}{LINKS[purpose].page}#{token}"


def invitation_url(public_url: str, token: str) -> str:
    """Return an invitation's link. The invitation's row contains the hash of its token."""
    return f"{public_url}{INVITATION_PAGE}#{token}"


async def find_account_link(
    connection: Connection, purpose: Purpose, token: str, at: datetime
) -> Row:
    """Return what a usable link is about, without using it. Raises `Refused`."""
    return await _row(connection, _FIND, purpose, token, at)


async def use_account_link(
    connection: Connection, purpose: Purpose, token: str, at: datetime
) -> Row:
    """Use up a link and return what it is about. Raises the same `Refused` for every cause."""
    return await _row(connection, _USE, purpose, token, at)


async def _row(connection: Connection, sql: str, purpose: Purpose, token: str, at: datetime) -> Row:
    hashed = token_hash(token if is_token(token, TOKEN) else "")
    row = await connection.fetchrow(sql, hashed, purpose.value, at)
    if row is None:
        raise unusable_link()
    return row


def unusable_link() -> Refused:
    """Return the error for an unusable link, which is the same for every cause."""
    return Refused(
        Code.ACCOUNT_LINK,
        "this link was used, has expired or never existed; ask for a new one",
    )
