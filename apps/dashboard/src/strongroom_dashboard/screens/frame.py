"""The frame of every page, and parts that several screens share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx
from reflex.vars import VarData

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.custom import TitleElement
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.components.kinds import Text
from strongroom_dashboard.components.note import empty, note
from strongroom_dashboard.components.palette import CommandGroup, palette
from strongroom_dashboard.components.session import session_ended
from strongroom_dashboard.components.shell import Frame, frozen_bar, shell
from strongroom_dashboard.components.skeleton import lines, slow
from strongroom_dashboard.screens.commands import commands
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.shell import Palette, Shell
from strongroom_dashboard.session_state import SessionState


def frame() -> Frame:
    """Return the frame's data."""
    return Frame(
        vault_id=Shell.vault,
        vault_name=Shell.vault_name,
        person=Shell.username,
        vault_kind=Shell.vault_kind,
        vaults=Shell.vaults,
        operator=Shell.operator,
        pending=Shell.pending,
        frozen=Shell.frozen.length(),
        second_factor=Shell.second_factor,
        passkey=Shell.passkey,
        hidden=Shell.hidden,
        invitations=Shell.invitations,
    )


def screen(
    state: type[Screen],
    *children: rx.Component,
    project: CommandGroup | None = None,
    tab_title: Sequence[Text] = (),
    **around: Any,
) -> rx.Component:
    """Return a page of the dashboard. `around` contains further arguments for `shell`.

    `tab_title` contains the parts of the browser tab's title, the most specific first. Empty parts are left
    out. If none is left, the page's title is used.

    `project` contains the commands for the project that the page is about. An error replaces the content.
    """
    around.setdefault("bar", vault_bar())
    return shell(
        rx.cond(
            state.problem != "",
            rx.cond(
                Shell.linked != "",
                empty(state.problem, state.problem_hint, _switch(), icon="landmark"),
                empty(
                    state.problem,
                    state.problem_hint,
                    button("Overview", href="/"),
                    icon="search-x",
                ),
            ),
            rx.fragment(
                rx.cond(state.ready, rx.fragment(), slow()),
                _no_access() if around["current"] == "overview" else rx.fragment(),
                *children,
            ),
        ),
        session_ended(SessionState.ended),
        _tab_title(state, tab_title or (around["title"],)),
        frame=frame(),
        plain=state.problem != "",
        on_refresh=state.load,
        palette=palette(
            Palette.groups,
            Palette.search,
            commands(project),
            looked_for=Palette.looked_for,
            hidden=Shell.hidden,
        ),
        commands=commands(),
        **around,
    )


def _switch() -> rx.Component:
    """Return the form that switches to the vault of a link. Only the person does that, never the link."""
    return change(
        problems(),
        submit("Switch to this vault"),
        action="/api/vaults/" + Shell.linked + "/enter",
        then=Shell.linked_page,
        reloads=True,
    )


def _no_access() -> rx.Component:
    """Return the note that says why a member without an access role sees no projects."""
    why = note(rx.el.b("There is nothing here for you yet"), ": ", Shell.no_access, ".")
    return rx.fragment(rx.cond(Shell.no_access != "", why))


def _tab_title(state: type[Screen], parts: Sequence[Text]) -> rx.Component:
    text: Text = ""
    for part in parts:
        text = text + "\n" + part
    return TitleElement.create(
        custom_attrs={"parts": rx.cond(state.problem != "", state.problem, text)}
    )


def vault_bar() -> rx.Component:
    """Return the red bars that every page of a vault shows: blocked machines, frozen projects (R-8, V-4)."""
    first = Shell.frozen[0]
    blocked = frozen_bar(
        "The IP allowlist is enabled but empty",
        "Every machine and every enrollment is blocked.",
        link="Go to the list",
        href="/machines/allowlist",
        icon_name="network",
    )
    frozen = rx.cond(
        Shell.frozen.length() > 0,
        rx.cond(
            Shell.frozen.length() == 1,
            frozen_bar(
                first.name + " is frozen",
                "Reads of its secrets are blocked.",
                href="/projects/" + first.id + "/frozen",
            ),
            frozen_bar(
                Shell.frozen.length().to_string() + " projects are frozen",
                "Reads of their secrets are blocked.",
                link="View projects",
                href="/projects?frozen=yes",
            ),
        ),
    )
    deleted = frozen_bar(
        "This vault is deleted",
        "Its machines are denied. It can be restored for 30 days.",
        link="Restore",
        href="/settings",
        icon_name="trash-2",
    )
    return rx.fragment(
        rx.cond(Shell.deleted != "", deleted),
        rx.cond(Shell.machines_blocked, blocked),
        frozen,
    )


def guarded_button(text: str, why_not: rx.Var[str] | str, **props: Any) -> rx.Component:
    """Return a button that is disabled while `why_not` gives a reason.

    `props` are passed to `button`.
    """
    refused = {name: props[name] for name in ("icon", "tone", "size", "block") if name in props}
    return rx.fragment(
        rx.cond(why_not, button(text, why_not=why_not, **refused), button(text, **props))
    )


def remount_on(part: rx.Component, *shown: rx.Var[str]) -> rx.Component:
    """Return a component that remounts when one of these strings changes, to give its fields new values."""
    key = shown[0]
    for each in shown[1:]:
        key = key + "\n" + each
    return rx.fragment(part, key=key)


def when_loaded(state: type[Screen], *children: rx.Component) -> rx.Component:
    """Return the children once the screen has loaded, or a skeleton until then.

    A form that was shown earlier would be replaced, and its input would be lost.
    """
    return rx.fragment(
        rx.cond(state.ready, rx.fragment(*children), card(lines("40%", "72%", "56%")))
    )


class AutoOpenDialog(rx.Component):
    """Opens the dialog whose ID is in the state. Renders nothing."""

    library = "react"
    tag = "Fragment"
    asked: rx.Var[str]

    def add_imports(self) -> dict[str, Any]:
        """Return the imports that the hooks need."""
        return {"react": ["useEffect"], "react-router": ["useLocation"]}

    def add_hooks(self) -> list[str | rx.Var[Any]]:
        """Return the hooks, in order.

        The URL must name the dialog as well, because the state may still belong to the previous page.
        """
        asked = str(self.asked)
        effect = (
            "useEffect(() => {"
            ' const wanted = new URLSearchParams(srAddress.search).get("new");'
            f" if (!wanted || {asked} !== `new-${{wanted}}`) return;"
            f" const found = document.getElementById({asked});"
            " if (found instanceof HTMLDialogElement && !found.open) found.showModal();"
            f" }}, [{asked}, srAddress.search]);"
        )
        data = VarData.merge(self.asked._get_all_var_data())  # noqa: SLF001 -- no other name
        return ["const srAddress = useLocation();", rx.Var(effect, _var_data=data)]


def auto_open_dialog(asked: rx.Var[str]) -> rx.Component:
    """Return the component that opens the dialog `new-…` for `?new=…`; `asked` is the dialog's ID."""
    return AutoOpenDialog.create(asked=asked)
