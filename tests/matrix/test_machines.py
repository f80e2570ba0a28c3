"""The matrix of machines: operations × who signed × whose secret, and how it is (R-1, V-7, L-1)."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx
import msgspec
import pytest
from nacl.signing import SigningKey

from strongroom_core.access.actions import Action, Plane
from strongroom_core.access.operations import OPERATIONS
from strongroom_core.crypto.random import random_bytes
from strongroom_testkit.machine import TestMachine

from .hall import OF_MACHINES, Hall, changed
from .places import Place, State
from .signers import (
    ATTACHED,
    MINE_IN_ALL_STATES,
    READERS,
    STOPPED,
    UNKNOWN,
    Signer,
    Signers,
    gather,
)

Answer = tuple[int, str | None]

Asked = tuple[str, str, Any]
"""Method, path and body."""

ASKS: Mapping[str, Callable[[Place], Asked]] = {
    "readSecretValue": lambda p: ("GET", f"/v1/secret/{p.secret}", None),
    "exportSecrets": lambda p: ("POST", "/v1/secrets/export", {"projectId": p.project}),
    "listGranted": lambda _p: ("GET", "/v1/secrets", None),
    "listGrantedOfProject": lambda p: ("POST", "/v1/secrets/list", {"projectId": p.project}),
    "listMachineProjects": lambda _p: ("GET", "/v1/cli/projects", None),
    "listMachineSecrets": lambda _p: ("GET", "/v1/cli/secrets", None),
    "verifyAccess": lambda p: ("POST", "/v1/verify-access", {"projectId": p.project}),
    "pollSecrets": lambda p: ("POST", "/v1/secrets/poll", {"watch": [p.secret]}),
    "rotateMachineKey": lambda _p: ("POST", "/v1/machine/rotate-key", {}),
}
"""One well-formed request each. The body of a new key depends on whose it is: see `_new_key`."""

CHANGES = {"rotateMachineKey": {"machine", "public_key"}}
"""What a success may change besides what was last seen of a secret."""

OF_MACHINES_PLANE = {
    name: operation.action
    for name, operation in OPERATIONS.items()
    if operation.plane is Plane.MACHINE and operation.action is not None
}


@pytest.fixture(scope="module")
async def signers(hall: Hall) -> Signers:
    """Every machine the matrix knows, and every place."""
    return await gather(hall)


def test_every_operation_of_machines_is_in_the_matrix() -> None:
    """D-4: no operation is unlisted: a new one fails here until the matrix can ask for it."""
    assert ASKS.keys() == OF_MACHINES_PLANE.keys()


@pytest.mark.parametrize("operation", OF_MACHINES_PLANE)
async def test_machines(hall: Hall, signers: Signers, cells: Counter[str], operation: str) -> None:
    """R-1, V-7, L-1: each cell answers what the machine may, and tells nothing else.

    Where it refuses it changes nothing; it leaves exactly the entries of what was done or refused.
    """
    wrong: list[str] = []
    for signer in Signer:
        for state, mine in MINE_IN_ALL_STATES:
            place = await hall.place(state, mine=mine)
            cell = Cell(operation, OF_MACHINES_PLANE[operation], signer, place, mine=mine)
            said = await cell.look(hall, signers)
            wrong += [f"{operation} × {signer} × {state}, {mine=}: {each}" for each in said]
            cells[str(cell.wanted[0])] += 1

    assert not wrong, "\n".join(wrong)


@dataclass(frozen=True, slots=True)
class Cell:
    """One request in a machine's name, about something."""

    operation: str
    action: Action
    signer: Signer
    place: Place
    mine: bool

    @property
    def there(self) -> bool:
        """Whether the project and its secret are there for the signer's vault."""
        own = self.mine is (self.signer is not Signer.OTHER)
        return own and self.place.state in (State.LIVE, State.FROZEN)

    @property
    def attached(self) -> bool:
        """Whether the machine is attached to the project."""
        return self.there and self.signer in ATTACHED

    @property
    def granted(self) -> bool:
        """Whether the machine was granted the secret."""
        return self.there and self.signer in READERS

    @property
    def wanted(self) -> Answer:
        """Status, and the reason the record must give for a refusal (R-1, in its order)."""
        if self.signer in STOPPED:
            return STOPPED[self.signer]
        frozen = self.place.state is State.FROZEN
        if self.operation == "readSecretValue":
            if not self.there:
                return (404, "not_found")
            return (423, "frozen") if frozen else (200, None) if self.granted else (403, "no_grant")
        if self.operation == "exportSecrets":
            if not self.attached:
                return (404, "not_found")
            return (423, "frozen") if frozen else (200, None)
        return (200, None)

    @property
    def told(self) -> dict[str, Any]:
        """What the answer of a success must hold, as far as it depends on the cell."""
        match self.operation:
            case "readSecretValue":
                return {"value": self.place.value, "version": 2}
            case "verifyAccess":
                name = self.place.project_name if self.attached else None
                frozen = self.attached and self.place.state is State.FROZEN
                return {"valid": self.attached, "projectName": name, "frozen": frozen}
            case "pollSecrets":
                gone = None if self.granted else "access_denied" if self.there else "deleted"
                return {} if gone is None else {"changes": {self.place.secret: {"status": gone}}}
            case _:
                return {}

    def entries(self, hall: Hall, signers: Signers) -> list[Any]:
        """Return what the record must say, and where."""
        vault, (status, reason) = signers.vault_of(self.signer, hall), self.wanted
        reading = self.operation == "readSecretValue"
        if self.signer in UNKNOWN:
            named = self.signer is Signer.FORGED
            where = vault if named else "installation"
            why = {Signer.UNSIGNED: "malformed_headers", Signer.REVOKED: "unknown_machine"}
            return [(where, "auth_failure", "refused", why.get(self.signer, "bad_signature"))]
        if status == 429:
            return []
        if status != 200:
            return [(vault, "secret_read_denied" if reading else self.action, "refused", reason)]
        if reading:
            return [(vault, "secret_read", "done", None)]
        done = [(vault, self.action, "done", None)]
        if self.operation == "exportSecrets" and self.granted:
            return [*done, (vault, "secret_read", "done", None)]
        return done if self.operation in ("rotateMachineKey", "exportSecrets") else []

    async def look(self, hall: Hall, signers: Signers) -> list[str]:
        """Send the request; return what is wrong with what happened."""
        client = hall.stranger()
        if self.signer is Signer.LOCKED:
            for _ in range(3):
                await client.get("/v1/secrets")
        method, path, body = ASKS[self.operation](self.place)
        machine = signers.machines.get(self.signer)
        new_key = SigningKey(random_bytes(32))
        if self.operation == "rotateMachineKey":
            body = _new_key(machine, new_key)
        content = b"" if body is None else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"} if content else {}
        if machine is not None:
            at = int(hall.core.clock.now().timestamp())
            headers |= machine.headers(method, path, content, at=at)
        await hall.new_entries()
        before = hall.quiet or await hall.held(OF_MACHINES)
        answer = await client.request(method, path, content=content, headers=headers)
        entries = await hall.new_entries()
        after = hall.quiet = await hall.held(OF_MACHINES)
        status, reason = self.wanted
        found = [(e["vault"], e["action"], e["outcome"], e["reason"]) for e in entries]
        said = _differs("status", answer.status_code, status)
        said += _differs("code", _code(answer), reason)
        said += _differs("entries", found, self.entries(hall, signers))
        if status == 200:
            body = answer.json()
            said += _differs("body", {name: body.get(name) for name in self.told}, self.told)
        allowed = CHANGES.get(self.operation, {"secret_grant"}) if status == 200 else set[str]()
        if machine is not None and answer.is_success and self.operation == "rotateMachineKey":
            signers.machines[self.signer] = replace(machine, key=new_key)
        said += [f"changed {table}" for table in changed(before, after) if table not in allowed]
        return said + self._leaks(hall, answer)

    def _leaks(self, hall: Hall, answer: httpx.Response) -> list[str]:
        other = hall.mine if self.signer is Signer.OTHER else hall.theirs
        traces = hall.traces(other)
        if self.signer in STOPPED:
            traces = [*hall.traces(hall.mine), *hall.traces(hall.theirs)]
        if self.wanted[0] != 200 or self.operation not in ("readSecretValue", "exportSecrets"):
            traces.append("MARKER")
        elif not self.granted:
            traces.append(self.place.value or "MARKER")
        told = answer.text + str(answer.headers)
        return [f"tells {trace}" for trace in traces if trace in told]


def _new_key(machine: TestMachine | None, key: SigningKey) -> dict[str, str]:
    """Return the body by which a machine, or nobody, asks for another key."""
    public = b64encode(bytes(key.verify_key)).decode()
    named = machine.id if machine is not None else "nobody"
    proof = key.sign(f"strongroom-rotate-key:{named}:{public}".encode()).signature
    return {"publicKey": public, "proof": b64encode(proof).decode()}


def _differs(what: str, found: object, wanted: object) -> list[str]:
    return [] if found == wanted else [f"{what} {found}, not {wanted}"]


def _code(answer: httpx.Response) -> str | None:
    return None if answer.is_success else answer.json().get("code")
