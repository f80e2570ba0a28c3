"""All applications and projects."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.badge import environment, frozen_badge
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.dialog import form_dialog
from strongroom_dashboard.components.empty import empty
from strongroom_dashboard.components.fields import (
    area_field,
    list_field,
    select_field,
    text_field,
)
from strongroom_dashboard.components.filter import filter_chip, filter_menu, search_box, toolbar
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import Column, cell, foot, row_of, table
from strongroom_dashboard.components.time import time
from strongroom_dashboard.pages.allowed import allowed_button
from strongroom_dashboard.pages.asked_dialog import asked_dialog
from strongroom_dashboard.pages.frame import screen
from strongroom_dashboard.states.projects import ProjectRow, Projects

NEW_APPLICATION, NEW_PROJECT = "new-application", "new-project"
NAME_LENGTH, DESCRIPTION_LENGTH = 100, 1000

COLUMNS = (
    Column("Name"),
    Column("Secrets", width="104px", numeric=True),
    Column("Machines", width="104px", numeric=True),
    Column("Last read", width="150px"),
    Column("State", width="180px"),
)


def page() -> rx.Component:
    """Return the list of everything that holds secrets."""
    return screen(
        Projects,
        rx.cond(Projects.nothing_yet, _nothing_yet(), _list()),
        new_application(),
        new_project(),
        asked_dialog(Projects.asked),
        current="secrets",
        title="Secrets",
        sentence=Projects.sentence,
        crumbs=(Crumb("Secrets"),),
        actions=(
            allowed_button(
                "New project", Projects.why_not_create, icon="folder-plus", opens=NEW_PROJECT
            ),
            allowed_button(
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
            search_box("Search projects", value=Projects.q),
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
        table(
            *COLUMNS,
            rows=Projects.rows,
            row=_row,
            caption="Applications with their environments, and projects that stand alone",
            loading=~Projects.ready,
            empty=empty(
                "Nothing fits",
                "No application or project has this name and these filters.",
                button("Show all", href="/projects"),
                icon="search-x",
            ),
            foot=foot(
                Projects.shown,
                of=Projects.total,
                noun=rx.cond(Projects.total == "1", "project", "projects"),
                older=Projects.older,
                newer=Projects.newer,
                older_text="Next",
                newer_text="First",
            ),
            collapses=True,
            class_name="shelves",
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
    """Return the line of a project, as every list of projects has it."""
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
                rx.fragment(),
            )
        ),
        key=row.key,
    )


def unit(text: str) -> rx.Component:
    """Return what a number counts, for a phone, where the table has no head."""
    return rx.el.span(text, class_name="unit")


def _nothing_yet() -> rx.Component:
    return empty(
        "Nothing holds a secret yet",
        "A project is a set of secrets under a key of its own. An application is one project per"
        " environment, so that production is never read by what runs in staging.",
        allowed_button(
            "New application",
            Projects.why_not_create,
            icon="plus",
            tone="primary",
            opens=NEW_APPLICATION,
        ),
        allowed_button("New project", Projects.why_not_create, opens=NEW_PROJECT),
        icon="layers",
    )


def new_application() -> rx.Component:
    """Return the dialog that makes an application with a project per environment."""
    return form_dialog(
        text_field(
            "name",
            "Name",
            required=True,
            longest=NAME_LENGTH,
            first=True,
            placeholder="checkout-api",
            messages={"missing": "Give it the name people use for the service."},
        ),
        list_field(
            "environments",
            "Environments",
            value="development, staging, production",
            help="One project each, in this order, separated by commas. Any names do; more can be"
            " added later.",
        ),
        area_field("description", "Description", rows=2, longest=DESCRIPTION_LENGTH),
        id=NEW_APPLICATION,
        title="New application",
        sentence="Each environment becomes a project with a key of its own.",
        verb="Create application",
        action="/api/applications",
        says="{name} was created.|Its environments are ready for secrets.",
        then="/applications/{id}",
        recorded_as="application_create",
    )


def new_project() -> rx.Component:
    """Return the dialog that makes one project, alone or in an application."""
    return form_dialog(
        text_field(
            "name",
            "Name",
            required=True,
            longest=NAME_LENGTH,
            first=True,
            placeholder="office-tools",
            messages={"missing": "Give the project a name."},
        ),
        select_field(
            "applicationId",
            "Application",
            Projects.applications,
            blank="None: it stands alone",
        ),
        text_field(
            "environment",
            "Environment",
            longest=NAME_LENGTH,
            placeholder="production",
            help="Inside an application each project has one. Standing alone it is a label.",
        ),
        area_field("description", "Description", rows=2, longest=DESCRIPTION_LENGTH),
        id=NEW_PROJECT,
        title="New project",
        sentence="A project is a set of secrets under a key of its own.",
        verb="Create project",
        action="/api/projects",
        says="{name} was created.|It has no secret yet.",
        then="/projects/{id}",
        recorded_as="project_create",
    )
