"""The page *Your security*. Each card is a separate module."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.card import two_columns
from strongroom_dashboard.components.form import action_button
from strongroom_dashboard.components.note import note
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import screen
from strongroom_dashboard.screens.security.activity import activity_card
from strongroom_dashboard.screens.security.devices import devices_card
from strongroom_dashboard.screens.security.keys import keys_card
from strongroom_dashboard.screens.security.method_dialogs import method_dialogs
from strongroom_dashboard.screens.security.methods import methods_card, requirements_card
from strongroom_dashboard.screens.security.profile import profile_card
from strongroom_dashboard.screens.security.sessions import sessions_card
from strongroom_dashboard.screens.security.state import Security


def page() -> rx.Component:
    """Return the page."""
    return screen(
        Security,
        _recovery(),
        two_columns(
            rx.fragment(methods_card(), sessions_card(), keys_card(), devices_card()),
            rx.fragment(activity_card(), requirements_card(), profile_card()),
        ),
        method_dialogs(),
        current="",
        title="Your security",
        sentence="These settings apply to your account in all your vaults.",
        crumbs=(Crumb("Your security"),),
    )


def _recovery() -> rx.Component:
    """Return the note about a recovery of the account, with the button that cancels it (A-12)."""
    return rx.cond(
        Security.recovery != "",
        note(
            rx.el.b("Your account is being recovered."),
            " Its second factors, or sign-in methods added since a reported sign-in, will be removed  ",
            time(Security.recovery),
            ". If you didn't ask for this, cancel it, and change your password. ",
            action_button(
                "Cancel recovery",
                "/api/account/cancel-recovery",
                says="The recovery was canceled.",
            ),
            tone="danger",
        ),
    )
