"""What runs beside the answering ends with it."""

import asyncio

from strongroom_server.node import beside


async def test_work_that_swallows_one_cancellation_is_asked_again() -> None:
    """A queue that is just connecting takes the first cancellation for its own; the server still ends."""
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
