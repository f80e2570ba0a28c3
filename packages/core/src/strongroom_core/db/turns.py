"""People's turns with the connection pool, so that connections are always left for machines and jobs.

A person's query can take seconds, such as a search of a large audit log. Without a limit, a few people, or
one program with a key, could take every connection, and then no machine in any vault could read its secrets.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.errors import Busy
from strongroom_core.kernel.shares import Shares

PATIENCE = 10.0
"""How many seconds a person's transaction waits for its turn before `Busy` is raised."""

LONGEST_LOOK = 10
"""How many seconds a statement of a person's list or search can take. Other statements can take 30."""

WAITING = 1024
WAITING_EACH = 256
"""How many transactions can wait in total, and for each vault and each account."""


class PeoplesTurns:
    """The transactions of people that can run at once: half of the pool, in turn for each vault.

    Of that half, a vault can have 60% and an account 40%, so neither can keep the others waiting.
    """

    def __init__(self, connections: int) -> None:
        most = max(1, connections // 2)
        vault, account = max(1, most * 3 // 5), max(1, most * 2 // 5)
        # An account's transactions that wait for their vault's turn count as running here, so the accounts'
        # total is as large as the vaults' queue.
        self._accounts = Shares(WAITING, account, waiting=WAITING, waiting_each=WAITING_EACH)
        self._vaults = Shares(most, vault, waiting=WAITING, waiting_each=WAITING_EACH)

    @asynccontextmanager
    async def turn(self, person: Human | None) -> AsyncGenerator[None]:
        """Hold a turn for the duration of the block. Anyone but a person doesn't need one.

        Raises `Busy` after 10 seconds, and `Crowded` immediately if too many are waiting.
        """
        async with AsyncExitStack() as held:
            if person is not None:
                try:
                    async with asyncio.timeout(PATIENCE):
                        await held.enter_async_context(self._accounts.turn(person.account))
                        await held.enter_async_context(self._vaults.turn(person.vault))
                except TimeoutError:
                    raise Busy from None
            yield
