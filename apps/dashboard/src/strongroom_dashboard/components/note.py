"""Notes: a sentence that belongs to what stands beside it."""

from typing import Literal

import reflex as rx

from strongroom_dashboard.components.icon import icon as drawn
from strongroom_dashboard.components.kinds import Child

NoteTone = Literal["plain", "brass", "ok", "warn", "danger"]
_ICONS: dict[NoteTone, str] = {
    "plain": "info",
    "brass": "clock",
    "ok": "badge-check",
    "warn": "triangle-alert",
    "danger": "triangle-alert",
}


def note(*children: Child, tone: NoteTone = "plain", icon: str | None = None) -> rx.Component:
    """Return a note; bold words in it carry what it is about."""
    return rx.el.div(
        drawn(icon or _ICONS[tone]),
        rx.el.div(*children, class_name="grow"),
        class_name=f"note {tone}" if tone != "plain" else "note",
    )
