"""A screen inside the frame that every page has."""

from __future__ import annotations

from typing import Any

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.empty import empty
from strongroom_dashboard.components.palette import Command, palette
from strongroom_dashboard.components.shell import Frame, frozen_bar, shell
from strongroom_dashboard.states.palette import Palette
from strongroom_dashboard.states.screen import Screen
from strongroom_dashboard.states.shell import Shell

COMMANDS = (
    Command("Open the overview", href="/", icon="layout-dashboard"),
    Command("Open secrets", href="/projects", icon="key-round"),
    Command("Open machines", href="/machines", icon="server"),
    Command("Open the audit log", href="/audit", icon="book-open-text"),
    Command("Open the trash", href="/trash", icon="trash-2"),
)


def frame() -> Frame:
    """Return what the frame shows."""
    return Frame(
        vault_id=Shell.vault,
        vault_name=Shell.vault_name,
        person=Shell.username,
        pending=Shell.pending,
        frozen=Shell.frozen.length(),
    )


def screen(state: type[Screen], *children: rx.Component, **around: Any) -> rx.Component:
    """Return a page of the dashboard: `around` is what `shell` takes besides.

    What could not be shown is said in the page's place.
    """
    around.setdefault("bar", vault_bar())
    return shell(
        rx.cond(
            state.problem != "",
            empty(state.problem, state.problem_hint, button("Overview", href="/"), icon="search-x"),
            rx.fragment(*children),
        ),
        frame=frame(),
        on_refresh=state.load,
        palette=palette(Palette.groups, Palette.search, COMMANDS, looked_for=Palette.looked_for),
        **around,
    )


def vault_bar() -> rx.Component:
    """Return the red bar of a vault in which a project is frozen, on every page (V-4)."""
    first = Shell.frozen[0]
    return rx.cond(
        Shell.frozen.length() > 0,
        rx.cond(
            Shell.frozen.length() == 1,
            frozen_bar(
                first.name + " is frozen",
                "Every read of its values is refused.",
                href="/projects/" + first.id + "/frozen",
            ),
            frozen_bar(
                Shell.frozen.length().to_string() + " projects are frozen",
                "Every read of their values is refused.",
                link="Show them",
                href="/projects?frozen=yes",
            ),
        ),
        rx.fragment(),
    )
