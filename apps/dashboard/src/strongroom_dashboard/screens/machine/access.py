"""A machine's access to the secrets in one project (M-9)."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.access import access_list, save_changes, what_changes
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.form import change, problems
from strongroom_dashboard.components.note import empty, note
from strongroom_dashboard.screens.machine.state import MachinePage


def access_to_project() -> rx.Component:
    """Return the secrets of the chosen project, with a save bar."""
    chosen = MachinePage.chosen
    return card(
        rx.cond(
            chosen.why_not_grant != "",
            rx.fragment(
                note(chosen.why_not_grant),
                button(
                    "See what it can read",
                    href="/projects/" + chosen.id + "/access?machine=" + MachinePage.machine.id,
                ),
            ),
            rx.cond(
                chosen.secrets == "0",
                empty(
                    "No secrets in this project",
                    "Create one, then choose here whether this machine can read it.",
                    button("Open the project", href=chosen.href),
                    icon="key-round",
                ),
                change(
                    access_list(
                        _save_bar(),
                        label="Secrets of " + chosen.name,
                        search="Search names, notes, tags",
                        project=chosen.id,
                        project_name=chosen.name,
                        machine=MachinePage.machine.id,
                        machine_name=MachinePage.machine.name,
                        as_of=chosen.granted + "/" + chosen.secrets,
                    ),
                    action="/api/projects/" + chosen.id + "/grants",
                    method="PATCH",
                    sends="changed",
                    says="Access updated.|Takes effect on the next request.",
                ),
            ),
        ),
        title=rx.fragment("Access to ", chosen.name),
        aside=rx.el.a(
            rx.icon("x"),
            href="/machines/" + MachinePage.machine.id,
            class_name="btn ghost icon sm",
            custom_attrs={"aria-label": "Close", "title": "Close"},
        ),
    )


def _save_bar() -> rx.Component:
    return rx.el.div(
        problems(),
        what_changes(),
        rx.el.button(
            "Discard", type="button", class_name="btn", custom_attrs={"data-discards": ""}
        ),
        save_changes(),
        class_name="save-bar",
    )
