"""The documentation under `/manual/`, so that the help menu works without another host.

The pages are rendered from the Markdown files in `docs/`, either the checkout's or those included in a
release's package. A request can only select one of a known set of files; its path is never opened.
"""

from __future__ import annotations

import html
import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "manual"
GROUPS = {
    "": "Use",
    "clients": "Clients",
    "operate": "Operate",
    "spec": "Specification",
    "design": "Design",
}
"""The folders of the documentation in the order of the index, with their headings."""

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.25; } code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { overflow-x: auto; padding: .8rem 1rem; border: 1px solid #8886; border-radius: 6px; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid #8886; padding: .3rem .6rem; text-align: left; vertical-align: top; }
a { color: light-dark(#1d6b5c, #7fd0bd); }
"""


class Manual:
    """The documentation in a folder. If the folder is missing, there are no pages."""

    def __init__(self, folder: Path) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.md"))
        }

    def find(self, name: str) -> bytes | None:
        """Return the page with this name, such as `manual/quickstart.md`; `manual` is the index."""
        if not self._files:
            return None
        if name == PREFIX:
            return _page("Documentation", _index(self._files))
        path = self._files.get(name.removeprefix(f"{PREFIX}/")) if "/" in name else None
        return None if path is None else _rendered(path)


@cache
def _rendered(path: Path) -> bytes:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(path.read_text(encoding="utf-8"))
    for opening, inside in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", _anchor(inside.content))
    back = f'<p><a href="/{PREFIX}/">Documentation</a></p>'
    return _page(_title(path), back + markdown.renderer.render(tokens, markdown.options, {}))


def _index(files: Mapping[str, Path]) -> str:
    parts = ["<h1>Documentation</h1>"]
    for folder, heading in GROUPS.items():
        inside = {name: path for name, path in files.items() if name.rpartition("/")[0] == folder}
        links = (
            f'<li><a href="/{PREFIX}/{name}">{html.escape(_title(path))}</a></li>'
            for name, path in inside.items()
        )
        parts.append(f"<h2>{heading}</h2><ul>{''.join(links)}</ul>")
    return "".join(parts)


def _title(path: Path) -> str:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("# ").replace("`", "")


def _anchor(heading: str) -> str:
    """Return a heading's ID by GitHub's rule, which the links in the files rely on."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _page(title: str, body: str) -> bytes:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)} · Strongroom</title><style>{_STYLE}</style>"
        f"<main>{body}</main></html>"
    ).encode()
