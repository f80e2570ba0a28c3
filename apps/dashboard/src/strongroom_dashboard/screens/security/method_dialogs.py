"""Dialogs for adding and removing second factors. One-time secrets come directly from the API (A-3)."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.dialog import confirm, dialog, form_dialog
from strongroom_dashboard.components.fields import text_field
from strongroom_dashboard.components.form import (
    change,
    problems,
    result,
    submit,
    until_done,
    when_done,
)
from strongroom_dashboard.components.note import note
from strongroom_dashboard.screens.security.state import PasskeyRow, Security

SET_UP_APP, REMOVE_APP, NEW_CODES, ADD_PASSKEY = (
    "set-up-app",
    "remove-app",
    "new-codes",
    "add-passkey",
)
CODES = "sr-codes"
OTHERS = "Your other sessions will be signed out."


def method_dialogs() -> rx.Component:
    """Return all dialogs."""
    return rx.fragment(
        _set_up_app(),
        confirm(
            id=REMOVE_APP,
            title="Remove your authenticator app?",
            sentence=f"Its codes will no longer work. {OTHERS}",
            verb="Remove app",
            action="/api/account/app",
            method="DELETE",
            body="none",
            says="Authenticator app removed.",
        ),
        confirm(
            id=NEW_CODES,
            title="Create new recovery codes?",
            sentence=f"Your old codes will no longer work. {OTHERS}",
            verb="Create codes",
            action="/api/account/recovery-codes",
            danger=False,
        ),
        form_dialog(
            text_field(
                "name",
                "Name",
                required=True,
                first=True,
                longest=NAME_LENGTH,
                placeholder="Work laptop",
                help="Helps you recognize it in the list.",
            ),
            id=ADD_PASSKEY,
            title="Add a passkey",
            sentence=f"Your browser will ask where to save it. {OTHERS}",
            verb="Add passkey",
            action="/api/account/passkeys",
            passkey="create",
            passkey_as="credential",
            options="/api/account/options-for-passkey",
            says="Passkey added.",
        ),
        rx.foreach(Security.passkeys, _remove_passkey),
        _codes(),
    )


def _set_up_app() -> rx.Component:
    """Return the dialog: first the secret, which is shown once, then the code that confirms it."""
    started = change(
        until_done(
            rx.el.p(
                "You need an app that generates one-time codes, such as Aegis, 2FAS or Google"
                " Authenticator."
            ),
            problems(),
            submit("Show the QR code"),
        ),
        when_done(
            rx.el.p("Scan this with your app:"),
            rx.el.div(
                rx.el.svg(rx.el.svg.path(), custom_attrs={"shape-rendering": "crispEdges"}),
                class_name="qr",
                role="img",
                aria_label="The app's secret as a QR code",
                custom_attrs={"data-qr": "qr"},
            ),
            rx.el.p("Or enter this key: ", mono(result("secret", "app-secret"))),
        ),
        action="/api/account/app",
        body="none",
        keeps=True,
        quiet=True,
    )
    confirmed = change(
        text_field(
            "code",
            "Code from the app",
            mono=True,
            required=True,
            autocomplete="one-time-code",
            messages={"missing": "Enter the 6-digit code that the app shows."},
        ),
        problems(),
        rx.el.p(OTHERS, class_name="meta"),
        submit("Turn on"),
        action="/api/account/app/confirm",
        says="Authenticator app added.",
        class_name="stack gap-4",
    )
    return dialog(
        started,
        rx.el.div(confirmed, class_name="after-start"),
        id=SET_UP_APP,
        title="Set up an authenticator app",
        done="Cancel",
    )


def _remove_passkey(row: rx.Var[PasskeyRow]) -> rx.Component:
    return rx.fragment(
        confirm(
            id="remove-" + row.id,
            title=rx.fragment("Remove ", row.name, "?"),
            sentence=f"You can no longer sign in with it. Also delete it in your browser or on your"
            f" security key. {OTHERS}",
            verb="Remove passkey",
            action="/api/account/passkeys/" + row.id,
            method="DELETE",
            body="none",
            says="Passkey removed.",
        ),
        key=row.id,
    )


def _codes() -> rx.Component:
    return dialog(
        rx.el.p(
            "You can use each code once, in place of your app or passkey. "
            "You won't be able to see the codes again.",
            class_name="muted",
        ),
        rx.el.ol(
            class_name="codes", custom_attrs={"data-codes": "", "aria-label": "Recovery codes"}
        ),
        rx.el.div(
            button("Download", icon="download", id="codes-download"),
            button("Print", icon="printer", id="codes-print"),
            class_name="row",
        ),
        note("Without your second factor and these codes, you can't sign in.", tone="brass"),
        id=CODES,
        title="Save your recovery codes",
        done="I have saved them",
    )
