"""Machines: registration tokens, approval, disabling, renaming, revocation (M-3, M-8)."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from strongroom_api.answers import ETAG, IfMatch, revision, single
from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.human.lists import PAGED, Paged, Sought
from strongroom_core.access.actions.machines import (
    MACHINE_APPROVE,
    MACHINE_BOOTSTRAP,
    MACHINE_DENY,
    MACHINE_DISABLE,
    MACHINE_ENABLE,
    MACHINE_RENAME,
    MACHINE_REVOKE,
    MACHINE_VIEW,
    MACHINES_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.kernel.page import CountedPage
from strongroom_core.kernel.view import View
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
from strongroom_core.machines.views import (
    MachineCounts,
    MachineState,
    MachineUse,
    MachineView,
    Way,
)


class BootstrapAnswer(View):
    """A new registration token, shown once, and the command to run on the machine within ten minutes.

    `command` is for a POSIX shell; the other commands do the same on other platforms.
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
    """The old machine to replace, if any. The new one takes over its access, and the old one is revoked."""

    replaces: str | None = None


class NewName(Body, kw_only=True, frozen=True):
    """A machine's new name."""

    name: str


@post(
    "/registration-tokens",
    operation_id="createRegistrationToken",
    opt={"operation": people(MACHINE_BOOTSTRAP)},
    status_code=201,
)
async def bootstrap(request: ApiRequest) -> BootstrapAnswer:
    """Create a registration token. It registers one machine, once, within ten minutes."""
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


@get(
    "/machines",
    operation_id="listMachines",
    opt={"operation": people(MACHINES_VIEW)},
    dependencies=PAGED,
)
async def list_all(
    request: ApiRequest,
    *,
    page: Paged,
    pending: FromQuery[bool | None] = None,
    in_state: Annotated[MachineState | None, QueryParameter(name="state")] = None,
    enrolled_by: Annotated[Way | None, QueryParameter(name="enrolledBy")] = None,
    expired: FromQuery[bool | None] = None,
    q: Sought = None,
) -> CountedPage[MachineView]:
    """List machines, newest first.

    `q` is any part of a name, hostname or address. `sort` is one of registeredAt, name, state, lastSeenAt,
    grants, projects, expiresAt.
    """
    return await list_machines(
        request.core,
        request.person,
        page,
        pending=pending,
        state=in_state,
        way=enrolled_by,
        expired=expired,
        q=q,
    )


@get("/machines/counts", operation_id="countMachines", opt={"operation": people(MACHINES_VIEW)})
async def count(request: ApiRequest) -> MachineCounts:
    """Count the machines in each state."""
    return await count_machines(request.core, request.person)


@get(
    "/machines/{machine_id:str}",
    operation_id="readMachine",
    opt={"operation": people(MACHINE_VIEW)},
    response_headers=ETAG,
)
async def read(request: ApiRequest, machine_id: FromPath[str]) -> Response[MachineView]:
    """Return one machine."""
    return single(await read_machine(request.core, request.person, machine_id))


@get(
    "/machines/{machine_id:str}/usage",
    operation_id="readMachineUsage",
    opt={"operation": people(MACHINE_VIEW)},
)
async def read_use(request: ApiRequest, machine_id: FromPath[str]) -> MachineUse:
    """Return what a machine read in the last hour, and when and from where it last read."""
    return await read_machine_use(request.core, request.person, machine_id)


@patch(
    "/machines/{machine_id:str}",
    operation_id="updateMachine",
    opt={"operation": people(MACHINE_RENAME)},
    response_headers=ETAG,
)
async def rename(
    request: ApiRequest,
    machine_id: FromPath[str],
    data: JSONBody[NewName],
    if_match: IfMatch = None,
) -> Response[MachineView]:
    """Rename a machine; the old name stays in its history."""
    view = await rename_machine(
        request.core, request.person, machine_id, name=data.name, if_match=revision(if_match)
    )
    return single(view)


@post(
    "/machines/{machine_id:str}/revoke",
    operation_id="revokeMachine",
    opt={"operation": people(MACHINE_REVOKE)},
    status_code=204,
)
async def revoke(request: ApiRequest, machine_id: FromPath[str]) -> None:
    """Revoke a machine and its access. Its key can never be registered again."""
    await revoke_machine(request.core, request.person, machine_id)


@post(
    "/machines/{machine_id:str}/approve",
    operation_id="approveMachine",
    opt={"operation": people(MACHINE_APPROVE)},
    status_code=200,
    response_headers=ETAG,
)
async def approve(
    request: ApiRequest, machine_id: FromPath[str], data: JSONBody[Approval]
) -> Response[MachineView]:
    """Approve a pending machine. Compare its fingerprint first."""
    view = await approve_machine(request.core, request.person, machine_id, replaces=data.replaces)
    return single(view)


@post(
    "/machines/{machine_id:str}/deny",
    operation_id="denyMachine",
    opt={"operation": people(MACHINE_DENY)},
    status_code=204,
)
async def deny(request: ApiRequest, machine_id: FromPath[str]) -> None:
    """Deny a pending machine."""
    await deny_machine(request.core, request.person, machine_id)


@post(
    "/machines/{machine_id:str}/enable",
    operation_id="enableMachine",
    opt={"operation": people(MACHINE_ENABLE)},
    status_code=200,
    response_headers=ETAG,
)
async def enable(request: ApiRequest, machine_id: FromPath[str]) -> Response[MachineView]:
    """Enable a machine."""
    return single(await enable_machine(request.core, request.person, machine_id))


@post(
    "/machines/{machine_id:str}/disable",
    operation_id="disableMachine",
    opt={"operation": people(MACHINE_DISABLE)},
    status_code=200,
    response_headers=ETAG,
)
async def disable(request: ApiRequest, machine_id: FromPath[str]) -> Response[MachineView]:
    """Disable a machine. Its access is kept until it is enabled again."""
    return single(await disable_machine(request.core, request.person, machine_id))


HANDLERS: list[Any] = [
    *(bootstrap, list_all, count, read, read_use, rename, revoke),
    *(approve, deny, enable, disable),
]
