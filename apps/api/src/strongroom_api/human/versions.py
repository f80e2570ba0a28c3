"""A secret's versions: replace, rotate, roll back, list (S-6, S-8)."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from strongroom_api.answers import ETAG, IfMatch, revision, single
from strongroom_api.bodies import VALUE_SIZE, Body
from strongroom_api.callers import ApiRequest
from strongroom_api.human.lists import PAGED, Paged
from strongroom_api.human.secrets import Generation
from strongroom_core.access.actions.secrets import (
    SECRET_REPLACE,
    SECRET_ROLLBACK,
    SECRET_ROTATE,
    SECRET_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.kernel.ids import SecretId
from strongroom_core.kernel.page import CountedPage
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.generate import USUAL, Charset, Recipe
from strongroom_core.secrets.replace import replace_secret, rotate_secret
from strongroom_core.secrets.versions import list_versions, roll_back
from strongroom_core.secrets.views import SecretView, VersionView

HIGHEST_VERSION = 2**31 - 1


class NewValue(Body, kw_only=True, frozen=True):
    """A new value. In a structured secret, only the given fields change, and blank ones are generated."""

    value: str | None = None
    fields: dict[str, str | None] | None = None
    generate: Generation | None = None
    remove_fields: list[str] = msgspec.field(default_factory=list[str])


class Rotation(Body, kw_only=True, frozen=True):
    """How to generate the new value, and for which fields of a structured secret."""

    length: int = USUAL
    charset: Charset = Charset.SYMBOLS
    fields: list[str] = msgspec.field(default_factory=list[str])


class Rollback(Body, kw_only=True, frozen=True):
    """The version to roll back to."""

    version: Annotated[int, msgspec.Meta(ge=1, le=HIGHEST_VERSION)]


@get(
    "/secrets/{secret_id:str}/versions",
    operation_id="listVersions",
    opt={"operation": people(SECRET_VIEW)},
    dependencies=PAGED,
)
async def list_all(
    request: ApiRequest,
    secret_id: FromPath[str],
    *,
    page: Paged,
) -> CountedPage[VersionView]:
    """List the kept versions, newest first. `sort` is number."""
    return await list_versions(request.core, request.person, SecretId(secret_id), page)


@post(
    "/secrets/{secret_id:str}/replace",
    operation_id="replaceSecret",
    opt={"operation": people(SECRET_REPLACE)},
    status_code=200,
    response_headers=ETAG,
    request_max_body_size=VALUE_SIZE,
)
async def replace(
    request: ApiRequest,
    secret_id: FromPath[str],
    data: JSONBody[NewValue],
    if_match: IfMatch = None,
) -> Response[SecretView]:
    """Write a new version with the given value or fields."""
    recipe = None if data.generate is None else data.generate.recipe()
    view = await replace_secret(
        request.core,
        request.person,
        SecretId(secret_id),
        Content(data.value, data.fields, recipe),
        removed_fields=data.remove_fields,
        if_match=revision(if_match),
    )
    return single(view)


@post(
    "/secrets/{secret_id:str}/rotate",
    operation_id="rotateSecret",
    opt={"operation": people(SECRET_ROTATE)},
    status_code=200,
    response_headers=ETAG,
)
async def rotate(
    request: ApiRequest,
    secret_id: FromPath[str],
    data: JSONBody[Rotation],
    if_match: IfMatch = None,
) -> Response[SecretView]:
    """Write a new version with a generated value."""
    view = await rotate_secret(
        request.core,
        request.person,
        SecretId(secret_id),
        Recipe(data.length, data.charset),
        fields=data.fields,
        if_match=revision(if_match),
    )
    return single(view)


@post(
    "/secrets/{secret_id:str}/rollback",
    operation_id="rollBackSecret",
    opt={"operation": people(SECRET_ROLLBACK)},
    status_code=200,
    response_headers=ETAG,
)
async def restore(
    request: ApiRequest,
    secret_id: FromPath[str],
    data: JSONBody[Rollback],
    if_match: IfMatch = None,
) -> Response[SecretView]:
    """Roll back: write a new version with an older version's value."""
    view = await roll_back(
        request.core,
        request.person,
        SecretId(secret_id),
        version=data.version,
        if_match=revision(if_match),
    )
    return single(view)


HANDLERS: list[Any] = [list_all, replace, rotate, restore]
