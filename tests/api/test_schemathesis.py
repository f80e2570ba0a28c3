"""The application against its own OpenAPI document: requests it describes, and ones it does not (A1).

Schemathesis makes the requests; they are sent inside this process, on the loop that the database lives
on. So that generated requests do not all end at a 404, some get the id of an object made for them, in
the state their operation is about.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections import Counter
from typing import Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core import NOT_SET
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from strongroom_core.access.actions import Plane
from strongroom_core.access.operations import OPERATIONS
from strongroom_core.grants.attachments import attach_machine
from strongroom_core.kernel.ids import INSTALLATION, ProjectId
from strongroom_core.projects.applications import create_application
from strongroom_core.secrets.generate import Recipe
from strongroom_core.secrets.replace import rotate_secret
from strongroom_testkit.machine import approved_machine, pending_machine
from strongroom_testkit.people import Person
from strongroom_testkit.world import World

EXAMPLES = int(os.environ.get("STRONGROOM_SCHEMATHESIS_EXAMPLES", "4"))
URL = "http://localhost:8200"
QUIET = hypothesis.settings(
    deadline=None,
    database=None,
    derandomize=True,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=[
        HealthCheck.data_too_large,
        HealthCheck.differing_executors,
        HealthCheck.filter_too_much,
        HealthCheck.large_base_example,
        HealthCheck.too_slow,
    ],
)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


class Supply:
    """Makes what an operation is about, in the state it is about, and a body that it accepts."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._made = 0

    def name(self) -> str:
        """Return a name that is not taken."""
        self._made += 1
        return f"made {self._made}"

    async def path_of(self, operation: str, names: set[str]) -> dict[str, str]:
        """Return path parameters that fit the operation."""
        world, found = self._world, dict[str, str]()
        if "applicationId" in names:
            view = await create_application(
                world.core, world.owner, name=self.name(), environments=()
            )
            found["applicationId"] = view.id
        if "projectId" in names:
            trashed = operation in ("restoreProject", "purgeProject")
            make = world.trashed_project if trashed else world.project
            project = await make(self.name())
            found |= {"projectId": project.id, "name": project.name}
            if operation in ("unfreezeProject", "explainFreeze", "readRecovery"):
                await world.freeze(project)
        if "secretId" in names:
            project = await world.project(self.name())
            trashed = operation in ("restoreSecret", "purgeSecret")
            make = world.trashed_secret if trashed else world.secret
            secret = await make(project, "KEY")
            found["secretId"] = secret.id
            if operation == "rollBackSecret":
                await rotate_secret(world.core, world.owner, secret.id, Recipe())
        if "entryId" in names:
            entries = await world.entries()
            found["entryId"] = str(entries[-1]["id"])
        if "machineId" in names:
            pending = operation in ("approveMachine", "denyMachine")
            machine = await (pending_machine if pending else approved_machine)(world)
            found["machineId"] = str(machine.id)
            if "projectId" in names and operation != "attachMachine":
                await attach_machine(
                    world.core, world.owner, ProjectId(found["projectId"]), machine=str(machine.id)
                )
        return found

    def body_of(self, operation: str, path: dict[str, str]) -> dict[str, Any]:
        """Return a body that is accepted, for an operation that takes one."""
        password = self._world.person.password
        return {
            "logIn": {"email": self._world.person.email, "password": password},
            "stepUp": {"password": password},
            "createApplication": {"name": self.name(), "environments": ["a", "b"]},
            "updateApplication": {"name": self.name()},
            "createProject": {"name": self.name()},
            "updateProject": {"description": "d"},
            "moveProject": {"applicationId": None},
            "deleteProject": {"confirmName": path.get("name")},
            "freezeProject": {"reason": "r"},
            "unfreezeProject": {"reason": "r"},
            "explainFreeze": {"account": "a"},
            "createSecret": {"name": self.name(), "generate": {}},
            "updateSecret": {"note": "n"},
            "replaceSecret": {"value": "w"},
            "rotateSecret": {},
            "rollBackSecret": {"version": 1},
            "approveMachine": {},
            "renameMachine": {"name": self.name()},
            "setGrants": {"grants": []},
        }[operation]


class Prober:
    """Sends generated requests, and counts how each operation answered."""

    def __init__(self, connect: Any, app: Any, client: Any, world: World) -> None:
        self._connect = connect
        self._app = app
        self._client = client
        self._person = world.person
        self.supply = Supply(world)
        self.statuses: dict[str, Counter[int]] = {name: Counter() for name in OPERATIONS}

    async def log_in(self) -> None:
        """Give the client a session, from an address that has not used up its log-ins."""
        body = {"email": self._person.email, "password": self._person.password}
        fresh = await self._connect(self._app)
        response = await fresh.post("/api/login", json=body)

        assert response.status_code == 200, response.text

        self._client.cookies = fresh.cookies

    async def send(self, case: Any, *, helped: bool, ours: bool, session: bool) -> None:
        """Send one case: `helped` with an object and body that exist, `ours` with our headers."""
        operation = case.operation.definition.raw["operationId"]
        person = OPERATIONS[operation].plane is Plane.HUMAN
        if helped:
            path = await self.supply.path_of(operation, set(re.findall(r"{(\w+)}", case.path)))
            case.path_parameters = path
            if case.body is not NOT_SET:
                case.body = self.supply.body_of(operation, path)
            case.query = {}
        client = self._client if person and session else await self._connect(self._app)
        response = await client.send(self._request(case, client, ours=ours or helped))
        self.statuses[operation][response.status_code] += 1
        case.validate_response(response, checks=CHECKS)
        if person and not session:
            assert response.status_code in (401, 403, 404, 405), response.text
        if operation == "logOut" and response.status_code == 204:
            await self.log_in()

    def _request(self, case: Any, client: Any, *, ours: bool) -> Any:
        sent = case.as_transport_kwargs(base_url=URL)
        headers = {
            name: str(value).encode("latin-1", "replace")
            for name, value in dict(sent.get("headers") or {}).items()
            if name.lower() not in ("cookie", "user-agent", "content-length")
        }
        if ours:
            headers = {
                name: value for name, value in headers.items() if name.lower() == "content-type"
            }
        content = sent.get("data")
        if "json" in sent:
            content = json.dumps(sent["json"]).encode()
            headers["Content-Type"] = b"application/json"
        return client.build_request(
            sent["method"], sent["url"], headers=headers, params=sent.get("params"), content=content
        )


def operation_id(result: Any) -> str:
    """Return the id of an operation as Schemathesis yields it."""
    return result.ok().definition.raw["operationId"]


def explore(prober: Prober, schema: Any, loop: asyncio.AbstractEventLoop, *, session: bool) -> None:
    """Send every operation its examples. Runs in a thread, because Hypothesis does not await."""
    for result in schema.get_all_operations():
        operation = result.ok()
        if session and operation_id(result) != "setUp":
            _help(prober, operation, loop)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @hypothesis.settings(QUIET, max_examples=EXAMPLES)
            @hypothesis.given(case=operation.as_strategy(generation_mode=mode), ours=st.booleans())
            def probe(case: Any, ours: bool) -> None:
                future = prober.send(case, helped=False, ours=ours, session=session)
                asyncio.run_coroutine_threadsafe(future, loop).result(60)

            try:
                probe()
            except Unsatisfiable:
                assert mode is GenerationMode.NEGATIVE


def _help(prober: Prober, operation: Any, loop: asyncio.AbstractEventLoop) -> None:
    @hypothesis.settings(QUIET, max_examples=2)
    @hypothesis.given(case=operation.as_strategy())
    def probe(case: Any) -> None:
        future = prober.send(case, helped=True, ours=True, session=True)
        asyncio.run_coroutine_threadsafe(future, loop).result(60)

    probe()


async def test_no_request_is_an_accident(app, core, connect, cluster, markers):
    """A1: no request, described or not, with or without a session, gives a 5xx or an unknown answer.

    And every operation is reached: it answers at least one request with 2xx.
    """
    client = await connect(app)
    body = {"email": "ada@example.org", "username": "ada", "password": markers.password()}
    made = await client.post("/api/setup", json={"token": cluster.initialised.setup_token, **body})
    vault = client.headers["X-Strongroom-Vault"] = made.json()["vaultId"]
    async with core.database.transaction(INSTALLATION) as connection:
        account = await connection.fetchval("select id from account")
    world = World(core, Person(**body, account=account, vault=vault), markers)
    prober = Prober(connect, app, client, world)
    prober.statuses["setUp"][made.status_code] += 1
    await prober.log_in()
    loop = asyncio.get_running_loop()
    schema = await asyncio.to_thread(schemathesis.openapi.from_asgi, "/api/openapi.json", app)

    await asyncio.to_thread(explore, prober, schema, loop, session=True)
    await asyncio.to_thread(explore, prober, schema, loop, session=False)

    offered = {operation_id(each) for each in schema.get_all_operations()}
    sent = sum(sum(counts.values()) for counts in prober.statuses.values())
    reached = {
        name: sum(count for status, count in prober.statuses[name].items() if status < 300)
        for name in offered
    }
    print(f"{sent} requests; 2xx by operation: {reached}")

    assert len(offered) > 30
    assert not [name for name, count in reached.items() if not count]
    assert not [
        (name, status)
        for name, counts in prober.statuses.items()
        for status in counts
        if status >= 500
    ]
