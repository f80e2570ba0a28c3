"""Serves the reference for both APIs: a page, a style sheet and a script. Nothing comes from another host."""

from importlib.resources import files
from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from strongroom_api.callers import ApiRequest
from strongroom_api.errors import NoSuchRoute
from strongroom_core.access.operations import strangers

_TYPES = {"reference.css": "text/css", "reference.js": "text/javascript"}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
"""A page may load only the reference's style sheet and script, and the dashboard's typefaces."""


@get("/docs", operation_id="readReference", opt={"operation": strangers(None)})
async def read(request: ApiRequest) -> Response[bytes]:
    """Return the reference for both APIs as a page."""
    headers = {"Content-Security-Policy": POLICY}
    return Response(request.app.state.reference(), media_type="text/html", headers=headers)


@get("/docs/{name:str}", operation_id="readReferenceFile", opt={"operation": strangers(None)})
async def read_file(name: FromPath[str]) -> Response[bytes]:
    """Return the reference's style sheet or script."""
    if name not in _TYPES:
        raise NoSuchRoute
    content = files("strongroom_api.reference").joinpath("assets", name).read_bytes()
    return Response(content, media_type=_TYPES[name])


HANDLERS: list[Any] = [read, read_file]
