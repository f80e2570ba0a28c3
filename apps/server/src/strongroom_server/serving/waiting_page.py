"""The page shown while the dashboard isn't available, with the reason and what to do about it.

It is a single file that reloads itself without a script, in the dashboard's colors.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from typing import Any

from strongroom_dashboard.content_policy import page_headers, source_of

AGAIN_SECONDS = 2
"""Seconds until the page reloads, and until a program should retry."""

_STYLE = """
:root { color-scheme: light dark; --canvas: #f8f6f1; --ink: #1c211e; --ink-2: #555347;
  --line: #c6bfae; --well: #f1eee7; --seal: #0e3a32; --face: #fefdfb; --index: #dcb35a }
@media (prefers-color-scheme: dark) { :root { --canvas: #0f1516; --ink: #eeeadf; --ink-2: #b8bbb1;
  --line: #344041; --well: #1b2324; --seal: #83d1bd; --face: #0f1516; --index: #0f1516 } }
body { margin: 0; min-height: 100vh; display: grid; place-content: center; padding: 32px;
  box-sizing: border-box; background: var(--canvas); color: var(--ink);
  font: 16px/24px ui-sans-serif, system-ui, "Segoe UI", sans-serif }
main { max-width: 34rem }
svg { width: 40px; height: 40px; display: block; margin-bottom: 24px }
.seal { fill: var(--seal) } .face { fill: var(--face) } .rule { stroke: var(--seal) }
.mark { stroke: var(--index) }
h1 { margin: 0 0 16px; padding-bottom: 16px; border-bottom: 3px double var(--line);
  font: 450 36px/40px "Iowan Old Style", Georgia, serif }
p { margin: 0 0 12px } .then { color: var(--ink-2) }
code { background: var(--well); border-radius: 4px; padding: 1px 5px;
  font: .93em ui-monospace, "SF Mono", Consolas, monospace }
"""

_SEAL = (
    '<svg viewBox="0 0 32 32" aria-hidden="true"><circle class="seal" cx="16" cy="16" r="14.5"/>'
    '<circle class="face" cx="16" cy="16" r="9.4"/>'
    '<path class="rule" d="M9.8 14.3h12.4M9.8 18h12.4" stroke-width="1.8"/>'
    '<path class="mark" d="M16 2.2v5.4" stroke-width="2.2" stroke-linecap="round"/></svg>'
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{seconds}">
<meta name="robots" content="noindex">
<title>{title} · Strongroom</title>
<style>{style}</style>
</head>
<body>
<main aria-live="polite">
{seal}
<h1>{title}</h1>
<p>{text}</p>
<p class="then">{then}</p>
</main>
</body>
</html>
"""

_POLICY = (
    f"default-src 'none'; style-src {source_of(_STYLE.encode())}; frame-ancestors 'none';"
    " base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The page's content: a headline, a sentence, and what happens next. `backquoted` text is code."""

    title: str
    text: str
    then: str = "This page reloads automatically."

    def html(self) -> bytes:
        """Return the page."""
        page = _PAGE.format(
            seconds=AGAIN_SECONDS,
            style=_STYLE,
            seal=_SEAL,
            title=escape(self.title),
            text=_with_code(self.text),
            then=_with_code(self.then),
        )
        return page.encode()


async def send_waiting(waiting: Waiting, scope: dict[str, Any], send: Any, *, https: bool) -> None:
    """Respond with 503 and the page."""
    body = waiting.html()
    await send(
        {
            "type": "http.response.start",
            "status": HTTPStatus.SERVICE_UNAVAILABLE.value,
            "headers": [
                (b"content-type", b"text/html; charset=utf-8"),
                (b"content-length", str(len(body)).encode()),
                (b"cache-control", b"no-store"),
                (b"retry-after", str(AGAIN_SECONDS).encode()),
                *page_headers(_POLICY, https=https),
            ],
        }
    )
    shown = b"" if scope["method"] == "HEAD" else body
    await send({"type": "http.response.body", "body": shown, "more_body": False})


def _with_code(text: str) -> str:
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))
