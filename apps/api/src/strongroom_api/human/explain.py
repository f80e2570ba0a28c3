"""Explains reads: whether a machine could read a secret, and who can read what (P-3, P-4)."""

from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.human.csv_files import MEDIA_TYPE, write_csv
from strongroom_core.access.actions.machines import MACHINE_VIEW
from strongroom_core.access.actions.projects import PROJECT_VIEW
from strongroom_core.access.actions.secrets import SECRET_VIEW
from strongroom_core.access.operations import people
from strongroom_core.kernel.ids import ProjectId, SecretId
from strongroom_core.kernel.page import Items
from strongroom_core.reading.explain import (
    Access,
    Explanation,
    explain_read,
    list_machine_access,
    list_project_access,
    list_secret_access,
)


class ReadToExplain(Body, kw_only=True, frozen=True):
    """A hypothetical read: by which machine, when, and from which address.

    `at` is now unless given, and `address` is the machine's last address.
    """

    machine_id: str
    at: datetime | None = None
    address: str | None = None


@post(
    "/secrets/{secret_id:str}/explain",
    operation_id="explainRead",
    opt={"operation": people(SECRET_VIEW)},
    status_code=200,
)
async def explain(
    request: ApiRequest, secret_id: FromPath[str], data: JSONBody[ReadToExplain]
) -> Explanation:
    """Explain step by step whether a machine could read a secret. Nothing is read or counted."""
    return await explain_read(
        request.core,
        request.person,
        SecretId(secret_id),
        machine=data.machine_id,
        at=data.at,
        address=data.address,
    )


@get(
    "/secrets/{secret_id:str}/access",
    operation_id="listSecretAccess",
    opt={"operation": people(SECRET_VIEW)},
)
async def of_secret(request: ApiRequest, secret_id: FromPath[str]) -> Items[Access]:
    """List the machines with access to a secret, and whether each can read it now. At most 5,000."""
    found = await list_secret_access(request.core, request.person, SecretId(secret_id))
    return Items(items=found)


@get(
    "/machines/{machine_id:str}/access",
    operation_id="listMachineAccess",
    opt={"operation": people(MACHINE_VIEW)},
)
async def of_machine(request: ApiRequest, machine_id: FromPath[str]) -> Items[Access]:
    """List the secrets to which a machine has access, and whether it can read each now. At most 5,000."""
    return Items(items=await list_machine_access(request.core, request.person, machine_id))


@get(
    "/projects/{project_id:str}/access",
    operation_id="listProjectAccess",
    opt={"operation": people(PROJECT_VIEW)},
)
async def of_project(request: ApiRequest, project_id: FromPath[str]) -> Items[Access]:
    """List all grants of a project's secrets to machines, and whether each can be used now. At most 5,000."""
    found = await list_project_access(request.core, request.person, ProjectId(project_id))
    return Items(items=found)


@get(
    "/secrets/{secret_id:str}/access/export",
    operation_id="exportSecretAccess",
    opt={"operation": people(SECRET_VIEW)},
    media_type=MEDIA_TYPE,
)
async def export_of_secret(request: ApiRequest, secret_id: FromPath[str]) -> Response[bytes]:
    """Export the machines with access to a secret as CSV."""
    found = await list_secret_access(request.core, request.person, SecretId(secret_id))
    return _file(request, "secret", found)


@get(
    "/machines/{machine_id:str}/access/export",
    operation_id="exportMachineAccess",
    opt={"operation": people(MACHINE_VIEW)},
    media_type=MEDIA_TYPE,
)
async def export_of_machine(request: ApiRequest, machine_id: FromPath[str]) -> Response[bytes]:
    """Export the secrets to which a machine has access as CSV."""
    found = await list_machine_access(request.core, request.person, machine_id)
    return _file(request, "machine", found)


@get(
    "/projects/{project_id:str}/access/export",
    operation_id="exportProjectAccess",
    opt={"operation": people(PROJECT_VIEW)},
    media_type=MEDIA_TYPE,
)
async def export_of_project(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """Export all grants of a project's secrets to machines as CSV."""
    found = await list_project_access(request.core, request.person, ProjectId(project_id))
    return _file(request, "project", found)


def _file(request: ApiRequest, what: str, found: list[Access]) -> Response[bytes]:
    name = f"access-{what}-{request.core.clock.now():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(write_csv(Access, found), media_type=MEDIA_TYPE, headers=headers)


HANDLERS: list[Any] = [
    explain,
    of_secret,
    of_machine,
    of_project,
    export_of_secret,
    export_of_machine,
    export_of_project,
]
