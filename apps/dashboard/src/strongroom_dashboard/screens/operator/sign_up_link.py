"""The dialog that creates a link for someone who signed up, and shows it once (A-12)."""

import reflex as rx

from strongroom_dashboard.components.code import copy_button
from strongroom_dashboard.components.dialog import form_dialog
from strongroom_dashboard.components.fields import text_field
from strongroom_dashboard.components.form import expires, result, until_done, when_done
from strongroom_dashboard.components.note import note

SIGN_UP_LINK = "new-sign-up-link"


def sign_up_link_dialog() -> rx.Component:
    """Return the dialog."""
    return form_dialog(
        until_done(
            text_field(
                "email",
                "Email",
                kind="email",
                required=True,
                first=True,
                help="The address with which they signed up.",
                messages={"missing": "Enter an email address."},
            ),
        ),
        when_done(
            note(
                "Send this link to the person yourself; it isn't shown again. To create the account, they"
                " also need the password that they chose."
            ),
            rx.el.div(
                rx.el.code(result("link")),
                copy_button(source='[data-result="link"]', what="Copy link"),
                class_name="code",
            ),
            rx.el.div(expires("expiresAt")),
        ),
        id=SIGN_UP_LINK,
        title="Create a sign-up link",
        sentence="For someone who signed up and didn't get an email, for example because this server doesn't"
        " send any. The link ends 24 hours after they signed up.",
        verb="Create link",
        action="/api/operator/sign-up/link",
        keeps=True,
    )
