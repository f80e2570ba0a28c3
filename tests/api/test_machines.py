"""Machines, attachments and grants over HTTP, until a machine reads (M-2, M-8, M-9)."""

from __future__ import annotations

import os
import sys
import tempfile
from base64 import b64encode
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from nacl.signing import SigningKey

from strongroom_core.crypto.random import random_bytes
from strongroom_testkit.machine import TestMachine, approved_machine, pending_machine

FIELDS = {
    "id",
    "name",
    "state",
    "fingerprint",
    "enrolledBy",
    "enrolledWith",
    "guardrails",
    "bundleExpiresAt",
    "deliveredAt",
    "hostname",
    "registeredFrom",
    "country",
    "registeredAt",
    "approvedAt",
    "enabled",
    "expiresAt",
    "lastSeenAt",
    "projects",
    "grants",
    "replaces",
    "sameName",
    "replacesName",
    "formerNames",
    "revision",
}
ABSENT = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def project(client) -> str:
    """A project's ID."""
    return (await client.post("/api/projects", json={"name": "billing"})).json()["id"]


@pytest.fixture
async def secret(client, project, markers) -> str:
    """A structured secret's ID."""
    body = {
        "name": "DATABASE",
        "kind": "structured",
        "fields": {"host": markers.value(), "password": markers.value()},
    }
    return (await client.post(f"/api/projects/{project}/secrets", json=body)).json()["id"]


async def test_a_machine_registers_and_reads(
    client, stranger, connect, app, core, project, markers
) -> None:
    """M-2, M-8, M-9: a machine can be registered, approved, granted access and revoked over HTTP."""
    token = (await client.post("/api/registration-tokens")).json()
    markers.note(token["token"])

    assert (
        f"curl -sSL {core.settings.public_url}/v1/bootstrap/{token['token']} | sh"
        == (token["command"])
    )
    address = f"{core.settings.public_url}/v1/bootstrap/{token['token']}"
    assert [
        f"irm {address}/ps | iex",
        f"curl -sSL {address}/k8s | NAMESPACE=default sh",
        f"strongroom bootstrap {address}",
    ] == [token[f"{place}Command"] for place in ("powershell", "kubernetes", "cli")]
    key = SigningKey(random_bytes(32))
    registered = await stranger.post(
        "/v1/bootstrap/register",
        json={
            "token": token["token"],
            "publicKey": b64encode(bytes(key.verify_key)).decode(),
            "hostname": "web-1",
        },
    )
    found = registered.json()
    assert (201, "pending") == (registered.status_code, found["status"])
    machine = TestMachine(found["machineId"], key)
    waiting = (await client.get("/api/machines", params={"pending": "true"})).json()["items"]
    assert [machine.id] == [each["id"] for each in waiting]
    assert FIELDS == waiting[0].keys()

    value = markers.value()
    secret = (
        await client.post(
            f"/api/projects/{project}/secrets",
            json={"name": "API_KEY", "kind": "single", "value": value},
        )
    ).json()["id"]
    plane = await connect(app, headers={})

    async def read() -> tuple[int, str | None]:
        path, at = f"/v1/secret/{secret}", int(core.clock.now().timestamp())
        answer = await plane.get(path, headers=machine.headers("GET", path, at=at))
        return answer.status_code, answer.json().get("value")

    assert (403, None) == await read()
    approved = await client.post(f"/api/machines/{machine.id}/approve", json={})
    assert (200, "enabled") == (approved.status_code, approved.json()["state"])
    assert (403, None) == await read()
    place = f"/api/projects/{project}/machines/{machine.id}"
    assert 200 == (await client.put(place)).status_code
    assert (403, None) == await read()
    granted = await client.put(f"{place}/grants", json={"grants": [{"secretId": secret}]})
    assert [] == granted.json()["ignored"]
    assert (200, value) == await read()
    use = (await client.get(f"/api/machines/{machine.id}/usage")).json()
    last, address = use.pop("lastReadAt"), use.pop("address")
    assert {"reads": 1, "refusals": 3, "country": None} == use
    assert address.startswith("127.")
    assert last is not None
    assert 204 == (await client.post(f"/api/machines/{machine.id}/revoke")).status_code
    assert (401, None) == await read()


async def test_switches_names_and_revisions(client, world) -> None:
    """M-8: disabling, enabling and renaming honor If-Match; each response is the machine with its ETag."""
    machine = await approved_machine(world)
    path = f"/api/machines/{machine.id}"
    disabled = await client.post(f"{path}/disable")
    enabled = await client.post(f"{path}/enable")
    renamed = await client.patch(
        path, json={"name": "edge"}, headers={"If-Match": enabled.headers["etag"]}
    )
    stale = await client.patch(
        path, json={"name": "other"}, headers={"If-Match": disabled.headers["etag"]}
    )
    read = await client.get(path)

    assert ["disabled", "enabled"] == [each.json()["state"] for each in (disabled, enabled)]
    assert ("edge", ["web-1"]) == (renamed.json()["name"], renamed.json()["formerNames"])
    assert 412 == stale.status_code
    assert (renamed.json(), renamed.headers["etag"]) == (read.json(), read.headers["etag"])


async def test_finding_and_counting(client, world, problem) -> None:
    """M-8: machines are listed by state and by a prefix of their name, and counted by state."""
    await pending_machine(world, "web-1")
    await approved_machine(world, "web-2")
    off = await approved_machine(world, "db-1")
    await client.post(f"/api/machines/{off.id}/disable")
    for query, expected in (
        ({"state": "disabled"}, ["db-1"]),
        ({"q": "EB"}, []),
        ({"q": "b-"}, []),
        ({"q": "EB-2 w"}, ["web-2"]),
        ({"q": "WEB-"}, ["web-2", "web-1"]),
        ({"q": "web", "state": "pending"}, ["web-1"]),
        ({"pending": "true", "state": "enabled"}, []),
    ):
        found = await client.get("/api/machines", params=query)

        assert expected == [each["name"] for each in found.json()["items"]], query
    counts = await client.get("/api/machines/counts")
    assert {"pending": 1, "enabled": 1, "disabled": 1, "expired": 0} == counts.json()
    problem(await client.get("/api/machines", params={"state": "x"}), 400, "invalid")


async def test_denying(client, world, problem) -> None:
    """M-8: a pending machine can be denied; an approved one can't."""
    waiting, approved = await pending_machine(world), await approved_machine(world, "web-2")

    assert 204 == (await client.post(f"/api/machines/{waiting.id}/deny")).status_code
    problem(await client.get(f"/api/machines/{waiting.id}"), 404, "not_found")
    problem(await client.post(f"/api/machines/{approved.id}/deny"), 409, "conflict")
    problem(await client.post(f"/api/machines/{approved.id}/approve", json={}), 409, "conflict")


async def test_replacing(client, world, problem) -> None:
    """M-3: a known hostname is pointed out, and its machine is replaced only on request."""
    old, new = await approved_machine(world), await pending_machine(world)
    shown = (await client.get(f"/api/machines/{new.id}")).json()

    assert (str(old.id), "web-1") == (shown["replaces"], shown["replacesName"])
    for wrong in (ABSENT, "nonsense", "", str(new.id)):
        problem(
            await client.post(f"/api/machines/{new.id}/approve", json={"replaces": wrong}),
            404,
            "not_found",
        )
    approved = await client.post(f"/api/machines/{new.id}/approve", json={"replaces": str(old.id)})
    assert 200 == approved.status_code
    problem(await client.get(f"/api/machines/{old.id}"), 404, "not_found")


async def test_grants_of_fields(client, world, project, secret, problem) -> None:
    """S-3, M-9: fields are granted by name; IDs that belong to no secret here are returned as ignored."""
    machine = await approved_machine(world)
    place = f"/api/projects/{project}/machines/{machine.id}"
    problem(await client.put(f"{place}/grants", json={"grants": []}), 404, "not_found")
    await client.put(place)
    wanted = {"grants": [{"secretId": secret, "fields": ["host"]}, {"secretId": "sk_a"}]}
    done = await client.put(f"{place}/grants", json=wanted)
    read = await client.get(f"{place}/grants")

    assert (200, ["sk_a"]) == (done.status_code, done.json()["ignored"])
    assert [(secret, "DATABASE", "structured", ["host"], None)] == [
        tuple(each[k] for k in ("secretId", "secretName", "kind", "fields", "seenVersion"))
        for each in done.json()["grants"]
    ]
    assert {"grants": done.json()["grants"], "ignored": []} == read.json()
    for wrong in (
        {"grants": [{"secretId": secret, "fields": ["nothing"]}]},
        {"grants": [{"secretId": secret, "fields": []}]},
        {"grants": [{"secretId": secret}, {"secretId": secret}]},
        {"grants": [{"secretId": secret, "more": 1}]},
        {"grants": [{}]},
        {},
    ):
        problem(await client.put(f"{place}/grants", json=wrong), 400, "invalid")
    assert done.json()["grants"] == (await client.get(f"{place}/grants")).json()["grants"]


async def test_readers_of_a_secret(client, world, project, secret, problem) -> None:
    """M-9: the machines with access to a secret are listed in pages, until access is revoked."""
    readers = f"/api/secrets/{secret}/readers"
    for name in ("a", "b"):
        machine = await approved_machine(world, name)
        place = f"/api/projects/{project}/machines/{machine.id}"
        await client.put(place)
        wanted = [{"secretId": secret, "fields": ["host"] if name == "a" else None}]
        await client.put(f"{place}/grants", json={"grants": wanted})
    first = (await client.get(readers, params={"limit": 1})).json()
    second = (await client.get(readers, params={"cursor": first["nextCursor"]})).json()

    assert [("a", ["host"]), ("b", None)] == [
        (each["machineName"], each["fields"]) for each in first["items"] + second["items"]
    ]
    assert {
        "machineId",
        "machineName",
        "enabled",
        "expiresAt",
        "fields",
        "grantedAt",
        "grantedBy",
        "seenVersion",
        "lastReadAt",
    } == first["items"][0].keys()
    assert second["nextCursor"] is None
    assert 2 == (await client.get(f"/api/secrets/{secret}")).json()["readers"]
    await client.delete(place)
    assert ["a"] == [each["machineName"] for each in (await client.get(readers)).json()["items"]]
    problem(await client.get("/api/secrets/sk_aaaaaaaaaaaaaaaa/readers"), 404, "not_found")


async def test_a_restored_secret_gets_its_readers_back(client, world, project, secret, problem):
    """S-7: the trash lists who could read a secret; restoring also restores the requested access."""
    machines = {name: (await approved_machine(world, name)).id for name in ("a", "b")}
    for machine in machines.values():
        place = f"/api/projects/{project}/machines/{machine}"
        await client.put(place)
        await client.put(f"{place}/grants", json={"grants": [{"secretId": secret}]})
    await client.delete(f"/api/secrets/{secret}")
    (item,) = (await client.get("/api/trash")).json()["items"]
    restore = f"/api/secrets/{secret}/restore"
    for wrong in ("everyone", ["nobody"], [str(world.person.account)], {}, 1):
        problem(await client.post(restore, json={"giveBack": wrong}), 400, "invalid")
    one = await client.post(restore, json={"giveBack": [str(machines["b"])]})
    await client.delete(f"/api/secrets/{secret}")
    none = await client.post(restore, json={"giveBack": "all"})

    assert [each["machineName"] for each in item["formerReaders"]] == ["a", "b"]
    assert (one.status_code, one.json()["readers"]) == (200, 1)
    assert (none.status_code, none.json()["readers"]) == (200, 1)


async def test_attachments_from_both_sides(client, world, project) -> None:
    """M-9: a project lists its machines and a machine its projects; detaching removes it from both lists."""
    machine = await approved_machine(world)
    place = f"/api/projects/{project}/machines/{machine.id}"
    attached = (await client.put(place)).json()
    again = (await client.put(place)).json()
    of_project = (await client.get(f"/api/projects/{project}/machines")).json()
    of_machine = (await client.get(f"/api/machines/{machine.id}/projects")).json()

    assert attached == again
    assert ([attached], None) == (of_project["items"], of_project["nextCursor"])
    assert [attached] == of_machine["items"]
    assert 204 == (await client.delete(place)).status_code
    assert 404 == (await client.delete(place)).status_code
    assert [] == (await client.get(f"/api/machines/{machine.id}/projects")).json()["items"]


async def test_other_vaults_machines_are_not_found(
    client, other_client, world, project, problem
) -> None:
    """V-7: a person in another vault gets the same responses as for an ID that never existed."""
    machine = await pending_machine(world)
    theirs = (await other_client.post("/api/projects", json={"name": "theirs"})).json()["id"]
    for name in (str(machine.id), ABSENT, "nonsense", str(machine.id).upper()):
        path = f"/api/machines/{name}"
        answers = [
            await other_client.get(path),
            await other_client.patch(path, json={"name": "mine"}),
            await other_client.post(f"{path}/approve", json={}),
            await other_client.post(f"{path}/deny"),
            await other_client.post(f"{path}/enable"),
            await other_client.post(f"{path}/disable"),
            await other_client.get(f"{path}/projects"),
            await other_client.post(f"{path}/revoke"),
            await other_client.put(f"/api/projects/{theirs}/machines/{name}"),
            await other_client.delete(f"/api/projects/{theirs}/machines/{name}"),
            await other_client.get(f"/api/projects/{theirs}/machines/{name}/grants"),
            await other_client.put(f"/api/projects/{project}/machines/{name}"),
        ]
        for answer in answers:
            problem(answer, 404, "not_found")
    assert [] == (await other_client.get("/api/machines")).json()["items"]
    assert "pending" == (await client.get(f"/api/machines/{machine.id}")).json()["state"]


async def test_a_frozen_project_shows_it(client, project, problem) -> None:
    """V-4: freezing and unfreezing over HTTP need a reason, and can't be done twice."""
    path = f"/api/projects/{project}"
    problem(await client.post(f"{path}/freeze", json={"reason": " "}), 400, "invalid")
    problem(await client.post(f"{path}/unfreeze", json={"reason": "drill"}), 409, "conflict")
    frozen = await client.post(f"{path}/freeze", json={"reason": "drill"})
    problem(await client.post(f"{path}/freeze", json={"reason": "drill"}), 409, "conflict")
    lifted = await client.post(f"{path}/unfreeze", json={"reason": "over"})

    assert (200, "drill") == (frozen.status_code, frozen.json()["freezeReason"])
    assert frozen.json()["frozenAt"] is not None
    assert (200, None) == (lifted.status_code, lifted.json()["frozenAt"])


async def test_a_key_file_is_never_a_temporary_file(client, stranger) -> None:
    """M-4, E-5: creating and downloading a key file doesn't write any file: the key is only in memory."""
    with written() as files:
        made = await client.post("/api/machines", json={"name": "box"})
        answer = await stranger.post(made.json()["url"].removeprefix("http://localhost:8200"))
    with written() as control, tempfile.TemporaryFile() as file:
        file.write(b"seen")

    assert (201, 200) == (made.status_code, answer.status_code), (made.text, answer.text)
    assert "application/zip" == answer.headers["content-type"]
    assert [] == files
    assert [] != control


_WRITTEN: list[list[str]] = []


@contextmanager
def written() -> Generator[list[str]]:
    """Collect the names of the files that this process opens for writing (an audit hook can't be removed)."""
    if not _WRITTEN:
        sys.addaudithook(_note_open)
    _WRITTEN.append([])
    yield _WRITTEN[-1]
    _WRITTEN[-1] = [*_WRITTEN[-1]]


def _note_open(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(arguments[0], str | bytes) and isinstance(arguments[2], int):
        changing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND
        if arguments[2] & changing:
            _WRITTEN[-1].append(os.fsdecode(arguments[0]))
