"""A memory budget for all request bodies in progress, in addition to the limit for each body (backpressure).

Bodies are received before their senders are known, and a server that is killed for lack of memory restarts
sealed. Small bodies don't count towards the budget, so most requests are never rejected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strongroom_core.kernel.errors import Busy
from strongroom_core.kernel.shares import Shares

if TYPE_CHECKING:
    from litestar.types import Receive

    from strongroom_core.kernel.origin import Origin

FREE_BYTES = 16 * 1024
"""How many bytes at the start of each body don't count towards the budget."""

MOST_BYTES = 64 * 1024 * 1024
MOST_BYTES_OF_NETWORK = 16 * 1024 * 1024


def share_bodies() -> Shares:
    """Return the budget for the bodies of one process, in bytes."""
    return Shares(MOST_BYTES, MOST_BYTES_OF_NETWORK)


class BudgetedBody:
    """One request's body, received within the budget."""

    __slots__ = ("_held", "_origin", "_receive", "_shares", "_size")

    def __init__(self, receive: Receive, shares: Shares, origin: Origin) -> None:
        self._receive = receive
        self._shares = shares
        self._origin = origin
        self._size = self._held = 0

    async def receive(self) -> Any:
        """Return the next message. Raises `Busy` if all current bodies together exceed the budget."""
        message: Any = await self._receive()
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            more = self._size - FREE_BYTES - self._held
            if more > 0:
                if not self._shares.take(self._origin.network, more):
                    raise Busy
                self._held += more
        return message

    def give_back(self) -> None:
        """Release the request's share of the budget once the request is over."""
        if self._held:
            self._shares.give_back(self._origin.network, self._held)
            self._held = 0
