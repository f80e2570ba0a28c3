"""Selecting several rows of a table, and acting on all of them.

`<sr-picks>` in `assets/js/picks.js` keeps the selection. A dialog's form with `each` sends one request per
selected row, so every object is authorized and logged separately.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.custom import PicksElement, attributes
from strongroom_dashboard.components.dialog import form_dialog

if TYPE_CHECKING:
    from strongroom_dashboard.components.kinds import Child, Text


def selection(
    *children: Child,
    noun: str,
    actions: tuple[Child, ...],
    everything: Text = "",
    total: Text = "",
) -> rx.Component:
    """Return a list whose rows can be selected: a toolbar, and a table with `picks`.

    While something is selected, a bar with the count and the `actions` is shown below the toolbar. `noun` is
    the noun for the rows, such as `secret|secrets`. Once all rows on the page are selected, the bar offers to
    select all `total` rows of the list, which are fetched from `everything`, the list's URL in the API. For a
    list with a single page, `total` is "" and there is no such offer.
    """
    bar = rx.el.div(
        rx.el.b("0 selected", role="status", custom_attrs={"data-picks-count": ""}),
        _select_all(everything, total),
        rx.el.button("Clear", type="button", class_name="textbtn", data_picks_clear=""),
        rx.el.div(*actions, class_name="row wrap end"),
        class_name="picks-bar",
        role="group",
        aria_label="Selection",
    )
    return PicksElement.create(bar, *children, custom_attrs={"noun": noun})


def _select_all(everything: Text, total: Text) -> rx.Component:
    return rx.cond(
        total != "",
        rx.el.button(
            "Select all ",
            total,
            type="button",
            class_name="textbtn",
            custom_attrs={"data-picks-everything": everything},
        ),
    )


def pick_head() -> rx.Component:
    """Return the header cell of the checkbox column."""
    return rx.el.th(
        rx.el.input(
            type="checkbox",
            class_name="check",
            aria_label="Select all on this page",
            custom_attrs={"data-pick-all": ""},
        ),
        scope="col",
        class_name="pick",
    )


def pick_cell(
    id: Text,  # noqa: A002
    name: Text,
    *,
    note: Text | None = None,
    **data: Any,
) -> rx.Component:
    """Return the first cell of a row that can be selected.

    Args:
        id: The object's ID.
        name: Its name, as shown in dialogs and errors.
        note: A note that dialogs show beside the name.
        data: What the requests need: `revision` becomes `If-Match`, `tags` is JSON, `body` can be "none".
    """
    given = {f"data-{key}": value for key, value in data.items()}
    return rx.el.td(
        rx.el.input(
            type="checkbox",
            class_name="check",
            aria_label="Select " + name,
            custom_attrs=attributes(
                {"data-pick": id, "data-name": name, "data-note": note, **given}
            ),
        ),
        class_name="pick",
    )


def pick_list(rows: Any, pick: Any, *, everything: Text = "", total: Text = "") -> rx.Component:
    """Return a list of checkboxes for the form around it. The form is sent once for each ticked box (`each`).

    `pick` returns the ID and the name of one of the `rows`. For `everything` and `total`, see `selection`.
    """

    def item(row: Any) -> rx.Component:
        id_, name = pick(row)
        return rx.el.label(
            rx.el.input(
                type="checkbox",
                class_name="check",
                custom_attrs={"data-pick": id_, "data-name": name},
            ),
            rx.el.span(name, class_name="mono"),
            class_name="tick",
            key=id_,
        )

    return PicksElement.create(
        rx.el.label(
            rx.el.input(type="checkbox", class_name="check", custom_attrs={"data-pick-all": ""}),
            rx.el.span("Select all"),
            class_name="tick",
        ),
        rx.el.div(rx.foreach(rows, item), class_name="pick-list"),
        rx.el.div(
            rx.el.p("0 selected", class_name="meta", role="status", data_picks_count=""),
            _select_all(everything, total),
            class_name="row",
        ),
        rx.el.p(class_name="meta", role="status", custom_attrs={"data-picks-progress": ""}),
    )


def bulk_button(text: str, dialog: str, **props: Any) -> rx.Component:
    """Return a button for the bar that opens a `bulk_dialog`."""
    return button(text, size="sm", opens=dialog, **props)


def bulk_dialog(
    *fields: Child,
    id: str,  # noqa: A002
    title: str,
    noun: str,
    **options: Any,
) -> rx.Component:
    """Return a dialog that acts on every selected row.

    `title`, and `says` in `options`, contain `{counted}`. The dialog lists the names, shows the progress, and
    says which objects failed and why. Objects that failed stay selected. `options` are passed to
    `form_dialog`.
    """
    return form_dialog(
        rx.el.ul(class_name="picked-names", custom_attrs={"data-picks-names": ""}),
        *fields,
        rx.el.p(class_name="meta", role="status", custom_attrs={"data-picks-progress": ""}),
        id=id,
        title=rx.el.span(title.replace("{counted}", "…"), custom_attrs={"data-picks-title": title}),
        each=noun,
        **options,
    )
