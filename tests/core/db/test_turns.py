"""People take turns with the connections, so that machines in every vault can always read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from strongroom_core.access import gate
from strongroom_core.access.actions.audit import AUDIT_VIEW
from strongroom_core.access.actions.projects import PROJECT_CREATE
from strongroom_core.access.looking import looking
from strongroom_core.audit.list import list_entries
from strongroom_core.core import Core
from strongroom_core.db import scope, turns
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.errors import Busy, Crowded, TooLarge
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.listing import list_projects
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.runtime.start import blind_core, open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.world import World

CONNECTIONS = 10
PEOPLE, OF_VAULT, OF_ACCOUNT = 5, 3, 2
"""How many of these connections all people, one vault and one account can use."""

Holding = Callable[[Core, Human], AbstractAsyncContextManager[Any]]


@pytest.fixture
async def narrow(settings: Settings, cluster: Cluster, core: Core) -> AsyncIterator[Core]:
    """A core with few connections, on the database of `core`."""
    opened = await open_core(replace(settings, database_connections=CONNECTIONS))
    await unseal(opened, cluster.root)
    yield opened
    await opened.database.close()


@asynccontextmanager
async def listing(core: Core, caller: Human) -> AsyncGenerator[None]:
    """A list that takes as long as the block."""
    async with gate.perform(core, caller, AUDIT_VIEW):
        yield


@asynccontextmanager
async def changing(core: Core, caller: Human) -> AsyncGenerator[None]:
    """A change that takes as long as the block."""
    async with gate.perform(core, caller, PROJECT_CREATE):
        yield


@asynccontextmanager
async def page(core: Core, caller: Human) -> AsyncGenerator[None]:
    """A page of the dashboard, which runs several lists in one transaction."""
    async with looking(blind_core(core), caller) as view:
        await list_projects(view, caller, PageRequest())
        yield


class Crowd:
    """Transactions of people that hold their connections until `end`."""

    def __init__(self, core: Core, holding: Holding) -> None:
        self.inside = 0
        self._core, self._holding = core, holding
        self._over = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def join(self, *callers: Human, until: int) -> int:
        """Start one transaction for each caller; return how many are inside, at least `until`, in the end."""
        self._tasks += [asyncio.create_task(self._hold(each)) for each in callers]
        async with asyncio.timeout(20):
            while self.inside < until:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        return self.inside

    async def end(self) -> list[BaseException | None]:
        """End all of them; return their errors."""
        self._over.set()
        return await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _hold(self, caller: Human) -> None:
        async with self._holding(self._core, caller):
            self.inside += 1
            await self._over.wait()


def other_account(caller: Human, number: int) -> Human:
    """Return a caller with another account in the same vault."""
    return replace(caller, account=f"{caller.account}{number}")


@pytest.mark.parametrize("holding", [listing, changing, page])
async def test_people_leave_connections_to_machines(
    narrow: Core, world: World, other_world: World, holding: Holding
) -> None:
    """V-7: however many requests people send, in however many vaults, machines' reads get connections."""
    project = await other_world.project("billing")
    secret = await other_world.secret(project, "API_KEY")
    machine = await granted_machine(other_world, project, secret)
    crowd = Crowd(narrow, holding)
    own, theirs = (
        [other_account(each.owner, number) for number in range(20)] for each in (world, other_world)
    )
    alone = await crowd.join(*[world.owner] * 20, until=OF_ACCOUNT)
    together = await crowd.join(*own, until=OF_VAULT)
    everyone = await crowd.join(*theirs, until=PEOPLE)
    async with asyncio.timeout(5):
        caller = await machine.caller(replace(other_world, core=narrow))
        got = await read_secret_value(narrow, caller, secret.id)
    figures = narrow.database.pool
    errors = await crowd.end()

    assert [OF_ACCOUNT, OF_VAULT, PEOPLE] == [alone, together, everyone]
    assert "API_KEY" == got.name
    assert figures is not None
    assert PEOPLE == figures.in_use
    assert [None] * 60 == errors
    assert 60 == crowd.inside


async def test_a_wait_for_a_turn_ends(
    narrow: Core, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H-3: a request that gets no turn in time gets an error that says to try again, and leaves the queue."""
    monkeypatch.setattr(turns, "PATIENCE", 0.2)
    crowd = Crowd(narrow, listing)
    await crowd.join(*[world.owner] * 2, until=OF_ACCOUNT)
    with pytest.raises(Busy):
        await list_projects(narrow, world.owner, PageRequest())
    others = await crowd.join(other_account(world.owner, 1), until=OF_VAULT)
    with pytest.raises(Busy):
        await list_projects(narrow, other_account(world.owner, 2), PageRequest())
    await crowd.end()
    found = await list_projects(narrow, other_account(world.owner, 2), PageRequest())

    assert OF_VAULT == others
    assert [] == found.items


async def test_the_queue_for_turns_ends(
    settings: Settings, cluster: Cluster, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H-3: beyond a number of waiting requests, an account's next request is rejected immediately."""
    monkeypatch.setattr(turns, "WAITING_EACH", 3)
    core = await open_core(replace(settings, database_connections=CONNECTIONS))
    await unseal(core, cluster.root)
    crowd = Crowd(core, listing)
    await crowd.join(*[world.owner] * (OF_ACCOUNT + 3), until=OF_ACCOUNT)
    with pytest.raises(Crowded):
        await list_projects(core, world.owner, PageRequest())
    errors = await crowd.end()
    await core.database.close()

    assert [None] * (OF_ACCOUNT + 3) == errors


async def test_a_person_who_leaves_gives_up_the_turn(narrow: Core, world: World) -> None:
    """H-3: canceled requests, whether running or waiting, leave all turns and connections free."""
    crowd = Crowd(narrow, listing)
    await crowd.join(*[world.owner] * 6, until=OF_ACCOUNT)
    for task in crowd._tasks:
        task.cancel()
    ended = await crowd.end()
    again = Crowd(narrow, listing)
    inside = await again.join(*[world.owner] * 6, until=OF_ACCOUNT)
    await again.end()

    assert 6 == sum(isinstance(each, asyncio.CancelledError) for each in ended)
    assert OF_ACCOUNT == inside


@pytest.mark.parametrize("holding", [listing, page])
async def test_an_act_inside_another_does_not_wait(
    narrow: Core, world: World, holding: Holding
) -> None:
    """H-3: an act in another one's block raises an error at once, instead of waiting for a turn."""
    crowd = Crowd(narrow, holding)
    await crowd.join(world.owner, until=1)
    async with asyncio.timeout(2), holding(narrow, world.owner):
        with pytest.raises(RuntimeError, match="nest"):
            await list_projects(narrow, world.owner, PageRequest())
    await crowd.end()


@pytest.mark.parametrize("where", ["list", "page"])
async def test_a_slow_search_says_what_to_do(
    core: Core, world: World, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H-3: a person's list has little time, and the error says to narrow it; a change has more."""
    monkeypatch.setattr(scope, "LONGEST_LOOK", 0.1)
    slow = "select pg_sleep(0.4)"
    with pytest.raises(TooLarge, match="narrow the search"):
        if where == "list":
            async with gate.perform(core, world.owner, AUDIT_VIEW) as act:
                await act.connection.execute(slow)
        else:
            async with (
                looking(core, world.owner) as view,
                gate.perform(view, world.owner, AUDIT_VIEW) as act,
            ):
                await act.connection.execute(slow)
    async with gate.perform(core, world.owner, PROJECT_CREATE) as act:
        await act.connection.execute(slow)
    async with core.database.transaction(world.person.vault) as connection:
        left = await connection.fetchval("show statement_timeout")

    assert "30s" == left


async def test_a_turn_costs_no_statement(core: Core, world: World) -> None:
    """R-4: neither the turn nor the time limit of a person's list costs a statement."""
    pool: Any = core.database._pool
    raw = await pool.acquire()
    connection, sent = raw._con, list[str]()
    await pool.release(raw)
    connection._query_loggers.add(_Logger(sent))
    await list_entries(core, world.owner, PageRequest())
    connection._query_loggers.clear()

    assert ["begin", "select", "commit"] == [each.split()[0].rstrip(";") for each in sent]


class _Logger:
    """What asyncpg calls for each statement of a connection."""

    is_async = False

    def __init__(self, sent: list[str]) -> None:
        self._sent = sent

    def cb(self, record: Any) -> None:
        self._sent.append(record.query)
