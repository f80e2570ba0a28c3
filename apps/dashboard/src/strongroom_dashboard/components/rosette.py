"""The rosette: the logo, engraved like a banknote. It is the product's only ornament."""

import math

import reflex as rx

_POINTS = 420


def _curve(radius: float, depth: float, lobes: int, ripple: float) -> str:
    """Return a closed curve whose radius oscillates `lobes` times by `depth`, with a ripple."""
    points: list[str] = []
    for at in range(_POINTS):
        angle = 2 * math.pi * at / _POINTS
        swing = depth * math.cos(lobes * angle) + ripple * math.cos(3 * lobes * angle)
        length = radius + swing
        points.append(f"{length * math.cos(angle):.1f} {length * math.sin(angle):.1f}")
    return f"M{'L'.join(points)}Z"


def _turned(name: str, count: int, lobes: int, class_name: str) -> list[rx.Component]:
    step = 360 / lobes / count
    return [
        rx.el.svg.use(
            href=f"#{name}",
            class_name=class_name,
            custom_attrs={"transform": f"rotate({at * step:.2f})"},
        )
        for at in range(count)
    ]


def _scale() -> str:
    lines: list[str] = []
    for at in range(100):
        angle = 2 * math.pi * at / 100
        end = 230 if at % 10 == 0 else 226
        cos, sin = math.cos(angle), math.sin(angle)
        lines.append(f"M{221 * cos:.1f} {221 * sin:.1f}L{end * cos:.1f} {end * sin:.1f}")
    return "".join(lines)


def rosette() -> rx.Component:
    """Return the rosette. Its strokes use the colors `--g1` and `--g2`."""
    svg = rx.el.svg
    return svg(
        svg.defs(
            svg.path(id="rosette-outer", d=_curve(169, 27, 12, 4)),
            svg.path(id="rosette-inner", d=_curve(127, 21, 8, 4)),
        ),
        svg.g(
            *_turned("rosette-outer", 14, 12, "g1"),
            *_turned("rosette-inner", 16, 8, "g2"),
            svg.circle(r="101", class_name="g1 line"),
            svg.circle(r="97", class_name="g1"),
            svg.path(d="M-58 -13H58M-58 13H58", class_name="g1 bar"),
            svg.path(d="M0 -212V-176", class_name="g1 bar round"),
            svg.circle(r="216", class_name="g2"),
            svg.circle(r="219", class_name="g2"),
            svg.path(d=_scale(), class_name="g2 scale"),
        ),
        view_box="-230 -230 460 460",
        class_name="rosette",
        aria_hidden="true",
    )
