"""People's operations agree with the OpenAPI document: names, paths, parameters, members and types (D-4)."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

import pytest

from strongroom import errors
from strongroom._internal import admin_calls
from strongroom._internal.admin_calls import PeoplesCall, camel, members, parse
from strongroom._internal.admin_operations import AdminOperations
from strongroom._internal.connections import EVENTS, Answer
from strongroom._internal.entry_watch import STREAM
from strongroom._internal.refusals import refusal_to_person
from strongroom._internal.value import Value
from strongroom.admin import Admin, AsyncAdmin, Machine
from strongroom_api import app as api
from strongroom_api.describe import describe
from strongroom_wire.errors import Code, Met

TABLE = {
    name.lower(): each for name, each in vars(admin_calls).items() if isinstance(each, PeoplesCall)
}
UNSIGNED = {"create_login_request", "poll_login_request"}
"""Operations of someone who isn't signed in yet."""

COMBINED = {"find_project", "find_secret", "find_machine", "set_secret"}
"""Operations of the client that make several calls."""

TYPES = {
    str: "string",
    int: "integer",
    bool: "boolean",
    dict: "object",
    Value: "string",
    datetime: "date-time",
}

pytestmark = pytest.mark.pure


@cache
def document() -> dict[str, Any]:
    """Return the document as the server sends it."""
    return json.loads(describe(api.routes()))


def named(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that a reference names."""
    while "$ref" in schema:
        _, _, section, name = schema["$ref"].split("/")
        schema = document()["components"][section][name]
    return schema


def operation(call: PeoplesCall[Any]) -> dict[str, Any]:
    """Return the document's description of a call."""
    return document()["paths"][call.path][call.method.lower()]


def without_null(schema: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return a schema without null, and whether it allowed null."""
    schema = named(schema)
    found = [named(each) for each in schema.get("oneOf", schema.get("anyOf", []))]
    if isinstance(schema.get("type"), list):
        found = [{**schema, "type": each} for each in schema["type"]]
    others = [each for each in found if each.get("type") != "null"]
    return (others[0] if len(others) == 1 else schema), len(others) < len(found)


def differences(kind: Any, schema: dict[str, Any], where: str) -> Iterator[str]:
    """Yield each place where a type doesn't agree with a schema."""
    optional = get_origin(kind) is UnionType
    if optional:
        (kind,) = (each for each in get_args(kind) if each is not NoneType)
    schema, null = without_null(schema)
    whole, type_ = get_origin(kind) or kind, schema.get("type", "string")
    if optional != null:
        yield f"{where}: null is {'not ' * optional}possible"
    elif whole in TYPES:
        if TYPES[whole] != schema.get("format", type_).replace("uuid", "string"):
            yield f"{where}: {schema} isn't {kind}"
    elif whole is tuple:
        yield from differences(get_args(kind)[0], schema["items"], f"{where}[]")
    else:
        for name, each in members(kind).items():
            if camel(name) not in schema.get("required", []):
                yield f"{where}.{name}: the server need not send it"
            else:
                yield from differences(each, schema["properties"][camel(name)], f"{where}.{name}")


@pytest.mark.parametrize("name", TABLE)
def test_each_operation_is_in_the_document(name: str) -> None:
    """D-4: an operation's name, path, parameters, body and response are those of the document."""
    call, described = TABLE[name], operation(TABLE[name])
    query = {each["name"] for each in described["parameters"] if each.get("in") == "query"}
    success = described["responses"][str(call.status)]
    schema = success.get("content", {}).get("application/json", {}).get("schema", {})

    assert described["operationId"] == camel(name)
    assert bool(described["security"]) == (name not in UNSIGNED)
    assert set(call.query) <= query
    assert (call.kind is NoneType) == (schema == {})
    if schema:
        assert list(differences(call.kind, schema, camel(name))) == []
    if "requestBody" not in described:
        assert call.body is None
        return
    body = named(described["requestBody"]["content"]["application/json"]["schema"])
    assert call.body is not None
    assert set(body.get("required", [])) <= set(call.body) <= set(body["properties"])


@pytest.mark.parametrize("name", sorted(TABLE.keys() - UNSIGNED))
def test_each_operation_is_a_method(name: str) -> None:
    """D-4: each call has a method of its name in both clients, which sends only what it can send."""
    call = TABLE[name]
    method = getattr(AdminOperations, name)
    parameters = inspect.signature(method).parameters
    sent = {*call.query, *(call.body or ())} - {"sort"}
    unknown = {
        each
        for each in parameters
        if each != "self" and f"{{{camel(each)}}}" not in call.path and camel(each) not in sent
    }

    assert unknown == set()
    for client in (Admin, AsyncAdmin):
        assert inspect.signature(getattr(client, name)).parameters.keys() == parameters.keys()
        assert getattr(client, name).__doc__ == method.__doc__


def test_the_stream_of_events_is_in_the_document() -> None:
    """D-4, L-4: `watch_entries` sends parameters that the document has, and gets its type of response."""
    described = document()["paths"][STREAM.path]["get"]
    query = {each["name"] for each in described["parameters"] if each.get("in") == "query"}

    assert set(STREAM.query) <= query
    assert EVENTS in described["responses"][str(STREAM.status)]["content"]


def test_there_are_no_other_methods() -> None:
    """Every operation of the client is in the table, or combines several that are."""
    operations = {
        name
        for name, _ in inspect.getmembers(AdminOperations, inspect.isfunction)
        if name[0] != "_"
    }

    assert operations - COMBINED == TABLE.keys() - UNSIGNED
    assert operations >= COMBINED
    assert len(TABLE) == 41


@pytest.mark.parametrize("name", TABLE)
def test_each_example_of_the_document_is_parsed(name: str) -> None:
    """D-4: the document's example of a response is parsed, and one with a member missing isn't."""
    call = TABLE[name]
    content = operation(call)["responses"][str(call.status)].get("content")
    if content is None:
        return
    example = content["application/json"]["example"]
    parsed = parse(call.kind, example)

    assert is_dataclass(parsed)
    first = camel(fields(parsed)[0].name)
    with pytest.raises(KeyError):
        parse(call.kind, {key: each for key, each in example.items() if key != first})
    for wrong in (None, [], "text", 1):
        with pytest.raises((TypeError, KeyError)):
            parse(call.kind, wrong)


@pytest.mark.parametrize("code", [each for each in Code if Met.PEOPLE in each.met])
def test_each_code_has_an_error(code: Code) -> None:
    """Each code that people can get, with its status, becomes the error that its meaning suggests."""
    error = refusal_to_person(answer(status_of(code), code))

    assert isinstance(error, errors.StrongroomError)
    assert error.code == code
    assert (code == Code.STEP_UP_REQUIRED) == isinstance(error, errors.StepUpRequired)
    in_browser = code in (Code.STEP_UP_REQUIRED, Code.BROWSER_REQUIRED)
    assert in_browser == isinstance(error, errors.BrowserRequired)


def status_of(code: Code) -> int:
    """Return the status of a code, from the generated list."""
    lines = Path("docs/errors.md").read_text().splitlines()
    row = next(line for line in lines if line.startswith(f"| `{code}` "))
    return int(row.split("|")[2])


def answer(status: int, code: str) -> Answer:
    """Return a problem as the server sends it."""
    problem = {"status": status, "code": code, "error": "no", "requestId": "r"}
    return Answer(status, {}, json.dumps(problem).encode())


def test_a_person_is_told_what_a_person_can_do() -> None:
    """No hint to a person is about machines' registration."""
    for code in Code:
        if Met.PEOPLE in code.met and code != Code.LOCKED_OUT:
            assert "machine" not in refusal_to_person(answer(status_of(code), code)).hint


def test_ids_cannot_change_the_path() -> None:
    """An ID that someone typed is quoted, so it can't lead to another operation."""
    bound = admin_calls.READ_SECRET.bind("../shares?x=1#y")

    assert bound.path == "/api/secrets/..%2Fshares%3Fx%3D1%23y"
    with pytest.raises(ValueError, match="doesn't have"):
        admin_calls.READ_SECRET.bind("sk_a", query={"q": "x"})


def test_a_difference_is_found() -> None:
    """The comparison with the document can fail: for a type, for null, and for a missing member."""
    schema = operation(TABLE["read_secret"])["responses"]["200"]["content"]["application/json"][
        "schema"
    ]

    assert list(differences(Machine, schema, "x"))[:2] == [
        "x.state: the server need not send it",
        "x.fingerprint: the server need not send it",
    ]
    assert len(list(differences(str, {"type": "integer"}, "x"))) == 1
    assert len(list(differences(str, {"type": ["string", "null"]}, "x"))) == 1
    assert len(list(differences(str | None, {"type": "string"}, "x"))) == 1
    assert len(list(differences(datetime, {"type": "string"}, "x"))) == 1
