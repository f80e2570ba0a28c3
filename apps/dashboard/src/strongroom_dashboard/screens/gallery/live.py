"""The chart, the feed, the attention list, and steps."""

from datetime import timedelta

import reflex as rx

from strongroom_dashboard.components.badge import badge
from strongroom_dashboard.components.button import button, link
from strongroom_dashboard.components.card import card, rows
from strongroom_dashboard.components.chart import Drawing, chart, draw, legend
from strongroom_dashboard.components.code import code_block, mono
from strongroom_dashboard.components.feed import FeedEntry, feed, live_badge
from strongroom_dashboard.components.steps import step, steps, todo, todo_item
from strongroom_dashboard.components.tabs import segmented
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.gallery.samples import ENTRIES, HERE, NOW, buckets, sheet


def live_sheets() -> rx.Component:
    """Return the live parts."""
    drawing = rx.Var.create(draw(buckets(), minutes=60)).to(Drawing)
    spans = segmented(
        ("24 h", f"{HERE}?span=24h", False),
        ("7 days", f"{HERE}?span=7d", True),
        ("30 days", f"{HERE}?span=30d", False),
        label="Span",
    )
    return rx.fragment(
        sheet(
            "Chart",
            card(
                rx.el.div(
                    rx.el.span(drawing["read"], class_name="display"),
                    rx.el.span(
                        "reads, each logged before the value was returned",
                        class_name="muted hide-phone grow",
                    ),
                    legend(drawing["refused"]),
                    class_name="row gap-5 baseline",
                    custom_attrs={"style": {"margin": "2px 0 12px"}},
                ),
                chart(drawing),
                title="Reads",
                aside=spans,
            ),
            span=8,
        ),
        sheet(
            "Needs attention",
            card(
                todo(
                    todo_item(
                        "2 machines are waiting for approval",
                        rx.fragment(mono("fra-checkout-07"), " and 1 more"),
                        icon="server",
                        act=button("Review", size="sm", href=f"{HERE}?todo=1"),
                    ),
                    todo_item(
                        "1 project is frozen",
                        "warehouse-sync, since 11:52",
                        icon="snowflake",
                        tone="danger",
                        act=button("Open", size="sm", href=f"{HERE}?todo=2"),
                    ),
                    todo_item(
                        "3 machines expire soon",
                        "First: tomorrow at 18:00",
                        icon="hourglass",
                        tone="plain",
                        act=button("Open", size="sm", href=f"{HERE}?todo=3"),
                    ),
                ),
                title=rx.el.span("Needs attention", badge("3", "brass"), class_name="row gap-3"),
                body=False,
            ),
            span=4,
        ),
        sheet(
            "Live feed",
            card(
                feed(rx.Var.create(ENTRIES).to(list[FeedEntry])),
                title=rx.el.span("Activity ", live_badge(), class_name="row gap-3"),
                aside=link("View audit log", f"{HERE}?audit=1"),
            ),
            span=8,
        ),
        sheet(
            "Facts",
            card(
                rows(
                    ("Frozen projects", "None"),
                    ("Machines seen this week", "139 of 147"),
                    ("Last change", time((NOW - timedelta(minutes=3)).isoformat())),
                ),
                title="Health",
            ),
            span=4,
        ),
    )


def steps_sheet() -> rx.Component:
    """Return steps in each of their states."""
    return card(
        steps(
            step(
                "Create a project", state="done", number=1, aside="weather-station, today at 11:31"
            ),
            step(
                "Connect a machine",
                rx.el.p("Run this on the machine. Then confirm its fingerprint."),
                code_block("curl -sSL https://vault.nair.example/v1/bootstrap/… | sh"),
                state="now",
                number=2,
                aside=badge("Works once. Expires in 09:12", "brass", "timer"),
            ),
            step("Read the secret", state="later", number=3, aside="after you approve the machine"),
        ),
        body=False,
    )
