"""Second factors: app codes, recovery codes, passkeys, and the effects of changing them (A-3, A-4)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from pyotp.totp import TOTP

from strongroom_core.access.roles import BUILT_IN, FULL_ACCESS, OWNER
from strongroom_core.accounts.activity import list_account_events
from strongroom_core.accounts.authenticator_app import (
    confirm_app,
    create_recovery_codes,
    remove_app,
    start_app,
)
from strongroom_core.accounts.factors import read_factors
from strongroom_core.accounts.login import log_in
from strongroom_core.accounts.own_sessions import list_sessions
from strongroom_core.accounts.passkeys import start_passkey
from strongroom_core.accounts.proofs.prove import Presented
from strongroom_core.accounts.requirement import set_factor_requirement
from strongroom_core.accounts.second_step import (
    prove_second_factor,
)
from strongroom_core.accounts.sessions import authenticate_person, read_session
from strongroom_core.accounts.step_up import step_up
from strongroom_core.accounts.views import FactorNeeded, LoggedIn
from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.authority import Authority
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import (
    Conflict,
    Invalid,
    NotAuthenticated,
    NotFound,
    Refused,
    StepUpRequired,
    TooMany,
    WrongCredentials,
)
from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.create import create_project
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.people import visitor
from strongroom_testkit.person_key import TestKey, approved_key
from strongroom_testkit.world import World

from .account_with_app import Account, enter, with_app


@pytest.fixture
async def account(world: World, clock: MovableClock) -> Account:
    """An account with an authenticator app, whose current code hasn't been used."""
    return await with_app(world, clock)


async def test_a_password_alone_opens_no_session(account: Account) -> None:
    """A-3: with an app, the right password alone opens no session, and its token gives no access."""
    step = await account.first_step()
    with pytest.raises(NotAuthenticated):
        await authenticate_person(account.core, step.token, visitor().origin)

    assert step.methods == ["code"]
    assert len((await list_sessions(account.core, account.caller)).items) == 1


async def test_a_code_opens_a_session(account: Account) -> None:
    """A-3, A-4: the password and a code open a session with a new token; the step's token is used up."""
    step = await account.first_step()
    opened = await account.second_step(account.code(), token=step.token)
    caller = await authenticate_person(account.core, opened.token, visitor().origin)
    with pytest.raises(NotAuthenticated):
        await account.second_step(account.code(1), token=step.token)
    events = await list_account_events(account.core, caller, PageRequest(limit=2))

    assert caller.account == account.world.person.account
    assert opened.token != step.token
    assert [(each.action, each.detail.get("method")) for each in events.items] == [
        ("account_login", "password_code"),
        ("account_first_step", None),
    ]


@pytest.mark.parametrize("steps", [-1, 0, 1])
async def test_codes_beside_the_current_one_are_accepted(account: Account, steps: int) -> None:
    """A-3: codes from one step before or after are accepted."""
    assert await account.second_step(account.code(steps))


@pytest.mark.parametrize("steps", [-3, -2, 2, 3])
async def test_other_codes_are_rejected(account: Account, steps: int) -> None:
    """A-3: codes from two steps away are rejected."""
    with pytest.raises(WrongCredentials):
        await account.second_step(account.code(steps))


async def test_a_code_is_accepted_once(account: Account) -> None:
    """A-3: no code is accepted twice, no matter how it is written, nor is any earlier code."""
    code, before = account.code(), account.code(-1)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    await account.second_step(code)
    for again in (code, f" {code[:3]} {code[3:]} ", wide, before):
        with pytest.raises(WrongCredentials):
            await account.second_step(again)


async def test_a_code_is_accepted_as_people_write_it(account: Account, clock: MovableClock) -> None:
    """A-3: a code can contain spaces and full-width digits."""
    code = account.code()
    assert await account.second_step(f" {code[:3]} {code[3:]}")
    clock.move(timedelta(seconds=60))
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in account.code())
    assert await account.second_step(wide)


async def test_one_code_at_the_same_moment_is_accepted_once(account: Account) -> None:
    """A-3: of five simultaneous sign-ins with one code, one succeeds."""
    steps = [await account.first_step() for _ in range(5)]
    results = await asyncio.gather(
        *(account.second_step(account.code(), token=each.token) for each in steps),
        return_exceptions=True,
    )

    assert sum(isinstance(each, LoggedIn) for each in results) == 1


@pytest.mark.parametrize("kind", ["code", "recovery code"])
async def test_one_code_twenty_times_on_two_nodes_is_accepted_once(
    account: Account, cluster: Cluster, clock: MovableClock, kind: str
) -> None:
    """A-3: of twenty sign-ins with one code at the same moment, on two nodes, exactly one succeeds."""
    node = await open_core(account.core.settings)
    await unseal(node, cluster.root)
    node.clock = clock
    code = account.code() if kind == "code" else account.codes[0]
    written = (code, f" {code}", f"{code[:3]} {code[3:]}", wide(code))
    steps = [await account.first_step() for _ in range(20)]
    try:
        results = await asyncio.gather(
            *(
                prove_second_factor(
                    account.core if number % 2 else node,
                    visitor(),
                    step.token,
                    Presented(code=written[number % len(written)]),
                    device_token=None,
                )
                for number, step in enumerate(steps)
            ),
            return_exceptions=True,
        )
    finally:
        await node.database.close()
    opened = [each for each in results if isinstance(each, LoggedIn)]
    for each in opened:
        account.world.markers.note(each.token)

    assert len(opened) == 1
    assert {type(each) for each in results} <= {LoggedIn, WrongCredentials, TooMany}


def wide(code: str) -> str:
    """Return a code with full-width digits."""
    return "".join(chr(ord(each) + 0xFEE0) if each.isdigit() else each for each in code)


async def test_recovery_codes_work_once(account: Account) -> None:
    """A-3: each of the ten codes works once instead of the app, in any case, with or without its hyphen."""
    first, second = account.codes[:2]
    await account.second_step(first)
    await account.second_step(f" {second.replace('-', ' ').upper()}")
    for used in (first, second):
        with pytest.raises(WrongCredentials):
            await account.second_step(used)

    assert len(set(account.codes)) == 10
    assert (await read_factors(account.core, account.caller)).recovery_codes_left == 8


async def test_one_recovery_code_at_the_same_moment_works_once(account: Account) -> None:
    """A-3: of five simultaneous sign-ins with one recovery code, one succeeds."""
    steps = [await account.first_step() for _ in range(5)]
    results = await asyncio.gather(
        *(account.second_step(account.codes[0], token=each.token) for each in steps),
        return_exceptions=True,
    )

    assert sum(isinstance(each, LoggedIn) for each in results) == 1


async def test_new_recovery_codes_replace_the_old_ones(account: Account) -> None:
    """A-3: the old codes no longer work once there are new ones."""
    changed = await create_recovery_codes(account.core, account.caller)
    with pytest.raises(WrongCredentials):
        await account.second_step(account.codes[0])

    assert await account.second_step(account.world.markers.note(changed.codes[0]))


async def test_wrong_codes_count_as_failures(account: Account, clock: MovableClock) -> None:
    """A-6: five wrong codes lock out unknown browsers; the right password doesn't reset that."""
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await account.second_step("000000")
    with pytest.raises(TooMany):
        await account.first_step()
    clock.move(timedelta(minutes=16))

    assert await account.second_step(account.code())


async def test_a_known_browser_is_not_locked_out_by_others(account: Account) -> None:
    """A-6: unknown clients' failures don't affect a browser that signed in before, in either step."""
    core, person = account.core, account.world.person
    opened = await account.second_step(account.code())
    device = account.world.markers.note(opened.device_token)
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await log_in(core, visitor(), email=person.email, password="no", device_token=None)
    step = await log_in(
        core, visitor(), email=person.email, password=person.password, device_token=device
    )
    assert isinstance(step, FactorNeeded)

    assert await prove_second_factor(
        core,
        visitor(),
        account.world.markers.note(step.token),
        Presented(code=account.codes[0]),
        device_token=device,
    )


async def test_the_second_step_ends_after_ten_minutes(
    account: Account, clock: MovableClock
) -> None:
    """A-3: a sign-in that is between its two steps expires after ten minutes."""
    step = await account.first_step()
    clock.move(timedelta(minutes=10))
    with pytest.raises(NotAuthenticated, match="sign in again"):
        await account.second_step(account.code(), token=step.token)


@pytest.mark.parametrize("token", [None, "", "srt_x", "srs_x"])
async def test_the_second_step_needs_the_first(account: Account, token: str | None) -> None:
    """A-3: a code without the first step's token gives no access."""
    with pytest.raises(NotAuthenticated):
        await prove_second_factor(
            account.core, visitor(), token, Presented(code=account.code()), device_token=None
        )


async def test_a_change_of_a_factor_ends_other_sessions(account: Account) -> None:
    """A-4: a changed factor ends other sessions and unfinished sign-ins; this session gets a new token."""
    other = await account.second_step(account.code())
    step = await account.first_step()
    changed = await create_recovery_codes(account.core, account.caller)
    for token in (other.token, account.token):
        with pytest.raises(NotAuthenticated):
            await authenticate_person(account.core, token, visitor().origin)
    with pytest.raises(NotAuthenticated):
        await account.second_step(account.code(1), token=step.token)

    caller = await authenticate_person(account.core, changed.token, visitor().origin)
    assert caller.session == account.caller.session


async def test_changes_of_factors_need_a_recent_proof(
    account: Account, clock: MovableClock
) -> None:
    """A-5: factors can't be changed eleven minutes after the last proof of identity."""
    clock.move(timedelta(minutes=11))
    core, caller = account.core, account.caller
    for change in (start_app, remove_app, create_recovery_codes, start_passkey):
        with pytest.raises(StepUpRequired):
            await change(core, caller)
    with pytest.raises(StepUpRequired):
        await confirm_app(core, caller, "000000")


async def test_an_app_counts_only_once_confirmed(world: World) -> None:
    """A-3: an app whose setup wasn't confirmed has no effect, and a wrong code doesn't confirm it."""
    core = world.core
    _, caller = await enter(world)
    world.markers.note((await start_app(core, caller)).secret)
    with pytest.raises(Invalid, match="wrong code"):
        await confirm_app(core, caller, "12345")

    assert not (await read_factors(core, caller)).second_factor
    await enter(world)


async def test_another_persons_app_confirms_nothing(world: World, other_world: World) -> None:
    """A-3: a person can confirm only an app that they set up themselves."""
    _, caller = await enter(world)
    _, other = await enter(other_world)
    app = TOTP(world.markers.note((await start_app(world.core, caller)).secret))
    with pytest.raises(NotFound):
        await confirm_app(world.core, other, app.at(world.core.clock.now()))


async def test_removing_the_last_factor(account: Account) -> None:
    """A-3: once the factor is removed, the password is enough again, and the recovery codes are deleted."""
    await remove_app(account.core, account.caller)
    with pytest.raises(NotFound):
        await remove_app(account.core, account.caller)
    factors = await read_factors(account.core, account.caller)

    assert (factors.second_factor, factors.recovery_codes_left) == (False, 0)
    await enter(account.world)


async def test_keys_without_the_factor_they_were_approved_with(account: Account) -> None:
    """A-3, D-5: once the last factor is removed, keys that were approved with it don't meet a requirement."""
    core, vault = account.core, account.caller.vault
    key = await approved_key(core, account.caller)
    before = await requiring(core, vault, key)
    await remove_app(core, account.caller)
    after = await requiring(core, vault, key)

    assert before == OWNER
    assert after.lacks_factor


async def requiring(core: Core, vault: VaultId, key: TestKey) -> Authority:
    """Return the authority that a key would have while the vault requires a second factor."""
    setting = "update vault set second_factor_required = $1"
    async with core.database.transaction(vault) as connection:
        await connection.execute(setting, True)
    authority = (await key.caller(core)).authority
    async with core.database.transaction(vault) as connection:
        await connection.execute(setting, False)
    return authority


async def test_seeds_are_encrypted(account: Account, administrator: OpenConnection) -> None:
    """E-4: the app's secret is encrypted, bound to its row, and in a table that the dashboard can't read."""
    row = await administrator.fetchrow("select secret, confirmed from totp")
    assert row is not None
    readable = await administrator.fetchval(
        "select has_table_privilege('strongroom_blind', 'totp', 'select')"
    )

    assert account.app.secret.encode() not in row["secret"]
    assert not readable


async def test_step_up_needs_the_second_factor(account: Account, clock: MovableClock) -> None:
    """A-5: with a second factor, the password alone isn't enough; the error names both."""
    core, password = account.core, account.world.person.password
    with pytest.raises(WrongCredentials, match="wrong password, code or passkey,"):
        await step_up(core, account.caller, password=password, second=None)
    with pytest.raises(WrongCredentials, match="wrong password, code or passkey,"):
        await step_up(core, account.caller, password="no", second=Presented(code=account.code()))
    clock.move(timedelta(minutes=2))
    proved = await step_up(
        core, account.caller, password=password, second=Presented(code=account.code())
    )
    account.world.markers.note(proved.token)

    assert proved.authenticated_at == core.clock.now()


async def test_a_code_alone_does_not_step_up(account: Account) -> None:
    """A-5: a code is only a second factor, and doesn't replace the password."""
    with pytest.raises(Invalid, match="password"):
        await step_up(
            account.core, account.caller, password=None, second=Presented(code=account.code())
        )


async def test_a_vault_can_require_a_second_factor(account: Account, other_world: World) -> None:
    """A-3: from the next request on, sessions without a factor can only add one."""
    core, world = account.core, account.world
    _, other = await enter(other_world)
    with pytest.raises(Conflict, match="add a second factor"):
        await set_factor_requirement(core, other, required=True)
    await set_factor_requirement(core, account.caller, required=True)
    with pytest.raises(Conflict, match="requires a second factor"):
        await remove_app(core, account.caller)
    assert await create_project(core, account.caller, name="allowed")
    again = await authenticate_person(core, account.token, visitor().origin)
    assert not again.authority.lacks_factor
    assert [each.second_factor for each in (await read_factors(core, account.caller)).vaults] == [
        True
    ]
    assert (await world.entries())[-2]["action"] == "factor_require"


async def test_only_an_owner_stops_requiring_a_second_factor(account: Account) -> None:
    """A-3: someone else who can change the vault's settings can require one, but not stop requiring it."""
    admin = replace(account.caller, authority=Authority("admin", BUILT_IN["admin"], FULL_ACCESS))
    await set_factor_requirement(account.core, admin, required=True)
    with pytest.raises(Refused, match="only an owner can stop"):
        await set_factor_requirement(account.core, admin, required=False)
    assert not (await set_factor_requirement(account.core, account.caller, required=False)).required


async def test_without_the_required_factor_nothing_is_possible(
    world: World, administrator: OpenConnection
) -> None:
    """A-3: while the vault requires a factor, a session without one can't read or change anything in it."""
    core = world.core
    token, _ = await enter(world)
    await administrator.execute(
        "update vault set second_factor_required = true where id = $1", world.person.vault
    )
    caller = await authenticate_person(core, token, visitor().origin)
    with pytest.raises(Refused) as caught:
        await create_project(core, caller, name="shop")
    assert caught.value.code == "second_factor_required"
    assert (await read_session(core, caller)).username == world.person.username
    app = TOTP(world.markers.note((await start_app(core, caller)).secret))
    changed = await confirm_app(core, caller, app.at(core.clock.now()))
    for code in changed.codes:
        world.markers.note(code)
    token = world.markers.note(changed.token)
    caller = await authenticate_person(core, token, visitor().origin)

    assert await create_project(core, caller, name="shop")
