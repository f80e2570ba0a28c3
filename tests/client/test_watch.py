"""A watch reports changes and its own failures, and continues after failures (D-2, R-7)."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from strongroom import AsyncStrongroom, AuthenticationFailed, Sealed, Strongroom, Unavailable
from strongroom._internal.exchange import Patience
from strongroom._internal.operations import Operations
from strongroom._internal.steps import Send
from strongroom._internal.watching import Watch
from strongroom.errors import AccessDenied as Denied
from strongroom.errors import ClockSkewed
from strongroom.events import AccessDenied, Changed, Deleted, Event, Failed, Resumed
from strongroom_core.machines.lifecycle import disable_machine, enable_machine, revoke_machine
from strongroom_core.projects.freeze import freeze_project, unfreeze_project
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.replace import replace_secret
from strongroom_core.secrets.trash import delete_secret
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.api_process import ApiProcess
from strongroom_testkit.machine import grant, granted_machine
from strongroom_testkit.world import World

A, B = "sk_aaaaaaaaaaaaaaaa", "sk_bbbbbbbbbbbbbbbb"
GENEROUS_SECONDS = 30.0


async def replace(world: World, secret: SecretView) -> None:
    """Give a secret its next version."""
    content = Content(value=world.markers.value("new"))
    await replace_secret(world.core, world.owner, secret.id, content=content)


@pytest.fixture
def next_event(does: Any):
    """Return the next event of a watch, waiting for it in a thread while the server runs."""

    async def next_event(watch: Any) -> Event:
        return await asyncio.wait_for(does(next, watch), GENEROUS_SECONDS)

    return next_event


async def test_changes(world: World, open_client: Any, does: Any, next_event: Any) -> None:
    """R-7: a secret that was never read counts as changed; each version is reported once, read or not."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    client = open_client(await granted_machine(world, project, secret))
    watch = client.watch([secret.id], interval=1.0)

    assert Changed(secret.id, 1) == await next_event(watch)
    waiting = asyncio.create_task(next_event(watch))
    await asyncio.sleep(2.5)
    assert not waiting.done()
    await replace(world, secret)
    assert Changed(secret.id, 2) == await waiting
    assert 2 == (await does(client.get_secret, secret.id)).version


async def test_versions_that_the_caller_has(
    world: World, open_client: Any, does: Any, next_event: Any
) -> None:
    """R-7: a watch starts from the given versions, regardless of later reads and changes."""
    project = await world.project("billing")
    single = await world.secret(project, "A")
    structured = await world.structured(project, "B", "host")
    client = open_client(await granted_machine(world, project, single, structured))
    exported = await does(client.export)
    listed = await does(client.list_secrets)
    fields = await does(client.get_fields, structured.id)
    held = {each.id: each.version for each in exported}

    assert {single.id: 1, structured.id: 1} == held == {each.id: each.version for each in listed}
    assert 1 == fields["host"].version
    await replace(world, single)
    await does(client.get_secret, single.id)
    watch = client.watch(held, interval=1.0)
    assert Changed(single.id, 2) == await next_event(watch)
    await replace(world, single)
    assert Changed(single.id, 3) == await next_event(watch)


async def test_several_programs_of_one_machine(
    world: World, cluster: Any, database: str, place: Any, relay_to: Any, tmp_path: Path, does: Any
) -> None:
    """R-7: three programs watch and one reads; each gets every change once, even if the server is killed."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    server = await ApiProcess.start(cluster, database, tmp_path)
    relay = relay_to(_port(server))
    place(machine, relay.url)
    clients = [Strongroom(attempts=8) for _ in range(4)]
    told: list[list[Event]] = [[], [], []]
    # Together the programs stay below the machine's limit on polls.
    watches = [client.watch([secret.id], interval=3.5) for client in clients[:1]] + [
        client.watch({secret.id: 1}, interval=3.5) for client in clients[1:3]
    ]
    threads = [
        threading.Thread(target=each.extend, args=(watch,))
        for each, watch in zip(told, watches, strict=True)
    ]

    def versions() -> list[list[int | None]]:
        return [[each.version for each in some if isinstance(each, Changed)] for some in told]

    async def read_until_told(version: int) -> None:
        async with asyncio.timeout(GENEROUS_SECONDS):
            while not all(version in each for each in versions()):
                await does(clients[3].get_secret, secret.id)
                await asyncio.sleep(0.2)

    try:
        for thread in threads:
            thread.start()
        async with asyncio.timeout(GENEROUS_SECONDS):
            while not told[0]:
                await asyncio.sleep(0.1)
        await replace(world, secret)
        await read_until_told(2)
        server.kill()
        async with asyncio.timeout(GENEROUS_SECONDS):
            while not all(any(isinstance(each, Failed) for each in some) for some in told):
                await asyncio.sleep(0.1)
        await replace(world, secret)
        server = await ApiProcess.start(cluster, database, tmp_path)
        relay.upstream = _port(server)
        await read_until_told(3)
        await asyncio.sleep(8)
    finally:
        for client in clients:
            client.close()
        server.kill()
    await does(lambda: [thread.join() for thread in threads])

    assert [[1, 2, 3], [2, 3], [2, 3]] == versions()


def _port(server: ApiProcess) -> int:
    return int((server.url or "").rsplit(":", 1)[1])


async def test_deleted_and_ungranted_secrets(
    world: World, open_client: Any, next_event: Any
) -> None:
    """R-7: deleted and ungranted secrets are reported once; granting one again reports it as changed."""
    project = await world.project("billing")
    gone, lost = [await world.secret(project, name) for name in "AB"]
    machine = await granted_machine(world, project, gone)
    client = open_client(machine)
    await delete_secret(world.core, world.owner, gone.id)
    watch = client.watch([gone.id, lost.id, gone.id], interval=1.0)

    assert [Deleted(gone.id), AccessDenied(lost.id)] == [await next_event(watch) for _ in range(2)]
    waiting = asyncio.create_task(next_event(watch))
    await asyncio.sleep(2.5)
    assert not waiting.done()
    await grant(world, machine, project, lost)
    assert Changed(lost.id, 1) == await waiting
    await grant(world, machine, project)
    assert AccessDenied(lost.id) == await next_event(watch)
    await grant(world, machine, project, lost)
    assert Changed(lost.id, 1) == await next_event(watch)


async def test_changes_in_a_frozen_project(world: World, open_client: Any, next_event: Any) -> None:
    """R-7: changes in a frozen project are reported once it is unfrozen and they can be read."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    client = open_client(await granted_machine(world, project, secret))
    await freeze_project(world.core, world.owner, project.id, reason="drill")
    watch = client.watch([secret.id], interval=1.0)
    waiting = asyncio.create_task(next_event(watch))
    await asyncio.sleep(2.5)

    assert not waiting.done()
    await unfreeze_project(world.core, world.owner, project.id, reason="drill is over")
    assert Changed(secret.id, 1) == await waiting


async def test_an_outage(
    world: World, core: Any, open_client: Any, does: Any, next_event: Any
) -> None:
    """D-2: a sealed server and a disabled machine are reported, and the watch continues."""
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
    """D-2: a permanent failure ends the watch with an error."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    watch = open_client(machine).watch([secret.id], interval=1.0)
    await next_event(watch)
    await revoke_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(AuthenticationFailed):
        await next_event(watch)


async def test_the_awaited_watch(world: World, place: Any) -> None:
    """D-2: the async watch has the same events; leaving the loop ends the watch."""
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

    assert [Changed(secret.id, 1)] == told
    assert [await world.open_value(secret.id)] == values


async def test_closing_ends_the_awaited_watch(stray: Any, stand_in: Any, scripted: Any) -> None:
    """D-2: `aclose` ends an async watch, even during a pause."""
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
    """D-2: `close` ends a watch from another thread, even during a pause."""
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


def test_a_watch_survives_a_restart_of_the_server(stray: Any, stand_in: Any, scripted: Any) -> None:
    """D-2: each failed poll is one event, without retries; the first success is another."""
    changed = {"changes": {A: {"status": "changed"}}}
    stand_in.answers(
        scripted(cut=-1), scripted(502), scripted(200, b"<html>"), scripted(content=changed)
    )
    with Strongroom(stray) as client:
        watch = client.watch({A: 1}, interval=1)
        events = [next(watch) for _ in range(5)]

    assert [Failed, Failed, Failed, Resumed, Changed] == [type(event) for event in events]
    assert 4 == len(stand_in.asked)


@pytest.mark.parametrize(
    ("ids", "interval"), [([], 15.0), (A, 15.0), ([A], 0.5), ([A], -1), ({A: -1}, 15.0), ({}, 15.0)]
)
def test_watches_that_make_no_sense(stray: Any, ids: Any, interval: float) -> None:
    """R-7: an invalid watch is rejected before anything is sent."""
    with Strongroom(stray) as client, pytest.raises(ValueError, match=r"needs|must be"):
        next(iter(client.watch(ids, interval=interval)))


# Decisions only
# ------------------------------------------------------------------------------------


def play(watch: Watch, *outcomes: Any) -> tuple[list[Event], float, list[Any]]:
    """Run one round, repeating the last outcome; return events, the pause, and the bodies sent."""
    from strongroom._internal.connections import Answer  # noqa: PLC0415 -- only here

    steps, sent = watch.round(), list[Any]()
    try:
        step = next(steps)
        while True:
            assert isinstance(step, Send)
            outcome = outcomes[min(len(sent), len(outcomes) - 1)]
            sent.append(json.loads(step.request.body))
            if isinstance(outcome, Exception):
                step = steps.throw(outcome)
            else:
                content = outcome if isinstance(outcome, bytes) else said(outcome)
                step = steps.send(Answer(200, {}, content))
    except StopIteration as stop:
        return *stop.value, sent


def said(changes: dict[str, Any]) -> bytes:
    """Return a server's response: a version for a changed secret, otherwise a status."""
    told = {
        secret: {"status": each}
        if isinstance(each, str)
        else {"status": "changed", "version": each}
        for secret, each in changes.items()
    }
    return json.dumps({"changes": told}).encode()


@pytest.fixture
def operations(stray: Any) -> Operations:
    """The operations of a client without a connection to any server."""
    return Operations(stray, Patience())


def test_pauses_grow_and_honour_the_server(operations: Operations) -> None:
    """D-2: a watch backs off exponentially with jitter, for at most a minute or as long as requested."""
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


def test_a_wrong_clock_is_retried(operations: Operations) -> None:
    """D-2: a wrong clock is retried, because it may be corrected during startup; a revoked machine isn't."""
    events, _, _ = play(Watch(operations, [A], interval=15), ClockSkewed("x"))

    assert [Failed] == [type(event) for event in events]
    refused = AuthenticationFailed("x")
    refused.lasting = True
    with pytest.raises(AuthenticationFailed):
        play(Watch(operations, [A], interval=15), refused)


def test_large_watches_poll_in_parts(operations: Operations) -> None:
    """R-7: a poll accepts 1,000 IDs, so larger watches poll in parts, each reported separately."""
    ids = [f"sk_{number}" for number in range(2001)]
    watch = Watch(operations, dict.fromkeys(ids, 7), interval=15)
    _, _, sent = play(watch, {})

    assert [1000, 1000, 1] == [len(body["watch"]) for body in sent]
    assert [body["watch"] for body in sent] == [[*body["have"]] for body in sent]


def test_where_a_watch_begins(operations: Operations) -> None:
    """R-7: a watch starts with two polls: for the current versions, and for what the machine hasn't read."""
    watch = Watch(operations, [A, B], interval=1)
    events, seconds, sent = play(watch, {A: 4, B: 7}, {B: 7})

    assert ([Changed(B, 7)], 2) == (events, seconds)
    assert [{"watch": [A, B], "have": {A: 0, B: 0}}, {"watch": [A, B]}] == sent
    events, seconds, sent = play(watch, {A: 5})
    assert ([Changed(A, 5)], 1) == (events, seconds)
    assert [{"watch": [A, B], "have": {A: 4, B: 7}}] == sent
    assert [{"watch": [A, B], "have": {A: 5, B: 7}}] == play(watch, {})[2]


def test_a_change_while_a_watch_begins(operations: Operations) -> None:
    """R-7: a change between the first two polls isn't lost, even if another program read it already."""
    watch = Watch(operations, {A: None, B: 3}, interval=15)

    assert [] == play(watch, {A: 4}, {})[0]
    events, _, sent = play(watch, {A: 5})
    assert [Changed(A, 5)] == events
    assert [{"watch": [A, B], "have": {A: 4, B: 3}}] == sent


def test_a_beginning_that_fails(operations: Operations) -> None:
    """D-2: a watch whose first poll fails starts over."""
    watch = Watch(operations, [A], interval=15)

    assert [Failed] == [type(each) for each in play(watch, {A: 4}, Unavailable("x"))[0]]
    assert [Resumed(), Changed(A, 5)] == play(watch, {A: 5})[0]


def test_a_server_without_versions(operations: Operations) -> None:
    """R-7: if the server sends no version, a change is reported until it is read, as the protocol says."""
    watch = Watch(operations, [A], interval=15)

    for polls in (2, 1):
        events, _, sent = play(watch, {A: "changed"})

        assert ([Changed(A)], polls) == (events, len(sent))
    assert [] == play(watch, {})[0]


@pytest.mark.parametrize("version", ["4", 4.5, True])
def test_versions_that_make_no_sense(operations: Operations, version: Any) -> None:
    """WIRE 3: invalid versions count as a failed poll, not as news."""
    body = json.dumps({"changes": {A: {"status": "changed", "version": version}}}).encode()

    assert [Failed] == [type(each) for each in play(Watch(operations, [A], interval=15), body)[0]]


def test_unknown_statuses_and_ids(operations: Operations) -> None:
    """WIRE 3: a newer server's unknown status, and IDs that weren't requested, don't become events."""
    watch = Watch(operations, [A, B], interval=15)
    body = b'{"changes":{"%s":{"status":"polished"},"sk_c":{"status":"changed"}}}' % A.encode()

    assert [] == play(watch, body)[0]
