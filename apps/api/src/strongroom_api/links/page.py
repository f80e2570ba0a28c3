"""The pages that recipients of links open. Each is one file that contains its style and script.

While the server can't serve links, for example because it is sealed, `waiting` is shown instead.

One request loads a page. Its policy allows only this style and script, by their hashes, and requests to this
server. The pages are written for phones, and for browsers from 2018 and later.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from strongroom_core.shares.create import PASSPHRASE_WORDS

if TYPE_CHECKING:
    from strongroom_core.settings import Settings

LINKS = ("/s/", "/d/")
WAITING = "waiting"

_BRAND = """<div class="brand"><svg viewBox="0 0 32 32" aria-hidden="true">\
<circle cx="16" cy="16" r="14.5" fill="var(--seal)"/><circle cx="16" cy="16" r="9.4" fill="var(--face)"/>\
<path d="M9.8 14.3h12.4M9.8 18h12.4" stroke="var(--seal)" stroke-width="1.8"/>\
<path d="M16 2.2v5.4" stroke="var(--mark)" stroke-width="2.2" stroke-linecap="round"/></svg>\
<div><b>Strongroom</b><span>{host}</span></div></div>"""
_FOOTER = """<footer>This page doesn't load anything from elsewhere.<br>\
Check the address above with the person who sent the link.{links}</footer>"""


@dataclass(frozen=True, slots=True)
class Page:
    """A page's bytes, and the Content-Security-Policy for it."""

    content: bytes
    policy: str

    @classmethod
    def of(cls, name: str, settings: Settings | None) -> Page:
        """Return the page with this name, with the host and the links from the administrator's settings."""
        host = urlsplit(settings.public_url).netloc if settings is not None else ""
        links = settings.footer_links if settings is not None else ()
        return _page(name, host, links)


@cache
def _page(name: str, host: str, links: tuple[tuple[str, str], ...]) -> Page:
    style = _asset("links.css")
    script = ""
    if name != WAITING:
        script = _asset("common.js") + _asset(f"{name}.js").replace(
            "@{WORDS}", " ".join(PASSPHRASE_WORDS)
        )
    anchors = "".join(
        f' <a href="{escape(url)}" rel="noreferrer">{escape(text)}</a>' for text, url in links
    )
    parts = {
        "STYLE": style,
        "SCRIPT": script,
        "BRAND": _BRAND.format(host=escape(host)),
        "FOOTER": _FOOTER.format(links=f"<br>{anchors}" if anchors else ""),
    }
    page = _asset(f"{name}.html")
    for word, text in parts.items():
        page = page.replace(f"@{{{word}}}", text)
    runs = f" script-src '{_hash(script)}'; connect-src 'self';" if script else ""
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}';{runs} img-src data:; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    )
    return Page(page.encode(), policy)


def _asset(name: str) -> str:
    return files("strongroom_api.links").joinpath("assets", name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
