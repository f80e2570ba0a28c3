"""`strongroom open`: opens a page of the dashboard in the browser."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import (
    Choices,
    output_option,
    pass_choices,
    person_options,
    project_option,
)
from strongroom_cli.failures import NOT_FOUND, Failure
from strongroom_cli.output import JSON, PLAIN, write_json, write_line
from strongroom_cli.phrases import near

if TYPE_CHECKING:
    from strongroom.admin import Admin

_PAGES = {
    "overview": "/",
    "projects": "/projects",
    "secrets": "/projects",
    "machines": "/machines",
    "audit": "/audit",
    "alerts": "/alerts",
    "shares": "/shares",
    "trash": "/trash",
    "settings": "/settings",
    "security": "/security",
    "docs": "/docs",
}


@click.command(name="open")
@click.argument("what", metavar="[PAGE|PATH|MACHINE]", default="overview")
@click.option("--no-browser", is_flag=True, help="Only print the URL.")
@output_option(JSON, PLAIN)
@project_option
@person_options
@pass_choices
def command(choices: Choices, what: str, *, no_browser: bool) -> None:
    """Open the dashboard in the browser, and print the URL: of a page, a project, a secret or a machine.

    \b
    Pages: overview, projects, machines, audit, alerts, shares, trash,
           settings, security, docs
    """  # noqa: D301 -- click reads a backspace as "keep these lines"
    from strongroom_cli.browser import open_page  # noqa: PLC0415 -- see main
    from strongroom_cli.person import acting, find_profile  # noqa: PLC0415 -- the same

    if what in _PAGES:
        url = find_profile(choices).server + _PAGES[what]
    else:
        with acting(choices) as admin:
            url = admin.key.server + _page_of(choices, admin, what)
    if choices.output == JSON:
        write_json({"url": url})
    else:
        write_line(url)
    if not no_browser:
        open_page(choices, url)


def _page_of(choices: Choices, admin: Admin, typed: str) -> str:
    """Return the path of the page for a project, a secret or a machine. Raises `Failure`."""
    from strongroom import AccessDenied, NotFound  # noqa: PLC0415 -- already loaded
    from strongroom_cli.person import find_place, settings_of  # noqa: PLC0415 -- see main

    typed = typed.rstrip("/")
    is_name = "/" not in typed and not typed.startswith("sk_")
    if is_name or typed.count("/") == 1:
        with suppress(NotFound):
            return f"/projects/{admin.find_project(typed).id}"
    if is_name:
        # Not everyone who has a key can see machines.
        with suppress(NotFound, AccessDenied):
            return f"/machines/{admin.find_machine(typed).id}"
        if settings_of(choices, admin.key.vault_id).project.value is None:
            raise _nothing(admin, typed)
    secret = find_place(choices, admin, typed).required()
    return f"/projects/{secret.project_id}?secret={secret.id}"


def _nothing(admin: Admin, name: str) -> Failure:
    """Return the failure if nothing has this name."""
    from strongroom import AccessDenied  # noqa: PLC0415 -- already loaded
    from strongroom_cli.addresses import application_given  # noqa: PLC0415 -- see main
    from strongroom_cli.person import project_addresses  # noqa: PLC0415 -- the same

    projects = project_addresses(admin)
    known = [*_PAGES, *projects]
    with suppress(AccessDenied):
        known += [each.name for each in admin.list_machines(limit=200).items]
    return application_given(name, projects, wanted="project") or Failure(
        f"no page, project or machine has the name {name}",
        near(name, known, otherwise="see `strongroom projects` and `strongroom machines`"),
        exit_code=NOT_FOUND,
    )
