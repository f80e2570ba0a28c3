"""Who can do something: the members whose roles have a capability (U-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import avatar
from strongroom_dashboard.components.custom import FiltersElement, PlainForm
from strongroom_dashboard.components.fields import select_field
from strongroom_dashboard.components.note import empty
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import Column, cell, nothing, row_of, table
from strongroom_dashboard.screens.capabilities.state import WhoCan
from strongroom_dashboard.screens.frame import remount_on, screen, when_loaded
from strongroom_dashboard.screens.members.tabs import member_tabs

if TYPE_CHECKING:
    from strongroom_dashboard.screens.capabilities.state import Holder


def page() -> rx.Component:
    """Return the page."""
    here = WhoCan
    return screen(
        here,
        when_loaded(
            here,
            rx.el.div(
                _question(),
                rx.el.p(here.answer, class_name="lead"),
                table(
                    Column("Member", width="30%"),
                    Column("Vault role", width="20%"),
                    Column("Access role", width="20%"),
                    Column("Where"),
                    rows=here.rows,
                    row=_row,
                    caption="Members who can do this",
                    empty=empty(
                        "Nobody can do this",
                        "No active member has this capability here.",
                        icon="user-x",
                    ),
                    collapses=True,
                ),
                class_name="stack gap-4",
            ),
        ),
        current="members",
        tabs=member_tabs("capabilities"),
        title="Members & roles",
        sentence="Determined by the same roles and the same checks as the actions themselves.",
        crumbs=(Crumb("Members & roles", "/members"), Crumb("Who can do this")),
    )


def _question() -> rx.Component:
    here = WhoCan
    fields = FiltersElement.create(
        PlainForm.create(
            select_field("capability", "Who can", groups=here.capabilities, value=here.capability),
            rx.el.button("Show", type="submit", class_name="btn primary"),
            class_name="row wrap who-can",
            custom_attrs={"novalidate": "", "autocomplete": "off"},
        )
    )
    return remount_on(fields, here.capability)


def _row(row: rx.Var[Holder]) -> rx.Component:
    return row_of(
        rx.el.td(
            rx.el.span(
                avatar("user", row.name),
                rx.el.a(
                    row.name,
                    href=row.href,
                    class_name="name trunc",
                    custom_attrs={"data-opens": ""},
                ),
                class_name="actor",
            )
        ),
        cell(row.vault_role),
        cell(rx.cond(row.access_role != "", row.access_role, nothing())),
        cell(rx.el.span(row.where, title=row.all)),
        key=row.id,
    )
