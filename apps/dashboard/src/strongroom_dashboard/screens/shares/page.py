"""Shares: the list, and the dialog that creates one."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_core.shares.content import MOST_BYTES
from strongroom_dashboard.components.badge import state
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.code import copy_button, link_result
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import (
    choose_button,
    hidden_choice,
    select_field,
    text_field,
    when,
)
from strongroom_dashboard.components.filter import search_box, toolbar
from strongroom_dashboard.components.form import result, until_done, when_done
from strongroom_dashboard.components.note import empty, note
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import Column, actions_cell, cell, row_of, table, unit
from strongroom_dashboard.components.time import time
from strongroom_dashboard.components.value_fields import file_field, value_field
from strongroom_dashboard.screens.frame import screen
from strongroom_dashboard.screens.list_parts import foot_of, sortable
from strongroom_dashboard.screens.shares.state import ShareRow, Shares

DIALOG = "new-share"
LIFETIMES = (
    ("300", "5 minutes"),
    ("900", "15 minutes"),
    ("3600", "1 hour"),
    ("14400", "4 hours"),
    ("86400", "24 hours"),
)
TRIES = (("1", "1 (recommended)"), ("2", "2"), ("3", "3"), ("5", "5"))
COLUMNS = (
    Column("Share"),
    sortable(Shares.around, "state", "State", width="26%"),
    sortable(Shares.around, "createdAt", "Created", width="170px"),
    sortable(Shares.around, "expiresAt", "Expires", width="150px"),
    Column("", width="110px"),
)


def page() -> rx.Component:
    """Return the page."""
    return screen(
        Shares,
        toolbar(
            search_box("Name or creator", value=Shares.q, label="Search shares by name or creator"),
            rx.cond(
                Shares.project != "",
                button("Shares of all projects", href="/shares", icon="x", size="sm"),
            ),
        ),
        table(
            *COLUMNS,
            rows=Shares.rows,
            row=_row,
            caption="Shares",
            loading=~Shares.ready,
            two_line=True,
            empty=rx.cond(
                Shares.q != "",
                empty(
                    "No matching shares",
                    "Search matches any part of a name or creator.",
                    button("Show everything", href="/shares"),
                    icon="search-x",
                ),
                empty(
                    "No shares yet",
                    "A share shows a value once, to one person outside this vault, who needs its link"
                    " and passphrase. You can see here whether it has been opened.",
                    _new(),
                    icon="send",
                ),
            ),
            foot=foot_of(Shares.around),
            collapses=True,
        ),
        _dialog(),
        rx.foreach(Shares.rows, _revoke),
        current="shares",
        title=rx.cond(Shares.project == "", "Shares", "Shares of " + Shares.project),
        sentence=Shares.sentence,
        actions=(_new(),),
        crumbs=(
            Crumb("Shares", "/shares", shown=Shares.project != ""),
            Crumb(rx.cond(Shares.project == "", "Shares", Shares.project)),
        ),
    )


def _new() -> rx.Component:
    return rx.cond(
        Shares.why_not == "",
        button("New share", tone="primary", icon="plus", opens=DIALOG),
        button(
            "New share",
            tone="primary",
            icon="plus",
            why_not=Shares.why_not,
        ),
    )


def _row(row: rx.Var[ShareRow]) -> rx.Component:
    return row_of(
        cell(
            rx.el.span(row.name, class_name=rx.cond(row.unnamed, "name muted", "name")),
            sub=rx.fragment(
                row.kind,
                rx.cond(
                    row.project != "",
                    rx.fragment(", ", rx.el.a(row.project, href=row.href)),
                ),
            ),
        ),
        cell(
            state(row.state, row.tone),
            sub=rx.cond(
                row.pending,
                row.why,
                rx.fragment(
                    time(row.at), " ", row.where, rx.cond(row.why != "", " (" + row.why + ")", "")
                ),
            ),
        ),
        cell(unit("created "), time(row.created), sub=rx.fragment("by ", row.by)),
        cell(unit("expires "), time(row.expires, how="minute")),
        actions_cell(
            rx.cond(
                row.pending,
                button(
                    "Revoke",
                    size="sm",
                    tone="danger-quiet",
                    opens="revoke-" + row.id,
                    aria_label="Revoke " + row.named,
                ),
            )
        ),
        key=row.id,
    )


def _revoke(row: rx.Var[ShareRow]) -> rx.Component:
    return confirm(
        id="revoke-" + row.id,
        title=rx.fragment("Revoke ", row.named, "?"),
        sentence="Its link stops working immediately, and the value is deleted. This can't be undone.",
        verb="Revoke share",
        action="/api/shares/" + row.id + "/revoke",
        says=rx.cond(row.unnamed, "Share revoked.", row.name + " revoked."),
        body="none",
    )


def _dialog() -> rx.Component:
    return form_dialog(
        until_done(
            hidden_choice("content", "value", "file", local=True),
            when(
                "content",
                "value",
                value_field(first=True, tools=choose_button("content", "file", "A file instead")),
            ),
            when(
                "content",
                "file",
                file_field(
                    most=MOST_BYTES,
                    help="At most 100 KB. The recipient sees the file's name.",
                    tools=choose_button("content", "value", "A value instead"),
                ),
            ),
            text_field(
                "label",
                "Name in the list (optional)",
                longest=NAME_LENGTH,
                help="Shown only to people in this vault.",
            ),
            rx.el.div(
                select_field(
                    "lifetimeSeconds", "Expires after", LIFETIMES, value="3600", number=True
                ),
                select_field(
                    "tries",
                    "Tries",
                    TRIES,
                    value="1",
                    number=True,
                    help="The share is deleted after this many wrong passphrases.",
                ),
                class_name="halves",
            ),
        ),
        when_done(
            note(
                rx.el.strong("Send them separately: "),
                "for example, the link by email and the passphrase by phone. Neither is shown again.",
                icon="send",
            ),
            link_result("Link"),
            rx.el.div(
                rx.el.span("Passphrase", class_name="label"),
                rx.el.div(
                    rx.el.code(result("passphrase")),
                    copy_button(source='[data-result="passphrase"]', what="Copy passphrase"),
                    class_name="code",
                ),
                class_name="stack gap-2",
            ),
        ),
        id=DIALOG,
        title="New share",
        sentence="One person can see it once, with a link and a passphrase.",
        verb="Create share",
        action=Shares.action,
        keeps=True,
    )
