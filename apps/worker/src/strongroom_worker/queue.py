"""The queue that wakes the worker: SAQ on PostgreSQL, in a schema and under a log-in of its own.

Its tables are readable by whoever operates the database, so a job carries ids and never a value.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool
from saq.queue.postgres import PostgresQueue

NAME = "strongroom"

_FEWEST_CONNECTIONS = 1
_MOST_CONNECTIONS = 6
_WAIT_SECONDS = 10.0


@asynccontextmanager
async def connected_queue(jobs_url: str) -> AsyncGenerator[PostgresQueue]:
    """Connect to the queue and make its tables where they are missing.

    `jobs_url` logs in as `strongroom_jobs`, whose search path is the schema `saq`. Raises
    `psycopg.OperationalError` (a `psycopg_pool.PoolTimeout` too) when PostgreSQL cannot be reached
    within ten seconds; later losses the pool repairs by itself, giving up no attempt for good.
    """
    pool: AsyncConnectionPool[AsyncConnection[TupleRow]] = AsyncConnectionPool(
        jobs_url,
        min_size=_FEWEST_CONNECTIONS,
        max_size=_MOST_CONNECTIONS,
        timeout=_WAIT_SECONDS,
        # An attempt that waits longer and longer would find a database that is back only after
        # minutes; a new request for a connection begins a new attempt.
        reconnect_timeout=_WAIT_SECONDS,
        check=AsyncConnectionPool.check_connection,
        kwargs={"autocommit": True},
        name="jobs",
        open=False,
    )
    await pool.open()
    try:
        queue = PostgresQueue(pool=pool, name=NAME)
        await queue.connect()
        try:
            yield queue
        finally:
            await queue.disconnect()
    finally:
        await pool.close()


async def make_tables(jobs_url: str) -> None:
    """Make the queue's tables, as part of a migration."""
    async with connected_queue(jobs_url):
        pass
