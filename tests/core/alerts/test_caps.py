"""The caps of webhooks and of deliveries a day are exact from several processes (Q-2)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from strongroom_core.alerts.deliveries import send_test_delivery
from strongroom_core.alerts.views import Template
from strongroom_core.alerts.webhooks import WebhookWish, create_webhook, list_webhooks
from strongroom_core.kernel.errors import CapReached
from strongroom_core.kernel.ids import WebhookId
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_testkit.api_process import WORKER, ApiProcess
from strongroom_testkit.plans import set_limits
from strongroom_worker import jobs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from strongroom_core.core import Core
    from strongroom_core.settings import Settings
    from strongroom_testkit.cluster import Cluster
    from strongroom_testkit.world import World

    from .conftest import Receiver

MOST, EVENTS = 10, 40

# Every eighth event is critical.
_EVENTS = """
insert into audit_entry (vault, id, at, incarnation, action, severity, outcome, actor_kind, actor_name,
    address, request_id, salt)
select $1, gen_random_uuid(), $2, $3, case when n % 8 = 0 then 'canary_triggered' else 'project_create' end,
    case when n % 8 = 0 then 'critical' else 'low' end, 'done', 'system', 'a job', 'local', 'req',
    decode(repeat('00', 16), 'hex')
from generate_series(1, $4) n
"""

_RESULT = """
select (select count(*) from delivery) as deliveries,
       (select deliveries from alert_state where vault = $1) as counted,
       (select count(*) from audit_entry where action = 'alerts_capped') as entries,
       (select count(*) from mail_alert m join audit_entry e on e.id = m.entry
        where e.action = 'alerts_capped') as mails,
       (select count(distinct subject) from mail where kind = 'alert') as critical
"""


@pytest.fixture
async def second(core: Core, settings: Settings, cluster: Cluster) -> AsyncIterator[Core]:
    """What another process on the same database has: its own connections, keys and state."""
    other = await open_core(settings)
    await unseal(other, cluster.root)
    other.sender, other.clock = core.sender, core.clock
    yield other
    await other.database.close()


async def add_events(world: World) -> None:
    core, vault = world.core, world.person.vault
    async with core.database.transaction(vault) as connection:
        await connection.execute(_EVENTS, vault, core.clock.now(), core.incarnation, EVENTS)


async def result_of(world: World) -> dict[str, Any]:
    async with world.core.database.transaction(world.person.vault) as connection:
        row = await connection.fetchrow(_RESULT, world.person.vault)
    return dict(row or {})


EXPECTED = {"deliveries": MOST, "counted": MOST, "entries": 1, "mails": 1, "critical": EVENTS // 8}


async def test_the_days_deliveries_from_two_processes(
    world: World, receiver: Receiver, second: Core
) -> None:
    """Q-2: two processes make ten deliveries, log one event, and email it and the critical ones."""
    core, owner = world.core, world.owner
    await set_limits(core, deliveries_per_day=MOST)
    made = await receiver.webhook("project_create", "canary_triggered")
    hook = WebhookId(made.webhook.id)
    tests = [send_test_delivery(each, owner, hook) for each in (core, second) for _ in range(2)]
    await asyncio.gather(*tests)
    await add_events(world)
    await asyncio.gather(*(jobs.alert(each) for each in (core, second) for _ in range(3)))
    await jobs.alert(second)
    await jobs.alert(core)
    refused = await asyncio.gather(
        *(send_test_delivery(each, owner, hook) for each in (core, second) for _ in range(4)),
        return_exceptions=True,
    )

    assert EXPECTED == await result_of(world)
    assert {CapReached} == {type(each) for each in refused}


async def test_webhooks_from_two_processes(world: World, receiver: Receiver, second: Core) -> None:
    """Q-2: two processes that create webhooks at the same time stop at exactly 20."""
    owner = world.owner

    async def create(core: Core, number: int) -> None:
        wish = WebhookWish(name=f"hook-{number}", url="https://hooks.example/")
        made = await create_webhook(core, owner, wish, template=Template.STRONGROOM)
        world.markers.note(made.secret)

    tries = [create(each, number) for number in range(24) for each in (world.core, second)]
    done = await asyncio.gather(*tries, return_exceptions=True)

    assert 20 == len(await list_webhooks(world.core, owner))
    assert 20 == sum(each is None for each in done)
    assert receiver.outside.received == []


@pytest.mark.prove
async def test_the_days_deliveries_from_two_workers(
    world: World, cluster: Cluster, database: str, receiver: Receiver, tmp_path: Path
) -> None:
    """Q-2: the same with two real worker processes."""
    await set_limits(world.core, deliveries_per_day=MOST)
    await receiver.webhook("project_create", "canary_triggered")
    workers = [await ApiProcess.start(cluster, database, tmp_path, part=WORKER) for _ in range(2)]
    try:
        await add_events(world)
        async with asyncio.timeout(60):
            while await result_of(world) != EXPECTED:
                await asyncio.sleep(0.5)
        await asyncio.sleep(5)
    finally:
        for each in workers:
            each.kill()

    assert EXPECTED == await result_of(world)
