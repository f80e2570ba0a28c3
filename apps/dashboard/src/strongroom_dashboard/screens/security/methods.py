"""The cards with the person's sign-in methods, and with the vaults that require a second factor (A-3)."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.badge import badge
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.kinds import Child
from strongroom_dashboard.components.mark import icon
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import guarded_button
from strongroom_dashboard.screens.security.method_dialogs import (
    ADD_PASSKEY,
    NEW_CODES,
    REMOVE_APP,
    SET_UP_APP,
)
from strongroom_dashboard.screens.security.state import PasskeyRow, RequirementRow, Security


def methods_card() -> rx.Component:
    """Return the card with passkeys, the authenticator app and recovery codes."""
    return card(
        _method(
            "fingerprint",
            "Passkeys",
            "Sign in without a password, with this device or a security key.",
            guarded_button(
                "Add passkey",
                Security.passkeys_impossible,
                icon="plus",
                size="sm",
                opens=ADD_PASSKEY,
            ),
        ),
        rx.foreach(Security.passkeys, _passkey),
        _method(
            "smartphone",
            "Authenticator app",
            rx.cond(
                Security.app_added != "",
                rx.fragment(
                    "6-digit codes, in addition to your password. ",
                    _last_used(Security.app_used),
                    ".",
                ),
                "6-digit codes from an app on your phone, in addition to your password.",
            ),
            rx.cond(
                Security.app_added != "",
                rx.fragment(
                    button("Replace", size="sm", opens=SET_UP_APP),
                    button("Remove", size="sm", tone="danger-quiet", opens=REMOVE_APP),
                ),
                button("Set up", size="sm", opens=SET_UP_APP),
            ),
        ),
        rx.cond(
            Security.second_factor,
            _method(
                "life-buoy",
                "Recovery codes",
                rx.fragment(
                    Security.codes_left,
                    " of 10 left. Each works once, instead of your second factor.",
                    rx.el.span(
                        rx.foreach(Security.codes, _tally),
                        class_name="tally",
                        aria_hidden="true",
                    ),
                ),
                button("Create new codes", size="sm", opens=NEW_CODES),
            ),
        ),
        title="Sign-in methods",
        aside=rx.cond(
            Security.second_factor,
            badge("Second factor on", "ok", "shield-check"),
            badge("Second factor off"),
        ),
        body=False,
    )


def requirements_card() -> rx.Component:
    """Return the card with the vaults that require a second factor."""
    return card(
        rx.el.dl(rx.foreach(Security.requirements, _requirement), class_name="rows"),
        rx.el.p(
            "You can't remove your last second factor while a vault requires one.",
            class_name="meta",
        ),
        title="Second factor in your vaults",
    )


def _method(drawn: str, name: str, text: Child, *acts: Child) -> rx.Component:
    return rx.el.div(
        rx.el.span(icon(drawn), class_name="method-icon"),
        rx.el.div(rx.el.h3(name), rx.el.p(text), class_name="grow"),
        rx.el.div(*acts, class_name="row"),
        class_name="method",
    )


def _passkey(row: rx.Var[PasskeyRow]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.b(row.name),
            rx.el.span(
                rx.cond(
                    row.copied,
                    rx.el.span(
                        "No longer accepted, because there may be a copy of it. Remove it and add a new one.",
                        class_name="warn-ink",
                    ),
                    rx.fragment(_last_used(row.used), ", added ", time(row.added)),
                ),
                class_name="meta block",
            ),
            class_name="grow",
        ),
        button("Remove", size="sm", tone="danger-quiet", opens="remove-" + row.id),
        key=row.id,
        class_name="method sub",
    )


def _last_used(at: rx.Var[str]) -> rx.Component:
    return rx.cond(at != "", rx.fragment("Last used ", time(at)), "Never used")


def _tally(used: rx.Var[bool]) -> rx.Component:
    return rx.el.i(class_name=rx.cond(used, "used", ""))


def _requirement(row: rx.Var[RequirementRow]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(row.name),
        rx.el.dd(rx.cond(row.required, badge("Second factor required"), "Not required")),
        key=row.id,
    )
