"""The card with the person's own account: username, email address, password, and closing it (A-1, A-5)."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import PASSWORD_SHORTEST
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card, rows
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import (
    check_field,
    hidden_field,
    password_field,
    switch_field,
    text_field,
)
from strongroom_dashboard.components.form import until_done, when_done
from strongroom_dashboard.components.note import note
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.entrance.fields import USERNAME, USERNAME_HELP
from strongroom_dashboard.screens.security.state import Security

_USERNAME, _EMAIL, _PASSWORD, _CLOSE = (
    "change-username",
    "change-email",
    "change-password",
    "close-account",
)


def profile_card() -> rx.Component:
    """Return the card and its dialogs."""
    return rx.fragment(
        card(
            rows(
                ("Username", _changed(mono(Security.username), "Change username", _USERNAME)),
                ("Email", _changed(Security.email, "Change email", _EMAIL)),
                ("Password", _changed("", "Change password", _PASSWORD)),
                ("Member since", time(Security.member_since)),
            ),
            title="Profile",
            foot=button("Close account", size="sm", tone="danger-quiet", opens=_CLOSE),
        ),
        _username_dialog(),
        _email_dialog(),
        _password_dialog(),
        _close_dialog(),
    )


def _changed(value: rx.Component | rx.Var[str] | str, label: str, opens: str) -> rx.Component:
    return rx.el.span(
        value,
        button("Change", label=label, size="sm", opens=opens),
        class_name="row",
    )


def _username_dialog() -> rx.Component:
    return form_dialog(
        text_field(
            "username",
            "Username",
            value=Security.username,
            required=True,
            autocomplete="username",
            pattern=USERNAME,
            help=USERNAME_HELP,
            messages={"pattern": USERNAME_HELP},
        ),
        note("Earlier events keep the old username."),
        id=_USERNAME,
        title="Change username",
        verb="Change username",
        action="/api/account",
        method="PATCH",
        says="Username changed to {username}.",
    )


def _email_dialog() -> rx.Component:
    return form_dialog(
        until_done(
            text_field("email", "New email", kind="email", required=True, autocomplete="email"),
            note(
                "Your old address stays in use until you open the link that we'll send to the new one."
            ),
        ),
        when_done(
            rx.el.p(role="status", custom_attrs={"data-result": "next"}),
            rx.el.p(custom_attrs={"data-result": "link"}, class_name="mono wrap"),
        ),
        id=_EMAIL,
        title="Change email",
        verb="Send a link",
        action="/api/account/change-email",
        keeps=True,
        quiet=True,
    )


def _password_dialog() -> rx.Component:
    return form_dialog(
        password_field(
            "password",
            "New password",
            autocomplete="new-password",
            required=True,
            shortest=PASSWORD_SHORTEST,
        ),
        switch_field(
            "endKeys",
            "Also revoke your keys",
            checked=True,
            sub="Programs that act for you then need strongroom login again.",
        ),
        note("Your other sessions will be signed out."),
        id=_PASSWORD,
        title="Change password",
        verb="Change password",
        action="/api/account/change-password",
        says="Password changed.|Your other sessions have been signed out.",
    )


def _close_dialog() -> rx.Component:
    return confirm(
        id=_CLOSE,
        title="Close your account?",
        sentence="You won't be able to sign in again, and this can't be undone. To keep a vault, make someone"
        " else its owner first.",
        verb="Close account",
        keep="Keep it",
        action="/api/account/close",
        consequences=Security.left_behind,
        fields=(
            hidden_field("vaults", Security.left_vaults, "list"),
            rx.cond(
                Security.left_vaults != "",
                check_field(
                    "deleteVaults",
                    "Delete these vaults too",
                    sub="Their secrets are permanently deleted after 30 days. Otherwise, the vaults are"
                    " kept but have no owner.",
                ),
            ),
        ),
        type_name=Security.username,
        then="/sign-in",
        reloads=True,
    )
