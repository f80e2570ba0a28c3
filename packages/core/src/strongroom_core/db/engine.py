"""The connection pool, and the only way to begin a transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

from strongroom_core.db.connection import Connection
from strongroom_core.db.failures import AWAY, READ_ONLY, failure_of, translated
from strongroom_core.db.scope import Role, scope
from strongroom_core.db.turns import PeoplesTurns
from strongroom_core.db.writes import Writes
from strongroom_core.kernel.pool_figures import PoolFigures

if TYPE_CHECKING:
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import VaultId

ACQUIRE_TIMEOUT = 10.0
"""How many seconds a transaction waits for a connection before `Busy` is raised."""

SESSION = {
    "application_name": "strongroom",
    "search_path": "public",
    "timezone": "UTC",
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
}

BEGIN = "begin"
BEGIN_SNAPSHOT = "begin isolation level repeatable read read only"


class _Unreset(asyncpg.Connection):
    """A connection that isn't reset when it returns to the pool.

    There is nothing to reset: the role, the vault and all locks end with each transaction, and nothing else
    is ever set. This saves a round trip per transaction.
    """

    def get_reset_query(self) -> str:
        """Return no statement."""
        return ""


class Database:
    """A pool, and the role its transactions use. `writes` tracks whether the database accepts writes.

    `turns` shares the pool's connections among people.
    """

    def __init__(
        self,
        pool: Any,
        role: Role,
        under_way: set[asyncio.Task[Any] | None],
        turns: PeoplesTurns,
        writes: Writes | None = None,
    ) -> None:
        self._pool = pool
        self._role = role
        self._under_way = under_way
        self._turns = turns
        self.writes = writes or Writes(self._prove_write, self._ask)

    @classmethod
    async def open(cls, url: str, *, role: Role, connections: int = 20) -> Database:
        """Connect. Raises `Unavailable` if PostgreSQL can't be reached."""
        with translated():
            pool: Any = asyncpg.create_pool(  # pyright: ignore[reportUnknownMemberType]
                url,
                min_size=min(2, connections),
                max_size=connections,
                server_settings=SESSION,
                command_timeout=60,
                connection_class=_Unreset,
            )
            return cls(await pool, role, set(), PeoplesTurns(connections))

    async def close(self) -> None:
        """Close all connections."""
        await self.writes.end()
        await self._pool.close()

    def taking_on(self, role: Role) -> Database:
        """Return the same pool with transactions in another role."""
        return Database(self._pool, role, self._under_way, self._turns, self.writes)

    async def turn_to(self, connection: Connection, vault: VaultId) -> None:
        """Switch the rest of a transaction to another vault, so that it sees only that vault's rows."""
        await connection.execute(scope(self._role, vault))

    @property
    def pool(self) -> PoolFigures | None:
        """How many connections are open and in use, or None once the pool is closed."""
        if self._pool.is_closing():
            return None
        opened = self._pool.get_size()
        return PoolFigures(self._pool.get_max_size(), opened, opened - self._pool.get_idle_size())

    @asynccontextmanager
    async def transaction(
        self,
        vault: VaultId | None,
        *,
        person: Human | None = None,
        looks: bool = False,
        keep_plans: bool = False,
    ) -> AsyncGenerator[Connection]:
        """Run the block in one transaction that sees only the rows of `vault` (tenant isolation).

        Without a vault, it sees no rows at all; only the lookups in `schema/functions` work there. A
        `person`'s transaction waits for its turn (`db/turns.py`). If it only `looks`, none of its statements
        can take longer than 10 seconds. With `keep_plans`, statements aren't planned again for their
        arguments, so each must have a plan that is good for all of them.

        Raises `RuntimeError` inside another transaction of the same task, because the inner one could commit
        without the outer one and would wait for a connection while the task holds one. Raises `Busy` if there
        is no turn or connection in time, `Crowded` if too many are waiting, and `TooLarge` for a look that
        takes too long.
        """
        async with self._begin(
            vault, BEGIN, person, looks=looks, keep_plans=keep_plans
        ) as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self, vault: VaultId, person: Human) -> AsyncGenerator[Database]:
        """Begin a read-only transaction for a person that sees one snapshot of the vault until it ends.

        Yields a database that uses this transaction for everything. Another vault raises `ValueError`. If a
        statement fails, the transaction ends for all its users.
        """
        async with self._begin(vault, BEGIN_SNAPSHOT, person, looks=True) as connection:
            shared = (self._pool, self._role, self._under_way, self._turns, self.writes)
            yield _Snapshot(connection, vault, *shared)

    @asynccontextmanager
    async def _begin(
        self,
        vault: VaultId | None,
        begin: str,
        person: Human | None = None,
        *,
        looks: bool = False,
        keep_plans: bool = False,
    ) -> AsyncGenerator[Connection]:
        task = asyncio.current_task()
        if task in self._under_way:
            raise RuntimeError("transactions can't be nested")
        reads = begin == BEGIN_SNAPSHOT
        begin = f"{begin}; {scope(self._role, vault, looks=looks, keep_plans=keep_plans)}"
        with translated(self.writes.note, reads=reads, looks=looks):
            async with self._turns.turn(person):
                connection = await self._pool.acquire(timeout=ACQUIRE_TIMEOUT)
                self._under_way.add(task)
                committing = False
                try:
                    async with _transaction(connection, begin):
                        yield connection
                        committing = not reads
                except Exception as error:
                    failure = failure_of(error)
                    if failure is READ_ONLY and not reads:
                        # Otherwise, the pool would keep its connections to a demoted primary forever.
                        await self._pool.expire_connections()
                    if failure is AWAY and committing:
                        # The connection was lost before the response to COMMIT, which may have succeeded.
                        self.writes.note(AWAY)
                        raise AWAY.error(unsure=True) from None
                    raise
                finally:
                    self._under_way.discard(task)
                    await self._pool.release(connection)

    async def _ask(self) -> None:
        async with self.transaction(None):
            pass

    async def _prove_write(self, room: int) -> None:
        async with self.transaction(None) as connection:
            await connection.execute("select prove_write($1)", room)


@asynccontextmanager
async def _transaction(connection: Connection, begin: str) -> AsyncGenerator[None]:
    """Run the block between `begin` and `commit`, or roll it back if it fails."""
    try:
        await connection.execute(begin)
        yield
    except BaseException:
        await connection.execute("rollback")
        raise
    await connection.execute("commit")


class _Snapshot(Database):
    """A transaction in progress, for everything that shares it."""

    def __init__(self, connection: Connection, vault: VaultId, *shared: Any) -> None:
        super().__init__(*shared)
        self._connection = connection
        self._vault = vault

    @asynccontextmanager
    async def transaction(
        self, vault: VaultId | None, **_options: object
    ) -> AsyncGenerator[Connection]:
        """Run the block in the transaction in progress, which has its turn and its options already."""
        if vault != self._vault:
            raise ValueError("a snapshot is for one vault")
        with translated(self.writes.note, reads=True, looks=True):
            yield self._connection
