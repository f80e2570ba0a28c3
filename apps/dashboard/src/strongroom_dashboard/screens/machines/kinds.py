"""The kinds of machine that the dialog offers, with their fields and the results that it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import reflex as rx

from strongroom_core.kernel.limits import DESCRIPTION_LENGTH, NAME_LENGTH, USES_FEWEST, USES_MOST
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.code import copy_button, mono, result_block
from strongroom_dashboard.components.fields import (
    Choice,
    choice_field,
    field,
    list_field,
    number_field,
    text_field,
    tick_field,
    when,
)
from strongroom_dashboard.components.form import expires, submit
from strongroom_dashboard.components.note import note
from strongroom_dashboard.screens.machines.state import MachineList

if TYPE_CHECKING:
    from strongroom_dashboard.screens.machines.state import SecretChoice

NEW_TRUST = "/machines/trusts/new"

SERVER, CONTAINER, TEMPORARY, MANY = (
    "registration-tokens",
    "machines",
    "temporary-machine-tokens",
    "enrollment-tokens",
)
"""The kinds. Each is named after the API collection in which it is created."""

JOBS = "trusts"
"""The kind that isn't created here, because trusted issuers have their own form."""

HOUR, DAY = 3600, 86_400

MACHINE_LIFETIMES = (
    ("15 minutes", 900),
    ("1 hour", HOUR),
    ("12 hours", 12 * HOUR),
    ("1 day", DAY),
    ("30 days", 30 * DAY),
)
"""How long a machine that enrolled without approval can live."""

_KINDS = (
    Choice(
        SERVER,
        "Server or VM",
        "Run one command. You approve the machine after comparing its fingerprint.",
    ),
    Choice(
        CONTAINER,
        "Container",
        "Download a key file once and mount it. Strongroom deletes its copy.",
    ),
    Choice(
        TEMPORARY,
        "Temporary access",
        "For a contractor, an incident or a migration. Expires, and can be limited to addresses,"
        " countries and hours.",
    ),
    Choice(
        MANY,
        "Autoscaling and VM images",
        "An enrollment token. Each new instance registers with it, is approved automatically, and"
        " expires.",
    ),
    Choice(
        JOBS,
        "CI jobs and Kubernetes",
        "Trust GitHub, GitLab or your cluster. Jobs prove who they are; there is no token to store.",
    ),
)


def kinds() -> tuple[rx.Component, ...]:
    """Return the choice of kinds, with the fields and the button for each."""
    return (
        choice_field("kind", "Where does the program run?", _KINDS, value=SERVER),
        when(
            "kind",
            SERVER,
            rx.el.p(
                "Creates and copies a command that registers one machine, once, within ten minutes.",
                class_name="muted",
            ),
            submit("Create command", block=True),
        ),
        when("kind", CONTAINER, *_container(), submit("Create key file", block=True)),
        when("kind", TEMPORARY, *_temporary(), submit("Create temporary command", block=True)),
        when("kind", MANY, *_many(), submit("Create token", block=True)),
        when(
            "kind",
            JOBS,
            button("Choose the issuer", href=NEW_TRUST, tone="primary", block=True),
        ),
    )


def key_file() -> rx.Component:
    """Return the result that is shown after a machine with a key file has been created."""
    return rx.fragment(
        expires("expiresAt", says="Works once. Expires in {left}"),
        result_block("url", prompt=None, copy=False),
        copy_button(source='[data-result="url"]', what="Copy link", tone="primary", size="md"),
        note(
            "Open the link where you need the key file, and press the button there. The file is deleted"
            " from the server after the download, or after 15 minutes.",
            icon="file-key",
        ),
    )


def token_made() -> rx.Component:
    """Return a new enrollment token, which is shown once, and the command that uses it."""
    return rx.fragment(
        result_block("token", prompt=None, copy=False),
        copy_button(source='[data-result="token"]', what="Copy token", tone="primary", size="md"),
        rx.el.p(
            "Use it to enroll machines. The command prompts for the token; scripts can pass it on standard"
            " input with --token -.",
            class_name="muted",
        ),
        result_block("cliCommand", prompt="$"),
        note(
            "The token won't be shown again. Keep it where your images or jobs get their secrets."
        ),
        button("See all tokens", href="/machines/tokens"),
    )


def choose_number(
    name: str, label: str, options: tuple[tuple[str, int], ...], *, value: int
) -> rx.Component:
    """Return a select whose value is sent as a number."""
    control = rx.el.select(
        *(rx.el.option(text, value=str(number)) for text, number in options),
        name=name,
        class_name="input",
        default_value=str(value),
        custom_attrs={"data-as": "number"},
    )
    return field(label, control)


def guardrail_fields(
    prefix: str = "",
    *,
    cidrs: Any = None,
    countries: Any = None,
    window: Any = None,
) -> tuple[rx.Component, ...]:
    """Return the fields for guardrails, filled in with the current ones."""
    return (
        list_field(
            f"{prefix}cidrs",
            "From addresses",
            value=cidrs,
            placeholder="10.20.0.0/16",
            mono=True,
            help="Networks or addresses, separated by commas. Leave empty for any address.",
        ),
        list_field(
            f"{prefix}countries",
            "From countries",
            value=countries,
            placeholder="NO, SE",
            mono=True,
            help="Two-letter ISO 3166 codes. Unknown countries are denied. Leave empty for any country.",
        ),
        text_field(
            f"{prefix}window",
            "Hours",
            value=window,
            placeholder="08:00-18:00 Europe/Oslo 1-5",
            mono=True,
            help="Start, end, time zone, and days from 1 (Monday) to 7. Leave empty for any time. The window"
            " opens once a day, even when the clocks change.",
            data_as="window",
        ),
    )


def _container() -> tuple[rx.Component, ...]:
    return (
        text_field("name", "Name", required=True, longest=NAME_LENGTH, mono=True),
        _access(),
        text_field(
            "folder",
            "Mount folder",
            placeholder="/etc/strongroom",
            mono=True,
            help="Where the unpacked file is in the container.",
        ),
    )


def _temporary() -> tuple[rx.Component, ...]:
    return (
        text_field(
            "name",
            "Name",
            longest=NAME_LENGTH,
            mono=True,
            help="Leave empty to use the machine's hostname.",
        ),
        choose_number(
            "machineLifetimeSeconds",
            "Expires after",
            (
                ("1 hour", HOUR),
                ("8 hours", 8 * HOUR),
                ("1 day", DAY),
                ("1 week", 7 * DAY),
                ("30 days", 30 * DAY),
                ("90 days", 90 * DAY),
                ("12 months", 365 * DAY),
            ),
            value=DAY,
        ),
        choose_number(
            "tokenLifetimeSeconds",
            "Command works for",
            (("10 minutes", 600), ("1 day", DAY), ("1 week", 7 * DAY), ("30 days", 30 * DAY)),
            value=DAY,
        ),
        *guardrail_fields("guardrails."),
    )


def _many() -> tuple[rx.Component, ...]:
    return (
        text_field("name", "Name", required=True, longest=NAME_LENGTH),
        text_field("description", "Description", longest=DESCRIPTION_LENGTH),
        _access(),
        rx.el.p("You can't add to this later; create a new token instead.", class_name="help"),
        choose_number(
            "tokenLifetimeSeconds",
            "Token expires after",
            (("1 hour", HOUR), ("1 day", DAY), ("30 days", 30 * DAY), ("12 months", 365 * DAY)),
            value=30 * DAY,
        ),
        choose_number(
            "machineLifetimeSeconds",
            "Machine expires after",
            MACHINE_LIFETIMES,
            value=12 * HOUR,
        ),
        number_field(
            "maxUses", "Maximum machines", value=100, low=USES_FEWEST, high=USES_MOST, required=True
        ),
        text_field(
            "hostnamePattern",
            "Hostname matches",
            placeholder="ip-10-20-[0-9]+-[0-9]+",
            mono=True,
            help="A regular expression (RE2) for the whole hostname. Leave empty for any hostname.",
        ),
        list_field(
            "sourceCidrs",
            "From addresses",
            placeholder="10.20.0.0/16",
            mono=True,
            help="Networks, separated by commas. Leave empty for any address.",
        ),
        text_field(
            "nameTemplate",
            "Machine name",
            placeholder="runner-{uuid8}",
            mono=True,
            help="Can contain {hostname}, {uuid8} or {n}. Leave empty to use the hostname.",
        ),
    )


def _access() -> rx.Component:
    return rx.el.details(
        rx.el.summary("Choose its secrets"),
        rx.cond(
            MachineList.choices.length() > 0,
            rx.el.div(rx.foreach(MachineList.choices, _choice), class_name="stack scrolls"),
            rx.el.p(
                rx.cond(MachineList.offered, "There are no secrets yet.", "Loading…"),
                class_name="muted",
                role="status",
            ),
        ),
        open=True,
        class_name="script",
    )


def _choice(secret: SecretChoice) -> rx.Component:
    return tick_field("secretIds", secret.id, mono(secret.path))
