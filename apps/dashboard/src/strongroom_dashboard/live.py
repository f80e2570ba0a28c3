"""Telling open pages that something happened: one question a second for each vault somebody watches.

The record is what is followed, so whatever leaves an entry is noticed, whichever node did it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.operate.sweep import worker
from strongroom_core.record.follow import Position, find_news, latest

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import System
    from strongroom_core.kernel.ids import VaultId

SECONDS = 1.0
REST = 60.0
"""Seconds after which a vault that nobody watches is not asked about any more."""

_log = structlog.get_logger()


@dataclass(slots=True)
class _Watched:
    """One vault: how much happened there so far, and who waits for more."""

    happened: int = 0
    more: asyncio.Event = field(default_factory=asyncio.Event)
    asked_at: float = 0.0
    asking: asyncio.Task[None] | None = None


class Live:
    """What happened in each vault, counted. However many pages watch, each vault is asked about once."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._vaults: dict[VaultId, _Watched] = {}

    def happened(self, vault: VaultId) -> int:
        """Return how much is known to have happened, for `more`; begins to follow the vault."""
        watched = self._vaults.setdefault(vault, _Watched())
        watched.asked_at = asyncio.get_running_loop().time()
        if watched.asking is None or watched.asking.done():
            watched.asking = asyncio.create_task(self._ask(vault, watched))
        return watched.happened

    async def more(self, vault: VaultId, since: int, *, within: float) -> bool:
        """Wait until more happened than `since`, or for `within` seconds; return whether it did."""
        if self.happened(vault) > since:
            return True
        try:
            async with asyncio.timeout(within):
                await self._vaults[vault].more.wait()
        except TimeoutError:
            return False
        return True

    async def _ask(self, vault: VaultId, watched: _Watched) -> None:
        loop = asyncio.get_running_loop()
        position: Position | None = None
        while loop.time() - watched.asked_at < REST:
            try:
                caller = worker("dashboard", vault)
                news = await self._news(caller, position)
                if news is not None:
                    # The first answer counts too: a page was read before it, and may lack something.
                    position = news
                    watched.happened += 1
                    watched.more.set()
                    watched.more = asyncio.Event()
            except StrongroomError as error:
                _log.warning("live_updates_pause", reason=error.code)
            await asyncio.sleep(SECONDS)

    async def _news(self, caller: System, since: Position | None) -> Position | None:
        if since is None:
            return await latest(self._core, caller)
        return await find_news(self._core, caller, since)
