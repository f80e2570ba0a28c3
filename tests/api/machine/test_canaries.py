"""Canaries under load, on two processes: no read of a project commits after its canary was read (C-2)."""

from __future__ import annotations

import asyncio
import os
import random  # noqa: TID251 -- how many readers there are isn't a secret
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.projects.freeze import unfreeze_project
from strongroom_core.projects.views import ProjectView
from strongroom_core.secrets.views import CanaryView, SecretView
from strongroom_testkit.api_process import UNLOCKED, ApiProcess
from strongroom_testkit.machine import TestMachine, granted_machine
from strongroom_testkit.world import World

ROUNDS, ALL_ROUNDS = 3, int(os.environ.get("STRONGROOM_ROUNDS", "1000"))
FEWEST, MOST = 8, 32
"""Readers per process. There are two, so 16 to 64 in all."""

_races = count(1)

# A read's transaction commits after the trip's, although the trip had already frozen the project.
_SLIPPED = """
with trip as (
    select tx, pg_xact_commit_timestamp(tx::text::xid) as at from audit_entry
    where action = 'canary_triggered' and project = $1 and tx > $2
)
select count(*) from audit_entry e, trip
where e.action = 'secret_read' and e.project = $1 and e.tx > $2 and e.tx <> trip.tx
  and pg_xact_commit_timestamp(e.tx::text::xid) > trip.at
"""


class Scene:
    """A project with a secret that readers read, and a canary that an intruder reads."""

    def __init__(
        self,
        world: World,
        project: ProjectView,
        secret: SecretView,
        canary: CanaryView,
        reader: TestMachine,
        intruder: TestMachine,
    ) -> None:
        self.world, self.project, self.secret, self.canary = world, project, secret, canary
        self.reader, self.intruder = reader, intruder

    @classmethod
    async def make(cls, world: World, name: str) -> Scene:
        """Make them in a new project."""
        project = await world.project(name)
        secret = await world.secret(project, "API_KEY")
        reader = await granted_machine(world, project, secret)
        intruder = await granted_machine(world, project, hostname="intruder")
        canary = await world.canary(project, machines=[str(intruder.id)])
        return cls(world, project, secret, canary, reader, intruder)

    async def round(self, clients: list[httpx.AsyncClient], signed_get: Any) -> Counter[int]:
        """Trip the canary while all clients read, each until it is denied. Return all statuses."""
        reads: Counter[int] = Counter()
        busy: set[int] = set()

        async def run(number: int, client: httpx.AsyncClient) -> None:
            while True:
                status = await signed_get(
                    client, self.world, self.reader, f"/v1/secret/{self.secret.id}"
                )
                reads[status] += 1
                busy.add(number)
                if status != 200:
                    return

        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for number, client in enumerate(clients):
                group.create_task(run(number, client))
            while len(busy) < len(clients):
                await asyncio.sleep(0.001)
            path = f"/v1/secret/{self.canary.id}"

            assert 200 == await signed_get(clients[0], self.world, self.intruder, path)
        return reads

    async def unfreeze(self) -> None:
        """Allow reads again."""
        world = self.world
        await unfreeze_project(world.core, world.owner, self.project.id, reason="the next round")


async def race(
    nodes: Any,
    superuser: OpenConnection,
    signed_get: Any,
    *,
    rounds: int,
    readers: Callable[[], int],
) -> int:
    """Trip a canary this many times. Return how many reads slipped past in total."""
    scene = await Scene.make(nodes.world, f"canaries {next(_races)}")
    project, slipped, statuses = scene.project.id, 0, Counter[int]()
    for _ in range(rounds):
        before = await superuser.fetchval("select max(tx) from audit_entry")
        clients = nodes.clients(readers())
        statuses += await scene.round(clients, signed_get)
        slipped += await superuser.fetchval(_SLIPPED, project, before)
        for client in clients:
            await client.aclose()
        await scene.unfreeze()
    print(f"\n{rounds} trips, {dict(statuses)}, {slipped} slipped past")
    kinds = "canary_triggered", "project_freeze"
    sql = "select count(*) from audit_entry where action = $1 and project = $2"

    assert [rounds] * 2 == [await superuser.fetchval(sql, kind, project) for kind in kinds]
    assert set(statuses) == {200, 423}
    return slipped


async def test_no_read_commits_after_a_trip(
    nodes: Any, superuser: OpenConnection, signed_get: Any
) -> None:
    """C-2: the intruder gets the value, one freeze and one critical entry follow, and no read slips past."""
    assert 0 == await race(nodes, superuser, signed_get, rounds=ROUNDS, readers=lambda: 6)


@pytest.mark.prove
async def test_without_locks_reads_slip_past(
    nodes: Any, superuser: OpenConnection, signed_get: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C-2: the control: the same test finds reads that commit after a trip if nothing is locked."""
    starting = (
        ApiProcess.start(nodes.cluster, nodes.database, nodes.folder, part=UNLOCKED)
        for _ in range(2)
    )
    monkeypatch.setattr(nodes, "processes", list(await asyncio.gather(*starting)))
    try:
        slipped = 0
        for _ in range(20):
            slipped += await race(nodes, superuser, signed_get, rounds=ROUNDS, readers=lambda: 6)
            if slipped:
                break
    finally:
        nodes.kill()

    assert slipped > 0


@pytest.mark.prove
async def test_no_read_commits_after_any_of_many_trips(
    nodes: Any, superuser: OpenConnection, signed_get: Any
) -> None:
    """C-2: the same test, 1,000 times with 16 to 64 readers."""
    number = random.Random(17)

    assert 0 == await race(
        nodes,
        superuser,
        signed_get,
        rounds=ALL_ROUNDS,
        readers=lambda: number.randint(FEWEST, MOST),
    )


# Looking -----------------------------------------------------------------------------------------


async def pair(world: World) -> tuple[TestMachine, SecretView, CanaryView]:
    """Return a machine with a secret and a canary that differ only in their IDs, names and values."""
    project = await world.project(f"pair {next(_races)}")
    secret = await world.secret(project, "SECRET_1", "x" * 24)
    machine = await granted_machine(world, project, secret)
    canary = await world.canary(project, "CANARY_1", machines=[str(machine.id)])
    return machine, secret, canary


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")

LOOKS: list[tuple[str, str, Callable[[str], Any]]] = [
    ("GET", "/v1/secrets", lambda _: None),
    ("GET", "/v1/cli/secrets", lambda _: None),
    ("POST", "/v1/secrets/poll", lambda secret: {"watch": [secret]}),
    ("POST", "/v1/secrets/poll", lambda secret: {"watch": [secret], "have": {secret: 1}}),
    ("POST", "/v1/explain", lambda secret: {"secretId": secret}),
]


async def test_looking_tells_nothing_apart(world: World, ask: Any) -> None:
    """C-1: lists, polls and explanations show a canary and a similar secret identically, byte for byte."""
    machine, secret, canary = await pair(world)
    for method, path, body in LOOKS:
        sent = [b"" if body(each.id) is None else body(each.id) for each in (secret, canary)]
        answers = [await ask(machine, method, path, each, address="127.0.0.77") for each in sent]
        if method == "GET":
            items = answers[0].json()["secrets"]
            found = [str(next(e for e in items if e["id"] == s.id)) for s in (secret, canary)]
        else:
            found = [answer.body.decode() for answer in answers]
        plain = [
            _MOMENT.sub("AT", text.replace(each.id, "ID").replace(each.name, "NAME"))
            for text, each in zip(found, (secret, canary), strict=True)
        ]

        assert plain[0] == plain[1]
    assert [] == await world.entries("canary_triggered")
    read = [await ask(machine, "GET", f"/v1/secret/{each.id}") for each in (secret, canary)]
    assert [200, 200] == [each.status for each in read]
    assert sorted(read[0].json()) == sorted(read[1].json())
    assert len(read[0].body) == len(read[1].body)
    assert read[0].headers.keys() == read[1].headers.keys()


@pytest.mark.prove
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look[1]}")
async def test_looking_takes_the_same_time(
    core: Core, world: World, ask: Any, look: tuple[str, str, Callable[[str], Any]]
) -> None:
    """C-1: the medians of 500 interleaved pairs of requests differ by less than 5%.

    One machine has access to a secret, the other to a canary. A machine can poll 60 times a minute, so the
    clock moves on between the pairs.
    """
    method, path, body = look
    clock = core.clock = MovableClock(core.clock.now())
    projects = [await world.project(f"alone {next(_races)}") for _ in range(2)]
    secret = await world.secret(projects[0], "SECRET_1", "x" * 24)
    machines = [
        await granted_machine(world, projects[0], secret),
        await granted_machine(world, projects[1]),
    ]
    canary = await world.canary(projects[1], "CANARY_1", machines=[str(machines[1].id)])
    sides = list(zip(machines, (secret.id, canary.id), strict=True))
    times: dict[str, list[float]] = {each: [] for _, each in sides}
    for turn in range(500):
        clock.move(timedelta(seconds=10))
        for machine, each in sides if turn % 2 else reversed(sides):
            sent = b"" if body(each) is None else body(each)
            began = time.perf_counter()
            answer = await ask(machine, method, path, sent)
            times[each].append(time.perf_counter() - began)
            assert answer.status == 200
    medians = [statistics.median(times[each]) for _, each in sides]
    print(f"\n{method} {path}: {medians[0] * 1e6:.0f} and {medians[1] * 1e6:.0f} microseconds")

    assert abs(medians[0] / medians[1] - 1) < 0.05
    assert [] == await world.entries("canary_triggered")
