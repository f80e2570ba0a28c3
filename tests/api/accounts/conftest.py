"""A mail server that the application sends to, and a worker that sends when a test wants it to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from strongroom_core.access.callers import system
from strongroom_core.core import Core
from strongroom_core.mail.send import due_mail, send_mail
from strongroom_testkit.mail_server import MailServer, mail_server, settings_for
from strongroom_testkit.markers import Markers

Delivering = Callable[[], Awaitable[None]]


@pytest.fixture
async def mails(core: Core) -> AsyncIterator[MailServer]:
    """The mail server."""
    async with mail_server(MailServer()) as server:
        core.settings = replace(core.settings, **settings_for(server))
        yield server


@pytest.fixture
def deliver(core: Core, mails: MailServer, markers: Markers) -> Delivering:
    """Send all mail that is due. The tokens in links must not be stored or logged anywhere."""

    async def deliver() -> None:
        for due in await due_mail(core):
            before = len(mails.mails)
            await send_mail(core, system("send_mail", due.vault), due.id)
            if len(mails.mails) > before and mails.has_link():
                markers.note(mails.last_link().partition("#")[2] or "no token in this link")

    return deliver
