"""A secret's versions: replace, rotate, roll back, list; its rotation settings (S-6, S-8, X-1)."""

from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody

from strongroom_api.answers import ETAG, IfMatch, revision, single
from strongroom_api.bodies import VALUE_SIZE, Body
from strongroom_api.callers import ApiRequest
from strongroom_api.human.lists import PAGED, Paged
from strongroom_api.human.secrets import Generation
from strongroom_core.access.actions.secrets import (
    ROTATION_DELETE,
    ROTATION_QUEUE,
    ROTATION_SET,
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
from strongroom_core.secrets.rotation import delete_rotation, queue_rotation, set_rotation
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


class RotationSettings(Body, kw_only=True, frozen=True):
    """How each rotation generates the value, and for which fields of a structured secret."""

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


@put(
    "/secrets/{secret_id:str}/rotation",
    operation_id="setRotation",
    opt={"operation": people(ROTATION_SET)},
    status_code=200,
    response_headers=ETAG,
)
async def set_settings(
    request: ApiRequest,
    secret_id: FromPath[str],
    data: JSONBody[RotationSettings],
    if_match: IfMatch = None,
) -> Response[SecretView]:
    """Set how a rotation generates the secret's next value. Nothing is rotated yet."""
    view = await set_rotation(
        request.core,
        request.person,
        SecretId(secret_id),
        Recipe(data.length, data.charset),
        fields=data.fields,
        if_match=revision(if_match),
    )
    return single(view)


@delete(
    "/secrets/{secret_id:str}/rotation",
    operation_id="deleteRotation",
    opt={"operation": people(ROTATION_DELETE)},
    status_code=200,
    response_headers=ETAG,
)
async def delete_settings(
    request: ApiRequest, secret_id: FromPath[str], if_match: IfMatch = None
) -> Response[SecretView]:
    """Delete a secret's rotation settings, and its queued rotation, if there is one."""
    view = await delete_rotation(
        request.core, request.person, SecretId(secret_id), if_match=revision(if_match)
    )
    return single(view)


@post(
    "/secrets/{secret_id:str}/rotation/queue",
    operation_id="queueRotation",
    opt={"operation": people(ROTATION_QUEUE)},
    status_code=200,
    response_headers=ETAG,
)
async def queue(request: ApiRequest, secret_id: FromPath[str]) -> Response[SecretView]:
    """Queue a rotation with the secret's settings. In a frozen project, it waits until it is unfrozen."""
    return single(await queue_rotation(request.core, request.person, SecretId(secret_id)))


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


HANDLERS: list[Any] = [list_all, replace, rotate, set_settings, delete_settings, queue, restore]
