"""The card that shows recent activity on the user's account (A-11)."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.button import link
from strongroom_dashboard.components.card import card, rule_list
from strongroom_dashboard.components.mark import icon
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.security.state import ActivityRow, Security


def activity_card() -> rx.Component:
    """Return the card. It shows the latest events, or more of them with `?events=all`."""
    return card(
        rule_list(rx.foreach(Security.activity, _line), label="Your account's events"),
        title="Account activity",
        aside=rx.cond(
            Security.all_events,
            link("View latest", "/security", "meta"),
            link("View more", "/security?events=all", "meta"),
        ),
    )


def _line(row: rx.Var[ActivityRow]) -> rx.Component:
    return rx.el.li(
        rx.cond(row.bad, icon("triangle-alert", "warn-ink"), icon("circle-user-round")),
        rx.el.div(rx.el.div(row.text), rx.el.div(row.place, class_name="meta"), class_name="grow"),
        time(row.at, class_name="meta"),
        key=row.id,
        class_name="activity-line",
    )
