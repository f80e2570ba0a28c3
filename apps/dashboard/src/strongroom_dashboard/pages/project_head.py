"""The page head and tabs that every screen of a project has, red where the project is frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import reflex as rx

from strongroom_dashboard.components.badge import environment, frozen_badge
from strongroom_dashboard.components.menu import menu, menu_link
from strongroom_dashboard.components.shell import Crumb, Tab, frozen_bar
from strongroom_dashboard.pages.frame import screen, vault_bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_dashboard.states.project_head import Head, ProjectHead, Sibling

SWITCHER = "other-environments"
ProjectTab = Literal["secrets", "machines", "settings", "recovery"]


def project_screen(
    state: type[ProjectHead],
    *children: rx.Component,
    tab: ProjectTab,
    actions: Sequence[rx.Component] = (),
    **around: Any,
) -> rx.Component:
    """Return a page of a project, with its name, tabs and, if it is frozen, its red bar.

    `around` is what `shell` takes besides; `actions` stand at the right of the name.
    """
    head = state.head
    own_bar = project_bar(head, leads=tab != "recovery")
    around.setdefault("bar", rx.cond(is_frozen(head), own_bar, vault_bar()))
    around.setdefault("frozen", is_frozen(head))
    return screen(
        state,
        *children,
        current="secrets",
        title=rx.cond(state.problem != "", "Project", head.title),
        sentence=head.description,
        crumbs=_crumbs(state),
        badge=rx.fragment(
            rx.cond(head.environment != "", environment(head.environment)),
            rx.cond(is_frozen(head), frozen_badge()),
        ),
        tabs=_tabs(head, tab),
        actions=actions,
        **around,
    )


def is_frozen(head: Head) -> rx.Var[bool]:
    """Return whether the project is frozen."""
    return head.frozen_since != ""  # pyright: ignore[reportReturnType] -- a Var, not a text


def project_bar(head: Head, *, leads: bool) -> rx.Component:
    """Return the red bar of this very project, which `leads` to its recovery unless one is there."""
    href = head.href + "/frozen" if leads else None
    return frozen_bar(head.frozen_what, head.frozen_sentence, href=href)


def _crumbs(state: type[ProjectHead]) -> tuple[Crumb, ...]:
    head = state.head
    alone = head.application_id == ""
    return (
        Crumb(
            rx.cond(alone, "Secrets", head.application_name),
            rx.cond(alone, "/projects", "/applications/" + head.application_id),
        ),
        Crumb(head.name, menu=_switcher(state), menu_id=SWITCHER),
    )


def _switcher(state: type[ProjectHead]) -> rx.Component:
    return menu(
        SWITCHER,
        rx.foreach(state.siblings, _other),
        rx.cond(
            state.siblings.length() == 0,  # pyright: ignore[reportAttributeAccessIssue] -- a Var
            menu_link("All projects", "/projects"),
        ),
        label="Environments",
    )


def _other(sibling: Sibling) -> rx.Component:
    return menu_link(sibling.name, sibling.href, count=sibling.secrets, current=sibling.current)


def _tabs(head: Head, tab: ProjectTab) -> tuple[Tab, ...]:
    activity = "/audit?project=" + head.id
    recovery = [Tab("Recovery", head.href + "/frozen", current=True)] if tab == "recovery" else []
    return (
        *recovery,
        Tab("Secrets", head.href, count=head.secrets, current=tab == "secrets"),
        Tab("Machines", head.href + "/machines", count=head.machines, current=tab == "machines"),
        Tab("Activity", activity),
        Tab("Settings", head.href + "/settings", current=tab == "settings"),
    )
