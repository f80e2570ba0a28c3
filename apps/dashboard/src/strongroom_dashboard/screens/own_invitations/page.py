"""The person's invitations, with accept and decline, and their vaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import badge
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.dialog import confirm
from strongroom_dashboard.components.fields import text_field
from strongroom_dashboard.components.form import action_button
from strongroom_dashboard.components.note import empty
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import Column, actions_cell, cell, row_of, table, unit
from strongroom_dashboard.components.time import time
from strongroom_dashboard.components.vaults import VaultItem
from strongroom_dashboard.screens.frame import screen
from strongroom_dashboard.screens.own_invitations.state import OwnInvitations
from strongroom_dashboard.screens.shell import Shell

if TYPE_CHECKING:
    from strongroom_dashboard.screens.own_invitations.state import OwnInvitationRow


JOINED = "You joined {vaultName}.|Open it below, or in the vault menu."


def page() -> rx.Component:
    """Return the page."""
    here = OwnInvitations
    return screen(
        here,
        rx.el.div(
            table(
                Column("Vault", width="26%"),
                Column("Your roles"),
                Column("Invited by", width="16%"),
                Column("Expires", width="14%"),
                Column("", width="190px"),
                rows=here.rows,
                row=_row,
                caption="Your invitations",
                loading=~here.ready,
                empty=empty(
                    "No invitations",
                    "When someone invites your email address to a vault, you can accept or decline here.",
                    icon="mail",
                ),
                collapses=True,
            ),
            card(
                rx.el.ul(rx.foreach(Shell.vaults, _vault), class_name="rule-list"),
                title="Your vaults",
            ),
            class_name="stack gap-5",
        ),
        rx.foreach(here.rows, _dialogs),
        current="",
        title="Your invitations",
        sentence=here.sentence,
        crumbs=(Crumb("Your invitations"),),
    )


def _row(row: rx.Var[OwnInvitationRow]) -> rx.Component:
    return row_of(
        cell(rx.el.b(row.vault)),
        cell(row.gives),
        cell(unit("from "), row.inviter),
        cell(unit("expires "), time(row.expires, future=True)),
        actions_cell(
            rx.cond(
                row.needs_link,
                button("Accept", size="sm", tone="primary", opens="accept-" + row.id),
                action_button(
                    "Accept",
                    _path(row, "accept"),
                    tone="primary",
                    body="object",
                    says=JOINED,
                ),
            ),
            button("Decline", size="sm", opens="decline-" + row.id),
        ),
        key=row.id,
    )


def _path(row: rx.Var[OwnInvitationRow], answer: str) -> rx.Var[str]:
    return "/api/account/invitations/" + row.id + "/" + answer  # pyright: ignore[reportReturnType]


def _dialogs(row: rx.Var[OwnInvitationRow]) -> rx.Component:
    return rx.fragment(
        rx.cond(row.needs_link, rx.fragment(_accept(row), _decline(row, _link())), _decline(row))
    )


def _link() -> rx.Component:
    """Return the field for an invitation's link. It is hidden if the person came here from the link."""
    return rx.el.div(
        text_field(
            "token",
            "Invitation link",
            mono=True,
            placeholder="https://",
            help="Your email address hasn't been confirmed by email, so paste the link that you got from"
            " the person who invited you.",
            data_as="fragment",
        ),
        class_name="without-link",
    )


def _accept(row: rx.Var[OwnInvitationRow]) -> rx.Component:
    return confirm(
        id="accept-" + row.id,
        title=rx.fragment("Join ", row.vault, "?"),
        sentence=rx.fragment("You get these roles: ", row.gives, "."),
        verb="Accept invitation",
        danger=False,
        action=_path(row, "accept"),
        body="object",
        fields=(_link(),),
        says=JOINED,
    )


def _decline(row: rx.Var[OwnInvitationRow], *fields: rx.Component) -> rx.Component:
    return confirm(
        id="decline-" + row.id,
        title=rx.fragment("Decline the invitation to ", row.vault, "?"),
        sentence="The invitation ends. They can invite you again.",
        verb="Decline invitation",
        danger=False,
        action=_path(row, "decline"),
        body="object",
        fields=fields,
        says="Invitation to " + row.vault + " declined.",
    )


def _vault(vault: rx.Var[VaultItem]) -> rx.Component:
    return rx.el.li(
        rx.el.span(vault.name, class_name="strong"),
        rx.el.span(vault.kind, class_name="meta grow"),
        rx.cond(
            vault.current,
            badge("You are here"),
            action_button(
                "Open",
                "/api/vaults/" + vault.id + "/enter",
                then="/",
                reloads=True,
            ),
        ),
        key=vault.id,
    )
