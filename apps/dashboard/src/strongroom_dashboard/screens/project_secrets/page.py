"""The secrets in a project: a table, and the drawer of the open secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import kind_badge, tags
from strongroom_dashboard.components.button import button, link
from strongroom_dashboard.components.dialog import dialog
from strongroom_dashboard.components.drawer import with_drawer
from strongroom_dashboard.components.filter import FilterOption, filter_menu, search_box, toolbar
from strongroom_dashboard.components.note import empty, note
from strongroom_dashboard.components.selection import pick_cell, selection
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
from strongroom_dashboard.components.use_it import use_it
from strongroom_dashboard.screens.frame import auto_open_dialog, guarded_button
from strongroom_dashboard.screens.list_parts import foot_of, sortable
from strongroom_dashboard.screens.project_frame import is_frozen, project_screen
from strongroom_dashboard.screens.project_secrets.bulk import (
    DELETE_SECRETS,
    SECRETS,
    TAG_SECRETS,
    bulk_dialogs,
)
from strongroom_dashboard.screens.project_secrets.dialogs import give_access
from strongroom_dashboard.screens.project_secrets.drawer import secret_drawer
from strongroom_dashboard.screens.project_secrets.new_secret import first_secret, new_secret
from strongroom_dashboard.screens.project_secrets.state import ProjectSecrets

if TYPE_CHECKING:
    from strongroom_dashboard.screens.project_secrets.rows import SecretRow


def page() -> rx.Component:
    """Return a project's *Secrets* tab."""
    here = ProjectSecrets
    return project_screen(
        here,
        rx.cond(is_frozen(here.head), rx.el.div(_while_frozen(), class_name="while-frozen")),
        rx.cond(here.to_rename.length() > 0, _to_rename()),
        with_drawer(
            rx.cond(here.ready & (here.total == 0), first_secret(), _secrets()),
            secret_drawer(),
            here.drawer,
        ),
        new_secret(),
        dialog(
            rx.el.p(
                "Run this on a machine that has access to secrets in this project.",
                class_name="muted",
            ),
            use_it(here.use, name="project"),
            id="use-project",
            title="Use these secrets",
            wide=True,
        ),
        give_access(),
        auto_open_dialog(here.asked),
        tab="secrets",
        opened=rx.cond(here.drawer, here.open.name, ""),
        actions=(
            rx.cond(here.total > 0, button("Use it", icon="terminal", opens="use-project")),
            _new(),
        ),
    )


def _to_rename() -> rx.Component:
    return rx.el.div(
        note(
            rx.el.strong("Rename these secrets. "),
            "They keep working, but commands can't use them under these names.",
            rx.el.ul(
                rx.foreach(
                    ProjectSecrets.to_rename,
                    lambda each: rx.el.li(link(each.name, each.href), ": ", each.why),
                ),
                class_name="plain",
            ),
            icon="pencil-line",
        ),
        class_name="while-frozen",
    )


def _new() -> rx.Component:
    why_not = ProjectSecrets.rights.to_create
    return rx.cond(
        why_not == "",
        rx.cond(
            ProjectSecrets.total > 0,
            button("New secret", icon="plus", tone="primary", opens="new-secret"),
        ),
        button("New secret", icon="plus", why_not=why_not),
    )


def _while_frozen() -> rx.Component:
    return note(
        rx.el.strong("This project is frozen."),
        " Machines can't read values, and you can't generate any. You can still add, replace, roll"
        " back, edit and delete secrets. Machines will get the new values after you unfreeze.",
        tone="danger",
        icon="snowflake",
    )


def _secrets() -> rx.Component:
    here = ProjectSecrets
    return selection(
        _toolbar(),
        table(
            sortable(here.around, "name", "Name"),
            sortable(here.around, "kind", "Kind", width="118px"),
            sortable(here.around, "version", "Ver.", width="58px", numeric=True),
            sortable(here.around, "lastReadAt", "Last read", width="136px"),
            sortable(here.around, "changedAt", "Changed", width="136px"),
            sortable(here.around, "readCount", "Reads", width="84px", numeric=True, wide_only=True),
            sortable(
                here.around, "readers", "Machines", width="88px", numeric=True, wide_only=True
            ),
            Column("Tags", width="216px", widest_only=True),
            rows=here.rows,
            row=_row,
            caption="Secrets in this project",
            two_line=True,
            picks=True,
            collapses=True,
            loading=~here.ready,
            empty=_nothing_found(),
            foot=foot_of(here.around, _summary()),
        ),
        bulk_dialogs(),
        noun=SECRETS,
        everything=here.everything,
        total=here.around.total,
        actions=(
            guarded_button(
                "Give access",
                here.rights.to_grant,
                icon="server",
                size="sm",
                data_gives_access="",
                aria_haspopup="dialog",
            ),
            guarded_button("Tag", here.rights.to_change, icon="tag", size="sm", opens=TAG_SECRETS),
            guarded_button(
                "Delete",
                here.rights.to_delete,
                icon="trash-2",
                size="sm",
                tone="danger-quiet",
                opens=DELETE_SECRETS,
            ),
        ),
    )


def _toolbar() -> rx.Component:
    here = ProjectSecrets
    return toolbar(
        search_box(
            "Name, note or tag",
            value=here.q,
            label="Search secrets by any part of their name, note, tags or environment",
        ),
        _filter("by-kind", "Kind", here.kinds, here.kind, here.any_kind),
        _filter("by-read", "Last read", here.last_read, here.read, here.any_read),
        _filter(
            "by-environment",
            "Environment",
            here.environments,
            here.environment,
            here.any_environment,
        ),
        _filter("by-tag", "Tag", here.tags, here.tag, here.any_tag),
    )


def _filter(
    id: str,  # noqa: A002 -- of the element
    label: str,
    options: rx.vars.ArrayVar[list[FilterOption]],
    chosen: rx.vars.StringVar[str],
    clear: rx.vars.StringVar[str],
) -> rx.Component:
    on = chosen != ""
    shown = filter_menu(id, label, options, chosen=chosen, on=on, clear=clear)
    return rx.cond((options.length() > 0) | on, shown)


def _row(row: SecretRow) -> rx.Component:
    return row_of(
        pick_cell(row.id, row.name, note=row.access, revision=row.revision, tags=row.tags_json),
        name_cell(row.name, row.href, sub=row.about),
        cell(kind_badge(row.kind)),
        cell(row.version, numeric=True, class_name="hide-phone"),
        cell(
            unit("last read: "),
            rx.el.span(time(row.last_read), class_name=rx.cond(row.unused, "warn-ink", "")),
        ),
        cell(time(row.changed), class_name="hide-phone"),
        cell(row.reads, numeric=True, wide_only=True, class_name="hide-phone"),
        cell(row.readers, numeric=True, wide_only=True, class_name="hide-phone"),
        cell(
            rx.cond(row.tags.length() > 0, tags(row.tags), nothing()),
            widest_only=True,
            class_name="hide-phone",
        ),
        key=row.id,
        selected=row.selected,
    )


def _summary() -> rx.Component:
    here = ProjectSecrets
    return rx.fragment(
        rx.cond(
            here.unused != "",
            rx.fragment(link(here.unused, here.show_unused)),
        ),
    )


def _nothing_found() -> rx.Component:
    return empty(
        "No matching secrets",
        "Search matches any part of a name, note, tag or environment.",
        button("Show all secrets", href=ProjectSecrets.all_secrets),
        icon="search-x",
    )
