"""A database that counts transactions and statements, to test how many an operation needs."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from strongroom_core.db.engine import Database

if TYPE_CHECKING:
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import VaultId


class Counting(Database):
    """A database that uses the pool and role of another one.

    `begun` is the number of transactions so far. `statements` contains the statements of the last
    transaction, without its beginning and end, and `all_statements` contains those of all transactions.
    """

    def __init__(self, database: Database) -> None:
        shared = (database._pool, database._role, database._under_way, database._turns)  # noqa: SLF001 -- the same pool
        super().__init__(*shared)
        self.begun = 0
        self.statements: list[str] = []
        self.all_statements: list[str] = []

    @asynccontextmanager
    async def _begin(
        self,
        vault: VaultId | None,
        begin: str,
        person: Human | None = None,
        **chosen: bool,
    ) -> AsyncGenerator[Connection]:
        self.begun += 1
        async with super()._begin(vault, begin, person, **chosen) as connection:
            self.statements = []
            logged: Any = connection
            logged.add_query_logger(self._note)
            try:
                yield connection
            finally:
                logged.remove_query_logger(self._note)

    def _note(self, record: Any) -> None:
        self.statements.append(record.query)
        self.all_statements.append(record.query)
