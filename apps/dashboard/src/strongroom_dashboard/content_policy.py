"""The pages' security headers: scripts by hash, no other origins, no framing.

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
    (b"cross-origin-resource-policy", b"same-origin"),
]
_PAGES: Pairs = [
    (b"cross-origin-opener-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
]
_FILE_POLICY = b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


def policy_for(pages: Iterable[bytes]) -> str:
    """Return the Content-Security-Policy that allows the scripts of these HTML pages and no others.

    `style-src` allows inline styles, because React sets some and emotion writes the rest. Styles can't
    send data elsewhere, because images and fonts may only come from this origin. In browsers since 2022,
    `connect-src 'self'` covers the websocket too.
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
    """Return the source expression that allows exactly this inline script."""
    return f"'sha256-{b64encode(hashlib.sha256(text).digest()).decode()}'"


def page_headers(policy: str, *, https: bool) -> Pairs:
    """Return the headers for pages. HSTS is included only over TLS."""
    headers = [(b"content-security-policy", policy.encode()), *_ALWAYS, *_PAGES]
    return [*headers, _HSTS] if https else headers


def file_headers(*, https: bool) -> Pairs:
    """Return the headers for scripts, styles, fonts and images.

    Their policy applies only if a browser opens such a file as a page, and allows nothing but an image's own
    styles. The pages' policy, with its hashes, would make up a fifth of the first load.
    """
    headers = [(b"content-security-policy", _FILE_POLICY), *_ALWAYS]
    return [*headers, _HSTS] if https else headers
