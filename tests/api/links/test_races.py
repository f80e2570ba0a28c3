"""Races, kills, a flood and the cap on shares, with full counts, over two processes (T-2, T-3, Q-1).

`./run prove links` runs them all.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random  # noqa: TID251 -- moments to kill at, not secrets
from statistics import median
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.errors import Busy, Unavailable
from strongroom_core.limits.caps import Limits
from strongroom_core.shares.listing import read_share
from strongroom_testkit.api_process import CHEAP, ApiProcess
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.markers import search
from strongroom_testkit.plans import set_limits
from tests.api.machine.nodes import opened

from .recipients import (
    ORIGIN,
    WRONG,
    Answer,
    new_address,
    new_share,
    open_it,
    open_once,
    post,
)

if TYPE_CHECKING:
    from strongroom_core.shares.views import NewShare, ShareView
    from strongroom_testkit.machine import TestMachine
    from strongroom_testkit.world import World

ROUNDS = int(os.environ.get("STRONGROOM_SHARE_ROUNDS", "200"))
KILLS = int(os.environ.get("STRONGROOM_SHARE_KILLS", "200"))
AT_ONCE = 100
OPENED_PER_KILL = 4
GENEROUS_SECONDS = 120.0

FLOOD_ROUNDS = int(os.environ.get("STRONGROOM_FLOOD_ROUNDS", "6"))
FLOOD_SECONDS, FLOODERS = 10.0, 60
READERS = 2
MOST_MEMORY = 320
"""How many more MiB the server may use during the flood: four computations of 64 MiB, and the requests."""

pytestmark = [pytest.mark.prove, pytest.mark.programs]


@dataclass
class Place:
    """Two processes on one database, and the test's own core."""

    cluster: Cluster
    database: str
    folder: Path
    world: World
    processes: list[ApiProcess] = field(default_factory=list[ApiProcess])

    async def start(self, number: int, **options: Any) -> None:
        """Start this many processes, with cheap Argon2 by default."""
        options.setdefault("argon2", CHEAP)
        for _ in range(number):
            process = await ApiProcess.start(self.cluster, self.database, self.folder, **options)
            self.processes.append(process)

    def url(self, number: int = 0) -> str:
        """The URL of one of the processes, in turn."""
        return self.processes[number % len(self.processes)].url or ""

    async def share(self, **options: Any) -> tuple[NewShare, str]:
        """Create a share, once the database accepts it."""
        async with asyncio.timeout(GENEROUS_SECONDS):
            while True:
                with suppress(Unavailable, Busy):
                    return await new_share(self.world, **options)
                await asyncio.sleep(0.02)

    async def view(self, made: NewShare) -> ShareView:
        """Return what the sender sees, once the database answers."""
        async with asyncio.timeout(GENEROUS_SECONDS):
            while True:
                with suppress(Unavailable, Busy):
                    return await read_share(self.world.core, self.world.owner, made.share.id)  # pyright: ignore[reportArgumentType]
                await asyncio.sleep(0.02)

    def kill(self) -> None:
        """Kill every process."""
        for process in self.processes:
            process.kill()
        self.processes.clear()


@pytest.fixture
async def place(run: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """A PostgreSQL for this test only, with fsync on, and a vault whose plan has no cap on shares."""
    folder = tmp_path_factory.mktemp("links")
    cluster = await Cluster.start(folder / "data", fsync=True)
    run.markers.note(cluster.initialised.setup_token)
    database = await cluster.fresh_database()
    async with opened(cluster, database, run.markers) as world:
        place = Place(cluster, database, folder, world)
        try:
            yield place
        finally:
            place.kill()
    await cluster.stop()
    hits = search([folder], run.markers.noted)

    assert not hits, "\n".join(hits)


@pytest.fixture
async def unlimited(place: Place) -> None:
    """Let the test create more shares than the default plan allows in a day."""
    await set_limits(place.world.core, shares_per_day=None)


_FAILURES = "select detail from audit_entry where action = 'share_fail' and target_id = $1"


async def failures(world: World, made: NewShare) -> int:
    """Return how many attempts used up one of this share's tries, according to the audit log."""
    async with world.core.database.transaction(world.person.vault) as connection:
        rows = await connection.fetch(_FAILURES, made.share.id)
    return sum("tries_left" in str(row["detail"]) for row in rows)


async def test_of_a_hundred_at_once_one_gets_it(place: Place, unlimited: None) -> None:
    """T-2: if 100 clients open a share simultaneously at two processes, one succeeds and 99 are too late."""
    del unlimited
    await place.start(2)
    statuses: Counter[int] = Counter()
    for _ in range(ROUNDS):
        made, value = await place.share()
        answers = await asyncio.gather(
            *(open_it(place.url(number), made) for number in range(AT_ONCE))
        )
        statuses.update(answer.status for answer in answers)

        assert [value] == [answer.text for answer in answers if answer.status == 200]
        assert (await place.view(made)).state == "opened"
    print(f"\n{ROUNDS} rounds of {AT_ONCE} at once over two processes: {dict(statuses)}")

    assert {200: ROUNDS, 410: ROUNDS * (AT_ONCE - 1)} == statuses


async def test_tries_are_exact_whatever_races(place: Place, unlimited: None) -> None:
    """T-1, T-2: of fifty simultaneous wrong passphrases, exactly one or five use up a try.

    With right ones among them, at most five do, and one value is delivered.
    """
    del unlimited
    await place.start(2)
    told: Counter[str] = Counter()
    for number in range(ROUNDS // 2):
        for tries in (1, 5):
            made, _ = await place.share(tries=tries)
            await asyncio.gather(*(open_it(place.url(n), made, WRONG) for n in range(50)))
            view = await place.view(made)

            assert (view.state, view.tries_left) == ("destroyed", 0)
            assert await failures(place.world, made) == tries
        made, value = await place.share(tries=5)
        answers = await asyncio.gather(
            *(
                open_it(place.url(n), made, WRONG if n % 8 != number % 8 else None)
                for n in range(24)
            )
        )
        view, failed = await place.view(made), await failures(place.world, made)
        told[view.state.value] += 1
        delivered = [answer.text for answer in answers if answer.status == 200]

        assert delivered == [value] * (view.state == "opened")
        assert failed == 5 - view.tries_left - len(delivered)
        assert view.state == "opened" or failed == 5
    print(f"\n{ROUNDS // 2} rounds each; where right and wrong ones raced: {dict(told)}")


def postmaster(cluster: Cluster) -> int:
    """Return the process ID of the running PostgreSQL."""
    return int((cluster.postgres.data / "postmaster.pid").read_text().split()[0])


async def _kill(place: Place, victim: str) -> None:
    """Kill the server or the database at this moment."""
    if victim == "server":
        place.processes[0].process.send_signal(signal.SIGKILL)
    else:
        os.kill(postmaster(place.cluster), signal.SIGKILL)


async def _recover(place: Place, victim: str, restarts: int) -> None:
    """Wait until the killed process works again."""
    if victim == "server":
        place.kill()
        await place.start(1)
        return
    async with asyncio.timeout(GENEROUS_SECONDS):
        while place.cluster.postgres.restarts == restarts:
            await asyncio.sleep(0.01)


async def _ended(place: Place, made: NewShare) -> Answer:
    """Keep opening a share until the outcome is known."""
    async with asyncio.timeout(GENEROUS_SECONDS):
        while True:
            answer = await open_it(place.url(), made)
            if answer.status in (200, 410):
                return answer
            await asyncio.sleep(0.05)


async def test_a_kill_never_delivers_twice(place: Place, unlimited: None) -> None:
    """T-2: server and database are killed while shares are opened: no value is delivered twice.

    A value can be lost, but only between the commit and the response; its share then counts as
    opened.
    """
    del unlimited
    random = Random(KILLS)
    await place.start(1)
    usual: list[float] = []
    for _ in range(20):
        made, _ = await place.share()
        started = time.perf_counter()
        await open_once(place.url(), made)
        usual.append(time.perf_counter() - started)
    span = 1.5 * median(usual) * OPENED_PER_KILL
    told: Counter[str] = Counter()
    for number in range(KILLS):
        victim = ("server", "database")[number % 2]
        shares = [await place.share() for _ in range(OPENED_PER_KILL)]
        restarts = place.cluster.postgres.restarts
        opening = [asyncio.create_task(open_once(place.url(), made)) for made, _ in shares]
        await asyncio.sleep(random.uniform(0, span))
        await _kill(place, victim)
        first = await asyncio.gather(*opening)
        await _recover(place, victim, restarts)
        for (made, value), answer in zip(shares, first, strict=True):
            again = [await _ended(place, made) for _ in range(2)]
            deliveries = sum(value.encode() in each.body for each in (answer, *again))
            view = await place.view(made)
            told["delivered before" if value.encode() in answer.body else "not delivered"] += 1
            told["delivered afterwards"] += sum(each.status == 200 for each in again)
            told[f"lost, killed {victim}"] += deliveries == 0

            assert deliveries <= 1
            assert view.state == "opened"
            assert deliveries == 1 or answer.status in (0, 503)
    opens = await place.world.entries("share_open")
    print(f"\n{KILLS} kills, {KILLS * OPENED_PER_KILL} shares: {dict(told)}; {len(opens)} events")

    assert len(opens) == KILLS * OPENED_PER_KILL + len(usual)
    assert told["delivered before"] > 0
    assert told["delivered afterwards"] > 0


async def _sign_in(place: Place, url: str) -> httpx.AsyncClient:
    person = place.world.person
    client = httpx.AsyncClient(
        base_url=url,
        headers={
            "Origin": ORIGIN,
            "X-Strongroom-Client": "tests",
            "X-Strongroom-Vault": person.vault,
        },
    )
    answer = await client.post(
        "/api/session", json={"email": person.email, "password": person.password}
    )
    assert answer.status_code == 200, answer.text
    for text in answer.cookies.values():
        place.world.markers.note(text)
    return client


async def test_the_cap_is_exact_over_two_processes(place: Place) -> None:
    """Q-1, Q-2: when 195 of 200 shares exist, exactly five of forty more are created, and 35 are rejected."""
    most = Limits().shares_per_day or 0
    for _ in range(most - 5):
        await place.share()
    await place.start(2)
    clients = [await _sign_in(place, place.url(number)) for number in range(2)]
    try:
        statuses = Counter[int]()
        for _ in range(5):
            answers = await asyncio.gather(
                *(clients[n % 2].post("/api/shares", json={"value": "x"}) for n in range(8))
            )
            statuses.update(answer.status_code for answer in answers)
            for answer in answers:
                if answer.status_code == 201:
                    place.world.markers.note(answer.json()["passphrase"])
                    place.world.markers.note(answer.json()["url"].rpartition("#")[2])
    finally:
        for client in clients:
            await client.aclose()
    print(
        f"\nthe cap of {most} shares, {most - 5} of them used, over two processes: {dict(statuses)}"
    )

    assert {201: 5, 409: 35} == statuses


def _memory(process: ApiProcess, figure: str) -> int:
    """Return the process's memory in MiB: `VmRSS` is the current figure, `VmHWM` the highest so far."""
    status = Path(f"/proc/{process.process.pid}/status").read_text()
    return int(status.partition(f"{figure}:")[2].split()[0]) // 1024


async def _read_on(place: Place, machine: TestMachine, path: str, until: float) -> list[float]:
    """Read until this moment; return how many milliseconds each read took."""
    spent: list[float] = []
    async with httpx.AsyncClient(base_url=place.url(), timeout=GENEROUS_SECONDS) as client:
        while time.perf_counter() < until:
            at = int(place.world.core.clock.now().timestamp())
            headers, started = machine.headers("GET", path, at=at), time.perf_counter()
            answer = await client.get(path, headers=headers)
            spent.append(1000 * (time.perf_counter() - started))
            assert answer.status_code == 200
            await asyncio.sleep(0.01)
    return spent


async def _flood(url: str, told: Counter[int], until: float) -> None:
    """Open links that don't exist, from one network after another, as fast as they are answered."""
    while time.perf_counter() < until:
        key, locator = (random_bytes(16).hex()[:21] + "A" for _ in range(2))
        body = {"linkKey": key, "passphrase": WRONG}
        answer = await post(url, f"/s/{locator}/open", body, address=new_address())
        told[answer.status] += 1
        await asyncio.sleep(0.4)


async def _floods(url: str, until: float) -> Counter[int]:
    told = Counter[int]()
    await asyncio.gather(*(_flood(url, told, until) for _ in range(FLOODERS)))
    return told


def _crowd(pipe: Any, url: str, until: float) -> None:
    """Act as the crowd, in a separate process with a lower priority.

    Otherwise the crowd would take CPU time from the server and the measured client. A real crowd has its
    own processors.
    """
    os.nice(10)
    pipe.send(asyncio.run(_floods(url, until)))


async def test_a_flood_of_openings_delays_no_read(place: Place) -> None:
    """T-3: a flood from many networks uses limited memory, and at most triples the p99 of reads."""
    project = await place.world.project("read")
    secret = await place.world.secret(project, "API_KEY")
    machine = await granted_machine(place.world, project, secret)
    await place.start(1, argon2="real")
    path, told = f"/v1/secret/{secret.id}", Counter[int]()
    quiet, flooded = list[float](), list[float]()
    before = _memory(place.processes[0], "VmRSS")

    async def measure() -> list[float]:
        until = time.perf_counter() + FLOOD_SECONDS
        found = await asyncio.gather(
            *(_read_on(place, machine, path, until) for _ in range(READERS))
        )
        return [each for one in found for each in one]

    context = multiprocessing.get_context("fork")
    for _ in range(FLOOD_ROUNDS):
        quiet += await measure()
        mine, theirs = context.Pipe()
        crowd = context.Process(
            target=_crowd, args=(theirs, place.url(), time.perf_counter() + FLOOD_SECONDS)
        )
        crowd.start()
        flooded += await measure()
        told += await asyncio.to_thread(mine.recv)
        await asyncio.to_thread(crowd.join)
    most = _memory(place.processes[0], "VmHWM")
    p99 = [sorted(each)[int(len(each) * 0.99)] for each in (quiet, flooded)]
    middle = [median(each) for each in (quiet, flooded)]
    print(
        f"\n{len(quiet)} and {len(flooded)} reads; median {middle[0]:.1f} and {middle[1]:.1f} ms;"
        f" p99 {p99[0]:.1f} and {p99[1]:.1f} ms, {p99[1] / p99[0]:.2f} times as long;"
        f" {before} MiB and at most {most} MiB; answers to the flood: {dict(told)}"
    )

    assert most - before < MOST_MEMORY
    assert told[429] > 0
    assert told[410] > 0
    assert p99[1] <= 3 * p99[0]
