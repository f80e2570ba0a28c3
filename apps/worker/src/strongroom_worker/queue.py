"""The queue that wakes the worker: SAQ on PostgreSQL, with its own schema and login role.

Database administrators can read its tables, so a job contains IDs and never a value.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool
from saq.queue.postgres import PostgresQueue

from strongroom_core.kernel.clock import wall_clock

NAME = "strongroom"

_FEWEST_CONNECTIONS = 1
_MOST_CONNECTIONS = 6
_WAIT_SECONDS = 10.0
_FAR_SECONDS = 2 * 3600

_DROP_FAR = (
    "delete from saq_jobs"
    " where queue = %s and key like 'cron:%%' and status <> 'active' and scheduled > %s"
)


@asynccontextmanager
async def connected_queue(jobs_url: str) -> AsyncGenerator[PostgresQueue]:
    """Connect to the queue and create its tables if they are missing.

    `jobs_url` logs in as `strongroom_jobs`, whose search path is the schema `saq`. Raises
    `psycopg.OperationalError` (including its subclass `psycopg_pool.PoolTimeout`) if PostgreSQL can't be
    reached within ten seconds. If a connection is lost later, the pool reconnects automatically and never
    gives up.
    """
    pool: AsyncConnectionPool[AsyncConnection[TupleRow]] = AsyncConnectionPool(
        jobs_url,
        min_size=_FEWEST_CONNECTIONS,
        max_size=_MOST_CONNECTIONS,
        timeout=_WAIT_SECONDS,
        # With exponential backoff, the pool would take minutes to notice that the database is back. A new
        # request for a connection starts a new attempt.
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


async def drop_far_runs(queue: PostgresQueue) -> None:
    """Delete cron jobs that, by this machine's clock, are further ahead than our longest interval."""
    async with queue.pool.connection() as connection:
        await connection.execute(_DROP_FAR, (NAME, wall_clock().timestamp() + _FAR_SECONDS))


async def make_tables(jobs_url: str) -> None:
    """Create the queue's tables, as part of a migration."""
    async with connected_queue(jobs_url):
        pass
