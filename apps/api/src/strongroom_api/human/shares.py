"""Shares and drop boxes of a vault: creating, listing and revoking them (T-1, T-4, T-6)."""

from datetime import timedelta
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.human.lists import PAGED, Paged, Sought
from strongroom_api.human.secrets import Generation
from strongroom_api.links.qr_code import QrCode, qr_code
from strongroom_core.access.actions.shares import (
    DROP_BOX_CREATE,
    DROP_BOX_REVOKE,
    DROP_BOXES_VIEW,
    PROJECT_SHARE,
    SHARE_CREATE,
    SHARE_REVOKE,
    SHARE_VIEW,
    SHARES_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.kernel.ids import DropBoxId, ProjectId, SecretId, ShareId
from strongroom_core.kernel.page import CountedPage
from strongroom_core.kernel.view import View
from strongroom_core.shares import create as sharing
from strongroom_core.shares.content import NewContent
from strongroom_core.shares.drop_boxes import (
    create_drop_box,
    list_drop_boxes,
    revoke_drop_box,
)
from strongroom_core.shares.listing import count_shares, list_shares, read_share, revoke_share
from strongroom_core.shares.views import DropBoxView, ShareCounts, ShareState, ShareView

SHARE_SIZE = 768 * 1024
"""The limit, in bytes, for a body that contains a share of up to 100 KB. JSON can turn one byte into six."""


class NewShareBody(Body, kw_only=True, frozen=True):
    """A share to create: with a value, with a file in base64, or generated.

    `label` is only for the list; the recipient doesn't see it. After `tries` wrong passphrases, the share is
    deleted.
    """

    value: str | None = None
    file_name: str | None = None
    file_content: str | None = None
    generate: Generation | None = None
    label: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    lifetime_seconds: Annotated[int, msgspec.Meta(ge=60, le=24 * 3600)] = 3600
    tries: Annotated[int, msgspec.Meta(ge=1, le=sharing.MOST_TRIES)] = 1

    def content(self) -> NewContent:
        """Return the content."""
        return NewContent(
            text=self.value,
            file_name=self.file_name,
            file_content=self.file_content,
            recipe=None if self.generate is None else self.generate.recipe(),
        )


class NewShareAnswer(View):
    """A new share. Its link and passphrase are returned only once. Send them through different channels.

    `qr` is the link as a QR code, for a phone.
    """

    share: ShareView
    url: str
    passphrase: str
    qr: QrCode

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class NewDropBoxBody(Body, kw_only=True, frozen=True):
    """A drop box to create. `overwrite` must be true, because it replaces the secret's value."""

    overwrite: bool = False
    lifetime_seconds: Annotated[int, msgspec.Meta(ge=60, le=7 * 24 * 3600)] = 24 * 3600


class NewDropBoxAnswer(View):
    """A new drop box. Its link is returned only once. `qr` is the link as a QR code, for a phone."""

    drop_box: DropBoxView
    url: str
    qr: QrCode

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


@post(
    "/shares",
    operation_id="createShare",
    opt={"operation": people(SHARE_CREATE)},
    status_code=201,
    request_max_body_size=SHARE_SIZE,
)
async def create(request: ApiRequest, data: JSONBody[NewShareBody]) -> NewShareAnswer:
    """Create a share: a value that one person outside the vault can see once, with a link and passphrase."""
    return await _create(request, data, None)


@post(
    "/projects/{project_id:str}/shares",
    operation_id="createProjectShare",
    opt={"operation": people(PROJECT_SHARE)},
    status_code=201,
    request_max_body_size=SHARE_SIZE,
)
async def create_in_project(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[NewShareBody]
) -> NewShareAnswer:
    """Create a share that is listed with a project. The project's access role applies, not the vault role."""
    return await _create(request, data, ProjectId(project_id))


async def _create(
    request: ApiRequest, data: NewShareBody, project: ProjectId | None
) -> NewShareAnswer:
    core = request.core
    made = await sharing.create_share(
        core,
        request.person,
        data.content(),
        label=data.label,
        project=project,
        lifetime=timedelta(seconds=data.lifetime_seconds),
        tries=data.tries,
    )
    url = f"{core.settings.public_url}/s/{made.locator}#{made.key}"
    return NewShareAnswer(share=made.share, url=url, passphrase=made.passphrase, qr=qr_code(url))


@get(
    "/shares",
    operation_id="listShares",
    opt={"operation": people(SHARES_VIEW)},
    dependencies=PAGED,
)
async def list_all(
    request: ApiRequest,
    *,
    page: Paged,
    in_state: Annotated[ShareState | None, QueryParameter(name="state")] = None,
    project: FromQuery[str | None] = None,
    q: Sought = None,
) -> CountedPage[ShareView]:
    """List shares, newest first. Their links and passphrases aren't stored.

    `q` is any part of a label or a creator's name. `sort` is one of createdAt, expiresAt, state.
    """
    return await list_shares(
        request.core,
        request.person,
        page,
        state=in_state,
        project=None if project is None else ProjectId(project),
        q=q,
    )


@get("/shares/counts", operation_id="countShares", opt={"operation": people(SHARES_VIEW)})
async def count(request: ApiRequest, project: FromQuery[str | None] = None) -> ShareCounts:
    """Count the shares in each state."""
    wanted = None if project is None else ProjectId(project)
    return await count_shares(request.core, request.person, project=wanted)


@get(
    "/shares/{share_id:str}",
    operation_id="readShare",
    opt={"operation": people(SHARE_VIEW)},
)
async def read(request: ApiRequest, share_id: FromPath[str]) -> ShareView:
    """Return one share, including whether it was opened or how else it ended."""
    return await read_share(request.core, request.person, ShareId(share_id))


@post(
    "/shares/{share_id:str}/revoke",
    operation_id="revokeShare",
    opt={"operation": people(SHARE_REVOKE)},
    status_code=200,
)
async def revoke(request: ApiRequest, share_id: FromPath[str]) -> ShareView:
    """Revoke a pending share. Its content is deleted."""
    return await revoke_share(request.core, request.person, ShareId(share_id))


@post(
    "/secrets/{secret_id:str}/drop-boxes",
    operation_id="createDropBox",
    opt={"operation": people(DROP_BOX_CREATE)},
    status_code=201,
)
async def create_box(
    request: ApiRequest, secret_id: FromPath[str], data: JSONBody[NewDropBoxBody]
) -> NewDropBoxAnswer:
    """Create a drop box: a link with which someone without an account can submit a value, once."""
    core = request.core
    made = await create_drop_box(
        core,
        request.person,
        SecretId(secret_id),
        overwrite=data.overwrite,
        lifetime=timedelta(seconds=data.lifetime_seconds),
    )
    url = f"{core.settings.public_url}/d/{made.locator}#{made.key}"
    return NewDropBoxAnswer(drop_box=made.drop_box, url=url, qr=qr_code(url))


@get(
    "/secrets/{secret_id:str}/drop-boxes",
    operation_id="listDropBoxes",
    opt={"operation": people(DROP_BOXES_VIEW)},
    dependencies=PAGED,
)
async def list_boxes(
    request: ApiRequest, secret_id: FromPath[str], *, page: Paged
) -> CountedPage[DropBoxView]:
    """List a secret's drop boxes, newest first. `sort` is createdAt."""
    return await list_drop_boxes(request.core, request.person, SecretId(secret_id), page)


@post(
    "/secrets/{secret_id:str}/drop-boxes/{drop_box_id:str}/revoke",
    operation_id="revokeDropBox",
    opt={"operation": people(DROP_BOX_REVOKE)},
    status_code=200,
)
async def revoke_box(
    request: ApiRequest, secret_id: FromPath[str], drop_box_id: FromPath[str]
) -> DropBoxView:
    """Revoke a pending drop box."""
    return await revoke_drop_box(
        request.core, request.person, SecretId(secret_id), DropBoxId(drop_box_id)
    )


HANDLERS: list[Any] = [
    *(create, create_in_project, list_all, count, read, revoke),
    *(create_box, list_boxes, revoke_box),
]
