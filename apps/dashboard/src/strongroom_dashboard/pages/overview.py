"""Overview. In a new vault the first steps take the place of counts and chart."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.badge import pip
from strongroom_dashboard.components.button import button, link
from strongroom_dashboard.components.card import card, rows, two_columns
from strongroom_dashboard.components.chart import chart, legend
from strongroom_dashboard.components.counts import count_cell, counts
from strongroom_dashboard.components.feed import feed, live_badge
from strongroom_dashboard.components.segmented import segmented
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.time import time
from strongroom_dashboard.components.todo import TodoTone, todo, todo_item
from strongroom_dashboard.pages.first_steps import first_steps
from strongroom_dashboard.pages.frame import screen
from strongroom_dashboard.states.overview import Overview, Todo
from strongroom_dashboard.states.shell import Shell


def page() -> rx.Component:
    """Return the first screen."""
    return screen(
        Overview,
        rx.cond(Overview.first_steps, first_steps(), glance()),
        current="overview",
        title=rx.cond(Overview.first_steps, "Welcome, " + Shell.username, "Overview"),
        sentence=rx.cond(
            Overview.first_steps,
            "Four steps until a machine of yours reads its first secret. Most people need about three"
            " minutes.",
            Overview.sentence,
        ),
        crumbs=(Crumb("Overview"),),
        actions=(
            rx.cond(
                Overview.first_steps,
                button("Hide this", tone="ghost", href="/?steps=hide"),
                button("New project", icon="plus", tone="primary", href="/projects?new=project"),
            ),
        ),
    )


def glance() -> rx.Component:
    """Return a vault at a glance."""
    return rx.el.div(
        _counts(),
        two_columns(
            rx.fragment(_reads(), activity()),
            rx.fragment(_needs_a_person(), _in_order()),
        ),
        class_name="stack gap-5 glance",
    )


def _counts() -> rx.Component:
    figures = Overview.figures
    return counts(
        count_cell("Projects", figures.projects, figures.in_applications, href="/projects"),
        count_cell("Secrets", figures.secrets, figures.unread, href="/projects"),
        count_cell("Machines", figures.machines, figures.seen, href="/machines"),
        count_cell("Members", figures.members, "one owner"),
    )


def _reads() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.div(Overview.reads, class_name="figure"),
            rx.el.p(
                Overview.reads_noun + ", each on the record before its value left",
                class_name="muted grow",
            ),
            legend(Overview.refused),
            class_name="row reads-head",
        ),
        chart(Overview.drawing),
        title="Reads",
        aside=segmented(
            ("24 h", "/?reads=24h", Overview.span == "24h"),
            ("7 days", "/?reads=7d", Overview.span == "7d"),
            ("30 days", "/?reads=30d", Overview.span == "30d"),
            label="Span of the chart",
        ),
    )


def activity() -> rx.Component:
    """Return what happens now, as it happens."""
    return card(
        feed(Overview.feed),
        title=rx.fragment("Activity ", live_badge()),
        aside=link("Open the audit log", "/audit"),
    )


def _needs_a_person() -> rx.Component:
    return card(
        rx.cond(
            Overview.todos.length() > 0,
            todo(rx.foreach(Overview.todos, _todo)),
            rx.el.p("Nothing waits for anybody.", class_name="muted card-body"),
        ),
        title=rx.fragment(
            "Needs a person ",
            rx.cond(Overview.todos.length() > 0, pip(Overview.todos.length()), rx.fragment()),
        ),
        body=False,
    )


def _todo(item: rx.Var[Todo]) -> rx.Component:
    act = button(item.act, size="sm", href=item.href)

    def shown(icon: str, tone: TodoTone) -> rx.Component:
        return todo_item(item.title, item.text, icon=icon, tone=tone, act=act)

    return rx.fragment(
        rx.match(
            item.icon,
            ("snowflake", shown("snowflake", "danger")),
            ("server", shown("server", "brass")),
            shown("hourglass", "plain"),
        )
    )


def _in_order() -> rx.Component:
    return card(
        rows(
            ("Frozen projects", Overview.frozen),
            ("Machines that wait", Overview.waiting),
            ("Secrets not read in 90 days", Overview.unread),
            ("First read by a machine", time(Overview.first_read, empty="Not yet")),
        ),
        title="In order",
    )
