"""Screens without a browser: real states, over a real vault, through the real door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from reflex_base.registry import RegistrationContext

from strongroom_core.accounts.login import log_in
from strongroom_core.accounts.sessions import session_of
from strongroom_core.core import Core
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.operate.blind import blind_core
from strongroom_dashboard.config import config

# As the server does before it imports a state.
RegistrationContext.ensure_context()._set_config(config)

from strongroom_dashboard.door import Door  # noqa: E402
from strongroom_dashboard.gate import SCHEME  # noqa: E402
from strongroom_testkit.people import Person, visitor  # noqa: E402
from strongroom_testkit.world import World  # noqa: E402

Look = Callable[..., Awaitable[Any]]


@pytest.fixture
def door(core: Core, clock: MovableClock) -> Door:
    """The door of a dashboard that is blind, on the clock of the test."""
    del clock
    return Door(blind_core(core), {})


async def session_for(core: Core, person: Person, world: World) -> str:
    """Log a person in and return the session's id, as the gate would find it."""
    opened = await log_in(
        core, visitor(), email=person.email, password=person.password, device_token=None
    )
    world.markers.note(opened.device_token)
    found = await session_of(core, world.markers.note(opened.token), visitor().origin)
    assert found is not None
    return found


@pytest.fixture
async def look(core: Core, world: World, door: Door) -> Look:
    """What opens a URL as the owner of the world and returns the loaded state: `look(State, "/path?q=a")`."""
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
        await door.enter(root, used=True)
        shown = root.get_substate(state.get_full_name().split("."))
        await shown._refresh()
        return shown

    return open_page
