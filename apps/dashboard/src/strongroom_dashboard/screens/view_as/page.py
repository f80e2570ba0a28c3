"""What a member, or someone with certain roles, can see and do, as the server computes it for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import environment
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card, two_columns
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.mark import icon
from strongroom_dashboard.components.note import empty
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import (
    Column,
    cell,
    name_cell,
    nothing,
    row_of,
    table,
    unit,
)
from strongroom_dashboard.screens.frame import screen, vault_bar, when_loaded
from strongroom_dashboard.screens.view_as.state import ViewAs

if TYPE_CHECKING:
    from strongroom_dashboard.screens.view_as.state import Ability, ProjectRow, SecretLine


def page() -> rx.Component:
    """Return the page, in a frame that says whose view it is."""
    here = ViewAs
    return screen(
        here,
        when_loaded(
            here,
            rx.cond(
                here.project.id != "",
                two_columns(_secrets(), _abilities(here.abilities, here.inabilities)),
                rx.cond(
                    here.abilities.length() + here.inabilities.length() > 0,
                    two_columns(_projects(), _abilities(here.abilities, here.inabilities)),
                    _projects(),
                ),
            ),
        ),
        current="members",
        title=rx.cond(here.project.id != "", here.project.name, here.title),
        badge=rx.cond(here.project.environment != "", environment(here.project.environment)),
        sentence=here.sentence,
        crumbs=(
            Crumb("Members & roles", "/members"),
            Crumb("View as"),
        ),
        bar=rx.fragment(_bar(), vault_bar()),
        tab_title=(here.title, "View as"),
    )


def _bar() -> rx.Component:
    here = ViewAs
    return rx.el.div(
        icon("eye"),
        rx.el.b(here.bar),
        rx.el.span("You see what they see, and nothing can be changed here."),
        rx.cond(
            here.project.id != "",
            button("All projects", href=here.back, size="sm"),
        ),
        button("Stop viewing", href=here.stop, size="sm"),
        class_name="viewing-bar",
        role="status",
    )


def _projects() -> rx.Component:
    here = ViewAs
    return table(
        Column("Project"),
        Column("Environment", width="20%"),
        Column("Secrets", width="14%", numeric=True),
        Column("Can", width="36%"),
        rows=here.projects,
        row=_project,
        caption="Projects that they can open",
        empty=empty(
            "No project",
            "They can't open any project. An access role gives rights in projects.",
            icon="folder-x",
        ),
        collapses=True,
    )


def _project(row: rx.Var[ProjectRow]) -> rx.Component:
    return row_of(
        name_cell(row.name, row.href, mono=False),
        cell(rx.cond(row.environment != "", row.environment, nothing())),
        cell(row.secrets, unit(" secrets"), numeric=True),
        cell(row.rights),
        key=row.id,
    )


def _secrets() -> rx.Component:
    here = ViewAs
    return table(
        Column("Name"),
        Column("Kind", width="22%"),
        Column("Can", width="44%"),
        rows=here.secrets,
        row=_secret,
        caption="Secrets that they can see",
        empty=empty(
            "No secret",
            "They can open this project but see none of its secrets.",
            icon="key-round",
        ),
        foot=rx.el.div(here.more, class_name="ledger-foot"),
        collapses=True,
    )


def _secret(row: rx.Var[SecretLine]) -> rx.Component:
    return row_of(cell(mono(row.name)), cell(row.kind), cell(row.rights), key=row.id)


def _abilities(can: rx.Var[list[Ability]], cannot: rx.Var[list[Ability]]) -> rx.Component:
    here = ViewAs
    return rx.fragment(
        rx.cond(
            can.length() > 0,
            card(rx.el.ul(rx.foreach(can, _can), class_name="abilities"), title=here.who + " can"),
        ),
        rx.cond(
            cannot.length() > 0,
            card(
                rx.el.ul(rx.foreach(cannot, _cannot), class_name="abilities"),
                title=here.who + " can't",
            ),
        ),
    )


def _can(each: rx.Var[Ability]) -> rx.Component:
    return rx.el.li(
        icon("check"),
        rx.el.div(each.words, rx.cond(each.kinds != "", rx.el.p(each.kinds, class_name="meta"))),
        key=each.capability,
    )


def _cannot(each: rx.Var[Ability]) -> rx.Component:
    return rx.el.li(
        icon("ban"),
        rx.el.div(
            each.words,
            rx.el.p("Needs ", mono(each.capability), ". ", each.holders, class_name="meta"),
        ),
        key=each.capability,
    )
