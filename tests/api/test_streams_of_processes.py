"""Streams through the end of server processes and of PostgreSQL, which are killed and started again (L-4)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from strongroom_api.cookies import session_name
from strongroom_api.entry_streams import MOST
from strongroom_core.audit.follow import follow_entries
from strongroom_core.crypto.password import PasswordHasher
from strongroom_core.kernel.errors import Busy, Unavailable
from strongroom_core.projects.create import create_project
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_testkit.api_process import CHEAP, COSTS, ApiProcess
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.members import access_role, add_member, organize
from strongroom_testkit.people import make_operator
from strongroom_testkit.plans import set_limits
from strongroom_testkit.sign_in import signed_in
from strongroom_testkit.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from strongroom_core.audit.follow import Place
    from strongroom_core.audit.views import EntryView
    from strongroom_core.kernel.caller import Human

pytestmark = pytest.mark.programs

GENEROUS_SECONDS = 300.0
AGAIN_SECONDS, WRITE_SECONDS = 0.2, 0.2
MANY = int(os.environ.get("STRONGROOM_LISTENERS", "200"))
ROUNDS = int(os.environ.get("STRONGROOM_ROUNDS", "5"))
COUNTS = [
    pytest.param(8, 1, id="few"),
    pytest.param(MANY, ROUNDS, marks=pytest.mark.prove, id="many"),
]


@dataclass(slots=True)
class Scene:
    """A vault on a PostgreSQL for this test only, and a server process, which can be killed."""

    world: World
    cluster: Cluster
    database: str
    folder: Path
    server: ApiProcess | None = None
    written: int = 0
    writing: bool = True

    @property
    def url(self) -> str:
        """The URL of the newest process. Each process has another port."""
        return (self.server.url if self.server is not None else None) or ""

    async def start_server(self) -> None:
        """Start a process."""
        self.server = await ApiProcess.start(self.cluster, self.database, self.folder, argon2=CHEAP)

    def kill_server(self) -> None:
        """Kill the process with SIGKILL."""
        if self.server is not None:
            self.server.kill()

    async def restart_database(self) -> None:
        """Kill PostgreSQL with SIGKILL, and return once it is running again."""
        postgres, restarts = self.cluster.postgres, self.cluster.postgres.restarts
        os.kill(int((postgres.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        await until(lambda: postgres.restarts > restarts)

    async def write_on(self, people: list[Human]) -> None:
        """Create projects, each as another person, whatever happens to the database."""
        number = 0
        while self.writing:
            number += 1
            try:
                person = people[number % len(people)]
                await create_project(self.world.core, person, name=f"p-{number}")
                self.written += 1
            except (Busy, Unavailable):
                pass
            await asyncio.sleep(WRITE_SECONDS)

    async def progress(self, events: int) -> None:
        """Wait until this many more events were written."""
        wanted = self.written + events
        await until(lambda: self.written >= wanted)


@dataclass(slots=True)
class Listener:
    """A client like a browser's `EventSource`: it connects again, and sends the last ID that it has."""

    scene: Scene
    client: httpx.AsyncClient
    token: str
    last: str
    got: list[str] = field(default_factory=list[str])
    answers: Counter[int] = field(default_factory=Counter[int])

    async def listen(self) -> None:
        """Take events until canceled."""
        name = session_name(self.scene.world.core.settings)
        while True:
            headers = {"Cookie": f"{name}={self.token}", "Last-Event-ID": self.last}
            try:
                url = f"{self.scene.url}/api/entries/stream"
                async with self.client.stream("GET", url, headers=headers) as answer:
                    self.answers[answer.status_code] += 1
                    if answer.status_code == 200:
                        await self._take(answer)
            except httpx.HTTPError:
                pass
            await asyncio.sleep(AGAIN_SECONDS)

    async def _take(self, answer: httpx.Response) -> None:
        """Take an event once it is complete: after an empty line."""
        parts: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line:
                name, _, text = line.partition(": ")
                parts[name] = text
                continue
            self.last = parts.get("id", self.last)
            if parts.get("event") == "entry":
                self.got.append(json.loads(parts["data"])["id"])
            parts = {}


async def until(holds: Any) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(GENEROUS_SECONDS):
        while not holds():
            await asyncio.sleep(0.02)


@pytest.fixture
async def scene(run: Any, tmp_path: Path) -> AsyncIterator[Scene]:
    """An organization, without a running server."""
    cluster = await Cluster.start(tmp_path / "data")
    run.markers.note(cluster.initialised.setup_token)
    database = await cluster.fresh_database()
    core = await open_core(Settings(database_url=cluster.url(database)))
    core.passwords = PasswordHasher(cost=COSTS[CHEAP])
    scene = None
    try:
        await unseal(core, cluster.root)
        person = await make_operator(core, cluster.initialised.setup_token, run.markers)
        world = World(core, person, run.markers)
        await organize(world)
        await set_limits(core, projects=100_000)
        scene = Scene(world, cluster, database, tmp_path)
        yield scene
    finally:
        if scene is not None:
            scene.kill_server()
        await core.database.close()
        await cluster.stop()


@pytest.mark.parametrize(("number", "rounds"), COUNTS)
async def test_listeners_of_killed_processes(scene: Scene, number: int, rounds: int) -> None:
    """L-4: server and database are killed while events are written; each listener gets its events once."""
    world, began = scene.world, time.monotonic()
    sessions = await _sessions(world, number)
    people = [person for person, _ in sessions]
    places = [(await follow_entries(world.core, each, None)).place for each in people]
    await scene.start_server()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=GENEROUS_SECONDS, limits=limits) as client:
        listeners = [
            Listener(scene, client, token, f"{incarnation}.{tx}.{entry.hex}")
            for (_, token), (incarnation, tx, entry) in zip(sessions, places, strict=True)
        ]
        tasks = [asyncio.create_task(each.listen()) for each in listeners]
        writer = asyncio.create_task(scene.write_on(people))
        for round_ in range(rounds):
            await until(lambda n=round_ + 1: all(each.answers[200] >= n for each in listeners))
            await scene.progress(2)
            await scene.restart_database()
            await scene.progress(2)
            scene.kill_server()
            await scene.progress(2)
            await scene.start_server()
        await scene.progress(2)
        scene.writing = False
        await writer
        wanted = await _expected(world, people, places)
        await until(
            lambda: all(len(a.got) >= len(b) for a, b in zip(listeners, wanted, strict=True))
        )
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    answers = sum((each.answers for each in listeners), Counter[int]())
    print(
        f"\n{number} listeners, {rounds} kills of the server and of PostgreSQL each: {scene.written} events"
        f" written, {sum(map(len, wanted)):,} received; answers: {dict(answers)};"
        f" {time.monotonic() - began:.1f} s"
    )

    assert all(isinstance(each, asyncio.CancelledError) for each in ended)
    assert [each.got for each in listeners] == wanted
    assert len({len(each) for each in wanted}) > 1, "nobody saw less than others"
    assert set(answers) <= {200, 503}


async def _expected(
    world: World, people: Sequence[Human], places: Sequence[Place]
) -> list[list[str]]:
    """Return the IDs of the events that each person can see, once the last event is among them."""
    last = await create_project(world.core, world.owner, name="last")
    async with asyncio.timeout(GENEROUS_SECONDS):
        # An event can be followed only after all older transactions have ended.
        while not (seen := await _seen(world, world.owner, places[0])) or (
            seen[-1].target_id != last.id
        ):
            await asyncio.sleep(0.1)
    found = [await _seen(world, *each) for each in zip(people, places, strict=True)]
    return [[str(entry.id) for entry in each] for each in found]


async def _seen(world: World, person: Human, place: Place) -> list[EntryView]:
    followed = await follow_entries(world.core, person, place, most=10_000)
    return [entry for _, entry in followed.entries]


async def _sessions(world: World, number: int) -> list[tuple[Human, str]]:
    """Return as many sessions, of people with different roles; nobody has more than may listen at once."""
    role = await access_role(world, "all")
    accounts = [world.person.account]
    for each in range(1, max(3, -(-number // MOST))):
        vault_role = "admin" if each % 2 else "developer"
        accounts.append(await add_member(world, f"m{each}", vault_role, role.id))
    return [await signed_in(world, accounts[each % len(accounts)]) for each in range(number)]
