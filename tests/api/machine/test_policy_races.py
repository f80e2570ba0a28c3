"""Counts of policies across two processes: a secret is read exactly as often as its policy allows (P-2)."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from typing import Any

import pytest

from strongroom_core.db.connection import OpenConnection
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.policies import enforced

ROUNDS = int(os.environ.get("STRONGROOM_ROUNDS", "3"))
ALL_ROUNDS = int(os.environ.get("STRONGROOM_ROUNDS", "200"))
READERS, MOST = 100, 7


async def race(nodes: Any, signed_get: Any, superuser: OpenConnection, rounds: int) -> None:
    """Let 100 readers at two processes read secrets that allow 7 reads."""
    world = nodes.world
    project = await world.project(f"time to live {rounds}")
    machine = await granted_machine(world, project)
    clients = nodes.clients(READERS // 2)
    seen: Counter[int] = Counter()
    for number in range(rounds):
        secret = await world.secret(project, f"SECRET_{number}")
        await superuser.execute(
            "insert into secret_grant (vault, id, machine, secret, project, granted_at, granted_by)"
            " select vault, 'gra_' || substr(md5(id), 1, 16), $2, id, project, now(), 'test'"
            " from secret where id = $1",
            secret.id,
            machine.id,
        )
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
