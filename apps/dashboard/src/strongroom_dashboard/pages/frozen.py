"""A frozen project: what happened, and the way back in four steps."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.badge import badge
from strongroom_dashboard.components.button import button, link
from strongroom_dashboard.components.card import card, two_columns
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.empty import empty
from strongroom_dashboard.components.feed import live_badge
from strongroom_dashboard.components.fields import area_field
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.components.time import time
from strongroom_dashboard.pages.allowed import allowed_button
from strongroom_dashboard.pages.frozen_steps import recovery
from strongroom_dashboard.pages.loaded import loaded
from strongroom_dashboard.pages.project_head import project_screen
from strongroom_dashboard.states.frozen import FrozenProject
from strongroom_dashboard.states.frozen_rows import Moment, RefusedRow

REASON_LENGTH = 500


def page() -> rx.Component:
    """Return the recovery of a frozen project."""
    return project_screen(
        FrozenProject,
        loaded(
            FrozenProject,
            rx.cond(
                FrozenProject.is_frozen,
                rx.el.div(
                    _slip(),
                    two_columns(recovery(), rx.fragment(_lift(), _refused_now())),
                    class_name="stack gap-5",
                ),
                _thawed(),
            ),
        ),
        tab="recovery",
    )


def _thawed() -> rx.Component:
    head = FrozenProject.head
    return empty(
        "This project is not frozen",
        "Machines read what they were granted. What was done while it was frozen is in the audit log.",
        button("Open its secrets", href=head.href, tone="primary"),
        button("Open the audit log", href="/audit?project=" + head.id),
        icon="sun-snow",
    )


def _slip() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Frozen. Nothing here is read.", class_name="display"),
            rx.el.p(
                FrozenProject.story,
                ": ",
                rx.el.b(FrozenProject.head.freeze_reason),
                class_name="lead",
            ),
            rx.cond(FrozenProject.has_record, _numbers(), _no_record()),
            class_name="slip-main",
        ),
        rx.el.div(
            rx.el.h3("What happened"),
            rx.el.ol(rx.foreach(FrozenProject.happened, _moment), class_name="moments"),
            link("All entries of this project", "/audit?project=" + FrozenProject.head.id, "meta"),
            class_name="slip-side",
        ),
        class_name="slip",
        aria_label="The freeze",
    )


def _numbers() -> rx.Component:
    return rx.el.dl(
        _number(FrozenProject.refused, FrozenProject.refused_text),
        _number(FrozenProject.exposed_count, FrozenProject.exposed_text),
        _number(FrozenProject.reader_count, FrozenProject.reader_text),
        class_name="slip-numbers",
    )


def _number(number: rx.Var[str], text: rx.Var[str]) -> rx.Component:
    return rx.el.div(rx.el.dt(text), rx.el.dd(number))


def _no_record() -> rx.Component:
    return rx.el.p(
        "Your role does not show what others did. Whoever holds ",
        mono("audit.view_others"),
        " sees who read what before the freeze.",
        class_name="muted",
    )


def _moment(moment: rx.Var[Moment]) -> rx.Component:
    return rx.el.li(
        time(moment.at, clock=True, class_name="at"),
        rx.el.a(
            rx.el.b(moment.actor), " ", moment.text, " ", mono(moment.target), href=moment.href
        ),
        class_name=rx.cond(moment.hot, "hot", ""),
        key=moment.id,
    )


def _lift() -> rx.Component:
    head = FrozenProject.head
    return card(
        rx.el.div(
            rx.el.div(
                rx.el.p(FrozenProject.lift_text, class_name="muted"),
                rx.cond(
                    FrozenProject.open_text != "",
                    rx.el.p(FrozenProject.open_text, class_name="warn-ink"),
                ),
            ),
            rx.cond(
                FrozenProject.why_not_lift != "",
                allowed_button("Lift the freeze", FrozenProject.why_not_lift, block=True),
                change(
                    area_field(
                        "reason",
                        "Reason",
                        rows=3,
                        required=True,
                        longest=REASON_LENGTH,
                        placeholder="What was found, and why it is safe to go on",
                        messages={"missing": "Say why, in a few words: it goes on the record."},
                    ),
                    problems(),
                    rx.cond(
                        FrozenProject.lift_state == "now",
                        submit("Lift the freeze", block=True),
                        submit("Lift the freeze", tone="plain", block=True),
                    ),
                    rx.el.p(
                        "Asks for your password, unless you gave it in the last 10 minutes."
                        " Recorded as ",
                        mono("project_unfreeze"),
                        ".",
                        class_name="meta",
                    ),
                    action="/api/projects/" + head.id + "/unfreeze",
                    says="The freeze is lifted.|" + FrozenProject.lifted_text,
                    then=head.href,
                    class_name="stack gap-3",
                ),
            ),
            class_name="stack gap-4",
        ),
        title="Step 4: lift the freeze",
    )


def _refused_now() -> rx.Component:
    return card(
        rx.cond(
            FrozenProject.refused_now.length() > 0,
            rx.el.ul(
                rx.foreach(FrozenProject.refused_now, _refused),
                class_name="rule-list",
                aria_label="Reads refused since the freeze, newest first",
            ),
            rx.el.p("No machine has asked since.", class_name="muted"),
        ),
        title="Refused now",
        aside=live_badge(),
    )


def _refused(read: rx.Var[RefusedRow]) -> rx.Component:
    return rx.el.li(
        time(read.at, clock=True, class_name="meta"),
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
