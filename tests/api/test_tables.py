"""Routes match the authorization table, and the documents match both (D-4)."""

import json
import re

import pytest
from litestar import Litestar, get

from strongroom_api import app as api
from strongroom_api import errors
from strongroom_api.app import all_operations, create_app, operations_of
from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.human.secrets import NewSecret
from strongroom_api.operations import declared_by
from strongroom_api.process import Process
from strongroom_api.reference.error_codes import LINKS
from strongroom_core.access.action import Plane
from strongroom_core.access.action_table import ACTIONS
from strongroom_core.access.actions.secrets import SECRET_READ, SECRET_VIEW
from strongroom_core.access.operations import TableMismatch, people
from strongroom_core.kernel import errors as kernel
from strongroom_server.authorization_page import render
from strongroom_server.operations import authorization_table
from strongroom_wire.errors import Code
from tests.requests import REQUESTS


def test_every_way_into_the_api_declares_its_operation():
    """D-4: each handler of the human, machine and public planes has one operation."""
    planes = {Plane.HUMAN, Plane.MACHINE, Plane.PUBLIC}
    listed = {name for name, each in authorization_table().items() if each.plane in planes}

    assert set(all_operations()) == listed
    assert len(listed) > 60
    create_app(Process())


@pytest.mark.parametrize(
    "declared",
    [
        {},
        {"operation_id": "forgotten"},
        {"operation_id": "readSecret", "opt": {"operation": people(SECRET_VIEW)}},
        {"operation_id": "forgotten", "opt": {"operation": people(SECRET_READ)}},
    ],
    ids=["without a name", "without an operation", "of the same name", "of another plane"],
)
def test_a_route_that_does_not_fit_the_table_stops_the_program(declared):
    """D-4: an undeclared or wrongly declared handler is detected at startup."""

    @get("/forgotten", **declared)
    async def forgotten() -> None:
        """A handler that someone added and forgot to declare."""

    app = Litestar([*api.routes(), forgotten], request_class=ApiRequest, openapi_config=None)

    with pytest.raises(TableMismatch, match=declared.get("operation_id", "forgotten")):
        operations_of(app)


BEGINNINGS = {
    "GET": ("list", "read", "count", "export", "search", "stream", "preview"),
    "PATCH": ("update",),
    "PUT": ("attach", "set", "update"),
    "DELETE": ("delete", "detach", "remove", "signOut", "withdraw"),
}


def test_verbs_follow_one_rule():
    """D-4: an operation's verb matches its method; everything else is a command."""
    wrong: list[str] = []
    for name, request in REQUESTS.items():
        command = re.sub("-(.)", lambda found: found[1].upper(), request.path.rsplit("/", 1)[-1])
        beginnings = BEGINNINGS.get(request.method, ("create", command))
        if request.path.startswith("/api/") and not name.startswith(beginnings):
            wrong.append(f"{request.method} {request.path} {name}")

    # The session belongs to the person, so it has its own verbs. A preview that takes a body changes nothing.
    assert wrong == [
        "POST /api/session signIn",
        "POST /api/setup setUp",
        "POST /api/secrets/{secret}/rollback rollBackSecret",
        "POST /api/role-preview?project={project} previewAccess",
        "POST /api/members/{member}/make-owner transferOwnership",
    ]


def all_errors(kind=kernel.StrongroomError):
    yield kind
    for each in kind.__subclasses__():
        yield from all_errors(each)


def test_every_error_has_a_status():
    """D-4: each of our errors has a status; without one it would become a 500."""
    unplanned = {
        kind.__name__
        for kind in all_errors()
        if kind.__module__.startswith(("strongroom_core", "strongroom_api"))
        and kind not in errors.STATUSES
        and errors.status_of(kind) == 500
    }

    # These are for the person who starts the server, and are raised before it handles requests.
    assert unplanned - {"WrongRoot", "RolesMissing", "SchemaTooNew", "FromAnotherCluster"} == set()
    assert "WrongRoot" in unplanned


@pytest.mark.parametrize(
    ("error", "status", "code", "retry"),
    [
        (kernel.Invalid("x", field="name"), 400, "invalid", None),
        (kernel.NotAuthenticated(), 401, "not_authenticated", None),
        (kernel.WrongCredentials(), 401, "wrong_credentials", None),
        (kernel.Refused(Code.NO_CAPABILITY, "m"), 403, "no_capability", None),
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
    """WIRE.md §2: each error has its status and code, and Retry-After where it applies."""
    answer = errors.answer_to(error, "req_x", machines=True)
    found = json.loads(answer.body)

    assert (answer.status, found["status"], found["code"]) == (status, status, code)
    assert found["error"] == found["detail"]
    assert found["requestId"] == "req_x"
    assert found.get("field") == getattr(error, "field", None)
    assert answer.headers.get("Retry-After") == retry
    assert "MARKER" not in answer.body.decode()


def test_bodies_do_not_print_themselves():
    """E-5: a body model that is logged by accident reveals nothing."""
    body = NewSecret(name="MARKER-name", value="MARKER-value", fields={"a": "MARKER-field"})

    assert issubclass(NewSecret, Body)
    assert repr(body) == str(body) == f"{body}" == "NewSecret(…)"
    assert body.__rich_repr__() == []


async def test_the_document_describes_every_operation(stranger):
    """D-4: the document describes each operation's errors, headers, security and closed body."""
    response = await stranger.get("/api/openapi.json")
    document = response.json()
    operations = {
        each["operationId"]: (method, each)
        for methods in document["paths"].values()
        for method, each in methods.items()
    }

    assert response.headers["content-type"] == "application/json"
    assert document["openapi"].startswith("3.1")
    framed = declared_by(
        Litestar(api.routes(), request_class=ApiRequest, openapi_config=None).routes
    )
    assert operations.keys() == {name for name, _ in framed}
    for name, (method, each) in operations.items():
        person = authorization_table()[name].plane is Plane.HUMAN
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
        assert ({"Origin", "Client"} <= names) == (method != "get" and name not in LINKS)
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
    """S-2: no operation declares a value in its response."""
    document = (await stranger.get("/api/openapi.json")).json()
    suspicious = {
        name: found
        for name, schema in document["components"]["schemas"].items()
        if schema.get("additionalProperties")
        is not False  # These are their names in request bodies.
        and (
            found := {"value", "fields", "password", "token"} & schema.get("properties", {}).keys()
        )
    }

    # Tokens with which machines register, the names of granted fields, and what a share's recipient gets.
    assert suspicious == {
        "OpenedShare": {"value"},
        "BootstrapAnswer": {"token"},
        "EnrollmentTokenAnswer": {"token"},
        "TemporaryTokenAnswer": {"token"},
        "Access": {"fields"},
        "GrantView": {"fields"},
        "ReaderView": {"fields"},
        "RotationView": {"fields"},
    }


def test_the_authorization_page_lists_everything():
    """D-4: every operation and every action is on the generated page."""
    page = render()

    for name in (*authorization_table(), *ACTIONS):
        assert f"| `{name}` |" in page
