"""`kill -9` of workers while they send deliveries (N-2, N-4)."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

import pytest

from strongroom_core.alerts.views import Template
from strongroom_core.alerts.webhooks import WebhookWish, create_webhook
from strongroom_core.outbound.destination import AllowedHosts
from strongroom_core.outbound.sender import Sender
from strongroom_server.demo.receiver import Receiver, receiving
from strongroom_testkit.api_process import WORKER, ApiProcess

if TYPE_CHECKING:
    from pathlib import Path

    from strongroom_core.core import Core
    from strongroom_testkit.cluster import Cluster
    from strongroom_testkit.world import World

DELIVERIES = int(os.environ.get("STRONGROOM_DELIVERIES", "2000"))
WORKERS = 2
LONGEST_SECONDS = 600.0

_EVENTS = """
insert into audit_entry (vault, id, at, incarnation, action, severity, outcome, actor_kind, actor_name,
    address, request_id, salt)
select $1, gen_random_uuid(), $2, $3, 'project_create', 'low', 'done', 'system', 'a job', 'local', 'req',
    decode(repeat('00', 16), 'hex')
from generate_series(1, $4)
"""


@pytest.mark.prove
async def test_no_delivery_is_lost_when_workers_are_killed(
    core: Core, world: World, cluster: Cluster, database: str, tmp_path: Path
) -> None:
    """N-2, N-4: each delivery arrives at least once, with one ID, however often workers are killed."""
    async with receiving(tmp_path) as receiver:
        receiver.received = arrived = type(receiver.received)()
        await _add_webhook(core, world, receiver)
        async with core.database.transaction(world.person.vault) as connection:
            now = core.clock.now()
            values = (world.person.vault, now, core.incarnation, DELIVERIES)
            await connection.execute(_EVENTS, *values)
        settings = {
            "STRONGROOM_OUTBOUND_HOSTS": f"localhost:{receiver.port}",
            "STRONGROOM_OUTBOUND_CA_FILE": str(receiver.ca_file),
        }

        async def start() -> ApiProcess:
            return await ApiProcess.start(
                cluster, database, tmp_path, part=WORKER, settings=settings
            )

        workers = [await start() for _ in range(WORKERS)]
        began, kills = time.monotonic(), 0
        ids: set[str] = set()
        try:
            while len(ids) < DELIVERIES and time.monotonic() - began < LONGEST_SECONDS:
                await asyncio.sleep(3)
                ids = {each["headers"]["webhook-id"] for each in list(arrived)}
                if len(ids) < DELIVERIES * 0.9:
                    workers[kills % WORKERS].kill()
                    workers[kills % WORKERS] = await start()
                    kills += 1
        finally:
            for each in workers:
                each.kill()
        took = time.monotonic() - began
        total = len(arrived)
    async with core.database.transaction(world.person.vault) as connection:
        made = await connection.fetch("select id, entry from delivery")
    print(
        f"\n{len(ids)} of {DELIVERIES} deliveries in {took:.0f} s, {kills} kills, {total} requests"
    )

    assert DELIVERIES == len(made) == len({row["entry"] for row in made})
    assert {row["id"] for row in made} == ids
    assert kills > 0


async def _add_webhook(core: Core, world: World, receiver: Receiver) -> None:
    core.sender = Sender(AllowedHosts.parse(f"localhost:{receiver.port}"))
    wish = WebhookWish(name="ops", url=receiver.url, actions=["project_create"])
    made = await create_webhook(core, world.owner, wish, template=Template.STRONGROOM)
    world.markers.note(made.secret)
