"""Buttons that say why they are not for their reader, instead of failing after the click."""

from __future__ import annotations

from typing import Any

import reflex as rx

from strongroom_dashboard.components.button import button


def allowed_button(text: str, why_not: rx.Var[str] | str, **props: Any) -> rx.Component:
    """Return a button, not allowed where `why_not` says why. `props` are those of `button`."""
    refused = {name: props[name] for name in ("icon", "tone", "size", "block") if name in props}
    return rx.fragment(
        rx.cond(why_not, button(text, why_not=why_not, **refused), button(text, **props))
    )
