"""Passkeys: adding, signing in, step-up, removing, and detecting copies (A-3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from strongroom_core.accounts.activity import list_account_events
from strongroom_core.accounts.factors import read_factors
from strongroom_core.accounts.passkeys import add_passkey, remove_passkey, start_passkey
from strongroom_core.accounts.proofs.prove import Presented
from strongroom_core.accounts.second_step import (
    create_sign_in_options,
    prove_second_factor,
    sign_in_with_passkey,
)
from strongroom_core.accounts.sessions import authenticate_person, read_session
from strongroom_core.accounts.step_up import create_step_up_options, step_up
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import (
    Invalid,
    NotFound,
    WrongCredentials,
)
from strongroom_core.kernel.page import PageRequest
from strongroom_testkit.authenticator import Authenticator
from strongroom_testkit.people import visitor
from strongroom_testkit.world import World

from .account_with_app import Account, enter, with_app, with_passkey


@pytest.fixture
async def account(world: World, clock: MovableClock) -> Account:
    """An account with an authenticator app, whose current code hasn't been used."""
    return await with_app(world, clock)


async def test_a_passkey_alone_signs_in(account: Account) -> None:
    """A-3: a passkey signs in without a password, and counts as a second factor."""
    made, _ = await with_passkey(account)
    options = await create_sign_in_options(account.core, visitor(), None)
    opened = await sign_in_with_passkey(
        account.core, visitor(), made.use(options), device_token=None
    )
    caller = await authenticate_person(account.core, opened.token, visitor().origin)

    assert caller.account == account.world.person.account
    assert (await read_session(account.core, caller)).second_factors == ["code", "passkey"]
    assert "allowCredentials" not in options or options["allowCredentials"] == []


async def test_a_passkey_alone_signs_in_after_the_password(
    account: Account,
) -> None:
    """A-3: someone who goes back after the password can still sign in with the passkey alone."""
    made, _ = await with_passkey(account)
    core, step = account.core, await account.first_step()
    options = await create_sign_in_options(core, visitor(), step.token)
    opened = await sign_in_with_passkey(core, visitor(), made.use(options), device_token=None)
    with pytest.raises(WrongCredentials):
        await sign_in_with_passkey(core, visitor(), made.use(options), device_token=None)
    account.world.markers.note(opened.token)
    account.world.markers.note(opened.device_token)

    assert opened.username == account.world.person.username


async def test_a_passkey_is_a_second_factor(account: Account) -> None:
    """A-3: after the password, only the account's own passkeys are requested."""
    made, _ = await with_passkey(account)
    step = await account.first_step()
    options = await create_sign_in_options(account.core, visitor(), step.token)
    opened = await prove_second_factor(
        account.core,
        visitor(),
        step.token,
        Presented(passkey=made.use(options)),
        device_token=None,
    )

    assert len(options["allowCredentials"]) == 1
    assert step.methods == ["code", "passkey"]
    assert opened.username == account.world.person.username


async def test_a_passkey_must_verify_its_user(account: Account) -> None:
    """A-3: an answer without user verification is rejected, at registration and at sign-in."""
    careless = Authenticator(verifies=False)
    options = await start_passkey(account.core, account.caller)
    with pytest.raises(Invalid, match="can't be used"):
        await add_passkey(
            account.core, account.caller, name="key", credential=careless.create(options)
        )
    made, _ = await with_passkey(account)
    made.verifies = False
    options = await create_sign_in_options(account.core, visitor(), None)
    with pytest.raises(WrongCredentials):
        await sign_in_with_passkey(account.core, visitor(), made.use(options), device_token=None)


async def test_an_answer_works_once(account: Account) -> None:
    """A-3: a passkey's answer can't be replayed, and neither can its challenge."""
    made, _ = await with_passkey(account)
    options = await create_sign_in_options(account.core, visitor(), None)
    answer = made.use(options)
    await sign_in_with_passkey(account.core, visitor(), answer, device_token=None)
    for again in (answer, made.use(options)):
        with pytest.raises(WrongCredentials):
            await sign_in_with_passkey(account.core, visitor(), again, device_token=None)


async def test_an_answer_expires(account: Account, clock: MovableClock) -> None:
    """A-3: a challenge is valid for five minutes."""
    made, _ = await with_passkey(account)
    options = await create_sign_in_options(account.core, visitor(), None)
    clock.move(timedelta(minutes=5))
    with pytest.raises(WrongCredentials):
        await sign_in_with_passkey(account.core, visitor(), made.use(options), device_token=None)


async def test_a_counter_that_went_back_is_noticed(account: Account) -> None:
    """A-3: a passkey whose counter went back was copied; this is logged and shown, and it no longer works."""
    made, _ = await with_passkey(account)
    for counter in (20, 5, 30):
        made.counter = counter
        options = await create_sign_in_options(account.core, visitor(), None)
        if counter == 20:
            await sign_in_with_passkey(
                account.core, visitor(), made.use(options), device_token=None
            )
            continue
        with pytest.raises(WrongCredentials):
            await sign_in_with_passkey(
                account.core, visitor(), made.use(options), device_token=None
            )
    passkeys = (await read_factors(account.core, account.caller)).passkeys
    events = await list_account_events(account.core, account.caller, PageRequest())
    copied = [each for each in events.items if each.action == "passkey_copied"]

    assert passkeys[0].copied_at is not None
    assert [each.severity.value for each in copied] == ["critical"]
    assert "passkey_copied" in [entry["action"] for entry in await account.world.entries()]


@pytest.mark.parametrize("repeats", [True, False])
async def test_a_copy_neither_confirms_nor_replaces_a_code(account: Account, repeats: bool) -> None:
    """A-3, A-5: a counter that went back, or stayed, is noticed by a step-up and by the second step, too."""
    core = account.core
    first, _ = await with_passkey(account)
    first.counter = 0 if repeats else -1
    options = await create_step_up_options(core, account.caller)
    with pytest.raises(WrongCredentials):
        await step_up(
            core, account.caller, password=None, second=Presented(passkey=first.use(options))
        )
    second, _ = await with_passkey(account, "phone")
    second.counter = 0 if repeats else -1
    step = await account.first_step()
    options = await create_sign_in_options(core, visitor(), step.token)
    presented = Presented(passkey=second.use(options))
    with pytest.raises(WrongCredentials):
        await prove_second_factor(core, visitor(), step.token, presented, device_token=None)
    passkeys = (await read_factors(core, account.caller)).passkeys
    entries = [each for each in await account.world.entries() if each["action"] == "passkey_copied"]

    assert [each.copied_at is not None for each in passkeys] == [True, True]
    assert len(entries) == 2


async def test_a_passkey_without_a_counter_is_accepted(account: Account) -> None:
    """A-3: synchronized passkeys always send 0, which doesn't count as a copy."""
    made = Authenticator(counts=False)
    options = await start_passkey(account.core, account.caller)
    await add_passkey(account.core, account.caller, name="phone", credential=made.create(options))
    for _ in range(2):
        options = await create_sign_in_options(account.core, visitor(), None)
        assert await sign_in_with_passkey(
            account.core, visitor(), made.use(options), device_token=None
        )


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"user": b"acc_of_someone_else"},
        {"id": bytes(32)},
    ],
)
async def test_answers_from_elsewhere_are_rejected(
    account: Account, change: dict[str, Any]
) -> None:
    """A-3: an answer from another page, for another account or from an unknown passkey is rejected."""
    made, _ = await with_passkey(account)
    for name, value in change.items():
        setattr(made, name, value)
    options = await create_sign_in_options(account.core, visitor(), None)
    with pytest.raises(WrongCredentials):
        await sign_in_with_passkey(account.core, visitor(), made.use(options), device_token=None)


@pytest.mark.parametrize(
    "answer",
    [{}, {"rawId": 1}, {"response": {}}, {"rawId": "AA", "response": {"clientDataJSON": "e30"}}],
)
async def test_malformed_answers_are_rejected(account: Account, answer: dict[str, Any]) -> None:
    """A-3: an unreadable answer is treated like a wrong one."""
    with pytest.raises(WrongCredentials):
        await sign_in_with_passkey(account.core, visitor(), answer, device_token=None)
    with pytest.raises(Invalid):
        await add_passkey(account.core, account.caller, name="key", credential=answer)


async def test_removing_a_passkey(account: Account, other_world: World) -> None:
    """A-3, V-7: a removed passkey no longer works; another person's isn't found."""
    made, passkey = await with_passkey(account)
    _, other = await enter(other_world)
    with pytest.raises(NotFound):
        await remove_passkey(account.core, other, passkey)
    await remove_passkey(account.core, account.caller, passkey)
    options = await create_sign_in_options(account.core, visitor(), None)
    with pytest.raises(WrongCredentials):
        await sign_in_with_passkey(account.core, visitor(), made.use(options), device_token=None)


async def test_a_passkey_alone_steps_up(account: Account) -> None:
    """A-5: an answer requested by this session is enough for step-up; one for a sign-in isn't."""
    made, _ = await with_passkey(account)
    elsewhere = await create_sign_in_options(account.core, visitor(), None)
    with pytest.raises(WrongCredentials):
        await step_up(
            account.core,
            account.caller,
            password=None,
            second=Presented(passkey=made.use(elsewhere)),
        )
    options = await create_step_up_options(account.core, account.caller)
    proved = await step_up(
        account.core, account.caller, password=None, second=Presented(passkey=made.use(options))
    )

    assert await authenticate_person(account.core, proved.token, visitor().origin)


async def test_without_a_factor_only_the_password_steps_up(
    account: Account, other_world: World
) -> None:
    """A-5: an account without a second factor can't step up with something that isn't its own passkey."""
    made, _ = await with_passkey(account)
    core, (token, caller) = other_world.core, await enter(other_world)
    options = await create_step_up_options(core, caller)
    for answer in ({}, made.use(options)):
        with pytest.raises(WrongCredentials):
            await step_up(core, caller, password=None, second=Presented(passkey=answer))

    assert (await authenticate_person(core, token, visitor().origin)).account == caller.account
