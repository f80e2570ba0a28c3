"""Machines that sign according to RFC 9421 instead of the four headers (WIRE 7)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from strongroom_core.crypto.random import random_bytes
from strongroom_testkit.machine import TestMachine, granted_machine
from strongroom_testkit.raw_requests import Answer, as_pairs, send
from strongroom_testkit.world import World
from strongroom_wire.signatures import signature_headers

URL = "http://localhost:8200"


def signed(
    world: World,
    machine: TestMachine,
    method: str,
    path: str,
    body: bytes = b"",
    *,
    server: str = URL,
    nonce: str | None = None,
    key_id: str | None = None,
) -> dict[str, str]:
    """Return the headers of a request in this form."""
    return signature_headers(
        method,
        f"{server}{path}",
        body,
        key_id=key_id or str(machine.id),
        created=int(world.core.clock.now().timestamp()),
        nonce=nonce or random_bytes(16).hex(),
        sign=lambda base: machine.key.sign(base).signature,
    )


async def ask(
    app: Any, method: str, path: str, headers: dict[str, str], body: bytes = b"", at: int = 1
) -> Answer:
    """Send a request from a separate address."""
    return await send(
        app, method, path.encode(), as_pairs(headers.items()), body, address=f"127.240.0.{at}"
    )


async def test_a_machine_reads_and_exports(app: Any, world: World) -> None:
    """WIRE 7: reads without a body and exports with one are accepted, each request once."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    path, body = f"/v1/secret/{secret.id}", msgspec.json.encode({"projectId": project.id})
    headers = signed(world, machine, "GET", path)
    read = await ask(app, "GET", path, headers)
    again = await ask(app, "GET", path, headers)
    exported = await ask(
        app,
        "POST",
        "/v1/secrets/export",
        signed(world, machine, "POST", "/v1/secrets/export", body),
        body,
    )

    assert await world.open_value(secret.id) == read.json()["value"]
    assert (401, "nonce_used") == (again.status, again.json()["code"])
    assert [secret.id] == [each["id"] for each in exported.json()["secrets"]]


async def test_both_forms_share_their_nonces(app: Any, world: World) -> None:
    """WIRE 7: a nonce that was used in one form can't be used in the other one."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    path, nonce = f"/v1/secret/{secret.id}", random_bytes(16).hex()
    at = int(world.core.clock.now().timestamp())
    four = await ask(app, "GET", path, machine.headers("GET", path, at=at, nonce=nonce))
    other = await ask(app, "GET", path, signed(world, machine, "GET", path, nonce=nonce))

    assert 200 == four.status
    assert (401, "nonce_used") == (other.status, other.json()["code"])


@pytest.mark.parametrize("case", range(6))
async def test_what_is_rejected(app: Any, world: World, case: int) -> None:
    """WIRE 7: another server, another body, both forms at once, and an ID that isn't a machine's."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    path, body = "/v1/secrets/list", msgspec.json.encode({"projectId": project.id})
    good = signed(world, machine, "POST", path, body)
    at = int(world.core.clock.now().timestamp())
    headers = {
        0: signed(world, machine, "POST", path, body, server="https://localhost:8200"),
        1: good,
        2: {**good, **machine.headers("POST", path, body, at=at)},
        3: signed(world, machine, "POST", path, body, key_id="key_aaaaaaaaaaaaaaaa"),
        4: signed(world, machine, "POST", path, body, key_id=str(machine.id).replace("-", "")),
        5: {**good, "Signature": ""},
    }[case]
    sent = body + b" " if case == 1 else body
    answer = await ask(app, "POST", path, headers, sent, 10 + case)

    assert (401, "authentication_failed") == (answer.status, answer.json()["code"])


async def test_a_query_is_still_not_allowed(app: Any, world: World) -> None:
    """WIRE 7: machine calls have no query in this form either."""
    project = await world.project("billing")
    machine = await granted_machine(world, project)
    path = "/v1/secrets?a=1"
    answer = await ask(app, "GET", path, signed(world, machine, "GET", path), at=30)

    assert 400 == answer.status
