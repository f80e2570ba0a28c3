"""Whether sending works, for the administrator: counts and the last problem, without addresses or content."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from strongroom_core.crypto.random import new_uuid
from strongroom_core.kernel.view import View
from strongroom_core.mail.kinds import WORDS as KINDS
from strongroom_core.mail.kinds import MailKind
from strongroom_core.mail.render import Envelope, render
from strongroom_core.mail.smtp import WORDS, Problem, Undelivered, hand_over

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection

SINCE = timedelta(hours=24)

NOT_SET_UP = "no mail server is set up; see STRONGROOM_SMTP_HOST"


class MailState(View):
    """How many emails are waiting, and what happened to those of the last 24 hours.

    `dropped` counts emails that had no recipient or were queued while no mail server was set up. `problem` is
    the last problem in words, with the time when it occurred.
    """

    configured: bool
    queued: int
    retrying: int
    sent: int
    failed: int
    dropped: int
    oldest_at: datetime | None
    problem: str | None
    problem_at: datetime | None


def sends_mail(core: Core) -> bool:
    """Whether this installation has a mail server."""
    return core.settings.smtp_host is not None


async def mail_state(core: Core, connection: Connection) -> MailState:
    """Return whether sending works. Can be called in any scope, and with a core without keys."""
    row = await connection.fetchrow("select * from mail_counts($1)", core.clock.now() - SINCE)
    if row is None:
        raise RuntimeError("the counts are one row")
    return MailState(
        configured=sends_mail(core),
        queued=row["queued"],
        retrying=row["retrying"],
        sent=row["sent"],
        failed=row["failed"],
        dropped=row["dropped"],
        oldest_at=row["oldest"],
        problem=words_of_problem(row["problem"], row["reply"])
        if row["problem"] is not None
        else None,
        problem_at=row["problem_at"],
    )


def words_of_problem(problem: str, reply: int | None) -> str:
    """Return a problem in words, with the code of the mail server's reply."""
    words = WORDS[Problem(problem)]
    return words if reply is None else f"{words} (reply {reply})"


async def send_test_mail(core: Core, to: str) -> str | None:
    """Send a test email immediately. Return the problem in words, or None if the server accepted it."""
    settings = core.settings
    if settings.smtp_from is None:
        return NOT_SET_UP
    now = core.clock.now()
    envelope = Envelope(new_uuid(now), now, settings.smtp_from, to)
    message = render(envelope, KINDS[MailKind.TEST], {}, public_url=settings.public_url, link=None)
    try:
        await hand_over(settings, message, sender=settings.smtp_from, to=to)
    except Undelivered as failure:
        return words_of_problem(failure.problem.value, failure.reply)
    return None
