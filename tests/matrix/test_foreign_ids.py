"""Wherever an operation takes an ID, another vault's ID is treated like one that never existed (V-7)."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest

from strongroom_api.callers import BOUND_TO_SESSION
from strongroom_core.access.action import Plane
from strongroom_core.crypto.random import new_id, new_key_id
from strongroom_testkit.machine import approved_machine, grant
from tests.places import Place, State
from tests.requests import REQUESTS, Request, actions_of, post

from .expected import Who
from .matrix_world import OF_MACHINES, MatrixWorld, Visitor

OF_PEOPLE = list(actions_of(Plane.HUMAN))

FACTOR_WORDS = ("code", "credential", "client_data", "attestation")

OF_VAULTS = [
    name
    for name, action in actions_of(Plane.HUMAN).items()
    if name != "choosePlan" and not (action is not None and action.operator)
]
"""Accounts and plans belong to no vault, and the administrator assigns plans to any vault."""

NEVER_ECHOED = {"setGrants", "updateGrants"}
"""Their responses name the IDs that don't exist, as they were sent; no other response repeats an ID."""


def complete(operation: str, place: Place) -> Request:
    """Return a request that names an object of the place wherever the operation takes one."""
    unknown = dict.fromkeys((*FACTOR_WORDS, "password", "public_key", "proof"), "")
    words = {**place.words, **unknown}
    return REQUESTS[operation].complete().fill(words)


def slots_of(operation: str, place: Place) -> list[str]:
    """Return the kinds of IDs that an operation takes."""
    text = _text(complete(operation, place))
    return [kind for kind, each in place.ids.items() if each in text]


def with_id(request: Request, old: str, new: str) -> Request:
    """Replace an ID in a request wherever it occurs."""
    body = json.loads(json.dumps(request.body).replace(old, new))
    query = {name: value.replace(old, new) for name, value in request.query.items()}
    return replace(request, path=request.path.replace(old, new), body=body, query=query)


@pytest.mark.parametrize("operation", OF_PEOPLE)
async def test_the_requests_cover_every_id_parameter(matrix: MatrixWorld, operation: str) -> None:
    """V-7: the next test replaces every parameter that the OpenAPI document calls an ID."""
    place = await matrix.place(State.LIVE)
    document = (await matrix.stranger().get("/api/openapi.json")).json()
    wanted = _ids_taken(document, operation)
    text = _text(complete(operation, place))
    given = sum(text.count(each) for each in place.ids.values())

    assert given == wanted


@pytest.mark.parametrize("operation", OF_VAULTS)
async def test_foreign_ids_look_like_missing_ones(
    matrix: MatrixWorld, cells: Counter[str], operation: str
) -> None:
    """V-7: for every ID parameter, the response to another vault's ID is identical to that for a missing one.

    Nothing changes except the audit log, and the events differ only in IDs and times.
    """
    visitor = await matrix.visitor(Who.OWNER)
    mine, theirs = await matrix.place(State.LIVE), await matrix.place(State.LIVE, mine=False)
    absent = await matrix.place(State.ABSENT)
    malformed = {kind: f"{each[:-1]}~" for kind, each in absent.ids.items()}
    wrong: list[str] = []
    for kind in slots_of(operation, mine):
        request = complete(operation, mine)
        seen: list[Any] = []
        for ids in (theirs.ids, absent.ids, malformed):
            await matrix.settle()
            asked = with_id(request, mine.ids[kind], ids[kind])
            if (operation, kind) == ("setGrants", "secret"):
                asked = _keeping_what_is_there(asked, mine)
            answer = await visitor.ask(asked)
            # Events of one transaction aren't ordered among themselves.
            new = await matrix.new_entries()
            entries = sorted((_shape(entry) for entry in new), key=str)
            wrong += [f"{kind}: changed {table}" for table in await matrix.changed()]
            if operation not in NEVER_ECHOED and ids[kind] in answer.text:
                wrong.append(f"{kind}: repeats the id")
            seen.append((*_told(answer, ids[kind]), entries))
            cells[str(answer.status_code)] += 1
        names = ("foreign", "absent", "malformed")
        in_query = any(mine.ids[kind] in value for value in request.query.values())
        if in_query and (seen[2][0], seen[2][-1]) == (400, []):
            # Filtering a list by an ID that can't exist is a mistake, and the response says so.
            seen.pop()
        if seen != [seen[0]] * len(seen):
            wrong += [
                f"{kind}: {each} for a {name} id" for name, each in zip(names, seen, strict=False)
            ]

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("operation", [name for name in OF_PEOPLE if name not in BOUND_TO_SESSION])
async def test_foreign_vaults_look_like_missing_ones(
    matrix: MatrixWorld, cells: Counter[str], operation: str
) -> None:
    """V-7, A-8: a request meant for another vault is rejected, whether or not that vault exists."""
    visitor = await matrix.visitor(Who.OWNER)
    place = await matrix.place(State.LIVE)
    person = matrix.mine.world.person
    await matrix.settle()
    seen: list[Any] = []
    for vault in (matrix.theirs.world.person.vault, new_id("vault"), "installation"):
        meant = Visitor(visitor.who, replace(person, vault=vault), visitor.client)
        answer = await meant.ask(REQUESTS[operation].fill({**place.words, **visitor.words}))
        seen.append(_told(answer, vault))
        cells[str(answer.status_code)] += 1

    assert seen[0][0] == 409
    assert seen == [seen[0]] * 3
    assert await matrix.changed(()) == []


async def test_foreign_ids_look_like_missing_ones_to_machines(
    matrix: MatrixWorld, cells: Counter[str]
) -> None:
    """V-7, R-1: the same is true of machines' signed requests, for IDs in path, body and header."""
    mine, theirs = await matrix.place(State.LIVE), await matrix.place(State.LIVE, mine=False)
    absent = await matrix.place(State.ABSENT)
    machine = await approved_machine(matrix.mine.world, matrix.mine.name("machine"))
    project, secret = mine.project, mine.secret
    await grant(matrix.mine.world, machine, _Named(project), _Named(secret))  # pyright: ignore[reportArgumentType]
    other = theirs.signer

    assert other is not None

    signed = [REQUESTS[operation] for operation in actions_of(Plane.MACHINE)]
    signed = [each for each in signed if any(map(each.names, mine.ids))]
    signed.append(post("/v1/secrets/export", {"applicationId": "{application}"}))
    wrong: list[str] = []
    for request in signed:
        for signer in (machine, replace(machine, id=other.id), replace(machine, id=new_key_id())):
            seen: list[Any] = []
            for place in (theirs, absent):
                at = int(matrix.core.clock.now().timestamp())
                filled = request.fill(place.words)
                method, target = filled.method, filled.path
                content = b"" if filled.body is None else msgspec.json.encode(filled.body)
                headers = signer.headers(method, target, content, at=at)
                await matrix.settle()
                answer = await matrix.stranger().request(
                    method, target, content=content, headers=headers
                )
                entries = [_shape(entry) for entry in await matrix.new_entries()]
                changed = await matrix.changed(OF_MACHINES)
                wrong += [f"{request.path}: changed {table}" for table in changed]
                seen.append((*_told(answer, *place.ids.values()), entries))
                cells[str(answer.status_code)] += 1
            wrong += [] if seen[0] == seen[1] else [f"{request.path}: {seen[0]} and {seen[1]}"]

    assert not wrong, "\n".join(wrong)


async def test_another_vaults_machine_looks_like_a_missing_one(
    matrix: MatrixWorld,
) -> None:
    """V-7, WIRE: without its key, another vault's machine can't be distinguished from a missing one."""
    theirs = await matrix.place(State.LIVE, mine=False)
    machine = await approved_machine(matrix.mine.world, matrix.mine.name("machine"))
    at = int(matrix.core.clock.now().timestamp())
    other = theirs.signer

    assert other is not None

    answers = [
        await matrix.stranger().get(
            "/v1/secrets", headers=replace(machine, id=named).headers("GET", "/v1/secrets", at=at)
        )
        for named in (other.id, new_key_id())
    ]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert _told(answers[0]) == _told(answers[1])


def _keeping_what_is_there(request: Request, place: Place) -> Request:
    """Grant a secret. Grants are replaced as a whole, so the existing ones are sent again."""
    return replace(request, body={"grants": [{"secretId": place.secret}, *request.body["grants"]]})


def _ids_taken(document: dict[str, Any], operation: str) -> int:
    [(path, each)] = [
        (path, each)
        for path, methods in document["paths"].items()
        for each in methods.values()
        if each["operationId"] == operation
    ]
    in_path = len(re.findall(r"\{\w+Id\}", path))
    queries = [p.get("name") for p in each.get("parameters", []) if p.get("in") == "query"]
    body = each.get("requestBody", {}).get("content", {}).get("application/json", {})
    names = _members(document, body.get("schema", {}))
    in_body = sum(name.endswith(("Id", "Ids")) or name == "replaces" for name in names)
    in_query = sum(name in ("application", "project", "target", "machine") for name in queries)
    return in_path + in_query + in_body


def _members(document: dict[str, Any], schema: Any) -> list[str]:
    """Return the names of all members of a body, at any depth."""
    if isinstance(schema, list):
        return [name for each in schema for name in _members(document, each)]
    if not isinstance(schema, dict):
        return []
    found: list[str] = []
    if "$ref" in schema:
        named = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        found += _members(document, named)
    found += list(schema.get("properties", {}))
    return found + [name for each in schema.values() for name in _members(document, each)]


def _text(request: Request) -> str:
    return request.path + json.dumps([request.body, request.query])


def _told(answer: httpx.Response, *ids: str) -> tuple[int, bytes, dict[str, str]]:
    """Return a response without its request ID, with the requested IDs, time and address masked."""
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in ("x-request-id", "date")
    }
    body = answer.content.replace(answer.headers["x-request-id"].encode(), b"")
    for each in ids:
        body = body.replace(each.encode(), b"ID")
    body = re.sub(rb'"(at|address)":"[^"]+"', rb'"\1":""', body)
    return answer.status_code, body, headers


def _shape(entry: dict[str, Any]) -> dict[str, Any]:
    varying = {"id", "at", "tx", "salt", "request_id", "target_id", "number", "address", "detail"}
    return {name: value for name, value in entry.items() if name not in varying}


class _Named:
    """What `grant` needs to know about a project or a secret."""

    def __init__(self, named: str) -> None:
        self.id = named
