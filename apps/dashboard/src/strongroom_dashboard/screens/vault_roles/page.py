"""The vault roles as a table: one row for each capability, one column for each role."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.custom import attributes
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import hidden_field, select_field, text_field
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.components.mark import icon
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.screens.frame import guarded_button, remount_on, screen, when_loaded
from strongroom_dashboard.screens.members.tabs import member_tabs
from strongroom_dashboard.screens.vault_roles.state import VaultRoles

if TYPE_CHECKING:
    from strongroom_dashboard.screens.vault_roles.state import (
        CapabilityRow,
        Cell,
        RoleColumn,
        Start,
    )

NEW, DELETE = "new-vault-role", "delete-vault-role"


def page() -> rx.Component:
    """Return the page."""
    here = VaultRoles
    return screen(
        here,
        when_loaded(here, remount_on(_editor(), here.edited.id, here.as_of)),
        _new(),
        _delete(),
        current="members",
        tabs=member_tabs("vault-roles"),
        title="Members & roles",
        sentence="What members can do in this vault. Access roles set what they can do in its projects.",
        crumbs=(Crumb("Members & roles", "/members"), Crumb("Vault roles")),
        actions=(
            guarded_button("New role", here.why_not_author, icon="plus", tone="primary", opens=NEW),
        ),
        tab_title=(here.edited.name, "Vault roles"),
    )


def _editor() -> rx.Component:
    here = VaultRoles
    return change(
        rx.cond(here.edited.id != "", _name()),
        rx.el.div(
            rx.el.div(
                rx.el.table(
                    rx.el.caption("Capabilities of each vault role", class_name="sr-only"),
                    rx.el.thead(
                        rx.el.tr(
                            rx.el.th("Capability", scope="col"),
                            rx.foreach(here.columns, _column),
                        )
                    ),
                    rx.el.tbody(rx.foreach(here.rows, _row)),
                    class_name="ledger matrix roles",
                ),
                class_name="ledger-scroll",
                role="region",
                aria_label="Vault roles",
                tab_index=0,
            ),
            class_name="ledger-wrap",
        ),
        problems(),
        rx.cond(here.edited.id != "", _save_bar()),
        action="/api/vault-roles/" + here.edited.id,
        method="PUT",
        if_match=here.edited.revision,
        says="{name} saved.|The change applies from each member's next request.",
        class_name="stack gap-4",
    )


def _name() -> rx.Component:
    here = VaultRoles
    return rx.el.div(
        text_field(
            "name", "Name of the role", value=here.edited.name, required=True, longest=NAME_LENGTH
        ),
        guarded_button(
            "Delete role",
            here.edited.why_not_delete,
            icon="trash-2",
            tone="danger-quiet",
            opens=DELETE,
        ),
        class_name="row wrap role-name",
    )


def _save_bar() -> rx.Component:
    here = VaultRoles
    return rx.el.div(
        rx.el.div(
            rx.el.p(custom_attrs={"data-tells-ticks": ""}, class_name="mono", role="status"),
            rx.el.p(here.edited.who, class_name="meta"),
            class_name="grow",
        ),
        button("Cancel", href="/members/vault-roles"),
        submit("Save role"),
        class_name="save-bar",
    )


def _column(column: rx.Var[RoleColumn]) -> rx.Component:
    return rx.el.th(
        rx.el.span(column.name, class_name="role-title"),
        rx.el.span(column.people, class_name="sub"),
        rx.cond(
            column.custom & ~column.edited,
            rx.cond(
                column.why_not == "",
                rx.el.a(
                    "Edit",
                    rx.el.span(" " + column.name, class_name="sr-only"),
                    href=column.href,
                    class_name="sub",
                ),
                rx.el.span(
                    "Can't edit",
                    class_name="sub",
                    title=column.why_not,
                ),
            ),
        ),
        scope="col",
        class_name=rx.cond(column.edited, "is-edited", ""),
        key=column.id,
    )


def _row(row: rx.Var[CapabilityRow]) -> rx.Component:
    return rx.cond(
        row.group != "",
        rx.el.tr(
            rx.el.td(row.group, col_span=VaultRoles.columns.length() + 1),
            class_name="group",
            key=row.id,
        ),
        rx.el.tr(
            rx.el.td(
                row.words,
                rx.el.a(
                    mono(row.id),
                    href="/members/capabilities?capability=" + row.id,
                    title="Who can do this",
                    class_name="capability",
                ),
            ),
            rx.foreach(row.cells, _cell),
            key=row.id,
        ),
    )


def _cell(cell: rx.Var[Cell]) -> rx.Component:
    return rx.el.td(
        rx.cond(
            cell.edited,
            rx.el.input(
                type="checkbox",
                name="capabilities",
                value=cell.value,
                default_checked=cell.held,
                disabled=cell.why_not != "",
                title=cell.why_not,
                aria_label=cell.label,
                class_name="check",
                custom_attrs={"data-tick": ""},
            ),
            rx.cond(
                cell.held,
                rx.fragment(icon("check"), rx.el.span("Yes", class_name="sr-only")),
                rx.fragment(
                    rx.el.span("–", class_name="none", aria_hidden="true"),
                    rx.el.span("No", class_name="sr-only"),
                ),
            ),
        ),
        class_name=rx.cond(cell.edited, "is-edited", ""),
        title=cell.why_not,
        key=cell.id,
    )


def _new() -> rx.Component:
    here = VaultRoles
    return form_dialog(
        text_field("name", "Name", required=True, longest=NAME_LENGTH, first=True),
        select_field("from", "Start with the capabilities of", here.starts, local=True),
        rx.foreach(here.start_values, _start),
        id=NEW,
        title="New vault role",
        sentence="You can then change each capability.",
        verb="Create role",
        action="/api/vault-roles",
        then="/members/vault-roles?role={id}",
        says="{name} created.",
    )


def _start(start: rx.Var[Start]) -> rx.Component:
    return rx.el.fieldset(
        hidden_field("capabilities", start.capabilities, "list"),
        custom_attrs=attributes({"data-when": "from=" + start.id}),
        key=start.id,
    )


def _delete() -> rx.Component:
    here = VaultRoles
    return confirm(
        id=DELETE,
        title=rx.fragment("Delete ", here.edited.name, "?"),
        sentence="Nobody has this role. This can't be undone.",
        verb="Delete role",
        action="/api/vault-roles/" + here.edited.id,
        method="DELETE",
        if_match=here.edited.revision,
        then="/members/vault-roles",
        says=here.edited.name + " deleted.",
    )
