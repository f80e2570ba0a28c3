"""One application: its environments, each a project, and its settings."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.empty import empty
from strongroom_dashboard.components.fields import area_field, hidden_field, text_field
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.components.shell import Crumb, Tab
from strongroom_dashboard.components.table import foot, table
from strongroom_dashboard.pages.allowed import allowed_button
from strongroom_dashboard.pages.anew import anew
from strongroom_dashboard.pages.frame import screen
from strongroom_dashboard.pages.loaded import loaded
from strongroom_dashboard.pages.projects import (
    COLUMNS,
    DESCRIPTION_LENGTH,
    NAME_LENGTH,
    project_line,
)
from strongroom_dashboard.states.application import ApplicationScreen

ADD, DELETE = "add-environment", "delete-application"


def page() -> rx.Component:
    """Return the page of an application."""
    found = ApplicationScreen
    href = "/applications/" + found.id
    return screen(
        found,
        rx.cond(found.settings, loaded(found, _settings()), _environments()),
        anew(_add(), found.id, found.missing),
        _delete(),
        current="secrets",
        title=rx.cond(found.problem != "", "Application", found.name),
        sentence=found.sentence,
        crumbs=(
            Crumb("Secrets", "/projects"),
            Crumb(found.name),
        ),
        tabs=(
            Tab("Environments", href, count=found.rows.length(), current=~found.settings),
            Tab("Settings", href + "?tab=settings", current=found.settings),
        ),
        actions=(
            rx.cond(
                found.settings,
                rx.fragment(),
                allowed_button(
                    "Add environment", found.why_not_change, icon="plus", tone="primary", opens=ADD
                ),
            ),
        ),
    )


def _environments() -> rx.Component:
    found = ApplicationScreen
    return table(
        *COLUMNS,
        rows=found.rows,
        row=project_line,
        caption="Environments in their order",
        collapses=True,
        class_name="shelves",
        loading=~found.ready,
        empty=empty(
            "No environment yet",
            "Each environment is a project with secrets and a key of its own.",
            allowed_button("Add environment", found.why_not_change, icon="plus", opens=ADD),
            icon="layers",
        ),
        foot=foot(
            found.rows.length(),
            noun=rx.cond(found.rows.length() == 1, "environment", "environments"),
            extra=found.secrets,
        ),
    )


def _settings() -> rx.Component:
    found = ApplicationScreen
    return rx.el.div(
        anew(_names(), found.name, found.description),
        card(
            rx.el.div(
                rx.el.p(
                    rx.cond(
                        found.holds != "",
                        found.holds,
                        "It holds no project. Deleting it cannot be undone; its name is free again.",
                    ),
                    class_name="muted grow",
                ),
                allowed_button(
                    "Delete application", found.why_not_delete, tone="danger-quiet", opens=DELETE
                ),
                class_name="row wrap",
            ),
            title="Delete this application",
        ),
        class_name="stack gap-5 settings",
    )


def _names() -> rx.Component:
    found = ApplicationScreen
    return card(
        change(
            text_field("name", "Name", value=found.name, required=True, longest=NAME_LENGTH),
            area_field(
                "description",
                "Description",
                value=found.description,
                rows=2,
                longest=DESCRIPTION_LENGTH,
                empty="null",
                help="One sentence, shown below the name.",
            ),
            problems(),
            rx.el.div(submit("Save application"), class_name="row"),
            action="/api/applications/" + found.id,
            method="PATCH",
            sends="changed",
            if_match=found.revision,
            says="{name} was saved.",
            class_name="stack gap-4",
        ),
        title="Name",
    )


def _add() -> rx.Component:
    found = ApplicationScreen
    return form_dialog(
        hidden_field("applicationId", found.id),
        text_field(
            "environment",
            "Environment",
            value=found.missing,
            required=True,
            longest=NAME_LENGTH,
            first=True,
            messages={"missing": "Name the environment, such as staging."},
        ),
        text_field(
            "name",
            "Project name",
            value=found.missing,
            required=True,
            longest=NAME_LENGTH,
            help="Usually the environment's.",
            messages={"missing": "Name the project; usually as the environment."},
        ),
        id=ADD,
        title=rx.fragment("Add an environment to ", found.name),
        sentence="It becomes a project with a key of its own, without any secret.",
        verb="Add environment",
        action="/api/projects",
        says="{name} was added.|It has no secret yet.",
        then="/projects/{id}",
        recorded_as="project_create",
    )


def _delete() -> rx.Component:
    found = ApplicationScreen
    return confirm(
        id=DELETE,
        title=rx.fragment("Delete ", found.name, "?"),
        sentence="It holds no project, so no secret goes with it. It cannot be undone.",
        verb="Delete application",
        action="/api/applications/" + found.id,
        method="DELETE",
        if_match=found.revision,
        body="none",
        says="The application was deleted.",
        then="/projects",
        recorded_as="application_delete",
    )
