"""Sessions: how they start, are used, time out and end (A-4, A-5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from strongroom_core.access.decide import STEP_UP_AGE
from strongroom_core.access.roles import OWNER
from strongroom_core.accounts.sessions import authenticate_person, end_session, read_session
from strongroom_core.accounts.step_up import step_up
from strongroom_core.core import Core
from strongroom_core.crypto.token import mint_token
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import NotAuthenticated, TooMany, WrongCredentials
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.origin import Origin
from strongroom_core.projects.trash import purge_project
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import Person, visitor
from strongroom_testkit.sign_in import log_in
from strongroom_testkit.world import World, entries_of

ORIGIN = Origin("127.0.0.41", "req_a")
INSTANT = timedelta(microseconds=1)


@pytest.fixture
async def token(core: Core, owner: Person, clock: MovableClock, markers: Markers) -> str:
    """Return the token of a new session."""
    return await new_token(core, owner, markers)


async def new_token(core: Core, person: Person, markers: Markers) -> str:
    logged_in = await log_in(
        core, visitor(), email=person.email, password=person.password, device_token=None
    )
    markers.note(logged_in.device_token)
    return markers.note(logged_in.token)


async def enter(core: Core, token: str | None) -> Human:
    return await authenticate_person(core, token, ORIGIN)


async def is_open(core: Core, token: str) -> bool:
    try:
        await enter(core, token)
    except NotAuthenticated:
        return False
    return True


async def test_a_token_leads_to_the_person(
    core: Core, owner: Person, token: str, clock: MovableClock
) -> None:
    """A-4: a token yields account, vault, current authority, and the time of authentication."""
    caller = await enter(core, token)

    assert (caller.account, caller.username, caller.vault) == (owner.account, "ada", owner.vault)
    assert caller.authority == OWNER
    assert caller.authenticated_at == clock.now()
    assert caller.expires_at == clock.now() + timedelta(hours=12)
    assert caller.operator is True
    assert caller.origin is ORIGIN


async def test_a_session_ends_after_thirty_idle_minutes(
    core: Core, token: str, clock: MovableClock
) -> None:
    """A-4: a session used just before 30 minutes have passed continues; at 30 minutes it has ended."""
    clock.move(timedelta(minutes=30) - INSTANT)

    assert await is_open(core, token)
    clock.move(timedelta(minutes=30) - INSTANT)

    assert await is_open(core, token)
    clock.move(timedelta(minutes=30))

    assert not await is_open(core, token)
    clock.move(timedelta(minutes=-10))

    assert await is_open(core, token)


async def test_a_session_ends_after_twelve_hours_however_busy(
    core: Core, token: str, clock: MovableClock
) -> None:
    """A-4: activity doesn't extend the twelve hours."""
    for _ in range(47):
        clock.move(timedelta(minutes=15))

        assert await is_open(core, token)
    clock.move(timedelta(minutes=15) - INSTANT)

    assert await is_open(core, token)
    clock.move(INSTANT)

    assert not await is_open(core, token)


async def test_both_limits_are_settable(
    core: Core, owner: Person, clock: MovableClock, markers: Markers
) -> None:
    """A-4: both timeouts are configurable."""
    core.settings = replace(
        core.settings, session_idle=timedelta(minutes=2), session_absolute=timedelta(minutes=5)
    )
    idle = await new_token(core, owner, markers)
    clock.move(timedelta(minutes=2))

    assert not await is_open(core, idle)
    busy = await new_token(core, owner, markers)
    for _ in range(4):
        clock.move(timedelta(minutes=1))
        assert await is_open(core, busy)
    clock.move(timedelta(minutes=1))

    assert not await is_open(core, busy)


async def test_use_is_noted_with_a_grain(
    core: Core, token: str, clock: MovableClock, administrator: OpenConnection
) -> None:
    """A-4: the last use is written at most every 30 seconds, and never moves back."""
    used = "select last_used_at from session"
    start = clock.now()
    clock.move(timedelta(seconds=30) - INSTANT)
    await enter(core, token)

    assert await administrator.fetchval(used) == start
    clock.move(INSTANT)
    await enter(core, token)

    assert await administrator.fetchval(used) == start + timedelta(seconds=30)
    clock.move(timedelta(seconds=-60))
    await enter(core, token)

    assert await administrator.fetchval(used) == start + timedelta(seconds=30)


async def test_invalid_session_tokens(
    core: Core, owner: Person, token: str, markers: Markers
) -> None:
    """A-4: missing, malformed, unknown and altered tokens, and those for other purposes, cause one error."""
    unknown, _ = mint_token("srs")
    logged_in = await log_in(
        core, visitor(), email=owner.email, password=owner.password, device_token=None
    )
    markers.note(logged_in.token)
    device = markers.note(logged_in.device_token)
    swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in (None, "", "x", unknown, device, swapped, token + " ", "\0", "\ud800", "ä" * 53):
        with pytest.raises(NotAuthenticated):
            await enter(core, wrong)

    assert await is_open(core, token)


@pytest.mark.parametrize(
    "change",
    [
        "update account set status = 'suspended'",
        "update account set status = 'closed'",
        "update member set status = 'suspended'",
        "delete from member",
        "delete from session",
        "update session set expires_at = created_at",
    ],
)
async def test_a_session_ends_with_its_account_or_membership(
    core: Core, token: str, administrator: OpenConnection, change: str
) -> None:
    """A-9, O-5: suspended or closed accounts and removed members lose access immediately."""
    assert await is_open(core, token)
    await administrator.execute(change)
    with pytest.raises(NotAuthenticated) as caught:
        await enter(core, token)

    assert str(caught.value) == "session expired; sign in again"


async def test_signing_out_ends_only_this_session(
    core: Core, owner: Person, token: str, markers: Markers
) -> None:
    """A-4: signing out invalidates the cookie; the person's other sessions continue."""
    other = await new_token(core, owner, markers)
    await end_session(core, await enter(core, token))

    assert not await is_open(core, token)
    assert await is_open(core, other)
    (entry,) = await entries_of(core, INSTALLATION, "session_end")
    assert entry["actor_id"] == owner.account


async def test_a_person_sees_their_session(core: Core, owner: Person, token: str) -> None:
    """A-8: the session reports which vault it acts in."""
    caller = await enter(core, token)
    seen = await read_session(core, caller)

    assert (seen.username, seen.vault_id, seen.vault_name, seen.operator) == (
        "ada",
        owner.vault,
        "ada's vault",
        True,
    )
    assert seen.expires_at == caller.expires_at


async def test_step_up_gives_a_new_token(
    core: Core, token: str, owner: Person, clock: MovableClock, markers: Markers
) -> None:
    """A-4, A-5: step-up invalidates the old token; the new token has a new time of authentication."""
    clock.move(timedelta(minutes=11))
    caller = await enter(core, token)
    stepped = await step_up(core, caller, owner.password)
    again = await enter(core, markers.note(stepped.token))

    assert not await is_open(core, token)
    assert stepped.authenticated_at == again.authenticated_at == clock.now()
    assert again.session == caller.session
    assert again.expires_at == caller.expires_at
    assert stepped.token not in repr(stepped)


async def test_step_up_allows_purging(
    core: Core, world: World, token: str, clock: MovableClock, markers: Markers
) -> None:
    """A-5: purging is possible for ten minutes after step-up."""
    project = await world.trashed_project("billing")
    clock.move(timedelta(minutes=15))
    stepped = await step_up(core, await enter(core, token), world.person.password)
    clock.move(STEP_UP_AGE)
    await purge_project(core, await enter(core, markers.note(stepped.token)), project.id)


async def test_a_failed_step_up_is_logged(
    core: Core, token: str, owner: Person, clock: MovableClock
) -> None:
    """A-5: a failed step-up doesn't change the session, and is logged with the person's name."""
    caller = await enter(core, token)
    clock.move(timedelta(minutes=5))
    with pytest.raises(WrongCredentials):
        await step_up(core, caller, "not the password at all")
    entry = (await entries_of(core, INSTALLATION, "session_step_up"))[-1]

    assert (await enter(core, token)).authenticated_at == caller.authenticated_at
    assert (entry["outcome"], entry["reason"], entry["actor_id"]) == (
        "refused",
        "wrong_credentials",
        owner.account,
    )


async def test_step_up_is_limited_to_five_failures(
    core: Core, token: str, owner: Person, clock: MovableClock, markers: Markers
) -> None:
    """A-5, A-6: after five wrong passwords in 15 minutes, even the right one has to wait."""
    caller = await enter(core, token)
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await step_up(core, caller, "not the password at all")
    with pytest.raises(TooMany):
        await step_up(core, caller, owner.password)
    clock.move(timedelta(minutes=15))
    stepped = await step_up(core, await enter(core, token), owner.password)

    assert await is_open(core, markers.note(stepped.token))


async def test_another_sessions_guesses_count_together(
    core: Core, token: str, owner: Person, markers: Markers
) -> None:
    """A-6: two sessions of one account don't allow twice as many guesses."""
    first = await enter(core, token)
    second = await enter(core, await new_token(core, owner, markers))
    for caller in (first, second, first, second, first):
        with pytest.raises(WrongCredentials):
            await step_up(core, caller, "not the password at all")
    with pytest.raises(TooMany):
        await step_up(core, second, owner.password)


async def test_a_suspended_account_cannot_step_up(
    core: Core, token: str, owner: Person, administrator: OpenConnection
) -> None:
    """A-9: a person whose account was suspended can't step up."""
    await administrator.execute("update account set status = 'suspended'")
    with pytest.raises(NotAuthenticated):
        await enter(core, token)


async def test_stepping_up_does_not_revive_an_ended_session(
    core: Core, token: str, owner: Person, markers: Markers
) -> None:
    """A-4: a session that ended while the password was being checked stays ended."""
    caller = await enter(core, token)
    await end_session(core, caller)
    with pytest.raises(NotAuthenticated):
        await step_up(core, caller, owner.password)
