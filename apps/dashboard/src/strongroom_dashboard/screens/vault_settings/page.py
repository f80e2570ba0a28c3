"""The page with a vault's settings."""

from __future__ import annotations

from typing import Any

import reflex as rx

from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_dashboard.components.badge import badge
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card, two_columns
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import (
    check_field,
    hidden_field,
    select_field,
    text_field,
)
from strongroom_dashboard.components.form import action_button, change, problems
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import Column, cell, row_of, table
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import guarded_button, remount_on, screen, when_loaded
from strongroom_dashboard.screens.vault_settings.state import UseRow, VaultSettings

CONVERT, DELETE, PLAN = "convert-vault", "delete-vault", "choose-plan"
LEAVE = "leave-vault"


def page() -> rx.Component:
    """Return the page."""
    return screen(
        VaultSettings,
        when_loaded(
            VaultSettings,
            rx.cond(
                VaultSettings.purge_at != "",
                _deleted(),
                two_columns(
                    rx.fragment(remount_on(_name(), VaultSettings.id, VaultSettings.name), _plan()),
                    rx.fragment(
                        _factor(),
                        rx.cond(VaultSettings.personal, _converting(), _leaving()),
                        _deleting(),
                    ),
                ),
            ),
        ),
        _plan_dialog(),
        _convert_dialog(),
        _delete_dialog(),
        _leave_dialog(),
        current="settings",
        title="Settings",
        sentence="This vault's name, plan and security.",
        crumbs=(Crumb("Settings"),),
    )


def _name() -> rx.Component:
    return card(
        change(
            text_field(
                "name", "Name", value=VaultSettings.name, required=True, longest=NAME_LENGTH
            ),
            problems(),
            rx.el.div(
                guarded_button(
                    "Save name", VaultSettings.why_not_change, tone="primary", submit=True
                ),
                rx.el.span("Created ", time(VaultSettings.created), class_name="meta end"),
                class_name="row",
            ),
            action="/api/vaults/" + VaultSettings.id,
            method="PATCH",
            if_match=VaultSettings.revision,
            says="{name} saved.",
            class_name="stack gap-4",
        ),
    )


def _plan() -> rx.Component:
    use = table(
        Column("Limit"),
        Column("In use", width="55%", numeric=True),
        rows=VaultSettings.use,
        row=_use_row,
        caption="Plan usage",
        collapses=True,
    )
    kept = rx.el.div(
        rx.el.p(VaultSettings.keeps),
        rx.cond(
            VaultSettings.lowered != "",
            rx.el.p(
                "The plan's limits were lowered ",
                time(VaultSettings.lowered),
                ". Versions and events that it no longer keeps are deleted a day later.",
            ),
        ),
    )
    return rx.fragment(
        rx.cond(
            VaultSettings.plan != "",
            card(
                use,
                title="Plan",
                foot=kept,
                body=False,
                aside=rx.el.span(
                    badge(VaultSettings.plan),
                    rx.cond(
                        VaultSettings.choices.length() > 0,
                        guarded_button("Change plan", "", size="sm", opens=PLAN),
                    ),
                    class_name="row",
                ),
            ),
        )
    )


def _use_row(row: rx.Var[UseRow]) -> rx.Component:
    return row_of(
        cell(row.cap),
        cell(
            rx.cond(row.nearly, rx.fragment(badge("Nearly used up", "warn"), " ")),
            row.used,
            numeric=True,
        ),
        key=row.cap,
    )


def _factor() -> rx.Component:
    required = VaultSettings.factor_required
    return card(
        rx.el.div(
            rx.el.p(
                rx.cond(
                    required,
                    "Everyone in this vault needs a second factor.",
                    "People can use this vault with a password alone.",
                ),
                class_name="muted",
            ),
            rx.el.div(
                rx.cond(
                    required,
                    _guarded(
                        "Stop requiring it",
                        "/api/vault/second-factor",
                        VaultSettings.why_not_stop_requiring,  # pyright: ignore[reportArgumentType]
                        method="PUT",
                        fields=(hidden_field("required", "false", "boolean"),),
                        says="A second factor is no longer required.",
                    ),
                    _guarded(
                        "Require a second factor",
                        "/api/vault/second-factor",
                        VaultSettings.why_not_change,  # pyright: ignore[reportArgumentType]
                        method="PUT",
                        icon="shield-check",
                        fields=(hidden_field("required", "true", "boolean"),),
                        says="A second factor is now required.",
                    ),
                ),
                class_name="row",
            ),
            class_name="stack gap-3",
        ),
        title="Second factor",
    )


def _guarded(text: str, path: str, why_not: rx.Var[str], **options: Any) -> rx.Component:
    """Return a form of one button, which is disabled for people who can't send it."""
    return rx.cond(
        why_not == "",
        action_button(text, path, size="md", **options),
        button(text, icon=options.get("icon"), why_not=why_not),
    )


def _converting() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.p(
                "An organization can have members with roles. This can't be undone. IDs, keys, secrets and"
                " machines stay the same.",
                class_name="muted",
            ),
            rx.el.div(
                guarded_button(
                    "Convert to organization",
                    VaultSettings.why_not_convert,
                    icon="landmark",
                    opens=CONVERT,
                ),
                class_name="row",
            ),
            class_name="stack gap-3",
        ),
        title="Convert",
    )


def _leaving() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.p(
                "You lose access to this vault. You keep your account and your other vaults.",
                class_name="muted",
            ),
            rx.el.div(
                guarded_button(
                    "Leave organization",
                    VaultSettings.why_not_leave,
                    icon="log-out",
                    tone="danger-quiet",
                    opens=LEAVE,
                ),
                class_name="row",
            ),
            class_name="stack gap-3",
        ),
        title="Leave organization",
    )


def _deleting() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.p(
                "All machines are denied immediately. You can restore the vault for 30 days.",
                class_name="muted",
            ),
            rx.el.div(
                guarded_button(
                    "Delete vault",
                    VaultSettings.why_not_delete,
                    icon="trash-2",
                    tone="danger-quiet",
                    opens=DELETE,
                ),
                class_name="row",
            ),
            class_name="stack gap-3",
        ),
        title="Delete this vault",
    )


def _deleted() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.p(
                "This vault is deleted, and its machines are denied. It will be permanently deleted ",
                time(VaultSettings.purge_at),
                ".",
            ),
            rx.el.div(
                action_button(
                    "Restore vault",
                    "/api/vaults/" + VaultSettings.id + "/restore",
                    icon="undo-2",
                    tone="primary",
                    says="{name} restored.|Its machines can read again.",
                ),
                class_name="row",
            ),
            class_name="stack gap-3",
        ),
        title="Deleted",
    )


def _plan_dialog() -> rx.Component:
    return form_dialog(
        select_field("planId", "Plan", VaultSettings.choices, required=True),
        check_field(
            "acceptLoss",
            "Delete data that exceeds the new plan's limits",
            sub="Needed only if the plan keeps fewer versions or events. They are deleted a day later.",
        ),
        id=PLAN,
        title="Change plan",
        verb="Change plan",
        action="/api/plan/choose",
        says="Plan changed to {name}.",
    )


def _convert_dialog() -> rx.Component:
    return form_dialog(
        text_field("name", "Organization name", required=True, longest=NAME_LENGTH, first=True),
        id=CONVERT,
        title="Convert to an organization?",
        sentence="This can't be undone. IDs, keys, secrets and machines stay the same.",
        verb="Convert",
        action="/api/vaults/" + VaultSettings.id + "/convert",
        says="{name} is now an organization.",
    )


def _leave_dialog() -> rx.Component:
    return confirm(
        id=LEAVE,
        title=rx.fragment("Leave ", VaultSettings.name, "?"),
        sentence="Takes effect immediately. To come back, someone in this vault has to invite you. Machines"
        " that you approved keep their access; drop boxes that you created end. You're then signed out, and"
        " can sign in to your other vaults.",
        verb="Leave organization",
        action="/api/leave-vault",
        body="none",
        then="/sign-in",
        reloads=True,
    )


def _delete_dialog() -> rx.Component:
    return confirm(
        id=DELETE,
        title=rx.fragment("Delete ", VaultSettings.name, "?"),
        sentence="Takes effect immediately. You can restore it for 30 days. After that, it is"
        " permanently deleted.",
        verb="Delete vault",
        action="/api/vaults/" + VaultSettings.id + "?confirmName={confirmName}",
        method="DELETE",
        consequences=VaultSettings.stops,
        type_name=VaultSettings.name,
        sends_name="confirmName",
        if_match=VaultSettings.revision,
        says="Vault deleted.|Its machines are denied.",
        undo="/api/vaults/" + VaultSettings.id + "/restore",
    )
