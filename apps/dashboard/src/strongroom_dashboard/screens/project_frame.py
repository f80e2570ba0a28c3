"""The page head and tabs of all of a project's screens. They are red while the project is frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import reflex as rx

from strongroom_dashboard.components.badge import environment, frozen_badge
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.custom import PinElement
from strongroom_dashboard.components.kinds import Text
from strongroom_dashboard.components.menu import menu, menu_link
from strongroom_dashboard.components.shell import Crumb, Tab, frozen_bar
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.commands import project_commands
from strongroom_dashboard.screens.frame import screen, vault_bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_dashboard.screens.project_head import Head, ProjectHead, Sibling

SWITCHER = "other-environments"
ProjectTab = Literal[
    "secrets", "machines", "policies", "canaries", "access", "settings", "recovery"
]


def project_screen(
    state: type[ProjectHead],
    *children: rx.Component,
    tab: ProjectTab,
    actions: Sequence[rx.Component] = (),
    opened: Text = "",
    **around: Any,
) -> rx.Component:
    """Return a page with the project's name and tabs, and with a red bar while the project is frozen.

    `around` contains further arguments for `shell`; `actions` are shown to the right of the name;
    `opened` is the name of the secret in the drawer.
    """
    head = state.head
    own_bar = project_bar(head, leads=tab != "recovery")
    around.setdefault("bar", rx.cond(is_frozen(head), own_bar, vault_bar()))
    around.setdefault("frozen", is_frozen(head))
    return screen(
        state,
        *children,
        current="secrets",
        title=head.title,
        sentence=head.description,
        crumbs=_crumbs(state),
        badge=rx.fragment(
            rx.cond(head.environment != "", environment(head.environment)),
            rx.cond(is_frozen(head), frozen_badge()),
        ),
        tabs=_tabs(head, tab),
        actions=(_pin(head), *actions),
        tab_title=(opened, head.full_name, tab.capitalize()),
        project=project_commands(head.full_name, head.href, frozen=is_frozen(head)),
        **around,
    )


def _pin(head: Head) -> rx.Component:
    """Return the button that pins the project to the top of the palette, for this person in this browser."""
    return PinElement.create(
        button(icon="pin", tone="ghost", label="Pin project", id="sr-pin", aria_pressed="false"),
        custom_attrs={"project": head.href, "name": head.full_name},
    )


def is_frozen(head: Head) -> rx.Var[bool]:
    """Return whether the project is frozen."""
    return head.frozen_since != ""  # pyright: ignore[reportReturnType] -- a Var, not a string


def project_bar(head: Head, *, leads: bool) -> rx.Component:
    """Return this project's red bar. `leads` adds a link to the recovery."""
    href = head.href + "/frozen" if leads else None
    since = rx.fragment(
        head.frozen_sentence,
        " ",
        time(head.frozen_since, how="exact"),
        rx.cond(head.freeze_reason != "", ": " + head.freeze_reason, "."),
    )
    return frozen_bar(head.frozen_what, since, href=href)


def _crumbs(state: type[ProjectHead]) -> tuple[Crumb, ...]:
    head = state.head
    alone = head.application_id == ""
    return (
        Crumb("Secrets", "/projects"),
        Crumb(head.application_name, "/applications/" + head.application_id, shown=~alone),
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
        Tab(
            "Secrets",
            head.href,
            count=head.secrets,
            current=tab == "secrets",
        ),
        Tab(
            "Machines",
            head.href + "/machines",
            count=head.machines,
            current=tab == "machines",
        ),
        Tab(
            "Policies",
            head.href + "/policies",
            current=tab == "policies",
        ),
        Tab(
            "Canaries",
            head.href + "/canaries",
            current=tab == "canaries",
            shown=head.sees_canaries,  # pyright: ignore[reportArgumentType] -- a Var
        ),
        Tab("Shares", "/shares?project=" + head.id),
        Tab("Access", head.href + "/access", current=tab == "access"),
        Tab("Activity", activity),
        Tab("Settings", head.href + "/settings", current=tab == "settings"),
    )
