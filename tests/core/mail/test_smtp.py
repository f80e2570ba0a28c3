"""Mail is delivered to a real SMTP server, and each kind of failure has its own message."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from strongroom_core.kernel.errors import Invalid
from strongroom_core.mail import smtp
from strongroom_core.mail.kinds import WORDS, MailKind
from strongroom_core.mail.render import Envelope, render
from strongroom_core.mail.smtp import Problem, Undelivered, hand_over
from strongroom_core.settings import Settings, SmtpSecurity
from strongroom_testkit.certificate import Issued, issue
from strongroom_testkit.mail_server import MailServer, mail_server, settings_for, text_of

SENDER, TO = "strongroom@example.org", "ada@example.net"
STARTTLS, TLS = SmtpSecurity.STARTTLS, SmtpSecurity.TLS
PASSWORD = "relay-" + "x" * 20
AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    """A certificate for the mail server, which the system doesn't trust."""
    return issue(tmp_path_factory.mktemp("mail"), "localhost")


@pytest.fixture
async def secure(certificate: Issued) -> AsyncIterator[MailServer]:
    """A server with STARTTLS and authentication."""
    async with mail_server(
        MailServer(password=PASSWORD), security=STARTTLS, certificate=certificate
    ) as server:
        yield server


@pytest.fixture
async def plain() -> AsyncIterator[MailServer]:
    """A server without encryption and authentication."""
    async with mail_server(MailServer()) as server:
        yield server


def message() -> EmailMessage:
    envelope = Envelope(UUID(int=1), AT, SENDER, TO)
    words = WORDS[MailKind.TEST]
    return render(envelope, words, {}, public_url="https://vault.example.org", link=None)


async def send(settings: Settings) -> Undelivered | None:
    try:
        await hand_over(settings, message(), sender=SENDER, to=TO)
    except Undelivered as failure:
        return failure
    return None


async def test_starttls_with_authentication(secure: MailServer, certificate: Issued) -> None:
    """A-1: mail goes over STARTTLS, with the username and password, to exactly one recipient."""
    settings = Settings(**settings_for(secure, security=STARTTLS, trusted=certificate.chain))
    failure = await send(settings)

    assert failure is None
    assert secure.recipients == [[TO]]
    assert secure.mails[0]["Subject"] == "Test email"
    assert "vault.example.org can send emails" in text_of(secure.mails[0])
    assert PASSWORD not in repr(settings)


async def test_tls_from_the_first_byte(certificate: Issued) -> None:
    """A-1: mail can also be sent to servers that expect TLS from the start."""
    async with mail_server(MailServer(), security=TLS, certificate=certificate) as server:
        failure = await send(
            Settings(**settings_for(server, security=TLS, trusted=certificate.chain))
        )

        assert failure is None
        assert len(server.mails) == 1


async def test_an_untrusted_certificate(secure: MailServer) -> None:
    """A-1: nothing is sent to a server with an untrusted certificate, not even a password."""
    failure = await send(Settings(**settings_for(secure, security=STARTTLS)))

    assert failure is not None
    assert failure.problem is Problem.TLS
    assert (secure.logins, secure.mails) == (0, [])


async def test_a_certificate_for_another_name(tmp_path: Path) -> None:
    """A-1: a trusted certificate for another host isn't accepted."""
    other = issue(tmp_path, "elsewhere.example.org")
    async with mail_server(MailServer(), security=STARTTLS, certificate=other) as server:
        failure = await send(
            Settings(**settings_for(server, security=STARTTLS, trusted=other.chain))
        )

        assert failure is not None
        assert failure.problem is Problem.TLS
        assert server.mails == []


async def test_a_server_without_starttls(plain: MailServer) -> None:
    """A-1: if STARTTLS is missing, as after an attack on the connection, nothing is sent."""
    failure = await send(Settings(**settings_for(plain, security=STARTTLS)))

    assert failure is not None
    assert failure.problem is Problem.NO_TLS
    assert plain.mails == []


async def test_a_wrong_password(secure: MailServer, certificate: Issued) -> None:
    """A-1: a wrong password is reported as such, with the server's reply code."""
    settings = Settings(
        **settings_for(secure, security=STARTTLS, trusted=certificate.chain, password="wrong")
    )
    failure = await send(settings)

    assert failure is not None
    assert (failure.problem, failure.reply) == (Problem.AUTHENTICATION, 535)
    assert secure.mails == []


def test_a_password_is_never_sent_unencrypted_to_another_machine() -> None:
    """A-1: without encryption, a username is accepted only for a mail server on this machine."""
    wanted: dict[str, Any] = settings_for(MailServer(password=PASSWORD)) | {
        "smtp_host": "mail.example.org"
    }

    with pytest.raises(Invalid, match="unencrypted") as caught:
        Settings(**wanted)
    assert PASSWORD not in str(caught.value)
    for host in ("localhost", "127.0.0.1", "::1"):
        wanted["smtp_host"] = host
        assert Settings(**wanted).smtp_host == host


@pytest.mark.parametrize(
    ("command", "reply", "problem"),
    [
        ("RCPT", "450 4.2.1 ada's mailbox is busy", Problem.LATER),
        ("RCPT", "550 5.1.1 no ada here", Problem.ADDRESS),
        ("MAIL", "451 4.3.0 not now", Problem.LATER),
        ("MAIL", "553 5.1.8 not from you", Problem.REJECTED),
        ("DATA", "452 4.3.1 disk full", Problem.LATER),
        ("DATA", "554 5.6.0 spam", Problem.REJECTED),
    ],
)
async def test_replies_that_refuse(
    plain: MailServer, command: str, reply: str, problem: Problem
) -> None:
    """A-1: a reply of 400 to 499 means a retry, and one from 500 on doesn't; only the code is kept."""
    plain.reply_to[command] = reply
    failure = await send(Settings(**settings_for(plain)))

    assert failure is not None
    assert (failure.problem, failure.reply) == (problem, int(reply[:3]))
    assert str(failure) == problem.value
    assert failure.__cause__ is None


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_a_connection_that_is_dropped(plain: MailServer, command: str) -> None:
    """A-1: a lost connection is reported as such, no matter at which command."""
    plain.drops = command
    failure = await send(Settings(**settings_for(plain)))

    assert failure is not None
    assert failure.problem is Problem.DISCONNECTED


async def test_a_closed_port() -> None:
    """A-1: a server that doesn't exist is reported as unreachable."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    failure = await send(Settings(**settings_for(MailServer(port=port))))

    assert failure is not None
    assert failure.problem is Problem.UNREACHABLE


@pytest.mark.parametrize("security", [SmtpSecurity.NONE, TLS])
async def test_a_server_that_says_nothing(
    monkeypatch: pytest.MonkeyPatch, security: SmtpSecurity
) -> None:
    """A-1: a server that accepts the connection and never answers doesn't block the worker."""
    monkeypatch.setattr(smtp, "PATIENCE", 0.2)
    silent = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    server = MailServer(port=silent.sockets[0].getsockname()[1])
    failure = await send(Settings(**settings_for(server, security=security)))
    silent.close()

    assert failure is not None
    assert failure.problem is Problem.TIMEOUT


def test_every_problem_has_words() -> None:
    """A-1: the administrator sees a description of each problem."""
    assert set(smtp.WORDS) == set(Problem)
