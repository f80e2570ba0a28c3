"""A watch tells what changed, tells its failures too, and does not die of them (D-2, R-7)."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import aclosing
from typing import Any

import pytest

from strongroom import AsyncStrongroom, AuthenticationFailed, Sealed, Strongroom, Unavailable
from strongroom.errors import AccessDenied as Denied
from strongroom.errors import ClockSkewed
from strongroom.events import AccessDenied, Changed, Deleted, Event, Failed, Resumed
from strongroom.exchange import Patience
from strongroom.operations import Operations
from strongroom.steps import Send
from strongroom.watching import Watch
from strongroom_core.machines.lifecycle import disable_machine, enable_machine, revoke_machine
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.replace import replace_secret
from strongroom_core.secrets.trash import delete_secret
from strongroom_testkit.machine import grant, granted_machine
from strongroom_testkit.world import World

A, B = "sk_aaaaaaaaaaaaaaaa", "sk_bbbbbbbbbbbbbbbb"
GENEROUS_SECONDS = 30.0


@pytest.fixture
def next_event(does: Any):
    """Return the next event of a watch, waiting for it beside the server."""

    async def next_event(watch: Any) -> Event:
        return await asyncio.wait_for(does(next, watch), GENEROUS_SECONDS)

    return next_event


async def test_changes(world: World, open_client: Any, does: Any, next_event: Any) -> None:
    """R-7: never read counts as changed; told until it is read; silent until it changes again."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    client = open_client(await granted_machine(world, project, secret))
    watch = client.watch([secret.id], interval=1.0)

    assert Changed(secret.id) == await next_event(watch)
    assert Changed(secret.id) == await next_event(watch)
    first = await does(client.get_secret, secret.id)
    waiting = asyncio.create_task(next_event(watch))
    await asyncio.sleep(1.5)
    assert not waiting.done()
    content = Content(value=world.markers.value("new"))
    await replace_secret(world.core, world.owner, secret.id, content=content)
    assert Changed(secret.id) == await waiting
    assert first != await does(client.get_secret, secret.id)


async def test_what_is_lost(world: World, open_client: Any, next_event: Any) -> None:
    """R-7: deleted and no longer granted are told once; granted again, its change is told."""
    project = await world.project("billing")
    gone, lost = [await world.secret(project, name) for name in "AB"]
    machine = await granted_machine(world, project, gone)
    client = open_client(machine)
    await delete_secret(world.core, world.owner, gone.id)
    watch = client.watch([gone.id, lost.id, gone.id], interval=1.0)

    assert [Deleted(gone.id), AccessDenied(lost.id)] == [await next_event(watch) for _ in range(2)]
    waiting = asyncio.create_task(next_event(watch))
    await asyncio.sleep(1.5)
    assert not waiting.done()
    await grant(world, machine, project, lost)
    assert Changed(lost.id) == await waiting


async def test_an_outage(
    world: World, core: Any, open_client: Any, does: Any, next_event: Any
) -> None:
    """D-2: a sealed server and a switched-off machine are told, and outlived."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    client = open_client(machine)
    await does(client.get_secret, secret.id)
    watch = client.watch([secret.id], interval=1.0)
    core.sealed = True
    failed = await next_event(watch)

    assert isinstance(failed, Failed)
    assert isinstance(failed.error, Sealed)
    core.sealed = False
    await disable_machine(core, world.owner, str(machine.id))
    failed = await next_event(watch)
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, Denied)
    await enable_machine(core, world.owner, str(machine.id))
    while isinstance(failed, Failed):
        failed = await next_event(watch)
    assert Resumed() == failed


async def test_a_revoked_machine_ends_it(world: World, open_client: Any, next_event: Any) -> None:
    """D-2: what cannot pass by itself is raised."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    watch = open_client(machine).watch([secret.id], interval=1.0)
    await next_event(watch)
    await revoke_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(AuthenticationFailed):
        await next_event(watch)


async def test_the_awaited_watch(world: World, place: Any) -> None:
    """D-2: the same events, awaited; leaving the loop leaves the watch."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    place(await granted_machine(world, project, secret))
    told: list[Event] = []
    values: list[str] = []
    async with (
        AsyncStrongroom() as client,
        aclosing(client.watch([secret.id], interval=1)) as watch,
    ):
        async for event in watch:
            told.append(event)
            values.append((await client.get_secret(secret.id)).reveal())
            break

    assert [Changed(secret.id)] == told
    assert [await world.open_value(secret.id)] == values


async def test_closing_ends_the_awaited_watch(stray: Any, stand_in: Any, scripted: Any) -> None:
    """D-2: `aclose` ends it, also in the middle of a pause."""
    stand_in.answers(scripted(content={"changes": {}}))
    client = AsyncStrongroom(stray)

    async def watch() -> list[Event]:
        return [event async for event in client.watch([A], interval=3600)]

    watching = asyncio.create_task(watch())
    while not stand_in.asked:
        await asyncio.sleep(0.01)
    await client.aclose()

    assert [] == await asyncio.wait_for(watching, GENEROUS_SECONDS)


def test_closing_ends_a_watch(stray: Any, stand_in: Any, scripted: Any) -> None:
    """D-2: `close` ends it from another thread, also in the middle of a pause."""
    stand_in.answers(scripted(content={"changes": {}}))
    client = Strongroom(stray)
    told: list[Event] = []
    watching = threading.Thread(target=lambda: told.extend(client.watch([A], interval=3600)))
    watching.start()
    while not stand_in.asked:
        time.sleep(0.01)
    client.close()
    watching.join(GENEROUS_SECONDS)

    assert not watching.is_alive()
    assert [] == told


def test_a_watch_outlives_a_server_that_ended(stray: Any, stand_in: Any, scripted: Any) -> None:
    """D-2: each failed poll is one event, asked once; the first that succeeds says so."""
    changed = {"changes": {A: {"status": "changed"}}}
    stand_in.answers(
        scripted(cut=-1), scripted(502), scripted(200, b"<html>"), scripted(content=changed)
    )
    with Strongroom(stray) as client:
        watch = client.watch([A], interval=1)
        events = [next(watch) for _ in range(5)]

    assert [Failed, Failed, Failed, Resumed, Changed] == [type(event) for event in events]
    assert 4 == len(stand_in.asked)


@pytest.mark.parametrize(("ids", "interval"), [([], 15.0), (A, 15.0), ([A], 0.5), ([A], -1)])
def test_watches_that_make_no_sense(stray: Any, ids: Any, interval: float) -> None:
    """R-7: refused before anything is sent."""
    with Strongroom(stray) as client, pytest.raises(ValueError, match="watch"):
        next(iter(client.watch(ids, interval=interval)))


# The decisions alone -------------------------------------------------------------------------------


def play(watch: Watch, outcome: Any) -> tuple[list[Event], float, list[Any]]:
    """Play one round; return events, the pause, and the bodies that were sent."""
    from strongroom.connections import Answer  # noqa: PLC0415 -- only here

    steps, sent = watch.round(), list[Any]()
    try:
        step = next(steps)
        while True:
            assert isinstance(step, Send)
            sent.append(step.request.body)
            if isinstance(outcome, Exception):
                step = steps.throw(outcome)
            else:
                step = steps.send(Answer(200, {}, outcome))
    except StopIteration as stop:
        return *stop.value, sent


@pytest.fixture
def operations(stray: Any) -> Operations:
    """The operations of a client without a way to any server."""
    return Operations(stray, Patience())


def test_pauses_grow_and_honour_the_server(operations: Operations) -> None:
    """D-2: random, below bounds that double up to a minute, and never less than asked for."""
    most: list[float] = []
    for _ in range(200):
        watch = Watch(operations, [A], interval=15)
        pauses = [play(watch, Unavailable("x"))[1] for _ in range(12)]
        most = [max(pair) for pair in zip(most or pauses, pauses, strict=True)]
    asked = Unavailable("x")
    asked.retry_after = 1800

    assert all(
        bound / 2 < seen <= bound for bound, seen in zip([0.5, 1, 2, 4], most[:4], strict=True)
    )
    assert 30 < max(most) <= 60
    assert 1800 <= play(Watch(operations, [A], interval=15), asked)[1] <= 1860
    assert 15 == play(Watch(operations, [A], interval=15), b'{"changes":{}}')[1]


def test_a_wrong_clock_is_outlived(operations: Operations) -> None:
    """D-2: clocks are set right while a machine starts; a revoked machine stays revoked."""
    events, _, _ = play(Watch(operations, [A], interval=15), ClockSkewed("x"))

    assert [Failed] == [type(event) for event in events]
    with pytest.raises(AuthenticationFailed):
        play(Watch(operations, [A], interval=15), AuthenticationFailed("x"))


def test_many_are_asked_in_parts(operations: Operations) -> None:
    """R-7: a poll takes 1,000 ids."""
    ids = [f"sk_{number}" for number in range(2001)]
    _, _, sent = play(Watch(operations, ids, interval=15), b'{"changes":{}}')

    assert [1000, 1000, 1] == [body.count(b"sk_") for body in sent]


def test_what_it_does_not_know(operations: Operations) -> None:
    """WIRE 3: a state of a later server, and ids that nobody asked for, are no events."""
    watch = Watch(operations, [A, B], interval=15)
    body = b'{"changes":{"%s":{"status":"polished"},"sk_c":{"status":"changed"}}}' % A.encode()

    assert [] == play(watch, body)[0]
