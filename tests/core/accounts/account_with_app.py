"""An account with a second factor, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pyotp.totp import TOTP

from strongroom_core.accounts.authenticator_app import (
    confirm_app,
    start_app,
)
from strongroom_core.accounts.factors import read_factors
from strongroom_core.accounts.login import log_in
from strongroom_core.accounts.passkeys import add_passkey, start_passkey
from strongroom_core.accounts.proofs.prove import Presented
from strongroom_core.accounts.second_step import (
    prove_second_factor,
)
from strongroom_core.accounts.sessions import authenticate_person
from strongroom_core.accounts.views import FactorNeeded, LoggedIn
from strongroom_core.core import Core
from strongroom_core.crypto.password import PasswordCost, PasswordHasher
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.clock import MovableClock
from strongroom_testkit.authenticator import Authenticator
from strongroom_testkit.people import visitor
from strongroom_testkit.world import World

CHEAP = PasswordCost(memory=64, passes=1)


@dataclass(slots=True)
class Account:
    """A person with an app, its secret, their recovery codes, and their session."""

    world: World
    caller: Human
    app: TOTP
    codes: list[str]
    token: str

    @property
    def core(self) -> Core:
        """The world's core."""
        return self.world.core

    def code(self, steps: int = 0) -> str:
        """Return the app's current code, or that of a later step."""
        at = self.core.clock.now() + timedelta(seconds=30 * steps)
        return self.app.at(at)

    async def first_step(self) -> FactorNeeded:
        """Enter the password."""
        person = self.world.person
        result = await log_in(
            self.core, visitor(), email=person.email, password=person.password, device_token=None
        )
        assert isinstance(result, FactorNeeded)
        self.world.markers.note(result.token)
        return result

    async def second_step(self, code: str, *, token: str | None = None) -> LoggedIn:
        """Enter a code."""
        step = token or (await self.first_step()).token
        return await prove_second_factor(
            self.core, visitor(), step, Presented(code=code), device_token=None
        )


async def enter(world: World) -> tuple[str, Human]:
    """Sign in with the password alone; return the token and the caller."""
    person = world.person
    opened = await log_in(
        world.core, visitor(), email=person.email, password=person.password, device_token=None
    )
    assert isinstance(opened, LoggedIn)
    world.markers.note(opened.device_token)
    token = world.markers.note(opened.token)
    return token, await authenticate_person(world.core, token, visitor().origin)


async def with_passkey(account: Account, name: str = "laptop") -> tuple[Authenticator, str]:
    """Add a passkey; return it and its ID."""
    core, made = account.core, Authenticator()
    options = await start_passkey(core, account.caller)
    await add_passkey(core, account.caller, name=name, credential=made.create(options))
    passkeys = (await read_factors(core, account.caller)).passkeys
    return made, passkeys[-1].id


async def with_app(world: World, clock: MovableClock) -> Account:
    """An account with an authenticator app, whose current code hasn't been used."""
    core = world.core
    core.passwords = PasswordHasher(cost=CHEAP)
    _, caller = await enter(world)
    started = await start_app(core, caller)
    app = TOTP(world.markers.note(started.secret))
    changed = await confirm_app(core, caller, app.at(core.clock.now()))
    for code in changed.codes:
        world.markers.note(code)
    clock.move(timedelta(seconds=60))
    token = world.markers.note(changed.token)
    return Account(
        world,
        await authenticate_person(core, token, visitor().origin),
        app,
        changed.codes,
        token,
    )
