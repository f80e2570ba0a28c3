"""One application: its environments, each a project, and its settings."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import DESCRIPTION_LENGTH, NAME_LENGTH
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import area_field, hidden_field, text_field
from strongroom_dashboard.components.form import change, problems
from strongroom_dashboard.components.note import empty
from strongroom_dashboard.components.shell import Crumb, Tab
from strongroom_dashboard.components.table import foot, table
from strongroom_dashboard.screens.application.state import ApplicationScreen
from strongroom_dashboard.screens.frame import guarded_button, remount_on, screen, when_loaded
from strongroom_dashboard.screens.projects.page import (
    COLUMNS,
    project_line,
)

ADD, DELETE = "add-environment", "delete-application"


def page() -> rx.Component:
    """Return an application's page."""
    found = ApplicationScreen
    href = "/applications/" + found.id
    return screen(
        found,
        rx.cond(found.settings, when_loaded(found, _settings()), _environments()),
        remount_on(_add(), found.id, found.missing),
        _delete(),
        current="secrets",
        tab_title=(found.name, rx.cond(found.settings, "Settings", "Environments")),
        title=found.name,
        sentence=found.sentence,
        crumbs=(
            Crumb("Secrets", "/projects"),
            Crumb(found.name),
        ),
        tabs=(
            Tab(
                "Environments",
                href,
                count=rx.cond(found.id != "", found.rows.length().to_string(), ""),
                current=~found.settings,
            ),
            Tab("Settings", href + "?tab=settings", current=found.settings),
        ),
        actions=(
            rx.cond(
                found.settings,
                rx.fragment(),
                guarded_button(
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
        caption="Environments in order",
        collapses=True,
        class_name="shelves",
        loading=~found.ready,
        empty=empty(
            "No environments yet",
            "Each environment is a project with its own secrets and encryption key.",
            guarded_button("Add environment", found.why_not_change, icon="plus", opens=ADD),
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
        remount_on(_names(), found.name, found.description),
        card(
            rx.el.div(
                rx.el.p(
                    rx.cond(
                        found.holds != "",
                        found.holds,
                        "This application is empty. Deleting it can't be undone.",
                    ),
                    class_name="muted grow",
                ),
                guarded_button(
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
            rx.el.div(
                guarded_button(
                    "Save application", found.why_not_change, tone="primary", submit=True
                ),
                class_name="row",
            ),
            action="/api/applications/" + found.id,
            method="PATCH",
            sends="changed",
            if_match=found.revision,
            says="{name} saved.",
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
            messages={"missing": "Enter a name, e.g. staging."},
        ),
        text_field(
            "name",
            "Project name",
            value=found.missing,
            required=True,
            longest=NAME_LENGTH,
            help="Usually the same as the environment.",
            messages={"missing": "Enter a name, usually the same as the environment."},
        ),
        id=ADD,
        title=rx.fragment("Add environment to ", found.name),
        sentence="Creates an empty project with its own encryption key.",
        verb="Add environment",
        action="/api/projects",
        says="{name} added.|Add its first secret.",
        then="/projects/{id}",
    )


def _delete() -> rx.Component:
    found = ApplicationScreen
    return confirm(
        id=DELETE,
        title=rx.fragment("Delete ", found.name, "?"),
        sentence="This application is empty. Deleting it can't be undone.",
        verb="Delete application",
        action="/api/applications/" + found.id,
        method="DELETE",
        if_match=found.revision,
        body="none",
        says="Application deleted.",
        then="/projects",
    )
