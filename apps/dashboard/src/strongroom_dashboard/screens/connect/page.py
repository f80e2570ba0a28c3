"""The page where a person enters the code that a program shows, compares, and approves its key (D-5).

The form fetches the request with this code and shows it in the page. It never becomes state.
"""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import NAME_LENGTH, TYPED_CODE_LENGTH
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card, rows
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.fields import (
    Choice,
    check_field,
    choice_field,
    select_field,
    text_field,
    tick_field,
    when,
)
from strongroom_dashboard.components.form import (
    action_button,
    change,
    problems,
    result,
    submit,
)
from strongroom_dashboard.components.note import note
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.screens.connect.state import Connect, OfferedProject
from strongroom_dashboard.screens.frame import screen
from strongroom_dashboard.screens.shell import Shell

LIFETIMES = (
    ("28800", "8 hours"),
    ("86400", "1 day"),
    ("604800", "7 days"),
    ("2592000", "30 days"),
    ("7776000", "90 days"),
)


def page() -> rx.Component:
    """Return the page."""
    return screen(
        Connect,
        rx.el.div(
            _find(),
            rx.el.div(
                _compare(),
                _approve(),
                class_name="stack gap-5 after-find",
                tab_index=-1,
                custom_attrs={"data-suggested": "suggested"},
            ),
            class_name="stack gap-5 narrow",
            custom_attrs={"data-results": ""},
        ),
        current="",
        title="Connect a program",
        sentence="A program that runs strongroom login shows a code. It can then act for you, with at most"
        " your rights.",
        crumbs=(Crumb("Your security", "/security"), Crumb("Connect a program")),
    )


def _find() -> rx.Component:
    return change(
        card(
            rx.el.div(
                text_field(
                    "code",
                    "Code",
                    longest=TYPED_CODE_LENGTH,
                    mono=True,
                    required=True,
                    first=True,
                    placeholder="BCDF-GHJK",
                    help="The eight letters that the program shows on your own screen. Never enter a code"
                    " that someone sent you.",
                    messages={"missing": "Enter the eight letters that the program shows."},
                    data_query="code",
                ),
                problems(),
                submit("Find the program"),
                class_name="stack gap-4",
            ),
            title="Enter the code",
        ),
        action="/api/login-requests/find",
        keeps=True,
        quiet=True,
    )


def _compare() -> rx.Component:
    return card(
        rows(
            ("Host", rx.el.b(result("hostname"))),
            ("Program", result("client")),
            ("Address", rx.el.span(mono(result("address")), " ", result("country"))),
            ("Fingerprint", mono(result("fingerprint", "wrap"))),
        ),
        note(
            rx.el.b("Compare the fingerprint with the one in your terminal. "),
            "If you didn't just run strongroom login yourself, for example because someone sent you this"
            " link, deny it: the program would get your rights.",
            tone="warn",
        ),
        _warning(
            "otherAddress",
            rx.el.b("The program has a different address from yours. "),
            "Its address is ",
            mono(result("address")),
            ", and yours is ",
            mono(result("ownAddress")),
            ". Approve it only if you know why.",
        ),
        _warning(
            "otherCountry",
            rx.el.b("The program is in another country. "),
            "If you didn't start it yourself, deny it: someone may want to act for you.",
        ),
        _warning(
            "suggested.otherVault",
            rx.el.b("The program asks for another vault. "),
            "It asks for ",
            rx.el.b(result("suggested.vault")),
            ", and you are in ",
            rx.el.b(Shell.vault_name),
            ". Switch first, or approve it for this vault.",
            _switch(),
        ),
        _warning(
            "suggested.unknownVault",
            rx.el.b("You have no vault with this name. "),
            "The program asks for ",
            rx.el.b(result("suggested.vault")),
            ", and you are in ",
            rx.el.b(Shell.vault_name),
            ".",
        ),
        title="Is this your program?",
        foot=change(
            *_request(),
            problems(),
            rx.el.div(
                rx.el.span("Not your program?", class_name="grow"),
                submit("Deny", tone="danger-quiet", size="sm"),
                class_name="row wrap",
            ),
            action="/api/login-requests/{id}/deny",
            says="Denied.|The program gets no key.",
            then="/security",
        ),
    )


def _warning(member: str, *children: rx.Component | rx.Var[str] | str) -> rx.Component:
    """Return a warning that is shown if this member of the response is true."""
    return rx.el.div(
        note(*children, tone="warn"), hidden=True, custom_attrs={"data-result-if": member}
    )


def _switch() -> rx.Component:
    """Return the button that switches to the vault that the program asks for. The code stays in the URL."""
    return action_button(
        "Switch vault",
        "/api/vaults/{vaultId}/enter",
        fields=(
            rx.el.input(
                type="hidden", name="vaultId", custom_attrs={"data-result": "suggested.vaultId"}
            ),
            rx.el.input(
                type="hidden",
                name="code",
                custom_attrs={"data-result": "code", "data-local": ""},
            ),
        ),
        body="none",
        then="/connect?code={code}",
        reloads=True,
    )


def _approve() -> rx.Component:
    return change(
        *_request(),
        card(
            rx.el.div(
                text_field(
                    "name",
                    "Name",
                    longest=NAME_LENGTH,
                    placeholder="Work laptop",
                    help="Shown under Your security and in the audit log. Leave it empty to use the"
                    " host's name.",
                ),
                select_field(
                    "lifetimeSeconds", "Works for", LIFETIMES, value="2592000", number=True
                ),
                check_field(
                    "looking",
                    "Only read",
                    sub="The program sees what you can see, but can't change anything.",
                ),
                choice_field(
                    "scope",
                    "Projects",
                    (
                        Choice("all", "All projects", "Everything you can open in this vault."),
                        Choice(
                            "some",
                            "Only some projects",
                            "Nothing else in the vault, such as its machines or its audit log.",
                        ),
                    ),
                    value="all",
                    local=True,
                ),
                when(
                    "scope",
                    "some",
                    _warning(
                        "suggested.unknownProjects",
                        "The program also asks for projects that you can't open in this vault: ",
                        rx.el.b(result("suggested.unknownProjects")),
                        ".",
                    ),
                    rx.el.div(
                        rx.foreach(Connect.projects, _project),
                        class_name="stack gap-2",
                        custom_attrs={"data-chosen-if": "suggested.projects"},
                    ),
                ),
                note(
                    "The program acts in ",
                    rx.el.b(Shell.vault_name),
                    ". You confirm sensitive actions in the browser, with your password or passkey.",
                ),
                problems(),
                rx.el.div(
                    submit("Approve"),
                    button("Cancel", href="/security", tone="ghost"),
                    class_name="row",
                ),
                class_name="stack gap-4",
            ),
            title="What can it do?",
        ),
        action="/api/login-requests/{id}/approve",
        says="Approved.|{name} can now act for you.",
        then="/security",
    )


def _request() -> tuple[rx.Component, rx.Component]:
    """Return the hidden fields that name the request, filled in from the first form's response."""
    return (
        rx.el.input(type="hidden", name="id", custom_attrs={"data-result": "id"}),
        rx.el.input(type="hidden", name="code", custom_attrs={"data-result": "code"}),
    )


def _project(project: rx.Var[OfferedProject]) -> rx.Component:
    return rx.fragment(tick_field("projects", project.id, project.path), key=project.id)
