"""A clock that is wrong for a while causes no deletions and locks nobody out (S-7, A-4, R-3)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from strongroom_core.access.callers import new_request_id, system
from strongroom_core.access.clock_check import (
    TOLERANCE,
    UNATTENDED,
    Reading,
    check_clock,
    compare,
)
from strongroom_core.accounts.proofs.attempts import ATTEMPTS
from strongroom_core.accounts.sessions import authenticate_person
from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.doctor.examine import examine
from strongroom_core.install.clock import confirm_clock
from strongroom_core.install.restored import mark_restored
from strongroom_core.kernel.clock import MovableClock, Uptime
from strongroom_core.kernel.errors import (
    Conflict,
    LockedOut,
    NotAuthenticated,
    SignedTooEarly,
    Skewed,
    TooMany,
    WrongCredentials,
)
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.origin import Origin
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.authenticate import refuse_malformed
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.runtime.measure import measure
from strongroom_core.secrets.listing import list_trash
from strongroom_testkit.machine import TestMachine, granted_machine
from strongroom_testkit.people import visitor
from strongroom_testkit.sign_in import log_in
from strongroom_testkit.world import World, entries_of
from strongroom_worker import jobs

FORTY_DAYS = timedelta(days=40)
A_MINUTE = timedelta(minutes=1)
ELSEWHERE = "127.0.0.60"


async def run_jobs(core: Core) -> None:
    """Run the worker's periodic jobs that depend on the time."""
    await jobs.purge(core)
    await jobs.forget_nonces(core)
    await jobs.sweep(core)
    await jobs.drain(core)


async def sign_in(world: World, core: Core | None = None) -> str:
    """Sign in as the vault's owner, and return the session's token."""
    person = world.person
    done = await log_in(
        core or world.core,
        visitor(),
        email=person.email,
        password=person.password,
        device_token=None,
    )
    world.markers.note(done.device_token)
    return world.markers.note(done.token)


async def is_live(core: Core, token: str) -> bool:
    """Return whether the session is live at this moment."""
    with suppress(NotAuthenticated):
        await authenticate_person(core, token, Origin("127.0.0.8", new_request_id()))
        return True
    return False


async def fail_and_be_locked_out(world: World, core: Core) -> None:
    """Fail often enough to be locked out, both at signing in and as a machine at one address."""
    for _ in range(ATTEMPTS + 1):
        with suppress(WrongCredentials, TooMany):
            await log_in(
                core,
                visitor(),
                email=world.person.email,
                password=world.markers.password(),
                device_token=None,
            )
    for _ in range(4):
        with suppress(NotAuthenticated, LockedOut):
            await refuse_malformed(core, Origin(ELSEWHERE, new_request_id()))


async def read(world: World, machine: TestMachine, secret: Any, address: str = ELSEWHERE) -> None:
    """Read the secret with a newly signed request."""
    await read_secret_value(world.core, await machine.caller(world, address=address), secret.id)


async def trash_of(world: World) -> set[str]:
    """Return the names of the items in the trash."""
    found = await list_trash(world.core, world.owner, PageRequest())
    return {each.name for each in found.items}


@pytest.mark.parametrize("by", [FORTY_DAYS, -FORTY_DAYS], ids=["ahead", "behind"])
@pytest.mark.parametrize("machine_too", [False, True])
async def test_the_database_is_wrong(
    world: World,
    clock: MovableClock,
    administrator: OpenConnection,
    by: timedelta,
    machine_too: bool,
) -> None:
    """S-7, A-4, A-6, R-2, R-3: after the clock was wrong for a sweep and ten minutes, everything works."""
    core = world.core
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    await world.trashed_secret(project, "BEFORE")
    machine = await granted_machine(world, project, secret)
    session = await sign_in(world)
    await read(world, machine, secret)
    await run_jobs(core)
    clock.move(A_MINUTE)
    right = MovableClock(clock.now())
    for sweeps in (1, 10):
        clock.jump(by)
        during = await sign_in(world)

        assert await is_live(core, during)
        await world.trashed_secret(project, f"DURING_{sweeps}")
        await fail_and_be_locked_out(world, core)
        with capture_logs() as logs:
            for sweep in range(sweeps):
                await run_jobs(core)
                if machine_too:
                    # The machine's clock is just as wrong. If both are ahead, the machine is accepted.
                    with suppress(SignedTooEarly):
                        await read(world, machine, secret, f"127.0.1.{sweep}")
                else:
                    with pytest.raises(Skewed):
                        await read_with_clock(world, right, machine, secret)
                clock.move(A_MINUTE)
                right.move(A_MINUTE)
            doubted = (await measure(core)).clock_doubted
        warned = [line for line in logs if line["event"] == "clock_in_doubt"]

        assert [line["ahead_seconds"] for line in warned] == [by.total_seconds()] * sweeps
        assert doubted
        clock.jump(-by)
        await run_jobs(core)
        await read(world, machine, secret)

        assert not await is_live(core, during)
        assert await is_live(core, session)
        assert await is_live(core, await sign_in(world))

    assert await trash_of(world) == {"BEFORE", "DURING_1", "DURING_10"}
    findings = {each.check: each for each in (await examine(core.database)).findings}
    way = "40 days ahead of" if by > timedelta() else "40 days behind"

    assert f"was {way} the expected time" in findings["time"].says
    clock.move(timedelta(days=31))
    await run_jobs(core)
    later = {"DURING_1", "DURING_10"} if by > timedelta() else set[str]()

    assert await trash_of(world) == later
    assert await administrator.fetchval("select count(*) from session") == 0


async def read_with_clock(
    world: World, clock: MovableClock, machine: TestMachine, secret: Any
) -> None:
    """Read with a request dated by a different clock than the server's."""
    at = int(clock.now().timestamp())
    caller = await machine.caller(world, address="127.0.0.61", at=at)
    await read_secret_value(world.core, caller, secret.id)


@pytest.mark.parametrize("by", [FORTY_DAYS, -FORTY_DAYS], ids=["ahead", "behind"])
async def test_one_of_two_servers_is_wrong(
    world: World, clock: MovableClock, by: timedelta
) -> None:
    """S-7, A-4, R-3: the wrong node deletes nothing, the other works, and neither accepts future sessions."""
    core = world.core
    other = replace(core, clock=MovableClock(clock.now()))
    wrong = other.clock
    assert isinstance(wrong, MovableClock)
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    await world.trashed_secret(project, "OLD")
    for each in (core, other):
        await run_jobs(each)
    wrong.jump(by)
    during = await sign_in(world, other)
    for _ in range(10):
        for moved, each in ((clock, core), (wrong, other)):
            moved.move(A_MINUTE)
            await run_jobs(each)
        await read(world, machine, secret)

    assert not await is_live(core, during)
    assert await trash_of(world) == {"OLD"}
    wrong.jump(-by)
    await run_jobs(other)
    await read(replace(world, core=other), machine, secret)

    assert not await is_live(other, during)
    for moved, each in ((clock, core), (wrong, other)):
        moved.move(timedelta(days=31))
        await run_jobs(each)

    assert await trash_of(world) == set()


@pytest.mark.parametrize("by", [FORTY_DAYS, -FORTY_DAYS], ids=["ahead", "behind"])
async def test_a_machine_is_wrong(world: World, clock: MovableClock, by: timedelta) -> None:
    """R-3: a machine with a wrong clock gets the server's time on each request until the clock is right."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    wrong = MovableClock(clock.now() + by)
    for _ in range(10):
        with pytest.raises(Skewed) as told:
            await read_with_clock(world, wrong, machine, secret)
        clock.move(A_MINUTE)
        wrong.move(A_MINUTE)
        await run_jobs(world.core)

        assert abs(told.value.server_time - clock.now().timestamp()) < 61 * 10
    await read_with_clock(world, clock, machine, secret)


async def test_confirming_the_clock_lowers_the_floor(
    world: World, clock: MovableClock, administrator: OpenConnection
) -> None:
    """R-3: a floor in the future is lowered, but not below accepted requests; future sessions end."""
    core = world.core
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    used = await machine.caller(world)
    await read_secret_value(core, used, secret.id)
    await administrator.execute("update deployment set nonce_floor = $1", clock.now() + FORTY_DAYS)
    clock.jump(FORTY_DAYS)
    await run_jobs(core)
    session = await sign_in(world)
    await world.trashed_secret(project, "DURING")
    clock.jump(-FORTY_DAYS)
    with pytest.raises(SignedTooEarly):
        await read(world, machine, secret)
    before = {each.check: each for each in (await examine(core.database)).findings}
    with capture_logs() as logs:
        await run_jobs(core)

    assert [line["event"] for line in logs] == ["machines_shut_out"]
    told = await confirm_clock(core, system("clock", INSTALLATION))
    after = {each.check: each for each in (await examine(core.database)).findings}
    [entry] = await entries_of(core, INSTALLATION, "installation_clock")
    [trashed] = (await list_trash(core, world.owner, PageRequest())).items

    assert before["time"].grade == "problem"
    assert "clock --is-right" in (before["time"].hint or "")
    assert after["time"].grade == "warning"
    assert len(told) == 3
    assert entry["severity"] == "high"
    assert '"floor_lowered": true' in str(entry["detail"])
    assert trashed.trashed_at == clock.now()
    assert not await is_live(core, session)
    with pytest.raises(SignedTooEarly):
        await read(world, machine, secret)
    clock.move(timedelta(seconds=301))
    await read(world, machine, secret)
    with pytest.raises(NotAuthenticated):
        await read_secret_value(core, used, secret.id)

    assert await confirm_clock(core, system("clock", INSTALLATION)) == [
        f"the clock is accepted as correct: {clock.now():%Y-%m-%d %H:%M:%S} UTC"
    ]


async def test_nothing_is_deleted_until_the_clock_is_confirmed(
    world: World, clock: MovableClock
) -> None:
    """S-7: nothing is deleted until someone confirms the clock.

    For example, the clock may have jumped permanently because a VM was paused.
    """
    project = await world.project("billing")
    await world.trashed_secret(project, "OLD")
    clock.jump(FORTY_DAYS)
    await run_jobs(world.core)
    kept = await trash_of(world)
    await confirm_clock(world.core, system("clock", INSTALLATION))
    await run_jobs(world.core)

    assert kept == {"OLD"}
    assert await trash_of(world) == set()


async def test_a_wrong_clock_does_not_count_as_a_restore(world: World, clock: MovableClock) -> None:
    """R-3: this node can tell that the clock is wrong, so the floor stays until someone confirms it."""
    clock.jump(FORTY_DAYS)
    with pytest.raises(Conflict, match="40 days"):
        await mark_restored(world.core)

    assert await mark_restored(world.core, clock_is_right=True) == 2
    assert (await check_clock(world.core)).is_right


@pytest.mark.parametrize(
    ("passed", "moved", "right"),
    [
        (timedelta(minutes=1), timedelta(minutes=1), True),
        (timedelta(minutes=1), timedelta(minutes=6), True),
        (timedelta(minutes=1), timedelta(minutes=6, seconds=1), False),
        (timedelta(minutes=10), timedelta(minutes=4), False),
        (timedelta(days=90), timedelta(days=90, hours=2), True),
        (timedelta(days=90), timedelta(days=90, hours=3), False),
    ],
)
def test_the_clock_and_the_time_that_passed(
    passed: timedelta, moved: timedelta, right: bool
) -> None:
    """S-7: a host that has read the clock before knows how far it must have moved since."""
    at = datetime.fromisoformat("2026-11-28T12:00:00Z")
    readings = [Reading("a", 1000.0, at), Reading("b", 5.0, at + FORTY_DAYS)]
    found = compare(readings, Uptime("a", 1000.0 + passed.total_seconds()), at + moved)

    assert found.is_right is right
    assert found.ahead == moved - passed


@pytest.mark.parametrize(
    ("moved", "right"),
    [
        (timedelta(), True),
        (-TOLERANCE, True),
        (-TOLERANCE - A_MINUTE, False),
        (UNATTENDED, True),
        (UNATTENDED + TOLERANCE + A_MINUTE, False),
    ],
)
def test_a_machine_that_was_just_started(moved: timedelta, right: bool) -> None:
    """S-7: a restarted host uses the newest reading of any host; after weeks of downtime it can't tell."""
    at = datetime.fromisoformat("2026-11-28T12:00:00Z")
    readings = [Reading("a", 1000.0, at - FORTY_DAYS), Reading("b", 5.0, at)]

    assert compare(readings, Uptime("c", 1.0), at + moved).is_right is right
    assert compare([], Uptime("c", 1.0), at + moved).is_right
