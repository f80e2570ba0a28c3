"""The machines: those pending approval, then all others, and the dialog for adding one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import badge, state
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.filter import filter_menu, search_box, toolbar
from strongroom_dashboard.components.note import empty
from strongroom_dashboard.components.selection import pick_cell, selection
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import (
    Column,
    cell,
    name_cell,
    row_of,
    table,
    unit,
)
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import guarded_button, screen
from strongroom_dashboard.screens.list_parts import foot_of, sortable
from strongroom_dashboard.screens.machines.add_machine import DIALOG, add_machine
from strongroom_dashboard.screens.machines.bulk import (
    DISABLE_MACHINES,
    MACHINES,
    REVOKE_MACHINES,
    bulk_dialogs,
)
from strongroom_dashboard.screens.machines.state import MachineList
from strongroom_dashboard.screens.machines.tabs import machine_tabs
from strongroom_dashboard.screens.machines.waiting_card import waiting_rows

if TYPE_CHECKING:
    from strongroom_dashboard.screens.machines.state import MachineRow


def page() -> rx.Component:
    """Return the page with the vault's machines."""
    return screen(
        MachineList,
        rx.el.div(
            rx.cond(
                MachineList.waiting.length() > 0,
                waiting_rows(
                    MachineList.waiting,
                    MachineList.may_not,
                    number=MachineList.pending,
                    more=MachineList.waiting_more,
                    several=MachineList.waiting.length() > 1,
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
        tabs=machine_tabs("machines"),
        title="Machines",
        sentence=MachineList.sentence,
        crumbs=(Crumb("Machines"),),
        actions=(_add(),),
    )


def _add() -> rx.Component:
    return guarded_button(
        "Add machine",
        MachineList.may_not,
        icon="plus",
        tone="primary",
        opens=DIALOG,
        on_click=MachineList.offer,
    )


def _machines() -> rx.Component:
    return selection(
        rx.cond(
            MachineList.there_are | MachineList.filtered,
            toolbar(
                search_box(
                    "Name, hostname or address",
                    value=MachineList.q,
                    label="Search machines by any part of their name, hostname or address",
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
            sortable(MachineList.around, "name", "Name", width="24%"),
            Column("Kind", width="11%"),
            sortable(MachineList.around, "state", "State", width="11%"),
            sortable(MachineList.around, "lastSeenAt", "Last read", width="15%"),
            sortable(MachineList.around, "grants", "Secrets", width="9%", numeric=True),
            sortable(MachineList.around, "projects", "Projects", width="9%", numeric=True),
            sortable(MachineList.around, "registeredAt", "Registered", width="11%"),
            sortable(MachineList.around, "expiresAt", "Expires", width="10%"),
            rows=MachineList.rows,
            row=_row,
            picks=True,
            caption="Machines in this vault",
            loading=~MachineList.ready,
            empty=_none(),
            foot=foot_of(MachineList.around),
            collapses=True,
        ),
        bulk_dialogs(),
        noun=MACHINES,
        everything=MachineList.everything,
        total=MachineList.around.total,
        actions=(
            guarded_button(
                "Disable", MachineList.may_not, icon="power-off", size="sm", opens=DISABLE_MACHINES
            ),
            guarded_button(
                "Revoke",
                MachineList.may_not,
                icon="ban",
                size="sm",
                tone="danger-quiet",
                opens=REVOKE_MACHINES,
            ),
        ),
    )


def _row(machine: MachineRow) -> rx.Component:
    return row_of(
        pick_cell(
            machine.id,
            machine.name,
            note=rx.cond(machine.secrets == "0", "", machine.secrets + _counted(machine.secrets)),
        ),
        name_cell(machine.name, machine.href, sub=machine.hostname),
        cell(badge(machine.kind), class_name="hide-phone"),
        cell(
            rx.cond(
                machine.expired,
                state("Expired", "off"),
                rx.cond(machine.enabled, state("Enabled", "ok"), state("Disabled", "off")),
            )
        ),
        cell(unit("last read: "), time(machine.seen)),
        cell(machine.secrets, _unit(machine.secrets, "secret"), numeric=True),
        cell(machine.projects, _unit(machine.projects, "project"), numeric=True),
        cell(time(machine.registered), class_name="hide-phone"),
        cell(unit("expires: "), rx.cond(machine.expires == "", "Never", time(machine.expires))),
        key=machine.id,
    )


def _counted(secrets: str) -> rx.Var[str]:
    return rx.cond(secrets == "1", " secret it can read", " secrets it can read")


def _unit(number: str, noun: str) -> rx.Component:
    return unit(rx.cond(number == "1", f" {noun}", f" {noun}s"))


def _none() -> rx.Component:
    return rx.cond(
        MachineList.filter_problem != "",
        empty(
            "Invalid search",
            MachineList.filter_problem,
            button("Show all machines", href="/machines"),
            icon="search-x",
        ),
        rx.cond(
            MachineList.filtered,
            empty(
                "No matching machines",
                "Search matches any part of a name, hostname or address.",
                button("Show all machines", href="/machines"),
                icon="search-x",
            ),
            empty(
                "No machines yet",
                "A machine is a server, job or container that reads secrets. Register one with a"
                " single command.",
                _add(),
                icon="server",
            ),
        ),
    )
