"""Secrets: list, create, change, delete, restore, permanently delete. No value is returned (S-2, S-7)."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from strongroom_api.answers import CREATED, ETAG, IfMatch, revision, single
from strongroom_api.bodies import VALUE_SIZE, Body, given
from strongroom_api.callers import ApiRequest
from strongroom_api.human.lists import PAGED, Paged, Sought
from strongroom_core.access.actions.secrets import (
    SECRET_CREATE,
    SECRET_DELETE,
    SECRET_PURGE,
    SECRET_RESTORE,
    SECRET_UPDATE,
    SECRET_VIEW,
    SECRETS_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.access.targets import Path
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.ids import ProjectId, SecretId
from strongroom_core.kernel.page import CountedPage
from strongroom_core.secrets.change import Changes, Labels, update_secret
from strongroom_core.secrets.create import Content, create_secret
from strongroom_core.secrets.generate import USUAL, Charset, Recipe
from strongroom_core.secrets.listing import count_secrets, list_secrets, read_secret
from strongroom_core.secrets.trash import delete_secret, purge_secret, restore_secret
from strongroom_core.secrets.values import MOST_FIELDS
from strongroom_core.secrets.views import Facets, LastRead, SecretView


class Generation(Body, kw_only=True, frozen=True):
    """How to generate a value: its length, and its characters."""

    length: int = USUAL
    charset: Charset = Charset.SYMBOLS

    def recipe(self) -> Recipe:
        """Return the recipe. Raises `Invalid` if the length is out of range."""
        return Recipe(self.length, self.charset)


class NewSecret(Body, kw_only=True, frozen=True):
    """A secret to create: with a value, with fields (blank ones are generated), or generated."""

    name: str
    kind: SecretKind = SecretKind.SINGLE
    value: str | None = None
    fields: dict[str, str | None] | None = None
    generate: Generation | None = None
    note: str | None = None
    tags: list[str] = msgspec.field(default_factory=list[str])
    environment: str | None = None


class Restoration(Body, kw_only=True, frozen=True):
    """The machines whose former access is restored: a list of IDs, or "all" for those still attached."""

    give_back: Annotated[list[str], msgspec.Meta(max_length=2000)] | Literal["all"] | None = None


class SecretChanges(Body, kw_only=True, frozen=True):
    """What to change. Absent means unchanged; null or empty removes the member."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    note: str | msgspec.UnsetType | None = msgspec.UNSET
    tags: list[str] | msgspec.UnsetType = msgspec.UNSET
    environment: str | msgspec.UnsetType | None = msgspec.UNSET


@get(
    "/projects/{project_id:str}/secrets",
    operation_id="listSecrets",
    opt={"operation": people(SECRETS_VIEW)},
    dependencies=PAGED,
)
async def list_all(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    page: Paged,
    environment: FromQuery[str | None] = None,
    kind: FromQuery[SecretKind | None] = None,
    tag: FromQuery[str | None] = None,
    q: Sought = None,
    last_read: Annotated[LastRead | None, QueryParameter(name="lastRead")] = None,
    variable: FromQuery[str | None] = None,
) -> CountedPage[SecretView]:
    """List a project's secrets, by name.

    `q` is any part of a name, note, tag or environment. `sort` is one of name, kind, changedAt, createdAt,
    lastReadAt, readCount, readers, version. `variable` matches the secrets that programs see as this
    environment variable. Separate several variables with commas.
    """
    return await list_secrets(
        request.core,
        request.person,
        ProjectId(project_id),
        page,
        environment=environment,
        kind=kind,
        tag=tag,
        q=q,
        last_read=last_read,
        variables=variable.split(",")[:MOST_FIELDS] if variable else None,
    )


@get(
    "/projects/{project_id:str}/secrets/counts",
    operation_id="countSecrets",
    opt={"operation": people(SECRETS_VIEW)},
)
async def count(request: ApiRequest, project_id: FromPath[str]) -> Facets:
    """Count a project's secrets for each filter of the list."""
    return await count_secrets(request.core, request.person, ProjectId(project_id))


@post(
    "/projects/{project_id:str}/secrets",
    operation_id="createSecret",
    opt={"operation": people(SECRET_CREATE)},
    status_code=201,
    response_headers=CREATED,
    request_max_body_size=VALUE_SIZE,
)
async def create(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[NewSecret]
) -> Response[SecretView]:
    """Create a secret with its first version."""
    recipe = None if data.generate is None else data.generate.recipe()
    view = await create_secret(
        request.core,
        request.person,
        ProjectId(project_id),
        name=data.name,
        kind=data.kind,
        content=Content(data.value, data.fields, recipe),
        labels=Labels.parse(note=data.note, tags=data.tags, environment=data.environment),
    )
    return single(view, made_at=f"/api/secrets/{view.id}")


@get(
    "/secrets/{secret_id:str}",
    operation_id="readSecret",
    opt={"operation": people(SECRET_VIEW)},
    response_headers=ETAG,
)
async def read(request: ApiRequest, secret_id: FromPath[str]) -> Response[SecretView]:
    """Return one secret's metadata."""
    return single(await read_secret(request.core, request.person, SecretId(secret_id)))


@get(
    "/secrets/by-path",
    operation_id="readSecretByPath",
    opt={"operation": people(SECRET_VIEW)},
    response_headers=ETAG,
)
async def read_by_path(request: ApiRequest, path: FromQuery[str]) -> Response[SecretView]:
    """Return one secret's metadata by its path: `application/project/NAME` or `project/NAME`."""
    return single(await read_secret(request.core, request.person, Path.of_secret(path)))


@patch(
    "/secrets/{secret_id:str}",
    operation_id="updateSecret",
    opt={"operation": people(SECRET_UPDATE)},
    response_headers=ETAG,
)
async def update(
    request: ApiRequest,
    secret_id: FromPath[str],
    data: JSONBody[SecretChanges],
    if_match: IfMatch = None,
) -> Response[SecretView]:
    """Rename a secret, or change its note, tags and environment label."""
    changes = Changes(
        name=None if data.name is msgspec.UNSET else data.name,
        note=given(data.note),
        tags=None if data.tags is msgspec.UNSET else data.tags,
        environment=given(data.environment),
    )
    view = await update_secret(
        request.core, request.person, SecretId(secret_id), changes, if_match=revision(if_match)
    )
    return single(view)


@delete(
    "/secrets/{secret_id:str}",
    operation_id="deleteSecret",
    opt={"operation": people(SECRET_DELETE)},
    status_code=204,
)
async def remove(request: ApiRequest, secret_id: FromPath[str], if_match: IfMatch = None) -> None:
    """Move a secret to the trash, for 30 days."""
    await delete_secret(
        request.core, request.person, SecretId(secret_id), if_match=revision(if_match)
    )


@post(
    "/secrets/{secret_id:str}/restore",
    operation_id="restoreSecret",
    opt={"operation": people(SECRET_RESTORE)},
    status_code=200,
    response_headers=ETAG,
)
async def restore(
    request: ApiRequest, secret_id: FromPath[str], data: JSONBody[Restoration]
) -> Response[SecretView]:
    """Restore a secret from the trash, with the access that machines had."""
    view = await restore_secret(
        request.core, request.person, SecretId(secret_id), give_back=data.give_back
    )
    return single(view)


@post(
    "/secrets/{secret_id:str}/purge",
    operation_id="purgeSecret",
    opt={"operation": people(SECRET_PURGE)},
    status_code=204,
)
async def purge(request: ApiRequest, secret_id: FromPath[str]) -> None:
    """Permanently delete a trashed secret. Needs step-up authentication."""
    await purge_secret(request.core, request.person, SecretId(secret_id))


HANDLERS: list[Any] = [list_all, count, create, read, read_by_path, update, remove, restore, purge]
