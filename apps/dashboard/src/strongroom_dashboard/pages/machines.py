"""Machines: who waits, who may sign a read, and how another one comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import state
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.empty import empty
from strongroom_dashboard.components.filter import filter_menu, search_box, toolbar
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import (
    Column,
    cell,
    foot,
    name_cell,
    row_of,
    table,
)
from strongroom_dashboard.components.time import time
from strongroom_dashboard.pages.add_machine import DIALOG, add_machine
from strongroom_dashboard.pages.frame import screen
from strongroom_dashboard.pages.waiting_card import waiting_card
from strongroom_dashboard.states.machines import MachineList

if TYPE_CHECKING:
    from strongroom_dashboard.states.machines import MachineRow


def page() -> rx.Component:
    """Return the machines of the vault."""
    return screen(
        MachineList,
        rx.el.div(
            rx.cond(
                MachineList.waiting.length() > 0,
                rx.el.div(
                    rx.foreach(
                        MachineList.waiting,
                        lambda machine: waiting_card(machine, MachineList.may_not),
                    ),
                    rx.cond(
                        MachineList.waiting_more != "",
                        rx.el.p(MachineList.waiting_more, class_name="muted"),
                    ),
                    class_name="stack gap-4",
                ),
            ),
            rx.cond(
                MachineList.there_are | (MachineList.waiting.length() == 0) | MachineList.filtered,
                _machines(),
            ),
            class_name="stack gap-5",
        ),
        add_machine(),
        current="machines",
        title="Machines",
        sentence=MachineList.sentence,
        crumbs=(Crumb("Machines"),),
        actions=(_add(),),
    )


def _add() -> rx.Component:
    return rx.cond(
        MachineList.may_not == "",
        button("Add machine", icon="plus", tone="primary", opens=DIALOG),
        button("Add machine", icon="plus", tone="primary", why_not=MachineList.may_not),
    )


def _machines() -> rx.Component:
    return rx.el.div(
        rx.cond(
            MachineList.there_are | MachineList.filtered,
            toolbar(
                search_box(
                    "Search machines",
                    value=MachineList.q,
                    label="Search machines by the beginning of their name or hostname",
                ),
                filter_menu(
                    "filter-state",
                    "State",
                    MachineList.options,
                    chosen=MachineList.chosen,
                    on=MachineList.chosen != "",
                    clear=MachineList.clear,
                ),
            ),
        ),
        table(
            Column("Name", width="30%"),
            Column("State", width="13%"),
            Column("Last seen", width="17%"),
            Column("Secrets", width="12%", numeric=True),
            Column("Projects", width="12%", numeric=True),
            Column("Registered", width="16%"),
            rows=MachineList.rows,
            row=_row,
            caption="Machines of this vault",
            loading=~MachineList.ready,
            empty=_none(),
            foot=foot(
                MachineList.rows.length(),
                of=MachineList.total,
                noun=rx.cond(MachineList.total == "1", "machine", "machines"),
                older=MachineList.older,
                newer=MachineList.newest,
                older_text="Next",
                newer_text="First",
            ),
            collapses=True,
        ),
    )


def _row(machine: MachineRow) -> rx.Component:
    return row_of(
        name_cell(machine.name, machine.href, sub=machine.hostname),
        cell(rx.cond(machine.enabled, state("Enabled", "ok"), state("Disabled", "off"))),
        cell(time(machine.seen)),
        cell(machine.secrets, _unit(machine.secrets, "secret"), numeric=True),
        cell(machine.projects, _unit(machine.projects, "project"), numeric=True),
        cell(time(machine.registered), class_name="hide-phone"),
        key=machine.id,
    )


def _unit(number: str, noun: str) -> rx.Component:
    return rx.el.span(rx.cond(number == "1", f" {noun}", f" {noun}s"), class_name="unit")


def _none() -> rx.Component:
    return rx.cond(
        MachineList.filter_problem != "",
        empty(
            "That cannot be looked for",
            MachineList.filter_problem,
            button("Show all machines", href="/machines"),
            icon="search-x",
        ),
        rx.cond(
            MachineList.filtered,
            empty(
                "No machine like this",
                "Search goes by the beginning of a machine's name or hostname.",
                button("Show all machines", href="/machines"),
                icon="search-x",
            ),
            empty(
                "No machine yet",
                "A machine is a server, a job or a container that reads secrets. It makes its own key"
                " with one command, and reads only what you name for it.",
                _add(),
                icon="server",
            ),
        ),
    )
