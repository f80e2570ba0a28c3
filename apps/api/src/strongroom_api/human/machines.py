"""Machines: bootstrap tokens, approval, the two switches, names, revocation (M-3, M-8)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from strongroom_api.answers import ETAG, Answer, IfMatch, PageAnswer, revision, several, single
from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.bootstrap import create_bootstrap_token
from strongroom_core.machines.lifecycle import (
    approve_machine,
    deny_machine,
    disable_machine,
    enable_machine,
    rename_machine,
    revoke_machine,
)
from strongroom_core.machines.listing import list_machines, read_machine


class MachineAnswer(Answer, kw_only=True, frozen=True):
    """A machine. While it waits, `replaces` names an approved one of the same hostname, if any."""

    id: UUID
    name: str
    state: str
    fingerprint: str
    enrolled_by: str
    hostname: str
    registered_from: str
    registered_at: datetime
    approved_at: datetime | None
    enabled: bool
    expires_at: datetime | None
    last_seen_at: datetime | None
    projects: int
    grants: int
    replaces: UUID | None
    replaces_name: str | None
    former_names: list[str]
    revision: int


class BootstrapAnswer(Answer, kw_only=True, frozen=True):
    """A fresh token, shown once, and the command to run on the machine within ten minutes."""

    token: str
    command: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class Approval(Body, kw_only=True, frozen=True):
    """Whom the machine replaces, if anybody: that one's grants pass over and it is revoked."""

    replaces: str | None = None


class NewName(Body, kw_only=True, frozen=True):
    """A machine's new name."""

    name: str


@post("/machines/bootstrap", operation_id="createBootstrapToken", status_code=201)
async def bootstrap(request: ApiRequest) -> BootstrapAnswer:
    """Make a single-use token with which one machine can register within ten minutes."""
    made = await create_bootstrap_token(request.core, request.person)
    address = f"{request.core.settings.public_url}/v1/bootstrap/{made.token}"
    return BootstrapAnswer(
        token=made.token, command=f"curl -sSL {address} | sh", expires_at=made.expires_at
    )


@get("/machines", operation_id="listMachines")
async def list_all(
    request: ApiRequest,
    pending: FromQuery[bool | None] = None,
    limit: FromQuery[int | None] = None,
    cursor: FromQuery[str | None] = None,
) -> PageAnswer[MachineAnswer]:
    """List machines, last registered first."""
    found = await list_machines(
        request.core,
        request.person,
        PageRequest.parse(limit=limit, cursor=cursor, keys=2),
        pending=pending,
    )
    return several(found, MachineAnswer)


@get("/machines/{machine_id:str}", operation_id="readMachine", response_headers=ETAG)
async def read(request: ApiRequest, machine_id: FromPath[str]) -> Response[MachineAnswer]:
    """Return one machine."""
    view = await read_machine(request.core, request.person, machine_id)
    return single(view, MachineAnswer)


@patch("/machines/{machine_id:str}", operation_id="renameMachine", response_headers=ETAG)
async def rename(
    request: ApiRequest,
    machine_id: FromPath[str],
    data: JSONBody[NewName],
    if_match: IfMatch = None,
) -> Response[MachineAnswer]:
    """Give a machine another name; the old one stays in its history."""
    view = await rename_machine(
        request.core, request.person, machine_id, name=data.name, if_match=revision(if_match)
    )
    return single(view, MachineAnswer)


@delete("/machines/{machine_id:str}", operation_id="revokeMachine", status_code=204)
async def revoke(request: ApiRequest, machine_id: FromPath[str]) -> None:
    """Remove a machine with its attachments and grants. Its key can never be enrolled again."""
    await revoke_machine(request.core, request.person, machine_id)


@post(
    "/machines/{machine_id:str}/approve",
    operation_id="approveMachine",
    status_code=200,
    response_headers=ETAG,
)
async def approve(
    request: ApiRequest, machine_id: FromPath[str], data: JSONBody[Approval]
) -> Response[MachineAnswer]:
    """Let a pending machine in, after comparing its fingerprint."""
    view = await approve_machine(request.core, request.person, machine_id, replaces=data.replaces)
    return single(view, MachineAnswer)


@post("/machines/{machine_id:str}/deny", operation_id="denyMachine", status_code=204)
async def deny(request: ApiRequest, machine_id: FromPath[str]) -> None:
    """Turn a pending machine away."""
    await deny_machine(request.core, request.person, machine_id)


@post(
    "/machines/{machine_id:str}/enable",
    operation_id="enableMachine",
    status_code=200,
    response_headers=ETAG,
)
async def enable(request: ApiRequest, machine_id: FromPath[str]) -> Response[MachineAnswer]:
    """Switch a machine on."""
    return single(await enable_machine(request.core, request.person, machine_id), MachineAnswer)


@post(
    "/machines/{machine_id:str}/disable",
    operation_id="disableMachine",
    status_code=200,
    response_headers=ETAG,
)
async def disable(request: ApiRequest, machine_id: FromPath[str]) -> Response[MachineAnswer]:
    """Switch a machine off; what it was granted stays for when it is switched on."""
    return single(await disable_machine(request.core, request.person, machine_id), MachineAnswer)


HANDLERS: list[Any] = [bootstrap, list_all, read, rename, revoke, approve, deny, enable, disable]
