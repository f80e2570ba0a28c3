"""What a machine may read of one project, left, and what it may not, right (M-9).

Both lists hold every secret; which of the two shows it is for the box behind it to say. So React keeps
its elements where they are, and what is staged survives a reload of the screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import reflex as rx

from strongroom_dashboard.components.badge import badge
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.custom import present
from strongroom_dashboard.components.empty import empty
from strongroom_dashboard.components.form import change, problems
from strongroom_dashboard.pages.machine_elements import PanesElement
from strongroom_dashboard.states.machine import MachinePage

if TYPE_CHECKING:
    from strongroom_dashboard.states.grant_choices import FieldChoice, GrantChoice

Side = Literal["may", "may-not"]


def grant_panes() -> rx.Component:
    """Return the two lists of the chosen project, with their save bar."""
    name = MachinePage.machine.name
    return card(
        rx.cond(
            MachinePage.choices.length() > 0,
            change(
                PanesElement.create(
                    rx.el.div(
                        _pane("may", "May read", "Take all away"),
                        _pane("may-not", "May not read", "Let it read all"),
                        class_name="panes",
                    ),
                    _save_bar(),
                    key=MachinePage.chosen,
                    custom_attrs={"machine": name},
                ),
                action="/api/projects/"
                + MachinePage.chosen
                + "/machines/"
                + MachinePage.machine.id
                + "/grants",
                method="PUT",
                body="object",
                says="Saved.|" + name + " reads exactly what you chose, from its next request on.",
            ),
            _nothing_to_choose(),
        ),
        title=rx.fragment("What it may read of ", MachinePage.chosen_name),
        aside=rx.el.a(
            rx.icon("x"),
            href="/machines/" + MachinePage.machine.id,
            class_name="btn ghost icon sm",
            custom_attrs={"aria-label": "Close", "title": "Close"},
        ),
    )


def _nothing_to_choose() -> rx.Component:
    project = button("Open the project", href="/projects/" + MachinePage.chosen)
    return rx.cond(
        MachinePage.too_many,
        empty(
            "Too many secrets to choose from",
            "This project holds more than the 2,000 that one machine can be granted at once. Spread them"
            " over several projects, or set the grants by the API.",
            project,
            icon="layers",
        ),
        empty(
            "No secret in this project",
            "Make the first one, then choose here who may read it.",
            project,
            icon="key-round",
        ),
    )


def _pane(side: Side, title: str, all_of_them: str) -> rx.Component:
    heading = f"pane-{side}"
    return rx.el.section(
        rx.el.div(
            rx.el.h3(
                title,
                " ",
                rx.el.span(custom_attrs={"data-tells": side}, class_name="n"),
                id=heading,
            ),
            rx.el.button(
                all_of_them,
                type="button",
                class_name="btn ghost sm",
                custom_attrs={"data-moves-all": side},
            ),
            class_name="pane-head",
        ),
        rx.el.input(
            type="search",
            placeholder="Name, tag or environment",
            class_name="input",
            custom_attrs={
                "data-finds": "",
                "data-local": "",
                "aria-label": f"Search what it {title.lower()}",
                "autocomplete": "off",
            },
        ),
        rx.el.ul(
            rx.foreach(
                MachinePage.choices,
                lambda secret: _granted(secret) if side == "may" else _withheld(secret),
            ),
            custom_attrs={"aria-labelledby": heading},
        ),
        rx.el.p(
            "It can read nothing here. Choose at the other side."
            if side == "may"
            else "It may read everything there is in this project.",
            class_name="pane-none muted",
        ),
        class_name="pane",
        custom_attrs={"data-pane": side},
        aria_labelledby=heading,
    )


def _granted(secret: GrantChoice) -> rx.Component:
    return rx.el.li(
        rx.el.input(
            type="checkbox",
            name="grants",
            value=secret.id,
            default_checked=secret.granted,
            hidden=True,
            custom_attrs={"data-tick": "", "data-item": "secretId"},
        ),
        _mover(secret, "Take away ", "arrow-right"),
        rx.cond(secret.fields.length() > 0, _fields(secret)),
        key=secret.id,
        custom_attrs={
            "data-secret": secret.id,
            "data-found-by": secret.found_by,
            "data-away": present(~secret.granted),
        },
    )


def _withheld(secret: GrantChoice) -> rx.Component:
    return rx.el.li(
        _mover(secret, "Let it read ", "arrow-left"),
        key=secret.id,
        custom_attrs={
            "data-secret": secret.id,
            "data-found-by": secret.found_by,
            "data-away": present(secret.granted),
        },
    )


def _mover(secret: GrantChoice, verb: str, arrow: str) -> rx.Component:
    return rx.el.button(
        rx.el.span(verb, class_name="sr-only"),
        rx.el.span(mono(secret.name), class_name="grow"),
        rx.cond(secret.environment != "", rx.el.span(secret.environment, class_name="env")),
        rx.cond(secret.field_count != "", badge(secret.field_count)),
        rx.icon(arrow),
        type="button",
        class_name="mover",
        custom_attrs={"data-moves": ""},
    )


def _fields(secret: GrantChoice) -> rx.Component:
    return rx.el.details(
        rx.el.summary("Reads ", rx.el.span(custom_attrs={"data-chosen": secret.id})),
        rx.el.div(rx.foreach(secret.fields, lambda each: _field(secret, each)), class_name="parts"),
        open=secret.some,
    )


def _field(secret: GrantChoice, each: FieldChoice) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name="grants",
            value=each.name,
            default_checked=each.granted,
            class_name="check",
            custom_attrs={"data-tick": "", "data-of": secret.id, "data-part": "fields"},
        ),
        mono(each.name),
        class_name="tick",
        key=each.key,
    )


def _save_bar() -> rx.Component:
    return rx.el.div(
        problems(),
        rx.el.p(custom_attrs={"data-tells": "changes"}, class_name="grow", role="status"),
        rx.el.button(
            "Discard", type="button", class_name="btn", custom_attrs={"data-discards": ""}
        ),
        rx.el.button(
            rx.el.span(custom_attrs={"data-tells": "save"}), type="submit", class_name="btn primary"
        ),
        class_name="save-bar",
    )
