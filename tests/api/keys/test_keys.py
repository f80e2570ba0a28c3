"""Requests that a person's key has signed, through the real application (D-5, WIRE 7)."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import httpx
import msgspec
import pytest
from nacl.signing import SigningKey

from strongroom_core.core import Core
from strongroom_core.crypto.random import random_bytes
from strongroom_testkit.people import Person
from strongroom_testkit.person_key import TestKey
from strongroom_testkit.raw_requests import Answer, as_pairs, send
from strongroom_testkit.world import World

URL = "http://localhost:8200"
JSON = {"Content-Type": "application/json"}


class Program:
    """A program with a key, which asks for approval and signs requests."""

    def __init__(self, app: Any, core: Core, address: str = "127.200.0.1") -> None:
        self.app, self.core, self.address = app, core, address
        self.private = SigningKey(random_bytes(32))
        self.key = TestKey("", URL, self.private)

    async def ask(self) -> dict[str, Any]:
        """Ask for the key."""
        body = {
            "publicKey": b64encode(bytes(self.private.verify_key)).decode(),
            "hostname": "laptop",
            "client": "strongroom 1.0",
        }
        answer = await self.plain("POST", "/api/login-requests", body)

        assert answer.status == 201, answer.body

        self.key = TestKey(answer.json()["id"], URL, self.private)
        return answer.json()

    async def poll(self) -> dict[str, Any]:
        """Poll. Once the request is approved, sign with the key."""
        answered = (await self.call("POST", "/api/login-requests/poll")).json()
        if answered["key"] is not None:
            self.key = TestKey(answered["key"]["id"], URL, self.private)
        return answered

    async def plain(self, method: str, target: str, body: Any) -> Answer:
        """Send an unsigned request."""
        headers = as_pairs(JSON.items())
        sent = msgspec.json.encode(body)
        return await send(self.app, method, target.encode(), headers, sent, address=self.address)

    async def call(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        beside: dict[str, str] | None = None,
        **signing: Any,
    ) -> Answer:
        """Send a signed request, with other headers `beside` those of the signature."""
        sent = b"" if body is None else msgspec.json.encode(body)
        signing.setdefault("at", int(self.core.clock.now().timestamp()))
        signed = self.key.headers(method, target, sent, **signing)
        headers = {**signed, **({} if body is None else JSON), **(beside or {})}
        return await send(
            self.app, method, target.encode(), as_pairs(headers.items()), sent, address=self.address
        )


@pytest.fixture
async def program(app: Any, core: Core, client: httpx.AsyncClient) -> Program:
    """A program whose key has been approved by the administrator, for everything."""
    program = Program(app, core)
    await approve(program, client)
    return program


async def approve(program: Program, client: httpx.AsyncClient, **choice: Any) -> None:
    """Approve a program's key as a person does, who has typed the code."""
    asked = await program.ask()

    assert (await program.poll())["status"] == "pending"

    found = await client.post("/api/login-requests/find", json={"code": asked["code"]})

    assert found.json()["fingerprint"] == asked["fingerprint"]

    approved = await client.post(
        f"/api/login-requests/{found.json()['id']}/approve", json={"code": asked["code"], **choice}
    )

    assert approved.status_code == 200, approved.text
    assert (await program.poll())["key"] == approved.json()


async def test_a_program_acts_for_a_person(program: Program, owner: Person) -> None:
    """D-5, A-10: a signed change needs no cookie, Origin or header of ours."""
    own = (await program.call("GET", "/api/own-key")).json()
    made = await program.call("POST", "/api/projects", {"name": "billing"})
    listed = await program.call("GET", "/api/projects?limit=5&q=bil%6Cing")

    assert (own["username"], own["vaultId"], own["server"]) == ("ada", owner.vault, URL)
    assert made.status == 201, made.body
    assert [made.json()["id"]] == [each["id"] for each in listed.json()["items"]]


@pytest.mark.parametrize(
    ("beside", "status", "code"),
    [
        ({"Cookie": "strongroom=x"}, 400, "invalid"),
        ({"Cookie": "theme=dark"}, 400, "invalid"),
        ({"X-Strongroom-Vault": "vault_aaaaaaaaaaaaaaaa"}, 409, "vault_switched"),
        ({"X-Strongroom-Vault": ""}, 400, "wrong_vault_header"),
    ],
)
async def test_what_a_signature_does_not_go_with(
    program: Program, beside: dict[str, str], status: int, code: str
) -> None:
    """WIRE 7, A-8: a request that also has a cookie gets 400, and one that names another vault gets 409."""
    answer = await program.call("POST", "/api/projects", {"name": "x"}, beside=beside)

    assert (status, code) == (answer.status, answer.json()["code"])
    assert [] == (await program.call("GET", "/api/projects")).json()["items"]


async def test_a_cookie_alone_still_needs_our_page(
    client: httpx.AsyncClient, program: Program
) -> None:
    """A-10: requests with a cookie still need Origin and our header, even with half a signature."""
    bare = {"Origin": "", "X-Strongroom-Client": ""}
    plain = await client.post("/api/projects", json={"name": "x"}, headers=bare)
    half = await client.post(
        "/api/projects", json={"name": "x"}, headers={**bare, "Signature": "x"}
    )

    assert (403, "wrong_origin") == (plain.status_code, plain.json()["code"])
    assert (400, "invalid") == (half.status_code, half.json()["code"])


async def test_a_request_for_another_server(program: Program) -> None:
    """WIRE 7: a request that was signed for one server is rejected by another, in the same way as any."""
    others = ["https://localhost:8200", "http://localhost:8201", "http://localhost", URL + "/"]
    for number, server in enumerate(others):
        program.address = f"127.201.0.{number + 1}"
        answer = await program.call("GET", "/api/projects", server=server)

        assert (401, "authentication_failed") == (answer.status, answer.json()["code"])


async def test_a_changed_body_does_nothing(program: Program) -> None:
    """WIRE 7: the body is compared with its digest before anything is done."""
    at = int(program.core.clock.now().timestamp())
    signed = program.key.headers("POST", "/api/projects", b'{"name": "billing"}', at=at)
    headers = as_pairs({**signed, **JSON}.items())
    for body in (b'{"name": "billinG"}', b"", b'{"name": "billing"} '):
        answer = await send(
            program.app, "POST", b"/api/projects", headers, body, address="127.202.0.1"
        )

        assert (401, "authentication_failed") == (answer.status, answer.json()["code"])

    assert [] == (await program.call("GET", "/api/projects")).json()["items"]


async def test_a_body_is_limited_before_it_is_read(program: Program) -> None:
    """WIRE 7: a signed request can't be larger than any other."""
    answer = await program.call("POST", "/api/projects", {"name": "x" * 300_000})

    assert (413, "too_large") == (answer.status, answer.json()["code"])


async def test_head_is_not_get(program: Program) -> None:
    """WIRE 7: the method that was sent is the one that must have been signed."""
    at = int(program.core.clock.now().timestamp())
    headers = as_pairs(program.key.headers("GET", "/api/projects", at=at).items())
    altered = await send(program.app, "HEAD", b"/api/projects", headers, address="127.203.0.1")
    signed = await program.call("HEAD", "/api/projects")

    assert (401, 200) == (altered.status, signed.status)


async def test_a_clock_that_is_wrong(program: Program) -> None:
    """WIRE 7: the response contains the server's time."""
    now = int(program.core.clock.now().timestamp())
    answer = await program.call("GET", "/api/projects", at=now - 400)

    assert (401, now) == (answer.status, answer.json()["serverTime"])


async def test_step_up_is_finished_in_the_browser(program: Program, world: World) -> None:
    """D-5: the error of an action that needs step-up contains the URL."""
    project = await world.project("billing")
    await world.freeze(project)
    answer = await program.call(
        "POST", f"/api/projects/{project.id}/unfreeze", {"reason": "a false alarm"}
    )

    assert (403, "step_up_required") == (answer.status, answer.json()["code"])
    assert URL in answer.json()["detail"]


async def test_a_key_cannot_touch_the_account(program: Program) -> None:
    """D-5: operations on the account, its sessions and its keys need a browser."""
    for method, target in [
        ("GET", "/api/session"),
        ("GET", "/api/keys"),
        ("GET", "/api/account"),
        ("GET", "/api/vaults"),
        ("DELETE", "/api/session"),
    ]:
        answer = await program.call(method, target)

        assert (403, "browser_required") == (answer.status, answer.json()["code"]), target


async def test_a_revoked_key(program: Program, client: httpx.AsyncClient) -> None:
    """D-5: the next request of a revoked key is rejected, and says what to do."""
    [key] = (await client.get("/api/keys")).json()["items"]
    renamed = await client.patch(f"/api/keys/{key['id']}", json={"name": "my laptop"})
    revoked = await client.post(f"/api/keys/{key['id']}/revoke")
    answer = await program.call("GET", "/api/projects")

    assert (204, 204) == (renamed.status_code, revoked.status_code)
    assert (401, "key_ended") == (answer.status, answer.json()["code"])
    assert "strongroom login" in answer.json()["detail"]


async def test_a_program_signs_out(program: Program, client: httpx.AsyncClient) -> None:
    """D-5: a program can revoke its own key."""
    answer = await program.call("POST", "/api/own-key/revoke")

    assert 204 == answer.status
    assert [] == (await client.get("/api/keys")).json()["items"]


async def test_a_denied_request(app: Any, core: Core, client: httpx.AsyncClient) -> None:
    """D-5: the program learns that its request was denied."""
    program = Program(app, core)
    asked = await program.ask()
    denied = await client.post(
        f"/api/login-requests/{asked['id']}/deny", json={"code": asked["code"]}
    )

    assert 204 == denied.status_code
    assert {"status": "denied", "key": None} == await program.poll()


async def test_polls_need_the_signature_of_the_key(
    app: Any, core: Core, client: httpx.AsyncClient
) -> None:
    """D-5, WIRE 7: a poll without a signature, or with a cookie, is rejected."""
    program = Program(app, core)
    await program.ask()
    unsigned = await program.plain("POST", "/api/login-requests/poll", None)
    with_cookie = await program.call(
        "POST", "/api/login-requests/poll", beside={"Cookie": "strongroom=x"}
    )

    assert 401 == unsigned.status
    assert 400 == with_cookie.status
