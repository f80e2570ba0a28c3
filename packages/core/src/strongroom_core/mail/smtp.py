"""Delivers a message to the SMTP server, and distinguishes the ways in which that can fail.

The server's replies are never kept, because they can repeat the message. Only their three-digit codes are
kept.
"""

from __future__ import annotations

import ssl
from enum import StrEnum
from typing import TYPE_CHECKING

import aiosmtplib

from strongroom_core.settings import SmtpSecurity

if TYPE_CHECKING:
    from email.message import EmailMessage

    from strongroom_core.settings import Settings

PATIENCE = 15.0
"""Seconds to wait for each reply."""

_LATER = range(400, 500)
"""Replies that ask the client to try again (RFC 5321, section 4.2.1)."""


class Problem(StrEnum):
    """Why an email wasn't delivered."""

    UNREACHABLE = "unreachable"
    TLS = "tls"
    NO_TLS = "no_tls"
    AUTHENTICATION = "authentication"
    TIMEOUT = "timeout"
    DISCONNECTED = "disconnected"
    LATER = "later"
    REJECTED = "rejected"
    ADDRESS = "address"
    UNSUPPORTED = "unsupported"


WORDS = {
    Problem.UNREACHABLE: "the mail server can't be reached; check STRONGROOM_SMTP_HOST and"
    " STRONGROOM_SMTP_PORT",
    Problem.TLS: "the mail server's certificate isn't trusted, or TLS failed; check STRONGROOM_SMTP_HOST,"
    " STRONGROOM_SMTP_SECURITY and STRONGROOM_SMTP_CA_FILE",
    Problem.NO_TLS: "the mail server doesn't offer STARTTLS; check STRONGROOM_SMTP_SECURITY",
    Problem.AUTHENTICATION: "the mail server rejected the username or password; check"
    " STRONGROOM_SMTP_USERNAME",
    Problem.TIMEOUT: "the mail server didn't respond in time",
    Problem.DISCONNECTED: "the mail server closed the connection",
    Problem.LATER: "the mail server can't accept the email now",
    Problem.REJECTED: "the mail server rejected the email",
    Problem.ADDRESS: "the mail server rejected the recipient's address",
    Problem.UNSUPPORTED: "the mail server lacks an extension that the email needs",
}

OF_THE_SERVER = frozenset(
    {
        Problem.UNREACHABLE,
        Problem.TLS,
        Problem.NO_TLS,
        Problem.AUTHENTICATION,
        Problem.TIMEOUT,
        Problem.DISCONNECTED,
    }
)
"""Problems that would affect the next email too."""

FINAL = frozenset({Problem.REJECTED, Problem.ADDRESS, Problem.UNSUPPORTED})
"""Problems that would also occur in another attempt with the same email."""


class Undelivered(Exception):
    """The message wasn't delivered, as far as we know. `reply` is the server's code, if it sent one."""

    def __init__(self, problem: Problem, reply: int | None = None) -> None:
        """Keep the reason, but nothing that the server said."""
        super().__init__(problem.value)
        self.problem = problem
        self.reply = reply


_MEANINGS: tuple[tuple[type[Exception], Problem], ...] = (
    (aiosmtplib.SMTPAuthenticationError, Problem.AUTHENTICATION),
    (aiosmtplib.SMTPRecipientRefused, Problem.ADDRESS),
    (aiosmtplib.SMTPConnectResponseError, Problem.UNREACHABLE),
    (aiosmtplib.SMTPHeloError, Problem.UNREACHABLE),
    (aiosmtplib.SMTPResponseException, Problem.REJECTED),
    (aiosmtplib.SMTPServerDisconnected, Problem.DISCONNECTED),
    (aiosmtplib.SMTPNotSupported, Problem.UNSUPPORTED),
    (TimeoutError, Problem.TIMEOUT),
    (ConnectionResetError, Problem.DISCONNECTED),
    (OSError, Problem.UNREACHABLE),
    # The library has no separate class for a server that offers no way to authenticate.
    (aiosmtplib.SMTPException, Problem.AUTHENTICATION),
)
"""What each error means. The first entry that matches counts."""


async def hand_over(settings: Settings, message: EmailMessage, *, sender: str, to: str) -> None:
    """Deliver one message. Raises `Undelivered`."""
    try:
        await _hand_over(settings, message, sender, to)
    except Undelivered:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever the error, its message could repeat the email
        raise _undelivered(error) from None


async def _hand_over(settings: Settings, message: EmailMessage, sender: str, to: str) -> None:
    security = settings.smtp_security
    client = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        use_tls=security is SmtpSecurity.TLS,
        start_tls=False,
        tls_context=_context(settings),
        timeout=PATIENCE,
        local_hostname=settings.smtp_name,
    )
    await client.connect()
    try:
        if security is SmtpSecurity.STARTTLS:
            await _start_tls(client)
        if settings.smtp_username is not None:
            await client.login(settings.smtp_username, settings.smtp_password or "")
        await client.send_message(message, sender=sender, recipients=[to])
    except BaseException:
        client.close()
        raise
    # The email has been accepted by now, so a problem with QUIT isn't a failure.
    try:
        await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        client.close()


async def _start_tls(client: aiosmtplib.SMTP) -> None:
    await client.ehlo()
    if not client.supports_extension("starttls"):
        raise Undelivered(Problem.NO_TLS)
    await client.starttls()


def _context(settings: Settings) -> ssl.SSLContext | None:
    if settings.smtp_security is SmtpSecurity.NONE:
        return None
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.smtp_ca_file is not None:
        context.load_verify_locations(settings.smtp_ca_file)
    return context


def _undelivered(error: Exception) -> Undelivered:
    if _has_cause(error, ssl.SSLError):
        return Undelivered(Problem.TLS)
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    reply = error.code if isinstance(error, aiosmtplib.SMTPResponseException) else None
    problem = next((each for kind, each in _MEANINGS if isinstance(error, kind)), Problem.REJECTED)
    if problem in (Problem.REJECTED, Problem.ADDRESS) and reply in _LATER:
        problem = Problem.LATER
    return Undelivered(problem, reply)


def _has_cause(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False
