"""The dialogs that act on several machines."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.fields import text_field
from strongroom_dashboard.components.selection import bulk_dialog

MACHINES = "machine|machines"
DISABLE_MACHINES, REVOKE_MACHINES = "disable-machines", "revoke-machines"


def bulk_dialogs() -> rx.Component:
    """Return the dialogs. A machine that was already revoked is named, and the others are still processed."""
    return rx.fragment(
        bulk_dialog(
            id=DISABLE_MACHINES,
            title="Disable {counted}?",
            sentence="Takes effect on their next request. You can enable them again.",
            verb="Disable machines",
            noun=MACHINES,
            action="/api/machines/{pick}/disable",
            danger=True,
            body="none",
            says="{counted} disabled.",
            undo="/api/machines/{pick}/enable",
        ),
        bulk_dialog(
            text_field(
                "typed",
                rx.fragment("Type ", rx.el.span("revoke", class_name="mono strong"), " to confirm"),
                mono=True,
                equals="revoke",
                local=True,
            ),
            id=REVOKE_MACHINES,
            title="Revoke {counted}?",
            sentence="Takes effect on their next request and can't be undone.",
            verb="Revoke machines",
            noun=MACHINES,
            action="/api/machines/{pick}/revoke",
            danger=True,
            body="none",
            says="{counted} revoked.|Their keys no longer work.",
        ),
    )
