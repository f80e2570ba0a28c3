"""The headers of every response, and the CORS headers for listed origins."""

from collections.abc import Sequence

from strongroom_core.settings import Settings

Pairs = list[tuple[bytes, bytes]]

_ALWAYS: Pairs = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_ASKED = b"Content-Type, If-Match, X-Strongroom-Client, X-Strongroom-Vault"
_SHOWN = b"ETag, Location, Retry-After, X-Request-Id"
_PREFLIGHT_SECONDS = b"600"


def usual_headers(request_id: str, settings: Settings | None) -> Pairs:
    """Return the headers of every response, with HSTS only if the public URL is https."""
    headers = [(b"x-request-id", request_id.encode()), *_ALWAYS]
    if settings is not None and not settings.is_local:
        headers.append(_HSTS)
    return headers


def cross_origin_headers(
    request: Sequence[tuple[bytes, bytes]], settings: Settings | None
) -> Pairs:
    """Return the CORS headers for a listed origin, and none for any other (A-10).

    Origins are compared literally; there are no wildcards (CVE-2026-25478).
    """
    if settings is None or not settings.cors_origins:
        return []
    origins = [value for name, value in request if name.lower() == b"origin"]
    if len(origins) != 1 or origins[0].decode("latin-1") not in settings.cors_origins:
        return [(b"vary", b"Origin")]
    return [
        (b"vary", b"Origin"),
        (b"access-control-allow-origin", origins[0]),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", _SHOWN),
    ]


def preflight_headers() -> Pairs:
    """Return the headers that tell a browser what a page from a listed origin may send."""
    return [
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", _ASKED),
        (b"access-control-max-age", _PREFLIGHT_SECONDS),
    ]
