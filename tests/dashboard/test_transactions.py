"""The database cost of a click, and the effect of a machine's read on an open page (L-4, U-2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.freeze import freeze_project
from strongroom_core.reading.batch import read_secret_value
from strongroom_dashboard.event_session import INTERNAL, EventSession, SignedOut, calling
from strongroom_dashboard.screens.application.state import ApplicationScreen
from strongroom_dashboard.screens.audit.state import AuditLog
from strongroom_dashboard.screens.frozen.state import FrozenProject
from strongroom_dashboard.screens.machine.state import MachinePage
from strongroom_dashboard.screens.machines.state import MachineList
from strongroom_dashboard.screens.overview.state import Overview
from strongroom_dashboard.screens.project_machines.state import ProjectMachines
from strongroom_dashboard.screens.project_secrets.state import ProjectSecrets
from strongroom_dashboard.screens.project_settings.state import ProjectSettings
from strongroom_dashboard.screens.projects.state import Projects
from strongroom_dashboard.screens.shares.state import Shares
from strongroom_dashboard.screens.trash.state import Trash
from strongroom_testkit.counting import Counting
from strongroom_testkit.machine import granted_machine, pending_machine
from strongroom_testkit.world import World

ON_LOAD, HYDRATED = (
    next(name for name in INTERNAL if name.endswith(end))
    for end in ("on_load_internal", "on_load_internal_state.set_is_hydrated")
)
"""What Reflex sends before and after `load` when the URL changes."""

AT_MOST = 4


@dataclass
class Event:
    """The parts of an event that the middleware uses."""

    name: str


@dataclass
class FullVault:
    """A vault with at least one object of each type, and each screen's URL by its state."""

    addresses: dict[type[Any], str]
    read: Callable[[], Awaitable[Any]]


@pytest.fixture
async def vault(core: Core, world: World) -> FullVault:
    application = await create_application(
        core, world.owner, name="shop", environments=["production"]
    )
    project, cold = await world.project("billing"), await world.project("vestry")
    secret = await world.secret(project, "API_KEY")
    await world.trashed_secret(project, "OLD_KEY")
    machine = await granted_machine(world, project, secret)
    await pending_machine(world, "new-1")

    async def read() -> None:
        await read_secret_value(core, await machine.caller(world), secret.id)

    await read()
    await freeze_project(core, world.owner, cold.id, reason="a laptop is gone")
    at = f"/projects/{project.id}"
    return FullVault(
        {
            Overview: "/",
            Projects: "/projects",
            ApplicationScreen: f"/applications/{application.id}",
            ProjectSecrets: f"{at}?secret={secret.id}&view=activity",
            ProjectMachines: f"{at}/machines",
            ProjectSettings: f"{at}/settings",
            FrozenProject: f"/projects/{cold.id}/frozen",
            MachineList: "/machines",
            MachinePage: f"/machines/{machine.id}?project={project.id}",
            AuditLog: f"/audit?entry={(await world.entries())[-1]['id']}",
            Shares: "/shares",
            Trash: "/trash",
        },
        read,
    )


@pytest.fixture
def counting(events: EventSession) -> Counting:
    """Counts the dashboard's transactions from now on."""
    events._core.database = counting = Counting(events._core.database)
    return counting


async def test_screens_read_in_one_transaction(
    vault: FullVault, look, follow, events: EventSession, counting: Counting, clock
) -> None:
    """U-2: every screen reads everything in one transaction; other transactions only look up the session."""
    costs: dict[str, int] = {}
    for screen, address in vault.addresses.items():
        shown = await look(screen, address)
        root = shown._get_root_state()
        # Recording that the session was used must not cost another transaction.
        clock.move(timedelta(minutes=5))
        before = counting.begun
        await events.preprocess(None, root, Event(ON_LOAD))
        await look(screen, address)
        await events.preprocess(None, root, Event(HYDRATED))
        costs[screen.__name__] = counting.begun - before
        assert ("", True) == (shown.problem, shown.ready)

    assert dict.fromkeys(costs, AT_MOST) == costs
    assert 12 == len(costs)


async def test_a_session_that_ended_between_two_clicks(
    vault: FullVault, look, events: EventSession, administrator: OpenConnection
) -> None:
    """A-4: the second click is rejected, and the content from the first is removed."""
    shown = await look(Overview, "/")
    await administrator.execute("delete from session")
    with pytest.raises(SignedOut):
        await look(Projects, "/projects")

    root = shown._get_root_state()
    await events.preprocess(None, root, Event(ON_LOAD))
    assert "" == shown.sentence


async def test_a_read_updates_feeds_in_one_transaction(
    vault: FullVault, look, follow, counting: Counting
) -> None:
    """L-4: a read updates feeds and counts in one transaction; a screen without them isn't touched."""
    with_feed: set[str] = set()
    for screen, address in vault.addresses.items():
        shown = await look(screen, address)
        seen = await follow(shown)
        if seen.feed is None:
            continue
        with_feed.add(screen.__name__)
        await vault.read()
        lines, before = _lines(shown), counting.begun
        later = await shown._refresh_feed(calling(), seen)

        assert 1 == counting.begun - before
        assert (seen.page, True) == (later.page, later.feed.covers(seen.feed))
        if screen is not FrozenProject:  # It shows a different project from the one that was read.
            assert lines != _lines(shown)

    assert {"Overview", "ProjectSecrets", "FrozenProject", "MachinePage", "AuditLog"} == with_feed


def _lines(shown: Any) -> list[str]:
    """Return the first event that a screen lists, as text."""
    listed = {
        Overview: lambda: shown.feed,
        ProjectSecrets: lambda: shown.open.activity,
        MachinePage: lambda: shown.feed,
        AuditLog: lambda: shown.rows,
        FrozenProject: lambda: shown.happened,
    }
    return [repr(each) for each in listed[type(shown)]()][:1]


async def test_a_drawer_that_shows_no_activity_has_no_feed(vault: FullVault, look, follow) -> None:
    """L-4: an open drawer is updated by changes, and not by every read of a busy secret."""
    address = vault.addresses[ProjectSecrets]
    activity = await follow(await look(ProjectSecrets, address))
    summary = await follow(await look(ProjectSecrets, address.replace("&view=activity", "")))

    assert activity.feed is not None
    assert summary.feed is None


async def test_the_first_read_is_a_step_that_is_done(
    core: Core, world: World, look, follow
) -> None:
    """U-1: the first steps update automatically, including those that a machine takes."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    shown = await look(Overview, "/")
    seen = await follow(shown)
    before = shown.has_read
    await read_secret_value(core, await machine.caller(world), secret.id)
    await shown._refresh_feed(calling(), seen)

    assert (False, True) == (before, shown.has_read)
