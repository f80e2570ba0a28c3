"""A frozen project: what happened, and its recovery step by step."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import REASON_LENGTH
from strongroom_dashboard.components.badge import badge
from strongroom_dashboard.components.button import button, link
from strongroom_dashboard.components.card import card, two_columns
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.feed import live_badge
from strongroom_dashboard.components.fields import area_field
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.components.note import empty
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import guarded_button, when_loaded
from strongroom_dashboard.screens.frozen.rows import BlockedRow, Moment
from strongroom_dashboard.screens.frozen.state import FrozenProject
from strongroom_dashboard.screens.frozen.steps import recovery
from strongroom_dashboard.screens.project_frame import project_screen


def page() -> rx.Component:
    """Return the recovery of a frozen project."""
    return project_screen(
        FrozenProject,
        when_loaded(
            FrozenProject,
            rx.cond(
                FrozenProject.is_frozen,
                rx.el.div(
                    _slip(),
                    two_columns(recovery(), rx.fragment(_unfreeze(), _blocked_reads())),
                    class_name="stack gap-5",
                ),
                _not_frozen(),
            ),
        ),
        tab="recovery",
    )


def _not_frozen() -> rx.Component:
    head = FrozenProject.head
    return empty(
        "This project isn't frozen",
        "Machines can read the secrets they have access to. See the audit log for past freezes.",
        button("Open secrets", href=head.href, tone="primary"),
        button("View audit log", href="/audit?project=" + head.id),
        icon="sun-snow",
    )


def _slip() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(
                rx.cond(
                    FrozenProject.head.frozen_by_canary,
                    "Frozen. A canary was read.",
                    "Frozen. Reads of its secrets are blocked.",
                ),
                class_name="display",
            ),
            rx.el.p(
                FrozenProject.story,
                " on ",
                time(FrozenProject.since, how="exact"),
                rx.cond(
                    FrozenProject.head.frozen_by_canary,
                    ". All reads are blocked. The canary's value isn't a real credential.",
                    rx.fragment(": ", rx.el.b(FrozenProject.head.freeze_reason)),
                ),
                class_name="lead",
            ),
            rx.cond(FrozenProject.has_history, _numbers(), _no_history()),
            class_name="slip-main",
        ),
        rx.el.div(
            rx.el.h3("What happened"),
            rx.el.ol(rx.foreach(FrozenProject.happened, _moment), class_name="moments"),
            link("All events in this project", "/audit?project=" + FrozenProject.head.id, "meta"),
            class_name="slip-side",
        ),
        class_name="slip",
        aria_label="The freeze",
    )


def _numbers() -> rx.Component:
    return rx.el.dl(
        _number(FrozenProject.blocked, FrozenProject.blocked_text),
        _number(FrozenProject.exposed_count, FrozenProject.exposed_text),
        _number(FrozenProject.reader_count, FrozenProject.reader_text),
        class_name="slip-numbers",
    )


def _number(number: rx.Var[str], text: rx.Var[str]) -> rx.Component:
    return rx.el.div(rx.el.dt(text), rx.el.dd(number))


def _no_history() -> rx.Component:
    return rx.el.p(
        "You need ",
        mono("audit.view_others"),
        " to see who read what before the freeze. Ask a vault owner.",
        class_name="muted",
    )


def _moment(moment: rx.Var[Moment]) -> rx.Component:
    return rx.el.li(
        time(moment.at, how="clock", class_name="at"),
        rx.el.a(
            rx.el.b(moment.actor),
            f" {moment.text} ",
            mono(moment.target),
            f" {moment.after}",
            href=moment.href,
        ),
        class_name=rx.cond(moment.hot, "hot", ""),
        key=moment.id,
    )


def _unfreeze() -> rx.Component:
    head = FrozenProject.head
    return card(
        rx.el.div(
            rx.el.div(
                rx.el.p(FrozenProject.unfreeze_text, class_name="muted"),
                rx.cond(
                    FrozenProject.open_text != "",
                    rx.el.p(FrozenProject.open_text, class_name="warn-ink"),
                ),
            ),
            rx.cond(
                FrozenProject.why_not_unfreeze != "",
                guarded_button("Unfreeze project", FrozenProject.why_not_unfreeze, block=True),
                change(
                    area_field(
                        "reason",
                        "Reason",
                        rows=3,
                        required=True,
                        longest=REASON_LENGTH,
                        placeholder="What you found, and why it's safe to unfreeze",
                        messages={"missing": "Enter a reason."},
                    ),
                    problems(),
                    rx.cond(
                        FrozenProject.unfreeze_state == "now",
                        submit("Unfreeze project", block=True),
                        submit("Unfreeze project", tone="plain", block=True),
                    ),
                    rx.el.p(
                        "You may be asked for your password.",
                        class_name="meta",
                    ),
                    action="/api/projects/" + head.id + "/unfreeze",
                    says=FrozenProject.head.full_name + " unfrozen.|" + FrozenProject.unfrozen_text,
                    then=head.href,
                    class_name="stack gap-3",
                ),
            ),
            class_name="stack gap-4",
        ),
        title=rx.cond(FrozenProject.has_canary_step, "Step 5: unfreeze", "Step 4: unfreeze"),
    )


def _blocked_reads() -> rx.Component:
    return card(
        rx.cond(
            FrozenProject.blocked_reads.length() > 0,
            rx.el.ul(
                rx.foreach(FrozenProject.blocked_reads, _blocked),
                class_name="rule-list",
                aria_label="Reads blocked since the freeze, newest first",
            ),
            rx.el.p("No blocked reads yet.", class_name="muted"),
        ),
        title="Blocked reads",
        aside=live_badge(known=FrozenProject.ready),
    )


def _blocked(read: rx.Var[BlockedRow]) -> rx.Component:
    return rx.el.li(
        time(read.at, how="clock", class_name="meta"),
        rx.el.div(
            rx.cond(
                read.href != "",
                rx.el.a(read.machine, href=read.href, class_name="mono"),
                mono(read.machine),
            ),
            rx.el.span(read.secret, class_name="meta mono trunc"),
            class_name="grow stack-tight",
        ),
        badge(read.reason, "danger"),
        key=read.id,
    )
