"""Sends deliveries to webhooks, alongside the queue's jobs.

It isn't a job in the queue, because the next run of a job waits for the previous one, so a receiver that
hangs would delay everyone else's deliveries. The database decides which process sends what
(`alerts/send.py`), so any number of processes can send.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from strongroom_core.alerts.send import AT_ONCE, AT_ONCE_FAILING, due_deliveries
from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.kernel.seldom import Seldom
from strongroom_worker import jobs

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from strongroom_core.alerts.send import Claim
    from strongroom_core.core import Core

EVERY_SECONDS = 0.5
_PAUSE_SECONDS = 0.02
_AGAIN_SECONDS = 2.0

FAILURES = Seldom("deliveries_unavailable")
"""Logged rarely, because every attempt fails while the database is unreachable."""


class Postman:
    """The deliveries that this process is sending. `freed` is set whenever one has ended."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._sending: dict[asyncio.Task[bool], bool] = {}
        self.freed = asyncio.Event()

    async def go_round(self) -> int:
        """Claim as many due deliveries as there is room for, and start sending them."""
        failing = sum(self._sending.values())
        claims = await due_deliveries(
            self._core,
            most=AT_ONCE - (len(self._sending) - failing),
            most_failing=AT_ONCE_FAILING - failing,
        )
        for claim in claims:
            task = asyncio.create_task(self._send(claim))
            self._sending[task] = claim.failing
            task.add_done_callback(self._end)
        return len(claims)

    async def _send(self, claim: Claim) -> bool:
        try:
            return await jobs.attempt(self._core, "send_delivery", claim.vault, claim.id)
        except StrongroomError:
            return False  # The claim ends soon, and then it is sent again.

    def _end(self, task: asyncio.Task[bool]) -> None:
        self._sending.pop(task, None)
        self.freed.set()

    async def finish(self) -> None:
        """Wait until everything that is being sent is done."""
        while self._sending:
            await asyncio.wait(self._sending)

    async def stop(self) -> None:
        """Cancel the deliveries that are being sent. They are sent again later, with the same IDs."""
        sending = list(self._sending)
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)


@asynccontextmanager
async def delivering(core: Core) -> AsyncGenerator[None]:
    """Send deliveries for the duration of the block. Pauses while the core is sealed."""
    postman = Postman(core)
    task = asyncio.create_task(_go_on(core, postman))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await postman.stop()


async def _go_on(core: Core, postman: Postman) -> None:
    while True:
        postman.freed.clear()
        try:
            if not core.sealed:
                await postman.go_round()
        except StrongroomError as error:
            FAILURES.count(type(error).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)
        await asyncio.sleep(_PAUSE_SECONDS)
        with suppress(TimeoutError):
            # What has ended made room for the next one.
            await asyncio.wait_for(postman.freed.wait(), EVERY_SECONDS)
