"""The card with the browsers that the person has signed in with (A-6)."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.dialog import confirm
from strongroom_dashboard.components.table import Column, actions_cell, cell, row_of, table, unit
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.security.state import DeviceRow, Security


def devices_card() -> rx.Component:
    """Return the card, and the dialogs that confirm forgetting a browser."""
    return rx.fragment(
        card(
            table(
                Column("Browser"),
                Column("Last used from", width="30%"),
                Column("Last sign-in", width="18%"),
                Column("", width="104px"),
                rows=Security.devices,
                row=_row,
                caption="Browsers that you have signed in with",
                loading=~Security.ready,
                collapses=True,
            ),
            title="Known browsers",
            foot="Failed sign-ins from elsewhere can't lock you out of these browsers. Each is remembered for"
            " a year after its last sign-in.",
            body=False,
        ),
        rx.foreach(Security.devices, _forget),
    )


def _row(row: rx.Var[DeviceRow]) -> rx.Component:
    return row_of(
        cell(row.browser),
        cell(row.place),
        cell(unit("last sign-in "), time(row.used)),
        actions_cell(
            button("Forget", size="sm", tone="ghost", opens="forget-" + row.id),
        ),
        key=row.id,
    )


def _forget(row: rx.Var[DeviceRow]) -> rx.Component:
    return rx.fragment(
        confirm(
            id="forget-" + row.id,
            title=rx.fragment("Forget ", row.browser, "?"),
            sentence="Its next sign-in will be treated as from an unknown browser. Its sessions continue"
            " until you sign them out.",
            verb="Forget browser",
            action="/api/account/devices/" + row.id,
            method="DELETE",
            body="none",
            says="Browser forgotten.",
        ),
        key=row.id,
    )
