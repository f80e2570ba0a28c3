"""The four steps out of a freeze, each with its own state."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.badge import badge, state
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.fields import area_field
from strongroom_dashboard.components.form import action_button, change, problems, submit
from strongroom_dashboard.components.steps import step, steps
from strongroom_dashboard.components.time import time
from strongroom_dashboard.pages.allowed import allowed_button
from strongroom_dashboard.states.frozen import FrozenProject
from strongroom_dashboard.states.frozen_rows import ExposedRow, ReaderRow, Told

ACCOUNT_LENGTH = 2000


def recovery() -> rx.Component:
    """Return the four steps."""
    return card(
        steps(
            _stop(),
            _replace(),
            _tell(),
            step(
                "Lift the freeze",
                FrozenProject.lift_text,
                state=FrozenProject.lift_state,
                number=4,
                danger=True,
            ),
            label="Recovery",
        ),
        title="Recovery",
        aside=rx.el.span(FrozenProject.done_text, class_name="meta"),
        body=False,
    )


def _stop() -> rx.Component:
    return step(
        "Stop the machines you do not trust",
        rx.cond(
            FrozenProject.readers.length() > 0,
            rx.fragment(
                rx.el.p(
                    "These read here in the 24 h before the freeze. A machine that is switched off"
                    " is refused in every project, at once."
                ),
                rx.el.ul(
                    rx.foreach(FrozenProject.readers, _reader),
                    class_name="step-list",
                    aria_label="Machines that read before the freeze",
                ),
                rx.cond(
                    FrozenProject.more_readers != "",
                    rx.el.p(FrozenProject.more_readers, class_name="meta"),
                ),
            ),
            rx.el.p("No machine read here in the 24 h before the freeze."),
        ),
        state=FrozenProject.stop_state,
        number=1,
        aside=_count(FrozenProject.stop_text, FrozenProject.stop_state),
        danger=True,
    )


def _reader(reader: rx.Var[ReaderRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.cond(
                reader.href != "",
                rx.el.a(reader.name, href=reader.href, class_name="mono strong"),
                mono(reader.name, "strong"),
            ),
            rx.el.span(
                reader.what,
                rx.cond(reader.reach != "", rx.fragment("; ", reader.reach)),
                class_name="meta",
            ),
            class_name="what",
        ),
        time(reader.last_read, class_name="meta"),
        rx.el.div(
            rx.match(
                reader.state,
                ("disabled", state("Switched off", "off")),
                ("revoked", state("Revoked", "off")),
                _switch_off(reader),
            ),
            class_name="act",
        ),
        key=reader.id,
    )


def _switch_off(reader: rx.Var[ReaderRow]) -> rx.Component:
    return rx.cond(
        FrozenProject.why_not_disable != "",
        allowed_button("Switch off", FrozenProject.why_not_disable, size="sm"),
        action_button(
            "Switch off",
            "/api/machines/" + reader.id + "/disable",
            icon="power-off",
            says=reader.name + " is switched off.|Its next request gets 403.",
            undo="/api/machines/" + reader.id + "/enable",
        ),
    )


def _replace() -> rx.Component:
    return step(
        "Replace what was read",
        rx.cond(
            FrozenProject.exposed.length() > 0,
            rx.fragment(
                rx.el.p("These values left in the 24 h before the freeze. Treat them as known."),
                rx.el.ul(
                    rx.foreach(FrozenProject.exposed, _exposed),
                    class_name="step-list",
                    aria_label="Secrets that were read before the freeze",
                ),
                rx.cond(
                    FrozenProject.more_exposed != "",
                    rx.el.p(FrozenProject.more_exposed, class_name="meta"),
                ),
            ),
            rx.el.p("No value left in the 24 h before the freeze."),
        ),
        state=FrozenProject.replace_state,
        number=2,
        aside=_count(FrozenProject.replace_text, FrozenProject.replace_state),
        danger=True,
    )


def _exposed(secret: rx.Var[ExposedRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.cond(
                secret.href != "",
                rx.el.a(secret.name, href=secret.href, class_name="mono strong"),
                mono(secret.name, "strong"),
            ),
            rx.el.span("read ", secret.what, class_name="meta"),
            class_name="what",
        ),
        time(secret.last_read, class_name="meta"),
        rx.el.div(
            rx.cond(
                secret.done != "",
                badge(secret.done, "ok", "check"),
                button("Replace", size="sm", href=secret.href),
            ),
            class_name="act",
        ),
        key=secret.id,
    )


def _count(text: rx.Var[str], of_state: rx.Var[str]) -> rx.Component:
    return rx.cond(
        text != "",
        rx.cond(of_state == "now", badge(text, "danger"), rx.el.span(text)),
        rx.fragment(),
    )


def _tell() -> rx.Component:
    head = FrozenProject.head
    return step(
        "Say what happened",
        rx.el.p("A paragraph for whoever asks next year. It stays on the record with the freeze."),
        rx.foreach(FrozenProject.accounts, _account),
        rx.cond(
            FrozenProject.why_not_explain != "",
            allowed_button("Write it down", FrozenProject.why_not_explain, size="sm"),
            rx.el.details(
                rx.el.summary(
                    rx.cond(FrozenProject.accounts.length() > 0, "Add to it", "Write it down")
                ),
                change(
                    area_field(
                        "account",
                        "What happened",
                        rows=4,
                        required=True,
                        longest=ACCOUNT_LENGTH,
                        placeholder="Who saw what, what was reachable, what was replaced",
                        messages={"missing": "Say what happened, in a few words."},
                    ),
                    problems(),
                    rx.el.div(submit("Put it on the record", tone="plain"), class_name="row"),
                    action="/api/projects/" + head.id + "/explain",
                    says="It is on the record.",
                    class_name="stack gap-3",
                ),
            ),
        ),
        state=FrozenProject.tell_state,
        number=3,
        danger=True,
    )


def _account(told: rx.Var[Told]) -> rx.Component:
    return rx.el.blockquote(
        rx.el.p(told.text),
        rx.el.footer(told.actor, ", ", time(told.at), class_name="meta"),
        class_name="account",
    )
