"""Who can read what in a project, determined by the same checks as real reads, and one read explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import badge, state
from strongroom_dashboard.components.button import button, link
from strongroom_dashboard.components.card import card, two_columns
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.custom import PlainLink
from strongroom_dashboard.components.mark import icon
from strongroom_dashboard.components.note import empty, note
from strongroom_dashboard.components.table import (
    Column,
    cell,
    name_cell,
    nothing,
    row_of,
    table,
    unit,
)
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import when_loaded
from strongroom_dashboard.screens.project_access.state import ProjectAccess
from strongroom_dashboard.screens.project_frame import project_screen

if TYPE_CHECKING:
    from strongroom_dashboard.screens.project_access.state import (
        AccessRow,
        ProjectMemberRow,
        StepRow,
    )


def page() -> rx.Component:
    """Return the page."""
    here = ProjectAccess
    listed = rx.el.div(
        rx.el.p(
            here.sentence,
            rx.cond(here.whole != "", rx.fragment(" ", link("Show the whole project", here.whole))),
            class_name="lead",
        ),
        _table(),
        rx.cond(here.more != "", rx.el.p(here.more, class_name="meta")),
        rx.el.p(
            "Determined now by the same checks as real reads, using each machine's last"
            " address. No value is read.",
            class_name="meta",
        ),
        _members(),
        class_name="stack gap-3",
    )
    return project_screen(
        here,
        when_loaded(here, rx.cond(here.explained != "", two_columns(listed, _explained()), listed)),
        tab="access",
        actions=(
            PlainLink.create(
                icon("download"),
                "Export as CSV",
                href=here.export + "/export",
                class_name="btn",
                custom_attrs={"download": ""},
            ),
            PlainLink.create(
                icon("download"),
                "Export as JSON",
                href=here.export,
                class_name="btn",
                custom_attrs={"download": "access.json"},
            ),
        ),
    )


def _table() -> rx.Component:
    return table(
        Column("Machine", width="26%"),
        Column("Secret", width="28%"),
        Column("Can read now"),
        Column("Policy", width="14%", wide_only=True),
        Column("Access since", width="14%", wide_only=True),
        rows=ProjectAccess.rows,
        row=_row,
        caption="Machines and the secrets they can read",
        loading=~ProjectAccess.ready,
        empty=empty(
            "No machine has access",
            "Grant machines access to individual secrets from the list of secrets or the list of machines.",
            icon="server",
        ),
        collapses=True,
    )


def _members() -> rx.Component:
    """Return the members who can open the project (U-1)."""
    here = ProjectAccess
    return rx.cond(
        here.sees_members,
        rx.fragment(
            rx.el.h2("Members who can open this project", class_name="section-title"),
            table(
                Column("Member", width="24%"),
                Column("Vault role", width="18%"),
                Column("Access role", width="22%"),
                Column("Rights here"),
                rows=here.members,
                row=_member,
                caption="Members who can open this project",
                collapses=True,
            ),
        ),
    )


def _member(row: rx.Var[ProjectMemberRow]) -> rx.Component:
    return row_of(
        name_cell(row.name, row.href, mono=False),
        cell(row.vault_role),
        cell(row.access_role),
        cell(row.rights),
        key=row.id,
    )


def _row(row: rx.Var[AccessRow]) -> rx.Component:
    return row_of(
        name_cell(row.machine, row.href),
        cell(mono(row.secret)),
        cell(
            rx.cond(
                row.why == "",
                state("Yes", "ok"),
                rx.fragment(state("No", "bad"), " ", rx.el.span(row.why, class_name="meta")),
            )
        ),
        cell(
            rx.cond(row.policy != "", rx.fragment(unit("policy: "), row.policy), nothing()),
            class_name="named",
        ),
        cell(unit("since "), time(row.given), class_name="named"),
        key=row.id,
    )


def _explained() -> rx.Component:
    here = ProjectAccess
    return card(
        rx.el.ol(rx.foreach(here.steps, _step), class_name="checks"),
        rx.cond(here.note != "", note(here.note)),
        rx.cond(
            here.remedies.length() > 0,
            rx.fragment(
                rx.el.h3("To allow it"),
                rx.el.ul(rx.foreach(here.remedies, rx.el.li), class_name="plain"),
            ),
        ),
        rx.cond(here.policy != "", button("Open policy", href=here.policy, size="sm")),
        title=here.explained,
        aside=rx.el.div(
            rx.cond(here.denied, badge("Denied", "danger"), badge("Allowed", "ok")),
            button(icon="x", label="Close", tone="ghost", size="sm", href=here.close),
            class_name="row",
        ),
    )


def _step(step: rx.Var[StepRow]) -> rx.Component:
    return rx.el.li(
        rx.match(
            step.state,
            ("passed", icon("check")),
            ("failed", icon("x")),
            icon("minus"),
        ),
        rx.el.div(
            rx.el.b(step.name),
            rx.cond(step.state == "not_reached", rx.el.span(" not reached", class_name="meta")),
            rx.cond(step.detail != "", rx.el.p(step.detail, class_name="meta")),
        ),
        class_name=step.state,
        key=step.name,
    )
