"""The demo's receiver of alerts, and the page that lists what it got. Only `dev` uses this.

It is an HTTPS server on this machine with a certificate made at the start, which `dev` allows and trusts.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from strongroom_core.alerts.views import Template
from strongroom_core.alerts.webhooks import WebhookWish, create_webhook
from strongroom_core.crypto.certificate import issue_certificate
from strongroom_core.kernel.clock import wall_clock
from strongroom_core.outbound.destination import AllowedHosts
from strongroom_server.files import write_whole

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human

LIST = "/dev/webhook.json"
RULES = ("severity:critical", "severity:high", "canary_drill")

_HOST, _PATH = "localhost", "/webhook"
_MOST = 200
_MOST_BYTES = 64 * 1024
_LONGEST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class DemoWebhook:
    """The demo's webhook, as the ready file describes it."""

    url: str
    secret: str = field(repr=False)
    received: str


class Receiver:
    """Accepts deliveries, and keeps the newest ones in memory, newest first."""

    def __init__(self, folder: Path) -> None:
        """Write a new certificate into a folder."""
        self.ca_file = folder / "receiver.pem"
        self.port = 0
        self.received: deque[dict[str, Any]] = deque(maxlen=_MOST)
        chain, key = issue_certificate(_HOST, wall_clock())
        write_whole(self.ca_file, chain)
        both = folder / "receiver-key.pem"
        write_whole(both, key + chain)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(both)
        both.unlink()

    @property
    def url(self) -> str:
        """Where deliveries go."""
        return f"https://{_HOST}:{self.port}{_PATH}"

    def settings(self) -> dict[str, Any]:
        """Return the settings that allow this receiver, and only this one."""
        return {
            "outbound_hosts": AllowedHosts.parse(f"{_HOST}:{self.port}"),
            "outbound_ca_file": self.ca_file,
        }

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        with suppress(OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(_LONGEST_SECONDS):
                lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                pairs = [line.split(": ", 1) for line in lines[1:] if ": " in line]
                headers = {name.lower(): text for name, text in pairs}
                size = int(headers.get("content-length", "0"))
                body = await reader.readexactly(min(size, _MOST_BYTES))
                self._keep(headers, body)
                writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
                await writer.drain()
        writer.close()

    def _keep(self, headers: dict[str, str], body: bytes) -> None:
        self.received.appendleft(
            {
                "at": wall_clock().isoformat(timespec="milliseconds"),
                "headers": headers,
                "body": body.decode("utf-8", "replace"),
            }
        )


@asynccontextmanager
async def receiving(folder: Path) -> AsyncGenerator[Receiver]:
    """Run the receiver on a free port of the loopback address."""
    receiver = await asyncio.to_thread(Receiver, folder)
    server = await asyncio.start_server(receiver.accept, "127.0.0.1", 0, ssl=receiver.context)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


async def add_webhook(core: Core, human: Human, receiver: Receiver, url: str) -> DemoWebhook:
    """Create the demo's webhook. `url` is the server's."""
    wish = WebhookWish(name="demo-receiver", url=receiver.url, actions=RULES)
    made = await create_webhook(core, human, wish, template=Template.STRONGROOM)
    return DemoWebhook(receiver.url, made.secret, f"{url}{LIST}")


def listed(receiver: Receiver) -> bytes:
    """Return what arrived so far, as JSON."""
    return msgspec.json.encode(list(receiver.received))
