"""The frame around every screen: sidebar, breadcrumb, search, page head."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Literal

import reflex as rx

from strongroom_dashboard.components.badge import avatar, pip
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.custom import LinksElement, PlainLink
from strongroom_dashboard.components.dialog import step_up_dialog
from strongroom_dashboard.components.entrance import theme_button, theme_choices
from strongroom_dashboard.components.form import change
from strongroom_dashboard.components.kinds import Child, Flag, Number, Text, either
from strongroom_dashboard.components.mark import icon, mark
from strongroom_dashboard.components.menu import (
    menu,
    menu_button,
    menu_link,
    menu_rule,
)
from strongroom_dashboard.components.navigation import navigation
from strongroom_dashboard.components.palette import KEYS, CommandGroup, keys_dialog
from strongroom_dashboard.components.session import session_dialog
from strongroom_dashboard.components.tabs import Tab
from strongroom_dashboard.components.tabs import tabs as tab_row
from strongroom_dashboard.components.time import zone
from strongroom_dashboard.components.vaults import (
    VAULTS,
    VaultItem,
    new_vault_dialog,
    vault_menu,
)

Place = Literal[
    "overview",
    "secrets",
    "machines",
    "audit",
    "alerts",
    "trash",
    "shares",
    "members",
    "settings",
    "",
]
SIGN_OUT = "sr-sign-out"


@dataclass(frozen=True, slots=True)
class Frame:
    """The data of the frame.

    `pending` is the number of machines pending approval, `frozen` is the number of frozen projects, and
    `invitations` is the number of vaults that invite the person. `hidden` contains the places that the person
    can't open; the frame doesn't link to them (U-4).
    """

    vault_id: Text
    vault_name: Text
    person: Text
    vault_kind: Text = "Vault"
    vaults: rx.Var[list[VaultItem]] | Sequence[VaultItem] = ()
    operator: Flag = False
    pending: Number = 0
    frozen: Number = 0
    second_factor: Flag = False
    passkey: Flag = False
    hidden: rx.Var[list[str]] | Sequence[str] = ()
    invitations: Number = 0


@dataclass(frozen=True, slots=True)
class Crumb:
    """A breadcrumb. `menu` is a `menu(...)` of its siblings, `menu_id` the menu's ID.

    `shown` is whether to show it; None means always.
    """

    text: Text
    href: Text | None = None
    menu: rx.Component | None = None
    menu_id: str | None = None
    shown: rx.Var[bool] | None = None


@dataclass(frozen=True, slots=True)
class _Link:
    place: Place
    text: str
    short: str
    href: str
    icon: str


_GROUPS: tuple[tuple[_Link, ...], ...] = (
    (
        _Link("overview", "Overview", "Overview", "/", "layout-dashboard"),
        _Link("secrets", "Secrets", "Secrets", "/projects", "key-round"),
        _Link("machines", "Machines", "Machines", "/machines", "server"),
        _Link("shares", "Shares", "Shares", "/shares", "send"),
    ),
    (
        _Link("audit", "Audit log", "Audit", "/audit", "book-open-text"),
        _Link("alerts", "Alerts", "Alerts", "/alerts", "bell-ring"),
        _Link("trash", "Trash", "Trash", "/trash", "trash-2"),
    ),
    (
        _Link("members", "Members & roles", "Members", "/members", "users"),
        _Link("settings", "Settings", "Settings", "/settings", "settings"),
    ),
)


def _some(number: Number) -> Flag:
    return number > 0


def _unless_hidden(frame: Frame, place: str, link: rx.Component) -> rx.Component:
    """Return the link, unless the person can't open this place."""
    if isinstance(frame.hidden, rx.Var):
        return rx.fragment(rx.cond(frame.hidden.contains(place), rx.fragment(), link))
    return rx.fragment() if place in frame.hidden else link


def _mark_of(place: Place, frame: Frame) -> rx.Component:
    if place == "machines":
        return either(_some(frame.pending), pip(frame.pending, label=" pending approval"))
    if place == "secrets":
        return either(_some(frame.frozen), pip("Frozen", danger=True))
    return rx.fragment()


def _current(link: _Link, current: Place) -> dict[str, Any]:
    return {"aria-current": "page"} if link.place == current else {}


def _sidebar(frame: Frame, current: Place) -> rx.Component:
    def place(link: _Link) -> rx.Component:
        shown = rx.el.a(
            icon(link.icon),
            rx.el.span(link.text),
            _mark_of(link.place, frame),
            href=link.href,
            custom_attrs=_current(link, current),
        )
        return _unless_hidden(frame, link.place, shown)

    return rx.el.aside(
        rx.el.button(
            mark(),
            rx.el.span(
                rx.el.span(
                    rx.el.b(frame.vault_name, class_name="trunc"),
                    either(_some(frame.invitations), pip(frame.invitations, label=" invitations")),
                    class_name="row",
                ),
                rx.el.span(frame.vault_kind, class_name="meta trunc"),
                class_name="grow",
            ),
            icon("chevrons-up-down"),
            type="button",
            class_name="vault",
            custom_attrs={
                "popovertarget": VAULTS,
                "aria-expanded": "false",
                "aria-label": "Switch vault",
            },
        ),
        rx.el.nav(
            *(rx.el.div(*map(place, group), class_name="places") for group in _GROUPS),
            aria_label="Main",
        ),
        rx.el.div(
            rx.el.button(
                avatar("user", frame.person),
                rx.el.span(frame.person, class_name="grow trunc"),
                icon("chevron-up"),
                type="button",
                class_name="person",
                custom_attrs={"popovertarget": "sr-person", "aria-expanded": "false"},
            ),
            class_name="sidebar-foot",
        ),
        class_name="sidebar",
        aria_label="Vault",
    )


def _person_menu() -> rx.Component:
    return menu(
        "sr-person",
        menu_link("Your security", "/security", icon="shield-check"),
        menu_rule(),
        *theme_choices(),
        menu_rule(),
        menu_button(
            "Time zone", icon="clock", note=zone(), id="sr-clock-toggle", data_clock_toggle=""
        ),
        menu_button(
            "Comfortable rows",
            icon="rows-3",
            id="sr-density-toggle",
            data_density_toggle="",
            aria_pressed="false",
        ),
        menu_button("Keyboard shortcuts", icon="keyboard", opens=KEYS, note=rx.el.kbd("?")),
        menu_rule(),
        change(
            rx.el.button(icon("log-out"), rx.el.span("Sign out"), type="submit", id=SIGN_OUT),
            action="/api/session",
            method="DELETE",
            then="/sign-in",
            reloads=True,
        ),
        label="Account",
    )


def _help_menu() -> rx.Component:
    """Return the help menu. Everything in the menu comes from this server (U-3)."""
    return rx.fragment(
        button(icon="circle-help", label="Help", tone="ghost", menu="sr-help"),
        menu(
            "sr-help",
            _outside("Documentation", "/manual/", "book-open"),
            _outside("API reference", "/docs", "braces"),
            _outside("Error codes", "/manual/errors.md", "circle-alert"),
            menu_button("Keyboard shortcuts", icon="keyboard", opens=KEYS, note=rx.el.kbd("?")),
            menu_rule(),
            rx.el.p(f"Strongroom {version('strongroom-dashboard')}", class_name="menu-head"),
            label="Help",
        ),
    )


def _outside(text: str, href: str, name: str) -> rx.Component:
    """Return a link that opens a page outside the dashboard, in a new tab."""
    return PlainLink.create(
        icon(name),
        rx.el.span(text),
        icon("external-link", "n"),
        id="sr-manual" if href == "/manual/" else None,
        custom_attrs={"href": href, "target": "_blank", "rel": "noopener"},
    )


def _tabbar(frame: Frame, current: Place) -> rx.Component:
    def place(link: _Link) -> rx.Component:
        dot = rx.fragment()
        if link.place == "machines":
            dot = either(_some(frame.pending), rx.el.span(class_name="dot"))
        if link.place == "secrets":
            dot = either(_some(frame.frozen), rx.el.span(class_name="dot danger"))
        shown = rx.el.a(
            icon(link.icon), link.short, dot, href=link.href, custom_attrs=_current(link, current)
        )
        return _unless_hidden(frame, link.place, shown)

    more = ("trash", "shares", "members", "settings")
    links = [link for group in _GROUPS for link in group if link.place not in more]
    return rx.fragment(
        rx.el.nav(
            *map(place, links),
            rx.el.button(
                icon("menu"),
                "More",
                type="button",
                custom_attrs={"popovertarget": "sr-more", "aria-expanded": "false"},
            ),
            class_name="tabbar",
            aria_label="Main, on a phone",
        ),
        menu(
            "sr-more",
            menu_link("Shares", "/shares", icon="send"),
            _unless_hidden(frame, "trash", menu_link("Trash", "/trash", icon="trash-2")),
            _unless_hidden(
                frame, "members", menu_link("Members & roles", "/members", icon="users")
            ),
            menu_link("Settings", "/settings", icon="settings"),
            menu_link("Your security", "/security", icon="shield-check"),
            *theme_choices(),
            menu_rule(),
            menu_button("Time zone", icon="clock", note=zone(), data_clock_toggle=""),
            menu_rule(),
            change(
                rx.el.button(icon("log-out"), rx.el.span("Sign out"), type="submit"),
                action="/api/session",
                method="DELETE",
                then="/sign-in",
                reloads=True,
            ),
            label="More",
        ),
    )


def _crumb(crumb: Crumb, *, last: bool) -> rx.Component:
    if last or crumb.href is None:
        given = {"aria-current": "page"} if last else {}
        name = rx.el.span(crumb.text, custom_attrs=given)
    else:
        name = rx.el.a(crumb.text, href=crumb.href)
    if crumb.menu is None or crumb.menu_id is None:
        item = rx.el.li(name)
        return item if crumb.shown is None else rx.fragment(rx.cond(crumb.shown, item))
    switch = rx.el.button(
        icon("chevrons-up-down"),
        type="button",
        aria_label="Switch environment",
        title="Switch environment",
        custom_attrs={"popovertarget": crumb.menu_id, "aria-expanded": "false"},
    )
    return rx.el.li(name, switch, crumb.menu)


def _topbar(frame: Frame, crumbs: Sequence[Crumb]) -> rx.Component:
    way = [Crumb(frame.vault_name, "/"), *crumbs]
    return rx.el.header(
        rx.el.button(
            mark("sm"),
            rx.el.span(frame.vault_name, class_name="strong trunc"),
            icon("chevrons-up-down"),
            type="button",
            class_name="only-phone row vault-short",
            custom_attrs={
                "popovertarget": VAULTS,
                "aria-expanded": "false",
                "aria-label": "Switch vault",
            },
        ),
        rx.el.nav(
            rx.el.ol(*(_crumb(each, last=each is way[-1]) for each in way)),
            class_name="crumbs",
            aria_label="Breadcrumb",
        ),
        rx.el.div(
            rx.el.button(
                icon("search"),
                rx.el.span("Search or run a command", class_name="grow"),
                rx.el.kbd("Ctrl K", aria_hidden="true"),
                type="button",
                class_name="searchbtn",
                aria_label="Search or run a command",
                custom_attrs={"data-opens-palette": "", "aria-keyshortcuts": "Control+K"},
            ),
            _help_menu(),
            theme_button(),
            class_name="topbar-end",
        ),
        class_name="topbar",
    )


def _head(
    title: Child,
    badge: Child | None,
    sentence: Child | None,
    actions: Sequence[Child],
    *,
    tabbed: bool,
) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h1(title, *([] if badge is None else [" ", badge])),
            rx.fragment() if sentence is None else rx.el.p(sentence),
            class_name="titles grow",
        ),
        rx.el.div(*actions, class_name="actions") if actions else rx.fragment(),
        class_name="page-head has-tabs" if tabbed else "page-head",
    )


def frozen_bar(
    what: Child,
    sentence: Child,
    *,
    link: Text = "Go to recovery",
    href: Text | None = None,
    icon_name: str = "snowflake",
) -> rx.Component:
    """Return a red bar, for example for a frozen project. It stays at the top while the page scrolls."""
    return rx.el.div(
        icon(icon_name),
        rx.el.b(what),
        rx.el.span(sentence),
        rx.fragment() if href is None else rx.el.a(link, href=href),
        class_name="frozen-bar",
        role="alert",
    )


def shell(
    *children: Child,
    frame: Frame,
    current: Place,
    title: Child,
    sentence: Child | None = None,
    crumbs: Sequence[Crumb] = (),
    actions: Sequence[Child] = (),
    tabs: Sequence[Tab] = (),
    badge: Child | None = None,
    bar: rx.Component | None = None,
    frozen: Flag = False,
    palette: rx.Component | None = None,
    commands: Sequence[CommandGroup] = (),
    plain: Flag = False,
    on_refresh: Any = None,
) -> rx.Component:
    """Return a whole page.

    Args:
        children: The content below the head and the tabs.
        frame: The vault and the person.
        current: The current place in the sidebar.
        title: The heading.
        sentence: One sentence below the title that summarizes the state.
        crumbs: The breadcrumbs after the vault; the last is this page.
        actions: At most two buttons, the primary one last.
        tabs: The tabs.
        badge: An environment or a state next to the title.
        bar: `frozen_bar(...)`, if anything is frozen.
        frozen: Whether this page belongs to a frozen project, which gives it a red border.
        palette: `palette(...)`.
        commands: The commands to list, with their keys, in the help about shortcuts.
        plain: Whether to leave out everything about the object because it can't be shown.
        on_refresh: The handler that refreshes the screen; it runs after every change.
    """
    classes = (
        rx.cond(frozen, "shell is-frozen", "shell")
        if isinstance(frozen, rx.Var)
        else ("shell is-frozen" if frozen else "shell")
    )
    again = {} if on_refresh is None else {"on_click": on_refresh}
    return rx.el.div(
        navigation(),
        PlainLink.create("Skip to content", class_name="skip", custom_attrs={"href": "#main"}),
        rx.el.div(
            _sidebar(frame, current),
            rx.el.div(
                rx.fragment() if bar is None else bar,
                either(plain, _topbar(frame, ()), _topbar(frame, crumbs)),
                rx.el.main(
                    either(
                        plain,
                        _head("Not available", None, None, (), tabbed=False),
                        rx.fragment(
                            _head(title, badge, sentence, actions, tabbed=bool(tabs)),
                            tab_row(*tabs) if tabs else rx.fragment(),
                        ),
                    ),
                    *children,
                    rx.el.p(
                        rx.el.span("Times in ", zone(long=True), class_name="zone-note"),
                        LinksElement.create(),
                        class_name="meta page-foot",
                    ),
                    class_name="page",
                    tab_index=-1,
                    custom_attrs={"id": "main"},
                ),
                class_name="main",
            ),
            class_name=classes,
        ),
        vault_menu(frame.vaults, frame.operator, frame.invitations),
        new_vault_dialog(),
        _person_menu(),
        _tabbar(frame, current),
        step_up_dialog(frame.person, second_factor=frame.second_factor, passkey=frame.passkey),
        session_dialog(frame.person),
        keys_dialog(commands),
        rx.fragment() if palette is None else palette,
        rx.el.button(
            "Refresh",
            type="button",
            hidden=True,
            custom_attrs={"id": "sr-refresh", "tabindex": "-1"},
            **again,
        ),
        custom_attrs={"data-vault": frame.vault_id, "data-person": frame.person},
    )
