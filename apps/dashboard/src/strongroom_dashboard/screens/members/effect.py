"""What someone gains and loses with the chosen roles, in words, before the roles are saved."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.custom import EffectElement, attributes


def role_effect(
    vault_role: str | rx.Var[str] = "",
    access_role: str | rx.Var[str] = "",
    *,
    edits: bool = False,
) -> rx.Component:
    """Return the sentence, for a form with the roles. The current ones are empty for an invitation.

    With `edits`, the form is that of the access role itself.
    """
    return EffectElement.create(
        rx.el.p(role="status", class_name="meta"),
        custom_attrs=attributes(
            {"vault-role": vault_role, "access-role": access_role, "edits": edits}
        ),
    )
