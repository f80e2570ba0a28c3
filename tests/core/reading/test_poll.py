"""Which watched secrets have changed since the machine last read them (R-7)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Invalid, Refused, TooMany
from strongroom_core.projects.freeze import freeze_project, unfreeze_project
from strongroom_core.projects.trash import delete_project
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.reading.poll import HIGHEST_VERSION, MOST_WATCHED, Change, News, poll_changes
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.replace import replace_secret
from strongroom_core.secrets.trash import delete_secret
from strongroom_core.secrets.versions import roll_back
from strongroom_testkit.machine import (
    TestMachine,
    approved_machine,
    grant,
    granted_machine,
    pending_machine,
)
from strongroom_testkit.world import World


async def poll(world: World, machine: TestMachine, *watched: str) -> dict[str, Change]:
    """Poll once for these secrets."""
    changes = await poll_changes(world.core, await machine.caller(world), watched)
    return {secret: news.change for secret, news in changes.items()}


async def test_never_read_counts_as_changed(world: World) -> None:
    """R-7: a secret is reported as changed until it is first read; polling isn't a read, and isn't logged."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    before = len(await world.entries())

    assert {secret.id: Change.CHANGED} == await poll(world, machine, secret.id)
    assert {secret.id: Change.CHANGED} == await poll(world, machine, secret.id)
    assert before == len(await world.entries())
    await read_secret_value(world.core, await machine.caller(world), secret.id)
    assert {} == await poll(world, machine, secret.id)


async def test_every_new_version_is_a_change(world: World) -> None:
    """R-7, S-6: a replacement and a rollback are reported to each machine until it has read the secret."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    one = await granted_machine(world, project, secret)
    other = await granted_machine(world, project, secret, hostname="web-2")
    for machine in (one, other):
        await read_secret_value(world.core, await machine.caller(world), secret.id)
    content = Content(value=world.markers.value())
    await replace_secret(world.core, world.owner, secret.id, content)

    assert {secret.id: Change.CHANGED} == await poll(world, one, secret.id)
    await read_secret_value(world.core, await one.caller(world), secret.id)
    assert {} == await poll(world, one, secret.id)
    assert {secret.id: Change.CHANGED} == await poll(world, other, secret.id)
    await roll_back(world.core, world.owner, secret.id, version=1)
    assert {secret.id: Change.CHANGED} == await poll(world, one, secret.id)


async def test_deleted_and_missing_secrets(world: World, other_world: World) -> None:
    """R-7, V-7: a deleted secret or project, a missing one and another vault's have the same status."""
    project, trashed = await world.project("billing"), await world.project("shop")
    a, b = await world.secret(project, "A"), await world.secret(trashed, "B")
    theirs = await other_world.secret(await other_world.project("theirs"), "THEIRS")
    machine = await granted_machine(world, project, a)
    await grant(world, machine, trashed, b)
    await delete_secret(world.core, world.owner, a.id)
    await delete_project(world.core, world.owner, trashed.id, confirm_name="shop")
    gone = [a.id, b.id, theirs.id, "sk_aaaaaaaaaaaaaaaa", "nonsense", ""]

    assert dict.fromkeys(gone, Change.DELETED) == await poll(world, machine, *gone)


async def test_ungranted_secrets(world: World) -> None:
    """R-7: a secret in the vault is reported as denied if it isn't granted, or is no longer granted."""
    project = await world.project("billing")
    lost, never = await world.secret(project, "LOST"), await world.secret(project, "NEVER")
    machine = await granted_machine(world, project, lost)
    await grant(world, machine, project)

    assert dict.fromkeys([lost.id, never.id], Change.ACCESS_DENIED) == await poll(
        world, machine, lost.id, never.id
    )


async def test_frozen_is_silent(world: World) -> None:
    """R-7: while a project is frozen nothing is reported; after unfreezing, its changes are."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    await freeze_project(world.core, world.owner, project.id, reason="drill")

    assert {} == await poll(world, machine, secret.id)
    await unfreeze_project(world.core, world.owner, project.id, reason="drill is over")
    assert {secret.id: Change.CHANGED} == await poll(world, machine, secret.id)


async def test_sixty_polls_a_minute(world: World, clock: MovableClock) -> None:
    """R-7: the limit is per machine and minute, and exact under concurrency."""
    machine, other = await approved_machine(world), await approved_machine(world, "web-2")
    outcomes = await asyncio.gather(
        *(poll(world, machine) for _ in range(65)), return_exceptions=True
    )

    assert 60 == sum(outcome == {} for outcome in outcomes)
    assert 5 == sum(isinstance(outcome, TooMany) for outcome in outcomes)
    assert {} == await poll(world, other)
    with pytest.raises(TooMany) as refused:
        await poll(world, machine)
    assert 1 <= refused.value.retry_after <= 61
    clock.move(timedelta(minutes=1))
    assert {} == await poll(world, machine)


async def test_a_thousand_ids(world: World) -> None:
    """R-7: a poll takes up to 1,000 IDs and reports each once; more are rejected."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)

    assert {secret.id: Change.CHANGED} == await poll(world, machine, *[secret.id] * MOST_WATCHED)
    with pytest.raises(Invalid):
        await poll(world, machine, *[secret.id] * (MOST_WATCHED + 1))


async def test_pending_machines(world: World) -> None:
    """R-1: a pending machine gets an error that says so."""
    machine = await pending_machine(world)
    with pytest.raises(Refused) as refused:
        await poll(world, machine)

    assert "machine_pending" == refused.value.code


# With the caller's versions
# -------------------------------------------------------------


async def test_secrets_that_differ_from_the_callers_versions(world: World) -> None:
    """R-7: a caller that sends its versions gets the secrets that differ, regardless of later reads."""
    project = await world.project("billing")
    a, b = await world.secret(project, "A"), await world.secret(project, "B")
    machine = await granted_machine(world, project, a, b)
    await read_secret_value(world.core, await machine.caller(world), a.id)

    async def ask(**have: int) -> dict[str, News]:
        caller = await machine.caller(world)
        return await poll_changes(world.core, caller, [a.id, b.id], have)

    unread = {b.id: News(Change.CHANGED, 1)}
    assert unread == await ask()
    assert unread == await ask(sk_aaaaaaaaaaaaaaaa=7)
    assert {} == await ask(**{a.id: 1, b.id: 1})
    assert {a.id: News(Change.CHANGED, 1), **unread} == await ask(**{a.id: 0, b.id: 0})
    await replace_secret(
        world.core, world.owner, a.id, content=Content(value=world.markers.value("new"))
    )
    await read_secret_value(world.core, await machine.caller(world), a.id)
    assert unread == await ask()
    assert {a.id: News(Change.CHANGED, 2)} == await ask(**{a.id: 1, b.id: 1})
    assert {a.id: News(Change.CHANGED, 2)} == await ask(**{a.id: HIGHEST_VERSION, b.id: 1})
    assert {} == await ask(**{a.id: 2, b.id: 1})


async def test_versions_reveal_nothing_more(world: World) -> None:
    """R-7, V-7: lost secrets are reported and frozen ones aren't, no matter which version was sent."""
    project, frozen = await world.project("billing"), await world.project("shop")
    gone, never = await world.secret(project, "GONE"), await world.secret(project, "NEVER")
    held = await world.secret(frozen, "HELD")
    machine = await granted_machine(world, project, gone)
    await grant(world, machine, frozen, held)
    await delete_secret(world.core, world.owner, gone.id)
    await freeze_project(world.core, world.owner, frozen.id, reason="drill")
    ids = [gone.id, never.id, held.id]
    caller = await machine.caller(world)

    assert {
        gone.id: News(Change.DELETED),
        never.id: News(Change.ACCESS_DENIED),
    } == await poll_changes(world.core, caller, ids, dict.fromkeys(ids, 0))


@pytest.mark.parametrize("version", [-1, HIGHEST_VERSION + 1, 10**30])
async def test_invalid_versions(world: World, version: int) -> None:
    """R-7: invalid versions are rejected before the database is queried."""
    machine = await approved_machine(world)
    with pytest.raises(Invalid, match="a version must be a number"):
        await poll_changes(world.core, await machine.caller(world), ["sk_a"], {"sk_b": version})
