"""The door: a handler runs for a person with a live session, or not at all (A-4, decision 1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import reflex as rx

from strongroom_core.access.actions import RULES, Plane, Recorded
from strongroom_core.access.operations import OPERATIONS
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import NotAuthenticated
from strongroom_dashboard.door import INTERNAL, Door, NotListed, calling
from strongroom_dashboard.states.shell import Shell
from strongroom_testkit.world import World

USED = "select last_used_at from session"


@dataclass
class Event:
    """An event, as far as the door looks."""

    name: str


def every_handler() -> Iterator[str]:
    """All handlers that exist in this process, Reflex's own among them, by the names events have."""
    waiting: list[Any] = [rx.State]
    while waiting:
        state = waiting.pop()
        waiting.extend(state.get_substates())
        for name in state.event_handlers:
            yield f"{state.get_full_name()}.{name}"


async def test_whatever_is_not_listed_is_not_there(core, world: World, look) -> None:
    """Decision 1: every handler is refused unless it is in the table; Reflex's, unless a page needs it."""
    shell = await look(Shell, "/")
    door, root = Door(core, {}), shell._get_root_state()
    handlers = set(every_handler())
    passed: set[str] = set()
    for name in handlers | {"", "x", "reflex___state____state.", "reflex___state____state.reset"}:
        try:
            await door.preprocess(None, root, Event(name))
        except NotListed:
            continue
        passed.add(name)

    assert INTERNAL <= handlers
    assert INTERNAL == passed
    assert {f"{Shell.get_full_name()}.setvar", f"{Shell.get_full_name()}.load"} <= handlers


async def test_a_listed_handler_gets_its_caller(door: Door, world: World, look) -> None:
    """A-8: who acts, where, and with what, is known before the handler runs."""
    shell = await look(Shell, "/")
    name = f"{Shell.get_full_name()}.load"
    open_to = Door(door._core, {name: "Shell.load"})
    await open_to.preprocess(None, shell._get_root_state(), Event(name))

    assert (world.person.account, world.person.vault) == (
        calling().caller.account,
        calling().caller.vault,
    )
    assert "127.0.0.61" == calling().caller.origin.address
    assert calling().core.keyring is None


async def test_a_session_that_ended_leaves_nothing_on_the_page(
    door: Door, world: World, look, administrator: OpenConnection
) -> None:
    """A-4: after log-out the next event is refused, and what the page knew is gone from the state."""
    shell = await look(Shell, "/")
    root = shell._get_root_state()
    await administrator.execute("delete from session")

    assert "ada" == shell.username
    with pytest.raises(NotAuthenticated):
        await door.enter(root, used=True)
    assert ("", "", [], False) == (shell.username, shell.vault, shell.frozen, shell.ready)


async def test_hydrating_is_no_way_to_what_an_ended_session_saw(
    door: Door, world: World, look, administrator: OpenConnection
) -> None:
    """A-4: Reflex's own event sends what the state holds; for an ended session that is nothing."""
    shell = await look(Shell, "/")
    await administrator.execute("delete from session")
    await door.preprocess(None, shell._get_root_state(), Event("reflex___state____state.hydrate"))

    assert ("", "") == (shell.username, shell.vault)


@pytest.mark.parametrize(
    "sent", ["", "Session ", "Session ses_aaaaaaaaaaaaaaaa", "Bearer x", "x" * 999]
)
async def test_strangers(door: Door, world: World, look, sent: str) -> None:
    """A-4: without a live session's id nobody is anybody."""
    with pytest.raises(NotAuthenticated):
        await look(Shell, "/", session=sent)


async def test_looking_by_itself_is_no_use(
    door: Door, world: World, look, clock: MovableClock, administrator: OpenConnection
) -> None:
    """A-4: a page that follows the record keeps no session alive; a click does."""
    shell = await look(Shell, "/")
    before = await administrator.fetchval(USED)
    clock.move(timedelta(minutes=10))
    await door.enter(shell._get_root_state(), used=False)

    assert before == await administrator.fetchval(USED)
    await door.enter(shell._get_root_state(), used=True)

    assert clock.now() == await administrator.fetchval(USED)


def test_the_websocket_changes_nothing() -> None:
    """Decision 1: what a handler does is looking: its action leaves no entry when it is done."""
    screens = {
        name: operation.action
        for name, operation in OPERATIONS.items()
        if operation.plane is Plane.DASHBOARD
    }
    changing = {
        name
        for name, action in screens.items()
        if action is None or RULES[action].recorded is not Recorded.ON_REFUSAL
    }

    assert screens
    assert set() == changing
