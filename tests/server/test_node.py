"""Tasks that run alongside the server end with it."""

import asyncio

from strongroom_server.node import beside


async def test_ignored_cancellations_are_repeated() -> None:
    """A queue that is connecting ignores the first cancellation; the server still stops."""
    cancellations = 0

    async def stubborn() -> None:
        nonlocal cancellations
        while cancellations < 2:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                cancellations += 1

    async with asyncio.timeout(30):
        async with beside(stubborn()):
            await asyncio.sleep(0)

    assert cancellations == 2
