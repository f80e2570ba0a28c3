"""The signed calls, their statuses and bodies (WIRE, sections 1 to 3)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from strongroom_api.app import create_app
from strongroom_api.process import Process
from strongroom_core.grants.manage import Wanted, set_grants
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.machines.lifecycle import disable_machine
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.freeze import freeze_project
from strongroom_core.projects.listing import read_project
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.replace import replace_secret
from strongroom_testkit.machine import (
    approved_machine,
    grant,
    granted_machine,
    pending_machine,
)
from strongroom_testkit.raw_requests import as_pairs, send
from strongroom_testkit.world import World

EMPTY_LISTS = [
    ("GET", "/v1/secrets", b"", {"secrets": []}),
    ("POST", "/v1/secrets/list", {"projectId": "proj_a"}, {"secrets": []}),
    ("POST", "/v1/secrets/export", b"", {"secrets": []}),
    ("POST", "/v1/secrets/poll", {"watch": []}, {"changes": {}}),
    ("GET", "/v1/cli/projects", b"", {"vaultName": "ada's vault", "projects": []}),
    ("GET", "/v1/cli/secrets", b"", {"secrets": []}),
    (
        "POST",
        "/v1/verify-access",
        {"projectId": "proj_a"},
        {
            "valid": False,
            "projectName": None,
            "error": "this machine isn't attached to a project with this ID",
            "frozen": False,
        },
    ),
]


# Answers -----------------------------------------------------------------------------------------


async def test_a_single_secret(world: World, ask) -> None:
    """WIRE 3: a read returns `value` as text, and the version; it is never cached."""
    project = await world.project("billing")
    value = world.markers.value("wörth\n€")
    secret = await world.secret(project, "API_KEY", value)
    machine = await granted_machine(world, project, secret)
    answer = await ask(machine, "GET", f"/v1/secret/{secret.id}")

    assert (200, {"value": value, "version": 1}) == (answer.status, answer.json())
    assert "application/json" == answer.headers["content-type"]
    assert "no-store" == answer.headers["cache-control"]
    assert "nosniff" == answer.headers["x-content-type-options"]
    (entry,) = await world.entries("secret_read")
    assert entry["request_id"] == answer.headers["x-request-id"]


async def test_a_structured_secret(world: World, ask) -> None:
    """WIRE 3: `value` is a JSON object as text, with only strings and only the granted fields."""
    project = await world.project("billing")
    secret = await world.structured(project, "DATABASE", "host", "password")
    machine = await granted_machine(world, project, secret)
    whole = msgspec.json.decode(
        (await ask(machine, "GET", f"/v1/secret/{secret.id}")).json()["value"]
    )
    key = str(machine.id)
    await set_grants(
        world.core, world.owner, project.id, machine=key, wanted=[Wanted(secret.id, ["host"])]
    )
    part = msgspec.json.decode(
        (await ask(machine, "GET", f"/v1/secret/{secret.id}")).json()["value"]
    )

    assert {"host", "password"} == set(whole)
    assert {"host": whole["host"]} == part


async def test_lists(world: World, ask) -> None:
    """WIRE 3: lists contain the granted secrets' names, kinds, projects and applications."""
    application = await create_application(
        world.core, world.owner, name="web", environments=["production"]
    )
    async with world.core.database.transaction(world.person.vault) as connection:
        key = await connection.fetchval("select id from project")
    inside = await read_project(world.core, world.owner, key)
    alone = await world.project("billing")
    a, b = await world.secret(inside, "A"), await world.structured(alone, "B", "host", "user")
    machine = await granted_machine(world, inside, a)
    await grant(world, machine, alone, b)

    await replace_secret(
        world.core, world.owner, a.id, content=Content(value=world.markers.value("new"))
    )

    item_a = {"id": a.id, "name": "A", "fieldNames": None, "projectId": inside.id, "version": 2}
    names_b = '["host","user"]'
    item_b = {"id": b.id, "name": "B", "fieldNames": names_b, "projectId": alone.id, "version": 1}
    assert {"secrets": [item_a, item_b]} == (await ask(machine, "GET", "/v1/secrets")).json()
    listed = await ask(machine, "POST", "/v1/secrets/list", {"projectId": alone.id})
    assert {"secrets": [item_b]} == listed.json()
    where_a = {
        "projectId": inside.id,
        "projectName": inside.name,
        "applicationId": application.id,
        "applicationName": "web",
    }
    where_b = {
        "projectId": alone.id,
        "projectName": "billing",
        "applicationId": None,
        "applicationName": None,
    }
    assert {"vaultName": "ada's vault", "projects": [where_a, where_b]} == (
        await ask(machine, "GET", "/v1/cli/projects")
    ).json()
    assert {
        "secrets": [
            {**item_a, **where_a, "type": "secret"},
            {**item_b, **where_b, "type": "structured"},
        ]
    } == (await ask(machine, "GET", "/v1/cli/secrets")).json()
    verified = await ask(machine, "POST", "/v1/verify-access", {"projectId": alone.id})
    access = {"valid": True, "projectName": "billing", "error": None}
    assert {**access, "frozen": False} == verified.json()


async def test_export(world: World, ask) -> None:
    """WIRE 3: an export contains all secrets or, if it has a body, one project's or application's."""
    project = await world.project("billing")
    a, b = await world.secret(project, "A"), await world.structured(project, "B", "host")
    machine = await granted_machine(world, project, a, b)
    for body in (b"", {}, {"projectId": project.id}, {"projectId": None}):
        answer = await ask(machine, "POST", "/v1/secrets/export", body)
        first, second = answer.json()["secrets"]

        assert {
            "id": a.id,
            "name": "A",
            "value": await world.open_value(a.id),
            "fieldNames": None,
            "version": 1,
        } == first
        assert (b.id, '["host"]') == (second["id"], second["fieldNames"])
        assert {"host"} == set(msgspec.json.decode(second["value"]))
    none = await ask(
        machine, "POST", "/v1/secrets/export", {"applicationId": "app_aaaaaaaaaaaaaaaa"}
    )
    assert (200, {"secrets": []}) == (none.status, none.json())


async def test_poll(world: World, ask) -> None:
    """WIRE 3: a poll returns a status for each changed secret, and omits the others."""
    project = await world.project("billing")
    a, b = await world.secret(project, "A"), await world.secret(project, "B")
    machine = await granted_machine(world, project, a)
    body = {"watch": [a.id, b.id, "sk_aaaaaaaaaaaaaaaa"]}
    answer = await ask(machine, "POST", "/v1/secrets/poll", body)

    assert {
        "changes": {
            a.id: {"status": "changed", "version": 1},
            b.id: {"status": "access_denied"},
            "sk_aaaaaaaaaaaaaaaa": {"status": "deleted"},
        }
    } == answer.json()
    await ask(machine, "GET", f"/v1/secret/{a.id}")
    assert {"changes": {}} == (
        await ask(machine, "POST", "/v1/secrets/poll", {"watch": [a.id]})
    ).json()


async def test_poll_with_versions(world: World, ask, refused) -> None:
    """Extension of WIRE 3: `have` lists the versions the caller has; invalid content gets 400."""
    project = await world.project("billing")
    a, b = await world.secret(project, "A"), await world.secret(project, "B")
    machine = await granted_machine(world, project, a, b)
    await ask(machine, "POST", "/v1/secrets/export")

    async def changes(have: Any) -> Any:
        body = {"watch": [a.id, b.id], "have": have}
        return await ask(machine, "POST", "/v1/secrets/poll", body)

    assert {"changes": {}} == (await changes({})).json()
    assert {"changes": {a.id: {"status": "changed", "version": 1}}} == (
        await changes({a.id: 7, b.id: 1, "nonsense": 1})
    ).json()
    for nonsense in (
        None,
        [],
        7,
        {a.id: "1"},
        {a.id: 1.5},
        {a.id: True},
        {a.id: -1},
        {a.id: 2**63},
    ):
        refused(await changes(nonsense), 400, "invalid")


@pytest.mark.parametrize(("method", "path", "body", "expected"), EMPTY_LISTS)
async def test_a_machine_without_grants(
    world: World, ask, method: str, path: str, body: Any, expected: Any
) -> None:
    """WIRE 2: every call returns exactly 200, even for an empty result."""
    answer = await ask(await approved_machine(world), method, path, body)

    assert (200, expected) == (answer.status, answer.json())


async def test_members_we_do_not_know_are_ignored(world: World, ask) -> None:
    """WIRE 3: clients in other languages may send extra members, which are ignored."""
    machine = await approved_machine(world)
    body = {"watch": [], "clientVersion": "9", "nested": {"a": [1, None]}}
    answer = await ask(machine, "POST", "/v1/secrets/poll", body)

    assert 200 == answer.status


# Denials -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path", "body", "_expected"), EMPTY_LISTS)
async def test_every_call_requires_an_active_machine(
    world: World, ask, refused, method: str, path: str, body: Any, _expected: Any
) -> None:
    """R-1: unsigned calls get 401, pending and disabled machines get 403, and expired ones a specific 401."""
    pending, off = await pending_machine(world), await approved_machine(world, "web-2")
    expired = await approved_machine(world, "web-3")
    await disable_machine(world.core, world.owner, str(off.id))
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            "update machine set expires_at = $1 where id = $2", world.core.clock.now(), expired.id
        )
    refused(
        await ask(pending, method, path, body, altered={"X-Signature": "A" * 86 + "=="}),
        401,
        "authentication_failed",
    )
    said = refused(await ask(pending, method, path, body), 403, "machine_pending")
    assert "approval" in said["error"]
    said = refused(await ask(off, method, path, body), 403, "machine_disabled")
    assert "is disabled" in said["error"]
    refused(await ask(expired, method, path, body), 401, "machine_expired")


async def test_reasons_of_a_read(world: World, other_world: World, ask, refused) -> None:
    """WIRE 2: a missing grant returns 403, a missing or foreign secret 404, and a frozen project 423."""
    project = await world.project("billing")
    granted, other = await world.secret(project, "A"), await world.secret(project, "B")
    theirs = await other_world.secret(await other_world.project("theirs"), "THEIRS")
    machine = await granted_machine(world, project, granted)

    refused(await ask(machine, "GET", f"/v1/secret/{other.id}"), 403, "no_grant")
    answers = []
    for absent in (theirs.id, "sk_aaaaaaaaaaaaaaaa", "nonsense", "a" * 245):
        found = refused(await ask(machine, "GET", f"/v1/secret/{absent}"), 404, "not_found")
        answers.append({key: text for key, text in found.items() if key != "requestId"})
    assert 4 == answers.count(answers[0])
    await freeze_project(world.core, world.owner, project.id, reason="drill")
    refused(await ask(machine, "GET", f"/v1/secret/{granted.id}"), 423, "frozen")
    refused(
        await ask(machine, "POST", "/v1/secrets/export", {"projectId": project.id}), 423, "frozen"
    )
    refused(
        await ask(machine, "POST", "/v1/secrets/export", {"projectId": "proj_a"}), 404, "not_found"
    )


async def test_a_request_made_before(world: World, app, core, refused) -> None:
    """R-3: a replayed request gets 401 with the reason, because its signature is valid."""
    machine = await approved_machine(world)
    headers = as_pairs(
        machine.headers("GET", "/v1/secrets", at=int(core.clock.now().timestamp())).items()
    )
    first = await send(app, "GET", b"/v1/secrets", headers, address="127.9.1.1")
    again = await send(app, "GET", b"/v1/secrets", headers, address="127.9.1.1")

    assert 200 == first.status
    refused(again, 401, "nonce_used")


@pytest.mark.parametrize("ago", [301, -301])
async def test_skew_failures_contain_the_servers_time(
    world: World, app, core, refused, ago: int
) -> None:
    """WIRE 1: a skew failure contains the server's time."""
    core.clock = MovableClock(core.clock.now().replace(microsecond=0))
    machine = await approved_machine(world)
    now = int(core.clock.now().timestamp())
    headers = as_pairs(machine.headers("GET", "/v1/secrets", at=now - ago).items())
    answer = await send(app, "GET", b"/v1/secrets", headers, address="127.9.1.2")

    assert now == refused(answer, 401, "authentication_failed")["serverTime"]


async def test_failures_are_indistinguishable(world: World, ask, refused) -> None:
    """WIRE 1: an unknown machine, a wrong signature and a malformed header get the same response."""
    machine = await approved_machine(world)
    told = []
    for altered in (
        {"X-Machine-Id": "00000000-0000-4000-8000-000000000000"},
        {"X-Signature": "A" * 86 + "=="},
        {"X-Nonce": "short"},
        {"X-Timestamp": "yesterday"},
        {"X-Machine-Id": "nobody"},
    ):
        answer = await ask(machine, "GET", "/v1/secrets", altered=altered)
        found = refused(answer, 401, "authentication_failed")
        told.append(({**found, "requestId": ""}, sorted(answer.headers), len(answer.body)))

    assert 5 == told.count(told[0])
    assert "authentication failed" == told[0][0]["error"]


async def test_a_lockout_has_retry_after(world: World, ask, refused) -> None:
    """R-2, WIRE 2: a lockout returns 429 with `Retry-After`, on this plane and for this address only."""
    machine = await approved_machine(world)
    for _ in range(3):
        await ask(machine, "GET", "/v1/secrets", address="127.9.1.3", altered={"X-Nonce": "short"})
    answer = await ask(machine, "GET", "/v1/secrets", address="127.9.1.3")

    refused(answer, 429, "locked_out")
    assert 1700 < int(answer.headers["retry-after"]) <= 1801
    assert 200 == (await ask(machine, "GET", "/v1/secrets")).status


async def test_polling_too_fast(world: World, ask, core, refused) -> None:
    """WIRE 2: a machine that polls too often gets 429 with `Retry-After`."""
    core.clock = MovableClock(core.clock.now())
    machine = await approved_machine(world)
    answers = await asyncio.gather(
        *(ask(machine, "POST", "/v1/secrets/poll", {"watch": []}) for _ in range(61))
    )
    statuses = [answer.status for answer in answers]

    assert (60, 1) == (statuses.count(200), statuses.count(429))
    answer = next(each for each in answers if each.status == 429)
    refused(answer, 429, "too_many")
    assert 1 <= int(answer.headers["retry-after"]) <= 61
    core.clock.move(timedelta(minutes=1))
    assert 200 == (await ask(machine, "POST", "/v1/secrets/poll", {"watch": []})).status


async def test_a_sealed_server(sealed_core, refused) -> None:
    """E-2, WIRE 2: a sealed server returns 503 with `Retry-After`, to every client and call on this plane."""
    app = create_app(Process(sealed_core))
    for method, path in (
        ("GET", b"/v1/secrets"),
        ("GET", b"/v1/nothing"),
        ("GET", b"/v1/bootstrap/aaaaaaaaaaaa"),
        ("POST", b"/v1/bootstrap/register"),
    ):
        answer = await send(app, method, path, [])

        refused(answer, 503, "sealed")
        assert 1 <= int(answer.headers["retry-after"])


async def test_a_value_that_does_not_open(world: World, ask, refused) -> None:
    """DESIGN 5: an integrity failure is the only 500; it says that it was logged, but nothing else."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            "update secret_material set ciphertext = substr(ciphertext, 1, 60)"
        )
    refused(await ask(machine, "GET", f"/v1/secret/{secret.id}"), 500, "integrity_failure")

    assert 1 == len(await world.entries("integrity_failure"))


# Malformed requests ------------------------------------------------------------------------------

TARGETS = {
    "a query": b"/v1/secrets?a=1",
    "a query on an unknown path": b"/v1/nothing?a=1",
    "a percent": b"/v1/secret/%73k_aaaaaaaaaaaaaaaa",
    "a percent in the first segment": b"/v1/%73ecrets",
    "an encoded slash": b"/v1/secret%2Fsk_aaaaaaaaaaaaaaaa",
    "a dot segment": b"/v1/./secrets",
    "two dots": b"/v1/secret/../secrets",
    "an empty segment": b"/v1//secrets",
    "a trailing slash": b"/v1/secrets/",
    "a backslash": b"/v1/secret\\x",
    "NUL": b"/v1/secrets\x00",
    "an encoded NUL": b"/v1/secrets%00",
    "not ASCII": "/v1/secret/é".encode(),
    "a parameter": b"/v1/secrets;a=1",
    "too long": b"/v1/secret/" + b"a" * 250,
    "nothing after the prefix": b"/v1/",
}


@pytest.mark.parametrize("name", sorted(TARGETS))
async def test_rejected_targets(world: World, app, core, refused, name: str) -> None:
    """WIRE 1: a malformed target gets 400 even if it is signed, and no failure or nonce is recorded."""
    machine, target = await approved_machine(world), TARGETS[name]
    path = target.partition(b"?")[0].decode("utf-8")
    at = int(core.clock.now().timestamp())
    headers = as_pairs(machine.headers("GET", path, at=at).items())
    for _ in range(4):
        answer = await send(app, "GET", target, headers, address="127.9.2.1")

        refused(answer, 400, "invalid")
    async with core.database.transaction(world.person.vault) as connection:
        assert 0 == await connection.fetchval("select count(*) from request_nonce")


@pytest.mark.parametrize(
    "path", ["/v1/nothing", "/v1/secret", "/v1/secret/a/b", "/v1/Secrets", "/v1/ai/whoami"]
)
async def test_unknown_paths(world: World, ask, refused, path: str) -> None:
    """WIRE 2: unknown paths get 404, signed or not."""
    refused(await ask(await approved_machine(world), "GET", path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/v1/secret/sk_aaaaaaaaaaaaaaaa", "GET"),
        ("PUT", "/v1/secrets", "GET"),
        ("DELETE", "/v1/secret/sk_aaaaaaaaaaaaaaaa", "GET"),
        ("HEAD", "/v1/secrets", "GET"),
        ("OPTIONS", "/v1/secrets", "GET"),
        ("get", "/v1/secrets", "GET"),
        ("GET", "/v1/secrets/export", "POST"),
        ("PATCH", "/v1/secrets/poll", "POST"),
        ("TRACE", "/v1/verify-access", "POST"),
    ],
)
async def test_wrong_methods(world: World, ask, method: str, path: str, allowed: str) -> None:
    """WIRE 2, S-8: a wrong method returns 405 with `Allow`; no signed call changes a secret."""
    answer = await ask(await approved_machine(world), method, path)

    assert (405, "method_not_allowed") == (answer.status, answer.json()["code"])
    assert allowed in answer.headers["allow"].split(", ")


async def test_a_body_with_get(world: World, ask, refused) -> None:
    """WIRE 1: a GET with a body gets 400, even if the body was signed."""
    machine = await approved_machine(world)
    for body in (b"{}", b" "):
        refused(await ask(machine, "GET", "/v1/secrets", body), 400, "invalid")


@pytest.mark.parametrize("parts", [1, 7, 300])
async def test_the_largest_body(world: World, app, core, refused, parts: int) -> None:
    """WIRE 1: 256 KiB are accepted, and one byte more gets 413, in any number of parts."""
    machine = await approved_machine(world)
    empty = msgspec.json.encode({"watch": [], "x": ""})
    whole = empty[:-2] + b"x" * (256 * 1024 - len(empty)) + empty[-2:]
    for body, status in ((whole, 200), (whole + b" ", 413)):
        at = int(core.clock.now().timestamp())
        headers = as_pairs(machine.headers("POST", "/v1/secrets/poll", body, at=at).items())
        size = -(-len(body) // parts)
        pieces = [body[begin : begin + size] for begin in range(0, len(body), size)]
        answer = await send(app, "POST", b"/v1/secrets/poll", headers, pieces)

        assert status == answer.status
    refused(answer, 413, "too_large")


@pytest.mark.parametrize(
    "encoding", ["gzip", "deflate", "br", "identity, gzip", "IDENTITY;q=1", ""]
)
async def test_encoded_bodies(world: World, ask, refused, encoding: str) -> None:
    """WIRE 1: any `Content-Encoding` other than `identity` gets 415."""
    machine = await approved_machine(world)
    altered = {"Content-Encoding": encoding}
    answer = await ask(machine, "POST", "/v1/secrets/poll", {"watch": []}, altered=altered)

    refused(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("encoding", ["identity", "IDENTITY", " identity "])
async def test_a_body_as_it_is(world: World, ask, encoding: str) -> None:
    """WIRE 1: `identity` is treated like a missing header."""
    machine = await approved_machine(world)
    altered = {"Content-Encoding": encoding}
    answer = await ask(machine, "POST", "/v1/secrets/poll", {"watch": []}, altered=altered)

    assert 200 == answer.status


BODIES = {
    "no JSON": b"watch",
    "nothing": b"",
    "half": b'{"watch":[]',
    "two": b'{"watch":[]}{}',
    "a list": b"[]",
    "null": b"null",
    "a member twice": b'{"watch":[],"watch":["a"]}',
    "an unknown member twice": b'{"watch":[],"x":1,"x":1}',
    "a nested member twice": b'{"watch":[],"x":{"a":1,"a":1}}',
    "the member is missing": b"{}",
    "the member is null": b'{"watch":null}',
    "the member is a string": b'{"watch":"sk_a"}',
    "an id is a number": b'{"watch":[1]}',
    "NUL": b'{"watch":["\\u0000"]}',
    "half a surrogate": b'{"watch":["\\ud800"]}',
    "not UTF-8": b'{"watch":["\xff"]}',
    "NaN": b'{"watch":[],"x":NaN}',
    "infinity": b'{"watch":[],"x":-Infinity}',
    "too deep": b'{"watch":[],"x":' + b"[" * 40 + b"]" * 40 + b"}",
    "far too deep": b'{"watch":[],"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "UTF-16": '{"watch":[]}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"watch":[]}',
}


@pytest.mark.parametrize("name", sorted(BODIES))
async def test_rejected_bodies(world: World, ask, refused, name: str) -> None:
    """WIRE 1, 2: an invalid signed body returns 400, never 500, and the response repeats none of it."""
    machine = await approved_machine(world)
    refused(await ask(machine, "POST", "/v1/secrets/poll", BODIES[name]), 400, "invalid")


async def test_bodies_of_the_other_calls(world: World, ask, refused) -> None:
    """WIRE 3: wrong types, and two scopes at once, are rejected."""
    machine = await approved_machine(world)
    for path, body in (
        ("/v1/secrets/list", {}),
        ("/v1/secrets/list", {"projectId": None}),
        ("/v1/secrets/list", {"projectId": 7}),
        ("/v1/verify-access", {"projectId": []}),
        ("/v1/secrets/export", {"projectId": "proj_a", "applicationId": "app_a"}),
        ("/v1/secrets/export", {"projectId": True}),
        ("/v1/secrets/export", []),
        ("/v1/secrets/poll", {"watch": ["sk_a"] * 1001}),
    ):
        refused(await ask(machine, "POST", path, body), 400, "invalid")


async def test_the_body_is_parsed_after_verification(world: World, ask, refused) -> None:
    """WIRE 1: the hash is checked before parsing, so unknown clients learn nothing about the parser."""
    machine = await approved_machine(world)
    altered = {"X-Signature": "A" * 86 + "=="}
    answer = await ask(machine, "POST", "/v1/secrets/poll", b"watch", altered=altered)

    refused(answer, 401, "authentication_failed")


@pytest.mark.parametrize("name", ["x-machine-id", "x-timestamp", "x-nonce", "x-signature"])
async def test_repeated_and_missing_headers(world: World, app, core, refused, name: str) -> None:
    """WIRE 1: a repeated or missing header counts as a failure, even if both copies are the same."""
    machine = await approved_machine(world)
    at = int(core.clock.now().timestamp())
    pairs = as_pairs(machine.headers("GET", "/v1/secrets", at=at).items())
    value = next(value for each, value in pairs if each == name.encode())
    for number, altered in enumerate(
        (
            [*pairs, (name.encode(), value)],
            [(name.encode(), b"x"), *pairs],
            [pair for pair in pairs if pair[0] != name.encode()],
        )
    ):
        answer = await send(app, "GET", b"/v1/secrets", altered, address=f"127.9.3.{number}")

        refused(answer, 401, "authentication_failed")
    good = await send(app, "GET", b"/v1/secrets", pairs, address="127.9.3.9")
    assert 200 == good.status


async def test_other_headers_do_not_matter(world: World, app, core) -> None:
    """WIRE 1: a path prefix, the host and the content type aren't signed and have no effect."""
    machine = await approved_machine(world)
    at = int(core.clock.now().timestamp())
    pairs = as_pairs(
        [
            *machine.headers("POST", "/v1/secrets/export", at=at).items(),
            ("Host", "elsewhere.example"),
            ("Host", "twice.example"),
            ("Content-Type", "text/plain"),
            ("X-HTTP-Method-Override", "DELETE"),
            ("X-Forwarded-Prefix", "/admin"),
            ("X-Original-URL", "/v1/secrets"),
        ]
    )
    answer = await send(app, "POST", b"/v1/secrets/export", pairs)

    assert 200 == answer.status
