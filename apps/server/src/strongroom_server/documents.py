"""Writes the documentation pages generated from code.

``python -m strongroom_server.documents`` writes them to `docs/` in the current checkout; ``--check`` only
compares, and fails if a page is out of date.
"""

import sys
from pathlib import Path

import click

from strongroom_server import authorization_page, errors_page, organizations_page

PAGES = {
    Path("docs/authorization.md"): authorization_page.render,
    Path("docs/errors.md"): errors_page.render,
    Path("docs/organizations.md"): organizations_page.render,
}


@click.command()
@click.option("--check", is_flag=True, help="Only compare.")
def main(*, check: bool) -> None:
    """Write the generated pages, or compare them."""
    stale = [page for page, written in PAGES.items() if not _is_current(page, written())]
    if check:
        for page in stale:
            click.echo(f"{page} is out of date: run `just docs`", err=True)
        sys.exit(1 if stale else 0)
    for page in stale:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(PAGES[page](), encoding="utf-8")
        click.echo(f"wrote {page}")


def _is_current(page: Path, text: str) -> bool:
    return page.is_file() and page.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    main()
