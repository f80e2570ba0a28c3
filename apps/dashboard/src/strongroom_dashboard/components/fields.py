"""Fields: native, labelled above, helped below, and saying what to do when they are wrong."""

from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import reflex as rx

from strongroom_dashboard.components.custom import attributes
from strongroom_dashboard.components.icon import icon
from strongroom_dashboard.components.kinds import Child, Flag, Number, Text

Messages = dict[Literal["missing", "pattern", "short", "long", "low", "high", "type"], str]
Empty = Literal["omit", "null", "text"]


class Option(TypedDict):
    """A choice of a select."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A way, as a radio card: its value, its name, and what it means in one sentence."""

    value: str
    title: str
    text: str


def field(
    label: Child,
    control: rx.Component,
    *,
    help: Child | None = None,  # noqa: A002
    extra: Child | None = None,
    large: bool = False,
) -> rx.Component:
    """Return a control with its label, its help and the place of its problem."""
    return rx.el.div(
        rx.el.label(rx.el.span(label, class_name="label"), control),
        rx.fragment() if extra is None else extra,
        rx.fragment() if help is None else rx.el.span(help, class_name="help"),
        rx.el.span(class_name="problem", custom_attrs={"data-problem": ""}),
        class_name="field large" if large else "field",
    )


def _given(messages: Messages | None, **others: Any) -> dict[str, Any]:
    said = {f"data-{name}": text for name, text in (messages or {}).items()}
    return attributes({**said, **{name.replace("_", "-"): value for name, value in others.items()}})


def text_field(
    name: str,
    label: Child,
    *,
    kind: Literal["text", "email", "url", "search"] = "text",
    value: Text | None = None,
    help: Child | None = None,  # noqa: A002
    required: bool = False,
    mono: bool = False,
    placeholder: Text = "",
    pattern: str | None = None,
    shortest: int | None = None,
    longest: int | None = None,
    autocomplete: str = "off",
    large: bool = False,
    empty: Empty = "omit",
    first: bool = False,
    equals: Text | None = None,
    local: bool = False,
    messages: Messages | None = None,
    **data: Any,
) -> rx.Component:
    """Return a line of text.

    Args:
        name: The member of the body; dots nest.
        label: What stands above it.
        kind: What the browser takes it for.
        value: What is there already.
        help: One sentence below.
        required: It must not be empty.
        mono: For names of secrets and machines, addresses, code.
        placeholder: An example.
        pattern: What it must match; say what to do in `messages["pattern"]`.
        shortest: The least number of characters.
        longest: The greatest.
        autocomplete: What the browser may fill in.
        large: The size of the log-in.
        empty: What an empty field sends.
        first: It has the focus when its dialog opens.
        equals: What must be typed exactly.
        local: It is not sent.
        messages: What to say, by reason.
        data: Attributes besides.
    """
    given = _given(
        messages,
        data_empty=empty if empty != "omit" else None,
        data_first=first,
        data_equals=equals,
        data_local=local,
        autocomplete=autocomplete,
        pattern=pattern,
        minlength=shortest,
        maxlength=longest,
        spellcheck="false" if mono else None,
        **data,
    )
    classes = ("input", "mono" if mono else "", "lg" if large else "")
    control = rx.el.input(
        name=name,
        type=kind,
        default_value=value if value is not None else "",
        required=required,
        placeholder=placeholder,
        class_name=" ".join(word for word in classes if word),
        custom_attrs=given,
    )
    return field(label, control, help=help, large=large)


def area_field(
    name: str,
    label: Child,
    *,
    rows: int = 3,
    value: Text | None = None,
    help: Child | None = None,  # noqa: A002
    required: bool = False,
    mono: bool = False,
    placeholder: Text = "",
    longest: int | None = None,
    empty: Empty = "omit",
    first: bool = False,
    messages: Messages | None = None,
    **data: Any,
) -> rx.Component:
    """Return several lines of text."""
    given = _given(
        messages,
        data_empty=empty if empty != "omit" else None,
        data_first=first,
        maxlength=longest,
        spellcheck="false" if mono else None,
        **data,
    )
    control = rx.el.textarea(
        name=name,
        rows=str(rows),
        default_value=value if value is not None else "",
        required=required,
        placeholder=placeholder,
        class_name="input mono" if mono else "input",
        custom_attrs=given,
    )
    return field(label, control, help=help)


def number_field(
    name: str,
    label: Child,
    *,
    value: Number | None = None,
    low: int | None = None,
    high: int | None = None,
    help: Child | None = None,  # noqa: A002
    required: bool = False,
    messages: Messages | None = None,
) -> rx.Component:
    """Return a whole number."""
    given = _given(messages, data_as="number", min=low, max=high, step="1", inputmode="numeric")
    control = rx.el.input(
        name=name,
        type="number",
        default_value=value if value is not None else "",
        required=required,
        class_name="input short",
        custom_attrs=given,
    )
    return field(label, control, help=help)


def select_field(
    name: str,
    label: Child,
    options: tuple[tuple[str, str], ...] | rx.Var[list[Option]],
    *,
    value: Text | None = None,
    help: Child | None = None,  # noqa: A002
    required: bool = False,
    empty: Empty = "omit",
    local: bool = False,
    blank: str | None = None,
    messages: Messages | None = None,
) -> rx.Component:
    """Return a choice of one; `blank` is the text of choosing none."""
    listed = (
        rx.foreach(options, lambda each: rx.el.option(each["text"], value=each["value"]))
        if isinstance(options, rx.Var)
        else rx.fragment(*(rx.el.option(text, value=own) for own, text in options))
    )
    none = rx.fragment() if blank is None else rx.el.option(blank, value="")
    control = rx.el.select(
        none,
        listed,
        name=name,
        required=required,
        class_name="input",
        custom_attrs=_given(
            messages, data_empty=empty if empty != "omit" else None, data_local=local
        ),
        **({} if value is None else {"default_value": value}),
    )
    return field(label, control, help=help)


def _peek(label: str) -> rx.Component:
    return rx.el.button(
        rx.el.span(icon("eye"), class_name="on"),
        rx.el.span(icon("eye-off"), class_name="off"),
        type="button",
        class_name="peek",
        aria_label=label,
        aria_pressed="false",
        custom_attrs={"data-peek": ""},
    )


def password_field(
    name: str,
    label: Child,
    *,
    help: Child | None = None,  # noqa: A002
    autocomplete: str = "current-password",
    required: bool = True,
    shortest: int | None = None,
    large: bool = False,
    first: bool = False,
    messages: Messages | None = None,
) -> rx.Component:
    """Return a password, which can be looked at while it is typed, and is wiped once it is sent."""
    given = _given(
        messages,
        data_secret="",
        autocomplete=autocomplete,
        data_first=first,
        minlength=shortest,
        spellcheck="false",
        autocapitalize="none",
    )
    control = rx.el.input(
        name=name,
        type="password",
        required=required,
        class_name="input lg" if large else "input",
        custom_attrs=given,
    )
    return field(label, control, help=help, extra=_peek("Show what is typed"), large=large)


def secret_field(
    name: str = "value",
    label: Child = "Value",
    *,
    help: Child | None = None,  # noqa: A002
    rows: int = 3,
    required: bool = True,
    first: bool = False,
    messages: Messages | None = None,
) -> rx.Component:
    """Return a value of several lines: sent as it was typed, covered when left, wiped once sent."""
    given = _given(
        messages,
        data_secret="",
        data_first=first,
        autocomplete="off",
        spellcheck="false",
        autocapitalize="none",
        data_gramm="false",
    )
    control = rx.el.textarea(
        name=name,
        rows=str(rows),
        required=required,
        placeholder=" ",
        class_name="input mono covered",
        custom_attrs=given,
    )
    return field(label, control, help=help, extra=_peek("Show the value"))


def list_field(
    name: str,
    label: Child,
    *,
    value: Text | None = None,
    help: Child | None = "Separate them by commas.",  # noqa: A002
    placeholder: Text = "",
    mono: bool = False,
) -> rx.Component:
    """Return a list of texts, separated by commas."""
    return text_field(
        name, label, value=value, help=help, placeholder=placeholder, mono=mono, data_as="list"
    )


def check_field(
    name: str,
    label: Child,
    *,
    checked: Flag = False,
    sub: Child | None = None,
    switch: bool = False,
    local: bool = False,
) -> rx.Component:
    """Return a yes or no."""
    second = rx.fragment() if sub is None else rx.el.span(sub, class_name="sub")
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name=name,
            default_checked=checked,
            class_name="switch" if switch else "check",
            custom_attrs=attributes({"role": "switch" if switch else None, "data-local": local}),
        ),
        rx.el.span(label, second),
        class_name="tick",
    )


def switch_field(
    name: str, label: Child, *, checked: Flag = False, sub: Child | None = None, local: bool = False
) -> rx.Component:
    """Return an on or off."""
    return check_field(name, label, checked=checked, sub=sub, switch=True, local=local)


def choice_field(
    name: str,
    legend: Child,
    options: tuple[Choice, ...],
    *,
    value: str,
    local: bool = False,
    legend_hidden: bool = False,
) -> rx.Component:
    """Return ways to choose from, each with what it means. `local` ones are not sent."""
    return rx.el.fieldset(
        rx.el.legend(legend, class_name="sr-only" if legend_hidden else ""),
        rx.el.div(
            *(
                rx.el.label(
                    rx.el.input(
                        type="radio",
                        name=name,
                        value=each.value,
                        class_name="radio",
                        default_checked=each.value == value,
                        custom_attrs=attributes({"data-local": local}),
                    ),
                    rx.el.b(each.title),
                    rx.el.span(each.text, class_name="text"),
                )
                for each in options
            ),
            class_name="ways",
        ),
        rx.el.span(class_name="problem", custom_attrs={"data-problem": ""}),
        class_name="field",
    )


def hidden_field(
    name: str,
    value: Text | Number,
    as_: Literal["text", "number", "boolean", "null", "json", "list", "fragment"] = "text",
) -> rx.Component:
    """Return a member that the person does not choose; `fragment` is what stands behind the page's `#`."""
    given = attributes({"data-as": as_ if as_ != "text" else None})
    return rx.el.input(type="hidden", name=name, default_value=value, custom_attrs=given)


def when(choice: str, value: str, *children: Child) -> rx.Component:
    """Return fields that count, and are seen, only while the field `choice` has `value`."""
    return rx.el.fieldset(
        *children, class_name="stack gap-4", custom_attrs={"data-when": f"{choice}={value}"}
    )


def tick_field(
    name: str,
    value: Text,
    label: Child,
    *,
    item: str | None = None,
    checked: Flag = False,
    sub: Child | None = None,
) -> rx.Component:
    """Return one box of several with this name: the ticked ones become a list.

    With `item` it is a list of objects that have the value as this member.
    """
    return _box(name, value, label, checked=checked, sub=sub, given={"data-item": item})


def part_field(
    name: str, of: Text, value: Text, label: Child, *, member: str = "fields", checked: Flag = True
) -> rx.Component:
    """Return a box for a part of the object `of`; all ticked, or none, means the whole."""
    return _box(
        name, value, label, checked=checked, sub=None, given={"data-of": of, "data-part": member}
    )


def _box(
    name: str, value: Text, label: Child, *, checked: Flag, sub: Child | None, given: dict[str, Any]
) -> rx.Component:
    second = rx.fragment() if sub is None else rx.el.span(sub, class_name="sub")
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name=name,
            value=value,
            default_checked=checked,
            class_name="check",
            custom_attrs=attributes({"data-tick": "", **given}),
        ),
        rx.el.span(label, second),
        class_name="tick",
    )
