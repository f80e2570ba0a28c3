"""The trash: what can still be had back."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.badge import badge
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.dialog import confirm
from strongroom_dashboard.components.empty import empty
from strongroom_dashboard.components.form import action_button
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import Column, actions_cell, cell, foot, row_of, table
from strongroom_dashboard.components.time import time
from strongroom_dashboard.pages.frame import screen
from strongroom_dashboard.pages.projects import unit
from strongroom_dashboard.states.trash import Trash, TrashRow

COLUMNS = (
    Column("Name"),
    Column("From", width="22%"),
    Column("Deleted", width="150px"),
    Column("Destroyed in", width="160px"),
    Column("", width="190px"),
)


def page() -> rx.Component:
    """Return what is in the trash."""
    return screen(
        Trash,
        table(
            *COLUMNS,
            rows=Trash.rows,
            row=_row,
            caption="Deleted secrets and projects, last deleted first",
            loading=~Trash.ready,
            two_line=True,
            empty=empty(
                "The trash is empty",
                "A deleted secret or project waits here for 30 days and can be restored with its"
                " history; then it is destroyed, and nothing brings it back.",
                icon="trash-2",
            ),
            foot=foot(
                Trash.rows.length(),
                noun="on this page",
                older=Trash.older,
                newer=Trash.newer,
                newer_text="Newest",
            ),
            collapses=True,
            class_name="trashed",
        ),
        rx.foreach(Trash.rows, _purge),
        current="trash",
        title="Trash",
        sentence=Trash.sentence,
        crumbs=(Crumb("Trash"),),
    )


def _row(row: rx.Var[TrashRow]) -> rx.Component:
    return row_of(
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
            unit("destroyed in "),
            rx.cond(row.soon, badge(row.left, "warn"), row.left),
            sub=row.purged,
        ),
        actions_cell(
            rx.el.div(
                action_button(
                    "Restore",
                    row.path + "/restore",
                    icon="undo-2",
                    says=row.name + " is back.|It is where it was.",
                ),
                button(
                    "Destroy",
                    size="sm",
                    tone="danger-quiet",
                    opens="purge-" + row.id,
                    aria_label="Destroy " + row.name,
                ),
                class_name="row end",
            )
        ),
        key=row.id,
    )


def _purge(row: rx.Var[TrashRow]) -> rx.Component:
    return rx.fragment(
        confirm(
            id="purge-" + row.id,
            title=rx.fragment("Destroy ", row.name, "?"),
            sentence="It is destroyed now instead of in " + row.left + ". It cannot be undone, by"
            " anybody; the record keeps that it was here.",
            verb=rx.cond(row.kind == "Secret", "Destroy secret", "Destroy project"),
            keep="Keep it in the trash",
            action=row.path + "/purge",
            consequences=((row.number, row.lost),),
            type_name=row.name,
            body="none",
            says=row.name + " was destroyed.",
            recorded_as=rx.cond(row.kind == "Secret", "secret_purge", "project_purge"),
        ),
        key=row.id,
    )
