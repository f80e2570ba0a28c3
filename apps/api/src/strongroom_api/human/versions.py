"""A secret's versions: write one, generate one, go back to one, list them (S-6, S-8)."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from strongroom_api.answers import ETAG, Answer, IfMatch, PageAnswer, revision, several, single
from strongroom_api.bodies import VALUE_SIZE, Body
from strongroom_api.callers import ApiRequest
from strongroom_api.human.secrets import Generation, SecretAnswer
from strongroom_core.kernel.ids import SecretId
from strongroom_core.kernel.page import PageRequest
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.generate import USUAL, Charset, Recipe
from strongroom_core.secrets.replace import replace_secret, rotate_secret
from strongroom_core.secrets.versions import list_versions, roll_back

HIGHEST_VERSION = 2**31 - 1


class VersionAnswer(Answer, kw_only=True, frozen=True):
    """One version. `restored` is the number of the one that a rollback brought back."""

    number: int
    origin: str
    restored: int | None
    field_names: list[str]
    actor_kind: str
    actor_name: str
    created_at: datetime
    current: bool


class NewValue(Body, kw_only=True, frozen=True):
    """A new value. Of a structured secret the named fields change, and blank ones are generated."""

    value: str | None = None
    fields: dict[str, str | None] | None = None
    generate: Generation | None = None
    remove_fields: list[str] = msgspec.field(default_factory=list[str])


class Rotation(Body, kw_only=True, frozen=True):
    """How the new value is generated, and into which fields of a structured secret it goes."""

    length: int = USUAL
    charset: Charset = Charset.SYMBOLS
    fields: list[str] = msgspec.field(default_factory=list[str])


class Rollback(Body, kw_only=True, frozen=True):
    """The version whose value is to be live again."""

    version: Annotated[int, msgspec.Meta(ge=1, le=HIGHEST_VERSION)]


@get("/secrets/{secret_id:str}/versions", operation_id="listVersions")
async def list_all(
    request: ApiRequest,
    secret_id: FromPath[str],
    limit: FromQuery[int | None] = None,
    cursor: FromQuery[str | None] = None,
) -> PageAnswer[VersionAnswer]:
    """List the versions that are kept, newest first."""
    page = PageRequest.parse(limit=limit, cursor=cursor, keys=1)
    found = await list_versions(request.core, request.person, SecretId(secret_id), page)
    return several(found, VersionAnswer)


@put(
    "/secrets/{secret_id:str}/value",
    operation_id="replaceSecret",
    response_headers=ETAG,
    request_max_body_size=VALUE_SIZE,
)
async def replace(
    request: ApiRequest,
    secret_id: FromPath[str],
    data: JSONBody[NewValue],
    if_match: IfMatch = None,
) -> Response[SecretAnswer]:
    """Write a new version with the value or the fields given."""
    recipe = None if data.generate is None else data.generate.recipe()
    view = await replace_secret(
        request.core,
        request.person,
        SecretId(secret_id),
        Content(data.value, data.fields, recipe),
        removed_fields=data.remove_fields,
        if_match=revision(if_match),
    )
    return single(view, SecretAnswer)


@post(
    "/secrets/{secret_id:str}/rotate",
    operation_id="rotateSecret",
    status_code=200,
    response_headers=ETAG,
)
async def rotate(
    request: ApiRequest,
    secret_id: FromPath[str],
    data: JSONBody[Rotation],
    if_match: IfMatch = None,
) -> Response[SecretAnswer]:
    """Write a new version with a generated value."""
    view = await rotate_secret(
        request.core,
        request.person,
        SecretId(secret_id),
        Recipe(data.length, data.charset),
        fields=data.fields,
        if_match=revision(if_match),
    )
    return single(view, SecretAnswer)


@post(
    "/secrets/{secret_id:str}/rollback",
    operation_id="rollBackSecret",
    status_code=200,
    response_headers=ETAG,
)
async def restore(
    request: ApiRequest,
    secret_id: FromPath[str],
    data: JSONBody[Rollback],
    if_match: IfMatch = None,
) -> Response[SecretAnswer]:
    """Write a new version that has an older one's value."""
    view = await roll_back(
        request.core,
        request.person,
        SecretId(secret_id),
        version=data.version,
        if_match=revision(if_match),
    )
    return single(view, SecretAnswer)


HANDLERS: list[Any] = [list_all, replace, rotate, restore]
