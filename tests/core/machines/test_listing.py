"""Machines in lists: the last registered first, page by page, of one's own vault (M-8)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.lifecycle import disable_machine
from strongroom_core.machines.listing import fingerprint, list_machines, read_machine
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
    assert view.fingerprint.startswith("SHA256:")
    assert 50 == len(view.fingerprint)


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
