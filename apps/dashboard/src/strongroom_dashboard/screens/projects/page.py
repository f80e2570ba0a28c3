"""All applications and projects."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import DESCRIPTION_LENGTH, NAME_LENGTH
from strongroom_dashboard.components.badge import environment, frozen_badge
from strongroom_dashboard.components.button import button, link
from strongroom_dashboard.components.card import card, rule_list
from strongroom_dashboard.components.dialog import form_dialog
from strongroom_dashboard.components.fields import (
    area_field,
    list_field,
    select_field,
    text_field,
)
from strongroom_dashboard.components.filter import filter_chip, filter_menu, search_box, toolbar
from strongroom_dashboard.components.note import empty
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import Column, cell, row_of, table, unit
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import auto_open_dialog, guarded_button, screen
from strongroom_dashboard.screens.list_parts import foot_of, sortable
from strongroom_dashboard.screens.projects.state import ProjectRow, Projects
from strongroom_dashboard.screens.shell import Shell

NEW_APPLICATION, NEW_PROJECT = "new-application", "new-project"

COLUMNS = (
    Column("Name"),
    Column("Secrets", width="104px", numeric=True),
    Column("Machines", width="104px", numeric=True),
    Column("Last read", width="150px"),
    Column("State", width="180px"),
)

SORTED = (
    sortable(Projects.around, "name", "Name"),
    sortable(Projects.around, "secrets", "Secrets", width="104px", numeric=True),
    sortable(Projects.around, "machines", "Machines", width="104px", numeric=True),
    sortable(Projects.around, "lastReadAt", "Last read", width="150px"),
    sortable(Projects.around, "frozenAt", "State", width="180px"),
)
"""The columns of the sorted list."""


def page() -> rx.Component:
    """Return the page."""
    return screen(
        Projects,
        rx.cond(Projects.nothing_yet, _nothing_yet(), _list()),
        new_application(),
        new_project(),
        auto_open_dialog(Projects.asked),
        current="secrets",
        title="Secrets",
        sentence=Projects.sentence,
        crumbs=(Crumb("Secrets"),),
        actions=(
            guarded_button(
                "New project", Projects.why_not_create, icon="folder-plus", opens=NEW_PROJECT
            ),
            guarded_button(
                "New application",
                Projects.why_not_create,
                icon="plus",
                tone="primary",
                opens=NEW_APPLICATION,
            ),
        ),
    )


def _list() -> rx.Component:
    return rx.fragment(
        toolbar(
            search_box(
                "Search projects and secrets",
                value=Projects.q,
                label="Search projects by any part of a name, environment or description, and secrets",
            ),
            filter_menu(
                "environment",
                "Environment",
                Projects.environments,
                chosen=Projects.environment,
                on=Projects.environment != "",
                clear=Projects.without_environment,
            ),
            rx.cond(
                Projects.only_frozen,
                filter_chip("Frozen only", Projects.without_frozen),
                rx.el.a("Frozen only", href=Projects.with_frozen, class_name="filter"),
            ),
        ),
        rx.cond(Projects.only_secrets, rx.fragment(), _table()),
        rx.cond(Projects.secrets.length() > 0, _matching_secrets()),
    )


def _table() -> rx.Component:
    return table(
        *SORTED,
        rows=Projects.rows,
        row=_row,
        caption="Applications with their environments, and standalone projects",
        loading=~Projects.ready,
        empty=empty(
            "No matching projects",
            "Try another name or fewer filters.",
            button("Show all", href="/projects"),
            icon="search-x",
        ),
        foot=foot_of(Projects.around),
        collapses=True,
        class_name="shelves",
    )


def _matching_secrets() -> rx.Component:
    """Return the secrets that match the search, because people look for secrets here too."""
    return card(
        rule_list(
            rx.foreach(
                Projects.secrets,
                lambda hit: rx.el.li(
                    link(hit["name"], hit["href"], "mono"),
                    rx.el.span(" in ", hit["where"], class_name="muted"),
                    key=hit["href"],
                ),
            )
        ),
        title="Matching secrets",
        aside=rx.cond(
            Projects.more_secrets,
            rx.el.button(
                "Show more in search",
                type="button",
                class_name="textbtn",
                custom_attrs={"data-opens-palette": Projects.q},
            ),
        ),
    )


def _row(row: rx.Var[ProjectRow]) -> rx.Component:
    return rx.cond(row.heads, _application(row), project_line(row))


def _application(row: rx.Var[ProjectRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.a(row.name, href=row.href, class_name="name", custom_attrs={"data-opens": ""}),
            rx.cond(row.sub != "", rx.el.span(row.sub, class_name="sub")),
            col_span=len(COLUMNS),
        ),
        key=row.key,
        class_name="shelf",
        custom_attrs={"data-row": ""},
    )


def project_line(row: rx.Var[ProjectRow]) -> rx.Component:
    """Return a project's row, for any list."""
    return row_of(
        rx.el.td(
            rx.el.a(row.name, href=row.href, class_name="name", custom_attrs={"data-opens": ""}),
            rx.cond(row.environment != "", environment(row.environment)),
            rx.cond(row.sub != "", rx.el.span(row.sub, class_name="sub")),
            class_name=rx.cond(row.indented, "on-shelf", ""),
        ),
        cell(row.secrets, unit(" secrets"), numeric=True),
        cell(row.machines, unit(" machines"), numeric=True),
        cell(
            unit("last read: "),
            time(row.last_read, class_name=rx.cond(row.last_read != "", "", "none")),
        ),
        cell(
            rx.cond(
                row.frozen_since != "",
                rx.el.a(
                    frozen_badge(),
                    " ",
                    time(row.frozen_since),
                    href=row.frozen_href,
                    class_name="frozen-since",
                ),
            )
        ),
        key=row.key,
    )


def _nothing_yet() -> rx.Component:
    none = empty(
        "You can't see any project",
        Shell.no_access + ".",
        icon="folder-lock",
    )
    first = empty(
        "No projects yet",
        "A project holds secrets, encrypted with its own key. An application has one project per"
        " environment, so staging can't read production.",
        guarded_button(
            "New application",
            Projects.why_not_create,
            icon="plus",
            tone="primary",
            opens=NEW_APPLICATION,
        ),
        guarded_button("New project", Projects.why_not_create, opens=NEW_PROJECT),
        icon="layers",
    )
    return rx.cond(Shell.no_access != "", none, first)


def new_application() -> rx.Component:
    """Return the dialog that creates an application, with one project per environment."""
    return form_dialog(
        text_field(
            "name",
            "Name",
            required=True,
            longest=NAME_LENGTH,
            first=True,
            placeholder="checkout-api",
            messages={"missing": "Enter a name, e.g. checkout-api."},
        ),
        list_field(
            "environments",
            "Environments",
            value="development, staging, production",
            help="Comma-separated, in display order. You can add more later.",
        ),
        area_field("description", "Description", rows=2, longest=DESCRIPTION_LENGTH),
        id=NEW_APPLICATION,
        title="New application",
        sentence="Each environment gets its own project and encryption key.",
        verb="Create application",
        action="/api/applications",
        says="{name} created.|Add a secret to its first environment.",
        then="/projects/{projects.0.id}|/applications/{id}",
    )


def new_project() -> rx.Component:
    """Return the dialog that creates a project, standalone or in an application."""
    return form_dialog(
        text_field(
            "name",
            "Name",
            required=True,
            longest=NAME_LENGTH,
            first=True,
            placeholder="office-tools",
            messages={"missing": "Enter a name."},
        ),
        rx.el.p(
            "An application with this name already exists. To add an environment to it, choose it"
            " below. Otherwise, choose"
            " another name, so that paths stay unambiguous.",
            class_name="meta warn-ink",
            role="status",
            hidden=True,
            custom_attrs={"data-like": Projects.application_names},
        ),
        select_field(
            "applicationId",
            "Application",
            Projects.applications,
            blank="No application",
        ),
        text_field(
            "environment",
            "Environment",
            longest=NAME_LENGTH,
            placeholder="production",
            help="Required inside an application; otherwise just a label.",
        ),
        area_field("description", "Description", rows=2, longest=DESCRIPTION_LENGTH),
        id=NEW_PROJECT,
        title="New project",
        sentence="A project holds secrets, encrypted with its own key.",
        verb="Create project",
        action="/api/projects",
        says="{name} created.|Add your first secret.",
        then="/projects/{id}",
    )
