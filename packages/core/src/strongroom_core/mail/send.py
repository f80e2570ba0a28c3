"""Sends queued emails, and tries again later. The worker calls it for each email that is due."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.actions.mail import MAIL_FAIL, MAIL_SEND
from strongroom_core.crypto.token import mint_token
from strongroom_core.kernel.ids import INSTALLATION, VaultId
from strongroom_core.mail.kinds import ADMINISTRATOR, HAVE_ONE, WORDS, MailKind, Words
from strongroom_core.mail.link import TOKEN, Purpose, invitation_url, put_account_link, url_of
from strongroom_core.mail.put import SINCE
from strongroom_core.mail.render import Envelope, render
from strongroom_core.mail.smtp import FINAL, OF_THE_SERVER, Problem, Undelivered, hand_over

if TYPE_CHECKING:
    from strongroom_core.access.action import Action
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import System

FIRST_WAIT = timedelta(seconds=10)
_LEASE = timedelta(minutes=3)

_CLAIM = """
update mail set attempts = attempts + 1, tried_at = $2, due_at = $2::timestamptz + $3::interval
where id = $1 and state = 'queued'
  and (due_at <= $2 or due_at > $2::timestamptz + interval '2 hours')
returning kind, account, address, subject, facts, attempts, created_at
"""

_END = """
update mail set state = $2, problem = $3, reply = $4, ended_at = $5 where id = $1 and state = 'queued'
"""

_POSTPONE = """
update mail set problem = $2, reply = $3, due_at = $4 where id = $1 and state = 'queued'
"""

_ACCOUNT = "select id, email from account where id = $1 and status = 'active'"
_CLOSED_TOO = "select id, email from account where id = $1"
# While a *That wasn't me* report is pending, the address may be someone else's.
_ACCOUNT_AT = """
select id, email from account a where email_folded = $1 and status = 'active'
and not exists (select from recovery r where r.account = a.id and r.since is not null)
"""
# After a return to an earlier address, those in between can undo nothing (`accounts/addresses.py`).
_RETURNED_FROM = """
select exists (select from former_address where account = $1 and email = $2 and returned_from)
"""
_HAS_ACCOUNT = "select exists (select from account where email_folded = $1)"
_PUT_TOKEN = """
update invitation set token_hash = $2 where id = $1 and expires_at > $3 returning true
"""
_IS_WAITING = "select email_folded from sign_up where id = $1 and expires_at > $2"


class MailDelayed(Exception):
    """The mail server has a problem that would affect other emails too, so this run should stop."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """An email that can be sent: its recipient, its words and its link."""

    to: str
    words: Words
    link: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class DueMail:
    """One email that is due."""

    vault: VaultId
    id: UUID


async def due_mail(core: Core, *, most: int = 100) -> list[DueMail]:
    """Return emails that are due: those of accounts first, then those of vaults, which take turns."""
    async with core.database.transaction(None) as connection:
        rows = await connection.fetch("select * from due_mail($1, $2)", core.clock.now(), most)
    return [DueMail(VaultId(row["vault"]), row["id"]) for row in rows]


async def send_mail(core: Core, caller: System, mail: UUID) -> None:
    """Send one email, or postpone it. Does nothing if another worker has claimed it.

    The email is claimed in a separate transaction before anything is sent. If the worker is killed, another
    one tries again after three minutes. An email can therefore arrive twice, but is never lost. Raises
    `MailDelayed` if the server has the problem.
    """
    now = core.clock.now()
    async with core.database.transaction(caller.vault) as connection:
        claimed = await connection.fetchrow(_CLAIM, mail, now, _LEASE)
    if claimed is None:
        return
    kind = MailKind(claimed["kind"])
    settings = core.settings
    sender = settings.smtp_from
    ready = await _prepare(core, caller.vault, kind, claimed) if sender is not None else None
    if sender is None or ready is None:
        await _end(core, caller, MAIL_SEND, mail, "dropped")
        return
    facts: dict[str, Any] = json.loads(claimed["facts"])
    try:
        envelope = Envelope(mail, now, sender, ready.to)
        message = render(
            envelope, ready.words, facts, public_url=settings.public_url, link=ready.link
        )
        await hand_over(settings, message, sender=sender, to=ready.to)
    except ValueError:
        await _end(core, caller, MAIL_FAIL, mail, "failed", Undelivered(Problem.ADDRESS))
    except Undelivered as failure:
        await _fail(core, caller, mail, claimed, ready.words, failure)
    else:
        await _end(core, caller, MAIL_SEND, mail, "sent")


async def _prepare(core: Core, vault: VaultId, kind: MailKind, mail: Row) -> _Ready | None:
    """Find the recipient, choose the words, and create the link. Returns None if nobody should get it."""
    words, now = WORDS[kind], core.clock.now()
    account, to = mail["account"], mail["address"]
    if kind is MailKind.INVITATION:
        link = await _invitation_link(core, vault, mail["subject"])
        return None if link is None else _Ready(to, words, link)
    async with core.database.transaction(INSTALLATION) as connection:
        match kind:
            case MailKind.SIGN_UP:
                folded = await connection.fetchval(_IS_WAITING, mail["subject"], now)
                if folded is None:
                    return None
                if await connection.fetchval(_HAS_ACCOUNT, folded):
                    words = HAVE_ONE
            case MailKind.RESET:
                # Whether the address has an account is checked here, where nobody can measure its time
                #
                found = await connection.fetchrow(_ACCOUNT_AT, to)
                if found is None:
                    return None
                account, to = found["id"], found["email"]
            case _ if to is None:
                sql = _CLOSED_TOO if kind is MailKind.ACCOUNT_CLOSED else _ACCOUNT
                found = await connection.fetchrow(sql, account)
                if found is None:
                    return None
                to = found["email"]
            case _:
                words = await _without_report(connection, words, account, to)
        link = await _link(core, connection, vault, words, mail, account)
    return _Ready(to, words, link)


async def _without_report(
    connection: Connection, words: Words, account: str | None, to: str
) -> Words:
    """Return the words without the link *That wasn't me*, if this address can't undo anything."""
    if words.purpose is not Purpose.NOT_ME:
        return words
    if not await connection.fetchval(_RETURNED_FROM, account, to):
        return words
    return replace(words, button=None, purpose=None, after=(ADMINISTRATOR,))


async def _invitation_link(core: Core, vault: VaultId, invitation: str) -> str | None:
    """Return a new link to an invitation, which replaces the previous one, or None if it has ended."""
    token, hashed = mint_token(TOKEN)
    async with core.database.transaction(vault) as connection:
        put = await connection.fetchval(_PUT_TOKEN, invitation, hashed, core.clock.now())
    return invitation_url(core.settings.public_url, token) if put else None


async def _link(
    core: Core, connection: Connection, vault: VaultId, words: Words, mail: Row, account: str | None
) -> str | None:
    url = core.settings.public_url
    if words.purpose is None:
        page = (words.page or "").format(subject=mail["subject"], vault=vault)
        return f"{url}{page}" if page else None
    email = mail["address"] if mail["account"] is not None else None
    since = json.loads(mail["facts"]).get(SINCE)
    token = await put_account_link(
        connection,
        words.purpose,
        at=core.clock.now(),
        account=account,
        subject=mail["subject"],
        email=email,
        since=datetime.fromisoformat(since) if since is not None else None,
        mailed=True,
    )
    return url_of(url, words.purpose, token)


async def _fail(
    core: Core, caller: System, mail: UUID, claimed: Row, words: Words, failure: Undelivered
) -> None:
    """Postpone the email with exponential backoff, or give up once the kind's time limit is over."""
    now = core.clock.now()
    wait = min(FIRST_WAIT * 4 ** min(claimed["attempts"] - 1, 6), words.longest_wait)
    if failure.problem in FINAL or now + wait > claimed["created_at"] + words.patience:
        await _end(core, caller, MAIL_FAIL, mail, "failed", failure)
        return
    async with gate.perform(core, caller, MAIL_SEND) as act:
        await act.connection.execute(
            _POSTPONE, mail, failure.problem.value, failure.reply, act.at + wait
        )
    if failure.problem in OF_THE_SERVER:
        raise MailDelayed


async def _end(
    core: Core,
    caller: System,
    action: Action,
    mail: UUID,
    state: str,
    failure: Undelivered | None = None,
) -> None:
    problem = failure.problem.value if failure is not None else None
    reply = failure.reply if failure is not None else None
    async with gate.perform(core, caller, action) as act:
        await act.connection.execute(_END, mail, state, problem, reply, act.at)
        act.record(mail=str(mail), problem=problem, reply=reply)
