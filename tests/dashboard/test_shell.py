"""The frame around every page (V-4, U-1)."""

from __future__ import annotations

from strongroom_dashboard.screens.overview.state import Overview
from strongroom_dashboard.screens.shell import FrozenItem, Shell
from strongroom_testkit.machine import pending_machine
from strongroom_testkit.world import World


async def test_the_content_of_the_frame(world: World, look) -> None:
    """U-1: the frame shows the person, their vault, pending machines and frozen projects."""
    await pending_machine(world, "web-1")
    await pending_machine(world, "web-2")
    project = await world.project("billing")
    await world.freeze(project)
    screen = await look(Overview, "/")
    shell = screen._get_root_state().get_substate(Shell.get_full_name().split("."))

    assert ("", True) == (screen.problem, screen.ready)
    assert ("ada", "AD", world.person.vault) == (shell.username, shell.initials, shell.vault)
    assert ("ada's vault", 2) == (shell.vault_name, shell.pending)
    [frozen] = shell.frozen
    assert isinstance(frozen, FrozenItem)
    assert (project.id, "billing") == (frozen.id, frozen.name)
