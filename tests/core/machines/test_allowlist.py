"""The vault's IP allowlist (R-8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Conflict, Invalid, NameTaken, NotFound
from strongroom_core.kernel.origin import Origin
from strongroom_core.machines import allowlist
from strongroom_testkit.machine import REGISTERED_FROM, approved_machine, pending_machine
from strongroom_testkit.world import World


async def add(world: World, network: str, note: str | None = None) -> str:
    made = await allowlist.create_allowlist_entry(
        world.core, world.owner, network=network, note=note
    )
    return max(made.entries, key=lambda each: each.added_at).id


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("10.1.0.0/16", "10.1.0.0/16"),
        (" 10.1.2.3 ", "10.1.2.3/32"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
    ],
)
async def test_networks_are_stored_in_one_form(world: World, written: str, kept: str) -> None:
    """R-8: the same network can't be in the list twice under two spellings."""
    await add(world, written, "the office")

    (entry,) = (await allowlist.read_allowlist(world.core, world.owner)).entries

    assert (entry.network, entry.note) == (kept, "the office")
    with pytest.raises(NameTaken):
        await add(world, kept)


@pytest.mark.parametrize("wrong", ["", "10.0.0.1/8", "10.0.0.0/33", "example.com", "1.2.3", "10.*"])
async def test_invalid_networks_are_rejected(world: World, wrong: str) -> None:
    """R-8: the error says what a network must look like."""
    with pytest.raises(Invalid, match="network"):
        await add(world, wrong)


async def test_an_empty_list_must_be_meant(world: World) -> None:
    """R-8: turning an empty list on needs a confirmation, because it blocks everything."""
    with pytest.raises(Invalid, match="block every machine"):
        await allowlist.enable_allowlist(world.core, world.owner)
    shown = await allowlist.enable_allowlist(world.core, world.owner, allow_empty=True)

    assert shown.enabled


async def test_the_list_names_the_machines_it_would_block(world: World) -> None:
    """R-8: the warning covers machines seen this week, by last address, even while the list is off."""
    machine = await approved_machine(world, "web-1")
    await pending_machine(world, "not-yet")

    (before,) = (await allowlist.read_allowlist(world.core, world.owner)).shut_out

    assert (before.id, before.name, before.address) == (machine.id, "web-1", REGISTERED_FROM)
    entry = await add(world, "127.0.0.0/8")
    shown = await allowlist.read_allowlist(world.core, world.owner)
    assert (shown.shut_out, shown.shut_out_count) == ([], 0)
    assert [each.only_way_for for each in shown.entries] == [1]
    await add(world, REGISTERED_FROM)
    shown = await allowlist.delete_allowlist_entry(world.core, world.owner, entry)
    assert [each.only_way_for for each in shown.entries] == [1]
    assert shown.shut_out_count == 0


async def test_a_machine_that_was_not_seen_this_week_does_not_count(
    world: World, clock: MovableClock
) -> None:
    """R-8: the warning covers only machines that are in use."""
    await approved_machine(world, "old")
    clock.move(timedelta(days=9))

    assert (await allowlist.read_allowlist(world.core, world.owner)).shut_out_count == 0


async def test_every_change_is_recorded_with_what_it_gave_and_took(world: World) -> None:
    """L-6: the audit log shows which networks were on the list at any given time."""
    entry = await add(world, "10.1.0.0/16")
    await allowlist.enable_allowlist(world.core, world.owner)
    await allowlist.delete_allowlist_entry(world.core, world.owner, entry)
    await allowlist.disable_allowlist(world.core, world.owner)
    with pytest.raises(NotFound):
        await allowlist.delete_allowlist_entry(world.core, world.owner, entry)
    told = [
        (each["action"], each["target_name"], msgspec.json.decode(str(each["detail"])))
        for each in await world.entries()
        if str(each["action"]).startswith("allowlist_") and each["outcome"] == "done"
    ]

    assert told == [
        ("allowlist_add", "10.1.0.0/16", {"given": ["10.1.0.0/16"]}),
        ("allowlist_enable", None, {"networks": ["10.1.0.0/16"]}),
        ("allowlist_remove", "10.1.0.0/16", {"taken": ["10.1.0.0/16"]}),
        ("allowlist_disable", None, {"networks": []}),
    ]


async def test_another_vaults_list_is_another(world: World, other_world: World) -> None:
    """V-7, R-8: a list applies only in its own vault, and can't be seen from another."""
    entry = await add(other_world, "10.9.0.0/16")
    await allowlist.enable_allowlist(other_world.core, other_world.owner)

    shown = await allowlist.read_allowlist(world.core, world.owner)

    assert (shown.enabled, shown.entries) == (False, [])
    with pytest.raises(NotFound):
        await allowlist.delete_allowlist_entry(world.core, world.owner, entry)


async def test_the_list_has_a_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-8: every request's address is compared with the list, so its length is limited."""
    monkeypatch.setattr(allowlist, "MOST_ENTRIES", 2)
    await add(world, "10.1.0.0/16")
    await add(world, "10.2.0.0/16")

    with pytest.raises(Conflict, match="2 networks"):
        await add(world, "10.3.0.0/16")


async def test_people_from_any_address_can_change_the_list(world: World) -> None:
    """R-8: the list never affects people, so they can't lock themselves out."""
    await allowlist.enable_allowlist(world.core, world.owner, allow_empty=True)
    elsewhere = replace(world.owner, origin=Origin("192.0.2.77", "req_test"))

    shown = await allowlist.disable_allowlist(world.core, elsewhere)

    assert (shown.enabled, shown.your_address) == (False, "192.0.2.77")
