"""The audit log."""

from __future__ import annotations

import reflex as rx

from strongroom_core.audit.export import MOST_EXPORTED
from strongroom_dashboard.components.badge import avatar, badge, severity
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.drawer import drawer, section, with_drawer
from strongroom_dashboard.components.feed import live_badge, told
from strongroom_dashboard.components.fields import select_field, text_field, time_field
from strongroom_dashboard.components.filter import (
    filter_chip,
    filter_form,
    filter_menu,
    search_box,
    toolbar,
)
from strongroom_dashboard.components.mark import icon
from strongroom_dashboard.components.menu import menu, menu_head, menu_link
from strongroom_dashboard.components.note import empty, note
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import (
    Column,
    cell,
    day_row,
    foot,
    row_of,
    table,
)
from strongroom_dashboard.components.time import time, zone
from strongroom_dashboard.screens.audit.filters import Menu, action_choices
from strongroom_dashboard.screens.audit.state import AuditLog, Fact, Row
from strongroom_dashboard.screens.frame import screen

COLUMNS = (
    Column("Time", width="88px"),
    Column("Severity", width="104px"),
    Column("Event"),
)


def page() -> rx.Component:
    """Return the page."""
    return screen(
        AuditLog,
        toolbar(
            search_box(
                "Name, action, address or ID",
                value=AuditLog.q,
                label="Search events by any part of a name, action or address, or by an ID",
            ),
            rx.foreach(AuditLog.menus, _menu),
            _more_filters(),
            rx.foreach(AuditLog.chips, _chip),
            rx.cond(AuditLog.newest != "", _paused(), live_badge(known=AuditLog.ready)),
        ),
        rx.cond(
            AuditLog.filter_problem != "",
            note(AuditLog.filter_problem, tone="warn", icon="triangle-alert"),
        ),
        with_drawer(_table(), _drawer(), AuditLog.is_open),
        current="audit",
        tab_title=(rx.cond(AuditLog.is_open, AuditLog.opened.title, ""), "Audit log"),
        title="Audit log",
        sentence="Every read, change and denial, in order. Events can't be edited, only added.",
        crumbs=(Crumb("Audit log"),),
        actions=(
            button("Export", icon="download", menu="export"),
            menu(
                "export",
                menu_head(f"Up to {MOST_EXPORTED:,} events, newest first, with these filters"),
                menu_link("CSV, for spreadsheets", _export("csv"), icon="table", download=True),
                menu_link("NDJSON, for programs", _export("ndjson"), icon="braces", download=True),
                label="Export",
            ),
        ),
    )


def _export(form: str) -> rx.Var[str]:
    return "/api/audit/export?format=" + form + "&" + AuditLog.export


def _menu(item: rx.Var[Menu]) -> rx.Component:
    return filter_menu(
        item.id,
        item.label,
        item.options,
        chosen=item.chosen,
        on=item.chosen != "",
        clear=item.clear,
    )


def _chip(item: rx.Var[Menu]) -> rx.Component:
    label = rx.fragment(item.label, rx.cond(item.at != "", time(item.at, how="minute")))
    return filter_chip(label, item.clear)


def _more_filters() -> rx.Component:
    """Return the form for filters that have too many options for a menu."""
    return filter_form(
        select_field("action", "Action", action_choices(), blank="Any action"),
        select_field("project", "Project", AuditLog.projects, blank="Any project"),
        select_field("machine", "Machine", AuditLog.machines, blank="Any machine"),
        text_field("address", "IP address or range", mono=True, placeholder="10.0.0.0/8"),
        time_field("since", rx.fragment("From, in ", zone())),
        time_field("until", rx.fragment("Until, in ", zone())),
        id="more-filters",
        text="More filters",
    )


def _paused() -> rx.Component:
    return rx.fragment(
        live_badge(paused=True), button("Newest", size="sm", icon="arrow-up", href=AuditLog.newest)
    )


def _table() -> rx.Component:
    return table(
        *COLUMNS,
        rows=AuditLog.rows,
        row=_row,
        caption="Events, newest first",
        loading=~AuditLog.ready,
        collapses=True,
        empty=rx.cond(
            AuditLog.filtered | (AuditLog.filter_problem != ""),
            empty(
                "No matching events",
                "Try fewer filters or a longer time range.",
                button("All events", href="/audit"),
                icon="search-x",
            ),
            empty(
                "No events yet",
                "Everything that happens in this vault is logged here first.",
                icon="book-open-text",
            ),
        ),
        foot=foot(
            AuditLog.events,
            noun=rx.cond(AuditLog.events == 1, "event on this page", "events on this page"),
            older=AuditLog.older,
            newer=AuditLog.newer,
        ),
    )


def _row(item: rx.Var[Row]) -> rx.Component:
    """Return an event's row, preceded by the day's heading if it is the day's first."""
    return rx.fragment(
        day_row(item.at, len(COLUMNS)),
        row_of(
            cell(time(item.at, how="time")),
            cell(rx.cond(item.inner, "", severity(item.severity))),
            _event(item),
            key=item.id,
            selected=item.selected,
        ),
        key=item.id,
    )


def _event(item: rx.Var[Row]) -> rx.Component:
    """Return the cell that describes the event. Its sentence is also the row's link."""
    return rx.el.td(
        rx.el.div(
            avatar(item.line["actor_kind"], item.line["name"]),
            rx.el.a(
                told(item.line),
                href=item.href,
                class_name="told",
                custom_attrs={"data-opens": ""},
            ),
            rx.cond(
                item.times != "",
                rx.el.a(
                    icon("chevron-right"),
                    item.times,
                    href=item.unfold,
                    class_name=rx.cond(item.unfolded, "times unfolded", "times"),
                    aria_expanded=rx.cond(item.unfolded, "true", "false"),
                ),
            ),
            rx.cond(item.denied != "", rx.el.span(badge(item.denied, "danger"), class_name="end")),
            class_name=rx.cond(item.inner, "event inner", "event"),
        )
    )


def _drawer() -> rx.Component:
    opened = AuditLog.opened
    return drawer(
        section(
            rx.el.p(opened.sentence),
            rx.cond(opened.explain != "", button("Explain", href=opened.explain, size="sm")),
        ),
        section(
            rx.el.dl(
                rx.el.dt("Time"),
                rx.el.dd(time(opened.at, how="full")),
                rx.foreach(opened.facts, _fact),
                class_name="facts",
            ),
            title="Details",
        ),
        title=opened.title,
        close=AuditLog.close,
        mono=True,
        lead=rx.fragment(
            rx.cond(opened.missing, rx.fragment(), severity(opened.severity)),
            rx.cond(opened.denied != "", badge(opened.denied, "danger")),
        ),
        previous=opened.newer,
        next=opened.older,
    )


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.fragment(rx.el.dt(fact.label), rx.el.dd(fact.text))
