"""Deliveries to webhooks are signed, made at least once, retried, and don't delay each other (N-2, N-4)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from strongroom_core.access.roles import OWNER
from strongroom_core.alerts.deliveries import (
    list_deliveries,
    replay_delivery,
    send_test_delivery,
)
from strongroom_core.alerts.send import WAITS, due_deliveries
from strongroom_core.alerts.views import DeliveryState, Template
from strongroom_core.alerts.webhooks import (
    MOST_FAILURES,
    WebhookWish,
    create_webhook,
    delete_webhook,
    list_webhooks,
    rotate_webhook,
    update_webhook,
)
from strongroom_core.crypto.random import new_id
from strongroom_core.kernel.errors import (
    CapReached,
    Conflict,
    Invalid,
    NameTaken,
    StepUpRequired,
)
from strongroom_core.kernel.ids import DeliveryId, WebhookId
from strongroom_core.kernel.page import PageRequest
from strongroom_testkit.outside import answer, silence
from strongroom_worker import jobs
from strongroom_worker.postman import Postman

if TYPE_CHECKING:
    from strongroom_core.alerts.views import DeliveryView, NewWebhook
    from strongroom_core.kernel.clock import MovableClock
    from strongroom_testkit.outside import Received
    from strongroom_testkit.world import World

    from .conftest import Receiver


async def log_of(world: World, made: NewWebhook) -> list[DeliveryView]:
    """Return a webhook's deliveries, oldest first."""
    page = await list_deliveries(
        world.core, world.owner, WebhookId(made.webhook.id), PageRequest(200)
    )
    return page.items[::-1]


def accepts(secret: str, request: Received, *, body: bytes | None = None) -> bool:
    """Return whether a receiver that uses the Standard Webhooks package accepts a request."""
    try:
        Webhook(secret).verify(request.body if body is None else body, dict(request.headers))
    except WebhookVerificationError:
        return False
    return True


@pytest.fixture
def now(clock: MovableClock, monkeypatch: pytest.MonkeyPatch) -> MovableClock:
    """The receiver uses the server's clock."""

    class Frozen:
        @staticmethod
        def now(tz: object = None) -> object:
            del tz
            return clock.now()

        fromtimestamp = __import__("datetime").datetime.fromtimestamp

    monkeypatch.setattr("standardwebhooks.webhooks.datetime", Frozen)
    return clock


async def test_standard_webhooks_accepts_ours(
    world: World, receiver: Receiver, now: MovableClock
) -> None:
    """N-2: their package accepts a delivery, but not an altered or old one, or one with another secret."""
    made = await receiver.webhook("project_create")
    other = await receiver.webhook(name="other", path="/other")
    project = await world.project("billing")
    await receiver.run()
    [request] = receiver.outside.received
    body = msgspec.json.decode(request.body)
    tampered = request.body.replace(b"billing", b"payments")

    assert accepts(made.secret, request)
    assert not accepts(made.secret, request, body=tampered)
    assert not accepts(other.secret, request)
    assert (body["event"], body["severity"]) == ("project_create", "low")
    assert body["data"]["projectId"] == project.id
    assert body["id"] == request.headers["webhook-id"]
    assert request.headers["x-strongroom-delivery-id"] == body["id"]
    assert request.headers["x-strongroom-event"] == "project_create"
    assert request.headers["user-agent"] == "Strongroom-Webhook/1.0"
    now.move(timedelta(minutes=6))
    assert not accepts(made.secret, request)


async def test_the_header_for_older_receivers(world: World, receiver: Receiver) -> None:
    """N-2: `X-Strongroom-Signature` is the HMAC of the body alone under the secret's text."""
    made = await receiver.webhook("project_create")
    await world.project("billing")
    await receiver.run()
    [request] = receiver.outside.received

    expected = hmac.new(made.secret.encode(), request.body, hashlib.sha256).hexdigest()
    assert expected == request.headers["x-strongroom-signature"]


async def test_both_secrets_work_until_the_overlap_ends(
    world: World, receiver: Receiver, now: MovableClock
) -> None:
    """N-2: after a rotation, deliveries have both signatures for a while, and then only the new one."""
    made = await receiver.webhook("project_create")
    hook = WebhookId(made.webhook.id)
    renewed = await rotate_webhook(world.core, world.owner, hook, overlap=timedelta(hours=1))
    world.markers.note(renewed.secret)
    await world.project("during")
    await receiver.run()
    now.move(timedelta(hours=1, seconds=1))
    await world.project("after")
    await receiver.run()
    during, after = receiver.outside.received

    assert accepts(renewed.secret, after)
    assert not accepts(made.secret, after)
    assert len(during.headers["webhook-signature"].split(" ")) == 2
    now.move(timedelta(hours=-1))
    assert accepts(made.secret, during)
    assert accepts(renewed.secret, during)


async def test_an_attempt_that_fails_is_repeated(
    world: World, receiver: Receiver, clock: MovableClock
) -> None:
    """N-2: there are eight attempts, at growing intervals with 20% jitter, all with the same delivery ID."""
    made = await receiver.webhook("project_create")
    receiver.answers["/ops"] = answer(503)
    await world.project("billing")
    await receiver.run()
    for seconds in WAITS:
        [delivery] = await log_of(world, made)
        assert delivery.due_at is not None
        wait = (delivery.due_at - clock.now()).total_seconds()
        assert 0.8 * seconds <= wait <= 1.2 * seconds
        clock.move(timedelta(seconds=1.2 * seconds))
        await receiver.send()
    [delivery] = await log_of(world, made)
    clock.move(timedelta(days=1))
    await receiver.send()

    assert len({each["id"] for each in receiver.bodies()}) == 1
    assert len(receiver.bodies()) == 8
    assert (DeliveryState.FAILED, 8, None) == (delivery.state, delivery.attempts, delivery.due_at)
    assert [503] * 8 == [each.status for each in delivery.tries]


async def test_replaying_keeps_the_id(
    world: World, receiver: Receiver, clock: MovableClock
) -> None:
    """N-2: a delivery that failed permanently can be sent again, with its ID and a new signature."""
    made = await receiver.webhook("project_create")
    await world.project("billing")
    await receiver.run()
    [delivery] = await log_of(world, made)
    clock.move(timedelta(hours=1))
    ids = (WebhookId(made.webhook.id), DeliveryId(delivery.id))
    await replay_delivery(world.core, world.owner, *ids)
    with pytest.raises(Conflict):
        await replay_delivery(world.core, world.owner, *ids)
    await receiver.send()
    first, second = receiver.outside.received

    assert first.body == second.body
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    assert [1, 2] == [delivery.attempts, (await log_of(world, made))[0].attempts]


async def test_a_webhook_that_keeps_failing_is_disabled(
    world: World, receiver: Receiver, clock: MovableClock
) -> None:
    """N-2: after 100 failures in a row a webhook is disabled, with an event; enabling it resets the count."""
    made = await receiver.webhook("project_create")
    await receiver.webhook("webhook_disable", name="other", path="/other")
    hook = WebhookId(made.webhook.id)
    receiver.answers["/ops"] = answer(500)
    for number in range(MOST_FAILURES // 8 + 1):
        await world.project(f"project-{number}")
    await receiver.run()
    for seconds in WAITS:
        clock.move(timedelta(seconds=1.2 * seconds))
        await receiver.send()
    await receiver.run()
    disabled = (await list_webhooks(world.core, world.owner))[0]
    [told] = receiver.bodies("/other")
    entries = await world.entries("webhook_disable")
    sent = len(receiver.bodies())

    assert (False, MOST_FAILURES) == (disabled.enabled, disabled.failures)
    assert MOST_FAILURES == sent
    assert "The server disabled the webhook ops" == told["data"]["detail"]["summary"]
    assert [("system", "ops")] == [(each["actor_kind"], each["target_name"]) for each in entries]
    receiver.answers["/ops"] = answer(200)
    await update_webhook(world.core, world.owner, hook, WebhookWish(enabled=True))
    clock.move(timedelta(days=1))
    await receiver.send()
    enabled = (await list_webhooks(world.core, world.owner))[0]
    assert (True, 0) == (enabled.enabled, enabled.failures)
    assert all(each.state is not DeliveryState.WAITING for each in await log_of(world, made))


async def test_a_receiver_that_hangs_delays_nobody_else(world: World, receiver: Receiver) -> None:
    """N-2: while one receiver doesn't answer 40 deliveries, another gets all its deliveries at once."""
    await receiver.webhook("project_create", name="slow", path="/slow")
    await receiver.webhook("project_create", name="quick", path="/quick")
    receiver.answers["/slow"] = silence()
    for number in range(40):
        await world.project(f"project-{number}")
    await jobs.alert(world.core)
    postman = Postman(world.core)
    loop = asyncio.get_running_loop()
    began = loop.time()
    while len(receiver.bodies("/quick")) < 40:
        await postman.go_round()
        await asyncio.sleep(0.02)
    took = loop.time() - began
    await postman.stop()

    assert took < 5  # A hanging request takes ten seconds.
    assert 0 < len(receiver.bodies("/slow")) <= 4


async def queue_deliveries(world: World, hooks: int, *, failing: bool, ago: timedelta) -> None:
    """Add webhooks with ten due deliveries each, which have waited for `ago`."""
    at, vault = world.core.clock.now() - ago, world.person.vault
    async with world.core.database.transaction(vault) as connection:
        for number in range(hooks):
            hook = new_id("whk")
            await connection.execute(
                "insert into webhook (vault, id, name, template, host, created_at, created_by, failures)"
                " values ($1, $2, $3, 'strongroom', 'hooks.example', $4, 'ada', $5)",
                *(vault, hook, f"{number} {failing}", at, int(failing)),
            )
            for _ in range(10):
                await connection.execute(
                    "insert into delivery (vault, id, webhook, event, severity, body, state, due_at,"
                    " created_at) values ($1, $2, $3, 'x', 'info', '{}', 'waiting', $4, $4)",
                    *(vault, new_id("dlv"), hook, at),
                )


@pytest.mark.parametrize("failing", [False, True])
async def test_vaults_share_the_slots(world: World, other_world: World, failing: bool) -> None:
    """N-2: however many receivers of one vault hang, another vault's deliveries are sent at once.

    While a vault's share is in use, the vault gets no more.
    """
    most, share = (8, 2) if failing else (32, 8)
    await queue_deliveries(world, 12, failing=failing, ago=timedelta(minutes=2))
    first = await due_deliveries(world.core, most=32, most_failing=8)
    await queue_deliveries(other_world, 2, failing=failing, ago=timedelta(minutes=1))
    second = await due_deliveries(world.core, most=32 - share, most_failing=8 - share)

    assert [world.person.vault] * share == [claim.vault for claim in first]
    assert [other_world.person.vault] * min(share, most - share) == [
        claim.vault for claim in second
    ]
    assert {failing} == {claim.failing for claim in (*first, *second)}


async def test_vaults_take_turns(world: World, other_world: World) -> None:
    """N-2: when there are fewer slots than due deliveries, a vault that has none in use comes first."""
    await queue_deliveries(world, 3, failing=False, ago=timedelta(minutes=2))
    first = await due_deliveries(world.core, most=2, most_failing=0)
    await queue_deliveries(other_world, 1, failing=False, ago=timedelta(minutes=1))
    second = await due_deliveries(world.core, most=4, most_failing=0)

    assert [world.person.vault] * 2 == [claim.vault for claim in first]
    assert sorted([world.person.vault] + [other_world.person.vault] * 3) == sorted(
        claim.vault for claim in second
    )


async def test_what_a_killed_process_was_sending_is_sent_again(
    world: World, receiver: Receiver, clock: MovableClock
) -> None:
    """N-2: a claim ends after half a minute; the delivery then arrives again, with the same ID."""
    await receiver.webhook("project_create")
    receiver.answers["/ops"] = silence()
    await world.project("billing")
    await jobs.alert(world.core)
    killed = Postman(world.core)
    await killed.go_round()
    while not receiver.bodies():
        await asyncio.sleep(0.01)
    await killed.stop()
    receiver.answers["/ops"] = answer(200)
    await receiver.send()
    assert len(receiver.bodies()) == 1
    clock.move(timedelta(seconds=61))
    await receiver.send()

    assert len(receiver.bodies()) == 2
    assert len({each["id"] for each in receiver.bodies()}) == 1


async def test_a_test_delivery(world: World, receiver: Receiver) -> None:
    """N-2: a test delivery says that it is one, who sent it, and to which webhook."""
    made = await receiver.webhook()
    hook = WebhookId(made.webhook.id)
    await send_test_delivery(world.core, world.owner, hook)
    await receiver.send()
    [body] = receiver.bodies()

    detail = body["data"]["detail"]

    assert ("webhook_test", True) == (body["event"], detail["test"])
    assert ("user", None) == (body["data"]["actorKind"], body["data"]["machineId"])
    assert (world.person.username, "ops") == (detail["actorName"], detail["targetName"])
    await update_webhook(world.core, world.owner, hook, WebhookWish(enabled=False))
    with pytest.raises(Conflict):
        await send_test_delivery(world.core, world.owner, hook)


async def test_what_a_webhook_cannot_be(world: World, receiver: Receiver) -> None:
    """N-2, N-3: names are unique, URLs must be usable, and some receivers require a key."""
    core, owner = world.core, world.owner
    await receiver.webhook()

    with pytest.raises(NameTaken):
        await receiver.webhook(name="OPS")
    for url in ("http://hooks.example/", "https://localhost/", "https://10.0.0.1/", ""):
        with pytest.raises(Invalid):
            wish = WebhookWish(name="a", url=url)
            await create_webhook(core, owner, wish, template=Template.STRONGROOM)
    with pytest.raises(Invalid):
        await receiver.webhook(name="pager", template=Template.PAGERDUTY)
    with pytest.raises(Invalid):
        await receiver.webhook("no_such_action", name="b")
    pager = await receiver.webhook(name="p", template=Template.PAGERDUTY, key="an-old-key")
    with pytest.raises(Invalid, match="needs the URL"):
        await update_webhook(
            core, owner, WebhookId(pager.webhook.id), WebhookWish(key="another-key")
        )


async def test_at_most_twenty(world: World, receiver: Receiver) -> None:
    """Q-2: the cap on webhooks is exact, even for simultaneous attempts."""
    made = await asyncio.gather(
        *(receiver.webhook(name=f"hook-{number}") for number in range(24)), return_exceptions=True
    )
    refused = [each for each in made if isinstance(each, CapReached)]

    assert 4 == len(refused)
    assert 20 == len(await list_webhooks(world.core, world.owner))


async def test_deleting(world: World, receiver: Receiver) -> None:
    """N-2: nothing remains of a deleted webhook, and its waiting deliveries aren't sent."""
    made = await receiver.webhook("project_create")
    await world.project("billing")
    await jobs.alert(world.core)
    await delete_webhook(world.core, world.owner, WebhookId(made.webhook.id))
    await receiver.send()
    async with world.core.database.transaction(world.person.vault) as connection:
        rows = [
            await connection.fetchval(f"select count(*) from {table}")
            for table in ("webhook", "webhook_secret", "delivery")
        ]

    assert [0, 0, 0] == rows
    assert [] == receiver.bodies()


async def test_a_new_target_needs_a_step_up(world: World, receiver: Receiver) -> None:
    """A-5: only someone who confirmed their password recently can change where deliveries go."""
    made = await receiver.webhook()
    earlier = world.core.clock.now() - timedelta(minutes=11)
    stale = replace(world.owner, authenticated_at=earlier, authority=OWNER)

    with pytest.raises(StepUpRequired):
        await update_webhook(
            world.core, stale, WebhookId(made.webhook.id), WebhookWish(url="https://a.example/")
        )


async def test_the_heartbeat(world: World, receiver: Receiver) -> None:
    """N-4: the worker requests the heartbeat's URL, and a failing monitor has no other effect."""
    core = world.core
    await jobs.heartbeat(core)
    assert receiver.outside.requested == []
    core.settings = replace(core.settings, heartbeat_url="https://hooks.example/beat")
    receiver.answers["/beat"] = answer(200)
    await jobs.heartbeat(core)
    core.settings = replace(core.settings, heartbeat_url="https://10.0.0.1/beat")
    await jobs.heartbeat(core)

    assert ["/beat"] == receiver.outside.requested
    assert ["8.8.4.4"] == receiver.outside.connected
