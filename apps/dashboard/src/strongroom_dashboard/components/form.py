"""Forms. Every change is a form that the page itself sends to the human API.

Input never becomes state and is never sent over the websocket. Instead, `assets/js/form.js` sends it once and
shows the result.
"""

from typing import Any, Literal

import reflex as rx

from strongroom_dashboard.components.button import Size, Tone, button
from strongroom_dashboard.components.custom import FormElement, PlainForm, attributes
from strongroom_dashboard.components.kinds import Child, Number, Text
from strongroom_dashboard.components.mark import icon as drawn

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
    undo_body: Text | None = None,
    keeps: bool = False,
    sends: Literal["all", "changed", "tags"] = "all",
    body: Literal["auto", "object", "none"] | rx.Var[str] = "auto",
    anonymous: bool = False,
    reloads: bool = False,
    quiet: bool = False,
    auto: bool = False,
    followed_by: str | None = None,
    followed_says: str | None = None,
    each: str | None = None,
    passkey: Literal["create", "get"] | None = None,
    passkey_as: str | None = None,
    options: Text | None = None,
    id: Text | None = None,  # noqa: A002
    class_name: str = "",
) -> rx.Component:
    """Return a form that sends its fields.

    Args:
        children: Fields, `problems()` and a `submit(...)`, in any arrangement.
        action: The API path. `{name}` is replaced with that field's value, and then left out of the body.
        method: The method.
        vault: The page's vault, by default the shell's.
        if_match: The revision that the person saw.
        says: The toast. `{name}` is replaced with that member of the response or, if there is none, with that
            field. The part before | is bold.
        then: Where to go afterwards, with the same placeholders. There can be several URLs separated by |;
            the first one whose placeholders all have a value is used. "next:/" goes to the page that asked
            the person to sign in, or to "/".
        undo: The API path of the toast's Undo button.
        undo_method: Its method.
        undo_body: Its JSON body; empty or None for no body.
        keeps: Whether the dialog stays open, to show the response once.
        sends: "changed" sends only changed fields; "tags", with `each`, sends the row's tags plus
            those in the field `addTags` and minus those in `removeTags`.
        body: "object" sends `{}` if there are no fields; "none" never sends a body.
        anonymous: Whether the form needs no session, so that it shows 401 as an error.
        reloads: Whether `then` reloads the page, as after signing in.
        quiet: Whether to skip refreshing the screen afterwards.
        auto: Whether the page sends the form by itself once it has loaded, if that changes nothing.
        followed_by: The method and path of the requests that are sent once the first has succeeded: one for
            each value of `data-then` among the ticked boxes, with these boxes' values as `changes`. In the
            path, `{then}` is that value.
        followed_says: The toast if these requests were sent and succeeded too.
        each: The noun for the rows, such as `secret|secrets`, if the form is sent once for each selected row.
            The placeholders are then the data of `pick_cell`, and `{counted}` is, for example, `3 secrets`.
        passkey: Whether the browser must "create" or "get" a passkey; its answer is added to the body.
        passkey_as: That member, by default `passkey`.
        options: The API path of the browser's options.
        id: The ID of the form.
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
        "undo-body": undo_body,
        "keeps": keeps,
        "sends": sends if sends != "all" else None,
        "body": body if isinstance(body, rx.Var) or body != "auto" else None,
        "anonymous": anonymous,
        "reloads": reloads,
        "quiet": quiet,
        "auto": auto,
        "followed-by": followed_by,
        "followed-says": followed_says if followed_by is not None else None,
        "each": each,
        "passkey": passkey,
        "passkey-as": passkey_as,
        "options": options,
    }
    inner = PlainForm.create(
        *children,
        class_name=class_name,
        custom_attrs=attributes({"novalidate": "", "autocomplete": "off", "id": id}),
    )
    return FormElement.create(inner, custom_attrs=attributes(given))


def problems() -> rx.Component:
    """Return the place for errors that don't belong to a single field. It is hidden while empty."""
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
    """Return the submit button. It is never disabled, because pressing it shows people what is missing."""
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
    """Return a form that consists of one button. `fields` are hidden; `options` are passed to `change`."""
    return change(
        *fields,
        submit(text, tone=tone, size=size, icon=icon),
        action=action,
        method=method,
        says=says,
        **options,
    )


def result(member: str, class_name: str = "") -> rx.Component:
    """Return a place that shows a member of the response once. Closing the dialog clears it."""
    return rx.el.span(class_name=class_name, custom_attrs={"data-result": member})


def expires(member: str, *, says: str = "Works once. Expires in {left}") -> rx.Component:
    """Return a countdown to a time in the response."""
    attrs = {"data-expires": member, "data-says": says, "data-over": "Expired. Create a new one"}
    return rx.el.span(drawn("timer"), rx.el.span(custom_attrs=attrs), class_name="badge brass")


def when_done(*children: Child, class_name: str = "stack gap-3") -> rx.Component:
    """Return children that are shown once the form has succeeded."""
    return rx.el.div(*children, class_name=class_name, custom_attrs={"data-when-done": ""})


def until_done(*children: Child, class_name: str = "stack gap-4") -> rx.Component:
    """Return children that are shown until the form has succeeded."""
    return rx.el.div(*children, class_name=class_name, custom_attrs={"data-until-done": ""})
