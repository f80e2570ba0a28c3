"""How long an alert takes: from the read of a canary to the accepted email and the received delivery."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from statistics import quantiles
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from strongroom_core.alerts.views import Template
from strongroom_core.alerts.webhooks import WebhookWish, create_webhook
from strongroom_core.crypto.random import random_below
from strongroom_core.kernel.clock import wall_clock
from strongroom_core.outbound.destination import AllowedHosts
from strongroom_core.outbound.sender import Sender
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.secrets.canaries import Trap
from strongroom_server.demo.receiver import Receiver, receiving
from strongroom_testkit.api_process import WORKER, ApiProcess
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.mail_server import HOST, MailServer, mail_server, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from strongroom_core.core import Core
    from strongroom_testkit.cluster import Cluster
    from strongroom_testkit.world import World

TRIPS = int(os.environ.get("STRONGROOM_TRIPS", "200"))
LONGEST_SECONDS = 60.0
_ENTRY = re.compile(r"entry=([0-9a-f-]{36})")


@dataclass
class TimedMailServer(MailServer):
    """A mail server that notes when it accepted the email about each event."""

    accepted: dict[str, datetime] = field(default_factory=dict[str, datetime])

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep an email, and note the time."""
        reply = await super().handle_DATA(server, session, envelope)
        self.accepted[entry_in(text_of(self.mails[-1]))] = wall_clock()
        return reply


def entry_in(text: str) -> str:
    """Return the event to which a link in the text leads."""
    found = _ENTRY.search(text)
    return found.group(1) if found else ""


@pytest.mark.prove
async def test_from_the_read_to_the_alert(
    core: Core, world: World, cluster: Cluster, database: str, tmp_path: Path
) -> None:
    """C-2, N-2: every canary that is read causes one delivery and one email within seconds."""
    mails = TimedMailServer()
    async with receiving(tmp_path) as receiver, mail_server(mails):
        receiver.received = type(receiver.received)()
        await add_webhook(core, world, receiver)
        project = await world.project("billing")
        machine = await granted_machine(world, project)
        canary = await world.canary(project, trap=Trap(freeze=False), machines=[str(machine.id)])
        settings = {
            "STRONGROOM_OUTBOUND_HOSTS": f"localhost:{receiver.port}",
            "STRONGROOM_OUTBOUND_CA_FILE": str(receiver.ca_file),
            "STRONGROOM_SMTP_HOST": HOST,
            "STRONGROOM_SMTP_PORT": str(mails.port),
            "STRONGROOM_SMTP_SECURITY": "none",
            "STRONGROOM_SMTP_FROM": "strongroom@example.org",
        }
        worker = await ApiProcess.start(cluster, database, tmp_path, part=WORKER, settings=settings)
        committed: list[datetime] = []
        try:
            for _ in range(TRIPS):
                # The worker looks for events every two seconds, so the reads are spread at random.
                await asyncio.sleep(random_below(1000) / 1000)
                await read_secret_value(core, await machine.caller(world), canary.id)
                committed.append(wall_clock())
            async with asyncio.timeout(LONGEST_SECONDS):
                while min(len(receiver.received), len(mails.accepted)) < TRIPS:
                    await asyncio.sleep(0.2)
        finally:
            worker.kill()
        entries = [str(each["id"]) for each in await world.entries("canary_triggered")]
        delivered = received_by(receiver)

    at = dict(zip(entries, committed, strict=True))
    print(f"\n{TRIPS} canaries read")
    for name, times in (("webhook received", delivered), ("email accepted", mails.accepted)):
        took = [(times[each] - began).total_seconds() for each, began in at.items()]
        steps = quantiles(took, n=100, method="inclusive")
        print(f"{name}: p50 {steps[49]:.2f} s, p99 {steps[98]:.2f} s, longest {max(took):.2f} s")
    assert set(at) == set(delivered) == set(mails.accepted)


def received_by(receiver: Receiver) -> dict[str, datetime]:
    """Return when the delivery about each event arrived first."""
    found: dict[str, datetime] = {}
    for each in receiver.received:
        body = msgspec.json.decode(each["body"])
        found[entry_in(body["data"]["detail"]["url"])] = datetime.fromisoformat(each["at"])
    return found


async def add_webhook(core: Core, world: World, receiver: Receiver) -> None:
    core.sender = Sender(AllowedHosts.parse(f"localhost:{receiver.port}"))
    wish = WebhookWish(name="ops", url=receiver.url, actions=["canary_triggered"])
    made = await create_webhook(core, world.owner, wish, template=Template.STRONGROOM)
    world.markers.note(made.secret)
