"""The live feed: time, actor, sentence, severity. New rows are wet ink."""

from typing import TypedDict

import reflex as rx

from strongroom_dashboard.components.badge import avatar
from strongroom_dashboard.components.badge import severity as severity_of
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.custom import FeedElement, attributes, present
from strongroom_dashboard.components.kinds import Flag, Text
from strongroom_dashboard.components.time import time


class FeedEntry(TypedDict):
    """An entry as a sentence: actor, verb, the thing's name, the rest. `at` is ISO 8601.

    `actor` may be "You"; `name` is what everybody calls them, from which the initials come.
    """

    id: str
    at: str
    actor_kind: str
    actor: str
    name: str
    verb: str
    target: str
    rest: str
    severity: str
    href: str


def _entry(entry: rx.vars.ObjectVar[FeedEntry], *, severity: bool) -> rx.Component:
    return rx.el.li(
        time(entry["at"], clock="date", class_name="at"),
        avatar(entry["actor_kind"], entry["name"]),
        rx.el.div(
            rx.el.a(
                rx.el.b(entry["actor"]),
                " ",
                entry["verb"],
                " ",
                mono(entry["target"]),
                " ",
                entry["rest"],
                href=entry["href"],
            ),
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
    """Return the feed, newest first. While somebody points at it, new rows wait behind "12 new"."""
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


def live_badge(paused: Flag = False) -> rx.Component:
    """Return the sign that a list follows what happens."""
    on, off = (
        rx.el.span("Live", class_name="live"),
        rx.el.span("Paused", class_name="live paused"),
    )
    if isinstance(paused, bool):
        return off if paused else on
    return rx.fragment(rx.cond(paused, off, on))
