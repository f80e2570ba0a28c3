"""Streams of audit log events, as server-sent events (L-4).

Each stream belongs to one person. Before anything is sent, the person is authenticated again, so a sign-out,
a suspension or a changed role ends the stream before the next event. One query per second and vault tells all
streams whether there are new events; each stream then reads what its person can see.

While the database is unavailable, streams wait: a browser's `EventSource` never reconnects after an error.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from strongroom_core.access.callers import system
from strongroom_core.accounts.sessions import authenticate_session
from strongroom_core.audit.follow import follow_entries, latest_entry
from strongroom_core.audit.list import EVERYTHING
from strongroom_core.kernel.errors import (
    Busy,
    Crowded,
    Invalid,
    NotAuthenticated,
    Refused,
    TooLarge,
    TooMany,
    Unavailable,
)
from strongroom_core.keys.authenticate import recheck_key

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from strongroom_core.audit.filter import EntryFilter
    from strongroom_core.audit.follow import Followed, Place
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import AccountId, VaultId

MOST = 5
"""How many streams a person can have open in one process."""

SECONDS, RECHECKED, REST = 1.0, 5.0, 60.0
"""Seconds between two searches for new events, between two checks of the person, and until a vault without
streams is no longer watched."""

RETRY_MILLISECONDS = 2000
BUSY_SECONDS = 10

_LATER = (Busy, Crowded, TooLarge, Unavailable)
"""While a stream gets one of these, it waits. It only reads what is new, so it catches up."""


@dataclass(slots=True)
class _Watched:
    """A vault with streams. `more` is set, and replaced, when there are new events."""

    more: asyncio.Event = field(default_factory=asyncio.Event)
    latest: str | None = None
    asked_at: float = 0.0
    asking: asyncio.Task[None] | None = None


@dataclass(slots=True)
class EntryStreams:
    """The streams of one process."""

    open: Counter[AccountId] = field(default_factory=Counter["AccountId"])
    _vaults: dict[VaultId, _Watched] = field(default_factory=dict["VaultId", _Watched])

    async def start(
        self,
        core: Core,
        caller: Human,
        after: str | None,
        seconds: int | None,
        wanted: EntryFilter = EVERYTHING,
    ) -> AsyncGenerator[bytes]:
        """Return a stream whose first part has been read, so that errors become ordinary responses.

        `after` is the ID of the last event that the person has, and `seconds` limits how long the stream
        stays open. Raises `TooMany` if the person has too many streams, and `Invalid` for an `after` that
        isn't from a stream, or an invalid filter.
        """
        place = _parsed(after) if after else None
        if self.open[caller.account] >= MOST:
            raise TooMany(BUSY_SECONDS)
        parts = self._parts(core, caller, place, seconds, wanted)
        first = await anext(parts)
        return _from(first, parts)

    async def _parts(
        self,
        core: Core,
        caller: Human,
        place: Place | None,
        seconds: int | None,
        wanted: EntryFilter,
    ) -> AsyncGenerator[bytes]:
        loop = asyncio.get_running_loop()
        end = None if seconds is None else loop.time() + seconds
        self.open[caller.account] += 1
        try:
            watched = self._watch(core, caller.vault)
            more = watched.more
            followed = await follow_entries(core, caller, place, wanted)
            yield f"retry: {RETRY_MILLISECONDS}\n".encode() + _written(followed)
            while end is None or loop.time() < end:
                if not followed.more:
                    wait = RECHECKED if end is None else min(RECHECKED, end - loop.time())
                    # `wait_for` can swallow a cancellation, and the stream would never end.
                    with suppress(TimeoutError):
                        async with asyncio.timeout(wait):
                            await more.wait()
                watched = self._watch(core, caller.vault)
                more = watched.more
                try:
                    person = await _again(core, caller)
                    if person.authority != caller.authority:
                        yield _ended("role_changed")
                        return
                    if person.vault != caller.vault:
                        yield _ended("vault_switched")
                        return
                    followed = await follow_entries(core, person, followed.place, wanted)
                except (NotAuthenticated, Refused):
                    yield _ended("signed_out")
                    return
                except _LATER:
                    await asyncio.sleep(SECONDS)
                    continue
                yield _written(followed)
        finally:
            self.open[caller.account] -= 1

    def _watch(self, core: Core, vault: VaultId) -> _Watched:
        watched = self._vaults.setdefault(vault, _Watched())
        watched.asked_at = asyncio.get_running_loop().time()
        if watched.asking is None or watched.asking.done():
            watched.asking = asyncio.create_task(self._ask(core, vault, watched))
        return watched

    async def _ask(self, core: Core, vault: VaultId, watched: _Watched) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() - watched.asked_at < REST:
            with suppress(Busy, Unavailable):
                latest = await latest_entry(core, system("streams", vault))
                if latest != watched.latest:
                    watched.latest = latest
                    watched.more.set()
                    watched.more = asyncio.Event()
            await asyncio.sleep(SECONDS)
        self._vaults.pop(vault, None)


async def _from(first: bytes, parts: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(parts):
        yield first
        async for part in parts:
            yield part


async def _again(core: Core, caller: Human) -> Human:
    """Return the person as they are now. Following a stream doesn't count as use of the session (A-4)."""
    if caller.key is not None:
        return await recheck_key(core, caller)
    return await authenticate_session(core, caller.session, caller.origin, used=False)


def _written(followed: Followed) -> bytes:
    """Return the events as text, and the ID at which to continue, which also keeps the connection alive."""
    parts = [
        f"id: {_text_of(place)}\nevent: entry\ndata: ".encode()
        + msgspec.json.encode(entry)
        + b"\n\n"
        for place, entry in followed.entries
    ]
    return b"".join([*parts, f"id: {_text_of(followed.place)}\n\n".encode()])


def _ended(reason: str) -> bytes:
    return b"event: end\ndata: " + msgspec.json.encode({"reason": reason}) + b"\n\n"


def _text_of(place: Place) -> str:
    incarnation, tx, entry = place
    return f"{incarnation}.{tx}.{entry.hex}"


def _parsed(text: str) -> Place:
    try:
        incarnation, tx, entry = text.split(".")
        place = (_number(incarnation, 2**31), str(_number(tx, 2**63)), UUID(hex=entry))
    except ValueError:
        raise Invalid(
            "this isn't the ID of an event from this stream; leave it out to start with new events",
            field="after",
        ) from None
    return place


def _number(text: str, limit: int) -> int:
    """Return the number in the text. Checks the length first: int() rejects more than 4,300 digits."""
    if text.isascii() and text.isdecimal() and len(text) <= len(str(limit)) and int(text) < limit:
        return int(text)
    raise ValueError("not a number below the limit")
