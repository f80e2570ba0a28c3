"""The IP allowlist."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import ALLOWLIST_NOTE_LENGTH
from strongroom_dashboard.components.badge import badge
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import hidden_field, text_field
from strongroom_dashboard.components.note import empty, note
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import (
    Column,
    actions_cell,
    cell,
    name_cell,
    nothing,
    row_of,
    table,
    unit,
)
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.allowlist.state import AllowlistPage, BlockedRow, NetworkRow
from strongroom_dashboard.screens.frame import guarded_button, screen
from strongroom_dashboard.screens.machines.tabs import machine_tabs

ADD, ENABLE, DISABLE = "add-network", "enable-allowlist", "disable-allowlist"
BLOCK_ALL = "block all machines"
"""What people must type to turn on an empty list."""


def page() -> rx.Component:
    """Return the page."""
    return screen(
        AllowlistPage,
        rx.el.div(
            _warning(),
            table(
                Column("Network", width="30%"),
                Column("Note"),
                Column("Added", width="22%"),
                Column("", width="120px"),
                rows=AllowlistPage.rows,
                row=_row,
                caption="Networks in the IP allowlist",
                loading=~AllowlistPage.ready,
                empty=_none(),
                collapses=True,
            ),
            rx.cond(AllowlistPage.blocked.length() > 0, _blocked()),
            class_name="stack gap-5",
        ),
        _add(),
        _enable(),
        _disable(),
        rx.foreach(AllowlistPage.rows, _remove),
        current="machines",
        tabs=machine_tabs("allowlist"),
        title="IP allowlist",
        sentence=AllowlistPage.sentence,
        crumbs=(Crumb("Machines", "/machines"), Crumb("IP allowlist")),
        badge=rx.cond(AllowlistPage.on, badge("On", "ok"), badge("Off")),
        actions=(
            rx.cond(
                AllowlistPage.on,
                guarded_button("Turn off", AllowlistPage.may_not, opens=DISABLE),
                guarded_button("Turn on", AllowlistPage.may_not, opens=ENABLE),
            ),
            _add_button(),
        ),
    )


def _add_button() -> rx.Component:
    return guarded_button(
        "Add network", AllowlistPage.may_not, icon="plus", tone="primary", opens=ADD
    )


def _warning() -> rx.Component:
    return rx.fragment(
        rx.cond(
            AllowlistPage.blocked_text != "",
            note(
                rx.el.b(AllowlistPage.blocked_text),
                " because they were last seen outside these networks.",
                tone="warn",
            ),
        )
    )


def _row(row: rx.Var[NetworkRow]) -> rx.Component:
    return row_of(
        cell(mono(row.network), sub=rx.cond(row.warns != "", row.warns, "")),
        cell(rx.cond(row.note != "", row.note, nothing())),
        cell(unit("added "), time(row.added), sub=rx.fragment("by ", row.by)),
        actions_cell(
            guarded_button(
                "Remove",
                AllowlistPage.may_not,
                size="sm",
                tone="danger-quiet",
                opens="remove-" + row.id,
            )
        ),
        key=row.id,
    )


def _blocked() -> rx.Component:
    return rx.el.div(
        table(
            Column("Machine outside the list"),
            Column("Last address", width="34%"),
            Column("Last seen", width="20%"),
            rows=AllowlistPage.blocked,
            row=_blocked_row,
            caption="Machines seen this week that the list would block",
            collapses=True,
        ),
        rx.cond(AllowlistPage.more != "", rx.el.p(AllowlistPage.more, class_name="muted")),
        class_name="stack gap-3",
    )


def _blocked_row(row: rx.Var[BlockedRow]) -> rx.Component:
    return row_of(
        name_cell(row.name, row.href),
        cell(mono(row.address)),
        cell(unit("seen "), time(row.seen)),
        key=row.id,
    )


def _none() -> rx.Component:
    return empty(
        "No networks",
        "While the list is on, machines can only be used and enrolled from its networks. It never"
        " affects people.",
        _add_button(),
        icon="network",
    )


def _add() -> rx.Component:
    return form_dialog(
        text_field(
            "network",
            "Network",
            mono=True,
            required=True,
            first=True,
            placeholder="203.0.113.0/24",
            help=rx.fragment(
                "A network or a single address, IPv4 or IPv6. Your address is ",
                mono(AllowlistPage.your_address),
                ".",
            ),
        ),
        text_field(
            "note",
            "Note",
            longest=ALLOWLIST_NOTE_LENGTH,
            help="Optional. For example, the site's name.",
        ),
        id=ADD,
        title="Add a network",
        verb="Add network",
        action="/api/ip-allowlist/entries",
        says="Network added.",
    )


def _enable() -> rx.Component:
    """Ask for confirmation before turning the list on. For an empty list, the person must also type words."""
    return rx.fragment(
        rx.cond(
            AllowlistPage.rows.length() > 0,
            confirm(
                id=ENABLE,
                title="Turn the IP allowlist on?",
                sentence="Takes effect on each machine's next request, and applies to every enrollment."
                " People aren't affected.",
                verb="Turn on",
                action="/api/ip-allowlist/enable",
                consequences=AllowlistPage.enabling,
                body="object",
                says="IP allowlist turned on.",
            ),
            confirm(
                id=ENABLE,
                title="Turn the empty IP allowlist on?",
                sentence="The list has no networks, so every machine request and every enrollment"
                " will be blocked until you add networks or turn it off. People aren't affected.",
                verb="Block all machines",
                action="/api/ip-allowlist/enable",
                consequences=AllowlistPage.enabling,
                type_name=BLOCK_ALL,
                fields=(hidden_field("allowEmpty", "true", as_="boolean"),),
                says="All machines are blocked.",
            ),
        )
    )


def _disable() -> rx.Component:
    return confirm(
        id=DISABLE,
        title="Turn the IP allowlist off?",
        sentence="Machines can then be used and enrolled from any address. The networks are kept.",
        verb="Turn off",
        action="/api/ip-allowlist/disable",
        body="none",
        says="IP allowlist turned off.",
    )


def _remove(row: rx.Var[NetworkRow]) -> rx.Component:
    return rx.fragment(
        confirm(
            id="remove-" + row.id,
            title=rx.fragment("Remove ", mono(row.network), "?"),
            sentence=rx.fragment(
                row.warns,
                " ",
                rx.cond(
                    AllowlistPage.on,
                    rx.cond(
                        AllowlistPage.rows.length() == 1,
                        "This is the last network, so every machine will be blocked.",
                        "Its machines will be blocked, starting with their next request.",
                    ),
                    "The list is off, so nothing changes until you turn it on.",
                ),
            ),
            verb="Remove network",
            action="/api/ip-allowlist/entries/" + row.id,
            method="DELETE",
            body="none",
            says="Network removed.",
        ),
        key=row.id,
    )
