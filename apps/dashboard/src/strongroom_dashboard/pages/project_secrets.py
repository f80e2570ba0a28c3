"""The secrets of a project: a table, and beside it the drawer of the one that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import kind_badge
from strongroom_dashboard.components.button import button, link
from strongroom_dashboard.components.drawer import with_drawer
from strongroom_dashboard.components.empty import empty
from strongroom_dashboard.components.filter import FilterOption, filter_menu, search_box, toolbar
from strongroom_dashboard.components.note import note
from strongroom_dashboard.components.table import (
    Column,
    cell,
    foot,
    name_cell,
    nothing,
    row_of,
    table,
)
from strongroom_dashboard.components.time import time
from strongroom_dashboard.pages.new_secret import first_secret, new_secret
from strongroom_dashboard.pages.project_head import is_frozen, project_screen
from strongroom_dashboard.pages.secret_drawer import secret_drawer
from strongroom_dashboard.states.project_secrets import ProjectSecrets

if TYPE_CHECKING:
    from strongroom_dashboard.states.secret_rows import SecretRow


def page() -> rx.Component:
    """Return the tab *Secrets* of a project."""
    here = ProjectSecrets
    return project_screen(
        here,
        rx.cond(is_frozen(here.head), rx.el.div(_while_frozen(), class_name="while-frozen")),
        with_drawer(
            rx.cond(here.ready & (here.total == 0), first_secret(), _secrets()),
            secret_drawer(),
            here.drawer,
        ),
        new_secret(),
        tab="secrets",
        actions=(_new(),),
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
        rx.el.strong("While this project is frozen"),
        " no machine reads a value here, and nothing is generated. You can still add, replace, roll"
        " back, edit and delete: what you change now is what machines read once it is over.",
        tone="danger",
        icon="snowflake",
    )


def _secrets() -> rx.Component:
    here = ProjectSecrets
    return rx.el.div(
        _toolbar(),
        table(
            Column("Name", sort="ascending"),
            Column("Kind", width="8rem"),
            Column("Last read", width="10rem"),
            Column("Reads", width="6rem", numeric=True),
            Column("Readers", width="6rem", numeric=True, wide_only=True),
            Column("Changed", width="9rem", wide_only=True),
            rows=here.rows,
            row=_row,
            caption="Secrets of this project, by name",
            two_line=True,
            collapses=True,
            loading=~here.ready,
            empty=_nothing_found(),
            foot=foot(
                here.shown,
                of=here.total,
                noun=rx.cond(here.total == 1, "secret", "secrets"),
                extra=_beneath(),
                newer=here.first_page,
                older=here.next_page,
                newer_text="First",
                older_text="Next",
            ),
        ),
        class_name="stack gap-3",
    )


def _toolbar() -> rx.Component:
    here = ProjectSecrets
    return toolbar(
        search_box("Beginning of a name", value=here.q, label="Find secrets by name"),
        _narrowing("by-kind", "Kind", here.kinds, here.kind, here.any_kind),
        _narrowing("by-read", "Last read", here.last_read, here.read, here.any_read),
        _narrowing(
            "by-environment",
            "Environment",
            here.environments,
            here.environment,
            here.any_environment,
        ),
        _narrowing("by-tag", "Tag", here.tags, here.tag, here.any_tag),
    )


def _narrowing(
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
        name_cell(row.name, row.href, sub=row.about),
        cell(kind_badge(row.kind)),
        cell(
            rx.el.span(time(row.last_read), class_name=rx.cond(row.unused, "warn-ink", "")),
            sub=rx.cond(row.last_read_by != "", rx.el.span(row.last_read_by, class_name="mono")),
        ),
        cell(row.reads, numeric=True, class_name="hide-phone"),
        cell(
            rx.cond(row.no_readers, nothing(), row.readers),
            numeric=True,
            wide_only=True,
            class_name="hide-phone",
        ),
        cell(time(row.changed), sub=row.changed_by, wide_only=True, class_name="hide-phone"),
        key=row.id,
        selected=row.selected,
    )


def _beneath() -> rx.Component:
    here = ProjectSecrets
    return rx.fragment(
        rx.el.span("sorted by name", class_name="muted"),
        " ",
        rx.cond(
            here.unused != "",
            rx.fragment("· ", link(here.unused, here.show_unused)),
        ),
    )


def _nothing_found() -> rx.Component:
    return empty(
        "No secret fits",
        "A search looks at the beginning of names, whatever their case.",
        button("Show all secrets", href=ProjectSecrets.all_secrets),
        icon="search-x",
    )
