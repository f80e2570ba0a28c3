"""Dialogs: the browser's own, opened by a button that names them."""

from collections.abc import Sequence
from typing import Any, TypedDict

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.fields import password_field, text_field
from strongroom_dashboard.components.form import (
    Method,
    change,
    problems,
    submit,
    until_done,
    when_done,
)
from strongroom_dashboard.components.kinds import Child, Text

STEP_UP = "sr-step-up"


class Consequence(TypedDict):
    """What an act leads to: a number, and its unit in words."""

    number: str
    text: str


def _heading(id: Text) -> Text:  # noqa: A002
    return f"{id}-title" if isinstance(id, str) else id + "-title"


def _frame(*inside: Child, id: Text, wide: bool) -> rx.Component:  # noqa: A002
    return rx.el.dialog(
        *inside,
        class_name="dialog wide" if wide else "dialog",
        custom_attrs={"id": id, "aria-labelledby": _heading(id)},
    )


def _head(id: Text, title: Child) -> rx.Component:  # noqa: A002
    return rx.el.div(
        rx.el.h2(title, custom_attrs={"id": _heading(id)}),
        button(icon="x", label="Close", tone="ghost", size="sm", closes=id),
        class_name="dialog-head",
    )


def _foot(recorded_as: Text | None, *acts: Child) -> rx.Component:
    said = rx.fragment()
    if recorded_as is not None:
        said = rx.el.span("Recorded as ", mono(recorded_as), class_name="meta")
    return rx.el.div(said, rx.el.div(*acts, class_name="acts"), class_name="dialog-foot")


def dialog(
    *body: Child,
    id: Text,  # noqa: A002
    title: Child,
    foot: Child | None = None,
    wide: bool = False,
    recorded_as: Text | None = None,
    done: Text = "Done",
) -> rx.Component:
    """Return a dialog that changes nothing by itself."""
    return _frame(
        _head(id, title),
        rx.el.div(*body, class_name="dialog-body"),
        _foot(recorded_as, button(done, closes=id)) if foot is None else foot,
        id=id,
        wide=wide,
    )


def form_dialog(
    *fields: Child,
    id: Text,  # noqa: A002
    title: Child,
    verb: Text,
    action: Text,
    method: Method | rx.Var[str] = "POST",
    keep: Text = "Cancel",
    recorded_as: Text | None = None,
    wide: bool = False,
    danger: bool = False,
    sentence: Child | None = None,
    acts: Sequence[Child] | None = None,
    **options: Any,
) -> rx.Component:
    """Return a dialog that is a form. `options` are those of `change`; `acts` replaces the buttons."""
    lead = rx.fragment() if sentence is None else rx.el.p(sentence, class_name="muted")
    usual = [button(keep, closes=id), submit(verb, tone="danger" if danger else "primary")]
    if options.get("keeps"):
        usual = [
            until_done(*usual, class_name="row"),
            when_done(button("Done", closes=id), class_name="row"),
        ]
    return _frame(
        change(
            _head(id, title),
            rx.el.div(lead, *fields, problems(), class_name="dialog-body"),
            _foot(recorded_as, *(usual if acts is None else acts)),
            action=action,
            method=method,
            **options,
        ),
        id=id,
        wide=wide,
    )


def consequence_list(
    consequences: Sequence[tuple[Child, Child]] | rx.Var[list[Consequence]], *, calm: bool = False
) -> rx.Component:
    """Return what an act leads to, counted."""
    items = (
        rx.foreach(
            consequences,
            lambda each: rx.el.li(rx.el.b(each["number"]), rx.el.span(each["text"])),
        )
        if isinstance(consequences, rx.Var)
        else rx.fragment(
            *(rx.el.li(rx.el.b(number), rx.el.span(text)) for number, text in consequences)
        )
    )
    return rx.el.ul(items, class_name="consequences calm" if calm else "consequences")


def confirm(
    *,
    id: Text,  # noqa: A002
    title: Child,
    sentence: Child,
    verb: Text,
    action: Text,
    method: Method | rx.Var[str] = "POST",
    keep: Text = "Keep it",
    consequences: Sequence[tuple[Child, Child]] | rx.Var[list[Consequence]] = (),
    type_name: Text | None = None,
    sends_name: str | None = None,
    recorded_as: Text | None = None,
    danger: bool = True,
    fields: Sequence[Child] = (),
    **options: Any,
) -> rx.Component:
    """Return the question before an act, with what it leads to in numbers.

    Args:
        id: The dialog's id.
        title: The question, with the object's name.
        sentence: When it takes effect, and whether it can be undone.
        verb: The button, which repeats the title's verb.
        action: The path of the API.
        method: Its method.
        keep: The safe button, which has the focus first.
        consequences: Numbers and their units.
        type_name: What must be typed out, for what cannot be undone.
        sends_name: The member by which the typed name is sent; without it it stays here.
        recorded_as: The action of the entry that will be written.
        danger: Whether the button is red.
        fields: Fields besides, such as a reason.
        options: Those of `change`.
    """
    counted = (
        consequence_list(consequences, calm=not danger)
        if isinstance(consequences, rx.Var) or consequences
        else rx.fragment()
    )
    typed = rx.fragment()
    if type_name is not None:
        typed = text_field(
            sends_name or "typed",
            rx.fragment("Type ", rx.el.span(type_name, class_name="mono strong"), " to go on"),
            mono=True,
            equals=type_name,
            local=sends_name is None,
        )
    safe = button(keep, closes=id, first=True)
    return form_dialog(
        counted,
        *fields,
        typed,
        id=id,
        title=title,
        verb=verb,
        action=action,
        method=method,
        recorded_as=recorded_as,
        sentence=sentence,
        acts=(safe, submit(verb, tone="danger" if danger else "primary")),
        **options,
    )


def step_up_dialog(person: Text) -> rx.Component:
    """Return the one dialog that asks for the password again; the scripts open it when needed.

    `person` is there for password managers, which look for a name beside a password.
    """
    return form_dialog(
        rx.el.input(
            type="text",
            name="username",
            default_value=person,
            hidden=True,
            read_only=True,
            custom_attrs={"autocomplete": "username", "data-local": ""},
        ),
        password_field("password", "Password", help="What you asked for is then done at once."),
        id=STEP_UP,
        title="Confirm it is you",
        sentence="This act needs a proof that is younger than ten minutes.",
        verb="Confirm",
        action="/api/session/step-up",
        recorded_as="session_step_up",
        stranger=True,
        quiet=True,
    )
