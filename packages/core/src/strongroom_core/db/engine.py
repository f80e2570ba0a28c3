"""Piccolo's engine on a pool of our own, and the one way to begin a transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from strongroom_core.db.connection import Connection
from strongroom_core.db.scope import Role, enter
from strongroom_core.kernel.errors import Busy, Invalid, StrongroomError, Unavailable
from strongroom_core.kernel.pool_figures import PoolFigures

if TYPE_CHECKING:
    from piccolo.table import Table

    from strongroom_core.kernel.ids import VaultId

ACQUIRE_TIMEOUT = 10.0
"""Seconds a transaction waits for a connection before the caller is told to come back."""

SESSION = {
    "application_name": "strongroom",
    "search_path": "public",
    "timezone": "UTC",
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
}

CONNECTION_LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # What asyncpg makes of a connection that was ended under it.
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
TRY_AGAIN = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.TooManyConnectionsError,
)


class UnplannedFailure(RuntimeError):
    """A statement failed in a way nobody planned for: a defect of ours, or rights that were changed.

    Says which kind of failure and which constraint, for the log, and nothing of the row.
    """

    def __init__(self, error: asyncpg.PostgresError) -> None:
        constraint = getattr(error, "constraint_name", None)
        where = f" by {constraint}" if constraint else ""
        super().__init__(f"the database refused a statement: {type(error).__name__}{where}")


class PooledEngine(PostgresEngine):
    """Piccolo's engine, which does not connect when it is made: the pool is the only connection."""

    def get_version_sync(self) -> float:
        """Skip the version check, which would open a connection of its own."""
        return 0.0

    async def check_version(self) -> None:
        """Skip the version check: `Database.open` makes its own."""


class _Unreset(asyncpg.Connection):
    """A connection that is not reset when it goes back to the pool.

    There is nothing to reset: role, vault and locks end with each transaction, and nothing else
    is ever set. It saves a round trip for each transaction.
    """

    def get_reset_query(self) -> str:
        """Return no statement at all."""
        return ""


class Database:
    """A pool, the role its transactions take on, and the tables that use it."""

    def __init__(self, engine: PooledEngine, role: Role) -> None:
        self._engine = engine
        self._role = role

    @classmethod
    async def open(
        cls, url: str, tables: Sequence[type[Table]], *, role: Role, connections: int = 20
    ) -> Database:
        """Connect, and make `tables` use this database.

        Piccolo knows one engine per table, so the newest database opened is the one all tables use.
        Raises `Unavailable` when PostgreSQL cannot be reached.
        """
        engine = PooledEngine(config={"dsn": url})
        with _translated():
            await engine.start_connection_pool(  # pyright: ignore[reportUnknownMemberType]
                min_size=min(2, connections),
                max_size=connections,
                server_settings=SESSION,
                command_timeout=60,
                connection_class=_Unreset,
            )
        for table in tables:
            table._meta.db = engine  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] -- no other way to bind a table
        return cls(engine, role)

    async def close(self) -> None:
        """Give every connection back."""
        await self._engine.close_connection_pool()

    def taking_on(self, role: Role) -> Database:
        """Return the same pool, whose transactions take on another role."""
        return Database(self._engine, role)

    @property
    def pool(self) -> PoolFigures | None:
        """How the connections are used; None before there are any, and after."""
        pool: Any = self._engine.pool
        if pool is None:
            return None
        opened = pool.get_size()
        return PoolFigures(pool.get_max_size(), opened, opened - pool.get_idle_size())

    @asynccontextmanager
    async def transaction(self, vault: VaultId | None) -> AsyncGenerator[Connection]:
        """Run the block in one transaction that sees the rows of `vault` and nothing else.

        Without a vault it sees no rows at all; only the look-ups of the migrations answer there.
        Transactions do not nest. The connection goes back to the pool whatever happens: Piccolo's
        own context manager leaks it, and the transaction variable with it, when COMMIT fails.
        """
        pool: Any = self._engine.pool
        if pool is None:
            raise Unavailable
        with _translated():
            connection = await pool.acquire(timeout=ACQUIRE_TIMEOUT)
            try:
                transaction = PostgresTransaction(self._engine, allow_nested=False)
                transaction.connection = connection
                token = self._engine.current_transaction.set(transaction)
                try:
                    async with connection.transaction():
                        await enter(connection, self._role, vault)
                        yield connection
                finally:
                    self._engine.current_transaction.reset(token)
            finally:
                await pool.release(connection)


class _translated:  # noqa: N801 -- reads as a statement
    """Turn what PostgreSQL and the network raise into our own errors.

    Their texts quote the offending row (`DETAIL: Key (name)=(…)`), so none of them may travel on.
    """

    def __enter__(self) -> None:
        return

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if error is None or isinstance(error, StrongroomError):
            return
        if isinstance(error, asyncio.TimeoutError):
            raise Busy from None
        if isinstance(error, CONNECTION_LOST):
            raise Unavailable from None
        if isinstance(error, TRY_AGAIN):
            raise Busy from None
        if isinstance(error, asyncpg.DataError):
            raise Invalid("the request holds a text or number that cannot be stored") from None
        if isinstance(error, asyncpg.PostgresError):
            raise UnplannedFailure(error) from None
