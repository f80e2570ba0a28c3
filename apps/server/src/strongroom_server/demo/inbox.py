"""The emails that `dev` catches, and the page that shows them. No other command uses this.

The catcher is a mail server on this machine, which accepts every email and keeps the newest ones in memory.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import msgspec
from aiosmtpd.smtp import SMTP  # pyright: ignore[reportMissingTypeStubs]

from strongroom_core.kernel.clock import wall_clock
from strongroom_server.demo.receiver import LIST as DELIVERIES
from strongroom_server.demo.receiver import listed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from email.message import EmailMessage

    from strongroom_server.demo.receiver import Receiver

PAGE = "/dev/inbox"
LIST = "/dev/inbox.json"
SENDER = "strongroom@demo.example"

_MOST = 200
_LINK = re.compile(r"https?://\S+")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_STYLE = (
    "body{margin:0 auto;max-width:760px;padding:32px 20px;font:16px/24px system-ui,sans-serif;"
    "background:#f6f3ec;color:#1d2926}"
    "article{background:#fffdf8;border:1px solid #ddd6c6;border-radius:8px;padding:20px 24px;margin:0 0 16px}"
    "h1{font-size:24px}h2{font-size:18px;margin:0}p{margin:4px 0}.meta{color:#55625d;font-size:14px}"
    "pre{white-space:pre-wrap;font:14px/21px ui-monospace,monospace;margin:12px 0 0}a{color:#17594c}"
    "@media(prefers-color-scheme:dark){body{background:#101615;color:#e8e4da}"
    "article{background:#18201e;border-color:#2b3633}.meta{color:#9daaa4}a{color:#7cc3b3}}"
)


@dataclass(frozen=True, slots=True)
class Caught:
    """One email."""

    number: int
    at: str
    to: str
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)

    @property
    def links(self) -> list[str]:
        """The links in the text."""
        return _LINK.findall(self.text)


class Catcher:
    """Accepts email for everyone. The newest email comes first."""

    def __init__(self) -> None:
        """Start empty."""
        self.mails: deque[Caught] = deque(maxlen=_MOST)
        self.port = 0
        self._number = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        """Keep an email."""
        message: Any = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)
        self._number += 1
        self.mails.appendleft(
            Caught(
                self._number,
                wall_clock().isoformat(timespec="seconds"),
                ", ".join(envelope.rcpt_tos),
                str(message["Subject"] or ""),
                _part(message, "plain"),
                _part(message, "html"),
            )
        )
        return "250 OK"

    def settings(self) -> dict[str, Any]:
        """Return the settings that send all email here."""
        from strongroom_core.settings import SmtpSecurity  # noqa: PLC0415

        return {
            "smtp_host": "127.0.0.1",
            "smtp_port": self.port,
            "smtp_security": SmtpSecurity.NONE,
            "smtp_from": SENDER,
            "smtp_username": None,
            "smtp_password": None,
        }


@asynccontextmanager
async def catching() -> AsyncGenerator[Catcher]:
    """Run the catcher on a free port of the loopback address."""
    catcher = Catcher()
    listening = await asyncio.get_running_loop().create_server(
        lambda: SMTP(catcher, hostname="localhost"), "127.0.0.1", 0
    )
    catcher.port = listening.sockets[0].getsockname()[1]
    try:
        yield catcher
    finally:
        listening.close()


class Inbox:
    """Answers requests for the inbox and for what the demo's webhook received, and passes all others on.

    A request's `Host` header must contain this server's name: a page from another site, whose name an
    attacker pointed at this machine, must not be able to read the links (DNS rebinding).
    """

    def __init__(self, app: Any, catcher: Catcher, receiver: Receiver, url: str) -> None:
        """Wrap an ASGI application that is served at `url`."""
        self._app = app
        self._catcher = catcher
        self._receiver = receiver
        port = url.rpartition(":")[2]
        self._hosts = {f"{name}:{port}".encode() for name in ("localhost", "127.0.0.1", "[::1]")}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one connection."""
        asked = scope["type"] == "http" and scope["path"] in (PAGE, LIST, DELIVERIES)
        if not asked or scope["method"] not in ("GET", "HEAD") or not self._is_ours(scope):
            await self._app(scope, receive, send)
            return
        if scope["path"] == PAGE:
            await _answer(send, b"text/html; charset=utf-8", self.page())
        elif scope["path"] == DELIVERIES:
            await _answer(send, b"application/json", listed(self._receiver))
        else:
            await _answer(send, b"application/json", self.list())

    def page(self) -> bytes:
        """Return the page."""
        mails = "\n".join(_article(each) for each in self._catcher.mails)
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><title>Inbox · Strongroom dev</title>'
            f"<style>{_STYLE}</style></head><body><h1>Inbox</h1>"
            '<p class="meta">All email that this development server sends, newest first. Reload to see new'
            f" messages.</p>{mails or '<p>No email yet.</p>'}</body></html>"
        ).encode()

    def list(self) -> bytes:
        """Return the emails as JSON."""
        return msgspec.json.encode(
            [
                {
                    "id": each.number,
                    "at": each.at,
                    "to": each.to,
                    "subject": each.subject,
                    "text": each.text,
                    "html": each.html,
                    "links": each.links,
                }
                for each in self._catcher.mails
            ]
        )

    def _is_ours(self, scope: Any) -> bool:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        return len(hosts) == 1 and hosts[0].lower() in self._hosts


def _article(mail: Caught) -> str:
    text = _LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', escape(mail.text))
    return (
        f'<article data-to="{escape(mail.to)}"><h2>{escape(mail.subject)}</h2>'
        f'<p class="meta">To {escape(mail.to)} · {mail.at}</p><pre>{text}</pre></article>'
    )


async def _answer(send: Any, kind: bytes, body: bytes) -> None:
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"content-security-policy", _POLICY.encode()),
        (b"cache-control", b"no-store"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return body.get_content() if body is not None else ""
