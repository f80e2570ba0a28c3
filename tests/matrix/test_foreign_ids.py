"""Another vault's id, in every place where an operation takes one, is an id nobody ever had (V-7)."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import httpx
import pytest

from strongroom_api.callers import BOUND_TO_SESSION
from strongroom_core.access.actions import Plane
from strongroom_core.access.operations import OPERATIONS
from strongroom_core.crypto.random import new_id, new_key_id
from strongroom_testkit.machine import approved_machine, grant

from .asks import WITH_EVERY_ID, Ask
from .expected import Who
from .hall import OF_MACHINES, Hall, Visitor, changed
from .places import Place, State

OF_PEOPLE = [name for name, each in OPERATIONS.items() if each.plane is Plane.HUMAN]

NEVER_ECHOED = {"setGrants"}
"""Its answer lists the ids it ignored, as they were sent; all others repeat nothing."""


def slots_of(operation: str, place: Place) -> list[str]:
    """Return the kinds of the ids that an operation takes."""
    text = _text(WITH_EVERY_ID[operation](place, ""))
    return [kind for kind, each in place.ids.items() if each in text]


def with_id(ask: Ask, old: str, new: str) -> Ask:
    """Put another id into a request, wherever the old one stands."""
    body = None if ask.body is None else json.loads(json.dumps(ask.body).replace(old, new))
    query = {name: value.replace(old, new) for name, value in ask.query.items()}
    return replace(ask, path=ask.path.replace(old, new), body=body, query=query)


@pytest.mark.parametrize("operation", OF_PEOPLE)
async def test_the_requests_name_every_id_an_operation_takes(hall: Hall, operation: str) -> None:
    """V-7: what the OpenAPI document calls an id is one that the next test puts another's into."""
    place = await hall.place(State.LIVE)
    document = (await hall.stranger().get("/api/openapi.json")).json()
    wanted = _ids_taken(document, operation)
    ask = WITH_EVERY_ID[operation](place, "")
    text = _text(ask)
    given = sum(text.count(each) for each in place.ids.values())

    assert given == wanted


@pytest.mark.parametrize("operation", OF_PEOPLE)
async def test_a_foreign_id_is_an_absent_one(
    hall: Hall, cells: Counter[str], operation: str
) -> None:
    """V-7: in each slot another vault's id answers byte for byte as an absent one, and as no id.

    Nothing changes but the record, and the entries differ in nothing but ids and time.
    """
    visitor = await hall.visitor(Who.OWNER)
    mine, theirs = await hall.place(State.LIVE), await hall.place(State.LIVE, mine=False)
    absent = await hall.place(State.ABSENT)
    malformed = {kind: f"{each[:-1]}~" for kind, each in absent.ids.items()}
    wrong: list[str] = []
    for kind in slots_of(operation, mine):
        ask = WITH_EVERY_ID[operation](mine, "")
        seen: list[Any] = []
        for ids in (theirs.ids, absent.ids, malformed):
            await hall.new_entries()
            before = await hall.held()
            asked = with_id(ask, mine.ids[kind], ids[kind])
            if (operation, kind) == ("setGrants", "secret"):
                asked = _keeping_what_is_there(asked, mine)
            answer = await visitor.ask(asked)
            entries = [_shape(entry) for entry in await hall.new_entries()]
            wrong += [f"{kind}: changed {t}" for t in changed(before, await hall.held())]
            if operation not in NEVER_ECHOED and ids[kind] in answer.text:
                wrong.append(f"{kind}: repeats the id")
            seen.append((*_told(answer, ids[kind]), entries))
            cells[str(answer.status_code)] += 1
        names = ("foreign", "absent", "malformed")
        if seen != [seen[0]] * 3:
            wrong += [
                f"{kind}: {each} for a {name} id" for name, each in zip(names, seen, strict=True)
            ]

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("operation", [name for name in OF_PEOPLE if name not in BOUND_TO_SESSION])
async def test_a_foreign_vault_is_an_absent_one(
    hall: Hall, cells: Counter[str], operation: str
) -> None:
    """V-7, A-8: a request that was meant for another vault is refused, whether that exists or not."""
    visitor = await hall.visitor(Who.OWNER)
    place = await hall.place(State.LIVE)
    person = hall.mine.world.person
    before = await hall.held(())
    seen: list[Any] = []
    for vault in (hall.theirs.world.person.vault, new_id("vault"), "installation"):
        meant = Visitor(visitor.who, replace(person, vault=vault), visitor.client)
        answer = await meant.ask(WITH_EVERY_ID[operation](place, person.password))
        seen.append(_told(answer, vault))
        cells[str(answer.status_code)] += 1

    assert seen[0][0] == 409
    assert seen == [seen[0]] * 3
    assert await hall.held(()) == before


async def test_a_foreign_id_is_an_absent_one_for_machines(hall: Hall, cells: Counter[str]) -> None:
    """V-7, R-1: the same for what machines sign, in path and body and in the name they sign with."""
    mine, theirs = await hall.place(State.LIVE), await hall.place(State.LIVE, mine=False)
    absent = await hall.place(State.ABSENT)
    machine = await approved_machine(hall.mine.world, hall.mine.name("machine"))
    project, secret = mine.project, mine.secret
    await grant(hall.mine.world, machine, _Named(project), _Named(secret))  # pyright: ignore[reportArgumentType]
    other = theirs.signer

    assert other is not None

    asks = [
        ("GET", "/v1/secret/{secret}", ""),
        ("POST", "/v1/secrets/list", '{{"projectId":"{project}"}}'),
        ("POST", "/v1/secrets/export", '{{"projectId":"{project}"}}'),
        ("POST", "/v1/secrets/export", '{{"applicationId":"{application}"}}'),
        ("POST", "/v1/secrets/poll", '{{"watch":["{secret}"]}}'),
        ("POST", "/v1/verify-access", '{{"projectId":"{project}"}}'),
    ]
    wrong: list[str] = []
    for method, path, body in asks:
        for signer in (machine, replace(machine, id=other.id), replace(machine, id=new_key_id())):
            seen: list[Any] = []
            for place in (theirs, absent):
                at = int(hall.core.clock.now().timestamp())
                target, content = path.format(**place.ids), body.format(**place.ids).encode()
                headers = signer.headers(method, target, content, at=at)
                await hall.new_entries()
                before = await hall.held(OF_MACHINES)
                answer = await hall.stranger().request(
                    method, target, content=content, headers=headers
                )
                entries = [_shape(entry) for entry in await hall.new_entries()]
                after = await hall.held(OF_MACHINES)
                wrong += [f"{path}: changed {table}" for table in changed(before, after)]
                asked = [each for each in place.ids.values() if each in target + body]
                seen.append((*_told(answer, *asked, *place.ids.values()), entries))
                cells[str(answer.status_code)] += 1
            wrong += [] if seen[0] == seen[1] else [f"{path}: {seen[0]} and {seen[1]}"]

    assert not wrong, "\n".join(wrong)


async def test_signing_in_a_foreign_name_is_as_signing_in_an_absent_one(hall: Hall) -> None:
    """V-7, WIRE: a machine of another vault is told apart from none by nobody who lacks its key."""
    theirs = await hall.place(State.LIVE, mine=False)
    machine = await approved_machine(hall.mine.world, hall.mine.name("machine"))
    at = int(hall.core.clock.now().timestamp())
    other = theirs.signer

    assert other is not None

    answers = [
        await hall.stranger().get(
            "/v1/secrets", headers=replace(machine, id=named).headers("GET", "/v1/secrets", at=at)
        )
        for named in (other.id, new_key_id())
    ]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert _told(answers[0]) == _told(answers[1])


def _keeping_what_is_there(ask: Ask, place: Place) -> Ask:
    """Grants are replaced as a whole: what was granted is named as well, so that it stays."""
    return replace(ask, body={"grants": [{"secretId": place.secret}, *(ask.body or {})["grants"]]})


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
    in_body = sum(name.endswith("Id") or name == "replaces" for name in names)
    in_query = sum(name in ("application", "project", "target", "machine") for name in queries)
    return in_path + in_query + in_body


def _members(document: dict[str, Any], schema: Any) -> list[str]:
    """Return the names of all members of a body, however deep."""
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


def _text(ask: Ask) -> str:
    return ask.path + json.dumps([ask.body, ask.query])


def _told(answer: httpx.Response, *ids: str) -> tuple[int, bytes, dict[str, str]]:
    """Return everything an answer says but its request id, with the ids that were asked for masked."""
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in ("x-request-id", "date")
    }
    body = answer.content.replace(answer.headers["x-request-id"].encode(), b"")
    for each in ids:
        body = body.replace(each.encode(), b"ID")
    return answer.status_code, body, headers


def _shape(entry: dict[str, Any]) -> dict[str, Any]:
    varying = {"id", "at", "tx", "salt", "request_id", "target_id", "number", "address", "detail"}
    return {name: value for name, value in entry.items() if name not in varying}


class _Named:
    """What `grant` needs to know of a project or a secret."""

    def __init__(self, named: str) -> None:
        self.id = named
