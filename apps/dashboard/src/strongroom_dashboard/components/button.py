"""Buttons, and links that look like buttons. A label consists of a verb and an object."""

from typing import Any, Literal

import reflex as rx

from strongroom_dashboard.components.custom import PlainLink, attributes
from strongroom_dashboard.components.kinds import Text, joined
from strongroom_dashboard.components.mark import icon as drawn

Tone = Literal["plain", "primary", "danger", "danger-quiet", "ghost"]
Size = Literal["sm", "md", "lg"]


def opening(dialog: Text) -> dict[str, Any]:
    """Return the attributes of a button that opens a dialog."""
    return {"commandfor": dialog, "command": "show-modal", "aria-haspopup": "dialog"}


def closing(dialog: Text) -> dict[str, Any]:
    """Return the attributes of a button that closes a dialog."""
    return {"commandfor": dialog, "command": "close"}


def dropping(menu: Text) -> dict[str, Any]:
    """Return the attributes of a button that opens a menu."""
    return {"popovertarget": menu, "aria-expanded": "false"}


def button(
    text: Text | None = None,
    *,
    icon: str | None = None,
    tone: Tone = "plain",
    size: Size = "md",
    href: Text | None = None,
    opens: Text | None = None,
    closes: Text | None = None,
    menu: Text | None = None,
    submit: bool = False,
    label: Text | None = None,
    block: bool = False,
    why_not: Text | None = None,
    trailing: str | None = None,
    first: bool = False,
    download: bool = False,
    class_name: Text = "",
    **props: Any,
) -> rx.Component:
    """Return a button, or a link if `href` is given.

    A button with only an icon needs a `label`. `why_not` disables the button and gives the reason. The button
    stays focusable so that the reason can be read. `first` gets the focus when its dialog opens. `download`
    is for API URLs, which the browser must handle instead of the router.
    """
    words = ["btn", "" if tone == "plain" else tone, "" if size == "md" else size]
    words += ["icon" if text is None else "", "block" if block else ""]
    classes = joined(" ".join(word for word in words if word), class_name)
    inside = [
        *([] if icon is None else [drawn(icon)]),
        *([] if text is None else [text]),
        *([] if trailing is None else [drawn(trailing)]),
    ]
    given: dict[str, Any] = {"aria-label": label, "title": label if text is None else None}
    given["data-first"] = first
    given |= {} if opens is None else opening(opens)
    given |= {} if closes is None else closing(closes)
    given |= {} if menu is None else dropping(menu)
    if why_not is not None:
        given |= {"aria-disabled": "true", "title": why_not}
        inside.append(rx.el.span(why_not, class_name="sr-only"))
        return rx.el.button(
            *inside, type="button", class_name=classes, custom_attrs=attributes(given), **props
        )
    if href is not None and download:
        given |= {"href": href, "download": ""}
        return PlainLink.create(
            *inside, class_name=classes, custom_attrs=attributes(given), **props
        )
    if href is not None:
        return rx.el.a(
            *inside, href=href, class_name=classes, custom_attrs=attributes(given), **props
        )
    return rx.el.button(
        *inside,
        type="submit" if submit else "button",
        class_name=classes,
        custom_attrs=attributes(given),
        **props,
    )


def link(text: Text, href: Text, class_name: Text = "") -> rx.Component:
    """Return a link in running text."""
    return rx.el.a(text, href=href, class_name=class_name)
