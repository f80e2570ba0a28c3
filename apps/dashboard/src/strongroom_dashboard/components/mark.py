"""The logo, and icons.

The logo is the knurled edge of a dial, which is also a notary's seal, with a ledger's double rule inside.
Icons come from lucide, 16 px in size and in the color of the text.
"""

import math

import reflex as rx

_TEETH = 22
_STEPS = 132
_OUTER, _DEPTH = 14.5, 0.62


def _edge() -> str:
    points: list[str] = []
    for at in range(_STEPS):
        angle = 2 * math.pi * at / _STEPS
        radius = _OUTER + _DEPTH * math.cos(_TEETH * angle)
        points.append(f"{16 + radius * math.sin(angle):.2f} {16 - radius * math.cos(angle):.2f}")
    return f"M{'L'.join(points)}Z"


EDGE = _edge()


def mark(size: str = "") -> rx.Component:
    """Return the logo; `size` is "", "sm" or "lg"."""
    return rx.el.svg(
        rx.el.svg.path(d=EDGE, class_name="seal"),
        rx.el.svg.circle(cx="16", cy="16", r="9.4", class_name="face"),
        rx.el.svg.path(d="M9.8 14.3h12.4M9.8 18h12.4", class_name="rule"),
        rx.el.svg.path(d="M16 2.2v5.4", class_name="index"),
        view_box="0 0 32 32",
        class_name=f"mark {size}".strip(),
        aria_hidden="true",
    )


def icon(name: str, class_name: str = "") -> rx.Component:
    """Return a decorative icon. Its name can't come from state, because then every icon would be bundled.

    Raises `TypeError` for a name that is known only in the browser.
    """
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance] -- rx.cond has any type
        raise TypeError("choose between two icons, not between their names")
    return rx.icon(name, class_name=class_name, aria_hidden="true")
