"""Checks whether the database accepts writes, which every read of a value needs for its entry."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import structlog

from strongroom_core.db.failures import BUSY, READ_ONLY, SILENT, Failure, UnplannedFailure
from strongroom_core.kernel.errors import StrongroomError, Unavailable
from strongroom_core.kernel.seldom import Seldom

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

AGAIN_SECONDS, AGAIN_AFTER_FAILURE_SECONDS = 5.0, 1.0
"""How often a row is written while everything works, and how long a failure is cached."""

PATIENCE_SECONDS = 3.0
"""How long a write can take before the database counts as unresponsive."""

ROOM = 2000
"""How many rows a database must accept after a failure. This is about as many as in a busy second."""

_log = structlog.get_logger()


class Writes:
    """Whether one pool's database accepts writes, in any role. Belongs to one event loop.

    `write` writes and commits a row, and checks whether there is room for more rows. `ask` is a round trip
    without a write.
    """

    def __init__(
        self, write: Callable[[int], Awaitable[None]], ask: Callable[[], Awaitable[None]]
    ) -> None:
        self._write = write
        self._ask = ask
        self._seldom = Seldom("database_unavailable")
        self._proof: asyncio.Task[Unavailable | None] | None = None
        self._begun = self._written = float("-inf")
        self._doubtful = False
        self._room = 0

    def note(self, failure: Failure) -> None:
        """Record a transaction's failure, and log it at most once a minute."""
        self._seldom.count(failure.kind)
        if failure.writes:
            self._doubtful = True
            # A read-only database has room. After any other failure, it may accept one last row, but no more.
            self._room = 0 if failure is READ_ONLY else ROOM

    async def problem(self) -> Unavailable | None:
        """Return the reason why writes fail, or None. Few rows are written, even if many callers ask.

        Between two writes, this only checks that the database responds: a server that has just lost it must
        not count as ready because a row was written some seconds ago. The write isn't canceled after the
        timeout, because canceling is another query to the database.
        """
        now = time.monotonic()
        if self._proof is None or (self._proof.done() and not self._failed_recently(now)):
            self._begun = now
            writes = self._doubtful or now - self._written >= AGAIN_SECONDS
            self._written = now if writes else self._written
            self._proof = asyncio.create_task(self._prove(writes=writes))
        proof = self._proof
        await asyncio.wait({proof}, timeout=max(0.0, self._begun + PATIENCE_SECONDS - now))
        return proof.result() if proof.done() else SILENT.error()

    async def end(self) -> None:
        """Stop waiting for the database."""
        if self._proof is not None and not self._proof.done():
            self._proof.cancel()
            await asyncio.wait({self._proof}, timeout=PATIENCE_SECONDS)

    def _failed_recently(self, now: float) -> bool:
        failed = self._proof is not None and self._proof.result() is not None
        return failed and now - self._begun < AGAIN_AFTER_FAILURE_SECONDS

    async def _prove(self, *, writes: bool) -> Unavailable | None:
        doubtful, self._doubtful = self._doubtful, False
        try:
            if writes:
                await self._write(self._room)
            else:
                await self._ask()
        except Unavailable as error:
            problem = error
        except StrongroomError:
            problem = BUSY.error()
        except UnplannedFailure as failure:
            problem = Unavailable(reason=str(failure), remedy="run `strongroom-server doctor`")
        else:
            self._room = 0 if writes else self._room
            if doubtful:
                _log.info("database_takes_writes")
            return None
        self._doubtful = True
        return problem
