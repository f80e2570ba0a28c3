"""A person's own sessions, known browsers and events (A-4, A-6, A-11)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strongroom_core.access.action import Action
from strongroom_core.access.actions import accounts
from strongroom_core.accounts.activity import list_account_events
from strongroom_core.accounts.own_sessions import (
    delete_device,
    delete_session,
    end_other_sessions,
    list_devices,
    list_sessions,
)
from strongroom_core.accounts.sessions import authenticate_person
from strongroom_core.accounts.views import LoggedIn
from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.caller import Human, Visitor
from strongroom_core.kernel.errors import Invalid, NotAuthenticated, NotFound, WrongCredentials
from strongroom_core.kernel.origin import Origin
from strongroom_core.kernel.page import Cursor, PageRequest
from strongroom_core.operator.accounts import reactivate_account, suspend_account
from strongroom_core.operator.sign_up import close_sign_up
from strongroom_core.runtime.start import blind_core
from strongroom_core.vaults.own import create_vault
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import Person, visitor
from strongroom_testkit.sign_in import log_in
from strongroom_testkit.world import World

FIREFOX = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:142.0) Gecko/20100101 Firefox/142.0"
CHROME = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"


async def enter(core: Core, person: Person, markers: Markers, *, agent: str = FIREFOX) -> Human:
    """Sign in with a new browser, and return the caller."""
    opened = await sign_in(core, person, markers, agent=agent)
    return await authenticate_person(core, opened.token, visitor().origin)


async def sign_in(core: Core, person: Person, markers: Markers, *, agent: str) -> LoggedIn:
    """Sign in with a new browser."""
    client = Visitor(Origin("127.0.0.77", "req_a", agent))
    opened = await log_in(
        core, client, email=person.email, password=person.password, device_token=None
    )
    markers.note(opened.token)
    markers.note(opened.device_token)
    return opened


async def test_a_person_sees_their_sessions(core: Core, world: World, other_world: World) -> None:
    """A-4: a person sees their own sessions with address and browser, and which is the current one."""
    markers = world.markers
    first = await enter(core, world.person, markers)
    caller = await enter(core, world.person, markers, agent=CHROME)
    await enter(core, other_world.person, markers)
    seen = (await list_sessions(core, caller)).items

    assert {(each.id, each.browser, each.address, each.current) for each in seen} == {
        (caller.session, "Chrome on Android", "127.0.0.77", True),
        (first.session, "Firefox on macOS", "127.0.0.77", False),
    }


async def test_the_dashboards_role_sees_them_too(core: Core, world: World) -> None:
    """E-2, A-4: the dashboard lists sessions, browsers and events, without reading the tables."""
    caller = await enter(core, world.person, world.markers)
    blind = blind_core(core)

    assert await list_sessions(blind, caller) == await list_sessions(core, caller)
    assert await list_devices(blind, caller) == await list_devices(core, caller)
    page = PageRequest()
    assert await list_account_events(blind, caller, page) == await list_account_events(
        core, caller, page
    )


async def test_one_session_is_ended(core: Core, world: World, other_world: World) -> None:
    """A-4, V-7: a person can end one of their sessions; another person's isn't found."""
    opened = await sign_in(core, world.person, world.markers, agent=FIREFOX)
    other = await authenticate_person(core, opened.token, visitor().origin)
    caller = await enter(core, world.person, world.markers)
    theirs = await enter(core, other_world.person, world.markers)
    await delete_session(core, caller, str(other.session))
    with pytest.raises(NotAuthenticated):
        await authenticate_person(core, opened.token, visitor().origin)
    with pytest.raises(NotFound):
        await delete_session(core, caller, str(theirs.session))
    entry = (await world.entries())[-2]

    assert (entry["action"], entry["target_name"]) == ("session_revoke", "Firefox on macOS")
    assert len((await list_sessions(core, theirs)).items) == 1


async def test_all_other_sessions_are_ended(core: Core, world: World, other_world: World) -> None:
    """A-4: a person can sign out everywhere else; this session and other people's continue."""
    for _ in range(2):
        await enter(core, world.person, world.markers)
    caller = await enter(core, world.person, world.markers)
    theirs = await enter(core, other_world.person, world.markers)
    ended = await end_other_sessions(core, caller)

    assert ended.ended == 2
    assert [each.id for each in (await list_sessions(core, caller)).items] == [caller.session]
    assert len((await list_sessions(core, theirs)).items) == 1


async def test_a_browser_is_forgotten(core: Core, world: World, other_world: World) -> None:
    """A-6: a forgotten browser counts as unknown at its next sign-in; another person's isn't found."""
    caller = await enter(core, world.person, world.markers)
    theirs = await enter(core, other_world.person, world.markers)
    [device] = (await list_devices(core, caller)).items
    [other] = (await list_devices(core, theirs)).items
    with pytest.raises(NotFound):
        await delete_device(core, caller, other.id)
    await delete_device(core, caller, device.id)

    assert (device.browser, device.address) == ("Firefox on macOS", "127.0.0.77")
    assert (await list_devices(core, caller)).items == []
    assert (await list_devices(core, theirs)).items == [other]


async def test_a_person_sees_their_events(core: Core, world: World, other_world: World) -> None:
    """A-11: a person sees their own sign-ins, including failed ones, and nobody else's."""
    person = world.person
    with pytest.raises(WrongCredentials):
        await log_in(core, visitor(), email=person.email, password="wrong", device_token=None)
    caller = await enter(core, person, world.markers)
    await enter(core, other_world.person, world.markers)
    await end_other_sessions(core, caller)
    seen = await list_account_events(core, caller, PageRequest())

    assert [(each.action, each.outcome.value) for each in seen.items][:3] == [
        ("sessions_revoke", "done"),
        ("account_login", "done"),
        ("auth_failure", "refused"),
    ]
    assert seen.next_cursor is None
    assert {each.target_name for each in seen.items} <= {person.username, None}


async def test_acts_on_other_things_are_no_account_events(
    core: Core, world: World, other_world: World
) -> None:
    """A-11: the administrator's actions, such as suspending someone, and new vaults aren't account events."""
    caller = await enter(core, world.person, world.markers)
    operator = replace(caller, operator=True)
    other = other_world.person.account
    await close_sign_up(core, operator)
    await suspend_account(core, operator, other, reason="left")
    await reactivate_account(core, operator, other)
    await create_vault(core, caller, name="Spare")
    seen = (await list_account_events(core, caller, PageRequest())).items

    assert seen[0].action == "account_login"
    assert {each.target_id for each in seen if each.target_kind == "account"} == {caller.account}


async def test_own_events_have_all_kinds_of_names(administrator: OpenConnection) -> None:
    """A-11: the list contains each action on a person's own account that the installation logs."""
    [source] = await administrator.fetch("select prosrc from pg_proc where proname = 'events_of'")
    own = {
        each.name.split("_")[0]
        for each in vars(accounts).values()
        if isinstance(each, Action) and each.installation
    }

    assert [name for name in own if f"'{name}'" not in source["prosrc"]] == []


async def test_events_are_paged(core: Core, world: World) -> None:
    """A-11: pages continue where the last one ended, without repeating an event."""
    caller = await enter(core, world.person, world.markers)
    for _ in range(3):
        await end_other_sessions(core, caller)
    whole = (await list_account_events(core, caller, PageRequest())).items
    first = await list_account_events(core, caller, PageRequest(limit=2))
    assert first.next_cursor is not None
    after = PageRequest(limit=100, cursor=Cursor.decode(first.next_cursor))
    rest = await list_account_events(core, caller, after)

    assert [*first.items, *rest.items] == whole
    assert rest.next_cursor is None


@pytest.mark.parametrize(
    "cursor",
    [
        Cursor("name", ("1", "2", "3")),
        Cursor("-at", ("1",)),
        Cursor("-at", ("1", "2", "not an ID")),
        Cursor("-at", ("-1", "2", "c2a4b6d8-1f3e-4a5c-8b7d-9e0f1a2b3c4d")),
        replace(Cursor("-at", ("1", "2", "c2a4b6d8-1f3e-4a5c-8b7d-9e0f1a2b3c4d")), backward=True),
    ],
)
async def test_cursors_of_other_lists_are_invalid(core: Core, world: World, cursor: Cursor) -> None:
    """A-11: a cursor that this list didn't return is invalid."""
    caller = world.owner
    with pytest.raises(Invalid, match="invalid cursor"):
        await list_account_events(core, caller, PageRequest(cursor=cursor))
