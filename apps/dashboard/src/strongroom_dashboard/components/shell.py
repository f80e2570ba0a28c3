"""What stands around every screen: places, the way here, search, the head of the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from strongroom_dashboard.components.badge import avatar, pip
from strongroom_dashboard.components.custom import PlainLink
from strongroom_dashboard.components.dialog import dialog, step_up_dialog
from strongroom_dashboard.components.entrance import theme_button
from strongroom_dashboard.components.form import change
from strongroom_dashboard.components.icon import icon
from strongroom_dashboard.components.kinds import Child, Flag, Number, Text, either
from strongroom_dashboard.components.mark import mark
from strongroom_dashboard.components.menu import menu, menu_button, menu_link, menu_rule
from strongroom_dashboard.components.navigation import navigation
from strongroom_dashboard.components.tabs import Tab
from strongroom_dashboard.components.tabs import tabs as tab_row

Place = Literal["overview", "secrets", "machines", "audit", "trash", ""]
KEYS = "sr-keys"


@dataclass(frozen=True, slots=True)
class Frame:
    """What the frame shows of the vault and the person, whatever the screen.

    `pending` counts machines that wait for a person, `frozen` projects that are frozen.
    """

    vault_id: Text
    vault_name: Text
    person: Text
    vault_kind: Text = "Vault"
    pending: Number = 0
    frozen: Number = 0


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step of the way here. `menu` is a `menu(...)` of what else there is, `menu_id` its id."""

    text: Text
    href: Text | None = None
    menu: rx.Component | None = None
    menu_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Link:
    place: Place
    text: str
    short: str
    href: str
    icon: str
    key: str


_GROUPS: tuple[tuple[_Link, ...], ...] = (
    (
        _Link("overview", "Overview", "Overview", "/", "layout-dashboard", "o"),
        _Link("secrets", "Secrets", "Secrets", "/projects", "key-round", "s"),
        _Link("machines", "Machines", "Machines", "/machines", "server", "m"),
    ),
    (
        _Link("audit", "Audit log", "Audit", "/audit", "book-open-text", "a"),
        _Link("trash", "Trash", "Trash", "/trash", "trash-2", "t"),
    ),
)
_SHORTCUTS = (
    (("Ctrl", "K"), "Search, or run a command"),
    (("/",), "Search in this list"),
    (("g", "o"), "Overview"),
    (("g", "s"), "Secrets"),
    (("g", "m"), "Machines"),
    (("g", "a"), "Audit log"),
    (("g", "t"), "Trash"),
    (("j", "k"), "Next and previous row"),
    (("Enter",), "Open the row"),
    (("Esc",), "Close"),
    (("?",), "These keys"),
)


def _some(number: Number) -> Flag:
    return number > 0


def _mark_of(place: Place, frame: Frame) -> rx.Component:
    if place == "machines":
        return either(_some(frame.pending), pip(frame.pending, label=" waiting"))
    if place == "secrets":
        return either(_some(frame.frozen), pip("Frozen", danger=True))
    return rx.fragment()


def _current(link: _Link, current: Place) -> dict[str, Any]:
    return {"aria-current": "page"} if link.place == current else {}


def _sidebar(frame: Frame, current: Place) -> rx.Component:
    def place(link: _Link) -> rx.Component:
        return rx.el.a(
            icon(link.icon),
            rx.el.span(link.text),
            _mark_of(link.place, frame),
            href=link.href,
            custom_attrs={"data-key": link.key, **_current(link, current)},
        )

    return rx.el.aside(
        rx.el.div(
            mark(),
            rx.el.span(
                rx.el.b(frame.vault_name, class_name="trunc"),
                rx.el.span(frame.vault_kind, class_name="meta"),
                class_name="grow",
            ),
            class_name="vault",
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
        menu_button("Light or dark", icon="sun-moon", on_click=rx.toggle_color_mode),
        menu_button("Compact rows", icon="rows-3", data_density_toggle=""),
        menu_button("Keys", icon="keyboard", opens=KEYS, note=rx.el.kbd("?")),
        menu_rule(),
        change(
            rx.el.button(icon("log-out"), rx.el.span("Log out"), type="submit"),
            action="/api/session",
            method="DELETE",
            then="/sign-in",
            reloads=True,
        ),
        label="You",
    )


def _tabbar(frame: Frame, current: Place) -> rx.Component:
    def place(link: _Link) -> rx.Component:
        dot = rx.fragment()
        if link.place == "machines":
            dot = either(_some(frame.pending), rx.el.span(class_name="dot"))
        if link.place == "secrets":
            dot = either(_some(frame.frozen), rx.el.span(class_name="dot danger"))
        return rx.el.a(
            icon(link.icon), link.short, dot, href=link.href, custom_attrs=_current(link, current)
        )

    links = [link for group in _GROUPS for link in group if link.place != "trash"]
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
            menu_link("Trash", "/trash", icon="trash-2"),
            menu_button("Light or dark", icon="sun-moon", on_click=rx.toggle_color_mode),
            menu_rule(),
            change(
                rx.el.button(icon("log-out"), rx.el.span("Log out"), type="submit"),
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
        return rx.el.li(name)
    switch = rx.el.button(
        icon("chevrons-up-down"),
        type="button",
        aria_label="Switch to another",
        title="Switch to another",
        custom_attrs={"popovertarget": crumb.menu_id, "aria-expanded": "false"},
    )
    return rx.el.li(name, switch, crumb.menu)


def _topbar(frame: Frame, crumbs: Sequence[Crumb]) -> rx.Component:
    way = [Crumb(frame.vault_name, "/"), *crumbs]
    return rx.el.header(
        rx.el.div(
            mark("sm"),
            rx.el.span(frame.vault_name, class_name="strong trunc"),
            class_name="only-phone row",
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
            rx.el.h1(title, rx.fragment() if badge is None else badge),
            rx.fragment() if sentence is None else rx.el.p(sentence),
            class_name="titles grow",
        ),
        rx.el.div(*actions, class_name="actions") if actions else rx.fragment(),
        class_name="page-head has-tabs" if tabbed else "page-head",
    )


def _keys_dialog() -> rx.Component:
    return dialog(
        rx.el.dl(
            *(
                part
                for keys, text in _SHORTCUTS
                for part in (rx.el.dt(*(rx.el.kbd(key) for key in keys)), rx.el.dd(text))
            ),
            class_name="keys",
        ),
        id=KEYS,
        title="Keys",
    )


def frozen_bar(
    what: Child, sentence: Child, *, link: Text = "Go to recovery", href: Text | None = None
) -> rx.Component:
    """Return the red bar of a frozen project, which stands above everything and does not scroll away."""
    return rx.el.div(
        icon("snowflake"),
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
    on_refresh: Any = None,
) -> rx.Component:
    """Return a whole page.

    Args:
        children: The content, below head and tabs.
        frame: The vault and the person.
        current: The place of the sidebar that this is.
        title: The heading.
        sentence: One sentence that says the state of things.
        crumbs: The way here, after the vault; the last is where one is.
        actions: At most two buttons, the primary one last.
        tabs: The parts of this thing.
        badge: An environment or a state beside the title.
        bar: `frozen_bar(...)`, or nothing while nothing is frozen.
        frozen: Whether this page belongs to a frozen project, which frames it in red.
        palette: `palette(...)`.
        on_refresh: The handler that loads the screen anew; it runs after every change.
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
                _topbar(frame, crumbs),
                rx.el.main(
                    _head(title, badge, sentence, actions, tabbed=bool(tabs)),
                    tab_row(*tabs) if tabs else rx.fragment(),
                    *children,
                    class_name="page",
                    tab_index=-1,
                    custom_attrs={"id": "main"},
                ),
                class_name="main",
            ),
            class_name=classes,
        ),
        _person_menu(),
        _tabbar(frame, current),
        step_up_dialog(frame.person),
        _keys_dialog(),
        rx.fragment() if palette is None else palette,
        rx.el.button(
            "Load anew",
            type="button",
            hidden=True,
            custom_attrs={"id": "sr-refresh", "tabindex": "-1"},
            **again,
        ),
        custom_attrs={"data-vault": frame.vault_id},
    )
