"""The routes agree with the authorization table, and the documents with both (D-4)."""

import json

import pytest
from litestar import Litestar, get

from strongroom_api import app as api
from strongroom_api import documents, errors
from strongroom_api.app import create_app, operations_of
from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.human.secrets import NewSecret
from strongroom_api.machine.enrolment import OPERATIONS as OUTSIDE
from strongroom_api.process import Process
from strongroom_core.access.actions import RULES, Plane
from strongroom_core.access.operations import OPERATIONS, TableMismatch, require_listed
from strongroom_core.kernel import errors as kernel

PLANES = frozenset({Plane.HUMAN, Plane.PUBLIC})
LISTED = {name for name, each in OPERATIONS.items() if each.plane in PLANES} - set(OUTSIDE)


def test_every_route_is_listed_and_every_listed_operation_is_a_route():
    """D-4: one handler per operation of the human and public planes."""
    assert sorted(operations_of(create_app(Process()))) == sorted(LISTED)


@pytest.mark.parametrize(
    "found",
    [LISTED - {"readSecret"}, [*LISTED, "revealEverything"], [*LISTED, "readSecret"]],
    ids=["missing", "surplus", "doubled"],
)
def test_a_program_that_disagrees_with_the_table_does_not_start(found):
    """D-4: missing, surplus and doubled operations stop the start."""
    with pytest.raises(TableMismatch):
        require_listed(found, PLANES, besides=frozenset())


def test_a_route_without_a_name_is_surplus():
    """D-4: a handler that was forgotten in the table is found by the start check."""

    @get("/forgotten")
    async def forgotten() -> None:
        """Stand for a handler somebody forgot to list."""

    found = operations_of(
        Litestar([*api.routes(), forgotten], request_class=ApiRequest, openapi_config=None)
    )

    with pytest.raises(TableMismatch, match="forgotten"):
        require_listed(found, PLANES, besides=frozenset())


def all_errors(kind=kernel.StrongroomError):
    yield kind
    for each in kind.__subclasses__():
        yield from all_errors(each)


def test_every_error_has_a_status():
    """D-4: an error of ours that nobody planned a status for would be a 500."""
    unplanned = {
        kind.__name__
        for kind in all_errors()
        if kind.__module__.startswith(("strongroom_core", "strongroom_api"))
        and kind not in errors.STATUSES
        and errors.status_of(kind) == 500
    }

    # Both concern whoever starts the server, and are raised before it answers.
    assert unplanned | {"RolesMissing"} == {"WrongRoot", "RolesMissing"}


@pytest.mark.parametrize(
    ("error", "status", "code", "retry"),
    [
        (kernel.Invalid("x", field="name"), 400, "invalid", None),
        (kernel.NotAuthenticated(), 401, "not_authenticated", None),
        (kernel.WrongCredentials(), 401, "wrong_credentials", None),
        (kernel.Refused("no_right", "m"), 403, "no_right", None),
        (kernel.StepUpRequired(), 403, "step_up_required", None),
        (kernel.NotFound(), 404, "not_found", None),
        (kernel.Conflict("x"), 409, "conflict", None),
        (kernel.NameTaken("x"), 409, "name_taken", None),
        (kernel.VaultSwitched(), 409, "vault_switched", None),
        (kernel.Changed(), 412, "changed", None),
        (kernel.Frozen(), 423, "frozen", None),
        (kernel.TooMany(7), 429, "too_many", "7"),
        (kernel.Busy(3), 503, "busy", "3"),
        (kernel.Unavailable(4), 503, "unavailable", "4"),
        (kernel.Sealed(), 503, "sealed", "5"),
        (kernel.NotInitialised("x"), 503, "not_initialised", "5"),
        (kernel.IntegrityFailure(), 500, "integrity_failure", None),
        (ValueError("MARKER-secret"), 500, "internal_error", None),
        (KeyError("MARKER-secret"), 500, "internal_error", None),
    ],
)
def test_the_table_of_errors(error, status, code, retry):
    """WIRE.md §2: each error has its status and code, and says when to come back."""
    answer = errors.answer_to(error, "req_x")
    found = json.loads(answer.body)

    assert (answer.status, found["status"], found["code"]) == (status, status, code)
    assert found["error"] == found["detail"]
    assert found["requestId"] == "req_x"
    assert found.get("field") == getattr(error, "field", None)
    assert answer.headers.get("Retry-After") == retry
    assert "MARKER" not in answer.body.decode()


def test_bodies_do_not_print_themselves():
    """E-5: a body that is logged by accident shows nothing."""
    body = NewSecret(name="MARKER-name", value="MARKER-value", fields={"a": "MARKER-field"})

    assert issubclass(NewSecret, Body)
    assert repr(body) == str(body) == f"{body}" == "NewSecret(…)"
    assert body.__rich_repr__() == []


async def test_the_document_describes_every_operation(stranger):
    """D-4: with its errors, its headers, its security, and closed bodies."""
    response = await stranger.get("/api/openapi.json")
    document = response.json()
    operations = {
        each["operationId"]: (method, each)
        for methods in document["paths"].values()
        for method, each in methods.items()
    }

    assert response.headers["content-type"] == "application/json"
    assert document["openapi"].startswith("3.1")
    assert operations.keys() == LISTED
    for name, (method, each) in operations.items():
        person = OPERATIONS[name].plane is Plane.HUMAN
        assert each["security"] == ([{"session": []}] if person else [])
        assert each["summary"]
        for status, answer in each["responses"].items():
            found = answer
            if "$ref" in answer:
                found = document["components"]["responses"][answer["$ref"].split("/")[-1]]
                assert found["content"].keys() == {"application/problem+json"}
            assert "X-Request-Id" in found["headers"], (name, status)
        wanted = {"400", "500"} | ({"401", "403", "404", "409", "503"} if person else set())
        assert wanted <= each["responses"].keys()
        names = {parameter.get("$ref", "").split("/")[-1] for parameter in each["parameters"]}
        assert ({"Origin", "Client"} <= names) == (method != "get")
        if "requestBody" in each:
            reference = each["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            body = document["components"]["schemas"][reference.split("/")[-1]]
            assert body["additionalProperties"] is False
    assert document["components"]["securitySchemes"]["session"]["in"] == "cookie"
    references = {part.split('"')[0] for part in response.text.split('"$ref":"#/components/')[1:]}
    for reference in references:
        section, name = reference.split("/")
        assert name in document["components"][section]


async def test_no_answer_schema_has_a_value(stranger):
    """S-2: no operation that we offer declares a value in its answer."""
    document = (await stranger.get("/api/openapi.json")).json()
    suspicious = {
        name: found
        for name, schema in document["components"]["schemas"].items()
        if name.endswith("Answer")
        and (found := {"value", "fields", "password", "token"} & schema["properties"].keys())
    }

    # The one-time token of a machine, and the names of granted fields.
    assert suspicious == {
        "BootstrapAnswer": {"token"},
        "GrantAnswer": {"fields"},
        "ReaderAnswer": {"fields"},
    }


def test_the_authorization_page_lists_everything():
    """D-4: every operation and every action is in the generated page."""
    page = documents.render()

    for name in OPERATIONS:
        assert f"| `{name}` |" in page
    for action in RULES:
        assert f"| `{action}` |" in page
    assert page == documents.render()
