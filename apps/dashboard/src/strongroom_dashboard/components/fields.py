"""Form fields: native controls with a label above, and help or an error below."""

from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict, cast

import reflex as rx

from strongroom_dashboard.components.custom import attributes
from strongroom_dashboard.components.kinds import Child, Flag, Number, Text
from strongroom_dashboard.components.mark import icon

Messages = dict[Literal["missing", "pattern", "short", "long", "low", "high", "type"], str]
Empty = Literal["omit", "null", "text"]


class Option(TypedDict):
    """A choice in a select. If it is `off`, it can't be chosen; its text says why."""

    value: str
    text: str
    off: NotRequired[bool]


class OptionGroup(TypedDict):
    """Choices in a select under a common heading. If `text` is empty, they have no heading."""

    text: str
    options: list[Option]


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a radio group: its value, its title, and a sentence."""

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
    """Return a control with its label, its help and a place for errors."""
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
    extra: Child | None = None,
    **data: Any,
) -> rx.Component:
    """Return a field for one line of text.

    Args:
        name: The member of the request body. Dotted names nest.
        label: The label above it.
        kind: The type of the input.
        value: The initial value.
        help: One sentence below.
        required: Whether it must not be empty.
        mono: Whether it is monospaced: names of secrets and machines, addresses, code.
        placeholder: An example.
        pattern: A regular expression that the text must match; `messages["pattern"]` explains it.
        shortest: The minimum number of characters.
        longest: The maximum.
        autocomplete: The `autocomplete` attribute.
        large: Whether it is as large as on the sign-in page.
        empty: What an empty field sends.
        first: Whether it gets the focus when its dialog opens.
        equals: The exact text that must be typed.
        local: Whether it stays in the page instead of being sent.
        messages: Error messages by reason.
        extra: A component between the field and its help.
        data: More attributes.
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
    return field(label, control, help=help, extra=extra, large=large)


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
    """Return a field for several lines of text."""
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
    """Return a field for a whole number."""
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


def time_field(name: str, label: Child) -> rx.Component:
    """Return a field for a date and time, in the zone that the person chose."""
    control = rx.el.input(name=name, type="datetime-local", step="1", class_name="input")
    return field(label, control)


def select_field(
    name: str,
    label: Child,
    options: tuple[tuple[str, str], ...] | rx.Var[list[Option]] | None = None,
    *,
    groups: rx.Var[list[OptionGroup]] | None = None,
    value: Text | None = None,
    help: Child | None = None,  # noqa: A002
    required: bool = False,
    empty: Empty = "omit",
    local: bool = False,
    blank: str | None = None,
    number: bool = False,
    messages: Messages | None = None,
) -> rx.Component:
    """Return a select with `options`, or with `groups` of options. `blank` is the text of its empty option.

    `number` sends the value as a number.
    """
    if groups is not None:
        listed = rx.foreach(groups, _group)
    elif isinstance(options, rx.Var):
        listed = _options(options)
    else:
        listed = rx.fragment(*(rx.el.option(text, value=own) for own, text in options or ()))
    none = rx.fragment() if blank is None else rx.el.option(blank, value="")
    control = rx.el.select(
        none,
        listed,
        name=name,
        required=required,
        class_name="input",
        custom_attrs=_given(
            messages,
            data_as="number" if number else None,
            data_empty=empty if empty != "omit" else None,
            data_local=local,
        ),
        **({} if value is None else {"default_value": value}),
    )
    return field(label, control, help=help)


def _options(options: rx.Var[list[Option]]) -> rx.Component:
    return rx.foreach(
        options,
        lambda each: rx.el.option(each["text"], value=each["value"], disabled=each["off"]),
    )


def _group(group: OptionGroup) -> rx.Component:
    # `rx.foreach` passes a Var, so `options` is a Var too.
    options = _options(cast("rx.Var[list[Option]]", group["options"]))
    return rx.cond(group["text"] == "", options, rx.el.optgroup(options, label=group["text"]))


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
    """Return a password field. The password can be revealed, and is cleared once it has been sent."""
    whose = "your" if autocomplete == "current-password" else "a"
    messages = {"missing": f"Enter {whose} password.", **(messages or {})}
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
    return field(label, control, help=help, extra=_peek("Show password"), large=large)


def secret_field(
    name: str = "value",
    label: Child = "Value",
    *,
    help: Child | None = None,  # noqa: A002
    rows: int = 3,
    required: bool = True,
    first: bool = False,
    tools: Child | None = None,
    extra: Child | None = None,
    messages: Messages | None = None,
) -> rx.Component:
    """Return a field for a secret value.

    The value is sent exactly as typed. It is masked unless the field has the focus, and cleared once it has
    been sent. Its length, and any spaces and line breaks at its ends, are shown below, with `tools` to their
    right.
    """
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
    below = rx.el.div(
        rx.el.span(class_name="help grow", custom_attrs={"data-weight": "", "aria-live": "polite"}),
        rx.fragment() if tools is None else tools,
        class_name="below-value",
    )
    more = rx.fragment() if extra is None else extra
    return field(label, control, help=help, extra=rx.fragment(_peek("Show value"), below, more))


def list_field(
    name: str,
    label: Child,
    *,
    value: Text | None = None,
    help: Child | None = "Separate tags with commas.",  # noqa: A002
    placeholder: Text = "",
    mono: bool = False,
) -> rx.Component:
    """Return a field for a comma-separated list."""
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
    """Return a checkbox."""
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
    """Return a switch."""
    return check_field(name, label, checked=checked, sub=sub, switch=True, local=local)


def choice_field(
    name: str,
    legend: Child,
    options: tuple[Choice, ...],
    *,
    value: Text,
    local: bool = False,
    legend_hidden: bool = False,
) -> rx.Component:
    """Return a radio group. If it is `local`, it isn't sent."""
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


def choose_button(name: str, value: str, text: Child) -> rx.Component:
    """Return a link that sets the hidden choice `name`, to show other fields."""
    return rx.el.button(
        text,
        type="button",
        class_name="textbtn",
        custom_attrs={"data-choose": f"{name}={value}"},
    )


def hidden_choice(name: str, *values: str, local: bool = False) -> rx.Component:
    """Return a hidden choice for `choose_button`, initially `values[0]`. If it is `local`, it isn't sent."""
    options = (rx.el.option(each, value=each) for each in values)
    given = attributes({"aria-hidden": "true", "tabindex": "-1", "data-local": local})
    return rx.el.select(*options, name=name, hidden=True, custom_attrs=given)


def hidden_field(
    name: str,
    value: Text | Number,
    as_: Literal["text", "number", "boolean", "null", "json", "list", "fragment"] = "text",
) -> rx.Component:
    """Return a hidden field. `fragment` sends the part of the page's URL after `#`."""
    given = attributes({"data-as": as_ if as_ != "text" else None})
    return rx.el.input(type="hidden", name=name, default_value=value, custom_attrs=given)


def when(choice: str, value: str, *children: Child) -> rx.Component:
    """Return fields that are only shown and sent while the field `choice` has the value `value`."""
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
    number: bool = False,
) -> rx.Component:
    """Return one of several checkboxes with this name. The values of the checked ones are sent as a list.

    With `item`, each is sent as an object, with its value in the member of this name.
    """
    given = {"data-item": item, "data-as": "number" if number else None}
    return _box(name, value, label, checked=checked, sub=sub, given=given)


def _box(
    name: str, value: Text, label: Child, *, checked: Flag, sub: Child | None, given: dict[str, Any]
) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name=name,
            value=value,
            default_checked=checked,
            class_name="check",
            custom_attrs=attributes({"data-tick": "", **given}),
        ),
        rx.el.span(label, rx.fragment() if sub is None else rx.el.span(sub, class_name="sub")),
        class_name="tick",
    )
