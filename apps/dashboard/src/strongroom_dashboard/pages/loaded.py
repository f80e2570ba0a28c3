"""What waits for its state: a form that is shown too early would forget what was typed into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.skeleton import lines

if TYPE_CHECKING:
    from strongroom_dashboard.states.screen import Screen


def loaded(state: type[Screen], *children: rx.Component) -> rx.Component:
    """Return the children as soon as the state was looked up once, and lines of grey until then."""
    return rx.fragment(
        rx.cond(state.ready, rx.fragment(*children), card(lines("40%", "72%", "56%")))
    )
