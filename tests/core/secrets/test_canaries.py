"""People plant canaries, change and re-plant them, and run drills (C-1, C-3 to C-5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from strongroom_core.access.roles import FULL_ACCESS, OWNER
from strongroom_core.audit.list import list_entries
from strongroom_core.kernel.authority import Access, ProjectCapability
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.errors import Changed, Conflict, Invalid, NameTaken, NotFound, Refused
from strongroom_core.kernel.page import PageRequest
from strongroom_core.secrets import canaries
from strongroom_core.secrets.canaries import (
    Trap,
    drill_canary,
    list_canaries,
    replant_canary,
    update_canary,
)
from strongroom_core.secrets.change import Labels
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.generate import Recipe
from strongroom_core.secrets.listing import read_secret
from strongroom_core.secrets.replace import replace_secret, rotate_secret
from strongroom_core.secrets.trash import delete_secret, restore_secret
from strongroom_core.secrets.versions import list_versions, roll_back
from strongroom_core.secrets.views import Decoy
from strongroom_core.shares.drop_boxes import create_drop_box
from strongroom_testkit.machine import approved_machine, grant, granted_machine
from strongroom_testkit.world import World


def without(caller: Human, *capabilities: ProjectCapability) -> Human:
    """Return the caller without these capabilities."""
    rights = frozenset(right for right in FULL_ACCESS.rights if right[0] not in capabilities)
    return replace(caller, authority=replace(OWNER, access=Access(everywhere=True, rights=rights)))


async def detail_of(world: World, action: str) -> dict[str, Any]:
    (entry,) = await world.entries(action)
    return msgspec.json.decode(str(entry["detail"]))


async def test_planting(world: World) -> None:
    """C-1: a new canary is armed, freezes, and is granted to the chosen machines, which its event lists."""
    project = await world.project("billing")
    machine = await granted_machine(world, project, hostname="ci")
    canary = await world.canary(
        project, "AWS_ADMIN", decoy=Decoy.CLOUD_KEY, machines=[str(machine.id)]
    )

    assert (True, True, False, None, 1) == (
        canary.enabled,
        canary.freeze,
        canary.cascade,
        canary.tripped_at,
        canary.readers,
    )
    assert [canary] == await list_canaries(world.core, world.owner, project.id)
    detail = await detail_of(world, "canary_plant")
    assert ("cloud_key", True, False, ["ci"], [str(machine.id)]) == tuple(
        detail[name] for name in ("decoy", "freeze", "cascade", "given", "machine_ids")
    )


async def test_a_secrets_view_says_nothing(world: World) -> None:
    """C-1: a canary and a similar secret have the same metadata, except for IDs, names and times."""
    project = await world.project("billing")
    canary = await world.canary(project, "ADMIN", decoy=Decoy.CLOUD_KEY)
    secret = await world.structured(project, "OTHER", *canary.field_names)
    views = [await read_secret(world.core, world.owner, each.id) for each in (canary, secret)]
    different = {
        name
        for name in views[0].__struct_fields__
        if getattr(views[0], name) != getattr(views[1], name)
    }

    assert different == {"id", "name", "changed_at", "created_at"}


async def test_planting_is_checked(world: World) -> None:
    """C-1: names, machines and settings are checked, and a project has at most fifty canaries."""
    project = await world.project("billing")
    machine = await approved_machine(world)
    await world.canary(project)
    with pytest.raises(NameTaken):
        await world.canary(project)
    with pytest.raises(Invalid):
        await world.canary(project, "B", machines=[str(machine.id)])
    with pytest.raises(Invalid):
        await world.canary(project, "B", machines=["nonsense"])
    with pytest.raises(Invalid):
        Trap(freeze=False, cascade=True)

    assert 1 == len(await list_canaries(world.core, world.owner, project.id))


async def test_fifty_canaries(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """C-1: one canary too many causes a conflict; those in the trash count, too."""
    monkeypatch.setattr(canaries, "MOST_CANARIES", 2)
    project = await world.project("billing")
    first = await world.canary(project, "A")
    await world.canary(project, "B")
    await delete_secret(world.core, world.owner, first.id)
    with pytest.raises(Conflict):
        await world.canary(project, "C")


async def test_only_those_who_manage_canaries_learn_of_them(world: World) -> None:
    """C-1: without `canaries.manage`, canaries can't be listed, and conflicts don't reveal them."""
    project = await world.project("billing")
    canary = await world.canary(project)
    person = without(world.owner, ProjectCapability.CANARIES_MANAGE)
    with pytest.raises(Refused):
        await list_canaries(world.core, person, project.id)
    with pytest.raises(Refused):
        await update_canary(world.core, person, canary.id, enabled=False)
    with pytest.raises(Conflict) as hidden:
        await replace_secret(world.core, person, canary.id, Content(value="x"))
    with pytest.raises(Conflict) as told:
        await replace_secret(world.core, world.owner, canary.id, Content(value="x"))

    assert "canary" not in hidden.value.message
    assert "canary" in told.value.message


async def test_granting_needs_its_own_capability(world: World) -> None:
    """C-1: choosing machines needs `grants.manage` as well."""
    project = await world.project("billing")
    machine = await granted_machine(world, project)
    person = without(world.owner, ProjectCapability.GRANTS_MANAGE)
    planting: dict[str, Any] = {
        "decoy": Decoy.PASSWORD,
        "trap": Trap(),
        "labels": Labels(),
    }
    with pytest.raises(Refused):
        await canaries.plant_canary(
            world.core, person, project.id, name="A", machines=[str(machine.id)], **planting
        )

    assert await canaries.plant_canary(world.core, person, project.id, name="A", **planting)


async def test_a_canary_is_not_changed_by_hand(world: World) -> None:
    """C-4: replacing, rotating, rolling back and drop boxes cause conflicts; the value stays the same."""
    project = await world.project("billing")
    canary = await world.canary(project)
    core, owner, value = world.core, world.owner, await world.open_value(canary.id)
    await replant_canary(core, owner, canary.id)
    for attempt in (
        replace_secret(core, owner, canary.id, Content(value="x")),
        rotate_secret(core, owner, canary.id, Recipe()),
        roll_back(core, owner, canary.id, version=1),
        create_drop_box(core, owner, canary.id, overwrite=True),
    ):
        with pytest.raises(Conflict, match="re-plant"):
            await attempt

    assert value != await world.open_value(canary.id)
    assert 2 == (await read_secret(core, owner, canary.id)).version


async def test_replanting(world: World) -> None:
    """C-4: re-planting creates a new decoy, still armed; its version looks like any other generated one."""
    project = await world.project("billing")
    canary = await world.canary(project, decoy=Decoy.CLOUD_KEY, trap=Trap(cascade=True))
    value = await world.open_value(canary.id)
    await world.freeze(project)
    again = await replant_canary(world.core, world.owner, canary.id, if_match=canary.revision)

    assert (2, True, True, True) == (again.version, again.enabled, again.freeze, again.cascade)
    assert value != await world.open_value(canary.id)
    versions = await list_versions(world.core, world.owner, canary.id, PageRequest())
    assert ["rotate", "create"] == [each.origin for each in versions.items]
    with pytest.raises(Changed):
        await replant_canary(world.core, world.owner, canary.id, if_match=canary.revision)


async def test_changing_a_canary(world: World) -> None:
    """C-3: each setting can be changed independently; `cascade` requires `freeze`."""
    project = await world.project("billing")
    canary = await world.canary(project)
    core, owner = world.core, world.owner
    off = await update_canary(core, owner, canary.id, enabled=False)
    wide = await update_canary(core, owner, canary.id, cascade=True)
    with pytest.raises(Invalid):
        await update_canary(core, owner, canary.id, freeze=False)
    quiet = await update_canary(core, owner, canary.id, freeze=False, cascade=False, enabled=True)

    assert [(False, True, False), (False, True, True), (True, False, False)] == [
        (each.enabled, each.freeze, each.cascade) for each in (off, wide, quiet)
    ]
    entries = await world.entries("canary_update")
    assert [False, False, True] == [
        msgspec.json.decode(str(each["detail"]))["enabled"] for each in entries
    ]


async def test_other_secrets_are_not_canaries(world: World) -> None:
    """C-1: operations on canaries cause a conflict for any other secret, and don't find a trashed canary."""
    project = await world.project("billing")
    secret, gone = await world.secret(project, "A"), await world.canary(project, "B")
    await delete_secret(world.core, world.owner, gone.id)
    for operation in (update_canary, replant_canary, drill_canary):
        with pytest.raises(Conflict):
            await operation(world.core, world.owner, secret.id)
        with pytest.raises(NotFound):
            await operation(world.core, world.owner, gone.id)
    await restore_secret(world.core, world.owner, gone.id)

    assert [True] == [
        each.enabled for each in await list_canaries(world.core, world.owner, project.id)
    ]


async def test_a_drill(world: World) -> None:
    """C-5: a drill is logged as such, says what would happen, and freezes nothing."""
    project, shop = await world.project("billing"), await world.project("shop")
    machine = await granted_machine(world, project, hostname="ci")
    await grant(world, machine, shop)
    canary = await world.canary(project, trap=Trap(cascade=True), machines=[str(machine.id)])
    lonely = await world.canary(project, "LONELY")
    drill = await drill_canary(world.core, world.owner, canary.id)

    assert (True, ["ci"], ["shop"]) == (drill.fires, drill.readers, drill.cascades_to)
    assert "A read by ci would freeze this project, and up to 1 more: shop" in drill.summary
    assert not (await drill_canary(world.core, world.owner, lonely.id)).fires
    assert [] == await world.entries("canary_triggered")
    found = await list_entries(world.core, world.owner, PageRequest())
    assert not any(entry.action == "project_freeze" for entry in found.items)
    assert [True, True] == [
        msgspec.json.decode(str(entry["detail"]))["drill"]
        for entry in await world.entries("canary_drill")
    ]
