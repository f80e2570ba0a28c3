"""Attachments and grants: which machine reaches which project, and which secrets of it (M-9)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import delete, get, put
from litestar.params import FromPath, FromQuery, JSONBody

from strongroom_api.answers import Answer, PageAnswer, several
from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_core.grants.attachments import (
    attach_machine,
    detach_machine,
    list_attachments,
    list_machine_projects,
)
from strongroom_core.grants.manage import Wanted, list_grants, set_grants
from strongroom_core.grants.readers import list_readers
from strongroom_core.kernel.ids import ProjectId, SecretId
from strongroom_core.kernel.page import PageRequest

PLACE = "/projects/{project_id:str}/machines/{machine_id:str}"


class AttachmentAnswer(Answer, kw_only=True, frozen=True):
    """A machine attached to a project, and how many of its secrets it was granted."""

    machine_id: UUID
    machine_name: str
    project_id: str
    project_name: str
    attached_at: datetime
    attached_by: str
    grants: int
    secrets: int
    application_name: str | None
    environment: str | None
    frozen_at: datetime | None
    machine_enabled: bool
    last_seen_at: datetime | None


class GrantAnswer(Answer, kw_only=True, frozen=True):
    """A granted secret. `fields` null means all of them."""

    secret_id: str
    secret_name: str
    kind: str
    fields: list[str] | None
    granted_at: datetime
    granted_by: str
    seen_version: int | None


class AttachmentsAnswer(Answer, kw_only=True, frozen=True):
    """The projects a machine is attached to."""

    items: list[AttachmentAnswer]


class GrantsAnswer(Answer, kw_only=True, frozen=True):
    """What a machine may read in a project, and the ids that were ignored."""

    grants: list[GrantAnswer]
    ignored: list[str]


class ReaderAnswer(Answer, kw_only=True, frozen=True):
    """A machine that was granted a secret, with its last read. `fields` null means all of them."""

    machine_id: UUID
    machine_name: str
    enabled: bool
    expires_at: datetime | None
    fields: list[str] | None
    granted_at: datetime
    granted_by: str
    seen_version: int | None
    last_read_at: datetime | None


class WantedGrant(Body, kw_only=True, frozen=True):
    """A secret to be granted; `fields` limits a structured one to some of its fields."""

    secret_id: str
    fields: list[str] | None = None


class WantedGrants(Body, kw_only=True, frozen=True):
    """Exactly what the machine may read in this project from now on."""

    grants: list[WantedGrant]


@get("/projects/{project_id:str}/machines", operation_id="listAttachments")
async def list_all(
    request: ApiRequest,
    project_id: FromPath[str],
    limit: FromQuery[int | None] = None,
    cursor: FromQuery[str | None] = None,
) -> PageAnswer[AttachmentAnswer]:
    """List the machines attached to a project."""
    page = PageRequest.parse(limit=limit, cursor=cursor, keys=2)
    found = await list_attachments(request.core, request.person, ProjectId(project_id), page)
    return several(found, AttachmentAnswer)


@get("/machines/{machine_id:str}/projects", operation_id="listProjectsOfMachine")
async def list_projects(request: ApiRequest, machine_id: FromPath[str]) -> AttachmentsAnswer:
    """List the projects a machine is attached to."""
    found = await list_machine_projects(request.core, request.person, machine_id)
    return AttachmentsAnswer(
        items=msgspec.convert(found, list[AttachmentAnswer], from_attributes=True)
    )


@put(PLACE, operation_id="attachMachine", status_code=200)
async def attach(
    request: ApiRequest, project_id: FromPath[str], machine_id: FromPath[str]
) -> AttachmentAnswer:
    """Attach an approved machine to a project. It can read nothing yet."""
    view = await attach_machine(
        request.core, request.person, ProjectId(project_id), machine=machine_id
    )
    return msgspec.convert(view, AttachmentAnswer, from_attributes=True)


@delete(PLACE, operation_id="detachMachine", status_code=204)
async def detach(request: ApiRequest, project_id: FromPath[str], machine_id: FromPath[str]) -> None:
    """Detach a machine, and take away what it was granted there."""
    await detach_machine(request.core, request.person, ProjectId(project_id), machine=machine_id)


@get(f"{PLACE}/grants", operation_id="listGrants")
async def read(
    request: ApiRequest, project_id: FromPath[str], machine_id: FromPath[str]
) -> GrantsAnswer:
    """List what a machine may read in a project."""
    found = await list_grants(
        request.core, request.person, ProjectId(project_id), machine=machine_id
    )
    grants = msgspec.convert(found, list[GrantAnswer], from_attributes=True)
    return GrantsAnswer(grants=grants, ignored=[])


@get("/secrets/{secret_id:str}/readers", operation_id="listReaders")
async def read_readers(
    request: ApiRequest,
    secret_id: FromPath[str],
    limit: FromQuery[int | None] = None,
    cursor: FromQuery[str | None] = None,
) -> PageAnswer[ReaderAnswer]:
    """List the machines that can read a secret, by name."""
    page = PageRequest.parse(limit=limit, cursor=cursor, keys=2)
    found = await list_readers(request.core, request.person, SecretId(secret_id), page)
    return several(found, ReaderAnswer)


@put(f"{PLACE}/grants", operation_id="setGrants", status_code=200)
async def replace(
    request: ApiRequest,
    project_id: FromPath[str],
    machine_id: FromPath[str],
    data: JSONBody[WantedGrants],
) -> GrantsAnswer:
    """Replace what a machine may read in a project by exactly these secrets."""
    done = await set_grants(
        request.core,
        request.person,
        ProjectId(project_id),
        machine=machine_id,
        wanted=[Wanted(each.secret_id, each.fields) for each in data.grants],
    )
    return msgspec.convert(done, GrantsAnswer, from_attributes=True)


HANDLERS: list[Any] = [list_all, list_projects, attach, detach, read, read_readers, replace]
