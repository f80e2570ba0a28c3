"""Streams of audit log events: each event once and in order, and only for as long as it may be seen (L-4)."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from strongroom_api.entry_streams import MOST, EntryStreams
from strongroom_core.audit.follow import follow_entries
from strongroom_core.crypto.random import new_id
from strongroom_core.projects.create import create_project
from strongroom_testkit.members import access_role, add_member, caller_of, organize
from strongroom_testkit.sign_in import signed_in

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import OpenConnection
    from strongroom_core.kernel.caller import Human
    from strongroom_testkit.world import World


def events(text: str, kind: str = "entry") -> list[dict[str, Any]]:
    """Return the data of the events of a type."""
    found: list[dict[str, Any]] = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if lines.get("event") == kind:
            found.append(json.loads(lines["data"]) | {"last": lines.get("id")})
    return found


def last_id(text: str) -> str:
    """Return the last ID in a stream."""
    return [line.removeprefix("id: ") for line in text.split("\n") if line.startswith("id: ")][-1]


async def test_each_event_comes_once_in_order_also_after_an_interruption(client, world) -> None:
    """L-4: a stream that continues from the last ID has exactly the events in between."""
    begun = await client.get("/api/entries/stream", params={"seconds": 0})
    for number in range(3):
        await create_project(world.core, world.owner, name=f"before-{number}")
    first = await client.get(
        "/api/entries/stream", params={"seconds": 0}, headers={"Last-Event-ID": last_id(begun.text)}
    )
    second = events(first.text)[1]["last"]
    again = await client.get("/api/entries/stream", params={"seconds": 0, "after": second})
    filtered = await client.get(
        "/api/entries/stream",
        params={
            "seconds": 0,
            "after": last_id(begun.text),
            "action": "project_create",
            "target": events(first.text)[2]["targetId"],
        },
    )
    wrong = await client.get("/api/entries/stream", params={"seconds": 0, "action": "x"})
    nothing = await client.get(
        "/api/entries/stream", params={"seconds": 0, "after": last_id(again.text)}
    )

    assert begun.headers["content-type"].startswith("text/event-stream")
    assert events(begun.text) == []
    assert [each["targetName"] for each in events(first.text)] == [
        "before-0",
        "before-1",
        "before-2",
    ]
    assert [each["targetName"] for each in events(again.text)] == ["before-2"]
    assert [each["targetName"] for each in events(filtered.text)] == ["before-2"]
    assert wrong.status_code == 400
    assert events(nothing.text) == []


async def test_an_open_stream_gets_new_events(client, world) -> None:
    """L-4: events are sent within a few seconds of their commit."""
    open_stream = asyncio.create_task(client.get("/api/entries/stream", params={"seconds": 4}))
    await asyncio.sleep(1)
    await create_project(world.core, world.owner, name="during")
    text = (await open_stream).text

    assert [each["targetName"] for each in events(text)] == ["during"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("update account set status = 'suspended' where id = $1", "signed_out"),
        ("update member set status = 'suspended' where account = $1", "signed_out"),
        ("delete from session where account = $1", "signed_out"),
    ],
)
async def test_a_stream_ends_before_the_next_event(
    client, world, administrator, change, reason
) -> None:
    """O-5, A-4: after a suspension or a sign-out, no event is sent, and the stream ends."""
    open_stream = asyncio.create_task(client.get("/api/entries/stream", params={"seconds": 20}))
    await asyncio.sleep(1)
    await administrator.execute(change, world.person.account)
    await create_project(world.core, world.owner, name="after")
    text = (await asyncio.wait_for(open_stream, 15)).text

    assert events(text) == []
    assert [each["reason"] for each in events(text, "end")] == [reason]


async def test_a_stream_ends_when_its_session_is_in_another_vault(
    client, world, administrator
) -> None:
    """A-8: a stream never continues with the events of another vault of the same person."""
    open_stream = asyncio.create_task(client.get("/api/entries/stream", params={"seconds": 20}))
    await asyncio.sleep(1)
    second = new_id("vault")
    await administrator.execute(
        "select found_vault($1, 'personal', 'Second', $2, $3, clock_timestamp())",
        second,
        new_id("mem"),
        world.person.account,
    )
    await administrator.execute("update session set acting_vault = $1", second)
    await create_project(world.core, replace(world.owner, vault=second), name="second")
    await create_project(world.core, world.owner, name="first")
    text = (await asyncio.wait_for(open_stream, 15)).text

    assert events(text) == []
    assert [each["reason"] for each in events(text, "end")] == ["vault_switched"]


async def test_a_persons_streams_are_limited(app, client, world, problem) -> None:
    """L-4: a person can have five streams open; a malformed ID is rejected."""
    streams = app.state.process.streams
    streams.open[world.person.account] = MOST
    crowded = await client.get("/api/entries/stream", params={"seconds": 0})
    streams.open[world.person.account] = 0
    assert problem(crowded, 429, "too_many")
    assert crowded.headers["retry-after"]
    for wrong in ("x", "1.2", "1.-2." + "0" * 32, "9" * 30 + ".1." + "0" * 32, "1.²." + "0" * 32):
        answer = await client.get("/api/entries/stream", params={"seconds": 0, "after": wrong})
        problem(answer, 400, "invalid")
    assert streams.open[world.person.account] == 0


async def test_a_member_gets_only_their_own_events(world) -> None:
    """L-4: without `audit.view_others`, a stream has only what the member did; a changed role ends it."""
    await organize(world)
    role = await access_role(world, "all")
    member = await caller_of(world, await add_member(world, "bo", "developer", role.id), "bo")
    assert member is not None
    start = await follow_entries(world.core, member, None)
    await create_project(world.core, world.owner, name="theirs")
    await create_project(world.core, member, name="own")

    own = await follow_entries(world.core, member, start.place)
    all_of_it = await follow_entries(world.core, world.owner, start.place)

    assert [entry.target_name for _, entry in own.entries] == ["own"]
    assert [entry.target_name for _, entry in all_of_it.entries] == ["theirs", "own"]
    assert (own.more, own.place) == (False, all_of_it.place)


LAST_ROUND = 2
LISTENERS = [pytest.param(6, id="few"), pytest.param(200, marks=pytest.mark.prove, id="200")]


@pytest.mark.parametrize("number", LISTENERS)
async def test_listeners_get_each_event_once_through_restarts(
    world: World, administrator: OpenConnection, number: int
) -> None:
    """L-4: through restarts of server and database, each listener gets its events once, in order."""
    core = world.core
    await organize(world)
    role = await access_role(world, "all")
    accounts = [world.person.account]
    for each in range(1, max(3, number // MOST)):
        vault_role = "admin" if each % 2 else "developer"
        accounts.append(await add_member(world, f"m{each}", vault_role, role.id))
    people = [(await signed_in(world, accounts[each % len(accounts)]))[0] for each in range(number)]
    places = [(await follow_entries(core, each, None)).place for each in people]
    listeners = [Listener(core, each) for each in people]
    wanted: list[list[str]] = []
    for round_ in range(LAST_ROUND + 1):
        streams = EntryStreams()
        tasks = [asyncio.create_task(each.listen(streams)) for each in listeners]
        await asyncio.sleep(1)
        for each in range(4):
            await create_project(core, people[each % number], name=f"p-{round_}-{each}")
        if round_ == 1:
            await _without_database(administrator)
            await create_project(core, world.owner, name="afterwards")
        if round_ == LAST_ROUND:
            wanted = [
                [
                    str(entry.id)
                    for _, entry in (await follow_entries(core, each, place, most=1000)).entries
                ]
                for each, place in zip(people, places, strict=True)
            ]
            async with asyncio.timeout(60):
                while any(len(a.got) < len(b) for a, b in zip(listeners, wanted, strict=True)):
                    await asyncio.sleep(0.2)
        for task in tasks:  # the server stops
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    print(f"{number} listeners got {sum(map(len, wanted)):,} events")

    assert [each.got for each in listeners] == wanted
    assert len({len(each) for each in wanted}) > 1, "nobody saw less than others"


@dataclass(slots=True)
class Listener:
    """A client that continues from its last ID."""

    core: Core
    caller: Human
    last: str | None = None
    got: list[str] = field(default_factory=list[str])

    async def listen(self, streams: EntryStreams) -> None:
        """Take events until the server stops."""
        parts = await streams.start(self.core, self.caller, self.last, None)
        async with aclosing(parts):
            async for part in parts:
                text = part.decode()
                self.got += [each["id"] for each in events(text)]
                self.last = last_id(text)


async def _without_database(administrator: OpenConnection) -> None:
    """End all connections to the database, and accept no new ones for some seconds."""
    name = await administrator.fetchval("select current_database()")
    await administrator.execute(f"alter database {name} connection limit 0")
    await administrator.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    await asyncio.sleep(3)
    await administrator.execute(f"alter database {name} connection limit -1")
    await asyncio.sleep(1)
