"""Live updates: one query per second for each vault with an open page.

They follow the audit log, so they notice everything that any node logs. A page passes the position up to
which it has seen the log. So a change that the page already shows, such as the person's own change, doesn't
refresh the page again. Reads by machines refresh only lists of events and counts.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

import structlog

from strongroom_core.access.callers import system
from strongroom_core.audit.follow import Changes, Position, find_changes
from strongroom_core.kernel.errors import StrongroomError

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.ids import VaultId

SECONDS = 1.0
REST = 60.0
"""A vault is no longer followed after this many seconds without an open page."""

MOST = 1000
"""The number of changes kept per vault. A page that has missed more is always refreshed."""

_log = structlog.get_logger()


class Behind(Enum):
    """The changes that a page has not seen."""

    NOTHING = "nothing"
    READS = "reads"
    CHANGES = "changes"


@dataclass(slots=True)
class Seen:
    """The position up to which a page has seen the log. `feed` is that of its list of events, if any."""

    page: Position
    feed: Position | None


@dataclass(slots=True)
class Watched:
    """One vault, followed up to `position`. `changes` contains all changes after `since`."""

    position: Position
    since: Position
    reads: Position
    """The position of the latest reads."""
    changes: list[int] = field(default_factory=list[int])
    more: asyncio.Event = field(default_factory=asyncio.Event)
    asked_at: float = 0.0
    asking: asyncio.Task[None] | None = None

    def behind(self, seen: Seen) -> Behind:
        """Return the changes that a page at this position has missed."""
        page = seen.page
        if not page.covers(self.since) or not all(page.has(tx) for tx in self.changes):
            return Behind.CHANGES
        if seen.feed is not None and not seen.feed.covers(self.reads):
            return Behind.READS
        return Behind.NOTHING

    def take(self, changes: Changes) -> None:
        """Add changes, and wake the waiting pages."""
        if changes.changes is None:
            self.since, self.changes = changes.position, []
        elif len(self.changes) + len(changes.changes) > MOST:
            self.since, self.changes = self.position, [*changes.changes]
        else:
            self.changes += changes.changes
        self.position = changes.position
        if changes.reads:
            self.reads = changes.position
        self.more.set()
        self.more = asyncio.Event()


class Live:
    """Notifies open pages. One query serves all pages of a vault."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._vaults: dict[VaultId, Watched] = {}

    async def behind(self, vault: VaultId, seen: Seen, *, within: float) -> Behind:
        """Wait up to `within` seconds for changes that a page has missed, and return it."""
        watched = self._watch(vault, seen)
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while (behind := watched.behind(seen)) is Behind.NOTHING:
            watched.asked_at = loop.time()
            try:
                async with asyncio.timeout_at(end):
                    await watched.more.wait()
            except TimeoutError:
                break
        return behind

    def _watch(self, vault: VaultId, seen: Seen) -> Watched:
        watched = self._vaults.get(vault)
        if watched is None or watched.asking is None or watched.asking.done():
            # The page has seen everything before its position, so there is nothing to catch up on.
            watched = Watched(seen.page, seen.page, seen.page)
            self._vaults[vault] = watched
            watched.asked_at = asyncio.get_running_loop().time()
            watched.asking = asyncio.create_task(self._ask(vault, watched))
        return watched

    async def _ask(self, vault: VaultId, watched: Watched) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() - watched.asked_at < REST:
            await asyncio.sleep(SECONDS)
            await self.ask(vault, watched)

    async def ask(self, vault: VaultId, watched: Watched) -> None:
        """Query the database for a vault's changes. The result is empty while the database is unavailable."""
        try:
            changes = await find_changes(self._core, system("dashboard", vault), watched.position)
        except StrongroomError as error:
            _log.warning("live_updates_pause", reason=error.code)
        else:
            if changes is not None:
                watched.take(changes)
