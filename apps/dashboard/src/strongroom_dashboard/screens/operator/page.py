"""The page *Server administration*."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import REASON_LENGTH
from strongroom_dashboard.components.badge import state
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card, count_cell, counts, two_columns
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.dialog import confirm
from strongroom_dashboard.components.feed import feed
from strongroom_dashboard.components.fields import area_field
from strongroom_dashboard.components.filter import search_box, toolbar
from strongroom_dashboard.components.form import action_button
from strongroom_dashboard.components.mark import icon
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import (
    Column,
    actions_cell,
    cell,
    nothing,
    row_of,
    table,
    unit,
)
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import auto_open_dialog, screen
from strongroom_dashboard.screens.list_parts import foot_of, sortable
from strongroom_dashboard.screens.operator.plans import plans_card
from strongroom_dashboard.screens.operator.sign_up_link import SIGN_UP_LINK, sign_up_link_dialog
from strongroom_dashboard.screens.operator.state import (
    ACCOUNT,
    RECOVERY,
    AccountRow,
    HealthRow,
    Operator,
    VaultRow,
    WorkRow,
)


def page() -> rx.Component:
    """Return the page."""
    return screen(
        Operator,
        rx.el.div(
            counts(rx.foreach(Operator.figures, _figure), label="Totals for this server"),
            two_columns(
                rx.fragment(_vaults(), _accounts()),
                rx.fragment(_health(), _work(), plans_card(), _log()),
            ),
            class_name="stack gap-5",
        ),
        _account_dialog(),
        _recovery_dialog(),
        sign_up_link_dialog(),
        auto_open_dialog(rx.cond(Operator.chosen != "", Operator.dialog, "")),
        current="",
        title="Server administration",
        sentence=Operator.summary,
        crumbs=(Crumb("Server administration"),),
        actions=(
            button("Create sign-up link", opens=SIGN_UP_LINK),
            rx.cond(
                Operator.sign_up_closed,
                action_button(
                    "Open sign-up", "/api/operator/sign-up/open", size="md", says="Sign-up is open."
                ),
                action_button(
                    "Close sign-up",
                    "/api/operator/sign-up/close",
                    size="md",
                    says="Sign-up is closed.",
                ),
            ),
        ),
    )


def _figure(figure: rx.Var[tuple[str, str, str]]) -> rx.Component:
    return count_cell(figure[0], figure[1], figure[2])


def _vaults() -> rx.Component:
    return rx.el.section(
        toolbar(
            rx.el.h2("Vaults"),
            search_box("Search vaults and owners", name="vaults", value=Operator.vault_search),
        ),
        table(
            sortable(Operator.vaults_around, "name", "Vault"),
            Column("Owner", width="16%"),
            Column("Plan", width="12%"),
            sortable(Operator.vaults_around, "machines", "Machines", width="15%", numeric=True),
            sortable(Operator.vaults_around, "secrets", "Secrets", width="11%", numeric=True),
            sortable(
                Operator.vaults_around,
                "members",
                "Members",
                width="11%",
                numeric=True,
                wide_only=True,
            ),
            Column("State", width="140px"),
            rows=Operator.vaults,
            row=_vault,
            caption="Vaults",
            loading=~Operator.ready,
            collapses=True,
            foot=foot_of(Operator.vaults_around),
        ),
        class_name="stack gap-3",
    )


def _vault(row: rx.Var[VaultRow]) -> rx.Component:
    return row_of(
        cell(row.name),
        cell(row.owners),
        cell(row.plan),
        cell(row.machines, unit(" machines"), numeric=True),
        cell(row.secrets, unit(" secrets"), numeric=True),
        cell(row.members, unit(" members"), numeric=True, wide_only=True),
        cell(state(row.state, row.tone), class_name="beside"),
        key=row.id,
    )


def _accounts() -> rx.Component:
    return rx.el.section(
        toolbar(
            rx.el.h2("Accounts"),
            search_box(
                "Search usernames and emails",
                name="accounts",
                key="",
                value=Operator.account_search,
            ),
        ),
        table(
            sortable(Operator.accounts_around, "username", "Username", width="16%"),
            sortable(Operator.accounts_around, "email", "Email"),
            Column("State", width="112px"),
            sortable(Operator.accounts_around, "lastActiveAt", "Last active", width="100px"),
            Column("", width="168px"),
            rows=Operator.accounts,
            row=_account,
            caption="Accounts",
            loading=~Operator.ready,
            collapses=True,
            foot=foot_of(Operator.accounts_around),
        ),
        class_name="stack gap-3",
    )


def _account(row: rx.Var[AccountRow]) -> rx.Component:
    return row_of(
        cell(mono(row.username)),
        cell(row.email),
        cell(
            rx.cond(
                row.recovery != "",
                rx.fragment("Recovery ends ", time(row.recovery)),
                state(row.state, row.tone),
            )
        ),
        cell(rx.cond(row.active != "", rx.fragment(unit("active "), time(row.active)), nothing())),
        actions_cell(
            rx.cond(
                row.recovery != "",
                action_button(
                    "Cancel recovery",
                    "/api/operator/accounts/" + row.id + "/stop-recovery",
                    tone="ghost",
                    says="The recovery of " + row.username + " was canceled.",
                ),
                rx.cond(
                    row.can_recover,
                    button("Recover", size="sm", tone="ghost", href=row.recover_href),
                ),
            ),
            rx.cond(
                row.state == "Suspended",
                action_button(
                    "Reactivate",
                    "/api/operator/accounts/" + row.id + "/reactivate",
                    tone="ghost",
                    says=row.username + " is active again.",
                ),
                rx.cond(
                    row.can_suspend,
                    button("Suspend", size="sm", tone="ghost", href=row.href),
                ),
            ),
        ),
        key=row.id,
    )


def _account_dialog() -> rx.Component:
    return confirm(
        id=ACCOUNT,
        title=rx.fragment("Suspend ", Operator.chosen_name, "?"),
        sentence="Takes effect immediately: all their sessions end. Vaults with no other active owner"
        " stop working until you reactivate the account.",
        verb="Suspend account",
        action="/api/operator/accounts/" + Operator.chosen + "/suspend",
        consequences=Operator.chosen_stops,
        fields=(
            area_field(
                "reason",
                "Reason",
                rows=2,
                required=True,
                longest=REASON_LENGTH,
                help="Recorded in this server's audit log and in those of the account's vaults.",
            ),
        ),
        says=Operator.chosen_name + " suspended.",
        then=Operator.here,
    )


def _recovery_dialog() -> rx.Component:
    return confirm(
        id=RECOVERY,
        title=rx.fragment("Recover ", Operator.chosen_name, "?"),
        sentence="For someone who has lost all their second factors. In 24 hours, their authenticator app, "
        "passkeys and recovery codes are removed, and all their sessions end. Their password doesn't change."
        " All "
        "their addresses get an email, their vaults show it, and they can cancel it.",
        verb="Start recovery",
        action="/api/operator/accounts/" + Operator.chosen + "/start-recovery",
        fields=(
            area_field(
                "reason",
                "Reason",
                rows=2,
                required=True,
                longest=REASON_LENGTH,
                help="How you checked who they are. Recorded in this server's audit log and in those of the "
                "account's vaults.",
            ),
        ),
        says="The recovery of " + Operator.chosen_name + " ends in 24 hours.",
        then=Operator.here,
    )


def _health() -> rx.Component:
    return card(
        rx.el.dl(rx.foreach(Operator.health, _health_row), class_name="facts"),
        title="Health",
        aside=action_button(
            "Send a test email", "/api/operator/mail/test", tone="ghost", says="Sent to {address}."
        ),
    )


def _health_row(row: rx.Var[HealthRow]) -> rx.Component:
    return rx.fragment(
        rx.el.dt(row.name),
        rx.el.dd(rx.cond(row.tone == "warn", icon("triangle-alert", "warn-ink")), " ", row.text),
        key=row.name,
    )


def _work() -> rx.Component:
    return card(
        rx.el.dl(rx.foreach(Operator.work, _work_row), class_name="rows"),
        title="Background work that is due",
        foot=rx.el.p(
            rx.cond(
                Operator.worker_ran != "",
                rx.fragment("The worker last ran ", time(Operator.worker_ran), "."),
                "No worker has run yet.",
            ),
            rx.cond(
                Operator.counted_until != "",
                rx.fragment(" Reads are counted until ", time(Operator.counted_until), "."),
            ),
        ),
    )


def _work_row(row: rx.Var[WorkRow]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(row.name),
        rx.el.dd(row.due, class_name=rx.cond(row.is_due, "", "muted")),
        key=row.name,
    )


def _log() -> rx.Component:
    return card(feed(Operator.log, severity=False), title="Server log")
