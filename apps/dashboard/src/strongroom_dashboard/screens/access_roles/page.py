"""The access roles of a vault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.note import empty
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import Column, cell, name_cell, row_of, table, unit
from strongroom_dashboard.screens.access_roles.state import AccessRoles
from strongroom_dashboard.screens.frame import screen
from strongroom_dashboard.screens.members.tabs import member_tabs

if TYPE_CHECKING:
    from strongroom_dashboard.screens.access_roles.state import AccessRoleRow

NEW = "/members/access-roles/new"


def page() -> rx.Component:
    """Return the page."""
    here = AccessRoles
    return screen(
        here,
        table(
            Column("Access role", width="24%"),
            Column("Projects", width="30%"),
            Column("Rights"),
            Column("Members", width="12%", numeric=True),
            rows=here.rows,
            row=_row,
            caption="Access roles",
            loading=~here.ready,
            empty=empty(
                "No access roles yet",
                "An access role gives members rights in projects: in all of them, or only in some. Without"
                " one, a member can't see any project. Owners can see all of them.",
                _new(),
                icon="folder-key",
            ),
            collapses=True,
        ),
        current="members",
        tabs=member_tabs("access-roles"),
        title="Members & roles",
        sentence="What members can do in projects. Each member has at most one access role.",
        crumbs=(Crumb("Members & roles", "/members"), Crumb("Access roles")),
        actions=(_new(),),
    )


def _new() -> rx.Component:
    why_not = AccessRoles.why_not_author
    return rx.fragment(
        rx.cond(
            why_not == "",
            button("New access role", icon="plus", tone="primary", href=NEW),
            button("New access role", icon="plus", why_not=why_not),
        )
    )


def _row(row: rx.Var[AccessRoleRow]) -> rx.Component:
    return row_of(
        name_cell(row.name, row.href, mono=False),
        cell(row.scope),
        cell(row.rights),
        cell(row.members, unit(" members"), numeric=True),
        key=row.id,
    )
