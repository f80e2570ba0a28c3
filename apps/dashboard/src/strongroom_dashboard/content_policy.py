"""The headers of the pages: scripts by their hashes, nothing from anywhere else, nobody around them.

Sources: Content Security Policy Level 3 (W3C); Referrer Policy; the Fetch standard on CORP and COOP.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Pairs = list[tuple[bytes, bytes]]

_INLINE = re.compile(rb"<script(?![^>]*\bsrc\s*=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)

_ALWAYS: Pairs = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
]
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


def policy_for(pages: Iterable[bytes]) -> str:
    """Return the Content-Security-Policy under which these HTML pages work, and no other script does.

    `style-src` allows inline styles, because React sets some and emotion writes the rest; no style
    can send anything away, since images and fonts come from here only. `connect-src 'self'` covers
    the websocket too, in browsers since 2022.
    """
    scripts = {found for page in pages for found in _INLINE.findall(page)}
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src 'self'", *sorted(map(source_of, scripts))]),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ]
    )


def source_of(text: bytes) -> str:
    """Return the source expression that allows exactly this inline script or style."""
    return f"'sha256-{b64encode(hashlib.sha256(text).digest()).decode()}'"


def page_headers(policy: str, *, https: bool) -> Pairs:
    """Return what every answer with a page or a part of one carries. HSTS only over TLS."""
    headers = [(b"content-security-policy", policy.encode()), *_ALWAYS]
    return [*headers, _HSTS] if https else headers
