"""One machine: its switches, its projects, what it may read, what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import badge, environment, frozen_badge
from strongroom_dashboard.components.button import button, link
from strongroom_dashboard.components.card import card, facts, two_columns
from strongroom_dashboard.components.code import groups, mono
from strongroom_dashboard.components.empty import empty
from strongroom_dashboard.components.feed import feed, live_badge
from strongroom_dashboard.components.form import action_button
from strongroom_dashboard.components.menu import menu, menu_button
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import (
    Column,
    actions_cell,
    cell,
    name_cell,
    row_of,
    table,
)
from strongroom_dashboard.components.time import time
from strongroom_dashboard.pages.frame import screen
from strongroom_dashboard.pages.grant_panes import grant_panes
from strongroom_dashboard.pages.machine_dialogs import (
    ATTACH,
    DISABLE,
    RENAME,
    REVOKE,
    machine_dialogs,
    path_of_machine,
)
from strongroom_dashboard.pages.waiting_card import waiting_card
from strongroom_dashboard.states.machine import MachinePage

if TYPE_CHECKING:
    from strongroom_dashboard.states.machine import AttachedProject

MORE = "more-of-machine"


def page() -> rx.Component:
    """Return the page of one machine."""
    return screen(
        MachinePage,
        rx.cond(
            MachinePage.pending,
            waiting_card(MachinePage.waiting, MachinePage.may_not, after_denial="/machines"),
            rx.fragment(
                two_columns(
                    rx.fragment(
                        _projects(),
                        rx.cond(MachinePage.chosen != "", grant_panes()),
                        _activity(),
                    ),
                    _who(),
                ),
                machine_dialogs(),
            ),
        ),
        current="machines",
        title=MachinePage.machine.name,
        sentence=MachinePage.sentence,
        badge=_badge(),
        crumbs=(
            Crumb("Machines", "/machines"),
            Crumb(MachinePage.machine.name),
        ),
        actions=(_actions(),),
    )


def _badge() -> rx.Component:
    return rx.cond(
        MachinePage.machine.id == "",
        rx.fragment(),
        rx.cond(
            MachinePage.pending,
            badge("Waits for you", "brass", "clock"),
            rx.cond(
                MachinePage.machine.enabled,
                badge("Enabled", "ok"),
                badge("Disabled", "warn", "power-off"),
            ),
        ),
    )


def _actions() -> rx.Component:
    machine = MachinePage.machine
    return rx.cond(
        MachinePage.pending | (machine.id == ""),
        rx.fragment(),
        rx.cond(
            MachinePage.may_not == "",
            rx.fragment(
                rx.cond(
                    machine.enabled,
                    button("Disable", icon="power-off", opens=DISABLE),
                    action_button(
                        "Enable",
                        path_of_machine() + "/enable",
                        icon="power",
                        tone="primary",
                        size="md",
                        body="none",
                        says="{name} is enabled.|It reads again what it was granted.",
                    ),
                ),
                button(icon="ellipsis", label="More", menu=MORE),
                menu(
                    MORE,
                    menu_button("Rename", icon="pencil", opens=RENAME),
                    menu_button("Revoke", icon="ban", opens=REVOKE, danger=True),
                    label="More to do with this machine",
                ),
            ),
            button("Disable", icon="power-off", why_not=MachinePage.may_not),
        ),
    )


def _projects() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Projects and secrets", class_name="grow"),
            rx.cond(MachinePage.projects.length() > 0, _attach()),
            class_name="row",
        ),
        table(
            Column("Project", width="44%"),
            Column("May read", width="24%", numeric=True),
            Column("", width="32%"),
            rows=MachinePage.projects,
            row=_project,
            caption="Projects this machine is attached to",
            loading=~MachinePage.ready,
            collapses=True,
            empty=empty(
                "Attached to no project",
                "A machine reads nothing until you attach it to a project and name its secrets.",
                _attach(primary=True),
                icon="folder-key",
            ),
        ),
        class_name="stack gap-3",
    )


def _attach(*, primary: bool = False) -> rx.Component:
    size = "md" if primary else "sm"
    tone = "primary" if primary else "plain"
    return rx.cond(
        MachinePage.may_not == "",
        button("Attach to a project", icon="plus", size=size, tone=tone, opens=ATTACH),
        button("Attach to a project", icon="plus", size=size, why_not=MachinePage.may_not),
    )


def _project(project: AttachedProject) -> rx.Component:
    return row_of(
        name_cell(
            project.name,
            project.choose,
            sub=rx.fragment(
                rx.cond(project.environment != "", environment(project.environment)),
                rx.cond(project.frozen, frozen_badge()),
            ),
            mono=False,
        ),
        cell(
            project.granted,
            " of ",
            project.secrets,
            rx.el.span(" secrets", class_name="unit"),
            numeric=True,
        ),
        actions_cell(
            button("Choose secrets", size="sm", href=project.choose),
            button(
                icon="unplug",
                label="Detach from this project",
                size="sm",
                tone="ghost",
                opens="detach-" + project.id,
            ),
        ),
        key=project.id,
        selected=project.chosen,
    )


def _who() -> rx.Component:
    machine = MachinePage.machine
    return card(
        facts(
            ("Name", mono(machine.name)),
            ("Formerly", rx.cond(machine.former_names != "", mono(machine.former_names), "–")),
            ("Hostname", mono(machine.hostname)),
            ("Last read", time(machine.seen)),
            ("Read from", rx.cond(machine.seen_from != "", mono(machine.seen_from), "–")),
            ("Registered", time(machine.registered)),
            ("Called from", mono(machine.registered_from)),
            ("Approved", time(machine.approved)),
            ("Machine id", mono(machine.id)),
        ),
        rx.el.div(
            rx.el.h3("Fingerprint"),
            groups(machine.fingerprint),
            rx.el.p(
                "On the machine, ",
                rx.el.code("strongroom whoami", class_name="mono"),
                " prints it.",
                class_name="meta",
            ),
            class_name="stack who",
        ),
        title="Who it is",
    )


def _activity() -> rx.Component:
    return card(
        rx.cond(
            MachinePage.feed.length() > 0,
            feed(MachinePage.feed),
            rx.el.p("Nothing is on the record yet.", class_name="muted"),
        ),
        title=rx.fragment("Activity ", live_badge()),
        aside=link("All of it in the audit log", "/audit?machine=" + MachinePage.machine.id),
    )
