"""A real mail server (SMTP) for tests. It keeps the emails that it receives, and fails as a test requires."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult  # pyright: ignore[reportMissingTypeStubs]

from strongroom_core.settings import SmtpSecurity

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from email.message import EmailMessage
    from pathlib import Path

    from strongroom_testkit.certificate import Issued

HOST = "localhost"


# Without slots: aiosmtpd reads all attributes, and Python 3.11.2 has a `__weakref__` that can't be read.
@dataclass
class MailServer:
    """The emails that a server has received, and how it behaves.

    `reply_to` contains its replies to commands, such as `{"RCPT": "550 no such user"}`; `drops` is the
    command at which it closes the connection.
    """

    username: str = "strongroom"
    password: str = field(default="", repr=False)
    reply_to: dict[str, str] = field(default_factory=dict[str, str])
    drops: str = ""
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list["EmailMessage"])
    recipients: list[list[str]] = field(default_factory=list[list[str]])
    logins: int = 0

    def has_link(self) -> bool:
        """Whether the newest email contains a link."""
        return "http" in text_of(self.mails[-1])

    def last_link(self) -> str:
        """Return the link in the newest email."""
        return self.link_in(self.mails[-1])

    def link_in(self, message: EmailMessage) -> str:
        """Return the link in an email."""
        words = text_of(message).split()
        return next(word for word in words if word.startswith(("http://", "https://")))

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _how: Any, data: Any
    ) -> Any:
        """Accept only this server's username and password."""
        self.logins += 1
        right = (data.login, data.password) == (self.username.encode(), self.password.encode())
        # Without `handled=False`, there would be no reply to a wrong password.
        return AuthResult(success=right, handled=False)

    async def handle_MAIL(  # noqa: N802
        self, server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Reply to a sender."""
        self._drop(server, "MAIL")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.reply_to.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Reply to a recipient."""
        self._drop(server, "RCPT")
        envelope.rcpt_tos.append(address)
        return self.reply_to.get("RCPT", "250 OK")

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep an email."""
        self._drop(server, "DATA")
        reply = "451 dropped" if self.drops == "DATA" else self.reply_to.get("DATA", "250 OK")
        if reply.startswith("250"):
            content = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)
            self.mails.append(content)  # pyright: ignore[reportArgumentType]
            self.recipients.append(list(envelope.rcpt_tos))
        return reply

    def _drop(self, server: Any, command: str) -> None:
        if self.drops == command:
            server.transport.abort()


@asynccontextmanager
async def mail_server(
    server: MailServer,
    *,
    security: SmtpSecurity = SmtpSecurity.NONE,
    certificate: Issued | None = None,
) -> AsyncGenerator[MailServer]:
    """Run a server on a free port of the loopback address. With a password, it requires authentication."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.chain, certificate.key)
    starttls = security is SmtpSecurity.STARTTLS

    def protocol() -> Any:
        return SMTP(
            server,
            hostname=HOST,
            tls_context=context if starttls else None,
            require_starttls=starttls,
            authenticator=server.authenticate,
            auth_required=bool(server.password),
            auth_require_tls=starttls,
        )

    at_once = context if security is SmtpSecurity.TLS else None
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(protocol, "127.0.0.1", 0, ssl=at_once)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


def settings_for(
    server: MailServer,
    *,
    security: SmtpSecurity = SmtpSecurity.NONE,
    trusted: Path | None = None,
    password: str | None = None,
) -> dict[str, Any]:
    """Return the settings for this server. `password` replaces the correct password."""
    known = server.password if password is None else password
    return {
        "smtp_host": HOST,
        "smtp_port": server.port,
        "smtp_security": security,
        "smtp_from": "strongroom@example.org",
        "smtp_username": server.username if known else None,
        "smtp_password": known or None,
        "smtp_ca_file": trusted,
    }


def text_of(message: EmailMessage) -> str:
    """Return an email's text."""
    return _part(message, "plain")


def html_of(message: EmailMessage) -> str:
    """Return an email's HTML."""
    return _part(message, "html")


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    if body is None:
        raise AssertionError(f"the email has no {kind} part")
    return body.get_content()
