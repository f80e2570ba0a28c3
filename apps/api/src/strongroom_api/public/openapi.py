"""Serves the OpenAPI document, as JSON and only so: a page to browse it would load foreign scripts."""

from typing import Any

from litestar import Response, get

from strongroom_api.callers import ApiRequest


@get("/openapi.json", operation_id="readOpenapi")
async def read(request: ApiRequest) -> Response[dict[str, Any]]:
    """Return the description of all operations (OpenAPI 3.1)."""
    return Response(request.app.state.document(), media_type="application/json")


HANDLERS: list[Any] = [read]
