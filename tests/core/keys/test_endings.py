"""What ends a person's keys: one row for each change to account, membership or vault (D-5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from strongroom_core.access.callers import system
from strongroom_core.accounts.change import change_password, change_username
from strongroom_core.accounts.close import close_account
from strongroom_core.accounts.disown import disown_session
from strongroom_core.accounts.own_sessions import end_other_sessions
from strongroom_core.accounts.reset import reset_password
from strongroom_core.accounts.sessions import end_session
from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    KeyEnded,
    SecondFactorRequired,
)
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.keys.manage import revoke_key
from strongroom_core.mail.link import Purpose, put_account_link
from strongroom_core.maintain import sweep
from strongroom_core.operator.accounts import reactivate_account, suspend_account
from strongroom_core.projects.listing import read_project
from strongroom_core.vaults.deletion import delete_vault, purge_vault, restore_vault
from strongroom_core.vaults.own import create_vault, enter_vault
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import Person, make_person, visitor
from strongroom_testkit.person_key import TestKey, approved_key, session_of
from strongroom_testkit.world import World


@dataclass(slots=True)
class Case:
    """A person with a session, and their key."""

    core: Core
    clock: MovableClock
    markers: Markers
    administrator: OpenConnection
    person: Person
    session: Human
    operator: Human
    key: TestKey

    async def link(self, purpose: Purpose) -> str:
        """Return the token of a link that was sent to the person."""
        async with self.core.database.transaction(INSTALLATION) as connection:
            return self.markers.note(
                await put_account_link(
                    connection, purpose, at=self.core.clock.now(), account=self.person.account
                )
            )


Change = Callable[[Case], Awaitable[None]]


async def _nothing(case: Case) -> None:
    del case


async def _username(case: Case) -> None:
    await change_username(case.core, case.session, "grace-h")


async def _password(case: Case) -> None:
    await change_password(case.core, case.session, case.markers.password())


async def _password_only(case: Case) -> None:
    await change_password(case.core, case.session, case.markers.password(), keys=False)


async def _reset(case: Case) -> None:
    token = await case.link(Purpose.RESET)
    await reset_password(case.core, visitor(), token, password=case.markers.password())


async def _disown(case: Case) -> None:
    await disown_session(case.core, visitor(), await case.link(Purpose.NOT_ME))


async def _sign_out(case: Case) -> None:
    await end_session(case.core, case.session)


async def _end_others(case: Case) -> None:
    await end_other_sessions(case.core, case.session)


async def _idle(case: Case) -> None:
    case.clock.move(timedelta(hours=13))


async def _switch(case: Case) -> None:
    made = await create_vault(case.core, case.session, name="other")
    await enter_vault(case.core, case.session, made.id)


async def _revoke(case: Case) -> None:
    await revoke_key(case.core, case.session, case.key.id)


async def _expire(case: Case) -> None:
    case.clock.move(timedelta(days=30))


async def _reinstate_member(case: Case) -> None:
    for sql in (_SUSPEND_MEMBER, _REINSTATE_MEMBER):
        await _changed(sql)(case)


async def _sweep(case: Case) -> None:
    case.clock.move(timedelta(days=29))
    await sweep(case.core)


async def _suspend(case: Case) -> None:
    await suspend_account(case.core, case.operator, case.person.account, reason="a test")


async def _reactivate(case: Case) -> None:
    await _suspend(case)
    await reactivate_account(case.core, case.operator, case.person.account)


async def _close(case: Case) -> None:
    await close_account(case.core, case.session, vaults=[case.person.vault])


async def _delete_vault(case: Case) -> None:
    await delete_vault(
        case.core, case.session, case.person.vault, confirm_name=f"{case.person.username}'s vault"
    )


async def _restore_vault(case: Case) -> None:
    await _delete_vault(case)
    await restore_vault(case.core, case.session, case.person.vault)


def _changed(sql: str) -> Change:
    """Return a change of membership or role, for which no use case exists yet."""

    async def change(case: Case) -> None:
        await case.administrator.execute(sql, case.person.account)

    return change


_SUSPEND_MEMBER = "update member set status = 'suspended' where account = $1"
_REINSTATE_MEMBER = "update member set status = 'active' where account = $1"
_REMOVE_MEMBER = "delete from member where account = $1"
_REJOIN = "update member set id = 'mem_aaaaaaaaaaaaaaaa' where account = $1"
_REQUIRE_FACTOR = """
update vault set second_factor_required = true where id = (select vault from member where account = $1)
"""


async def _purge_vault(case: Case) -> None:
    await _delete_vault(case)
    case.clock.move(timedelta(days=15))
    await case.administrator.execute(
        "update vault set deleted_at = deleted_at - interval '16 days' where id = $1",
        case.person.vault,
    )
    while not await purge_vault(case.core, system("purge_vault", case.person.vault)):
        pass


ENDS: dict[str, tuple[Change, str]] = {
    "revoked": (_revoke, "was revoked"),
    "expired": (_expire, "has expired"),
    "password changed": (_password, "password was changed"),
    "password reset": (_reset, "password was changed"),
    "sign-in disowned": (_disown, "was revoked"),
    "account suspended": (_suspend, "account was suspended"),
    "account reactivated": (_reactivate, "account was suspended"),
    "account closed": (_close, "account was closed"),
    "vault deleted": (_delete_vault, "vault was deleted"),
    "membership suspended": (_changed(_SUSPEND_MEMBER), "active member"),
    "membership removed": (_changed(_REMOVE_MEMBER), "active member"),
    "removed, and joined again": (_changed(_REJOIN), "active member"),
}
"""Each change, and the reason that the program's next request gets."""

KEEPS: dict[str, Change] = {
    "nothing": _nothing,
    "username changed": _username,
    "password changed, keys kept": _password_only,
    "signed out": _sign_out,
    "other sessions ended": _end_others,
    "session timed out": _idle,
    "session in another vault": _switch,
    "old rows deleted": _sweep,
    "vault deleted and restored": _restore_vault,
    "membership suspended and reinstated": _reinstate_member,
}
"""Changes that a key survives."""


@pytest.fixture
async def case(
    core: Core,
    owner: Person,
    clock: MovableClock,
    markers: Markers,
    administrator: OpenConnection,
) -> Case:
    """A person other than the administrator, with a key."""
    person = await make_person(core, "grace", markers)
    session = await session_of(core, person, markers)
    key = await approved_key(core, session)
    operator = replace(owner.caller(core), operator=True)
    clock.move(timedelta(seconds=1))
    return Case(core, clock, markers, administrator, person, session, operator, key)


@pytest.mark.parametrize("change", ENDS)
async def test_what_ends_a_key(case: Case, change: str) -> None:
    """D-5: the next request is rejected, and says why; no other person's key ends."""
    other = await make_person(case.core, "lin", case.markers)
    others = await approved_key(
        case.core, await session_of(case.core, other, case.markers), lifetime=90 * 86_400
    )
    await case.key.caller(case.core)
    act, reason = ENDS[change]
    await act(case)
    with pytest.raises(KeyEnded, match=reason):
        await case.key.caller(case.core)

    assert other.account == (await others.caller(case.core)).account


@pytest.mark.parametrize("change", KEEPS)
async def test_what_does_not_end_a_key(case: Case, change: str) -> None:
    """D-5: a key isn't a session, so what happens to sessions doesn't matter to it."""
    await KEEPS[change](case)
    caller = await case.key.caller(case.core)

    assert (case.person.account, case.person.vault) == (caller.account, caller.vault)
    assert caller.authority.vault == frozenset(VaultCapability)


async def test_a_vault_that_requires_a_second_factor(case: Case, world: World) -> None:
    """D-5, A-3: a key that was approved in a session without one can't do anything in it."""
    world = World(case.core, case.person, case.markers)
    project = await world.project("billing")
    await _changed(_REQUIRE_FACTOR)(case)
    caller = await case.key.caller(case.core)
    with pytest.raises(SecondFactorRequired):
        await read_project(case.core, caller, project.id)


async def test_keys_end_with_a_purged_vault(case: Case) -> None:
    """V-8, D-5: when a vault is permanently deleted, so are its keys and the requests for them."""
    await _purge_vault(case)
    with pytest.raises(AuthenticationFailed):
        await case.key.caller(case.core, address="127.9.9.60")

    assert 0 == await case.administrator.fetchval(
        "select count(*) from person_key where account = $1", case.person.account
    )


async def test_ended_keys_are_deleted_later(case: Case) -> None:
    """D-5: an ended key is kept for 30 days, so that its program learns why, and then deleted."""
    await _revoke(case)
    case.clock.move(timedelta(days=15))
    await sweep(case.core)
    with pytest.raises(KeyEnded):
        await case.key.caller(case.core)
    case.clock.move(timedelta(days=16))
    await sweep(case.core)
    with pytest.raises(AuthenticationFailed):
        await case.key.caller(case.core, address="127.9.9.61")
