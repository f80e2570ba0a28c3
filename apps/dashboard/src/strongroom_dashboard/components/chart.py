"""A bar chart of reads over time. It is our own SVG, because a chart library would be larger than the page.

`draw` turns buckets into lengths in Python, and `chart` lays them out. Days and times depend on the zone that
the person chose, which the server doesn't know, so `assets/js/chart.js` adds them.
"""

from collections.abc import Sequence
from typing import TypedDict

import reflex as rx

from strongroom_dashboard.components.custom import ChartElement
from strongroom_dashboard.components.time import zone

WIDTH, HEIGHT = 700, 190
_PLOT = 656
_TOP, _BASE = 8.0, 166.0
_GAP = 0.28
_LEAST = 2.5
_STEPS = (1, 2, 5)
MINUTES_OF_HOUR = 60


class Bucket(TypedDict):
    """The reads in one time span, which begins at `start` (ISO 8601, UTC)."""

    start: str
    read: int
    refused: int


class Bar(TypedDict):
    """One bar: its starting time, its position, the heights of its two parts, and its counts."""

    start: str

    x: str
    hit_x: str
    hit_width: str
    width: str
    read_y: str
    read_height: str
    refused_y: str
    refused_height: str
    read: str
    refused: str


class Line(TypedDict):
    """A grid line and its number."""

    at: str
    text_at: str
    text: str
    drawn: bool


class Drawing(TypedDict):
    """A chart, ready to be laid out. `start` is when the first bucket begins; `minutes` is their length."""

    start: str
    minutes: str
    buckets: str
    bars: list[Bar]
    levels: list[Line]
    said: str
    read: str
    refused: str


NOTHING: Drawing = {
    "start": "",
    "minutes": "0",
    "buckets": "0",
    "bars": [],
    "levels": [],
    "said": "",
    "read": "0",
    "refused": "0",
}


def _step(highest: int) -> int:
    """Return the distance between grid lines, a round number. Three lines cover the highest bar."""
    power = 1
    while True:
        for part in _STEPS:
            if 3 * part * power >= highest:
                return part * power
        power *= 10


def _px(length: float) -> str:
    return f"{length:.2f}".rstrip("0").rstrip(".")


def draw(buckets: Sequence[Bucket], *, minutes: int) -> Drawing:
    """Return the drawing for these buckets, in the given order.

    Args:
        buckets: All buckets in the range, including empty ones; the last may be in the future.
        minutes: The length of a bucket.
    """
    if not buckets:
        return NOTHING
    highest = max(each["read"] + each["refused"] for each in buckets)
    step = _step(highest)
    scale = (_BASE - _TOP) / (3 * step)
    pitch = _PLOT / len(buckets)
    read, refused = (sum(each[name] for each in buckets) for name in ("read", "refused"))
    counted = f" Each point covers {minutes // 60} hours." if minutes > MINUTES_OF_HOUR else ""
    return {
        "start": buckets[0]["start"],
        "minutes": str(minutes),
        "buckets": str(len(buckets)),
        "bars": [
            _bar(each, at, pitch=pitch, scale=scale)
            for at, each in enumerate(buckets)
            if each["read"] or each["refused"]
        ],
        "levels": [
            {
                "at": _px(_BASE - scale * step * n),
                "text_at": _px(_BASE - scale * step * n + 4),
                "text": f"{step * n:,}",
                "drawn": n > 0,
            }
            for n in range(4)
        ],
        "said": f"Reads over time: {read:,} read, {refused:,} denied.{counted}",
        "read": f"{read:,}",
        "refused": f"{refused:,}",
    }


def _bar(bucket: Bucket, at: int, *, pitch: float, scale: float) -> Bar:
    read, refused = bucket["read"] * scale, bucket["refused"] * scale
    shown = max(refused, _LEAST) if bucket["refused"] else 0.0
    gap = 1.0 if bucket["read"] and shown else 0.0
    return {
        "start": bucket["start"],
        "x": _px(at * pitch + pitch * _GAP / 2),
        "hit_x": _px(at * pitch),
        "hit_width": _px(pitch),
        "width": _px(pitch * (1 - _GAP)),
        "read_y": _px(_BASE - read),
        "read_height": _px(read),
        "refused_y": _px(max(_BASE - read - gap - shown, 0)),
        "refused_height": _px(shown),
        "read": str(bucket["read"]),
        "refused": str(bucket["refused"]),
    }


def _level(line: rx.vars.ObjectVar[Line]) -> rx.Component:
    return rx.el.svg.g(
        rx.el.svg.line(
            x1="0",
            x2=str(_PLOT),
            y1=line["at"],
            y2=line["at"],
            class_name=rx.cond(line["drawn"], "grid dotted", "base"),
        ),
        rx.el.svg.text(line["text"], x=str(WIDTH), y=line["text_at"], class_name="number"),
    )


def _draw_bar(bar: rx.vars.ObjectVar[Bar]) -> rx.Component:
    rect = rx.el.svg.rect
    return rx.el.svg.g(
        rx.el.svg.title(),
        rect(
            x=bar["hit_x"],
            y=str(_TOP),
            width=bar["hit_width"],
            height=str(_BASE - _TOP),
            class_name="hit",
        ),
        rect(
            x=bar["x"],
            y=bar["read_y"],
            width=bar["width"],
            height=bar["read_height"],
            class_name="read",
        ),
        rect(
            x=bar["x"],
            y=bar["refused_y"],
            width=bar["width"],
            height=bar["refused_height"],
            class_name="refused",
        ),
        custom_attrs={
            "data-start": bar["start"],
            "data-read": bar["read"],
            "data-refused": bar["refused"],
        },
    )


def chart(drawing: rx.vars.ObjectVar[Drawing]) -> rx.Component:
    """Return the bars, and a table with the same numbers for screen readers."""
    bars = rx.el.svg(
        rx.foreach(drawing["levels"], _level),
        rx.foreach(drawing["bars"], _draw_bar),
        view_box=f"0 0 {WIDTH} {HEIGHT}",
        aria_hidden="true",
    )
    numbers = rx.el.table(
        rx.el.caption(drawing["said"], " Days in ", zone(), "."),
        rx.el.thead(
            rx.el.tr(
                rx.el.th("Day", scope="col"),
                rx.el.th("Read", scope="col"),
                rx.el.th("Denied", scope="col"),
            )
        ),
        rx.el.tbody(),
        class_name="sr-only",
    )
    days = rx.el.div(class_name="chart-days", aria_hidden="true")
    return rx.el.div(
        ChartElement.create(
            rx.el.div(bars, days, class_name="chart"),
            numbers,
            custom_attrs={
                "start": drawing["start"],
                "minutes": drawing["minutes"],
                "buckets": drawing["buckets"],
                # The element looks at its bars again when their sums change.
                "sums": drawing["read"] + "/" + drawing["refused"],
            },
        ),
        class_name="chart-scroll",
        role="group",
        aria_label="Chart of reads",
        tab_index=0,
    )


def legend(refused: rx.Var[str] | str) -> rx.Component:
    """Return the legend, with the number of denied reads, and the time zone that days and hours are in."""
    return rx.el.div(
        rx.el.span(rx.el.i(), "Read"),
        rx.el.span(rx.el.i(class_name="refused"), "Denied ", refused),
        rx.el.span("Times in ", zone()),
        class_name="legend",
    )
