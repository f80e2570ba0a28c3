"""Vault roles and access roles (O-1, O-2)."""

from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from strongroom_api.answers import CREATED, ETAG, IfMatch, revision, single
from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.human.members import InProject
from strongroom_core.access.actions.members import (
    ACCESS_ROLE_CREATE,
    ACCESS_ROLE_DELETE,
    ACCESS_ROLE_UPDATE,
    ACCESS_ROLE_VIEW,
    ROLES_VIEW,
    VAULT_ROLE_CREATE,
    VAULT_ROLE_DELETE,
    VAULT_ROLE_UPDATE,
    VAULT_ROLE_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.members.access_roles import (
    AccessRoleWish,
    AccessWish,
    create_access_role,
    delete_access_role,
    list_access_roles,
    read_access_role,
    update_access_role,
)
from strongroom_core.members.preview import preview_access, preview_roles
from strongroom_core.members.vault_roles import (
    create_vault_role,
    delete_vault_role,
    list_vault_roles,
    read_vault_role,
    update_vault_role,
)
from strongroom_core.members.views import (
    AccessRoles,
    AccessRoleView,
    Preview,
    VaultRoles,
    VaultRoleView,
)

PreviewedVaultRole: TypeAlias = Annotated[
    str | None,
    QueryParameter(name="vaultRole", description="A built-in vault role, or a custom one's ID."),
]
PreviewedAccessRole: TypeAlias = Annotated[
    str | None, QueryParameter(name="accessRole", description="An access role's ID.")
]


class AccessBody(Body, kw_only=True, frozen=True):
    """What an access role gives: everything, or lists of applications and projects, and the rights there.

    `overrides` replaces the rights in the environments that it names.
    """

    everywhere: bool = False
    application_ids: list[str] = msgspec.field(default_factory=list[str])
    project_ids: list[str] = msgspec.field(default_factory=list[str])
    rights: list[str] = msgspec.field(default_factory=list[str])
    overrides: dict[str, list[str]] = msgspec.field(default_factory=dict[str, list[str]])

    def given(self) -> dict[str, Any]:
        """Return the members as the use cases name them."""
        return {
            "everywhere": self.everywhere,
            "applications": self.application_ids,
            "projects": self.project_ids,
            "rights": self.rights,
            "overrides": self.overrides,
        }


class AccessRoleBody(AccessBody, kw_only=True, frozen=True):
    """An access role: its name and what it gives."""

    name: str

    def to_core(self) -> AccessRoleWish:
        """Return what the use case takes."""
        return AccessRoleWish(name=self.name, **self.given())


class VaultRoleBody(Body, kw_only=True, frozen=True):
    """A custom vault role's name and capabilities."""

    name: str
    capabilities: list[str]


@get("/access-roles", operation_id="listAccessRoles", opt={"operation": people(ROLES_VIEW)})
async def list_access(request: ApiRequest) -> AccessRoles:
    """Return the vault's access roles, the names of all rights, and presets for new roles."""
    return await list_access_roles(request.core, request.person)


@post(
    "/access-roles",
    operation_id="createAccessRole",
    opt={"operation": people(ACCESS_ROLE_CREATE)},
    status_code=201,
    response_headers=CREATED,
)
async def create_access(
    request: ApiRequest, data: JSONBody[AccessRoleBody]
) -> Response[AccessRoleView]:
    """Create an access role. You need every right that it gives, in the same scope."""
    view = await create_access_role(request.core, request.person, data.to_core())
    return single(view, made_at=f"/api/access-roles/{view.id}")


@get(
    "/access-roles/{access_role_id:str}",
    operation_id="readAccessRole",
    opt={"operation": people(ACCESS_ROLE_VIEW)},
    response_headers=ETAG,
)
async def read_access(
    request: ApiRequest, access_role_id: FromPath[str]
) -> Response[AccessRoleView]:
    """Return one access role."""
    return single(await read_access_role(request.core, request.person, access_role_id))


@put(
    "/access-roles/{access_role_id:str}",
    operation_id="updateAccessRole",
    opt={"operation": people(ACCESS_ROLE_UPDATE)},
    response_headers=ETAG,
)
async def update_access(
    request: ApiRequest,
    access_role_id: FromPath[str],
    data: JSONBody[AccessRoleBody],
    if_match: IfMatch = None,
) -> Response[AccessRoleView]:
    """Replace an access role. Takes effect with its members' next requests. Nobody edits their own role."""
    view = await update_access_role(
        request.core,
        request.person,
        access_role_id,
        data.to_core(),
        if_match=revision(if_match),
    )
    return single(view)


@delete(
    "/access-roles/{access_role_id:str}",
    operation_id="deleteAccessRole",
    opt={"operation": people(ACCESS_ROLE_DELETE)},
    status_code=204,
)
async def delete_access(
    request: ApiRequest, access_role_id: FromPath[str], if_match: IfMatch = None
) -> None:
    """Delete an access role that no member and no invitation has."""
    await delete_access_role(
        request.core, request.person, access_role_id, if_match=revision(if_match)
    )


@get("/vault-roles", operation_id="listVaultRoles", opt={"operation": people(ROLES_VIEW)})
async def list_vault(request: ApiRequest) -> VaultRoles:
    """Return the built-in vault roles, the vault's own, and all capabilities."""
    return await list_vault_roles(request.core, request.person)


@post(
    "/vault-roles",
    operation_id="createVaultRole",
    opt={"operation": people(VAULT_ROLE_CREATE)},
    status_code=201,
    response_headers=CREATED,
)
async def create_vault(
    request: ApiRequest, data: JSONBody[VaultRoleBody]
) -> Response[VaultRoleView]:
    """Create a custom vault role that can do less than your own."""
    view = await create_vault_role(
        request.core, request.person, name=data.name, capabilities=data.capabilities
    )
    return single(view, made_at=f"/api/vault-roles/{view.id}")


@get(
    "/vault-roles/{vault_role_id:str}",
    operation_id="readVaultRole",
    opt={"operation": people(VAULT_ROLE_VIEW)},
    response_headers=ETAG,
)
async def read_vault(request: ApiRequest, vault_role_id: FromPath[str]) -> Response[VaultRoleView]:
    """Return one custom vault role."""
    return single(await read_vault_role(request.core, request.person, vault_role_id))


@put(
    "/vault-roles/{vault_role_id:str}",
    operation_id="updateVaultRole",
    opt={"operation": people(VAULT_ROLE_UPDATE)},
    response_headers=ETAG,
)
async def update_vault(
    request: ApiRequest,
    vault_role_id: FromPath[str],
    data: JSONBody[VaultRoleBody],
    if_match: IfMatch = None,
) -> Response[VaultRoleView]:
    """Replace a custom vault role. Takes effect with its members' next requests."""
    view = await update_vault_role(
        request.core,
        request.person,
        vault_role_id,
        name=data.name,
        capabilities=data.capabilities,
        if_match=revision(if_match),
    )
    return single(view)


@delete(
    "/vault-roles/{vault_role_id:str}",
    operation_id="deleteVaultRole",
    opt={"operation": people(VAULT_ROLE_DELETE)},
    status_code=204,
)
async def delete_vault(
    request: ApiRequest, vault_role_id: FromPath[str], if_match: IfMatch = None
) -> None:
    """Delete a custom vault role that no member and no invitation has."""
    await delete_vault_role(
        request.core, request.person, vault_role_id, if_match=revision(if_match)
    )


@get("/role-preview", operation_id="previewRoles", opt={"operation": people(ROLES_VIEW)})
async def preview(
    request: ApiRequest,
    *,
    vault_role: PreviewedVaultRole = None,
    access_role: PreviewedAccessRole = None,
    project: InProject = None,
) -> Preview:
    """Return what someone with these roles could see and do, as far as you can see it too."""
    return await preview_roles(
        request.core,
        request.person,
        vault_role=vault_role,
        access_role=access_role,
        project=project,
    )


@post(
    "/role-preview",
    operation_id="previewAccess",
    opt={"operation": people(ROLES_VIEW)},
    status_code=200,
)
async def preview_unsaved(
    request: ApiRequest, data: JSONBody[AccessBody], *, project: InProject = None
) -> Preview:
    """Return what someone with an access role like this could see and do, without saving it.

    You need every right that it gives, in the same scope, as for creating it.
    """
    wish = AccessWish(**data.given())
    return await preview_access(request.core, request.person, wish, project=project)


HANDLERS: list[Any] = [
    *(preview, preview_unsaved),
    *(list_access, create_access, read_access, update_access, delete_access),
    *(list_vault, create_vault, read_vault, update_vault, delete_vault),
]
