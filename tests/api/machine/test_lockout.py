"""A known machine can't be locked out by its neighbors; unknown machines are locked out (R-2)."""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from nacl.signing import SigningKey

from strongroom_api.process import Process
from strongroom_core.core import Core
from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_testkit.app import make_app
from strongroom_testkit.machine import TestMachine, granted_machine
from strongroom_testkit.raw_requests import as_pairs, send
from strongroom_testkit.world import World, entries_of

MACHINES = 50
FEW = int(os.environ.get("STRONGROOM_HOSTILE", "300"))
ALL = int(os.environ.get("STRONGROOM_HOSTILE", "10000"))
EVERY = 10
"""Hostile requests between two valid ones."""


@dataclass(frozen=True, slots=True)
class SharedAddress:
    """Machines at one address, and the application they send requests to."""

    app: Any
    core: Core
    path: str
    machines: list[TestMachine]
    address: str = "127.40.0.1"

    async def read(self, machine: TestMachine, *, address: str | None = None) -> int:
        """Read a secret, as the machine would."""
        at = int(self.core.clock.now().timestamp())
        return await self._send(machine.headers("GET", self.path, at=at), address)

    async def attack(self, number: int) -> int:
        """Send a malformed or wrongly signed request, with the ID of a known or unknown machine."""
        at = int(self.core.clock.now().timestamp())
        victim = self.machines[number % len(self.machines)]
        stranger = TestMachine(UUID(int=number + 1), SigningKey(random_bytes(32)))
        match number % 4:
            case 0:
                headers = victim.headers("GET", self.path, at=at)
                headers["X-Signature"] = b64encode(random_bytes(64)).decode()
            case 1:
                headers = TestMachine(victim.id, stranger.key).headers("GET", self.path, at=at)
            case 2:
                headers = stranger.headers("GET", self.path, at=at)
            case _:
                headers = {**victim.headers("GET", self.path, at=at), "X-Nonce": "short"}
        return await self._send(headers, None)

    async def _send(self, headers: dict[str, str], address: str | None) -> int:
        answer = await send(
            self.app,
            "GET",
            self.path.encode(),
            as_pairs(headers.items()),
            address=address or self.address,
        )
        return answer.status


async def make(world: World, number: int = MACHINES) -> SharedAddress:
    """Generate machines that have each read once from the address."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machines = [
        await granted_machine(world, project, secret, hostname=f"web-{n}") for n in range(number)
    ]
    path = f"/v1/secret/{secret.id}"
    found = SharedAddress(make_app(Process(world.core)), world.core, path, machines)
    for machine in machines:
        assert 200 == await found.read(machine)
    return found


async def _prove(world: World, total: int) -> None:
    shared = await make(world)
    hostile: Counter[int] = Counter()
    good: Counter[int] = Counter()
    for start in range(0, total, EVERY):
        machines = shared.machines
        reading = shared.read(machines[start // EVERY % MACHINES])
        attacks = (shared.attack(number) for number in range(start, start + EVERY))
        status, *statuses = await asyncio.gather(reading, *attacks)
        good[status] += 1
        hostile.update(statuses)
    # Each machine reads once more, after all the attacks.
    good.update(await asyncio.gather(*map(shared.read, shared.machines)))
    print(f"\n{total} hostile requests: {dict(hostile)}; good ones: {dict(good)}")
    core = shared.core
    entries = [
        (entry["action"], entry["address"])
        for vault in (world.person.vault, INSTALLATION)
        for action in ("auth_failure", "lockout_started")
        for entry in await entries_of(core, vault, action)
    ]

    assert {200: total // EVERY + MACHINES} == good
    assert {401, 429} == set(hostile)
    assert total == hostile.total()
    assert hostile[429] > total / 2
    assert {
        ("auth_failure", shared.address): 3,
        ("lockout_started", shared.address): 1,
    } == Counter(entries)


async def test_hostile_clients_at_the_same_address(world: World) -> None:
    """R-2: a request with a known address and key is always verified, no matter what its neighbors send."""
    await _prove(world, FEW)


@pytest.mark.prove
async def test_ten_thousand_hostile_requests(world: World) -> None:
    """R-2: the same test with 10,000 hostile requests."""
    await _prove(world, ALL)


async def test_an_unknown_machine_is_locked_out_after_three_failures(world: World) -> None:
    """R-2: from the fourth request on, an unknown machine gets 429, even for valid requests."""
    shared, here = await make(world, 1), "127.40.0.2"
    ghost = TestMachine(UUID(int=7), SigningKey(random_bytes(32)))
    machine = shared.machines[0]
    statuses = [await shared.read(ghost, address=here) for _ in range(5)]
    new_there = await shared.read(machine, address=here)
    elsewhere = await shared.read(machine)

    assert [401, 401, 401, 429, 429] == statuses
    assert (429, 200) == (new_there, elsewhere)


async def test_failures_with_a_machines_id_from_another_address(world: World) -> None:
    """R-2: failures with a machine's ID count only against unknown clients at the same address."""
    shared = await make(world, 1)
    machine = shared.machines[0]
    forged = TestMachine(machine.id, SigningKey(random_bytes(32)))
    statuses = [await shared.read(forged, address="127.40.0.3") for _ in range(5)]

    assert [401, 401, 401, 429, 429] == statuses
    assert 200 == await shared.read(machine)
    assert 200 == await shared.read(machine, address="127.40.0.4")
