"""The members of a vault and its open invitations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import avatar, badge, state
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.drawer import with_drawer
from strongroom_dashboard.components.filter import filter_menu, search_box, toolbar
from strongroom_dashboard.components.mark import icon
from strongroom_dashboard.components.note import empty
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import (
    Column,
    cell,
    nothing,
    row_of,
    table,
)
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import auto_open_dialog, guarded_button, screen
from strongroom_dashboard.screens.list_parts import foot_of, sortable
from strongroom_dashboard.screens.members.dialogs import INVITE, invite_dialog, member_dialogs
from strongroom_dashboard.screens.members.drawer import member_drawer
from strongroom_dashboard.screens.members.state import MemberList
from strongroom_dashboard.screens.members.tabs import member_tabs

if TYPE_CHECKING:
    from strongroom_dashboard.screens.members.state import MemberRow


def page() -> rx.Component:
    """Return the page."""
    here = MemberList
    return screen(
        here,
        rx.cond(here.personal, _personal(), with_drawer(_list(), member_drawer(), here.is_open)),
        invite_dialog(),
        rx.cond(here.is_open, member_dialogs()),
        auto_open_dialog(here.asked),
        current="members",
        tabs=member_tabs("members"),
        title="Members & roles",
        sentence=here.sentence,
        crumbs=(Crumb("Members & roles"),),
        actions=(
            rx.cond(
                here.personal,
                rx.fragment(),
                guarded_button(
                    "Invite", here.why_not_invite, icon="user-plus", tone="primary", opens=INVITE
                ),
            ),
        ),
        tab_title=(here.opened.name, "Members & roles"),
    )


def _personal() -> rx.Component:
    return empty(
        "This is a personal vault",
        "Only you can use it. Convert it to an organization to invite other people and give each of them"
        " a role. IDs, keys, secrets and machines stay the same.",
        button("Open settings", href="/settings", tone="primary"),
        icon="users",
    )


def _list() -> rx.Component:
    here = MemberList
    return rx.fragment(
        toolbar(
            search_box(
                "Username or email",
                value=here.q,
                label="Search members by username, and invitations by email",
            ),
            filter_menu(
                "filter-role",
                "Vault role",
                here.roles,
                chosen=here.role,
                on=here.role != "",
                clear=here.without_role,
            ),
            filter_menu(
                "filter-status",
                "Status",
                here.statuses,
                chosen=here.status,
                on=here.status != "",
                clear=here.without_status,
            ),
        ),
        table(
            sortable(here.around, "username", "Member", width="25%"),
            sortable(here.around, "vaultRole", "Vault role", width="15%"),
            sortable(here.around, "accessRole", "Access role", width="16%"),
            sortable(here.around, "joinedAt", "Joined", width="13%", wide_only=True),
            sortable(here.around, "lastActiveAt", "Last seen", width="13%", wide_only=True),
            Column("End date", width="12%", wide_only=True),
            Column("Status", width="16%"),
            rows=here.rows,
            row=_row,
            caption="Members and open invitations",
            loading=~here.ready,
            empty=empty(
                "No matching members",
                "Search matches any part of a username, or of an invited person's email.",
                button("Show everyone", href="/members"),
                icon="search-x",
            ),
            foot=foot_of(here.around),
            collapses=True,
        ),
    )


def _row(row: rx.Var[MemberRow]) -> rx.Component:
    return row_of(
        rx.cond(
            row.invited,
            rx.el.td(
                rx.el.a(
                    rx.el.span(icon("mail"), class_name="ava plain"),
                    rx.el.span(row.name, class_name="trunc"),
                    href=row.href,
                    class_name="actor name",
                    custom_attrs={"data-opens": ""},
                )
            ),
            rx.el.td(
                rx.el.span(
                    avatar("user", row.name),
                    rx.el.a(
                        row.name,
                        href=row.href,
                        class_name="name trunc",
                        custom_attrs={"data-opens": ""},
                    ),
                    rx.cond(row.you, badge("You")),
                    class_name="actor",
                )
            ),
        ),
        cell(row.vault_role),
        cell(rx.cond(row.access_role != "", row.access_role, nothing())),
        cell(
            rx.cond(
                row.invited,
                rx.fragment("Expires ", time(row.joined, future=True)),
                time(row.joined, how="minute"),
            ),
            wide_only=True,
        ),
        cell(rx.cond(row.invited, nothing(), time(row.seen)), wide_only=True),
        cell(rx.cond(row.ends != "", time(row.ends, how="minute"), nothing()), wide_only=True),
        cell(state(row.status, row.tone)),
        key=row.id,
        selected=row.selected,
    )
