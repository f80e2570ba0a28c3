"""The vault's IP allowlist gates every machine and every enrollment, in every process (R-8, WIRE 1)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from strongroom_api.process import Process
from strongroom_core.access.action import Plane
from strongroom_core.core import Core
from strongroom_core.crypto.random import new_key_id
from strongroom_core.machines import allowlist
from strongroom_core.machines.bootstrap import create_bootstrap_token
from strongroom_testkit.app import make_app
from strongroom_testkit.issuer import Issuer, new_key, public_key_of, trust
from strongroom_testkit.machine import TestMachine, approved_machine, granted_machine
from strongroom_testkit.raw_requests import Answer, send
from strongroom_testkit.world import World
from tests.requests import REQUESTS, actions_of

if TYPE_CHECKING:
    from litestar import Litestar

    from .nodes import Nodes

Ask = Callable[..., Awaitable[Answer]]


@pytest.fixture
def app(core: Core) -> Litestar:
    return make_app(Process(core))


async def test_on_and_empty_blocks_every_call_of_machines(world: World, ask: Ask) -> None:
    """R-8: every signed call gets 403, even with a wrong signature, and works again once the list is off."""
    project = await world.project("shop")
    secret = await world.secret(project, "KEY")
    machine = await granted_machine(world, project, secret)
    key = new_key()
    public = public_key_of(key)
    proof = key.sign(f"strongroom-rotate-key:{machine.id}:{public}".encode()).signature
    words = {
        "project": project.id,
        "secret": secret.id,
        "public_key": public,
        "proof": b64encode(proof).decode(),
    }
    await allowlist.enable_allowlist(world.core, world.owner, allow_empty=True)
    seen: dict[str, tuple[int, str]] = {}
    for operation in actions_of(Plane.MACHINE):
        request = REQUESTS[operation].fill(words)
        answer = await ask(machine, request.method, request.path, request.body or b"")
        seen[operation] = (answer.status, answer.json()["error"])
    wrong = await ask(machine, "GET", "/v1/secrets", altered={"X-Signature": "A" * 86 + "=="})
    unknown = await ask(TestMachine(new_key_id(), machine.key), "GET", "/v1/secrets")

    assert set(seen.values()) == {(403, "Access denied")}
    assert (wrong.status, wrong.json()["error"]) == (403, "Access denied")
    assert unknown.status == 401
    denied = [each["reason"] for each in await world.entries("secret_read_denied")]
    assert set(denied) == {"address_denied"}
    await allowlist.disable_allowlist(world.core, world.owner)
    assert (await ask(machine, "GET", f"/v1/secret/{secret.id}")).status == 200


async def test_only_addresses_of_the_list_get_in(world: World, ask: Ask) -> None:
    """R-8: only addresses in a listed network, or listed individually, get in; this includes IPv6."""
    machine = await approved_machine(world)
    for network in ("10.1.0.0/16", "192.0.2.7", "2001:db8:1::/64", "2001:db8:2::7"):
        await allowlist.create_allowlist_entry(world.core, world.owner, network=network)
    await allowlist.enable_allowlist(world.core, world.owner)
    expected = {
        "10.1.2.3": 200,
        "10.2.0.1": 403,
        "192.0.2.7": 200,
        "192.0.2.8": 403,
        "::ffff:10.1.2.3": 200,
        "2001:db8:1::9": 200,
        "2001:db8:2::7": 200,
        "2001:db8:2::8": 403,
        "local": 403,
    }
    seen = {
        address: (await ask(machine, "GET", "/v1/secrets", address=address)).status
        for address in expected
    }

    assert seen == expected


async def test_on_and_empty_blocks_every_enrollment(world: World, app: Litestar) -> None:
    """R-8: registration tokens and ID tokens get 403, aren't used up, and work once the list is off."""
    issuer, key, other = Issuer(), new_key(), new_key()
    await trust(world, issuer)
    token = await create_bootstrap_token(world.core, world.owner)
    world.markers.note(token.token)
    registration = {"token": token.token, "publicKey": public_key_of(key), "hostname": "web-1"}
    identity = {
        "idToken": issuer.token(world, other),
        "publicKey": public_key_of(other),
        "hostname": "runner-1",
    }
    calls = {"/v1/bootstrap/register": registration}
    calls[f"/v1/{world.person.vault}/enroll/oidc"] = identity

    async def register() -> set[int]:
        return {(await _post(app, path, body)).status for path, body in calls.items()}

    await allowlist.enable_allowlist(world.core, world.owner, allow_empty=True)
    assert await register() == {403}
    await allowlist.disable_allowlist(world.core, world.owner)
    assert await register() == {201}


async def test_a_change_holds_on_the_next_request_of_both_processes(nodes: Nodes) -> None:
    """R-8, H-3: no process caches the list."""
    world = nodes.world
    project = await world.project("allowlist")
    secret = await world.secret(project, "KEY")
    machine = await granted_machine(world, project, secret)
    path = f"/v1/secret/{secret.id}"

    async def seen() -> list[int]:
        found: list[int] = []
        for client in nodes.clients():
            async with client:
                at = int(world.core.clock.now().timestamp())
                answer = await client.get(path, headers=machine.headers("GET", path, at=at))
                found.append(answer.status_code)
        return found

    try:
        for _ in range(5):
            await allowlist.enable_allowlist(world.core, world.owner, allow_empty=True)
            assert await seen() == [403, 403]
            made = await allowlist.create_allowlist_entry(
                world.core, world.owner, network="127.0.0.0/8"
            )
            assert await seen() == [200, 200]
            await allowlist.delete_allowlist_entry(world.core, world.owner, made.entries[0].id)
            assert await seen() == [403, 403]
            await allowlist.disable_allowlist(world.core, world.owner)
            assert await seen() == [200, 200]
    finally:
        await allowlist.disable_allowlist(world.core, world.owner)


async def _post(app: Litestar, path: str, body: dict[str, Any]) -> Answer:
    headers = [(b"content-type", b"application/json")]
    return await send(app, "POST", path.encode(), headers, msgspec.json.encode(body))
