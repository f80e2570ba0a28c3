"""The SQLSTATE distinguishes database failures from defects, and the server recovers from each failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
import pytest
from structlog.testing import capture_logs

from strongroom_core.core import Core
from strongroom_core.db import failures, writes
from strongroom_core.db.connection import OpenConnection, connect
from strongroom_core.db.engine import Database
from strongroom_core.db.failures import Failure, UnplannedFailure, failure_of
from strongroom_core.db.scope import Role
from strongroom_core.db.writes import Writes
from strongroom_core.kernel.errors import Busy, Unavailable
from strongroom_core.runtime.start import blind_core, open_core
from strongroom_core.settings import Settings
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.people import Person

STATES: dict[str, Failure | None] = {
    "08000": failures.AWAY,
    "08006": failures.AWAY,
    "08P01": failures.POOLED,
    "23505": None,
    "25006": failures.READ_ONLY,
    "25P03": failures.AWAY,
    "28000": failures.LOGIN_DENIED,
    "28P01": failures.LOGIN_DENIED,
    "3D000": failures.NO_DATABASE,
    "40001": failures.BUSY,
    "40P01": failures.BUSY,
    "42501": None,
    "42P01": None,
    "53000": failures.SHORT_OF_RESOURCES,
    "53100": failures.DISK_FULL,
    "53200": failures.SHORT_OF_RESOURCES,
    "53300": failures.NO_CONNECTION_LEFT,
    "53400": failures.SHORT_OF_RESOURCES,
    "53ZZZ": failures.SHORT_OF_RESOURCES,
    "55000": None,
    "55P03": failures.BUSY,
    "57000": failures.AWAY,
    "57014": failures.BUSY,
    "57P01": failures.AWAY,
    "57P02": failures.AWAY,
    "57P03": failures.AWAY,
    "57P04": failures.AWAY,
    "58000": failures.FILES,
    "58030": failures.FILES,
    "58P01": failures.FILES,
    "XX000": None,
    "XX001": None,
}
"""The expected meaning of each state, independent of the table. Unlisted states go by their class."""


REPORT = "do $$ begin raise exception using errcode = '{}'; end $$"


async def meet(database: Database, statement: str) -> Exception | None:
    """Return the error that a transaction with this statement raises, or None."""
    try:
        async with database.transaction(None) as connection:
            await connection.execute(statement)
    except (Busy, Unavailable, UnplannedFailure) as error:
        return error
    return None


async def test_every_state_has_its_error(core: Core) -> None:
    """H-3: an unavailable, full, read-only or inaccessible database gives 503; other states are defects."""
    for state, failure in STATES.items():
        error = await meet(core.database, REPORT.format(state))
        told = (type(error), error.reason if isinstance(error, Unavailable) else None)

        if failure is None:
            assert (UnplannedFailure, None) == told, state
        elif failure is failures.BUSY:
            assert (Busy, None) == told, state
        else:
            assert (Unavailable, failure.reason) == told, state


def test_a_read_only_file_system_is_not_a_missing_privilege() -> None:
    """H-3: both errors have SQLSTATE 42501; only PostgreSQL's source location distinguishes them."""
    error: Any = asyncpg.InsufficientPrivilegeError("could not open file")
    expected = {"md.c": failures.FILES, "fd.c": failures.FILES, "aclchk.c": None, None: None}
    for source, failure in expected.items():
        error.server_source_filename = source

        assert failure is failure_of(error)


@pytest.fixture
async def three(settings: Settings) -> AsyncIterator[Core]:
    """A core with three connections."""
    core = await open_core(replace(settings, database_connections=3))
    yield core
    await core.database.close()


async def reconnect_all(database: Database, count: int) -> None:
    """Open this many connections and leave them idle."""
    inside = asyncio.Barrier(count)

    async def hold() -> None:
        async with database.transaction(None):
            await inside.wait()

    await asyncio.gather(*(hold() for _ in range(count)))


async def test_a_failover_discards_all_connections(
    three: Core, cluster: Cluster, database: str, administrator: OpenConnection
) -> None:
    """H-3: a read-only session is discarded with all others, so at most one request fails."""
    name = await administrator.fetchval("select current_database()")
    await administrator.execute(f"alter database {name} set default_transaction_read_only = on")
    await three.database._pool.expire_connections()
    await reconnect_all(three.database, 3)
    first = await three.database.writes.problem()
    await administrator.execute("set transaction_read_only = off")
    await administrator.execute(f"alter database {name} reset default_transaction_read_only")
    later = [await meet(three.database, "select prove_write(0)") for _ in range(4)]

    assert first is not None
    assert first.reason == failures.READ_ONLY.reason
    assert [None] * 4 == later


async def test_a_transaction_that_only_reads_and_writes_is_a_defect(
    core: Core, owner: Person
) -> None:
    """H-3: in a read-only transaction, error 25006 says nothing about the database."""
    vault, person = owner.vault, owner.caller(core)
    with pytest.raises(UnplannedFailure, match="ReadOnly"):
        async with (
            core.database.snapshot(vault, person) as shared,
            shared.transaction(vault) as connection,
        ):
            await connection.execute("update vault set name = name")

    assert await core.database.writes.problem() is None


async def test_a_write_check_leaves_one_row_per_connection(
    core: Core, administrator: OpenConnection
) -> None:
    """H-4: testing writes leaves one row per connection, in either role, even when the disk is full."""
    for database in (core.database, blind_core(core).database):
        async with database.transaction(None) as connection:
            await connection.execute("select prove_write(50)")
            await connection.execute("select prove_write(0)")
            await connection.execute("select prove_write(0)")
    rows = await administrator.fetch("select key from rate_count where key like 'write:%'")

    assert 1 <= len(rows) <= 2
    assert all(row["key"].count(":") == 1 for row in rows)


async def answers() -> None:
    """Simulate a successful round trip to the database."""


async def test_a_lost_database_is_noticed_between_writes() -> None:
    """H-4: a server that has lost its database isn't ready, even if a write succeeded a second ago."""
    there = True

    async def ask() -> None:
        if not there:
            raise failures.SILENT.error()

    async def write(_room: int) -> None:
        return

    found = Writes(write, ask)
    assert await found.problem() is None
    there = False
    assert await found.problem() is not None


async def test_however_many_ask_one_row_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """H-4: anyone can request the health check, so its cost doesn't grow with the number of requests."""
    asked: list[int] = []

    async def write(room: int) -> None:
        asked.append(room)
        await asyncio.sleep(0)
        if fails:
            raise failures.DISK_FULL.error()

    fails = False
    found = Writes(write, answers)
    monkeypatch.setattr(writes, "AGAIN_AFTER_FAILURE_SECONDS", 0.0)

    assert [None] * 50 == list(await asyncio.gather(*(found.problem() for _ in range(50))))
    assert [0] == asked
    # A request fails on the full disk: the cached result is dropped, and the next check looks for
    # room.
    fails = True
    found.note(failures.DISK_FULL)
    told = await found.problem()
    assert told is not None
    assert failures.DISK_FULL.reason == told.reason
    fails = False
    assert await found.problem() is None
    assert await found.problem() is None
    assert [0, writes.ROOM, writes.ROOM] == asked


async def test_a_silent_database_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """H-4: the readiness check answers in time, queries once, and succeeds once the database is back."""
    back = asyncio.Event()
    asked: list[int] = []

    async def write(room: int) -> None:
        asked.append(room)
        await back.wait()

    monkeypatch.setattr(writes, "PATIENCE_SECONDS", 0.05)
    found = Writes(write, answers)
    first, second = await found.problem(), await found.problem()
    back.set()
    await asyncio.sleep(0)

    assert [failures.SILENT.reason] * 2 == [each.reason for each in (first, second) if each]
    assert await found.problem() is None
    assert [0] == asked


def test_states_are_logged_once_a_minute() -> None:
    """H-4: failures aren't logged once per request, which would use up even more of a full disk."""

    async def write(_room: int) -> None:
        return

    found = Writes(write, answers)
    with capture_logs() as lines:
        for _ in range(1000):
            found.note(failures.DISK_FULL)

    assert [("database_unavailable", {"disk_full": 1})] == [
        (line["event"], line["kinds"]) for line in lines
    ]


async def test_a_denied_login_is_reported_to_the_administrator(
    cluster: Cluster, database: str
) -> None:
    """H-3, E-5: the reason is written for the administrator, and contains no part of the password."""
    url = cluster.url(database).replace(cluster.passwords["strongroom"], "Hunter2")
    for opening in (Database.open(url, role=Role.APP), connect(url)):
        with pytest.raises(Unavailable) as caught:
            await opening

        assert failures.LOGIN_DENIED.reason == caught.value.reason
        assert "Hunter2" not in str(caught.value) + caught.value.reason + caught.value.remedy
