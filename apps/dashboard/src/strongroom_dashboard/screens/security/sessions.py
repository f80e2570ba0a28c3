"""The card with the person's sessions (A-4)."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.badge import badge
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.form import action_button
from strongroom_dashboard.components.table import (
    Column,
    actions_cell,
    cell,
    nothing,
    row_of,
    table,
    unit,
)
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.security.state import Security, SessionRow


def sessions_card() -> rx.Component:
    """Return the card, with a button for signing out everywhere else."""
    return card(
        table(
            Column("Browser"),
            Column("IP address", width="20%"),
            Column("Country", width="11%", wide_only=True),
            Column("Signed in", width="16%", wide_only=True),
            Column("Last active", width="16%"),
            Column("", width="132px"),
            rows=Security.sessions,
            row=_row,
            caption="Your sessions",
            loading=~Security.ready,
            collapses=True,
        ),
        title="Sessions",
        aside=rx.fragment(
            rx.cond(
                Security.others != "",
                action_button(
                    Security.others,
                    "/api/account/end-other-sessions",
                    says="Your other sessions have been signed out.",
                ),
            )
        ),
        body=False,
    )


def _row(row: rx.Var[SessionRow]) -> rx.Component:
    return row_of(
        cell(row.browser),
        cell(mono(row.address)),
        cell(rx.cond(row.country != "", row.country, nothing()), wide_only=True),
        cell(time(row.signed_in), wide_only=True),
        cell(unit("active "), time(row.active)),
        actions_cell(
            rx.cond(
                row.current,
                badge("This session", "ok"),
                action_button(
                    "Sign out",
                    "/api/account/sessions/" + row.id,
                    method="DELETE",
                    tone="ghost",
                    body="none",
                    says="Signed out.",
                ),
            )
        ),
        key=row.id,
    )
