"""Serves the OpenAPI document, only as JSON: a page for browsing it would load scripts from other sites."""

from typing import Any

from litestar import Response, get

from strongroom_api.callers import ApiRequest
from strongroom_core.access.operations import strangers


@get("/openapi.json", operation_id="readOpenapi", opt={"operation": strangers(None)})
async def read(request: ApiRequest) -> Response[dict[str, Any]]:
    """Return the description of all operations (OpenAPI 3.1)."""
    return Response(request.app.state.document(), media_type="application/json")


HANDLERS: list[Any] = [read]
