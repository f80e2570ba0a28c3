"""The overview. A new vault shows the first steps instead of counts and chart."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.badge import StateTone, pip, state
from strongroom_dashboard.components.button import button, link
from strongroom_dashboard.components.card import card, count_cell, counts, rows, two_columns
from strongroom_dashboard.components.chart import chart, legend
from strongroom_dashboard.components.feed import feed, live_badge
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.skeleton import lines, until
from strongroom_dashboard.components.steps import TodoTone, todo, todo_item
from strongroom_dashboard.components.tabs import segmented
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import screen
from strongroom_dashboard.screens.overview.first_steps import first_steps
from strongroom_dashboard.screens.overview.state import Overview, Todo
from strongroom_dashboard.screens.shell import Shell


def page() -> rx.Component:
    """Return the page."""
    return screen(
        Overview,
        rx.cond(Overview.first_steps, first_steps(), glance()),
        current="overview",
        title=rx.cond(Overview.first_steps, "Welcome, " + Shell.username, "Overview"),
        sentence=rx.cond(
            Overview.first_steps,
            "Four steps to your first secret. Takes about three minutes.",
            until(Overview.ready, _sentence(), "22rem"),
        ),
        crumbs=(Crumb("Overview"),),
        actions=(
            rx.cond(
                Overview.first_steps,
                button("Dismiss", tone="ghost", href="/?steps=hide"),
                rx.cond(
                    Overview.why_not_create == "",
                    button(
                        "New project", icon="plus", tone="primary", href="/projects?new=project"
                    ),
                    button("New project", icon="plus", why_not=Overview.why_not_create),
                ),
            ),
        ),
    )


def _sentence() -> rx.Component:
    return rx.fragment(time(Overview.at, how="today"), ". ", Overview.sentence)


def glance() -> rx.Component:
    """Return the counts, the chart, the activity, and the list of items that need attention."""
    return rx.el.div(
        _counts(),
        two_columns(
            rx.fragment(_reads(), activity()),
            rx.fragment(_attention(), _health()),
        ),
        class_name="stack gap-5 glance",
    )


def _counts() -> rx.Component:
    figures = Overview.figures
    return counts(
        _count("Projects", figures.projects, figures.in_applications, href="/projects"),
        _count("Secrets", figures.secrets, figures.unread, href="/projects"),
        rx.cond(
            Shell.hidden.contains("machines"),
            _count("Machines", figures.machines, figures.seen),
            _count("Machines", figures.machines, figures.seen, href="/machines"),
        ),
        rx.cond(
            Shell.hidden.contains("members"),
            _count("Members", figures.members, ""),
            _count("Members", figures.members, "", href="/members"),
        ),
    )


def _count(
    label: str, number: rx.Var[str], text: rx.Var[str] | str, *, href: str | None = None
) -> rx.Component:
    known = Overview.ready
    return count_cell(label, until(known, number, "4rem"), until(known, text, "7rem"), href=href)


def _reads() -> rx.Component:
    drawn = rx.fragment(
        rx.el.div(
            rx.el.div(Overview.reads, class_name="figure"),
            rx.el.p(
                Overview.reads_noun + ", each logged before the value was returned",
                class_name="muted grow",
            ),
            legend(Overview.refused),
            class_name="row reads-head",
        ),
        chart(Overview.drawing),
    )
    return card(
        rx.cond(
            Overview.ready,
            rx.cond(
                Overview.why_no_activity == "",
                drawn,
                rx.el.p(Overview.why_no_activity, class_name="muted"),
            ),
            lines("9rem", "100%", "100%", "100%"),
        ),
        title="Reads",
        aside=segmented(
            ("24 h", "/?reads=24h", Overview.span == "24h"),
            ("7 days", "/?reads=7d", Overview.span == "7d"),
            ("30 days", "/?reads=30d", Overview.span == "30d"),
            label="Time range",
        ),
    )


def activity() -> rx.Component:
    """Return the live feed."""
    return card(
        rx.cond(
            Overview.ready,
            rx.cond(
                Overview.why_no_activity == "",
                feed(Overview.feed),
                rx.el.p(Overview.why_no_activity, class_name="muted"),
            ),
            lines("62%", "78%", "54%", "70%"),
        ),
        title=rx.fragment("Activity ", live_badge(known=Overview.ready)),
        aside=rx.cond(
            Shell.hidden.contains("audit"), rx.fragment(), link("View audit log", "/audit")
        ),
    )


def _attention() -> rx.Component:
    return card(
        rx.cond(
            Overview.todos.length() > 0,
            todo(rx.foreach(Overview.todos, _todo)),
            rx.cond(
                Overview.ready,
                rx.el.p("You're all caught up.", class_name="muted card-body"),
                rx.el.div(lines("70%", "52%"), class_name="card-body"),
            ),
        ),
        title=rx.fragment(
            "Needs attention ",
            rx.cond(Overview.todos.length() > 0, pip(Overview.attention)),
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
            ("ticket", shown("ticket", "plain")),
            shown("hourglass", "plain"),
        )
    )


def _standing(found: rx.Var[str], tone: StateTone) -> rx.Component:
    """Return a count as a state in this tone, or "None" as a good state."""
    shown = rx.cond(found == "None", state("None", "ok"), state(found, tone))
    return until(Overview.ready, shown, "3rem")


def _health() -> rx.Component:
    return card(
        rows(
            ("Frozen projects", _standing(Overview.frozen, "bad")),
            ("Secrets unused for 90 days", _standing(Overview.unread, "warn")),
            (
                "First read",
                until(Overview.ready, time(Overview.first_read, empty="Not yet"), "5rem"),
            ),
        ),
        title="Health",
    )
