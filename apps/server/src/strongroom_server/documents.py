"""Write the pages of the documentation that come from the code.

``python -m strongroom_server.documents`` writes them into `docs/` of the checkout it is run in;
``--check`` changes nothing and fails when one of them is not what the code says.
"""

import sys
from pathlib import Path

import click

from strongroom_api.documents import render

PAGES = {Path("docs/authorization.md"): render}


@click.command()
@click.option("--check", is_flag=True, help="Only compare.")
def main(*, check: bool) -> None:
    """Write the generated pages, or compare them."""
    stale = [page for page, written in PAGES.items() if not _is_current(page, written())]
    if check:
        for page in stale:
            click.echo(f"{page} is not what the code says: run `just docs`", err=True)
        sys.exit(1 if stale else 0)
    for page in stale:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(PAGES[page](), encoding="utf-8")
        click.echo(f"wrote {page}")


def _is_current(page: Path, text: str) -> bool:
    return page.is_file() and page.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    main()
