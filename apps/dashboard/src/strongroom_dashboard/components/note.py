"""Notes, empty states, the note for a lost connection, and toasts."""

from typing import Literal

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from strongroom_dashboard.components.kinds import Child, Text
from strongroom_dashboard.components.mark import icon as drawn
from strongroom_dashboard.components.mark import mark

NoteTone = Literal["plain", "brass", "ok", "warn", "danger"]
_ICONS: dict[NoteTone, str] = {
    "plain": "info",
    "brass": "clock",
    "ok": "badge-check",
    "warn": "triangle-alert",
    "danger": "triangle-alert",
}


def note(*children: Child, tone: NoteTone = "plain", icon: str | None = None) -> rx.Component:
    """Return a note with its subject in bold."""
    return rx.el.div(
        drawn(icon or _ICONS[tone]),
        rx.el.div(*children, class_name="grow"),
        class_name=f"note {tone}" if tone != "plain" else "note",
    )


def empty(
    title: Text, sentence: Child, *actions: rx.Component, icon: str | None = None
) -> rx.Component:
    """Return an empty state: a title, one sentence that explains the concept, and a button.

    It shows `icon`, or the logo if no icon is given.
    """
    return rx.el.div(
        mark("lg") if icon is None else drawn(icon),
        rx.el.h2(title),
        rx.el.p(sentence),
        rx.el.div(*actions, class_name="row"),
        class_name="empty",
    )


def connection() -> rx.Component:
    """Return the note that is shown while the websocket is disconnected."""
    lost = note(
        rx.el.b("Can't reach the server."),
        " Reconnecting… Your input is safe.",
        tone="warn",
        icon="unplug",
    )
    return rx.fragment(
        rx.cond(has_connection_errors, rx.el.div(lost, class_name="connection", role="status"))
    )


def toast_shown(head: str, rest: str, *, bad: bool = False, undo: bool = False) -> rx.Component:
    """Return a static toast for the gallery; `assets/js/toasts.js` makes the real ones."""
    return rx.el.div(
        rx.el.span(rx.el.b(head), " ", rest, class_name="said"),
        rx.el.button("Undo", type="button", class_name="textbtn") if undo else rx.fragment(),
        class_name="toast bad" if bad else "toast",
    )
