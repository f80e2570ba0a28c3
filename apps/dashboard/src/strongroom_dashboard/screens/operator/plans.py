"""The card with the plans, and the dialogs for creating, editing and assigning them (Q-1)."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_dashboard.components.badge import badge
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.dialog import form_dialog
from strongroom_dashboard.components.fields import check_field, select_field, text_field
from strongroom_dashboard.components.table import Column, actions_cell, cell, row_of, table, unit
from strongroom_dashboard.screens.frame import remount_on
from strongroom_dashboard.screens.operator.state import Operator, PlanRow

NEW, GIVE = "new-plan", "give-plan"

_LIMITS = (
    ("machines", "Machines", "500"),
    ("projects", "Projects", "200"),
    ("secrets", "Secrets", "50000"),
    ("members", "Members", "100"),
    ("versions", "Versions per secret", "50"),
    ("retentionDays", "Days of events", "365"),
    ("webhooks", "Webhooks", "20"),
    ("deliveriesPerDay", "Deliveries per day", "10000"),
    ("agents", "AI agents", "50"),
    ("sharesPerDay", "Shares per day", "200"),
)
"""Each limit's member, its label, and its value in the default plan."""


def plans_card() -> rx.Component:
    """Return the card."""
    return rx.fragment(
        card(
            table(
                Column("Plan"),
                Column("Machines", width="24%", numeric=True),
                Column("Vaults", width="18%", numeric=True),
                Column("", width="5rem"),
                rows=Operator.plans,
                row=_plan,
                caption="Plans",
                loading=~Operator.ready,
                collapses=True,
            ),
            title="Plans",
            body=False,
            aside=rx.el.span(
                button("Assign plan", size="sm", tone="ghost", opens=GIVE),
                button("New plan", size="sm", tone="ghost", opens=NEW),
                class_name="row",
            ),
        ),
        _new_dialog(),
        _give_dialog(),
        rx.foreach(Operator.plans, _edit_dialog),
    )


def _plan(row: rx.Var[PlanRow]) -> rx.Component:
    return row_of(
        cell(row.name, rx.cond(row.self_service, badge("Self-service"))),
        cell(row.machines, unit(" machines"), numeric=True),
        cell(row.vaults, unit(" vaults"), numeric=True),
        actions_cell(
            button(
                "Edit",
                label="Edit " + row.name,
                size="sm",
                tone="ghost",
                opens="edit-" + row.id,
            )
        ),
        key=row.id,
    )


def _new_dialog() -> rx.Component:
    return form_dialog(
        text_field("name", "Name", required=True, longest=NAME_LENGTH),
        rx.el.div(
            *(_limit(member, label, value) for member, label, value in _LIMITS), class_name="halves"
        ),
        _self_service(checked=False),
        id=NEW,
        title="New plan",
        verb="Create plan",
        action="/api/operator/plans",
        sentence="Leave a field empty for no limit.",
        says="Plan {name} created.",
    )


def _edit_dialog(row: rx.Var[PlanRow]) -> rx.Component:
    dialog = form_dialog(
        text_field("name", "Name", value=row.name, required=True, longest=NAME_LENGTH),
        rx.el.div(
            *(_limit(member, label, row.limits[_column(member)]) for member, label, _ in _LIMITS),
            class_name="halves",
        ),
        _self_service(checked=row.self_service),
        check_field(
            "acceptLoss",
            "Delete what the plan no longer keeps",
            sub="Needed only if the plan keeps fewer versions or events. They are deleted a day later.",
        ),
        id="edit-" + row.id,
        title=rx.fragment("Edit ", row.name),
        verb="Save plan",
        action="/api/operator/plans/" + row.id,
        method="PATCH",
        if_match=row.revision,
        sentence="Applies to all vaults with this plan. Leave a field empty for no limit.",
        says="Plan {name} saved.",
    )
    return remount_on(dialog, row.id, row.revision.to_string())


def _give_dialog() -> rx.Component:
    return form_dialog(
        select_field("vaultId", "Vault", Operator.vault_options, required=True),
        select_field("planId", "Plan", Operator.plan_options, required=True),
        check_field(
            "acceptLoss",
            "Delete data that exceeds the new plan's limits",
            sub="Needed only if the plan keeps fewer versions or events. They are deleted a day later.",
        ),
        id=GIVE,
        title="Assign a plan",
        sentence="You can choose from the vaults on this page. To find another one, close this and search.",
        verb="Assign plan",
        action="/api/operator/plans/{planId}/give",
        says="Plan assigned.",
    )


def _limit(member: str, label: str, value: rx.Var[str] | str) -> rx.Component:
    return text_field(
        f"limits.{member}", label, value=value, pattern="[0-9]*", empty="null", data_as="number"
    )


def _self_service(*, checked: rx.Var[bool] | bool) -> rx.Component:
    return check_field(
        "selfService", "Vault owners can choose this plan themselves", checked=checked
    )


def _column(member: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in member)
