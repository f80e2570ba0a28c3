"""The menu of a person's vaults, in the sidebar (A-8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_dashboard.components.dialog import form_dialog
from strongroom_dashboard.components.fields import text_field
from strongroom_dashboard.components.form import change
from strongroom_dashboard.components.kinds import Flag, Number, either, picked
from strongroom_dashboard.components.mark import icon
from strongroom_dashboard.components.menu import (
    menu,
    menu_button,
    menu_head,
    menu_link,
    menu_rule,
)

VAULTS, NEW_VAULT = "sr-vaults", "new-vault"


@dataclass(frozen=True)
class VaultItem:
    """One of the person's vaults, in the menu that switches between them."""

    id: str
    name: str
    kind: str
    current: bool


def vault_menu(
    vaults: rx.Var[list[VaultItem]] | Sequence[VaultItem], operator: Flag, invitations: Number
) -> rx.Component:
    """Return the menu of the person's vaults. Switching is two clicks (A-8)."""
    return menu(
        VAULTS,
        menu_head("Your vaults"),
        rx.foreach(vaults, _vault_item)
        if isinstance(vaults, rx.Var)
        else rx.fragment(*map(_vault_item, vaults)),
        menu_rule(),
        either(
            invitations > 0,
            menu_link("Your invitations", "/invitations", icon="mail", count=invitations),
        ),
        menu_button("New vault", icon="plus", opens=NEW_VAULT),
        menu_link("Settings", "/settings", icon="settings"),
        either(
            operator,
            menu_link("Server administration", "/operator", icon="server-cog"),
        ),
        label="Vaults",
    )


def _vault_item(vault: Any) -> rx.Component:
    return change(
        rx.el.button(
            icon("landmark"),
            rx.el.span(vault.name),
            rx.el.span(vault.kind, class_name="n"),
            type="submit",
            aria_current=picked(vault.current, "true", "false"),
        ),
        action="/api/vaults/" + vault.id + "/enter",
        then="/",
        reloads=True,
    )


def new_vault_dialog() -> rx.Component:
    """Return the dialog that creates another vault."""
    return form_dialog(
        text_field(
            "name",
            "Name",
            required=True,
            longest=NAME_LENGTH,
            help="Has separate projects, machines and members. You can convert it to an organization later.",
        ),
        id=NEW_VAULT,
        title="New vault",
        verb="Create vault",
        action="/api/vaults",
        says="{name} created.|Open the vault menu to switch to it.",
    )
