"""The card with the person's keys: programs that act for them (D-5)."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_dashboard.components.badge import badge
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import text_field
from strongroom_dashboard.components.note import empty
from strongroom_dashboard.components.table import Column, actions_cell, cell, row_of, table, unit
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.security.state import KeyRow, Security


def keys_card() -> rx.Component:
    """Return the card, and the dialogs that rename and revoke a key."""
    return rx.fragment(
        card(
            table(
                Column("Program"),
                Column("Last used", width="21%"),
                Column("Expires", width="14%"),
                Column("", width="164px"),
                rows=Security.keys,
                row=_row,
                caption="Programs that act for you",
                loading=~Security.ready,
                empty=empty(
                    "No programs",
                    "Run strongroom login in a terminal, and enter the code that it shows.",
                    button("Enter a code", href="/connect"),
                    icon="terminal",
                ),
                collapses=True,
            ),
            title="Programs",
            aside=button("Enter a code", href="/connect", size="sm", icon="terminal"),
            foot="Each has its own key, and at most your rights. You confirm sensitive actions in the"
            " browser.",
            body=False,
        ),
        rx.foreach(Security.keys, _dialogs),
    )


def _row(row: rx.Var[KeyRow]) -> rx.Component:
    return row_of(
        cell(
            rx.el.div(
                rx.el.b(row.name, class_name="trunc"),
                rx.cond(row.looking, badge("Only reads")),
                rx.cond(row.projects != "", badge(row.projects)),
                class_name="row",
            ),
            rx.el.span(row.program, ", in ", row.vault, class_name="meta block trunc"),
        ),
        cell(
            rx.cond(
                row.used != "",
                rx.fragment(
                    unit("used "),
                    time(row.used),
                    rx.el.span(row.place, class_name="meta block trunc"),
                ),
                rx.fragment("Never", unit(" used")),
            )
        ),
        cell(unit("expires "), time(row.expires)),
        actions_cell(
            button("Rename", size="sm", tone="ghost", opens="rename-" + row.id),
            button("Revoke", size="sm", tone="danger-quiet", opens="revoke-" + row.id),
        ),
        key=row.id,
    )


def _dialogs(row: rx.Var[KeyRow]) -> rx.Component:
    return rx.fragment(
        form_dialog(
            text_field(
                "name", "Name", value=row.name, required=True, first=True, longest=NAME_LENGTH
            ),
            rx.el.p("Fingerprint: ", mono(row.fingerprint), class_name="meta wrap"),
            id="rename-" + row.id,
            title=rx.fragment("Rename ", row.name),
            verb="Rename",
            action="/api/keys/" + row.id,
            method="PATCH",
            says="Renamed.",
        ),
        confirm(
            id="revoke-" + row.id,
            title=rx.fragment("Revoke ", row.name, "?"),
            sentence="The program's next request is rejected. To use it again, run strongroom login there.",
            verb="Revoke key",
            action="/api/keys/" + row.id + "/revoke",
            body="none",
            says="Key revoked.",
        ),
        key=row.id,
    )
