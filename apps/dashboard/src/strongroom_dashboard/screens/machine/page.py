"""One machine: its state, projects, access and activity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import badge, environment, frozen_badge
from strongroom_dashboard.components.button import button, link
from strongroom_dashboard.components.card import card, facts, two_columns
from strongroom_dashboard.components.code import groups, mono
from strongroom_dashboard.components.feed import feed, live_badge
from strongroom_dashboard.components.form import action_button
from strongroom_dashboard.components.menu import menu, menu_button
from strongroom_dashboard.components.note import empty
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.skeleton import lines
from strongroom_dashboard.components.table import (
    Column,
    actions_cell,
    cell,
    name_cell,
    row_of,
    table,
)
from strongroom_dashboard.components.time import time
from strongroom_dashboard.components.use_it import use_it
from strongroom_dashboard.screens.frame import guarded_button, screen
from strongroom_dashboard.screens.machine.access import access_to_project
from strongroom_dashboard.screens.machine.dialogs import (
    ATTACH,
    DISABLE,
    RENAME,
    REVOKE,
    machine_dialogs,
    path_of_machine,
)
from strongroom_dashboard.screens.machine.lifetime import lifetime
from strongroom_dashboard.screens.machine.offer import offered_access
from strongroom_dashboard.screens.machine.state import MachinePage
from strongroom_dashboard.screens.machines.waiting_card import waiting_card

if TYPE_CHECKING:
    from strongroom_dashboard.screens.machine.state import AttachedProject

MORE = "more-of-machine"


def page() -> rx.Component:
    """Return the page of one machine."""
    return screen(
        MachinePage,
        rx.cond(
            MachinePage.pending,
            waiting_card(
                MachinePage.waiting,
                MachinePage.may_not,
                after_denial="/machines",
                access=offered_access(MachinePage.offer),
            ),
            rx.fragment(
                two_columns(
                    rx.fragment(
                        lifetime(),
                        _projects(),
                        rx.cond(MachinePage.chosen.id != "", access_to_project()),
                        _activity(),
                    ),
                    rx.cond(
                        MachinePage.ready,
                        rx.fragment(
                            card(use_it(MachinePage.use, name="machine"), title="Use it"), _who()
                        ),
                        card(lines("72%", "54%", "64%", "40%")),
                    ),
                ),
                machine_dialogs(),
            ),
        ),
        current="machines",
        title=rx.el.span(MachinePage.machine.name, class_name="mono"),
        tab_title=(MachinePage.machine.name, "Machines"),
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
            badge("Pending approval", "brass", "clock"),
            rx.cond(
                MachinePage.machine.expired,
                badge("Expired", "warn", "clock"),
                rx.cond(
                    MachinePage.machine.enabled,
                    badge("Enabled", "ok"),
                    badge("Disabled", "warn", "power-off"),
                ),
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
                        says="{name} enabled.|Access restored.",
                    ),
                ),
                button(icon="ellipsis", label="More actions", menu=MORE),
                menu(
                    MORE,
                    menu_button("Rename", icon="pencil", opens=RENAME),
                    menu_button("Revoke", icon="ban", opens=REVOKE, danger=True),
                    label="Machine actions",
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
            Column("Project", width="40%"),
            Column("Secrets", width="20%", numeric=True),
            Column("", width="40%"),
            rows=MachinePage.projects,
            row=_project,
            caption="Projects this machine is attached to",
            loading=~MachinePage.ready,
            collapses=True,
            empty=empty(
                "Not attached to any project",
                "A machine can't read anything until you attach it to a project and choose its secrets.",
                _attach(primary=True),
                icon="folder-key",
            ),
        ),
        class_name="stack gap-3",
    )


def _attach(*, primary: bool = False) -> rx.Component:
    size = "md" if primary else "sm"
    tone = "primary" if primary else "plain"
    return guarded_button(
        "Attach to a project",
        MachinePage.may_not_attach,
        icon="plus",
        size=size,
        tone=tone,
        opens=ATTACH,
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
                "Explain",
                size="sm",
                tone="ghost",
                href="/projects/" + project.id + "/access?machine=" + MachinePage.machine.id,
            ),
            guarded_button(
                "Detach",
                project.why_not_detach,
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
            (
                "Previous names",
                rx.cond(machine.former_names != "", mono(machine.former_names), "–"),
            ),
            ("Hostname", mono(machine.hostname)),
            ("Last read", time(machine.seen)),
            ("Last read from", rx.cond(machine.seen_from != "", mono(machine.seen_from), "–")),
            ("Registered", time(machine.registered)),
            ("Registered from", mono(machine.registered_from)),
            ("Approved", time(machine.approved)),
            ("Kind", machine.kind),
            ("Expires", rx.cond(machine.expires != "", time(machine.expires), "Never")),
            ("Key file", rx.cond(machine.key_file != "", machine.key_file, "–")),
            ("Machine ID", mono(machine.id)),
        ),
        rx.el.div(
            rx.el.h3("Fingerprint"),
            groups(machine.fingerprint),
            rx.el.p(
                "Run ",
                rx.el.code("strongroom whoami", class_name="mono"),
                " on the machine to compare.",
                class_name="meta",
            ),
            class_name="stack who",
        ),
        title="Details",
    )


def _activity() -> rx.Component:
    return card(
        rx.cond(
            MachinePage.feed.length() > 0,
            feed(MachinePage.feed),
            rx.cond(
                MachinePage.ready,
                rx.el.p("No activity yet.", class_name="muted"),
                lines("62%", "48%"),
            ),
        ),
        title=rx.fragment("Activity ", live_badge(known=MachinePage.ready)),
        aside=link("View in audit log", "/audit?machine=" + MachinePage.machine.id),
    )
