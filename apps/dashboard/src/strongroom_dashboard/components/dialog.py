"""Dialogs: native `<dialog>` elements, opened by a button with their ID."""

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.fields import password_field, text_field
from strongroom_dashboard.components.form import (
    Method,
    change,
    problems,
    submit,
    until_done,
    when_done,
)
from strongroom_dashboard.components.kinds import Child, Flag, Text, either
from strongroom_dashboard.components.second_step import code_field, passkey_form
from strongroom_dashboard.components.time import time

STEP_UP = "sr-step-up"


class Consequence(TypedDict):
    """A consequence of an action: a number, what it counts, and a time shown at the end of the text."""

    number: str
    text: str
    at: NotRequired[str]


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


def _foot(*acts: Child, beside: Child | None = None) -> rx.Component:
    return rx.el.div(
        rx.fragment() if beside is None else beside,
        rx.el.div(*acts, class_name="acts"),
        class_name="dialog-foot",
    )


def dialog(
    *body: Child,
    id: Text,  # noqa: A002
    title: Child,
    foot: Child | None = None,
    wide: bool = False,
    done: Text = "Done",
) -> rx.Component:
    """Return a dialog without a form."""
    return _frame(
        _head(id, title),
        rx.el.div(*body, class_name="dialog-body"),
        _foot(button(done, closes=id)) if foot is None else foot,
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
    wide: bool = False,
    danger: bool = False,
    sentence: Child | None = None,
    acts: Sequence[Child] | None = None,
    beside: Child | None = None,
    **options: Any,
) -> rx.Component:
    """Return a dialog with a form.

    `options` are passed to `change`; `acts` replaces the buttons; `beside` is shown to their left.
    """
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
            _foot(*(usual if acts is None else acts), beside=beside),
            action=action,
            method=method,
            **options,
        ),
        id=id,
        wide=wide,
    )


def _consequence(each: rx.vars.ObjectVar[Consequence]) -> rx.Component:
    at = rx.cond(each["at"], rx.fragment(" ", time(each["at"], how="exact")))
    return rx.el.li(rx.el.b(each["number"]), rx.el.span(each["text"], at))


def consequence_list(
    consequences: Sequence[tuple[Child, Child]] | rx.Var[list[Consequence]], *, calm: bool = False
) -> rx.Component:
    """Return the counted consequences of an action."""
    items = (
        rx.foreach(
            consequences,
            _consequence,
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
    keep: Text = "Cancel",
    consequences: Sequence[tuple[Child, Child]] | rx.Var[list[Consequence]] = (),
    type_name: Text | None = None,
    sends_name: str | None = None,
    danger: bool = True,
    fields: Sequence[Child] = (),
    **options: Any,
) -> rx.Component:
    """Return a confirmation dialog with the consequences in numbers.

    Args:
        id: The dialog's id.
        title: The question, including the object's name.
        sentence: When the action takes effect, and whether it can be undone.
        verb: The button's label, which repeats the title's verb.
        action: The API path.
        method: Its method.
        keep: The label of the safe button, such as "Keep it" for a permanent deletion. The button gets the
            focus unless a field is `first`.
        consequences: Numbers and what they count.
        type_name: What the person must type to confirm an action that can't be undone.
        sends_name: The member that contains the typed name; if None, the name isn't sent.
        danger: Whether the button is red.
        fields: More fields, such as a reason.
        options: Passed to `change`.
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
            rx.fragment("Type ", rx.el.span(type_name, class_name="mono strong"), " to confirm"),
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
        sentence=sentence,
        acts=(safe, submit(verb, tone="danger" if danger else "primary")),
        **options,
    )


def step_up_dialog(
    person: Text, *, second_factor: Flag = False, passkey: Flag = False
) -> rx.Component:
    """Return the dialog that asks for the password again. `form.js` opens it when necessary.

    `person` is for password managers, which look for a username next to a password. With a second factor,
    a code is needed too; a passkey is enough alone.
    """
    alone = passkey_form(
        "Use a passkey",
        action="/api/session/step-up",
        options="/api/session/step-up-options",
        quiet=True,
    )
    return _frame(
        _head(STEP_UP, "Confirm it's you"),
        either(passkey, rx.el.div(alone, class_name="dialog-body")),
        change(
            rx.el.div(
                rx.el.p("Required for sensitive actions.", class_name="muted"),
                rx.el.input(
                    type="text",
                    name="username",
                    default_value=person,
                    hidden=True,
                    read_only=True,
                    custom_attrs={"autocomplete": "username", "data-local": ""},
                ),
                password_field("password", "Password"),
                either(second_factor, code_field()),
                problems(),
                class_name="dialog-body",
            ),
            _foot(button("Cancel", closes=STEP_UP), submit("Confirm")),
            action="/api/session/step-up",
            anonymous=True,
            quiet=True,
        ),
        id=STEP_UP,
        wide=False,
    )
