"""Serves the pages that recipients of links open, and the requests of these pages (T-2, T-5, T-6).

A page is the same for every link, whether or not it is still valid: `GET` reads and changes nothing.
"""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from strongroom_api.bodies import VALUE_SIZE, Body
from strongroom_api.callers import ApiRequest
from strongroom_api.links.page import Page
from strongroom_core.access.actions.shares import DROP_BOX_USE, SHARE_OPEN
from strongroom_core.access.operations import strangers
from strongroom_core.shares.hand_in import use_drop_box
from strongroom_core.shares.open import open_share
from strongroom_core.shares.views import OpenedShare


class Opening(Body, kw_only=True, frozen=True):
    """The part of a share's link after `#`, and the share's passphrase."""

    link_key: str
    passphrase: str


class HandIn(Body, kw_only=True, frozen=True):
    """The part of a drop box's link after `#`, and the value to submit."""

    link_key: str
    value: str


@get(
    "/s/{locator:str}",
    operation_id="readSharePage",
    opt={"operation": strangers(None), "any_query": True},
)
async def share_page(request: ApiRequest, locator: FromPath[str]) -> Response[bytes]:  # noqa: ARG001 -- the page is the same for every link
    """Return the page on which a recipient opens a share."""
    return _page(request, "share")


@get(
    "/d/{locator:str}",
    operation_id="readDropBoxPage",
    opt={"operation": strangers(None), "any_query": True},
)
async def drop_box_page(request: ApiRequest, locator: FromPath[str]) -> Response[bytes]:  # noqa: ARG001 -- the page is the same for every link
    """Return the page on which someone submits a value."""
    return _page(request, "drop_box")


@post(
    "/s/{locator:str}/open",
    operation_id="openShare",
    opt={"operation": strangers(SHARE_OPEN), "any_client": True},
    status_code=200,
)
async def open_it(
    request: ApiRequest, locator: FromPath[str], data: JSONBody[Opening]
) -> OpenedShare:
    """Open a share, once. A wrong passphrase uses up a try; after the last try, the share is deleted."""
    return await open_share(
        request.core,
        request.visitor,
        locator=locator,
        key=data.link_key,
        passphrase=data.passphrase,
    )


@post(
    "/d/{locator:str}",
    operation_id="useDropBox",
    opt={"operation": strangers(DROP_BOX_USE), "any_client": True},
    status_code=204,
    request_max_body_size=VALUE_SIZE,
)
async def hand_in(request: ApiRequest, locator: FromPath[str], data: JSONBody[HandIn]) -> None:
    """Submit a secret's next value, once."""
    await use_drop_box(
        request.core, request.visitor, locator=locator, key=data.link_key, value=data.value
    )


def _page(request: ApiRequest, name: str) -> Response[bytes]:
    page = Page.of(name, request.process.known_settings)
    headers = {"Content-Security-Policy": page.policy, "X-Robots-Tag": "noindex, nofollow"}
    return Response(page.content, media_type="text/html", headers=headers)


HANDLERS: list[Any] = [share_page, drop_box_page, open_it, hand_in]
