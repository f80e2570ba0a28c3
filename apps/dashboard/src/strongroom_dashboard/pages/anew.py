"""Parts that are drawn anew when what they show changes, since a field keeps its first value."""

from __future__ import annotations

import reflex as rx


def anew(part: rx.Component, *shown: rx.Var[str]) -> rx.Component:
    """Return the part, which starts over whenever one of the texts in its fields is another."""
    key = shown[0]
    for each in shown[1:]:
        key = key + "\n" + each
    return rx.fragment(part, key=key)
