"""The matrix of machines: operations × signers × secrets in every state (R-1, V-7, L-1)."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import httpx
import msgspec
import pytest
from nacl.signing import SigningKey

from strongroom_core.access.action import Action, Plane
from strongroom_core.crypto.random import random_bytes
from strongroom_testkit.machine import TestMachine
from tests.places import Place, State
from tests.requests import REQUESTS, actions_of

from .matrix_world import OF_MACHINES, MatrixWorld
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

CHANGES = {"rotateMachineKey": {"machine", "public_key"}}
"""What a success can change, in addition to the versions seen."""

OF_MACHINES_PLANE = {
    name: action for name, action in actions_of(Plane.MACHINE).items() if action is not None
}


@pytest.fixture(scope="module")
async def signers(matrix: MatrixWorld) -> Signers:
    """Every machine in the matrix, and every place."""
    return await gather(matrix)


@pytest.mark.parametrize("operation", OF_MACHINES_PLANE)
async def test_machines(
    matrix: MatrixWorld, signers: Signers, cells: Counter[str], operation: str
) -> None:
    """R-1, V-7, L-1: each cell's response matches the machine's access and reveals nothing else.

    A denial changes nothing, and the audit log contains exactly the events for what was done or
    denied.
    """
    wrong: list[str] = []
    for signer in Signer:
        for state, mine in MINE_IN_ALL_STATES:
            place = await matrix.place(state, mine=mine)
            cell = Cell(operation, OF_MACHINES_PLANE[operation], signer, place, mine=mine)
            said = await cell.look(matrix, signers)
            wrong += [f"{operation} × {signer} × {state}, {mine=}: {each}" for each in said]
            cells[str(cell.wanted[0])] += 1

    assert not wrong, "\n".join(wrong)


@dataclass(frozen=True, slots=True)
class Cell:
    """One request about an object, signed by a machine."""

    operation: str
    action: Action
    signer: Signer
    place: Place
    mine: bool

    @property
    def there(self) -> bool:
        """Whether the project and its secret exist for the signer's vault."""
        own = self.mine is (self.signer is not Signer.OTHER)
        return own and self.place.state in (State.LIVE, State.FROZEN)

    @property
    def attached(self) -> bool:
        """Whether the machine is attached to the project."""
        return self.there and self.signer in ATTACHED

    @property
    def granted(self) -> bool:
        """Whether the secret is granted to the machine."""
        return self.there and self.signer in READERS

    @property
    def wanted(self) -> Answer:
        """The expected status, and the reason logged for a denial (in the order of checks in R-1)."""
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
        """The parts of a successful response that depend on the cell."""
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

    def entries(self, matrix: MatrixWorld, signers: Signers) -> list[Any]:
        """Return the expected events, and their vaults."""
        vault, (status, reason) = signers.vault_of(self.signer, matrix), self.wanted
        reading = self.operation == "readSecretValue"
        if self.signer in UNKNOWN:
            named = self.signer is Signer.FORGED
            where = vault if named else "installation"
            why = {Signer.UNSIGNED: "malformed_headers", Signer.REVOKED: "unknown_machine"}
            return [(where, "auth_failure", "refused", why.get(self.signer, "bad_signature"))]
        if status == 429:
            return []
        if status != 200:
            denied_read = reading or self.operation == "exportSecrets"
            action = "secret_read_denied" if denied_read else self.action.name
            return [(vault, action, "refused", reason)]
        if reading:
            return [(vault, "secret_read", "done", None)]
        done = [(vault, self.action.name, "done", None)]
        if self.operation == "exportSecrets" and self.granted:
            return [*done, (vault, "secret_read", "done", None)]
        return done if self.operation in ("rotateMachineKey", "exportSecrets") else []

    async def look(self, matrix: MatrixWorld, signers: Signers) -> list[str]:
        """Send the request; return everything that is wrong with the result."""
        client = matrix.stranger()
        if self.signer is Signer.LOCKED:
            for _ in range(3):
                await client.get("/v1/secrets")
        machine = signers.machines.get(self.signer)
        new_key = SigningKey(random_bytes(32))
        request = REQUESTS[self.operation].fill({**self.place.words, **_new_key(machine, new_key)})
        method, path, body = request.method, request.path, request.body
        content = b"" if body is None else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"} if content else {}
        if machine is not None:
            at = int(matrix.core.clock.now().timestamp())
            headers |= machine.headers(method, path, content, at=at)
        await matrix.settle()
        answer = await client.request(method, path, content=content, headers=headers)
        entries = await matrix.new_entries()
        changed = await matrix.changed(OF_MACHINES)
        status, reason = self.wanted
        found = [(e["vault"], e["action"], e["outcome"], e["reason"]) for e in entries]
        said = _differs("status", answer.status_code, status)
        said += _differs("code", _code(answer), reason)
        said += _differs("entries", found, self.entries(matrix, signers))
        if status == 200:
            body = answer.json()
            said += _differs("body", {name: body.get(name) for name in self.told}, self.told)
        allowed = CHANGES.get(self.operation, {"secret_grant"}) if status == 200 else set[str]()
        if machine is not None and answer.is_success and self.operation == "rotateMachineKey":
            signers.machines[self.signer] = replace(machine, key=new_key)
        said += [f"changed {table}" for table in changed if table not in allowed]
        return said + self._leaks(matrix, answer)

    def _leaks(self, matrix: MatrixWorld, answer: httpx.Response) -> list[str]:
        other = matrix.mine if self.signer is Signer.OTHER else matrix.theirs
        traces = matrix.traces(other)
        if self.signer in STOPPED:
            traces = [*matrix.traces(matrix.mine), *matrix.traces(matrix.theirs)]
        if self.wanted[0] != 200 or self.operation not in ("readSecretValue", "exportSecrets"):
            traces.append("MARKER")
        elif not self.granted:
            traces.append(self.place.value or "MARKER")
        told = answer.text + str(answer.headers)
        return [f"tells {trace}" for trace in traces if trace in told]


def _new_key(machine: TestMachine | None, key: SigningKey) -> dict[str, str]:
    """Return the words of a request for another key, by a machine or an unknown client."""
    public = b64encode(bytes(key.verify_key)).decode()
    named = machine.id if machine is not None else "nobody"
    proof = key.sign(f"strongroom-rotate-key:{named}:{public}".encode()).signature
    return {"public_key": public, "proof": b64encode(proof).decode()}


def _differs(what: str, found: object, wanted: object) -> list[str]:
    return [] if found == wanted else [f"{what} {found}, not {wanted}"]


def _code(answer: httpx.Response) -> str | None:
    return None if answer.is_success else answer.json().get("code")
