"""Counts of policies across two processes: a secret is read exactly as often as its policy allows (P-2)."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from strongroom_core.access.callers import system
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.errors import Conflict
from strongroom_core.kernel.ids import SecretId
from strongroom_core.projects.views import ProjectView
from strongroom_core.secrets.generate import Recipe
from strongroom_core.secrets.listing import read_secret
from strongroom_core.secrets.replace import perform_rotation
from strongroom_core.secrets.rotation import set_rotation
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.machine import TestMachine, granted_machine
from strongroom_testkit.policies import enforced
from strongroom_testkit.world import World

ROUNDS = int(os.environ.get("STRONGROOM_ROUNDS", "3"))
ALL_ROUNDS = int(os.environ.get("STRONGROOM_ROUNDS", "200"))
READERS, MOST = 100, 7
WAVES = 5
"""How many times in a row each reader reads a secret that rotates."""


async def readable(
    world: World,
    superuser: OpenConnection,
    project: ProjectView,
    machine: TestMachine,
    name: str,
) -> SecretView:
    """Return a new secret that the machine can read."""
    secret = await world.secret(project, name)
    await superuser.execute(
        "insert into secret_grant (vault, id, machine, secret, project, granted_at, granted_by)"
        " select vault, 'gra_' || substr(md5(id), 1, 16), $2, id, project, now(), 'test'"
        " from secret where id = $1",
        secret.id,
        machine.id,
    )
    return secret


async def race(nodes: Any, signed_get: Any, superuser: OpenConnection, rounds: int) -> None:
    """Let 100 readers at two processes read secrets that allow 7 reads."""
    world = nodes.world
    project = await world.project(f"time to live {rounds}")
    machine = await granted_machine(world, project)
    clients = nodes.clients(READERS // 2)
    seen: Counter[int] = Counter()
    for number in range(rounds):
        secret = await readable(world, superuser, project, machine, f"SECRET_{number}")
        await enforced(world, project, secret, ttl_max_reads=MOST)
        statuses = await asyncio.gather(
            *(signed_get(each, world, machine, f"/v1/secret/{secret.id}") for each in clients)
        )
        left = await superuser.fetchval(
            "select (select count(*) from secret_material where secret = $1)"
            " + (select count(*) from secret_version where secret = $1)"
            " + (select count(*) from secret where id = $1)",
            secret.id,
        )

        assert Counter(statuses) == {200: MOST, 404: READERS - MOST}
        assert left == 0

        seen.update(statuses)
    for client in clients:
        await client.aclose()
    print(f"\n{rounds} rounds, {dict(seen)}, exactly {MOST} of {READERS} in each, nothing left")


async def test_a_time_to_live_is_exact(
    nodes: Any, signed_get: Any, superuser: OpenConnection
) -> None:
    """P-2: of 100 readers at two processes, exactly 7 get the value; then the ciphertext is gone."""
    await race(nodes, signed_get, superuser, ROUNDS)


@pytest.mark.prove
async def test_a_time_to_live_is_exact_in_many_rounds(
    nodes: Any, signed_get: Any, superuser: OpenConnection
) -> None:
    """P-2: the same test with 200 rounds."""
    await race(nodes, signed_get, superuser, ALL_ROUNDS)


async def race_of_rotations(
    nodes: Any, signed_get: Any, superuser: OpenConnection, rounds: int
) -> None:
    """Let readers at two processes read secrets that rotate after 7 reads, while a third node rotates."""
    world = nodes.world
    project = await world.project(f"rotations {rounds}")
    machine = await granted_machine(world, project)
    clients = nodes.clients(READERS // 2 // WAVES)
    worker = system("rotate_secret", world.person.vault)
    rotated: Counter[int] = Counter()
    for number in range(rounds):
        secret = await readable(world, superuser, project, machine, f"ROTATING_{number}")
        await set_rotation(world.core, world.owner, secret.id, Recipe())
        await enforced(world, project, secret, rotate_after_reads=MOST)
        path, reading = f"/v1/secret/{secret.id}", True

        async def rotate_on(target: SecretId = secret.id) -> None:
            while reading:  # noqa: B023 -- ends in this round
                with suppress(Conflict):
                    await perform_rotation(world.core, worker, target)
                await asyncio.sleep(0.01)

        rotating = asyncio.create_task(rotate_on())
        statuses: Counter[int] = Counter()
        for _ in range(WAVES):
            statuses.update(
                await asyncio.gather(*(signed_get(each, world, machine, path) for each in clients))
            )
        reading = False
        await rotating
        with suppress(Conflict):
            await perform_rotation(world.core, worker, secret.id)
        queued = [
            msgspec.json.decode(str(entry["detail"]))
            for entry in await world.entries("rotation_queue")
            if entry["target_id"] == secret.id
        ]
        version = (await read_secret(world.core, world.owner, secret.id)).version
        read = Counter(
            msgspec.json.decode(str(entry["detail"]))["version"]
            for entry in await world.entries("secret_read")
            if entry["target_id"] == secret.id
        )

        # No read is denied; each version is rotated once, at its seventh read, and only then.
        assert statuses == {200: len(clients) * WAVES}
        assert [each["version"] for each in queued] == list(range(1, version))
        assert {each["reads"] for each in queued} == {MOST}
        assert {number for number, reads in read.items() if reads >= MOST} == set(range(1, version))

        rotated[version - 1] += 1
    for client in clients:
        await client.aclose()
    print(f"\n{rounds} rounds of {len(clients) * WAVES} reads; rotations, and how often: {rotated}")


async def test_rotation_after_reads_is_exact(
    nodes: Any, signed_get: Any, superuser: OpenConnection
) -> None:
    """P-2: at two processes, the seventh read of each version queues one rotation; none is denied."""
    await race_of_rotations(nodes, signed_get, superuser, ROUNDS)


@pytest.mark.prove
async def test_rotation_after_reads_is_exact_in_many_rounds(
    nodes: Any, signed_get: Any, superuser: OpenConnection
) -> None:
    """P-2: the same test with 200 rounds."""
    await race_of_rotations(nodes, signed_get, superuser, ALL_ROUNDS)


async def race_for_a_cap(
    nodes: Any, signed_get: Any, superuser: OpenConnection, name: str, times: int
) -> None:
    """Let 100 readers at two processes read a secret that may be read 7 times a minute."""
    world = nodes.world
    project = await world.project(name)
    machine = await granted_machine(world, project)
    secret = await readable(world, superuser, project, machine, "CAPPED")
    await enforced(world, project, secret, rate_cap_enabled=True, max_reads_per_minute=MOST)
    clients = nodes.clients(READERS // 2)
    if times > 1:
        # The reads begin in one minute and end in the next.
        await asyncio.sleep((57 - world.core.clock.now().second) % 60)
    statuses: Counter[int] = Counter()
    for _ in range(times):
        path = f"/v1/secret/{secret.id}"
        statuses.update(
            await asyncio.gather(*(signed_get(each, world, machine, path) for each in clients))
        )
    for client in clients:
        await client.aclose()
    entries = [*await world.entries("secret_read"), *await world.entries("secret_read_denied")]
    attempts = Counter(
        entry["at"].replace(second=0, microsecond=0)
        for entry in entries
        if entry["target_id"] == secret.id
    )
    allowed = sum(min(MOST, number) for number in attempts.values())
    print(f"\n{dict(statuses)} in {len(attempts)} minutes")

    assert statuses == {200: allowed, 429: READERS * times - allowed}
    assert times == 1 or len(attempts) > 1


async def test_a_rate_cap_is_exact(nodes: Any, signed_get: Any, superuser: OpenConnection) -> None:
    """P-2: of 100 readers at two processes, exactly 7 get the value in a minute."""
    await race_for_a_cap(nodes, signed_get, superuser, "cap", 1)


@pytest.mark.prove
async def test_a_rate_cap_is_exact_across_minutes(
    nodes: Any, signed_get: Any, superuser: OpenConnection
) -> None:
    """P-2: while 100 readers at two processes read on into the next minute, 7 get the value in each."""
    await race_for_a_cap(nodes, signed_get, superuser, "caps", 30)
