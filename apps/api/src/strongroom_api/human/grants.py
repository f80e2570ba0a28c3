"""Attachments and grants: which machine can read which projects, and which of their secrets (M-9)."""

from typing import Any, Literal

from litestar import delete, get, patch, put
from litestar.params import FromPath, JSONBody

from strongroom_api.bodies import VALUE_SIZE, Body
from strongroom_api.callers import ApiRequest
from strongroom_api.human.lists import PAGED, Paged, Sought
from strongroom_core.access.actions.machines import (
    GRANTS_CHANGE,
    GRANTS_SET,
    MACHINE_ATTACH,
    MACHINE_DETACH,
    MACHINE_VIEW,
)
from strongroom_core.access.actions.projects import PROJECT_VIEW
from strongroom_core.access.actions.secrets import SECRET_VIEW
from strongroom_core.access.operations import people
from strongroom_core.grants.attachments import (
    attach_machine,
    detach_machine,
    list_attachments,
    list_machine_projects,
)
from strongroom_core.grants.manage import Reach, Wanted, change_grants, list_grants, set_grants
from strongroom_core.grants.readers import list_readers
from strongroom_core.grants.views import AttachmentView, GrantsChanged, GrantsSet, ReaderView
from strongroom_core.kernel.ids import ProjectId, SecretId
from strongroom_core.kernel.page import CountedPage, Items

PLACE = "/projects/{project_id:str}/machines/{machine_id:str}"


class WantedGrant(Body, kw_only=True, frozen=True):
    """A secret to grant. `fields` limits the grant of a structured secret to some of its fields."""

    secret_id: str
    fields: list[str] | None = None


class WantedGrants(Body, kw_only=True, frozen=True):
    """Everything that the machine can read in this project from now on."""

    grants: list[WantedGrant]


class AccessChange(Body, kw_only=True, frozen=True):
    """A machine's access to a secret: all of it, none, or the listed fields of a structured secret."""

    machine_id: str
    secret_id: str
    access: Literal["all", "none"] | list[str]

    @property
    def reach(self) -> Reach:
        """Return the access to grant or to remove."""
        fields = self.access if isinstance(self.access, list) else None
        return Reach(self.machine_id, self.secret_id, fields)


class AccessChanges(Body, kw_only=True, frozen=True):
    """Access to grant and access to remove. Everything else stays as it is."""

    changes: list[AccessChange]


@get(
    "/projects/{project_id:str}/machines",
    operation_id="listAttachments",
    opt={"operation": people(PROJECT_VIEW)},
    dependencies=PAGED,
)
async def list_all(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    page: Paged,
    q: Sought = None,
) -> CountedPage[AttachmentView]:
    """List the machines attached to a project, by name.

    `q` is any part of a name, hostname or address. `sort` is one of machineName, machineEnabled, grants,
    lastSeenAt, attachedAt.
    """
    return await list_attachments(request.core, request.person, ProjectId(project_id), page, q=q)


@get(
    "/machines/{machine_id:str}/projects",
    operation_id="listProjectsOfMachine",
    opt={"operation": people(MACHINE_VIEW)},
)
async def list_projects(request: ApiRequest, machine_id: FromPath[str]) -> Items[AttachmentView]:
    """List the projects to which a machine is attached."""
    found = await list_machine_projects(request.core, request.person, machine_id)
    return Items(items=found)


@put(
    PLACE, operation_id="attachMachine", opt={"operation": people(MACHINE_ATTACH)}, status_code=200
)
async def attach(
    request: ApiRequest, project_id: FromPath[str], machine_id: FromPath[str]
) -> AttachmentView:
    """Attach an approved machine to a project. It can't read anything yet."""
    return await attach_machine(
        request.core, request.person, ProjectId(project_id), machine=machine_id
    )


@delete(
    PLACE, operation_id="detachMachine", opt={"operation": people(MACHINE_DETACH)}, status_code=204
)
async def detach(request: ApiRequest, project_id: FromPath[str], machine_id: FromPath[str]) -> None:
    """Detach a machine. This revokes its grants in the project."""
    await detach_machine(request.core, request.person, ProjectId(project_id), machine=machine_id)


@get(f"{PLACE}/grants", operation_id="listGrants", opt={"operation": people(PROJECT_VIEW)})
async def read(
    request: ApiRequest, project_id: FromPath[str], machine_id: FromPath[str]
) -> GrantsSet:
    """List what a machine can read in a project."""
    found = await list_grants(
        request.core, request.person, ProjectId(project_id), machine=machine_id
    )
    return GrantsSet(grants=found, ignored=[])


@get(
    "/secrets/{secret_id:str}/readers",
    operation_id="listReaders",
    opt={"operation": people(SECRET_VIEW)},
    dependencies=PAGED,
)
async def read_readers(
    request: ApiRequest,
    secret_id: FromPath[str],
    *,
    page: Paged,
    q: Sought = None,
) -> CountedPage[ReaderView]:
    """List the machines that can read a secret, by name.

    `q` is any part of a name, hostname or address. `sort` is one of machineName, grantedAt.
    """
    return await list_readers(request.core, request.person, SecretId(secret_id), page, q=q)


@put(
    f"{PLACE}/grants",
    operation_id="setGrants",
    opt={"operation": people(GRANTS_SET)},
    status_code=200,
)
async def replace(
    request: ApiRequest,
    project_id: FromPath[str],
    machine_id: FromPath[str],
    data: JSONBody[WantedGrants],
) -> GrantsSet:
    """Replace a machine's access in a project. It can then read exactly these secrets.

    If the machine isn't attached yet, it is attached, which also needs `machines.attach`.
    """
    return await set_grants(
        request.core,
        request.person,
        ProjectId(project_id),
        machine=machine_id,
        wanted=[Wanted(each.secret_id, each.fields) for each in data.grants],
    )


@patch(
    "/projects/{project_id:str}/grants",
    operation_id="updateGrants",
    opt={"operation": people(GRANTS_CHANGE)},
    request_max_body_size=VALUE_SIZE,
)
async def change(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[AccessChanges]
) -> GrantsChanged:
    """Grant machines access to secrets in a project, and remove access, all or nothing.

    Access that the request doesn't mention stays as it is. If a machine or secret doesn't exist, nothing
    changes, and the error names it. Machines that aren't attached yet are attached, which also needs
    `machines.attach`.
    """
    return await change_grants(
        request.core,
        request.person,
        ProjectId(project_id),
        give=[each.reach for each in data.changes if each.access != "none"],
        take=[each.reach for each in data.changes if each.access == "none"],
    )


HANDLERS: list[Any] = [list_all, list_projects, attach, detach, read, read_readers, replace, change]
