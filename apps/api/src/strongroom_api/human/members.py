"""Members, their roles, suspension, removal, and ownership (O-1 to O-5)."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from strongroom_api.answers import ETAG, IfMatch, revision, single
from strongroom_api.bodies import Body, given
from strongroom_api.callers import ApiRequest
from strongroom_api.human.lists import PAGED, Paged
from strongroom_core.access.actions.members import (
    MEMBER_LEAVE,
    MEMBER_REMOVE,
    MEMBER_RESUME,
    MEMBER_SUSPEND,
    MEMBER_UPDATE,
    MEMBER_VIEW,
    MEMBERS_VIEW,
    OWNERSHIP_TRANSFER,
    PROJECT_MEMBERS_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.kernel.page import CountedPage
from strongroom_core.members.listing import (
    list_holders,
    list_members,
    list_project_members,
    read_member,
)
from strongroom_core.members.manage import (
    MemberChanges,
    remove_member,
    resume_member,
    suspend_member,
    update_member,
)
from strongroom_core.members.ownership import leave_vault, transfer_ownership
from strongroom_core.members.preview import preview_member
from strongroom_core.members.views import (
    Holder,
    MemberInDetail,
    MemberStatus,
    MemberView,
    Preview,
    ProjectMember,
    Removed,
)

PartOfName: TypeAlias = Annotated[
    str | None, QueryParameter(description="Any part of a username, ignoring case.")
]
OfStatus: TypeAlias = Annotated[
    MemberStatus | None, QueryParameter(description="Only members with this status.")
]
OfVaultRole: TypeAlias = Annotated[
    str | None,
    QueryParameter(name="vaultRole", description="A built-in vault role, or a custom one's ID."),
]
OfAccessRole: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        name="accessRole", description="An access role's ID, or `none` for members without one."
    ),
]
TakeOver: TypeAlias = Annotated[
    bool,
    QueryParameter(
        name="takeOver",
        description="Whether their drop boxes become yours, and act with your rights; otherwise these end.",
    ),
]


InProject: TypeAlias = Annotated[
    str | None,
    QueryParameter(description="A project's ID, to get the secrets that they see there too."),
]


class MemberWish(Body, kw_only=True, frozen=True):
    """What to change. An empty or null access role or end is removed. `endsAt` ends the membership."""

    vault_role: str | msgspec.UnsetType = msgspec.UNSET
    access_role_id: str | msgspec.UnsetType | None = msgspec.UNSET
    ends_at: datetime | msgspec.UnsetType | None = msgspec.UNSET

    def to_core(self) -> MemberChanges:
        """Return what the use case takes."""
        ends_at = None if self.ends_at is msgspec.UNSET else self.ends_at
        return MemberChanges(
            vault_role=None if self.vault_role is msgspec.UNSET else self.vault_role,
            access_role=given(self.access_role_id),
            ends_at=ends_at,
            endless=self.ends_at is None,
        )


class MemberSuspension(Body, kw_only=True, frozen=True):
    """A short reason, for the audit log."""

    reason: str | None = None


class Transfer(Body, kw_only=True, frozen=True):
    """Whether you also stay an owner and, if not, your own roles afterwards."""

    stay_owner: bool = False
    vault_role: str = "admin"
    access_role_id: str | None = None


@get(
    "/members",
    operation_id="listMembers",
    opt={"operation": people(MEMBERS_VIEW)},
    dependencies=PAGED,
)
async def list_all(
    request: ApiRequest,
    *,
    page: Paged,
    q: PartOfName = None,
    status: OfStatus = None,
    vault_role: OfVaultRole = None,
    access_role: OfAccessRole = None,
) -> CountedPage[MemberView]:
    """List the vault's members, by username.

    `sort` is one of username, vaultRole, accessRole, joinedAt, lastActiveAt.
    """
    return await list_members(
        request.core,
        request.person,
        page,
        q=q,
        status=status,
        vault_role=vault_role,
        access_role=access_role,
    )


@get("/members/{member_id:str}", operation_id="readMember", opt={"operation": people(MEMBER_VIEW)})
async def read(request: ApiRequest, member_id: FromPath[str]) -> MemberInDetail:
    """Return a member, how many projects they can open, and what depends on them."""
    return await read_member(request.core, request.person, member_id)


@patch(
    "/members/{member_id:str}",
    operation_id="updateMember",
    opt={"operation": people(MEMBER_UPDATE)},
    response_headers=ETAG,
)
async def update(
    request: ApiRequest,
    member_id: FromPath[str],
    data: JSONBody[MemberWish],
    if_match: IfMatch = None,
) -> Response[MemberView]:
    """Change the roles of a member below you, or the end of the membership, from their next request on."""
    view = await update_member(
        request.core, request.person, member_id, data.to_core(), if_match=revision(if_match)
    )
    return single(view)


@post(
    "/members/{member_id:str}/suspend",
    operation_id="suspendMember",
    opt={"operation": people(MEMBER_SUSPEND)},
    status_code=200,
    response_headers=ETAG,
)
async def suspend(
    request: ApiRequest, member_id: FromPath[str], data: JSONBody[MemberSuspension]
) -> Response[MemberView]:
    """Suspend a member below you. Their next request is denied; nothing they created changes."""
    return single(await suspend_member(request.core, request.person, member_id, reason=data.reason))


@post(
    "/members/{member_id:str}/resume",
    operation_id="resumeMember",
    opt={"operation": people(MEMBER_RESUME)},
    status_code=200,
    response_headers=ETAG,
)
async def resume(request: ApiRequest, member_id: FromPath[str]) -> Response[MemberView]:
    """End a member's suspension."""
    return single(await resume_member(request.core, request.person, member_id))


@delete(
    "/members/{member_id:str}",
    operation_id="removeMember",
    opt={"operation": people(MEMBER_REMOVE)},
    status_code=200,
)
async def remove(
    request: ApiRequest, member_id: FromPath[str], take_over: TakeOver = False
) -> Removed:
    """Remove a member below you from the vault. Their account, events and machines are kept."""
    return await remove_member(request.core, request.person, member_id, take_over=take_over)


@post(
    "/members/{member_id:str}/make-owner",
    operation_id="transferOwnership",
    opt={"operation": people(OWNERSHIP_TRANSFER)},
    status_code=200,
    response_headers=ETAG,
)
async def transfer(
    request: ApiRequest, member_id: FromPath[str], data: JSONBody[Transfer]
) -> Response[MemberView]:
    """Make a member an owner, and give up ownership yourself or keep it. Needs step-up authentication."""
    view = await transfer_ownership(
        request.core,
        request.person,
        member_id,
        stay_owner=data.stay_owner,
        vault_role=data.vault_role,
        access_role=data.access_role_id,
    )
    return single(view)


@post(
    "/leave-vault",
    operation_id="leaveVault",
    opt={"operation": people(MEMBER_LEAVE)},
    status_code=204,
)
async def leave(request: ApiRequest) -> None:
    """Leave the vault in which you act. The last owner can't leave."""
    await leave_vault(request.core, request.person)


@get(
    "/projects/{project_id:str}/members",
    operation_id="listProjectMembers",
    opt={"operation": people(PROJECT_MEMBERS_VIEW)},
)
async def of_project(request: ApiRequest, project_id: FromPath[str]) -> list[ProjectMember]:
    """Return the active members who can open a project, with their rights there."""
    return await list_project_members(request.core, request.person, ProjectId(project_id))


@get(
    "/capabilities/{capability:str}/members",
    operation_id="listHolders",
    opt={"operation": people(MEMBERS_VIEW)},
)
async def holders(request: ApiRequest, capability: FromPath[str]) -> list[Holder]:
    """Return the active members who have a capability, and where they have it."""
    return await list_holders(request.core, request.person, capability)


@get(
    "/members/{member_id:str}/preview",
    operation_id="previewMember",
    opt={"operation": people(MEMBER_VIEW)},
)
async def preview(
    request: ApiRequest, member_id: FromPath[str], project: InProject = None
) -> Preview:
    """Return what a member can see and do, as far as you can see it too."""
    return await preview_member(request.core, request.person, member_id, project=project)


HANDLERS: list[Any] = [
    preview,
    *(list_all, read, update, suspend, resume, remove),
    *(transfer, leave, of_project, holders),
]
