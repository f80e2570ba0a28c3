"""The live feed. A row has a time, an actor, a sentence and a severity. New rows are tinted for a moment."""

from typing import TypedDict

import reflex as rx

from strongroom_dashboard.components.badge import avatar
from strongroom_dashboard.components.badge import severity as severity_of
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.custom import FeedElement, attributes, present
from strongroom_dashboard.components.kinds import Flag, Text
from strongroom_dashboard.components.time import time


class FeedEntry(TypedDict):
    """An event as a sentence: actor, verb, the object's name, and the rest. `at` is in ISO 8601.

    `actor` may be "You"; `name` is the actor's name, for the initials. `times` is "6 times" if the line
    represents several identical reads; otherwise it is empty. Such a line has the time of the last read.
    """

    id: str
    at: str
    actor_kind: str
    actor: str
    name: str
    verb: str
    target: str
    rest: str
    times: str
    severity: str
    href: str


def told(entry: rx.vars.ObjectVar[FeedEntry]) -> rx.Component:
    """Return an event's sentence."""
    return rx.fragment(
        rx.el.b(entry["actor"]),
        " ",
        entry["verb"],
        rx.cond(entry["target"] != "", rx.fragment(" ", mono(entry["target"]))),
        rx.cond(entry["rest"] != "", rx.fragment(" ", entry["rest"])),
    )


def _entry(entry: rx.vars.ObjectVar[FeedEntry], *, severity: bool) -> rx.Component:
    return rx.el.li(
        time(entry["at"], how="clock", class_name="at"),
        avatar(entry["actor_kind"], entry["name"]),
        rx.el.div(
            rx.el.a(told(entry), href=entry["href"]),
            rx.cond(entry["times"] != "", rx.el.span(entry["times"], class_name="times")),
            class_name="what",
        ),
        severity_of(entry["severity"]) if severity else rx.fragment(),
        key=entry["id"],
        custom_attrs={"data-id": entry["id"]},
    )


def feed(
    entries: rx.Var[list[FeedEntry]],
    *,
    label: Text = "Activity",
    severity: bool = True,
    paused: Flag = False,
) -> rx.Component:
    """Return the feed, newest first. While the pointer is over it, new rows wait behind "12 new"."""
    return FeedElement.create(
        rx.el.div(
            rx.el.button("", type="button", custom_attrs={"data-show-new": ""}),
            class_name="feed-new",
            custom_attrs={"data-new-bar": ""},
        ),
        rx.el.ol(
            rx.foreach(entries, lambda each: _entry(each, severity=severity)),
            class_name="feed",
            aria_label=label,
        ),
        custom_attrs=attributes({"paused": present(paused)}),
    )


def live_badge(paused: Flag = False, *, known: rx.Var[bool] | None = None) -> rx.Component:
    """Return the badge for a list that updates live. It is shown once the first events are `known`."""
    if known is not None:
        return rx.fragment(rx.cond(known, live_badge(paused)))
    on, off = (
        rx.el.span("Live", class_name="live"),
        rx.el.span("Paused", class_name="live paused"),
    )
    if isinstance(paused, bool):
        return off if paused else on
    return rx.fragment(rx.cond(paused, off, on))
