"""The dialog for adding a machine: a choice of kinds, and the fields for each kind (M-2 to M-7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.code import copy_button, mono, result_block
from strongroom_dashboard.components.custom import (
    ArrivalsElement,
    OpensElement,
    ScriptElement,
)
from strongroom_dashboard.components.dialog import form_dialog
from strongroom_dashboard.components.fields import when
from strongroom_dashboard.components.form import expires, result, until_done, when_done
from strongroom_dashboard.components.note import note
from strongroom_dashboard.screens.machines.kinds import (
    CONTAINER,
    MANY,
    SERVER,
    TEMPORARY,
    key_file,
    kinds,
    token_made,
)
from strongroom_dashboard.screens.machines.state import MachineList

if TYPE_CHECKING:
    from strongroom_dashboard.screens.machines.state import Waiting

DIALOG = "add-machine"

_KUBERNETES = (
    "Run it where kubectl can reach the cluster. It stores the identity in a Kubernetes Secret named"
    " strongroom-identity, and prints a manifest whose pods copy it into memory."
)
_CLI = "If the Strongroom CLI is already installed."


def add_machine() -> rx.Component:
    """Return the dialog. The command is created when the person asks for it, and exists only on the page."""
    return rx.fragment(
        form_dialog(
            until_done(*kinds()),
            when_done(
                when("kind", SERVER, _command(), _arrivals(), _COMPARE),
                when("kind", CONTAINER, key_file()),
                when("kind", TEMPORARY, _command(kubernetes=False), _arrivals(), _COMPARE),
                when("kind", MANY, token_made()),
            ),
            id=DIALOG,
            title="Add a machine",
            verb="Create",
            action="/api/{kind}",
            keeps=True,
            # Each kind has its own button.
            acts=(
                until_done(button("Cancel", closes=DIALOG), class_name="row"),
                when_done(button("Done", closes=DIALOG), class_name="row"),
            ),
            wide=True,
        ),
        rx.cond(MachineList.asked_to_add, OpensElement.create(custom_attrs={"dialog": DIALOG})),
    )


_COMPARE = note(
    "The private key never leaves the machine. The command prints a fingerprint for you"
    " to compare here before the machine can read anything.",
    icon="fingerprint",
)


def _command(*, kubernetes: bool = True) -> rx.Component:
    # Radio buttons of one form that have the same name are one group, in which only one can be checked.
    place = "place" if kubernetes else "temporaryPlace"
    return rx.el.div(
        rx.el.div(
            _places(place, kubernetes=kubernetes),
            expires("expiresAt", says="Works once. Expires in {left}"),
            class_name="row wrap spread",
        ),
        _way(place, "shell", "command", "$", ""),
        _way(place, "powershell", "powershellCommand", "PS>", "ps"),
        _way(place, "kubernetes", "kubernetesCommand", "$", "k8s", _KUBERNETES)
        if kubernetes
        else rx.fragment(),
        _way(place, "cli", "cliCommand", "$", None, _CLI),
        rx.el.span(result("token"), hidden=True),
        class_name="stack gap-3 until-used",
    )


def _places(name: str, *, kubernetes: bool) -> rx.Component:
    choices = (
        ("shell", "Linux, macOS"),
        ("powershell", "Windows"),
        *((("kubernetes", "Kubernetes"),) if kubernetes else ()),
        ("cli", "Strongroom CLI"),
    )
    return rx.el.fieldset(
        rx.el.legend("Where it runs", class_name="sr-only"),
        *(
            rx.el.label(
                rx.el.input(
                    type="radio",
                    name=name,
                    value=value,
                    default_checked=value == "shell",
                    custom_attrs={"data-local": ""},
                ),
                text,
            )
            for value, text in choices
        ),
        class_name="seg choices",
    )


def _way(
    name: str, place: str, member: str, prompt: str, variant: str | None, sentence: str = ""
) -> rx.Component:
    return when(
        name,
        place,
        result_block(member, prompt=prompt, copy=False),
        rx.el.p(sentence, class_name="muted") if sentence else rx.fragment(),
        rx.el.div(
            copy_button(
                source=f'[data-result="{member}"]', what="Copy command", tone="primary", size="md"
            ),
            rx.fragment() if variant is None else _script(variant),
            class_name="row wrap way",
        ),
    )


def _script(variant: str) -> rx.Component:
    return ScriptElement.create(
        rx.el.details(
            rx.el.summary(rx.icon("file-text"), "Read the script first"),
            rx.el.pre(
                custom_attrs={"data-script": "", "tabindex": "0", "aria-label": "The script"}
            ),
            class_name="script",
        ),
        custom_attrs={"variant": variant},
    )


def _arrivals() -> rx.Component:
    return ArrivalsElement.create(
        rx.el.p(
            rx.el.span(class_name="spin", aria_hidden="true"),
            "Waiting for the machine…",
            class_name="row muted awaits",
        ),
        rx.el.ul(rx.foreach(MachineList.waiting, _arrival)),
        role="status",
    )


def _arrival(machine: Waiting) -> rx.Component:
    return rx.el.li(
        rx.icon("server"),
        rx.el.span(
            "Used by ", mono(machine.name), ". It is ready for approval.", class_name="grow"
        ),
        rx.el.a("Compare fingerprint", href=machine.href, class_name="btn primary"),
        hidden=True,
        custom_attrs={"data-since": machine.since},
        key=machine.id,
    )
