"""The dashboard identifies a session by its ID, and uses the blind role (A-4, G-1)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom_core.accounts.sessions import (
    authenticate_person,
    authenticate_session,
    end_session,
    session_of,
)
from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import NotAuthenticated, Sealed
from strongroom_core.kernel.ids import SecretId, SessionId
from strongroom_core.kernel.origin import Origin
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.listing import list_projects
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.runtime.start import blind_core
from strongroom_testkit.machine import approved_machine
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import Person, visitor
from strongroom_testkit.sign_in import log_in
from strongroom_testkit.world import World

ORIGIN = Origin("127.0.0.42", "req_a")


@pytest.fixture
def blind(core: Core, clock: MovableClock) -> Core:
    """The dashboard's core, with the test's clock."""
    return blind_core(core)


@pytest.fixture
async def token(core: Core, owner: Person, clock: MovableClock, markers: Markers) -> str:
    """Return the token of a new session."""
    logged_in = await log_in(
        core, visitor(), email=owner.email, password=owner.password, device_token=None
    )
    markers.note(logged_in.device_token)
    return markers.note(logged_in.token)


@pytest.fixture
async def session(blind: Core, token: str) -> SessionId:
    """Return the ID of the same session, as the dashboard looks it up."""
    found = await session_of(blind, token, ORIGIN)
    assert found is not None
    return found


async def test_a_sessions_id_yields_the_same_caller(
    core: Core, blind: Core, token: str, session: SessionId
) -> None:
    """A-4: a session's ID yields the same caller as its token."""
    by_id = await authenticate_session(blind, session, ORIGIN, used=True)

    assert by_id == await authenticate_person(core, token, ORIGIN)
    assert (await list_projects(blind, by_id, PageRequest())).items == []


async def test_automatic_requests_do_not_extend_a_session(
    blind: Core, session: SessionId, clock: MovableClock, administrator: OpenConnection
) -> None:
    """A-4: a page's automatic requests don't keep a session alive."""
    used = "select last_used_at from session"
    start = clock.now()
    clock.move(timedelta(minutes=20))
    await authenticate_session(blind, session, ORIGIN, used=False)

    assert await administrator.fetchval(used) == start
    await authenticate_session(blind, session, ORIGIN, used=True)

    assert await administrator.fetchval(used) == clock.now()
    clock.move(timedelta(minutes=30))
    with pytest.raises(NotAuthenticated):
        await authenticate_session(blind, session, ORIGIN, used=True)


async def test_an_ended_session_has_no_caller(
    core: Core, blind: Core, token: str, session: SessionId
) -> None:
    """A-4: after signing out, neither the cookie nor the ID works."""
    await end_session(core, await authenticate_person(core, token, ORIGIN))

    assert await session_of(blind, token, ORIGIN) is None
    with pytest.raises(NotAuthenticated):
        await authenticate_session(blind, session, ORIGIN, used=True)


@pytest.mark.parametrize("wrong", [None, "", "x", "ses_aaaaaaaaaaaaaaaa", "\0", "ses_" + "a" * 400])
async def test_unknown_sessions(blind: Core, session: SessionId, wrong: str | None) -> None:
    """A-4: unknown and malformed IDs and cookies identify nobody."""
    assert await session_of(blind, wrong, ORIGIN) is None
    with pytest.raises(NotAuthenticated):
        await authenticate_session(blind, wrong, ORIGIN, used=True)


async def test_the_blind_have_no_keys(core: Core, blind: Core, world: World) -> None:
    """DESIGN 1: the blind core is unsealed although it has no key, and shares the pool and the clock."""
    machine = await approved_machine(world)

    assert blind.database.pool == core.database.pool
    assert blind.clock is core.clock
    assert not blind.sealed
    with pytest.raises(Sealed):
        blind.require_keyring()
    with pytest.raises(Sealed):
        await read_secret_value(blind, await machine.caller(world), SecretId("sk_aaaaaaaaaaaaaaaa"))
