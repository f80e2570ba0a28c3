"""A handler runs only for a person with a live session (A-4, decision 1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import reflex as rx

from strongroom_core.access.action import Plane, Recorded
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import NotAuthenticated
from strongroom_dashboard.event_session import INTERNAL, EventSession, NotListed, calling
from strongroom_dashboard.screens.overview.state import Overview
from strongroom_dashboard.screens.shell import Shell
from strongroom_server.operations import authorization_table
from strongroom_testkit.world import World

USED = "select last_used_at from session"


@dataclass
class Event:
    """The parts of an event that the middleware uses."""

    name: str


def every_handler() -> Iterator[str]:
    """All handlers in this process, including Reflex's own, by the names that events use."""
    waiting: list[Any] = [rx.State]
    while waiting:
        state = waiting.pop()
        waiting.extend(state.get_substates())
        for name in state.event_handlers:
            yield f"{state.get_full_name()}.{name}"


def frame(screen: Any) -> Any:
    """The frame around a screen."""
    return screen._get_root_state().get_substate(Shell.get_full_name().split("."))


async def test_unlisted_handlers_are_rejected(core, world: World, look) -> None:
    """Decision 1: a handler that isn't in the table is rejected, even Reflex's own, unless pages need it."""
    shown = await look(Overview, "/")
    events, root = EventSession(core, {}), shown._get_root_state()
    handlers = set(every_handler())
    passed: set[str] = set()
    for name in handlers | {"", "x", "reflex___state____state.", "reflex___state____state.reset"}:
        try:
            await events.preprocess(None, root, Event(name))
        except NotListed:
            continue
        passed.add(name)

    assert INTERNAL <= handlers
    assert INTERNAL == passed
    assert {f"{Overview.get_full_name()}.setvar", f"{Overview.get_full_name()}.load"} <= handlers


async def test_a_listed_handler_gets_its_caller(events: EventSession, world: World, look) -> None:
    """A-8: caller, vault and capabilities are known before the handler runs."""
    shown = await look(Overview, "/")
    name = f"{Overview.get_full_name()}.load"
    open_to = EventSession(events._core, {name: "Overview.load"})
    await open_to.preprocess(None, shown._get_root_state(), Event(name))

    assert (world.person.account, world.person.vault) == (
        calling().caller.account,
        calling().caller.vault,
    )
    assert "127.0.0.61" == calling().caller.origin.address
    assert calling().core.keyring is None


async def test_signing_out_clears_the_state(
    events: EventSession, world: World, look, administrator: OpenConnection
) -> None:
    """A-4: after signing out, the next event is rejected, and the state loses the page's content."""
    shown = await look(Overview, "/")
    root = shown._get_root_state()
    await administrator.execute("delete from session")

    assert "ada" == frame(shown).username
    with pytest.raises(NotAuthenticated):
        await events.identify(root, used=True)
    shell = frame(shown)
    assert ("", "", [], False) == (shell.username, shell.vault, shell.frozen, shown.ready)
    assert "" == shown.sentence


async def test_hydrating_after_the_end_of_a_session(
    events: EventSession, world: World, look, administrator: OpenConnection
) -> None:
    """A-4: Reflex's own event sends the state's content, which is empty for an ended session."""
    shown = await look(Overview, "/")
    await administrator.execute("delete from session")
    await events.preprocess(None, shown._get_root_state(), Event("reflex___state____state.hydrate"))

    assert ("", "") == (frame(shown).username, shown.sentence)


@pytest.mark.parametrize(
    "sent", ["", "Session ", "Session ses_aaaaaaaaaaaaaaaa", "Bearer x", "x" * 999]
)
async def test_there_is_no_caller_without_a_session(
    events: EventSession, world: World, look, sent: str
) -> None:
    """A-4: without a live session's ID there is no caller."""
    with pytest.raises(NotAuthenticated):
        await look(Overview, "/", session=sent)


async def test_automatic_updates_do_not_extend_a_session(
    events: EventSession, world: World, look, clock: MovableClock, administrator: OpenConnection
) -> None:
    """A-4: a page's automatic updates don't keep a session alive; a click does."""
    shown = await look(Overview, "/")
    before = await administrator.fetchval(USED)
    clock.move(timedelta(minutes=10))
    await events.identify(shown._get_root_state(), used=False)

    assert before == await administrator.fetchval(USED)
    await events.identify(shown._get_root_state(), used=True)

    assert clock.now() == await administrator.fetchval(USED)


def test_handlers_are_read_only() -> None:
    """Decision 1: handlers are read-only, so their actions cause no event when they succeed."""
    screens = {
        name: operation.action
        for name, operation in authorization_table().items()
        if operation.plane is Plane.DASHBOARD
    }
    changing = {
        name
        for name, action in screens.items()
        if action is None or action.recorded is not Recorded.ON_REFUSAL
    }

    assert screens
    assert set() == changing
