"""The trash."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.badge import badge
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import (
    check_field,
    hidden_field,
    text_field,
    tick_field,
    when,
)
from strongroom_dashboard.components.filter import search_box, toolbar
from strongroom_dashboard.components.form import action_button
from strongroom_dashboard.components.note import empty
from strongroom_dashboard.components.selection import (
    bulk_button,
    bulk_dialog,
    pick_cell,
    selection,
)
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import Column, actions_cell, cell, row_of, table, unit
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import screen
from strongroom_dashboard.screens.list_parts import foot_of, sortable
from strongroom_dashboard.screens.trash.state import FormerReaderLine, Trash, TrashRow

ITEMS, RESTORE_MANY, PURGE_MANY = "item|items", "restore-many", "purge-many"
COLUMNS = (
    sortable(Trash.around, "name", "Name"),
    sortable(Trash.around, "projectName", "From", width="16%"),
    sortable(Trash.around, "trashedAt", "Deleted", width="150px"),
    Column("Time left", width="184px"),
    Column("", width="270px"),
)


def page() -> rx.Component:
    """Return the page."""
    return screen(
        Trash,
        toolbar(
            search_box(
                "Name, note or tag",
                value=Trash.q,
                label="Search the trash by any part of a name, note, tag or description",
            )
        ),
        selection(
            table(
                *COLUMNS,
                rows=Trash.rows,
                row=_row,
                picks=True,
                caption="Deleted secrets and projects",
                loading=~Trash.ready,
                two_line=True,
                empty=rx.cond(
                    Trash.q != "",
                    empty(
                        "No matching items",
                        "Search matches any part of a name, note, tag or description.",
                        button("Show everything", href="/trash"),
                        icon="search-x",
                    ),
                    empty(
                        "The trash is empty",
                        "Deleted secrets and projects are kept here for 30 days, and can be restored"
                        " with their history. Then they're permanently deleted.",
                        icon="trash-2",
                    ),
                ),
                foot=foot_of(Trash.around),
                collapses=True,
                class_name="trashed",
            ),
            _restore_many(),
            _purge_many(),
            noun=ITEMS,
            everything=Trash.everything,
            total=Trash.around.total,
            actions=(
                bulk_button("Restore", RESTORE_MANY, icon="undo-2"),
                bulk_button("Permanently delete", PURGE_MANY, icon="trash-2", tone="danger-quiet"),
            ),
        ),
        rx.foreach(Trash.rows, _purge),
        rx.foreach(Trash.rows, _restore),
        current="trash",
        title="Trash",
        sentence=Trash.sentence,
        crumbs=(Crumb("Trash"),),
    )


def _row(row: rx.Var[TrashRow]) -> rx.Component:
    return row_of(
        pick_cell(
            row.id,
            row.name,
            note=row.former,
            path=row.path,
            body=rx.cond(row.kind == "Secret", "object", "none"),
        ),
        cell(
            rx.el.span(row.name, class_name=rx.cond(row.kind == "Secret", "name mono", "name")),
            sub=rx.fragment(row.kind, ", ", row.holds),
        ),
        cell(unit("from "), row.where),
        cell(
            unit("deleted "),
            time(row.deleted),
            sub=rx.cond(row.by != "", rx.fragment("by ", row.by), ""),
        ),
        cell(
            unit("permanently deleted in "),
            rx.cond(row.soon, badge(row.left, "warn"), row.left),
            sub=time(row.purged, how="minute"),
        ),
        actions_cell(
            rx.el.div(
                rx.cond(
                    row.readers.length() > 0,
                    button("Restore", size="sm", icon="undo-2", opens="restore-" + row.id),
                    action_button(
                        "Restore",
                        row.path + "/restore",
                        icon="undo-2",
                        says=row.name + " restored.",
                        body=rx.cond(row.kind == "Secret", "object", "none"),
                    ),
                ),
                button(
                    "Permanently delete",
                    size="sm",
                    tone="danger-quiet",
                    opens="purge-" + row.id,
                    aria_label="Permanently delete " + row.name,
                ),
                class_name="row end",
            )
        ),
        key=row.id,
    )


def _restore_many() -> rx.Component:
    return bulk_dialog(
        check_field(
            "givesBack",
            "Restore access for the machines that had it",
            sub="Otherwise no machine can read these secrets until you grant access again.",
            local=True,
        ),
        when("givesBack", "true", hidden_field("giveBack", "all")),
        id=RESTORE_MANY,
        title="Restore {counted}?",
        verb="Restore",
        noun=ITEMS,
        action="{path}/restore",
        body="object",
        says="{counted} restored.",
    )


def _purge_many() -> rx.Component:
    return bulk_dialog(
        text_field(
            "typed",
            rx.fragment("Type ", rx.el.span("delete", class_name="mono strong"), " to confirm"),
            mono=True,
            equals="delete",
            local=True,
        ),
        id=PURGE_MANY,
        title="Permanently delete {counted}?",
        sentence="Deletes them now, along with all versions and any project keys. This can't be undone."
        " Each deletion stays in the audit log.",
        verb="Permanently delete",
        noun=ITEMS,
        action="{path}/purge",
        danger=True,
        body="none",
        says="{counted} permanently deleted.",
    )


def _restore(row: rx.Var[TrashRow]) -> rx.Component:
    return rx.cond(
        row.readers.length() > 0,
        form_dialog(
            rx.el.fieldset(
                rx.el.legend("Restore access for"),
                rx.foreach(row.readers, _reader),
                class_name="field",
            ),
            id="restore-" + row.id,
            title=rx.fragment("Restore ", row.name, "?"),
            sentence="These machines could read it before it was deleted. Clear those that no longer should.",
            verb="Restore secret",
            action=row.path + "/restore",
            body="object",
            says=row.name + " restored.",
        ),
    )


def _reader(reader: rx.Var[FormerReaderLine]) -> rx.Component:
    sub = rx.cond(reader.fields != "", "Only " + reader.fields, "")
    return tick_field("giveBack", reader.id, mono(reader.name), checked=True, sub=sub)


def _purge(row: rx.Var[TrashRow]) -> rx.Component:
    return rx.fragment(
        confirm(
            id="purge-" + row.id,
            title=rx.fragment("Permanently delete ", row.name, "?"),
            sentence="Permanently deletes it now. This can't be undone. The deletion stays in the audit log.",
            verb="Permanently delete",
            keep="Keep it",
            action=row.path + "/purge",
            consequences=((row.number, row.lost),),
            type_name=row.name,
            body="none",
            says=row.name + " permanently deleted.",
        ),
        key=row.id,
    )
