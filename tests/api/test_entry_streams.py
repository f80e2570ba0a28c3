"""Streams of audit log events: each event once and in order, and only for as long as it may be seen (L-4)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from strongroom_api.entry_streams import MOST
from strongroom_core.projects.create import create_project
from strongroom_testkit.members import access_role, add_member, caller_of, organize


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
    from strongroom_core.audit.follow import follow_entries  # noqa: PLC0415

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
