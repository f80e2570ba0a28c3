"""Machines: bootstrap tokens, approval, the two switches, names, revocation (M-3, M-8)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

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
from strongroom_core.machines.listing import count_machines, list_machines, read_machine
from strongroom_core.machines.use import read_machine_use
from strongroom_core.machines.views import MachineState


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


class MachineCountsAnswer(Answer, kw_only=True, frozen=True):
    """How many machines are in each state."""

    pending: int
    enabled: int
    disabled: int


class MachineUseAnswer(Answer, kw_only=True, frozen=True):
    """Reads and refusals of the last hour; when the last read was, and from where."""

    reads: int
    refusals: int
    last_read_at: datetime | None
    address: str | None
    country: str | None


class BootstrapAnswer(Answer, kw_only=True, frozen=True):
    """A fresh token, shown once, and the command to run on the machine within ten minutes.

    `command` is the one for a shell; the others do the same by the means of their place.
    """

    token: str
    command: str
    powershell_command: str
    kubernetes_command: str
    cli_command: str
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
        token=made.token,
        command=f"curl -sSL {address} | sh",
        powershell_command=f"irm {address}/ps | iex",
        kubernetes_command=f"curl -sSL {address}/k8s | NAMESPACE=default sh",
        cli_command=f"strongroom bootstrap {address}",
        expires_at=made.expires_at,
    )


@get("/machines", operation_id="listMachines")
async def list_all(
    request: ApiRequest,
    pending: FromQuery[bool | None] = None,
    in_state: Annotated[MachineState | None, QueryParameter(name="state")] = None,
    prefix: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
    cursor: FromQuery[str | None] = None,
) -> PageAnswer[MachineAnswer]:
    """List machines, last registered first. `prefix` is of the name or the hostname."""
    found = await list_machines(
        request.core,
        request.person,
        PageRequest.parse(limit=limit, cursor=cursor, keys=2),
        pending=pending,
        state=in_state,
        prefix=prefix,
    )
    return several(found, MachineAnswer)


@get("/machines/counts", operation_id="countMachines")
async def count(request: ApiRequest) -> MachineCountsAnswer:
    """Count the machines in each state."""
    found = await count_machines(request.core, request.person)
    return msgspec.convert(found, MachineCountsAnswer, from_attributes=True)


@get("/machines/{machine_id:str}", operation_id="readMachine", response_headers=ETAG)
async def read(request: ApiRequest, machine_id: FromPath[str]) -> Response[MachineAnswer]:
    """Return one machine."""
    view = await read_machine(request.core, request.person, machine_id)
    return single(view, MachineAnswer)


@get("/machines/{machine_id:str}/use", operation_id="readMachineUse")
async def read_use(request: ApiRequest, machine_id: FromPath[str]) -> MachineUseAnswer:
    """Return what a machine read in the last hour, and when and from where it last read."""
    found = await read_machine_use(request.core, request.person, machine_id)
    return msgspec.convert(found, MachineUseAnswer, from_attributes=True)


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


HANDLERS: list[Any] = [
    *(bootstrap, list_all, count, read, read_use, rename, revoke),
    *(approve, deny, enable, disable),
]
