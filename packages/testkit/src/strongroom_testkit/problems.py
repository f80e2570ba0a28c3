"""Problems in Strongroom's format, and responses that other software may send instead (WIRE, section 2)."""

from __future__ import annotations

import json
from typing import Any

_OWN_FORM = {"type": "about:blank", "title": "x", "detail": "x"}


def problem(status: int, code: str, sentence: str = "some reason", **more: Any) -> dict[str, Any]:
    """Return a problem in Strongroom's format."""
    said = {"status": status, "code": code, "error": sentence, "requestId": "req_a1"}
    return {**_OWN_FORM, **said, **more}


def _page(status: int) -> bytes:
    return f"<html><h1>{status}</h1><p>PAGE</p></html>".encode()


_NOT_FOUND = problem(404, "not_found")
FOREIGN: dict[str, tuple[int, bytes]] = {
    **{
        f"a page with {status}": (status, _page(status))
        for status in (
            *(200, 201, 302, 307, 400, 401, 403, 404, 405, 407, 409, 410),
            *(413, 418, 423, 429, 451, 500, 501, 502, 503, 504, 511, 520),
        )
    },
    "traefik": (404, b"404 page not found\n"),
    "ingress-nginx": (404, b"default backend - 404"),
    "an empty 403": (403, b""),
    "kubernetes": (403, b'{"kind":"Status","status":"Failure","reason":"Forbidden","code":403}'),
    "a service with the code not_found": (404, b'{"code":"not_found","message":"no such row"}'),
    "a service with problems": (
        404,
        b'{"type":"about:blank","title":"Not Found","status":404,"code":"not_found"}',
    ),
    "a gateway with 401": (401, b'{"error":"authentication_failed","serverTime":5}'),
    "a problem with another status": (403, json.dumps(_NOT_FOUND).encode()),
    "a code with another status": (403, json.dumps(_NOT_FOUND | {"status": 403}).encode()),
    "an empty object with 200": (200, b"{}"),
    "another health check": (200, b'{"status":"UP"}'),
    "a list with 200": (200, b"[]"),
    "half of JSON": (200, b'{"value": "x'),
    "deep nesting": (404, b"[" * 100_000),
}
"""The status and body of responses that don't come from Strongroom, by their source."""
