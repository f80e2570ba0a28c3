"""Recovery of a frozen project: reads before the freeze, denials since, and steps taken (V-4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom_core.audit.recovery import read_recovery
from strongroom_core.audit.views import FreezeRecord
from strongroom_core.core import Core
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Conflict, Frozen, Invalid, NotFound
from strongroom_core.machines.lifecycle import disable_machine, revoke_machine
from strongroom_core.projects.freeze import explain_freeze, freeze_project, unfreeze_project
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.runtime.start import blind_core
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.replace import replace_secret
from strongroom_core.secrets.trash import delete_secret
from strongroom_core.secrets.versions import roll_back
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.world import World

from .conftest import with_rights


@pytest.fixture
def clock(core: Core) -> MovableClock:
    """The core's clock, stopped one second later, so that everything so far is in the past."""
    stopped = MovableClock(core.clock.now() + timedelta(seconds=1))
    core.clock = stopped
    return stopped


async def record_of(world: World, project: str) -> FreezeRecord:
    found = await read_recovery(blind_core(world.core), world.owner, project)  # pyright: ignore[reportArgumentType]

    assert found.record is not None
    return found.record


async def test_recovery_has_the_reads_of_the_last_day(
    core: Core, world: World, clock: MovableClock
) -> None:
    """V-4: recovery counts reads per machine and secret, except older ones and those of other projects."""
    project, other = await world.project("shop"), await world.project("other")
    old, one, two = [await world.secret(project, name) for name in ("OLD", "ONE", "TWO")]
    elsewhere = await world.secret(other, "ELSEWHERE")
    web = await granted_machine(world, project, old, one, two, hostname="web")
    cron = await granted_machine(world, project, one, hostname="cron")
    await granted_machine(world, other, elsewhere, hostname="idle")
    await read_secret_value(core, await web.caller(world), old.id)
    clock.move(timedelta(hours=25))
    for _ in range(2):
        await read_secret_value(core, await web.caller(world), one.id)
    await read_secret_value(core, await web.caller(world), two.id)
    clock.move(timedelta(seconds=1))
    await read_secret_value(core, await cron.caller(world), one.id)
    clock.move(timedelta(seconds=1))
    await freeze_project(core, world.owner, project.id, reason="a laptop is gone")
    found = await read_recovery(blind_core(core), world.owner, project.id)
    record = await record_of(world, project.id)

    assert (found.by, found.reason, found.machines) == (
        world.person.username,
        "a laptop is gone",
        2,
    )
    assert found.since == clock.now()
    assert [(each.name, each.state, each.reads, each.secrets) for each in record.readers] == [
        ("cron", "enabled", 1, 1),
        ("web", "enabled", 3, 2),
    ]
    assert record.readers[0].address == "127.0.0.20"
    assert [
        (each.name, each.reads, each.readers, each.last_read_by, each.replaced)
        for each in record.exposed
    ] == [("ONE", 3, 2, "cron", False), ("TWO", 1, 1, "web", False)]
    assert (record.exposed_number, record.exposed_open, record.readers_number) == (2, 2, 2)
    assert (record.refused, record.refused_machines) == (0, 0)
    assert [each.action for each in record.before][-1] == "secret_read"
    assert [each.action for each in record.after] == ["project_freeze"]


async def test_handled_secrets_are_marked(core: Core, world: World, clock: MovableClock) -> None:
    """V-4: replaced and trashed secrets are shown as handled; a rolled-back one isn't."""
    project = await world.project("shop")
    secrets = [await world.secret(project, name) for name in ("A", "B", "C", "D")]
    web = await granted_machine(world, project, *secrets, hostname="web")
    cron = await granted_machine(world, project, secrets[0], hostname="cron")
    value = world.markers.value("second")
    await replace_secret(core, world.owner, secrets[1].id, Content(value=value))
    for secret in secrets:
        await read_secret_value(core, await web.caller(world), secret.id)
    await read_secret_value(core, await cron.caller(world), secrets[0].id)
    clock.move(timedelta(seconds=1))
    await freeze_project(core, world.owner, project.id, reason="test")
    clock.move(timedelta(seconds=1))
    with pytest.raises(Frozen):
        await read_secret_value(core, await web.caller(world), secrets[0].id)
    value = world.markers.value("new")
    await replace_secret(core, world.owner, secrets[0].id, Content(value=value))
    await roll_back(core, world.owner, secrets[1].id, version=1)
    await delete_secret(core, world.owner, secrets[2].id)
    enabled = await read_recovery(core, world.owner, project.id)
    await disable_machine(core, world.owner, str(web.id))
    disabled = await read_recovery(core, world.owner, project.id)
    await revoke_machine(core, world.owner, str(cron.id))
    record = await record_of(world, project.id)

    assert {(each.name, each.replaced, each.trashed) for each in record.exposed} == {
        ("A", True, False),
        ("B", False, False),
        ("C", False, True),
        ("D", False, False),
    }
    assert [each.replaced or each.trashed for each in record.exposed] == [False, False, True, True]
    assert (record.exposed_number, record.exposed_open) == (4, 2)
    assert (enabled.machines, disabled.machines) == (2, 1)
    assert {each.name: each.state for each in record.readers} == {
        "web": "disabled",
        "cron": "revoked",
    }
    assert (record.refused, record.refused_machines) == (1, 1)
    assert [each.reason for each in record.refused_now] == ["frozen"]
    assert [each.action for each in record.after] == [
        "project_freeze",
        "secret_replace",
        "secret_rollback",
        "secret_delete",
        "machine_disable",
        "machine_revoke",
    ]


async def test_an_incident_note_is_logged(core: Core, world: World) -> None:
    """V-4, L-1: an incident note is logged as written, and only while the project is frozen."""
    project = await world.project("shop")
    with pytest.raises(Conflict):
        await explain_freeze(core, world.owner, project.id, account="too early")
    await freeze_project(core, world.owner, project.id, reason="test")
    for account in ("", "  \n", "x" * 2001, "a\0b"):
        with pytest.raises(Invalid) as caught:
            await explain_freeze(core, world.owner, project.id, account=account)

        assert caught.value.field == "account"
    await explain_freeze(core, world.owner, project.id, account=" A laptop\nwas stolen. ")
    record = await record_of(world, project.id)
    (entry,) = await world.entries("project_explain")

    assert [each.detail for each in record.accounts] == [{"account": "A laptop\nwas stolen."}]
    assert (entry["target_id"], entry["project"]) == (project.id, project.id)


async def test_recovery_is_for_frozen_projects_of_the_vault(
    core: Core, world: World, other_world: World
) -> None:
    """V-4, V-7: recovery isn't available for a project that isn't frozen or is in another vault."""
    project = await world.project("shop")
    with pytest.raises(Conflict):
        await read_recovery(core, world.owner, project.id)
    await freeze_project(core, world.owner, project.id, reason="test")
    with pytest.raises(NotFound):
        await read_recovery(core, other_world.owner, project.id)
    await unfreeze_project(core, world.owner, project.id, reason="test")
    with pytest.raises(Conflict):
        await read_recovery(core, world.owner, project.id)


async def test_recovery_hides_other_peoples_events(core: Core, world: World) -> None:
    """L-4: recovery shows other people's events only to users who can see them in the audit log."""
    project = await world.project("shop")
    await freeze_project(core, world.owner, project.id, reason="test")
    reader = with_rights(world.owner, VaultCapability.AUDIT_VIEW)
    found = await read_recovery(core, reader, project.id)

    assert found.reason == "test"
    assert found.record is None
