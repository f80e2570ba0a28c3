"""A machine reads many secrets in one call; each is decided and recorded by itself (R-6)."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.grants.manage import Wanted, set_grants
from strongroom_core.kernel.errors import Frozen, NonceUsed, NotFound, Refused, TooLarge
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.freeze import freeze_project
from strongroom_core.projects.listing import read_project
from strongroom_core.secrets.export import export_secrets
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.machine import (
    TestMachine,
    approved_machine,
    grant,
    granted_machine,
    pending_machine,
)
from strongroom_testkit.world import World


async def export(world: World, machine: TestMachine, **scope: Any) -> dict[str, str]:
    """Export, and return values by name."""
    found = await export_secrets(world.core, await machine.caller(world), **scope)
    return {read.name: read.value.reveal().decode() for read in found}


async def test_everything_granted_is_exported(world: World) -> None:
    """R-6: each value with an entry of its own, and one entry that tells how many were asked for."""
    billing, shop = await world.project("billing"), await world.project("shop")
    a, b = await world.secret(billing, "A"), await world.secret(billing, "B")
    c, kept_back = await world.secret(shop, "C"), await world.secret(shop, "KEPT_BACK")
    machine = await granted_machine(world, billing, a, b)
    await grant(world, machine, shop, c)
    exported = await export(world, machine)

    assert {"A", "B", "C"} == set(exported)
    assert [await world.open_value(each.id) for each in (a, b, c)] == list(exported.values())
    entries = await world.entries("secret_read")
    assert sorted([a.id, b.id, c.id]) == sorted(str(entry["target_id"]) for entry in entries)
    (told,) = await world.entries("secrets_export")
    assert 3 == msgspec.json.decode(str(told["detail"]))["secrets"]
    assert kept_back.id not in {entry["target_id"] for entry in await world.entries()} - {
        entry["target_id"] for entry in await world.entries("secret_create")
    }


async def test_a_scope_narrows_the_export(world: World) -> None:
    """R-6: one project, or one application with its projects."""
    application = await create_application(
        world.core, world.owner, name="web", environments=["production", "staging"]
    )
    async with world.core.database.transaction(world.person.vault) as connection:
        rows = await connection.fetch(
            "select id from project where application = $1 order by environment", application.id
        )
    inside = [await read_project(world.core, world.owner, row["id"]) for row in rows]
    alone = await world.project("billing")
    secrets = [await world.secret(p, n) for p, n in zip([*inside, alone], "ABC", strict=True)]
    machine = await granted_machine(world, inside[0], secrets[0])
    await grant(world, machine, inside[1], secrets[1])
    await grant(world, machine, alone, secrets[2])

    assert {"A", "B"} == set(await export(world, machine, application=application.id))
    assert {"A"} == set(await export(world, machine, project=inside[0].id))
    assert {"C"} == set(await export(world, machine, project=alone.id))
    assert {} == await export(world, machine, application="app_aaaaaaaaaaaaaaaa")


async def test_a_machine_without_grants_exports_nothing(world: World) -> None:
    """R-6: nothing, which is no error."""
    assert {} == await export(world, await approved_machine(world))


async def test_fields_that_were_not_granted_stay(world: World) -> None:
    """S-3: of a structured secret only the granted fields."""
    project = await world.project("billing")
    secret = await world.structured(project, "DATABASE", "host", "password")
    machine = await granted_machine(world, project, secret)
    await set_grants(
        world.core,
        world.owner,
        project.id,
        machine=str(machine.id),
        wanted=[Wanted(secret.id, ["host"])],
    )
    exported = await export(world, machine)

    assert {"host"} == set(msgspec.json.decode(exported["DATABASE"]))


async def test_a_frozen_project(world: World) -> None:
    """R-6, V-4: asked for by id it is refused; among others it is left out, on the record."""
    frozen, other = await world.project("billing"), await world.project("shop")
    a, b = await world.secret(frozen, "A"), await world.secret(other, "B")
    machine = await granted_machine(world, frozen, a)
    await grant(world, machine, other, b)
    await freeze_project(world.core, world.owner, frozen.id, reason="drill")

    assert {"B"} == set(await export(world, machine))
    (denied,) = await world.entries("secret_read_denied")
    assert (a.id, "frozen") == (denied["target_id"], denied["reason"])
    with pytest.raises(Frozen):
        await export(world, machine, project=frozen.id)
    assert 1 == len(await world.entries("secret_read"))


async def test_a_project_the_machine_is_not_attached_to(world: World, other_world: World) -> None:
    """V-7: absent, whether it is another vault's, not attached, or none at all."""
    machine = await approved_machine(world)
    unattached = await world.project("billing")
    foreign = await other_world.project("theirs")
    for project in (unattached.id, foreign.id, "proj_aaaaaaaaaaaaaaaa", "nonsense", ""):
        with pytest.raises(NotFound):
            await export(world, machine, project=project)


async def test_a_machine_that_may_not_act(world: World) -> None:
    """R-1: refused as a whole, before anything is looked up."""
    machine = await pending_machine(world)
    with pytest.raises(Refused):
        await export(world, machine)

    assert ["refused"] == [e["outcome"] for e in await world.entries("secrets_export")]
    assert [] == await world.entries("secret_read")


async def test_an_exports_nonce_is_good_once(world: World) -> None:
    """R-3: for all of its secrets together, and then for nothing."""
    project = await world.project("billing")
    machine = await granted_machine(world, project, await world.secret(project, "A"))
    caller = await machine.caller(world)

    assert 1 == len(await export_secrets(world.core, caller))
    with pytest.raises(NonceUsed):
        await export_secrets(world.core, caller)
    assert 1 == len(await world.entries("secret_read"))


async def test_one_value_that_does_not_open_is_left_out(
    world: World, administrator: OpenConnection
) -> None:
    """R-6: the others are delivered; what failed is a critical entry."""
    project = await world.project("billing")
    harmed, whole = await world.secret(project, "HARMED"), await world.secret(project, "WHOLE")
    machine = await granted_machine(world, project, harmed, whole)
    await administrator.execute("set session_replication_role = replica")
    await administrator.execute(
        "update secret_material set ciphertext ="
        " set_byte(ciphertext, 40, get_byte(ciphertext, 40) # 1) where secret = $1",
        harmed.id,
    )

    assert {"WHOLE"} == set(await export(world, machine))
    (entry,) = await world.entries("integrity_failure")
    assert (harmed.id, "critical") == (entry["target_id"], entry["severity"])


async def test_eight_megabytes_at_most(world: World, administrator: OpenConnection) -> None:
    """R-6: above 8 MiB it is refused whole, before a value is read, and says what to do."""
    project, small = await world.project("billing"), await world.project("shop")
    secrets = [await world.secret(project, f"S{n}") for n in range(3)]
    machine = await granted_machine(world, project, *secrets)
    await grant(world, machine, small, await world.secret(small, "SMALL"))
    await administrator.execute("set session_replication_role = replica")
    await administrator.execute(
        "update secret_material set ciphertext = decode(repeat('ab', 3 * 1024 * 1024), 'hex')"
        " where secret = any($1::varchar[])",
        [each.id for each in secrets],
    )
    with pytest.raises(TooLarge, match="project by project"):
        await export(world, machine)

    assert [] == await world.entries("secret_read")
    assert {"SMALL"} == set(await export(world, machine, project=small.id))


async def test_two_thousand_at_most(core: Core, world: World) -> None:
    """R-6: 2,000 are exported, each with its entry; of 2,001 none is."""
    project = await world.project("billing")
    secrets: list[SecretView] = []
    for start in range(0, 2001, 23):
        names = [f"S{number:04}" for number in range(start, start + 23)]
        secrets += await asyncio.gather(*(world.secret(project, name) for name in names))
    machine = await granted_machine(world, project, *secrets[:2000])
    exported = await export(world, machine)

    assert [each.name for each in secrets[:2000]] == list(exported)
    assert 2000 == len(await world.entries("secret_read"))
    other = await world.project("shop")
    await grant(world, machine, other, await world.secret(other, "ONE_MORE"))
    with pytest.raises(TooLarge):
        await export_secrets(core, await machine.caller(world))
    assert 2000 == len(await world.entries("secret_read"))
