"""Everything that changes something: a form, sent by the page itself to the API of people.

What is typed never becomes state and never goes over the websocket: `assets/js/form.js` sends it,
once, and shows what came of it.
"""

from typing import Any, Literal

import reflex as rx

from strongroom_dashboard.components.button import Size, Tone, button
from strongroom_dashboard.components.custom import FormElement, PlainForm, attributes
from strongroom_dashboard.components.icon import icon as drawn
from strongroom_dashboard.components.kinds import Child, Number, Text

Method = Literal["POST", "PUT", "PATCH", "DELETE"]


def change(
    *children: Child,
    action: Text,
    method: Method | rx.Var[str] = "POST",
    vault: Text | None = None,
    if_match: Text | Number | None = None,
    says: Text | None = None,
    then: Text | None = None,
    undo: Text | None = None,
    undo_method: Method = "POST",
    keeps: bool = False,
    sends: Literal["all", "changed"] = "all",
    body: Literal["auto", "object", "none"] = "auto",
    stranger: bool = False,
    reloads: bool = False,
    quiet: bool = False,
    submits_on_open: bool = False,
    id: Text | None = None,  # noqa: A002
    class_name: str = "",
) -> rx.Component:
    """Return a form that sends its fields.

    Args:
        children: Fields, `problems()` and a `submit(...)`, in any arrangement.
        action: The path of the API; `{name}` takes the field of that name, which is then not sent.
        method: The method.
        vault: The vault the page was made for; by default the shell's.
        if_match: The revision the person saw.
        says: The toast: `{name}` is a member of the answer, else what was typed; before | is bold.
        then: Where to go afterwards, with the same placeholders; "next:/" goes where the log-in was
            asked for, or to "/".
        undo: The path by which the toast's Undo takes it back.
        undo_method: The method of that.
        keeps: The dialog stays open and shows what is shown once.
        sends: "changed" sends only what differs from what was there.
        body: "object" sends `{}` where there is no field, "none" sends nothing ever.
        stranger: Nobody is logged in yet, so 401 is shown, not answered by the log-in.
        reloads: `then` loads the page anew, as after a log-in.
        quiet: The screen is not loaded anew afterwards.
        submits_on_open: It is sent as soon as its dialog opens.
        id: The id of the form.
        class_name: Classes of the form.
    """
    given: dict[str, Any] = {
        "action": action,
        "method": method,
        "vault": vault,
        "if-match": if_match,
        "says": says,
        "then": then,
        "undo": undo,
        "undo-method": undo_method if undo is not None else None,
        "keeps": keeps,
        "sends": sends if sends != "all" else None,
        "body": body if body != "auto" else None,
        "stranger": stranger,
        "reloads": reloads,
        "quiet": quiet,
        "submits-on-open": submits_on_open,
    }
    inner = PlainForm.create(
        *children,
        class_name=class_name,
        custom_attrs=attributes({"novalidate": "", "autocomplete": "off", "id": id}),
    )
    return FormElement.create(inner, custom_attrs=attributes(given))


def problems() -> rx.Component:
    """Return the place of a problem that belongs to no field. It is empty, and unseen, until then."""
    return rx.el.div(
        drawn("triangle-alert"),
        rx.el.span(custom_attrs={"data-problem-text": ""}),
        class_name="problems",
        role="alert",
    )


def submit(
    text: Child,
    *,
    tone: Tone = "primary",
    size: Size = "md",
    icon: str | None = None,
    block: bool = False,
) -> rx.Component:
    """Return the button that sends. It is never disabled: pressing it says what is missing."""
    return button(rx.fragment(text), icon=icon, tone=tone, size=size, submit=True, block=block)


def action_button(
    text: Text,
    action: Text,
    *,
    method: Method = "POST",
    icon: str | None = None,
    tone: Tone = "plain",
    size: Size = "sm",
    says: Text | None = None,
    fields: tuple[rx.Component, ...] = (),
    **options: Any,
) -> rx.Component:
    """Return a form that is one button; `fields` are hidden ones, `options` those of `change`."""
    return change(
        *fields,
        submit(text, tone=tone, size=size, icon=icon),
        action=action,
        method=method,
        says=says,
        **options,
    )


def result(member: str, class_name: str = "") -> rx.Component:
    """Return the place of a member of the answer, shown once and cleared with its dialog."""
    return rx.el.span(class_name=class_name, custom_attrs={"data-result": member})


def expires(member: str, *, says: str = "Works once, for {left}") -> rx.Component:
    """Return a countdown to a time in the answer."""
    attrs = {"data-expires": member, "data-says": says, "data-over": "Over: make a new one"}
    return rx.el.span(drawn("timer"), rx.el.span(custom_attrs=attrs), class_name="badge brass")


def when_done(*children: Child, class_name: str = "stack gap-3") -> rx.Component:
    """Return what is shown once the form was sent well."""
    return rx.el.div(*children, class_name=class_name, custom_attrs={"data-when-done": ""})


def until_done(*children: Child, class_name: str = "stack gap-4") -> rx.Component:
    """Return what is shown until then."""
    return rx.el.div(*children, class_name=class_name, custom_attrs={"data-until-done": ""})
