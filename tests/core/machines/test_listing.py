"""Machines in lists: the last registered first, page by page, of one's own vault (M-8)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.lifecycle import disable_machine, rename_machine
from strongroom_core.machines.listing import (
    count_machines,
    fingerprint,
    list_machines,
    read_machine,
)
from strongroom_core.machines.views import MachineCounts, MachineState
from strongroom_testkit.machine import approved_machine, granted_machine, pending_machine
from strongroom_testkit.world import World


def page(limit: int | None = None, cursor: str | None = None) -> PageRequest:
    """Ask for a page of machines."""
    return PageRequest.parse(limit=limit, cursor=cursor, keys=2)


async def test_pages_hold_each_machine_once(world: World, clock: MovableClock) -> None:
    """M-8: newest first, also among those of the same moment."""
    made = []
    for number in range(5):
        made.append((await approved_machine(world, f"web-{number}")).id)
        clock.move(timedelta(seconds=number % 2))
    found, cursor = [], None
    while True:
        listed = await list_machines(world.core, world.owner, page(2, cursor))
        found += listed.items
        cursor = listed.next_cursor
        if cursor is None:
            break

    assert sorted(made) == sorted(each.id for each in found)
    times = [each.registered_at for each in found]
    assert sorted(times, reverse=True) == times
    assert 5 == len(found)


async def test_those_that_wait(world: World) -> None:
    """M-8: pending machines by themselves, and all others by themselves."""
    waiting, approved = await pending_machine(world), await approved_machine(world, "web-2")
    await disable_machine(world.core, world.owner, str(approved.id))
    for pending, expected in (
        (True, {(waiting.id, "pending")}),
        (False, {(approved.id, "disabled")}),
        (None, {(waiting.id, "pending"), (approved.id, "disabled")}),
    ):
        listed = await list_machines(world.core, world.owner, page(), pending=pending)

        assert expected == {(each.id, each.state) for each in listed.items}


async def test_a_machine_shows_what_it_reaches(world: World) -> None:
    """M-9: the number of its projects and grants, and its fingerprint."""
    project = await world.project("billing")
    secrets = [await world.secret(project, name) for name in ("A", "B")]
    machine = await granted_machine(world, project, *secrets)
    view = await read_machine(world.core, world.owner, str(machine.id))

    assert (1, 2) == (view.projects, view.grants)
    assert fingerprint(bytes(machine.key.verify_key)) == view.fingerprint
    assert re.fullmatch("[0-9a-f]{4}(?: [0-9a-f]{4}){15}", view.fingerprint)


async def test_other_vaults_machines_are_absent(world: World, other_world: World) -> None:
    """V-7: neither in lists, nor by id, nor as `replaces`."""
    theirs = await approved_machine(other_world, "web-1")
    mine = await pending_machine(world, "web-1")

    assert [mine.id] == [
        each.id for each in (await list_machines(world.core, world.owner, page())).items
    ]
    assert (await read_machine(world.core, world.owner, str(mine.id))).replaces is None
    with pytest.raises(NotFound):
        await read_machine(world.core, world.owner, str(theirs.id))


@pytest.mark.parametrize("position", [("yesterday", "x"), ("2026-01-01", "x"), ("9" * 30, "")])
async def test_a_cursor_that_no_list_handed_out(world: World, position: tuple[str, str]) -> None:
    """WIRE 2: it is refused as such."""
    with pytest.raises(Invalid) as refused:
        await list_machines(world.core, world.owner, PageRequest(limit=10, after=position))

    assert "cursor" == refused.value.field


async def test_machines_by_state(world: World) -> None:
    """M-8: those of one state, and how many there are of each."""
    waiting, on, off = (
        await pending_machine(world, "a"),
        await approved_machine(world, "b"),
        await approved_machine(world, "c"),
    )
    await disable_machine(world.core, world.owner, str(off.id))
    for state, machine in zip(MachineState, (waiting, on, off), strict=True):
        listed = await list_machines(world.core, world.owner, page(), state=state)

        assert [(machine.id, state)] == [(each.id, each.state) for each in listed.items]
    assert MachineCounts(1, 1, 1) == await count_machines(world.core, world.owner)


async def test_counts_are_of_the_own_vault(world: World, other_world: World) -> None:
    """V-7: others' machines are not counted, and none is counted as none."""
    await approved_machine(other_world)

    assert MachineCounts(0, 0, 0) == await count_machines(world.core, world.owner)


async def test_machines_by_the_beginning_of_a_name(world: World) -> None:
    """M-8: of the name or the hostname, whatever the case; `%` stands for itself; page by page."""
    made = {name: (await approved_machine(world, name)).id for name in ("Web-1", "web-2", "db-1")}
    await rename_machine(world.core, world.owner, str(made["db-1"]), name="ledger %")
    for prefix, expected in (
        ("WEB", {"Web-1", "web-2"}),
        ("web-2", {"web-2"}),
        ("db", {"db-1"}),
        ("ledger %", {"db-1"}),
        ("%", set()),
        ("1", set()),
        ("", set(made)),
    ):
        listed = await list_machines(world.core, world.owner, page(), prefix=prefix)

        assert {made[name] for name in expected} == {each.id for each in listed.items}, prefix
    first = await list_machines(world.core, world.owner, page(1), prefix="web")
    second = await list_machines(world.core, world.owner, page(1, first.next_cursor), prefix="web")
    assert {made["Web-1"], made["web-2"]} == {each.id for each in (*first.items, *second.items)}
    assert second.next_cursor is None


async def test_a_prefix_that_no_name_has(world: World) -> None:
    """Text that the database cannot hold is refused as what it is."""
    with pytest.raises(Invalid) as refused:
        await list_machines(world.core, world.owner, page(), prefix="a\0")

    assert "prefix" == refused.value.field
