"""Changes of membership and roles × keys: what the next request of each kind of key can do (D-5, P-1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from strongroom_core.access.callers import new_request_id
from strongroom_core.access.roles import RIGHT_NAMES
from strongroom_core.accounts.sessions import authenticate_person
from strongroom_core.core import Core
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import KeyEnded, NotFound, Refused
from strongroom_core.kernel.origin import Origin
from strongroom_core.members.access_roles import AccessRoleWish, update_access_role
from strongroom_core.members.invite import invite_member
from strongroom_core.members.joining import accept_invitation
from strongroom_core.members.manage import (
    MemberChanges,
    remove_member,
    resume_member,
    suspend_member,
    update_member,
)
from strongroom_core.members.ownership import leave_vault, transfer_ownership
from strongroom_core.members.vault_roles import create_vault_role, update_vault_role
from strongroom_core.projects.create import create_project
from strongroom_core.projects.listing import read_project
from strongroom_core.vaults.own import enter_vault
from strongroom_testkit.markers import Markers
from strongroom_testkit.members import access_role, member_id, organize
from strongroom_testkit.people import make_person
from strongroom_testkit.person_key import TestKey, approved_key, session_of
from strongroom_testkit.world import World

FULL, LOOKING, LIMITED = "full", "looking", "limited"


@dataclass(slots=True)
class Case:
    """A member of an organization, with a key of each kind."""

    world: World
    clock: MovableClock
    session: Human
    member: str
    vault_role: str
    access_role: str
    project: Any
    keys: dict[str, TestKey]

    async def update(self, **changes: Any) -> None:
        """Change the membership."""
        world = self.world
        await update_member(world.core, world.owner, self.member, MemberChanges(**changes))


Change = Callable[[Case], Awaitable[Any]]


async def _nothing(case: Case) -> None:
    del case


async def _narrow_vault_role(case: Case) -> None:
    world = case.world
    await update_vault_role(
        world.core, world.owner, case.vault_role, name="makers", capabilities=["machines.view"]
    )


async def _narrow_access_role(case: Case) -> None:
    world = case.world
    other = await world.project("other")
    wish = AccessRoleWish(name="one", everywhere=False, projects=[other.id], rights=RIGHT_NAMES)
    await update_access_role(world.core, world.owner, case.access_role, wish)


async def _other_access_role(case: Case) -> None:
    other = await case.world.project("other")
    role = await access_role(case.world, "other", projects=[other.id])
    await case.update(access_role=role.id)


async def _suspend(case: Case) -> None:
    await suspend_member(case.world.core, case.world.owner, case.member)


async def _resume(case: Case) -> None:
    await _suspend(case)
    await resume_member(case.world.core, case.world.owner, case.member)


async def _end(case: Case) -> None:
    await case.update(ends_at=case.clock.now() + timedelta(hours=1))
    case.clock.move(timedelta(hours=2))


async def _promote(case: Case) -> None:
    world = case.world
    await transfer_ownership(world.core, world.owner, case.member, stay_owner=True)


DONE, NO, GONE, ENDED = "done", "Refused", "NotFound", "KeyEnded"

CHANGES: dict[str, tuple[Change, str, str]] = {
    "nothing": (_nothing, DONE, DONE),
    "another vault role": (lambda case: case.update(vault_role="collaborator"), NO, DONE),
    "vault role narrowed": (_narrow_vault_role, NO, DONE),
    "another access role": (_other_access_role, DONE, GONE),
    "access role narrowed": (_narrow_access_role, DONE, GONE),
    "no access role": (lambda case: case.update(access_role=""), DONE, GONE),
    "suspended": (_suspend, ENDED, ENDED),
    "suspended and resumed": (_resume, DONE, DONE),
    "membership ended": (_end, ENDED, ENDED),
    "removed": (
        lambda case: remove_member(case.world.core, case.world.owner, case.member),
        ENDED,
        ENDED,
    ),
    "left": (lambda case: leave_vault(case.world.core, case.session), ENDED, ENDED),
    "made an owner": (_promote, DONE, DONE),
}
"""Each change, and what then becomes of creating a project, and of opening one, with an unlimited key."""


@pytest.fixture
async def case(core: Core, world: World, clock: MovableClock, markers: Markers) -> Case:
    """A member with a custom vault role and an access role, and keys for the organization."""
    await organize(world)
    project = await world.project("billing")
    made = await create_vault_role(
        core, world.owner, name="makers", capabilities=["projects.create", "machines.view"]
    )
    access = await access_role(world, "one", projects=[project.id])
    person = await make_person(core, "grace", markers)
    session = await session_of(core, person, markers)
    sent = await invite_member(
        core, world.owner, address=person.email, vault_role=made.id, access_role=access.id
    )
    if sent.token is not None:
        markers.note(sent.token)
    await accept_invitation(core, session, sent.invitation.id, sent.token)
    entered = await enter_vault(core, session, world.person.vault)
    origin = Origin("127.0.0.9", new_request_id())
    session = await authenticate_person(core, markers.note(entered.token), origin)
    keys = {
        FULL: await approved_key(core, session),
        LOOKING: await approved_key(core, session, looking=True),
        LIMITED: await approved_key(core, session, projects=[project.id]),
    }
    clock.move(timedelta(seconds=1))
    member = await member_id(world, person.account)
    return Case(world, clock, session, member, made.id, access.id, project, keys)


Request = Callable[[Case, Human], Awaitable[object]]

REQUESTS: dict[str, Request] = {
    "create": lambda case, caller: create_project(case.world.core, caller, name="new"),
    "read": lambda case, caller: read_project(case.world.core, caller, case.project.id),
}


async def outcome(case: Case, key: TestKey, call: Request) -> str:
    """Return what becomes of a key's next request."""
    try:
        await call(case, await key.caller(case.world.core))
    except (Refused, NotFound, KeyEnded) as error:
        return type(error).__name__
    return DONE


@pytest.mark.parametrize("change", CHANGES)
async def test_the_next_request_after_a_change(case: Case, change: str) -> None:
    """D-5: a key has what is left of the person's rights, and a narrowed one never more."""
    act, create, read = CHANGES[change]
    await act(case)
    got = {
        (kind, name): await outcome(case, key, call)
        for kind, key in case.keys.items()
        for name, call in REQUESTS.items()
    }
    narrowed = ENDED if create == ENDED else NO

    assert got == {
        (FULL, "create"): create,
        (LOOKING, "create"): narrowed,
        (LIMITED, "create"): narrowed,
        **{(kind, "read"): read for kind in case.keys},
    }
