"""A bar chart of reads over time. It is our own SVG, because a chart library would outweigh the page.

`draw` turns buckets into lengths and words in Python, and `chart` lays them out.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypedDict

import reflex as rx

WIDTH, HEIGHT = 700, 190
_PLOT = 656
_TOP, _BASE = 8.0, 166.0
_GAP = 0.28
_LEAST = 2.5
_DAY_WIDTH = 40
_STEPS = (1, 2, 5)


class Bucket(TypedDict):
    """Reads in one time span that begins at `start` (ISO 8601, UTC)."""

    start: str
    read: int
    refused: int


class Bar(TypedDict):
    """One bar: its position, the height of its two parts, and its tooltip."""

    x: str
    hit_x: str
    hit_width: str
    width: str
    read_y: str
    read_height: str
    refused_y: str
    refused_height: str
    today: str
    said: str


class Line(TypedDict):
    """A grid line with its number, or the start of a day with its name."""

    at: str
    text_at: str
    text: str
    strong: str
    drawn: bool


class DayRow(TypedDict):
    """A day in numbers, for screen readers."""

    day: str
    read: str
    refused: str


class Drawing(TypedDict):
    """A chart, ready to be laid out."""

    bars: list[Bar]
    levels: list[Line]
    days: list[Line]
    rows: list[DayRow]
    said: str
    read: str
    refused: str


NOTHING: Drawing = {
    "bars": [],
    "levels": [],
    "days": [],
    "rows": [],
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


class _Place(TypedDict):
    at: str
    text_at: str


def _placed(at: float, beside: float) -> _Place:
    """Return the position of a line and its label."""
    return {"at": _px(at), "text_at": _px(at + beside)}


def _day(at: datetime, now: datetime) -> str:
    name = f"{at:%a} {at.day}"
    return f"{name}, today" if at.date() == now.date() else name


def draw(buckets: Sequence[Bucket], *, now: datetime, minutes: int) -> Drawing:
    """Return the drawing of the buckets, in the given order.

    Args:
        buckets: All buckets in the range, including empty ones; the last may be in the future.
        now: The current time, in the time zone that determines the days.
        minutes: The length of a bucket.
    """
    if not buckets:
        return NOTHING
    starts = [datetime.fromisoformat(each["start"]).astimezone(now.tzinfo) for each in buckets]
    highest = max(each["read"] + each["refused"] for each in buckets)
    step = _step(highest)
    scale = (_BASE - _TOP) / (3 * step)
    pitch = _PLOT / len(buckets)
    bars = [
        _bar(each, start, at, pitch=pitch, scale=scale, now=now, minutes=minutes)
        for at, (each, start) in enumerate(zip(buckets, starts, strict=True))
        if each["read"] or each["refused"]
    ]
    read, refused = (sum(each[name] for each in buckets) for name in ("read", "refused"))
    return {
        "bars": bars,
        "levels": [
            {
                **_placed(_BASE - scale * step * n, 4),
                "text": f"{step * n:,}",
                "strong": "",
                "drawn": n > 0,
            }
            for n in range(4)
        ],
        "days": _days(starts, pitch, now),
        "rows": _rows(buckets, starts),
        "said": f"Reads over time: {read:,} read, {refused:,} denied. Days are {now:%Z}.",
        "read": f"{read:,}",
        "refused": f"{refused:,}",
    }


def _bar(
    bucket: Bucket,
    start: datetime,
    at: int,
    *,
    pitch: float,
    scale: float,
    now: datetime,
    minutes: int,
) -> Bar:
    read, refused = bucket["read"] * scale, bucket["refused"] * scale
    shown = max(refused, _LEAST) if bucket["refused"] else 0.0
    gap = 1.0 if bucket["read"] and shown else 0.0
    end = start + timedelta(minutes=minutes)
    when = f"{start:%a} {start.day} {start:%b}, {start:%H:%M} to {end:%H:%M} {now:%Z}"
    said = f"{when}: {bucket['read']:,} read"
    return {
        "x": _px(at * pitch + pitch * _GAP / 2),
        "hit_x": _px(at * pitch),
        "hit_width": _px(pitch),
        "width": _px(pitch * (1 - _GAP)),
        "read_y": _px(_BASE - read),
        "read_height": _px(read),
        "refused_y": _px(max(_BASE - read - gap - shown, 0)),
        "refused_height": _px(shown),
        "today": "today" if start.date() == now.date() else "",
        "said": f"{said}, {bucket['refused']:,} denied" if bucket["refused"] else said,
    }


def _days(starts: Sequence[datetime], pitch: float, now: datetime) -> list[Line]:
    """Return a line for the start of each day. If the lines are too close together, only some have a name."""
    firsts = [
        at for at, start in enumerate(starts) if at == 0 or start.date() != starts[at - 1].date()
    ]
    if len(firsts) <= 2:  # noqa: PLR2004 - within a day or two, hours are more useful
        return _hours(starts, pitch)
    every = 1
    while every * pitch * (len(starts) / len(firsts)) < _DAY_WIDTH:
        every += 1
    shown = firsts[(len(firsts) - 1) % every :: every]
    # The first day may have begun before the range, so its name may not fit.
    named = [
        at
        for at, after in zip(shown, [*shown[1:], len(starts)], strict=True)
        if (after - at) * pitch >= _DAY_WIDTH or at == shown[-1]
    ]
    return [
        {
            **_placed(at * pitch, 2),
            "text": _day(starts[at], now) if at in named else "",
            "strong": "on" if starts[at].date() == now.date() else "",
            "drawn": at > 0,
        }
        for at in shown
    ]


def _hours(starts: Sequence[datetime], pitch: float) -> list[Line]:
    return [
        {**_placed(at * pitch, 2), "text": f"{start:%H:%M}", "strong": "", "drawn": at > 0}
        for at, start in enumerate(starts)
        if start.minute == 0 and start.hour % 4 == 0 and at * pitch < _PLOT - _DAY_WIDTH / 2
    ]


def _rows(buckets: Sequence[Bucket], starts: Sequence[datetime]) -> list[DayRow]:
    totals: dict[str, tuple[int, int]] = {}
    for bucket, start in zip(buckets, starts, strict=True):
        name = f"{start:%A} {start.day} {start:%B}"
        read, refused = totals.get(name, (0, 0))
        totals[name] = (read + bucket["read"], refused + bucket["refused"])
    return [
        {"day": name, "read": f"{read:,}", "refused": f"{refused:,}"}
        for name, (read, refused) in totals.items()
    ]


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


def _day_line(line: rx.vars.ObjectVar[Line]) -> rx.Component:
    return rx.el.svg.g(
        rx.cond(
            line["drawn"],
            rx.el.svg.line(
                x1=line["at"], x2=line["at"], y1=str(_TOP), y2=str(_BASE), class_name="grid"
            ),
        ),
        rx.el.svg.text(line["text"], x=line["text_at"], y="184", class_name=line["strong"]),
    )


def _draw_bar(bar: rx.vars.ObjectVar[Bar]) -> rx.Component:
    rect = rx.el.svg.rect
    return rx.el.svg.g(
        rx.el.svg.title(bar["said"]),
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
        class_name=bar["today"],
    )


def chart(drawing: rx.vars.ObjectVar[Drawing]) -> rx.Component:
    """Return the bars, and the same numbers as a table for screen readers."""
    bars = rx.el.svg(
        rx.foreach(drawing["levels"], _level),
        rx.foreach(drawing["days"], _day_line),
        rx.foreach(drawing["bars"], _draw_bar),
        view_box=f"0 0 {WIDTH} {HEIGHT}",
        aria_hidden="true",
    )
    numbers = rx.el.table(
        rx.el.caption(drawing["said"]),
        rx.el.thead(
            rx.el.tr(
                rx.el.th("Day", scope="col"),
                rx.el.th("Read", scope="col"),
                rx.el.th("Denied", scope="col"),
            )
        ),
        rx.el.tbody(rx.foreach(drawing["rows"], _day_row)),
        class_name="sr-only",
    )
    return rx.el.div(
        rx.el.div(bars, class_name="chart"),
        numbers,
        class_name="chart-scroll",
        role="group",
        aria_label="Chart of reads",
        tab_index=0,
    )


def _day_row(row: rx.vars.ObjectVar[DayRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row["day"], scope="row"), rx.el.td(row["read"]), rx.el.td(row["refused"])
    )


def legend(refused: rx.Var[str] | str) -> rx.Component:
    """Return the legend, with the number of denied reads and the time zone of the days.

    Buckets are counted in UTC, so their days are in UTC too, regardless of the zone that the person chose for
    times.
    """
    return rx.el.div(
        rx.el.span(rx.el.i(), "Read"),
        rx.el.span(rx.el.i(class_name="refused"), "Denied ", refused),
        rx.el.span("Days in UTC"),
        class_name="legend",
    )
