"""Screens without a browser: real states over a real vault, for people with real sessions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from reflex_base.registry import RegistrationContext

from strongroom_core.accounts.sessions import session_of
from strongroom_core.core import Core
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.runtime.start import blind_core
from strongroom_dashboard.config import config
from strongroom_testkit.sign_in import log_in

# The server does the same before it imports a state.
RegistrationContext.ensure_context()._set_config(config)

from strongroom_dashboard.event_session import EventSession, calling  # noqa: E402
from strongroom_dashboard.screens.shell import Shell  # noqa: E402
from strongroom_dashboard.websocket_guard import SCHEME  # noqa: E402
from strongroom_testkit.people import Person, visitor  # noqa: E402
from strongroom_testkit.world import World  # noqa: E402

Look = Callable[..., Awaitable[Any]]
Follow = Callable[[Any], Awaitable[Any]]


@pytest.fixture
def events(core: Core, clock: MovableClock) -> EventSession:
    """The middleware that runs before a blind dashboard's handlers, using the test's clock."""
    del clock
    return EventSession(blind_core(core), {})


async def session_for(core: Core, person: Person, world: World) -> str:
    """Sign a person in and return the session's ID, as the websocket guard would look it up."""
    opened = await log_in(
        core, visitor(), email=person.email, password=person.password, device_token=None
    )
    world.markers.note(opened.device_token)
    found = await session_of(core, world.markers.note(opened.token), visitor().origin)
    assert found is not None
    return found


async def refresh(root: Any, state: type[Any]) -> Any:
    """Fill the frame and the screen as this caller's event would; return the audit log position reached."""
    screen, shell = (root.get_substate(each.get_full_name().split(".")) for each in (state, Shell))
    return await screen._refresh(shell, calling())


@pytest.fixture
async def look(core: Core, world: World, events: EventSession) -> Look:
    """Opens a URL as the world's owner and returns the loaded state: `look(State, "/path?q=a")`."""
    session = await session_for(core, world.person, world)

    async def open_page(state: type[Any], url: str, *, session: str = session) -> Any:
        root: Any = state.get_root_state()(_reflex_internal_init=True)
        root._update_router_vars(
            {
                "headers": {
                    "authorization": f"{SCHEME}{session}",
                    "origin": "http://localhost:8200",
                },
                "ip": "127.0.0.61",
                "pathname": url.partition("?")[0],
                "asPath": url,
            },
            {},
        )
        await events.identify(root, used=True)
        await refresh(root, state)
        return root.get_substate(state.get_full_name().split("."))

    return open_page


@pytest.fixture
def follow(events: EventSession) -> Follow:
    """Updates a page as it would update itself after a change; returns the audit log position reached."""

    async def fill_again(screen: Any) -> Any:
        root = screen._get_root_state()
        await events.identify(root, used=False)
        return await refresh(root, type(screen))

    return fill_again
