"""The card of a machine that waits: what a person compares before it can read anything (M-3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import badge
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import facts
from strongroom_dashboard.components.code import fingerprint, mono
from strongroom_dashboard.components.dialog import confirm
from strongroom_dashboard.components.fields import check_field, hidden_field, when
from strongroom_dashboard.components.form import action_button, change, problems, submit
from strongroom_dashboard.components.time import time

if TYPE_CHECKING:
    from strongroom_dashboard.states.waiting import Waiting


def waiting_card(
    machine: Waiting, may_not: rx.Var[str], *, after_denial: str | None = None
) -> rx.Component:
    """Return the card of one machine; `may_not` says why its reader may not decide.

    `after_denial` is where to go once it is denied and gone, if not back to the same screen.
    """
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                badge("Waits for you", "brass", "clock"),
                rx.el.span("called ", time(machine.since), class_name="meta"),
                rx.el.span(machine.place, class_name="meta end"),
                class_name="row gap-3",
            ),
            rx.el.h2(rx.el.span(machine.name, class_name="mono strong"), " wants to join"),
            rx.el.p(
                "Compare these 64 characters with what the machine printed."
                " Approve only if they are the same.",
                class_name="muted",
            ),
            fingerprint(machine.fingerprint),
            rx.cond(
                may_not == "",
                _decision(machine),
                rx.el.div(
                    button("They match, approve", icon="check", why_not=may_not),
                    button("Deny", why_not=may_not),
                    class_name="row wrap",
                ),
            ),
            class_name="asks",
        ),
        rx.el.div(
            rx.el.h2("Where it called from", class_name="h3"),
            facts(
                ("Hostname", mono(machine.hostname)),
                ("Address", mono(machine.address)),
                ("Time", time(machine.since, clock=True)),
            ),
            class_name="from",
        ),
        _denial(machine, after_denial),
        id="waiting-" + machine.id,
        class_name="card brass waiting",
        aria_label="Waiting for approval: " + machine.name,
        key=machine.id,
    )


def _decision(machine: Waiting) -> rx.Component:
    path = "/api/machines/" + machine.id + "/approve"
    return rx.el.div(
        change(
            rx.cond(machine.replaces != "", _takes_over(machine), rx.fragment()),
            problems(),
            rx.el.div(
                submit("They match, approve", icon="check"),
                button("Deny", tone="danger-quiet", opens="deny-" + machine.id),
                class_name="row wrap",
            ),
            action=path,
            body="object",
            says="{name} was approved.|It reads what it is granted, and nothing else.",
            class_name="stack gap-3",
        ),
        rx.cond(
            machine.replaces == "",
            action_button(
                "Approve and choose its secrets",
                path,
                tone="ghost",
                size="md",
                body="object",
                says="{name} was approved.|Attach it to a project, then choose its secrets.",
                then=machine.href,
            ),
            rx.fragment(),
        ),
        class_name="row wrap decision",
    )


def _takes_over(machine: Waiting) -> rx.Component:
    return rx.fragment(
        check_field(
            "takesOver",
            rx.fragment("It replaces ", mono(machine.replaces_name)),
            sub="It gets the projects and secrets of the old one, which is revoked at that moment.",
            local=True,
        ),
        when("takesOver", "true", hidden_field("replaces", machine.replaces)),
    )


def _denial(machine: Waiting, then: str | None) -> rx.Component:
    return confirm(
        id="deny-" + machine.id,
        title="Deny " + machine.name + "?",
        sentence="It is turned away at once. Its key stays refused: to ask again, the machine has to"
        " make a new one with a new command.",
        verb="Deny machine",
        keep="Let it wait",
        action="/api/machines/" + machine.id + "/deny",
        body="none",
        recorded_as="machine_deny",
        then=then,
    )
