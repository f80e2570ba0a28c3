"""Every operation once, over real HTTP, with values that can be found again."""

from __future__ import annotations

import time
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import msgspec
from nacl.signing import SigningKey

from strongroom_core.crypto.random import random_bytes
from strongroom_testkit.machine import TestMachine

if TYPE_CHECKING:
    from strongroom_testkit.markers import Markers

GENEROUS_SECONDS = 60.0
VISIBLE = "seen-in-the-rows"
"""A note, which is no secret: it must be found, or the search does not see the rows."""


@dataclass(slots=True)
class Tour:
    """A person and their machine, going through everything. `done` names what succeeded."""

    url: str
    markers: Markers
    name: str = "toured"
    """What its project is called."""
    done: set[str] = field(default_factory=set[str])
    client: httpx.Client = field(init=False)
    vault: str = ""
    tokens: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.client = from_address(self.url, "127.0.0.2")

    def ask(self, operation: str, method: str, path: str, body: Any = None) -> Any:
        """Carry one operation out; it must succeed."""
        headers = {"X-Strongroom-Vault": self.vault} if self.vault else {}
        answer = self.client.request(method, path, json=body, headers=headers)
        if not answer.is_success:
            raise AssertionError(f"{operation}: {answer.status_code} {answer.text}")
        self.done.add(operation)
        for cookie in self.client.cookies.values():
            self.markers.note(cookie)
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return answer.json() if is_json else None

    def go(self, email: str, password: str) -> None:
        """Go through all operations of people and machines."""
        self.enter(email, password)
        project, secrets = self._fill()
        machine = self._enrol(project, secrets)
        self._read(machine, project, secrets)
        machine = self._change_key(machine)
        self._interrupt(machine, project, secrets[0])
        self._clear(project, secrets)
        self._look_back()
        self.ask("logOut", "DELETE", "/api/session")

    def enter(self, email: str, password: str) -> None:
        """Look around as a stranger, and log in."""
        for name, path in (("health", ""), ("healthLive", "/live"), ("healthReady", "/ready")):
            self.ask(name, "GET", f"/health{path}")
        self.ask("readMetrics", "GET", "/metrics")
        self.ask("readOpenapi", "GET", "/api/openapi.json")
        entered = self.ask("logIn", "POST", "/api/login", {"email": email, "password": password})
        self.vault = entered["vaultId"]
        self.ask("readSession", "GET", "/api/session")
        self.ask("stepUp", "POST", "/api/session/step-up", {"password": password})

    def _fill(self) -> tuple[str, list[str]]:
        value = self.markers.value
        application = self.ask(
            "createApplication", "POST", "/api/applications", {"name": "toured"}
        )["id"]
        self.ask("listApplications", "GET", "/api/applications")
        self.ask("readApplication", "GET", f"/api/applications/{application}")
        self.ask("updateApplication", "PATCH", f"/api/applications/{application}", {"name": "t"})
        project = self.ask("createProject", "POST", "/api/projects", {"name": self.name})["id"]
        place = f"/api/projects/{project}"
        inside = {"applicationId": application, "environment": "test"}
        self.ask("moveProject", "POST", f"{place}/move", inside)
        self.ask("moveProject", "POST", f"{place}/move", {"applicationId": None})
        self.ask("deleteApplication", "DELETE", f"/api/applications/{application}")
        self.ask("listProjects", "GET", "/api/projects")
        self.ask("readProject", "GET", place)
        self.ask("updateProject", "PATCH", place, {"description": VISIBLE})
        bodies: list[Any] = [
            {"name": "SINGLE", "value": value("single"), "note": VISIBLE},
            {"name": "ODD", "value": f'{value("odd")} "ä%&/\\ {value("odd")}'},
            {"name": "FIELDS", "kind": "structured", "fields": {"a": value("a"), "b": value("b")}},
            {"name": "LONG", "value": value("long") * 1000},
            {"name": "MADE", "generate": {"length": 40, "charset": "alphanumeric"}},
        ]
        secrets = [self.ask("createSecret", "POST", f"{place}/secrets", b)["id"] for b in bodies]
        self.ask("listSecrets", "GET", f"{place}/secrets")
        self.ask("countSecrets", "GET", f"{place}/secrets/counts")
        first, third = f"/api/secrets/{secrets[0]}", f"/api/secrets/{secrets[2]}"
        self.ask("readSecret", "GET", first)
        self.ask("updateSecret", "PATCH", first, {"tags": ["toured"]})
        self.ask("replaceSecret", "PUT", f"{first}/value", {"value": value("replaced")})
        self.ask("replaceSecret", "PUT", f"{third}/value", {"fields": {"a": value("a"), "c": ""}})
        self.ask("rollBackSecret", "POST", f"{first}/rollback", {"version": 1})
        self.ask("rotateSecret", "POST", f"{first}/rotate", {})
        self.ask("listVersions", "GET", f"{first}/versions")
        self.ask("listReaders", "GET", f"{first}/readers")
        return project, secrets

    def _enrol(self, project: str, secrets: list[str]) -> TestMachine:
        denied, machine = self._register("denied"), self._register("toured")
        self.ask("listMachines", "GET", "/api/machines")
        self.ask("countMachines", "GET", "/api/machines/counts")
        self.ask("denyMachine", "POST", f"/api/machines/{denied.id}/deny")
        place = f"/api/machines/{machine.id}"
        self.ask("approveMachine", "POST", f"{place}/approve", {})
        self.ask("readMachine", "GET", place)
        self.ask("readMachineUse", "GET", f"{place}/use")
        self.ask("renameMachine", "PATCH", place, {"name": "renamed"})
        attached = f"/api/projects/{project}/machines/{machine.id}"
        self.ask("attachMachine", "PUT", attached)
        self.ask("listAttachments", "GET", f"/api/projects/{project}/machines")
        self.ask("listProjectsOfMachine", "GET", f"{place}/projects")
        grants = [{"secretId": secret} for secret in secrets]
        self.ask("setGrants", "PUT", f"{attached}/grants", {"grants": grants})
        self.ask("listGrants", "GET", f"{attached}/grants")
        return machine

    def _register(self, hostname: str) -> TestMachine:
        token = self.ask("createBootstrapToken", "POST", "/api/machines/bootstrap")["token"]
        self.tokens.append(self.markers.note(token))
        self.ask("readBootstrapScript", "GET", f"/v1/bootstrap/{token}")
        key, public = self._new_key()
        body = {"token": token, "publicKey": public, "hostname": hostname}
        made = self.ask("registerMachine", "POST", "/v1/bootstrap/register", body)
        return TestMachine(UUID(made["machineId"]), key)

    def _new_key(self) -> tuple[SigningKey, str]:
        """Return a fresh key, and its public half as the wire has it."""
        seed = random_bytes(32)
        self.markers.note(b64encode(seed).decode())
        key = SigningKey(seed)
        return key, b64encode(bytes(key.verify_key)).decode()

    def _change_key(self, machine: TestMachine) -> TestMachine:
        key, public = self._new_key()
        proof = key.sign(f"strongroom-rotate-key:{machine.id}:{public}".encode()).signature
        body = {"publicKey": public, "proof": b64encode(proof).decode()}
        self.sign(machine, "rotateMachineKey", "POST", "/v1/machine/rotate-key", body)
        return TestMachine(machine.id, key)

    def _read(self, machine: TestMachine, project: str, secrets: list[str]) -> None:
        for secret in secrets:
            read = self.sign(machine, "readSecretValue", "GET", f"/v1/secret/{secret}")
            for text in _texts(read.json()["value"]):
                self.markers.note(text)
        of_project = {"projectId": project}
        exported = self.sign(machine, "exportSecrets", "POST", "/v1/secrets/export", of_project)
        if len(exported.json()["secrets"]) != len(secrets):
            raise AssertionError("an export must hold everything that was granted")
        self.sign(machine, "listGranted", "GET", "/v1/secrets")
        self.sign(machine, "listGrantedOfProject", "POST", "/v1/secrets/list", of_project)
        self.sign(machine, "listMachineProjects", "GET", "/v1/cli/projects")
        self.sign(machine, "listMachineSecrets", "GET", "/v1/cli/secrets")
        self.sign(machine, "verifyAccess", "POST", "/v1/verify-access", of_project)
        self.sign(machine, "pollSecrets", "POST", "/v1/secrets/poll", {"watch": secrets})

    def _interrupt(self, machine: TestMachine, project: str, secret: str) -> None:
        """Have the machine paste secrets for ids, and refused for several reasons."""
        mark, export = self.markers.value, "/v1/secrets/export"
        self.sign(machine, "", "GET", f"/v1/secret/{mark('id')}", status=404)
        self.sign(machine, "", "POST", export, {"projectId": mark("id")}, status=404)
        self.sign(machine, "", "POST", export, {"applicationId": mark("id")})
        self.sign(machine, "", "POST", "/v1/secrets/list", {"projectId": mark("id")})
        self.sign(machine, "", "POST", "/v1/verify-access", {"projectId": mark("id")})
        self.sign(machine, "", "POST", "/v1/secrets/poll", {"watch": [mark("id")]})
        place, why = f"/api/projects/{project}", {"reason": "toured"}
        self.ask("disableMachine", "POST", f"/api/machines/{machine.id}/disable")
        self.sign(machine, "", "GET", f"/v1/secret/{secret}", status=403)
        self.ask("enableMachine", "POST", f"/api/machines/{machine.id}/enable")
        self.ask("freezeProject", "POST", f"{place}/freeze", why)
        self.sign(machine, "", "GET", f"/v1/secret/{secret}", status=423)
        self.ask("weighProject", "GET", f"{place}/weight")
        self.ask("readRecovery", "GET", f"{place}/recovery")
        self.ask("explainFreeze", "POST", f"{place}/explain", {"account": "toured"})
        self.ask("unfreezeProject", "POST", f"{place}/unfreeze", why)
        self.ask("detachMachine", "DELETE", f"{place}/machines/{machine.id}")
        self.sign(machine, "", "GET", f"/v1/secret/{secret}", status=403)
        self.ask("revokeMachine", "DELETE", f"/api/machines/{machine.id}")
        self.sign(machine, "", "GET", f"/v1/secret/{secret}", status=401)

    def _look_back(self) -> None:
        """Read what the record has of all this, and what there is now."""
        entries = self.ask("listEntries", "GET", "/api/audit")
        self.ask("readEntry", "GET", f"/api/audit/{entries['items'][0]['id']}")
        self.ask("readsOverTime", "GET", "/api/audit/reads?span=24h")
        for form in ("csv", "ndjson"):
            self.ask("exportEntries", "GET", f"/api/audit/export?format={form}")
        self.ask("readOverview", "GET", "/api/overview")
        self.ask("search", "GET", "/api/search?q=tou")

    def _clear(self, project: str, secrets: list[str]) -> None:
        for secret in secrets[:2]:
            self.ask("deleteSecret", "DELETE", f"/api/secrets/{secret}")
        self.ask("listTrash", "GET", "/api/trash")
        self.ask("restoreSecret", "POST", f"/api/secrets/{secrets[0]}/restore")
        self.ask("purgeSecret", "POST", f"/api/secrets/{secrets[1]}/purge")
        place, name = f"/api/projects/{project}", {"confirmName": self.name}
        self.ask("deleteProject", "POST", f"{place}/delete", name)
        self.ask("restoreProject", "POST", f"{place}/restore")
        # Another project is purged: this one's rows stay, to be searched.
        other = self.ask("createProject", "POST", "/api/projects", {"name": "short-lived"})["id"]
        value = {"name": "GONE", "value": self.markers.value("gone")}
        self.ask("createSecret", "POST", f"/api/projects/{other}/secrets", value)
        name = {"confirmName": "short-lived"}
        self.ask("deleteProject", "POST", f"/api/projects/{other}/delete", name)
        self.ask("purgeProject", "POST", f"/api/projects/{other}/purge")

    def sign(
        self,
        machine: TestMachine,
        operation: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        status: int = 200,
    ) -> httpx.Response:
        """Send a signed request and check its status."""
        content = b"" if body is None else msgspec.json.encode(body)
        now = int(time.time())  # noqa: TID251 -- a machine has its own clock
        headers = machine.headers(method, path, content, at=now)
        with from_address(self.url, "127.0.0.3") as client:
            answer = client.request(method, path, content=content, headers=headers)
        if answer.status_code != status:
            raise AssertionError(f"{operation or path}: {answer.status_code} {answer.text}")
        self.done |= {operation} - {""}
        return answer


def from_address(url: str, address: str) -> httpx.Client:
    """Return a client whose requests come from this address, as our own page would send them."""
    port = url.rpartition(":")[2]
    return httpx.Client(
        base_url=f"http://127.0.0.1:{port}",
        headers={"Origin": url, "X-Strongroom-Client": "leaks"},
        transport=httpx.HTTPTransport(local_address=address),
        timeout=GENEROUS_SECONDS,
    )


def _texts(value: str) -> list[str]:
    """Return a value, or the values of a structured one's fields."""
    try:
        fields = msgspec.json.decode(value)
    except msgspec.DecodeError:
        return [value]
    return list(fields.values()) if isinstance(fields, dict) else [value]
