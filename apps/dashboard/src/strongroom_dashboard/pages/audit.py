"""The audit log."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.badge import actor, badge, severity
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.drawer import drawer, section, with_drawer
from strongroom_dashboard.components.empty import empty
from strongroom_dashboard.components.feed import live_badge
from strongroom_dashboard.components.filter import filter_chip, filter_menu, search_box, toolbar
from strongroom_dashboard.components.menu import menu, menu_link
from strongroom_dashboard.components.note import note
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import Column, cell, foot, name_cell, row_of, table
from strongroom_dashboard.components.time import time
from strongroom_dashboard.pages.frame import screen
from strongroom_dashboard.states.audit import AuditLog, Fact, Menu, Row

COLUMNS = (
    Column("Time", width="128px"),
    Column("Severity", width="112px"),
    Column("Actor", width="200px"),
    Column("What"),
)


def page() -> rx.Component:
    """Return the record of the vault."""
    return screen(
        AuditLog,
        toolbar(
            search_box("Name or id", value=AuditLog.q),
            rx.foreach(AuditLog.menus, _menu),
            rx.foreach(AuditLog.chips, _chip),
            rx.cond(AuditLog.newest != "", _paused(), live_badge()),
        ),
        rx.cond(
            AuditLog.filter_problem != "",
            note(AuditLog.filter_problem, tone="warn", icon="triangle-alert"),
            rx.fragment(),
        ),
        with_drawer(_table(), _drawer(), AuditLog.is_open),
        current="audit",
        title="Audit log",
        sentence="Every read, change and refusal, in the order it happened. Entries cannot be edited, only"
        " added.",
        crumbs=(Crumb("Audit log"),),
        actions=(
            button("Export", icon="download", menu="export"),
            menu(
                "export",
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
    return filter_chip(item.label, item.clear)


def _paused() -> rx.Component:
    return rx.fragment(
        live_badge(paused=True), button("Newest", size="sm", icon="arrow-up", href=AuditLog.newest)
    )


def _table() -> rx.Component:
    return table(
        *COLUMNS,
        rows=AuditLog.rows,
        row=_row,
        caption="Entries, newest first",
        loading=~AuditLog.ready,
        collapses=True,
        empty=rx.cond(
            AuditLog.filtered | (AuditLog.filter_problem != ""),
            empty(
                "No entry fits",
                "Loosen a filter, or look at a longer time.",
                button("All entries", href="/audit"),
                icon="search-x",
            ),
            empty(
                "Nothing has happened yet",
                "Every act and every refusal in this vault is written here before it takes effect.",
                icon="book-open-text",
            ),
        ),
        foot=foot(
            AuditLog.rows.length(),
            noun=rx.cond(AuditLog.rows.length() == 1, "entry", "entries"),
            older=AuditLog.older,
            newer=AuditLog.newest,
            newer_text="Newest",
        ),
    )


def _row(item: rx.Var[Row]) -> rx.Component:
    return row_of(
        cell(time(item.at, clock="date")),
        cell(severity(item.severity)),
        cell(actor(item.actor_kind, item.actor)),
        name_cell(
            item.action,
            item.href,
            aside=rx.fragment(
                " ",
                rx.el.b(item.target, class_name="mono"),
                " ",
                rx.el.span(item.place, class_name="muted"),
                rx.cond(
                    item.refused != "",
                    rx.el.span(badge(item.refused, "danger"), class_name="end"),
                    rx.fragment(),
                ),
            ),
        ),
        key=item.id,
        selected=item.selected,
    )


def _drawer() -> rx.Component:
    opened = AuditLog.opened
    return drawer(
        section(rx.el.p(opened.sentence)),
        section(
            rx.el.dl(rx.foreach(opened.facts, _fact), class_name="facts"),
            title="Particulars",
        ),
        title=opened.title,
        close=AuditLog.close,
        mono=True,
        lead=rx.fragment(
            rx.cond(opened.missing, rx.fragment(), severity(opened.severity)),
            rx.cond(opened.refused != "", badge(opened.refused, "danger"), rx.fragment()),
        ),
        previous=opened.newer,
        next=opened.older,
    )


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.fragment(rx.el.dt(fact.label), rx.el.dd(fact.text))
