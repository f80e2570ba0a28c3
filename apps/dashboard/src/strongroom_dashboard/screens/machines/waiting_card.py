"""A machine pending approval, with the fingerprint to compare: as a card, or as rows that expand (M-3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import pip
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import facts
from strongroom_dashboard.components.code import fingerprint, mono
from strongroom_dashboard.components.custom import WaitingElement
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import check_field, hidden_field, when
from strongroom_dashboard.components.form import action_button, change, problems, submit
from strongroom_dashboard.components.mark import icon
from strongroom_dashboard.components.note import note
from strongroom_dashboard.components.selection import pick_list
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.machines.bulk import MACHINES

if TYPE_CHECKING:
    from strongroom_dashboard.screens.machines.state import Waiting


DENY_SEVERAL = "deny-machines"


def waiting_card(
    machine: Waiting,
    may_not: rx.Var[str],
    *,
    after_denial: str | None = None,
    access: rx.Component | None = None,
) -> rx.Component:
    """Return a machine's card. `may_not` is the reason this person can't approve the machine.

    `after_denial` is the URL to open after the machine is denied; None stays on the screen. `access` contains
    the fields for choosing what the machine can read once it is approved.
    """
    return rx.el.section(
        *_comparison(machine, may_not, access),
        _denial(machine, after_denial),
        id="waiting-" + machine.id,
        class_name="card brass waiting",
        aria_label="Pending approval: " + machine.name,
        key=machine.id,
    )


def waiting_rows(
    machines: rx.Var[list[Waiting]],
    may_not: rx.Var[str],
    *,
    number: rx.Var[str],
    more: rx.Var[str],
    several: rx.Var[bool],
) -> rx.Component:
    """Return the pending machines as rows, newest first. A script opens the newest; one is open at a time.

    `number` is how many there are, and `more` is a sentence about those that aren't listed. `several` is
    whether to show the button that denies several at once.
    """
    return WaitingElement.create(
        rx.el.section(
            rx.el.div(
                rx.el.h2("Pending approval ", pip(number), class_name="h3"),
                rx.cond(
                    several & (may_not == ""),
                    button(
                        "Deny several",
                        size="sm",
                        tone="danger-quiet",
                        opens=DENY_SEVERAL,
                        class_name="end",
                    ),
                ),
                class_name="waiting-head",
            ),
            rx.foreach(machines, lambda machine: _row(machine, may_not)),
            rx.cond(more != "", rx.el.p(more, class_name="muted waiting-more")),
            class_name="card brass waiting-rows",
            aria_label="Pending approval",
        ),
        rx.foreach(machines, lambda machine: rx.fragment(_denial(machine, None), key=machine.id)),
        rx.cond(several, _deny_several(machines, number=number, more=more)),
    )


def _deny_several(
    machines: rx.Var[list[Waiting]], *, number: rx.Var[str], more: rx.Var[str]
) -> rx.Component:
    return form_dialog(
        pick_list(
            machines,
            lambda machine: (machine.id, machine.name + " from " + machine.address),
            everything="/api/machines?pending=true",
            total=rx.cond(more != "", number, ""),
        ),
        id=DENY_SEVERAL,
        title="Deny pending machines",
        sentence="Rejects their keys permanently. To try again, register them with new commands.",
        verb="Deny machines",
        danger=True,
        each=MACHINES,
        action="/api/machines/{pick}/deny",
        body="none",
        says="{counted} denied.",
    )


def _row(machine: Waiting, may_not: rx.Var[str]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            icon("chevron-right"),
            rx.el.span(machine.name, class_name="mono strong trunc"),
            rx.cond(
                machine.hostname != machine.name,
                rx.el.span(machine.hostname, class_name="meta trunc hide-phone"),
            ),
            rx.el.span(machine.address, class_name="meta mono hide-phone"),
            rx.el.span(time(machine.since), class_name="meta end"),
        ),
        rx.el.div(*_comparison(machine, may_not), class_name="waiting"),
        id="waiting-" + machine.id,
        key=machine.id,
        custom_attrs={"name": "waiting"},
    )


def _comparison(
    machine: Waiting,
    may_not: rx.Var[str],
    access: rx.Component | None = None,
) -> tuple[rx.Component, rx.Component]:
    """Return the fingerprint, the buttons that decide, and where the machine registered from."""
    return (
        rx.el.div(
            rx.el.h2("Approve ", rx.el.span(machine.name, class_name="mono strong"), "?"),
            rx.el.p(
                "Check that this fingerprint matches the one printed on the machine.",
                class_name="muted",
            ),
            fingerprint(machine.fingerprint),
            rx.cond(
                may_not == "",
                _decision(machine, access),
                rx.el.div(
                    button("Approve machine", icon="check", why_not=may_not),
                    button("Deny", why_not=may_not),
                    class_name="row wrap",
                ),
            ),
            class_name="asks",
        ),
        rx.el.div(
            rx.el.h2("Source", class_name="h3"),
            facts(
                ("Hostname", mono(machine.hostname)),
                (
                    "IP address",
                    rx.fragment(
                        mono(machine.address),
                        rx.cond(machine.country != "", ", " + machine.country, ""),
                    ),
                ),
                ("Registered", time(machine.since, how="clock")),
            ),
            class_name="from",
        ),
    )


def _decision(machine: Waiting, access: rx.Component | None = None) -> rx.Component:
    path = "/api/machines/" + machine.id + "/approve"
    return rx.el.div(
        change(
            _same_name(machine),
            rx.cond(machine.replaces != "", _takes_over(machine)),
            rx.fragment() if access is None else access,
            problems(),
            rx.el.div(
                submit("Approve machine", icon="check"),
                button("Deny", tone="danger-quiet", opens="deny-" + machine.id),
                class_name="row wrap",
            ),
            action=path,
            body="object",
            says=rx.cond(
                machine.replaces != "",
                "{name} approved.|Its page shows what it can read.",
                "{name} approved.|Grant it secrets so it can read them.",
            ),
            followed_by=None if access is None else "PATCH /api/projects/{then}/grants",
            followed_says="{name} approved.|The commands to run are under “Use it”.",
            class_name="stack gap-3",
        ),
        rx.fragment()
        if access is not None
        else rx.cond(
            machine.replaces == "",
            action_button(
                "Approve and choose secrets",
                path,
                tone="ghost",
                size="md",
                body="object",
                says="{name} approved.|Attach it to a project, then choose its secrets.",
                then=machine.href,
            ),
        ),
        class_name="row wrap decision",
    )


def _same_name(machine: Waiting) -> rx.Component:
    """Return a warning if other machines have this name, because lists and events show only names."""
    return rx.cond(
        machine.same_name != "",
        note(
            rx.el.strong(machine.same_name),
            " Lists and the audit log will show both under this name. ",
            rx.cond(machine.replaces != "", "Replace it below, or rename", "Rename"),
            " one of them after approval.",
            tone="warn",
            icon="triangle-alert",
        ),
    )


def _takes_over(machine: Waiting) -> rx.Component:
    return rx.fragment(
        check_field(
            "takesOver",
            rx.fragment("Replaces ", mono(machine.replaces_name)),
            sub="The new machine takes over its access, and the old one is revoked.",
            local=True,
        ),
        when("takesOver", "true", hidden_field("replaces", machine.replaces)),
    )


def _denial(machine: Waiting, then: str | None) -> rx.Component:
    return confirm(
        id="deny-" + machine.id,
        title="Deny " + machine.name + "?",
        sentence="Rejects this key permanently. To try again, register the machine with a new command.",
        verb="Deny machine",
        action="/api/machines/" + machine.id + "/deny",
        body="none",
        then=then,
    )
