"""A machine for tests: its key, and requests signed with it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from nacl.signing import SigningKey

from strongroom_core.access.callers import new_request_id
from strongroom_core.crypto.random import random_bytes
from strongroom_core.grants.attachments import attach_machine
from strongroom_core.grants.manage import Wanted, set_grants
from strongroom_core.kernel.guardrails import Guardrails
from strongroom_core.kernel.origin import Origin
from strongroom_core.machines.authenticate import SignedRequest, authenticate_machine
from strongroom_core.machines.bootstrap import create_bootstrap_token, register_machine
from strongroom_core.machines.lifecycle import approve_machine
from strongroom_core.machines.temporary import (
    NewTemporary,
    create_temporary_token,
    extend_machine,
)
from strongroom_testkit.people import visitor
from strongroom_wire.canonical import signed_bytes

if TYPE_CHECKING:
    from strongroom_core.kernel.caller import Machine
    from strongroom_core.projects.views import ProjectView
    from strongroom_core.secrets.views import SecretView
    from strongroom_testkit.world import World

REGISTERED_FROM = "127.9.9.21"
"""The address from which test machines register. It becomes known; requests come from other addresses."""


@dataclass(frozen=True, slots=True)
class TestMachine:
    """A registered machine with its private key."""

    __test__ = False

    id: UUID
    key: SigningKey = field(repr=False)

    def headers(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        at: int,
        nonce: str | None = None,
    ) -> dict[str, str]:
        """Return the four headers of a request signed at `at` Unix seconds."""
        nonce = nonce or b64encode(random_bytes(16)).decode()
        signature = self.key.sign(signed_bytes(method, path, at, nonce, body)).signature
        return {
            "X-Machine-Id": str(self.id),
            "X-Timestamp": str(at),
            "X-Nonce": nonce,
            "X-Signature": b64encode(signature).decode(),
        }

    async def caller(
        self,
        world: World,
        *,
        address: str = "127.0.0.20",
        nonce: str | None = None,
        at: int | None = None,
    ) -> Machine:
        """Return the caller of a newly signed request, as determined by the real authenticator.

        `at` is the time on the machine's own clock, if that differs from the server's.
        """
        at = int(world.core.clock.now().timestamp()) if at is None else at
        nonce = nonce or random_bytes(16).hex()
        message = signed_bytes("GET", "/v1/secret/any", at, nonce, b"")
        signature = self.key.sign(message).signature
        request = SignedRequest(self.id, at, nonce, signature, message)
        return await authenticate_machine(world.core, request, Origin(address, new_request_id()))


async def pending_machine(world: World, hostname: str = "web-1") -> TestMachine:
    """Register a machine with a real registration token; it is pending approval."""
    token = await create_bootstrap_token(world.core, world.owner)
    world.markers.note(token.token)
    key = SigningKey(random_bytes(32))
    registered = await register_machine(
        world.core,
        visitor(REGISTERED_FROM),
        token.token,
        public_key=b64encode(bytes(key.verify_key)).decode(),
        hostname=hostname,
    )
    return TestMachine(registered.machine, key)


async def temporary_machine(
    world: World,
    hostname: str = "temp-1",
    *,
    guardrails: Guardrails | None = None,
    lifetime: timedelta = timedelta(days=1),
) -> TestMachine:
    """Register and approve a temporary machine, extended once by an hour."""
    wanted = NewTemporary(
        lifetime=int(lifetime.total_seconds()),
        token_lifetime=3600,
        guardrails=guardrails or Guardrails(),
    )
    token = await create_temporary_token(world.core, world.owner, wanted)
    world.markers.note(token.token)
    key = SigningKey(random_bytes(32))
    registered = await register_machine(
        world.core,
        visitor(REGISTERED_FROM),
        token.token,
        public_key=b64encode(bytes(key.verify_key)).decode(),
        hostname=hostname,
        temporary_in=world.person.vault,
    )
    if registered.expires_at is None:
        raise AssertionError("a temporary machine expires")
    machine = str(registered.machine)
    await approve_machine(world.core, world.owner, machine)
    until = registered.expires_at + timedelta(hours=1)
    await extend_machine(world.core, world.owner, machine, until=until, reason="a test")
    return TestMachine(registered.machine, key)


async def approved_machine(world: World, hostname: str = "web-1") -> TestMachine:
    """Register and approve a machine."""
    machine = await pending_machine(world, hostname)
    await approve_machine(world.core, world.owner, str(machine.id))
    return machine


async def granted_machine(
    world: World, project: ProjectView, *secrets: SecretView, hostname: str = "web-1"
) -> TestMachine:
    """Register and approve a machine, attach it to a project, and grant it these secrets."""
    machine = await approved_machine(world, hostname)
    await grant(world, machine, project, *secrets)
    return machine


async def grant(
    world: World, machine: TestMachine, project: ProjectView, *secrets: SecretView
) -> None:
    """Attach a machine to a project and grant it exactly these of the project's secrets."""
    await attach_machine(world.core, world.owner, project.id, machine=str(machine.id))
    wanted = [Wanted(secret.id) for secret in secrets]
    await set_grants(world.core, world.owner, project.id, machine=str(machine.id), wanted=wanted)
