"""The fields of a value: generated, or structured in rows of a name and a value."""

import json
from collections.abc import Sequence
from typing import Literal

import reflex as rx

from strongroom_dashboard.components.custom import attributes
from strongroom_dashboard.components.fields import number_field, select_field
from strongroom_dashboard.components.icon import icon
from strongroom_dashboard.components.kinds import Child

CHARSETS = (
    ("symbols", "Letters, digits, symbols"),
    ("alphanumeric", "Letters and digits"),
    ("numbers", "Digits"),
    ("uuid", "UUID"),
)
LONGEST = 1024


def generate_fields(prefix: str = "generate", *, length: int = 32) -> rx.Component:
    """Return how a value is to be generated. An empty `prefix` puts both at the top of the body."""
    place = f"{prefix}." if prefix else ""
    return rx.el.div(
        number_field(f"{place}length", "Length", value=length, low=1, high=LONGEST, required=True),
        rx.el.div(select_field(f"{place}charset", "Made of", CHARSETS), class_name="grow"),
        class_name="inline-fields",
    )


def pairs_field(
    name: str = "fields",
    label: Child = "Fields",
    *,
    names: Sequence[str] | rx.Var[list[str]] = (),
    blank: Literal["generate", "omit"] = "generate",
    removes: str | None = None,
    help: Child | None = None,  # noqa: A002
) -> rx.Component:
    """Return rows of a name and a value, to which rows can be added.

    Args:
        name: The member of the body: an object of names and values, null for a generated one.
        label: What stands above the rows.
        names: Rows that exist already; an untouched one is left out.
        blank: What a new row without a value means.
        removes: The member that lists the rows taken away; without it none can be.
        help: One sentence below.
    """
    known = (
        rx.Var(f"JSON.stringify({names!s})", _var_data=names._get_all_var_data())  # noqa: SLF001 -- else its state is not there
        if isinstance(names, rx.Var)
        else json.dumps([*names])
    )
    given = attributes(
        {"data-pairs": name, "data-names": known, "data-blank": blank, "data-removes": removes}
    )
    return rx.el.fieldset(
        rx.el.legend(label),
        rx.el.div(
            rx.el.div(class_name="pairs", custom_attrs={"data-rows": ""}),
            rx.el.div(
                rx.el.button(
                    icon("plus"),
                    "Add a field",
                    type="button",
                    class_name="btn ghost sm",
                    custom_attrs={"data-add-pair": ""},
                )
            ),
            class_name="stack",
            custom_attrs=given,
        ),
        rx.fragment() if help is None else rx.el.span(help, class_name="help"),
        class_name="field",
    )
