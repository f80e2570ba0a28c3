"""The second step after the password: a code or a passkey. Used wherever people sign in."""

from __future__ import annotations

from typing import Any

import reflex as rx

from strongroom_dashboard.components.button import Size
from strongroom_dashboard.components.fields import text_field
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.components.kinds import Child

CODE_HELP = "6 digits from your authenticator app, or one of your recovery codes."


def code_field(*, large: bool = False, required: bool = True) -> rx.Component:
    """Return the field for a code from an app, or a recovery code."""
    return text_field(
        "code",
        "Code",
        mono=True,
        required=required,
        large=large,
        autocomplete="one-time-code",
        help=CODE_HELP,
        messages={"missing": "Enter a code."},
    )


def passkey_form(
    text: Child,
    *,
    action: str,
    options: str,
    size: Size = "md",
    primary: bool = False,
    **given: Any,
) -> rx.Component:
    """Return a form that consists of one button, which asks the browser for a passkey."""
    return change(
        submit(
            text, icon="fingerprint", tone="primary" if primary else "plain", size=size, block=True
        ),
        problems(),
        action=action,
        options=options,
        passkey="get",
        body="object",
        anonymous=True,
        class_name="stack gap-2",
        **given,
    )


def sign_in_steps(
    *first: Child,
    passkey: Child | None = None,
    large: bool = False,
    second_class: str = "",
    **given: Any,
) -> rx.Component:
    """Return both steps of signing in. `first` is the first one; `given` is passed to the second one's forms.

    `second_class` has classes of the second step.
    """
    size: Size = "lg" if large else "md"
    return rx.el.div(
        rx.el.div(
            rx.fragment() if passkey is None else passkey,
            *first,
            custom_attrs={"data-first-step": ""},
        ),
        rx.el.div(
            rx.el.p("Password accepted. One more step.", class_name="muted", role="status"),
            rx.el.div(
                passkey_form(
                    "Use a passkey",
                    action="/api/session/second-factor",
                    options="/api/session/passkey-options",
                    size=size,
                    **given,
                ),
                custom_attrs={"data-factor": "passkey"},
                hidden=True,
            ),
            change(
                code_field(large=large),
                problems(),
                submit("Confirm", size=size, block=True),
                action="/api/session/second-factor",
                anonymous=True,
                class_name="stack gap-4",
                **given,
            ),
            rx.el.button(
                "Start again",
                type="button",
                class_name="textbtn",
                custom_attrs={"data-start-again": ""},
            ),
            class_name=f"stack gap-4 {second_class}".strip(),
            custom_attrs={"data-second-step": ""},
            hidden=True,
        ),
        custom_attrs={"data-sign-in": ""},
    )
