"""The unsigned calls with which a machine registers (WIRE, section 3; M-2, M-3)."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from itertools import count
from typing import Any

import msgspec
import pytest
from nacl.signing import SigningKey

from strongroom_core.crypto.random import random_bytes
from strongroom_core.machines.bootstrap import create_bootstrap_token, is_bootstrap_token
from strongroom_core.machines.enrollment import NewToken, create_enrollment_token
from strongroom_core.machines.listing import read_machine
from strongroom_core.machines.terms import Terms
from strongroom_testkit.raw_requests import Answer, as_pairs, send
from strongroom_testkit.world import World

REFUSAL = "was used, has expired or never existed"
_numbers = count(1)


def public_key() -> str:
    """The key of a new machine."""
    return b64encode(bytes(SigningKey(random_bytes(32)).verify_key)).decode()


async def fresh_token(world: World) -> str:
    """A token, recorded as a secret."""
    return world.markers.note((await create_bootstrap_token(world.core, world.owner)).token)


async def register(app: Any, body: Any, *, address: str | None = None) -> Answer:
    """Register a machine, each time from a different address because of rate limiting."""
    sent = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return await send(
        app,
        "POST",
        b"/v1/bootstrap/register",
        as_pairs([("Content-Type", "application/json")]),
        sent,
        address=address or f"127.10.0.{next(_numbers)}",
    )


async def test_registration(world: World, app) -> None:
    """WIRE 3: registering returns 201 and the content of `identity.json`; the machine is pending approval."""
    token = await fresh_token(world)
    answer = await register(
        app, {"token": token, "publicKey": public_key(), "hostname": "db-1", "cpu": "arm64"}
    )
    found = answer.json()

    assert 201 == answer.status
    assert {
        "machineId": found["machineId"],
        "machineName": "db-1",
        "vaultId": world.person.vault,
        "apiUrl": world.core.settings.public_url,
        "status": "pending",
    } == found
    assert "no-store" == answer.headers["cache-control"]
    view = await read_machine(world.core, world.owner, found["machineId"])
    assert ("pending", "db-1") == (view.state, view.hostname)


async def test_rejected_registrations(world: World, app, refused) -> None:
    """WIRE 2: malformed input gets 400, an invalid token 404, and a key that is already registered 409."""
    token, key = await fresh_token(world), public_key()
    good = {"token": token, "publicKey": key, "hostname": "db-1"}
    for body in (
        b"",
        b"{}",
        b"[]",
        {**good, "publicKey": "AAAA"},
        {**good, "publicKey": b64encode(bytes(32)).decode()},
        {**good, "hostname": "two words"},
        {**good, "hostname": None},
        {**good, "token": 7},
        b'{"token":"a","token":"b","publicKey":"x","hostname":"y"}',
        b'{"token":"\xff"}',
    ):
        refused(await register(app, body), 400, "invalid")
    refused(await register(app, {**good, "token": "srb_" + "a" * 43}), 404, "not_found")
    refused(await register(app, {**good, "token": "x" * 9000}), 404, "not_found")

    assert 201 == (await register(app, good)).status
    refused(await register(app, good), 404, "not_found")
    again = {**good, "token": await fresh_token(world)}
    refused(await register(app, again), 409, "conflict")


async def test_unknown_clients_are_throttled(app, refused) -> None:
    """A-10: each call allows 20 requests a minute per address, then returns 429 with `Retry-After`."""
    answers = [await register(app, b"{}", address="127.10.9.1") for _ in range(21)]
    scripts = [
        await send(app, "GET", b"/v1/bootstrap/aaaaaaaa", [], address="127.10.9.2")
        for _ in range(21)
    ]

    assert [400] * 20 + [429] == [answer.status for answer in answers]
    assert [200] * 20 + [429] == [answer.status for answer in scripts]
    refused(answers[-1], 429, "too_many")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 61


async def test_many_machines_enroll_at_once_behind_one_address(world: World, app) -> None:
    """A-10: only failures are limited, so the 21st machine in a network can register as well."""
    wanted = NewToken(name="fleet", lifetime=3600, terms=Terms(machine_lifetime=3600, max_uses=60))
    made = await create_enrollment_token(world.core, world.owner, wanted)
    token = world.markers.note(made.token)

    async def enroll(token: str) -> int:
        body = {"token": token, "publicKey": public_key(), "hostname": "runner-1"}
        target = f"/v1/{world.person.vault}/enroll/register".encode()
        headers = as_pairs([("Content-Type", "application/json")])
        sent = msgspec.json.encode(body)
        return (await send(app, "POST", target, headers, sent, address="127.10.9.3")).status

    together = await asyncio.gather(*(enroll(token) for _ in range(50)))
    wrong = [await enroll(token[:-1]) for _ in range(21)]

    assert [201] * 50 == together
    assert [404] * 20 + [429] == wrong
    assert 429 == await enroll(token)


async def test_the_scripts(world: World, app) -> None:
    """M-3: the scripts for shells, PowerShell and Kubernetes contain the address and the token."""
    token = await fresh_token(world)
    for variant, first in (("", "#!/bin/sh"), ("/ps", "# Registers"), ("/k8s", "#!/bin/sh")):
        target = f"/v1/bootstrap/{token}{variant}".encode()
        answer = await send(app, "GET", target, [], address="127.10.1.1")
        script = answer.body.decode()

        assert 200 == answer.status, variant
        assert "text/plain; charset=utf-8" == answer.headers["content-type"]
        assert "no-store" == answer.headers["cache-control"]
        assert script.startswith(first)
        assert token in script
        assert world.core.settings.public_url in script
        assert "@{" not in script.replace("@{ ", "")
        assert REFUSAL not in script
    assert await is_bootstrap_token(world.core, token)


async def test_scripts_for_invalid_tokens(world: World, app) -> None:
    """M-3: unknown and used tokens both get a script that prints the same error and fails."""
    token = await fresh_token(world)
    await register(app, {"token": token, "publicKey": public_key(), "hostname": "db-1"})
    for name in (token, "srb_" + "a" * 43, "aaaaaaaa"):
        for variant in ("", "/ps", "/k8s"):
            target = f"/v1/bootstrap/{name}{variant}".encode()
            script = (await send(app, "GET", target, [], address="127.10.1.2")).body.decode()

            assert REFUSAL in script
            assert "exit 1" in script
            assert name not in script


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", b"/v1/bootstrap/register", 405),
        ("PUT", b"/v1/bootstrap/register", 405),
        ("POST", b"/v1/bootstrap/aaaaaaaaaaaa", 405),
        ("GET", b"/v1/bootstrap/", 404),
        ("GET", b"/v1/bootstrap/short", 404),
        ("GET", b"/v1/bootstrap/aaaaaaaaaaaa/zsh", 404),
        ("GET", b"/v1/bootstrap/aaaaaaaaaaaa?a=1", 404),
        ("GET", b"/v1/bootstrap/aaaaaaaa%61aaa", 404),
        ("GET", b"/v1/bootstrap/aaaaaaaa'$(id)", 404),
        ("GET", b"/v1/bootstrap/" + b"a" * 129, 404),
        ("GET", b"/v1/bootstrap/../secrets", 404),
        ("GET", b"/v1/bootstrap/\xff\xff\xff\xff\xff\xff\xff\xff", 404),
    ],
)
async def test_other_targets(app, method: str, target: bytes, status: int) -> None:
    """WIRE 1: targets aren't normalized, and shell syntax in a target never gets into a script."""
    answer = await send(app, method, target, [], address=f"127.10.2.{next(_numbers)}")

    assert status == answer.status


async def test_bodies_of_registration(app, refused) -> None:
    """WIRE 1: a registration's body can be at most 256 KiB long, without content encoding."""
    large = await send(
        app, "POST", b"/v1/bootstrap/register", [], b"x" * (256 * 1024 + 1), address="127.10.3.1"
    )
    encoded = await send(
        app,
        "POST",
        b"/v1/bootstrap/register",
        as_pairs([("Content-Encoding", "gzip")]),
        b"x",
        address="127.10.3.1",
    )

    refused(large, 413, "too_large")
    refused(encoded, 415, "unsupported_media_type")
