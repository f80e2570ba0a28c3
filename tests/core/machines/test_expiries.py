"""Everything about machines that expires, just before its expiry, at it and after it (M-2 to M-7, M-11)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

import pytest

from strongroom_core.db.connection import OpenConnection
from strongroom_core.grants.scope import Scope
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    MachineExpired,
    NotFound,
    Refused,
)
from strongroom_core.machines.bootstrap import create_bootstrap_token, register_machine
from strongroom_core.machines.provision import download_key_file, provision_machine
from strongroom_core.machines.temporary import (
    NewTemporary,
    create_temporary_token,
    extend_machine,
    revert_extension,
)
from strongroom_core.projects.views import ProjectView
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.issuer import Issuer, new_key, public_key_of, trust
from strongroom_testkit.machine import TestMachine, grant, temporary_machine
from strongroom_testkit.people import visitor
from strongroom_testkit.waiting import until_waiting
from strongroom_testkit.world import World
from strongroom_worker.jobs import sweep, tidy

from .test_enrollment import MOMENT, TERMS, enroll, made
from .test_identify import enroll as enroll_with_token

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ACCEPTED = (True, False, False)
"""A microsecond before the expiry, at it, and a microsecond after it."""

_addresses = count(1)


@dataclass(frozen=True, slots=True)
class Expiring:
    """Something that can be used until `at`.

    Each of `uses` returns or raises. There are three, because some things work only once.
    """

    name: str
    at: datetime
    uses: list[Callable[[], Awaitable[object]]]


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes one of each in a vault, starting now."""

    world: World
    project: ProjectView
    secret: SecretView
    now: datetime

    async def everything(self) -> list[Expiring]:
        """Return one of each."""
        return [
            await self._registration_tokens(),
            await self._key_files(),
            await self._id_tokens(),
            await self._temporary_tokens(),
            await self._enrollment_token(),
            await self._ephemeral_machine(),
            *await self._temporary_machines(),
        ]

    def _register(self, token: str, vault: str | None = None) -> Callable[[], Awaitable[object]]:
        self.world.markers.note(token)
        return lambda: register_machine(
            self.world.core,
            visitor(f"127.5.0.{next(_addresses)}"),
            token,
            public_key=public_key_of(new_key()),
            hostname="web-1",
            temporary_in=vault,
        )

    async def _registration_tokens(self) -> Expiring:
        tokens = [await create_bootstrap_token(self.world.core, self.world.owner) for _ in ACCEPTED]
        uses = [self._register(each.token) for each in tokens]
        return Expiring("registration token", self.now + 10 * MINUTE, uses)

    async def _key_files(self) -> Expiring:
        core, owner = self.world.core, self.world.owner
        files = [
            await provision_machine(core, owner, name=f"box {number}", scope=Scope())
            for number, _ in enumerate(ACCEPTED)
        ]
        tokens = [self.world.markers.note(each.token) for each in files]
        uses = [partial(download_key_file, core, visitor("127.5.1.1"), token) for token in tokens]
        return Expiring("key file", self.now + 15 * MINUTE, list(uses))

    async def _id_tokens(self) -> Expiring:
        issuer, keys = Issuer(), [new_key() for _ in ACCEPTED]
        await trust(self.world, issuer)
        seconds = int((self.now + 20 * MINUTE).timestamp())
        uses = [
            partial(enroll_with_token, self.world, issuer.token(self.world, key, exp=seconds), key)
            for key in keys
        ]
        return Expiring("ID token", datetime.fromtimestamp(seconds, UTC), list(uses))

    async def _temporary_tokens(self) -> Expiring:
        wanted = NewTemporary(lifetime=3600, token_lifetime=1800)
        core, owner = self.world.core, self.world.owner
        tokens = [await create_temporary_token(core, owner, wanted) for _ in ACCEPTED]
        uses = [self._register(each.token, self.world.person.vault) for each in tokens]
        return Expiring("temporary token", self.now + 30 * MINUTE, uses)

    async def _enrollment_token(self) -> Expiring:
        token = await made(self.world, lifetime=2400)
        uses = [partial(enroll, self.world, token.token) for _ in ACCEPTED]
        return Expiring("enrollment token", self.now + 40 * MINUTE, list(uses))

    def _reads(self, name: str, machine: TestMachine, at: datetime) -> Expiring:
        async def read() -> object:
            caller = await machine.caller(self.world)
            return await read_secret_value(self.world.core, caller, self.secret.id)

        return Expiring(name, at, [read for _ in ACCEPTED])

    async def _ephemeral_machine(self) -> Expiring:
        key = new_key()
        terms = replace(TERMS, scope=Scope([self.project.id], [self.secret.id]))
        registered = await enroll(self.world, (await made(self.world, terms)).token, key=key)
        machine = TestMachine(registered.machine, key)
        return self._reads("ephemeral machine", machine, self.now + HOUR)

    async def _temporary_machines(self) -> list[Expiring]:
        """A machine extended once, one extended twice, and one whose extension was reverted."""
        core, owner, days = self.world.core, self.world.owner, timedelta(days=2)
        found: list[Expiring] = []
        for number, name in enumerate(("extended", "extended twice", "reverted")):
            machine = await temporary_machine(self.world, lifetime=2 * HOUR + number * MINUTE)
            await grant(self.world, machine, self.project, self.secret)
            at = self.now + 3 * HOUR + number * MINUTE
            if name == "extended twice":
                at = self.now + days
                await extend_machine(core, owner, str(machine.id), until=at, reason="more")
            if name == "reverted":
                await revert_extension(core, owner, str(machine.id))
                at -= HOUR
            found.append(self._reads(f"temporary machine, {name}", machine, at))
        return found


async def is_accepted(use: Callable[[], Awaitable[object]]) -> bool:
    """Use something, and return whether that succeeded. Any error other than a denial fails the test."""
    try:
        await use()
    except (Refused, NotFound, MachineExpired, AuthenticationFailed):
        return False
    return True


@pytest.mark.parametrize("tidied", [True, False], ids=["after the jobs", "before any job"])
async def test_every_expiry_is_exact(world: World, clock: MovableClock, *, tidied: bool) -> None:
    """M-2 to M-7, M-11: each works until just before its expiry, and is then denied, with or without jobs."""
    project = await world.project("billing")
    secret = await world.secret(project, "KEY")
    everything = await Maker(world, project, secret, clock.now()).everything()
    steps = [
        (each.at + (place - 1) * MOMENT, each.name, use)
        for each in everything
        for place, use in enumerate(each.uses)
    ]
    accepted: dict[str, tuple[bool, ...]] = {}
    for at, name, use in sorted(steps, key=lambda step: step[0]):
        clock.move(at - clock.now())
        if tidied:
            await tidy(world.core)
            await sweep(world.core)
        accepted[name] = (*accepted.get(name, ()), await is_accepted(use))

    assert dict.fromkeys((each.name for each in everything), ACCEPTED) == accepted
    assert 9 == len(everything)


async def test_a_machine_that_expires_during_a_batch_is_refused_in_it(
    world: World, clock: MovableClock, administrator: OpenConnection
) -> None:
    """R-1: the time is taken once the batch has its locks; a machine that expired by then is denied."""
    project = await world.project("billing")
    secret = await world.secret(project, "KEY")
    expiring, other = [await temporary_machine(world, lifetime=each * HOUR) for each in (2, 4)]
    for machine in (expiring, other):
        await grant(world, machine, project, secret)
    clock.move(2 * HOUR + 30 * MINUTE)
    callers = [await machine.caller(world) for machine in (expiring, other)]
    await administrator.execute("begin")
    await administrator.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", project.id)
    reads = [
        asyncio.create_task(read_secret_value(world.core, each, secret.id)) for each in callers
    ]
    await until_waiting(administrator)
    clock.move(30 * MINUTE)
    await administrator.execute("commit")
    first, second = await asyncio.gather(*reads, return_exceptions=True)

    assert isinstance(first, MachineExpired)
    assert not isinstance(second, BaseException)
    assert await world.open_value(secret.id) == second.value.reveal().decode()
