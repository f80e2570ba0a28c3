"""A backup lacks the nonces that were used after it (R-3)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from strongroom_core.db.connection import connect
from strongroom_core.install.restored import mark_restored
from strongroom_core.kernel.caller import Machine
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.world import World


async def read_all(world: World, callers: list[Machine], secret: SecretView) -> list[str]:
    """Read the secret as each caller, and return the results."""
    outcomes = await asyncio.gather(
        *(read_secret_value(world.core, caller, secret.id) for caller in callers),
        return_exceptions=True,
    )
    return [type(outcome).__name__ for outcome in outcomes]


async def test_a_restored_backup(cluster: Any, markers: Any, open_world: Any) -> None:
    """R-3: once the restore is recorded, no earlier request can be replayed; until then, each one can."""
    original = await cluster.fresh_database()
    backup = f"{original}_backup"
    async with open_world(cluster, original, markers) as world:
        project = await world.project("billing")
        secret = await world.secret(project, "API_KEY")
        machine = await granted_machine(world, project, secret)
    administrator = await connect(cluster.administrator_url("postgres"))
    await administrator.execute(f"create database {backup} template {original}")
    async with open_world(cluster, original, markers, world.person) as after:
        callers = [await machine.caller(after) for _ in range(3)]
        first = await read_all(after, callers, secret)
    await administrator.execute(f"drop database {original}")
    await administrator.close()
    async with open_world(cluster, backup, markers, world.person) as restored:
        unmarked = await read_all(restored, callers[:1], secret)
        await mark_restored(restored.core)
        marked = await read_all(restored, callers, secret)
        # A machine's clock may be ahead by up to the allowed skew, so no request is accepted until
        # that has elapsed too.
        early = await read_all(restored, [await machine.caller(restored)], secret)
        restored.core.clock = MovableClock(restored.core.clock.now() + timedelta(seconds=302))
        fresh = await read_all(restored, [await machine.caller(restored)], secret)

    assert ["SecretValue"] * 3 == first
    assert ["SecretValue"] == unmarked
    assert ["SignedTooEarly"] * 3 == marked
    assert ["SignedTooEarly"] == early
    assert ["SecretValue"] == fresh
