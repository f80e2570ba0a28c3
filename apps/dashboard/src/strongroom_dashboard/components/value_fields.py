"""Fields for a secret's name and its value, which can be typed, generated, a file, or structured."""

import json
from collections.abc import Sequence
from typing import Literal

import reflex as rx

from strongroom_core.kernel.limits import FIELD_NAME_LENGTH, GENERATED_LONGEST, GENERATED_SHORTEST
from strongroom_core.secrets.generate import USUAL
from strongroom_dashboard.components.code import copy_button
from strongroom_dashboard.components.custom import attributes
from strongroom_dashboard.components.fields import (
    field,
    number_field,
    secret_field,
    select_field,
    text_field,
)
from strongroom_dashboard.components.kinds import Child, Number, Text
from strongroom_dashboard.components.mark import icon
from strongroom_wire.dangerous_names import ORDINARY, PREFIXES, REASONS

CHARSETS = (
    ("symbols", "Letters, digits and symbols"),
    ("alphanumeric", "Letters and digits"),
    ("numbers", "Digits"),
    ("uuid", "UUID"),
)


_DANGEROUS = json.dumps(
    {"names": sorted(REASONS), "prefixes": sorted(PREFIXES), "ordinary": sorted(ORDINARY)}
)


def generate_fields(
    prefix: str = "generate", *, length: Number = USUAL, charset: Text | None = None
) -> rx.Component:
    """Return fields for generating a value. If `prefix` is empty, both are top-level members of the body."""
    place = f"{prefix}." if prefix else ""
    return rx.el.div(
        number_field(
            f"{place}length",
            "Length",
            value=length,
            low=GENERATED_SHORTEST,
            high=GENERATED_LONGEST,
            required=True,
        ),
        rx.el.div(
            select_field(f"{place}charset", "Characters", CHARSETS, value=charset),
            class_name="grow",
        ),
        class_name="inline-fields",
    )


def name_field(
    name: str = "name",
    *,
    secrets: Text,
    value: Text | None = None,
    own: Text | None = None,
    fields: Text | None = None,
    first: bool = False,
    help: Child | None = None,  # noqa: A002
    longest: int,
) -> rx.Component:
    """Return a field for a secret's name, with the variable that programs will see and any clash (S-11).

    `secrets` is the path of the project's secrets, `own` is the ID of the secret being renamed, and `fields`
    is the JSON list of its fields.
    """
    seen = rx.el.span(class_name="help seen", custom_attrs={"data-seen": "", "aria-live": "polite"})
    return text_field(
        name,
        "Name",
        value=value,
        mono=True,
        first=first,
        placeholder="STRIPE_SECRET_KEY",
        required=True,
        longest=longest,
        help=help,
        extra=seen,
        messages={
            "missing": "Enter a name, e.g. STRIPE_SECRET_KEY.",
            "pattern": "A name can't contain / or #.",
        },
        pattern="[^\\/#]*",
        data_variable=secrets,
        data_own=own,
        data_fields=fields,
        data_dangerous=_DANGEROUS,
    )


def value_field(
    label: Child = "Value",
    *,
    required: bool = True,
    first: bool = False,
    tools: Child | None = None,
) -> rx.Component:
    """Return the field for a single value, which can be generated in the page.

    The person who generates it sees it until the form is sent (S-10). `tools` are more links below it.
    """
    generate = rx.el.button(
        "Generate", type="button", class_name="textbtn", custom_attrs={"data-generate": ""}
    )
    recipe = rx.el.div(
        rx.el.label(
            rx.el.span("Length", class_name="label"),
            rx.el.input(
                type="number",
                default_value=USUAL,
                class_name="input short",
                custom_attrs=attributes(
                    {"min": GENERATED_SHORTEST, "max": GENERATED_LONGEST, "inputmode": "numeric"}
                ),
            ),
        ),
        rx.el.label(
            rx.el.span("Characters", class_name="label"),
            rx.el.select(
                *(rx.el.option(text, value=own) for own, text in CHARSETS), class_name="input"
            ),
            class_name="grow",
        ),
        copy_button(source="textarea[data-secret]", what="Copy value", size="md"),
        rx.el.p(
            "Copy it now if you need it anywhere else. It won't be shown again.", class_name="meta"
        ),
        class_name="recipe",
        hidden=True,
        custom_attrs={"data-recipe": ""},
    )
    links = rx.el.div(generate, rx.fragment() if tools is None else tools, class_name="row")
    return secret_field("value", label, required=required, first=first, tools=links, extra=recipe)


def file_field(
    label: Child = "File",
    *,
    most: int,
    help: Child | None = None,  # noqa: A002
    tools: Child | None = None,
) -> rx.Component:
    """Return a field for one file of at most `most` bytes.

    `assets/js/files.js` sends its name as `fileName` and its content, in base64, as `fileContent`.
    """
    control = rx.el.input(
        type="file",
        required=True,
        class_name="input file",
        custom_attrs=attributes({"data-file": most, "data-missing": "Choose a file."}),
    )
    copies = (
        rx.el.textarea(
            name=name, hidden=True, tab_index=-1, custom_attrs=attributes({"data-secret": ""})
        )
        for name in ("fileName", "fileContent")
    )
    below = rx.fragment() if tools is None else rx.el.div(tools, class_name="row end")
    return field(label, control, help=help, extra=rx.fragment(*copies, below))


def pairs_field(
    name: str = "fields",
    label: Child = "Fields",
    *,
    names: Sequence[str] | rx.Var[list[str]] = (),
    blank: Literal["generate", "omit"] = "generate",
    removes: str | None = None,
    help: Child | None = None,  # noqa: A002
    tools: Child | None = None,
) -> rx.Component:
    """Return rows with a name and a value each. More rows can be added.

    Args:
        name: The member of the body, an object of names and values. A value of null is generated.
        label: The label above the rows.
        names: Existing rows; unchanged ones are not sent.
        blank: The meaning of a new row without a value.
        removes: The member that lists removed rows; None if they can't be removed.
        help: One sentence below.
        tools: More links beside *Add field*.
    """
    known = (
        rx.Var(f"JSON.stringify({names!s})", _var_data=names._get_all_var_data())  # noqa: SLF001 -- without it, the state would be missing
        if isinstance(names, rx.Var)
        else json.dumps([*names])
    )
    given = attributes(
        {
            "data-pairs": name,
            "data-names": known,
            "data-blank": blank,
            "data-removes": removes,
            "data-longest": FIELD_NAME_LENGTH,
        }
    )
    return rx.el.fieldset(
        rx.el.legend(label),
        rx.el.div(
            rx.el.div(class_name="pairs", custom_attrs={"data-rows": ""}),
            rx.el.div(
                rx.el.button(
                    icon("plus"),
                    "Add field",
                    type="button",
                    class_name="btn ghost sm",
                    custom_attrs={"data-add-pair": ""},
                ),
                rx.fragment() if tools is None else tools,
                class_name="row wrap",
            ),
            class_name="stack",
            custom_attrs=given,
        ),
        rx.fragment() if help is None else rx.el.span(help, class_name="help"),
        class_name="field",
    )
