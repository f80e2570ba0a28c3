"""What someone gains and loses with the chosen roles, in words, before the roles are saved."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.custom import EffectElement


def role_effect(
    vault_role: str | rx.Var[str] = "", access_role: str | rx.Var[str] = ""
) -> rx.Component:
    """Return the sentence, for a form with the roles. The current ones are empty for an invitation."""
    return EffectElement.create(
        rx.el.p(role="status", class_name="meta"),
        custom_attrs={"vault-role": vault_role, "access-role": access_role},
    )
