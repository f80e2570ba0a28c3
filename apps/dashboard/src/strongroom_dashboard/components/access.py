"""The list for granting and removing access, with a search field, filters and counts.

`assets/js/access.js` fills it from the API, so neither the list nor the staged changes become state, no
matter how many secrets or machines there are.
"""

from typing import Any

import reflex as rx

from strongroom_dashboard.components.custom import AccessElement, attributes
from strongroom_dashboard.components.kinds import Child, Flag, Text
from strongroom_dashboard.components.mark import icon


def access_list(
    *beside: Child,
    label: Text,
    search: str,
    project: Text,
    project_name: Text,
    machine: Text | None = None,
    machine_name: Text | None = None,
    lists_machines: Flag | None = None,
    cannot_attach: Text | None = None,
    as_of: Text | None = None,
) -> rx.Component:
    """Return the list. It must be in a form that sends `changes`.

    Args:
        beside: Components to show below the list, such as a save bar.
        label: What the list contains, for screen readers.
        search: The label of the search field.
        project: The ID of the project.
        project_name: The name of the project in a sentence.
        machine: The ID of the machine whose secrets are listed. If None, the list shows the machines that can
            read the secrets given in an event.
        machine_name: The name of that machine.
        lists_machines: Whether the person can see machines that aren't attached to the project.
        cannot_attach: Why the person can't attach machines; empty if they can.
        as_of: A string that changes whenever the list must be reloaded.
    """
    given: dict[str, Any] = {
        "label": label,
        "project": project,
        "project-name": project_name,
        "machine": machine,
        "machine-name": machine_name,
        "as-of": as_of,
    }
    if lists_machines is not None:
        given["lists-machines"] = rx.cond(lists_machines, "", rx.Var("undefined"))
    reason = rx.fragment()
    if cannot_attach is not None:
        given["cannot-attach"] = rx.cond(cannot_attach != "", "", rx.Var("undefined"))
        reason = rx.cond(
            cannot_attach != "",
            rx.el.p(
                "You can't give access to machines that aren't attached to this project. ",
                cannot_attach,
                class_name="meta",
            ),
        )
    return AccessElement.create(
        rx.el.div(
            rx.el.input(
                type="search",
                placeholder=search,
                class_name="input",
                custom_attrs={
                    "data-finds": "",
                    "data-local": "",
                    "data-first": "",
                    "aria-label": search,
                    "autocomplete": "off",
                },
            ),
            rx.el.div(
                _filter("all", "All", "all"),
                _filter("access", "With access", "access"),
                _filter("changes", "Changes", "changed"),
                class_name="seg",
                role="group",
                aria_label="Show",
            ),
            rx.fragment() if machine is None else _same(),
            class_name="access-tools",
        ),
        rx.el.div(
            rx.el.p("Nothing found.", class_name="access-none muted"),
            class_name="lines-box",
            custom_attrs={"data-lines": ""},
        ),
        rx.el.p(
            custom_attrs={"data-tells": "state"}, class_name="meta access-state", role="status"
        ),
        reason,
        rx.el.input(type="hidden", name="changes", custom_attrs={"data-as": "json"}),
        *beside,
        custom_attrs=attributes(given),
    )


def what_changes() -> rx.Component:
    """Return the element that shows what saving would change."""
    return rx.el.p(custom_attrs={"data-tells": "changes"}, class_name="grow", role="status")


def save_changes() -> rx.Component:
    """Return the submit button, which shows the number of changes."""
    return rx.el.button(
        rx.el.span(custom_attrs={"data-tells": "save"}), type="submit", class_name="btn primary"
    )


def _filter(shows: str, text: str, count: str) -> rx.Component:
    return rx.el.button(
        text,
        " ",
        rx.el.span(custom_attrs={"data-tells": count}, class_name="n"),
        type="button",
        aria_pressed="true" if shows == "all" else "false",
        custom_attrs={"data-shows": shows},
    )


def _same() -> rx.Component:
    return rx.el.span(
        icon("copy"),
        rx.el.input(
            type="text",
            placeholder="Same as machine…",
            class_name="input",
            custom_attrs={
                "data-same": "",
                "data-local": "",
                "list": "same-as",
                "aria-label": "Give the same access as another machine",
                "autocomplete": "off",
            },
        ),
        rx.el.datalist(custom_attrs={"id": "same-as"}),
        class_name="same-as",
    )
