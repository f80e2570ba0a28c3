"""The end of a session: a sign-in dialog if the person has typed something, otherwise the sign-in page."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import VarData

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.fields import password_field, text_field
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.components.kinds import Text
from strongroom_dashboard.components.note import note
from strongroom_dashboard.components.second_step import sign_in_steps

SESSION = "sr-session"


class SessionEnded(rx.Component):
    """Tells the scripts that the session has ended. Renders nothing."""

    library = "react"
    tag = "Fragment"
    ended: rx.Var[bool]

    def add_imports(self) -> dict[str, Any]:
        """Return the imports that the hook needs."""
        return {"react": ["useEffect"]}

    def add_hooks(self) -> list[str | rx.Var[Any]]:
        """Return the hook. It also marks the page, for scripts that load later."""
        ended = str(self.ended)
        effect = (
            "useEffect(() => {"
            f" if (!{ended}) return;"
            ' document.documentElement.dataset.srEnded = "";'
            ' window.dispatchEvent(new Event("sr-session-ended"));'
            f" }}, [{ended}]);"
        )
        data = VarData.merge(self.ended._get_all_var_data())  # noqa: SLF001 -- no other name
        return [rx.Var(effect, _var_data=data)]


def session_ended(ended: rx.Var[bool]) -> rx.Component:
    """Return the component that notices the end of the session."""
    return SessionEnded.create(ended=ended)


def session_dialog(person: Text) -> rx.Component:
    """Return the dialog for signing in again. Esc doesn't close it, and the page behind it is obscured.

    The page stays only for `person`. Anyone else gets a new page.
    """
    return rx.el.dialog(
        sign_in_steps(
            _password(person),
            second_class="dialog-body",
            quiet=True,
        ),
        class_name="dialog session",
        custom_attrs={
            "id": SESSION,
            "aria-labelledby": f"{SESSION}-title",
            "data-person": person,
            "data-stays": "",
        },
    )


def _password(person: Text) -> rx.Component:
    return change(
        rx.el.div(
            rx.el.h2("Your session ended", custom_attrs={"id": f"{SESSION}-title"}),
            class_name="dialog-head",
        ),
        rx.el.div(
            rx.el.p("Sign in again to continue as ", person, ".", class_name="muted"),
            note(
                rx.el.b("Nothing is lost."),
                " Your input is still here.",
                tone="ok",
                icon="check",
            ),
            text_field(
                "email",
                "Email",
                kind="email",
                required=True,
                autocomplete="username",
                first=True,
                messages={"missing": "Enter your email."},
            ),
            password_field("password", "Password"),
            problems(),
            class_name="dialog-body",
        ),
        rx.el.div(
            rx.el.div(
                button("Discard", tone="ghost", closes=SESSION),
                submit("Sign in"),
                class_name="acts",
            ),
            class_name="dialog-foot",
        ),
        action="/api/session",
        anonymous=True,
        quiet=True,
    )
