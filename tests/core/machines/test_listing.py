"""Lists of a vault's machines, page by page, most recently registered first (M-8)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.kernel.page import Cursor, PageRequest
from strongroom_core.machines.lifecycle import disable_machine, rename_machine
from strongroom_core.machines.listing import (
    count_machines,
    key_fingerprint,
    list_machines,
    read_machine,
)
from strongroom_core.machines.views import MachineCounts, MachineState
from strongroom_testkit.machine import approved_machine, granted_machine, pending_machine
from strongroom_testkit.world import World


def page(limit: int | None = None, cursor: str | None = None) -> PageRequest:
    """Request a page of machines."""
    return PageRequest.parse(limit=limit, cursor=cursor)


async def test_pages_hold_each_machine_once(world: World, clock: MovableClock) -> None:
    """M-8: machines are listed newest first, even if they were registered at the same moment."""
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
    """M-8: pending machines and all others can be listed separately."""
    waiting, approved = await pending_machine(world), await approved_machine(world, "web-2")
    await disable_machine(world.core, world.owner, str(approved.id))
    for pending, expected in (
        (True, {(waiting.id, "pending")}),
        (False, {(approved.id, "disabled")}),
        (None, {(waiting.id, "pending"), (approved.id, "disabled")}),
    ):
        listed = await list_machines(world.core, world.owner, page(), pending=pending)

        assert expected == {(each.id, each.state) for each in listed.items}


async def test_a_machine_has_its_numbers_of_projects_and_grants(world: World) -> None:
    """M-9: a listed machine shows its fingerprint, and how many projects and grants it has."""
    project = await world.project("billing")
    secrets = [await world.secret(project, name) for name in ("A", "B")]
    machine = await granted_machine(world, project, *secrets)
    view = await read_machine(world.core, world.owner, str(machine.id))

    assert (1, 2) == (view.projects, view.grants)
    assert key_fingerprint(bytes(machine.key.verify_key)) == view.fingerprint
    assert re.fullmatch("[0-9a-f]{4}(?: [0-9a-f]{4}){15}", view.fingerprint)


async def test_other_vaults_machines_are_not_found(world: World, other_world: World) -> None:
    """V-7: another vault's machine isn't found in lists, by ID, or as `replaces`."""
    theirs = await approved_machine(other_world, "web-1")
    mine = await pending_machine(world, "web-1")

    assert [mine.id] == [
        each.id for each in (await list_machines(world.core, world.owner, page())).items
    ]
    assert (await read_machine(world.core, world.owner, str(mine.id))).replaces is None
    with pytest.raises(NotFound):
        await read_machine(world.core, world.owner, str(theirs.id))


@pytest.mark.parametrize(
    "position", [("yesterday", "x"), ("2026-01-01", "x"), (None, "x"), ("9" * 30,)]
)
async def test_a_cursor_that_no_list_handed_out(
    world: World, position: tuple[str | None, ...]
) -> None:
    """WIRE 2: a cursor that no list has returned is rejected as invalid."""
    with pytest.raises(Invalid) as refused:
        await list_machines(
            world.core, world.owner, PageRequest(10, Cursor("-registeredAt", position))
        )

    assert "cursor" == refused.value.field


async def test_machines_by_state(world: World) -> None:
    """M-8: machines can be listed by state, and are counted in each."""
    waiting, on, off = (
        await pending_machine(world, "a"),
        await approved_machine(world, "b"),
        await approved_machine(world, "c"),
    )
    await disable_machine(world.core, world.owner, str(off.id))
    for state, machine in zip(MachineState, (waiting, on, off), strict=False):
        listed = await list_machines(world.core, world.owner, page(), state=state)

        assert [(machine.id, state)] == [(each.id, each.state) for each in listed.items]
    assert MachineCounts(pending=1, enabled=1, disabled=1, expired=0) == await count_machines(
        world.core, world.owner
    )


async def test_other_vaults_machines_are_not_counted(world: World, other_world: World) -> None:
    """V-7: other vaults' machines aren't counted; a vault without machines has zeroes."""
    await approved_machine(other_world)

    assert MachineCounts(pending=0, enabled=0, disabled=0, expired=0) == await count_machines(
        world.core, world.owner
    )


async def test_machines_by_part_of_a_name(world: World) -> None:
    """M-8, V-6: machines are found by any part of name, hostname or address, in any case, page by page."""
    made = {name: (await approved_machine(world, name)).id for name in ("Web-1", "web-2", "db-1")}
    await rename_machine(world.core, world.owner, str(made["db-1"]), name="ledger %")
    for q, expected in (
        ("WEB", {"Web-1", "web-2"}),
        ("eb-2", {"web-2"}),
        ("db", {"db-1"}),
        ("edger %", {"db-1"}),
        ("dger db", {"db-1"}),
        ("%", set()),
        ("b-", set()),
        ("1", set(made)),
        ("w", {"Web-1", "web-2"}),
        ("7.9.9.21", set(made)),
        (str(made["db-1"])[:8], {"db-1"}),
        ("", set(made)),
    ):
        listed = await list_machines(world.core, world.owner, page(), q=q)

        assert {made[name] for name in expected} == {each.id for each in listed.items}, q
    first = await list_machines(world.core, world.owner, page(1), q="web")
    second = await list_machines(world.core, world.owner, page(1, first.next_cursor), q="web")
    assert {made["Web-1"], made["web-2"]} == {each.id for each in (*first.items, *second.items)}
    assert second.next_cursor is None
    assert (2, 1, 2, 2) == (first.total, first.first, second.total, second.first)


async def test_a_search_that_no_name_has(world: World) -> None:
    """Text that the database can't store is rejected with a specific error."""
    with pytest.raises(Invalid) as refused:
        await list_machines(world.core, world.owner, page(), q="a\0")

    assert "q" == refused.value.field
