"""Secrets: found, made, labelled, deleted, restored, purged. Values go in; none comes out (S-2, S-7)."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from strongroom_api.answers import (
    CREATED,
    ETAG,
    Answer,
    IfMatch,
    PageAnswer,
    revision,
    several,
    single,
)
from strongroom_api.bodies import VALUE_SIZE, Body, given
from strongroom_api.callers import ApiRequest
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.ids import ProjectId, SecretId
from strongroom_core.kernel.page import PageRequest
from strongroom_core.secrets.change import Changes, Labels, update_secret
from strongroom_core.secrets.create import Content, create_secret
from strongroom_core.secrets.generate import USUAL, Charset, Recipe
from strongroom_core.secrets.listing import count_secrets, list_secrets, read_secret
from strongroom_core.secrets.trash import delete_secret, purge_secret, restore_secret
from strongroom_core.secrets.views import LastRead


class SecretAnswer(Answer, kw_only=True, frozen=True):
    """A secret's metadata. Never its value; `fieldNames` is empty for a single secret.

    `readers` is the number of machines that hold a grant of it.
    """

    id: str
    project_id: str
    kind: SecretKind
    name: str
    environment: str | None
    note: str | None
    tags: list[str]
    field_names: list[str]
    version: int
    changed_at: datetime
    changed_by: str
    last_read_at: datetime | None
    last_read_by: str | None
    read_count: int
    readers: int
    created_at: datetime
    revision: int


class FacetAnswer(Answer, kw_only=True, frozen=True):
    """Something a list can be narrowed to, and how many secrets that leaves."""

    name: str
    secrets: int


class FacetsAnswer(Answer, kw_only=True, frozen=True):
    """A project's secrets, counted. Of tags and environments the 100 most frequent."""

    secrets: int
    kinds: list[FacetAnswer]
    tags: list[FacetAnswer]
    environments: list[FacetAnswer]
    last_read: list[FacetAnswer]


class Generation(Body, kw_only=True, frozen=True):
    """How a value is to be generated: its length in characters, and what it is made of."""

    length: int = USUAL
    charset: Charset = Charset.SYMBOLS

    def recipe(self) -> Recipe:
        """Return the recipe. Raises `Invalid` for a length out of range."""
        return Recipe(self.length, self.charset)


class NewSecret(Body, kw_only=True, frozen=True):
    """A secret to be made: with a value, with fields (blank ones are generated), or generated."""

    name: str
    kind: SecretKind = SecretKind.SINGLE
    value: str | None = None
    fields: dict[str, str | None] | None = None
    generate: Generation | None = None
    note: str | None = None
    tags: list[str] = msgspec.field(default_factory=list[str])
    environment: str | None = None


class SecretChanges(Body, kw_only=True, frozen=True):
    """What to change. Absent stays as it is; null or empty is removed."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    note: str | msgspec.UnsetType | None = msgspec.UNSET
    tags: list[str] | msgspec.UnsetType = msgspec.UNSET
    environment: str | msgspec.UnsetType | None = msgspec.UNSET


@get("/projects/{project_id:str}/secrets", operation_id="listSecrets")
async def list_all(  # noqa: PLR0917 -- one for each parameter of the query
    request: ApiRequest,
    project_id: FromPath[str],
    environment: FromQuery[str | None] = None,
    kind: FromQuery[SecretKind | None] = None,
    tag: FromQuery[str | None] = None,
    prefix: FromQuery[str | None] = None,
    last_read: Annotated[LastRead | None, QueryParameter(name="lastRead")] = None,
    limit: FromQuery[int | None] = None,
    cursor: FromQuery[str | None] = None,
) -> PageAnswer[SecretAnswer]:
    """List a project's secrets by name. `prefix` is of the name, whatever its case."""
    found = await list_secrets(
        request.core,
        request.person,
        ProjectId(project_id),
        PageRequest.parse(limit=limit, cursor=cursor, keys=2),
        environment=environment,
        kind=kind,
        tag=tag,
        prefix=prefix,
        last_read=last_read,
    )
    return several(found, SecretAnswer)


@get("/projects/{project_id:str}/secrets/counts", operation_id="countSecrets")
async def count(request: ApiRequest, project_id: FromPath[str]) -> FacetsAnswer:
    """Count a project's secrets by what a list of them can be narrowed to."""
    found = await count_secrets(request.core, request.person, ProjectId(project_id))
    return msgspec.convert(found, FacetsAnswer, from_attributes=True)


@post(
    "/projects/{project_id:str}/secrets",
    operation_id="createSecret",
    status_code=201,
    response_headers=CREATED,
    request_max_body_size=VALUE_SIZE,
)
async def create(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[NewSecret]
) -> Response[SecretAnswer]:
    """Make a secret with its first version."""
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
    return single(view, SecretAnswer, made_at=f"/api/secrets/{view.id}")


@get("/secrets/{secret_id:str}", operation_id="readSecret", response_headers=ETAG)
async def read(request: ApiRequest, secret_id: FromPath[str]) -> Response[SecretAnswer]:
    """Return one secret's metadata."""
    view = await read_secret(request.core, request.person, SecretId(secret_id))
    return single(view, SecretAnswer)


@patch("/secrets/{secret_id:str}", operation_id="updateSecret", response_headers=ETAG)
async def update(
    request: ApiRequest,
    secret_id: FromPath[str],
    data: JSONBody[SecretChanges],
    if_match: IfMatch = None,
) -> Response[SecretAnswer]:
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
    return single(view, SecretAnswer)


@delete("/secrets/{secret_id:str}", operation_id="deleteSecret", status_code=204)
async def remove(request: ApiRequest, secret_id: FromPath[str], if_match: IfMatch = None) -> None:
    """Move a secret into the trash, for 30 days."""
    await delete_secret(
        request.core, request.person, SecretId(secret_id), if_match=revision(if_match)
    )


@post(
    "/secrets/{secret_id:str}/restore",
    operation_id="restoreSecret",
    status_code=200,
    response_headers=ETAG,
)
async def restore(request: ApiRequest, secret_id: FromPath[str]) -> Response[SecretAnswer]:
    """Take a secret out of the trash."""
    view = await restore_secret(request.core, request.person, SecretId(secret_id))
    return single(view, SecretAnswer)


@post("/secrets/{secret_id:str}/purge", operation_id="purgeSecret", status_code=204)
async def purge(request: ApiRequest, secret_id: FromPath[str]) -> None:
    """Delete a trashed secret for good. Needs a fresh proof of identity."""
    await purge_secret(request.core, request.person, SecretId(secret_id))


HANDLERS: list[Any] = [list_all, count, create, read, update, remove, restore, purge]
