"""The enrollment tokens: what they give access to, how often they were used, and how to revoke them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import badge, state
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.dialog import confirm
from strongroom_dashboard.components.note import empty
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
from strongroom_dashboard.screens.enrollment_tokens.state import EnrollmentTokens
from strongroom_dashboard.screens.frame import guarded_button, screen
from strongroom_dashboard.screens.list_parts import foot_of, sortable
from strongroom_dashboard.screens.machines.tabs import machine_tabs

if TYPE_CHECKING:
    from strongroom_dashboard.screens.enrollment_tokens.state import TokenRow


def page() -> rx.Component:
    """Return the enrollment tokens of the vault."""
    around = EnrollmentTokens.around
    return screen(
        EnrollmentTokens,
        rx.el.div(
            table(
                sortable(around, "name", "Name", width="18%"),
                Column("State", width="10%"),
                sortable(around, "uses", "Machines", width="13%"),
                Column("Access", width="21%"),
                sortable(around, "expiresAt", "Expires", width="12%"),
                sortable(around, "createdAt", "Created", width="14%"),
                Column("", width="12%"),
                rows=EnrollmentTokens.rows,
                row=_row,
                caption="Enrollment tokens in this vault",
                loading=~EnrollmentTokens.ready,
                empty=empty(
                    "No enrollment tokens",
                    "With an enrollment token, new instances and jobs register without anyone's approval.",
                    button("Add machine", href="/machines?new=machine", icon="plus"),
                    icon="ticket",
                ),
                foot=foot_of(around),
                collapses=True,
            ),
            rx.foreach(EnrollmentTokens.rows, _revoke),
            class_name="stack gap-5",
        ),
        current="machines",
        tabs=machine_tabs("tokens"),
        title="Enrollment tokens",
        sentence="Machines that enroll with a token are approved automatically and get exactly its access.",
        crumbs=(Crumb("Machines", "/machines"), Crumb("Enrollment tokens")),
        actions=(button("Add machine", href="/machines?new=machine", icon="plus", tone="primary"),),
    )


def _row(token: TokenRow) -> rx.Component:
    return row_of(
        cell(
            rx.el.b(token.name),
            rx.cond(token.limits != "", rx.el.span(token.limits, class_name="meta")),
        ),
        cell(state(token.state, token.tone)),
        cell(token.uses, unit(" machines"), rx.cond(token.nearly, badge("Nearly used up", "warn"))),
        cell(rx.cond(token.access != "", token.access, nothing())),
        cell(unit("expires "), time(token.expires)),
        cell(
            unit("created "),
            time(token.created),
            rx.el.span(" by ", token.created_by, class_name="meta"),
        ),
        actions_cell(
            rx.cond(
                token.active,
                guarded_button(
                    "Revoke",
                    EnrollmentTokens.may_not,
                    size="sm",
                    tone="danger-quiet",
                    opens="revoke-" + token.id,
                ),
            )
        ),
        key=token.id,
    )


def _revoke(token: TokenRow) -> rx.Component:
    return confirm(
        id="revoke-" + token.id,
        title="Revoke " + token.name + "?",
        sentence="Stops new enrollments immediately. This can't be undone, but you can create a new token.",
        verb="Revoke token",
        action="/api/enrollment-tokens/" + token.id + "/revoke",
        body="none",
        consequences=token.consequences,
        says=token.name + " revoked.|Enrolled machines keep their access.",
    )
