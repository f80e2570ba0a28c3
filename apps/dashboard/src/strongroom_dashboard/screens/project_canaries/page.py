"""A project's canaries, and the dialogs for planting and changing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.kernel.limits import SECRET_NAME_LENGTH
from strongroom_dashboard.components.badge import badge, state
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import (
    Choice,
    choice_field,
    hidden_field,
    switch_field,
    tick_field,
    when,
)
from strongroom_dashboard.components.form import result, until_done, when_done
from strongroom_dashboard.components.note import empty, note
from strongroom_dashboard.components.table import (
    Column,
    actions_cell,
    cell,
    name_cell,
    row_of,
    table,
    unit,
)
from strongroom_dashboard.components.time import time
from strongroom_dashboard.components.value_fields import name_field
from strongroom_dashboard.screens.frame import auto_open_dialog, guarded_button
from strongroom_dashboard.screens.project_canaries.state import ProjectCanaries
from strongroom_dashboard.screens.project_frame import project_screen

if TYPE_CHECKING:
    from strongroom_dashboard.screens.project_canaries.state import CanaryRow

PLANT = "new-canary"
SUGGESTED = {
    "cloud_key": "AWS_ADMIN",
    "database_url": "ADMIN_DATABASE_URL",
    "env_file": "PRODUCTION_ENV_BACKUP",
    "password": "ROOT_PASSWORD",
}
_LOOKS = (
    Choice("cloud_key", "Cloud key", "An AWS access key ID and its secret key."),
    Choice("database_url", "Database URL", "A PostgreSQL URL with a password."),
    Choice("env_file", ".env file", "A program's settings, including several passwords."),
    Choice("password", "Password", "24 random characters."),
)
_EFFECTS = (
    Choice("freeze", "Freezes this project", "Blocks all later reads here."),
    Choice("cascade", "Freezes all its projects", "Also freezes the machine's other projects."),
    Choice("log", "Only logs the read", "Logs a critical event, but doesn't block anything."),
)
_FLAGS = {"freeze": (True, False), "cascade": (True, True), "log": (False, False)}


def page() -> rx.Component:
    """Return a project's *Canaries* tab."""
    here = ProjectCanaries
    return project_screen(
        here,
        rx.el.div(
            rx.cond(here.unreadable != "", note(here.unreadable, tone="warn")),
            _table(),
            class_name="stack gap-4",
        ),
        _plant(),
        rx.foreach(here.rows, _dialogs),
        auto_open_dialog(here.asked),
        tab="canaries",
        actions=(_new(),),
    )


def _table() -> rx.Component:
    here = ProjectCanaries
    return table(
        Column("Name"),
        Column("Looks like", width="120px"),
        Column("When it is read", width="190px"),
        Column("State", width="150px"),
        Column("Machines", width="88px", numeric=True),
        Column("Planted", width="130px", wide_only=True),
        Column("", width="224px"),
        rows=here.rows,
        row=_row,
        caption="Canaries in this project",
        loading=~here.ready,
        collapses=True,
        empty=empty(
            "No canaries",
            "A canary is a decoy secret that no program needs. Reading it freezes the project.",
            _new(),
            icon="bird",
        ),
    )


def _new() -> rx.Component:
    return guarded_button(
        "Plant canary", ProjectCanaries.full, icon="plus", tone="primary", opens=PLANT
    )


def _row(canary: CanaryRow) -> rx.Component:
    return row_of(
        name_cell(canary.name, canary.href),
        cell(canary.looks),
        cell(
            rx.match(
                canary.effect,
                ("cascade", "Freezes all its projects"),
                ("freeze", "Freezes this project"),
                "Only logs the read",
            )
        ),
        cell(
            rx.cond(
                canary.tripped != "",
                rx.el.span(badge("Read", "danger", "bird"), time(canary.tripped), class_name="row"),
                rx.cond(canary.enabled, state("Armed", "ok"), state("Disabled", "off")),
            )
        ),
        cell(
            rx.cond(
                canary.no_readers,
                rx.el.span("0", class_name="warn-ink"),
                canary.readers,
            ),
            unit(" machines"),
            numeric=True,
        ),
        cell(time(canary.planted), wide_only=True, class_name="hide-phone"),
        actions_cell(
            button("Re-plant", size="sm", opens="replant-" + canary.id),
            button("Drill", size="sm", tone="ghost", opens="drill-" + canary.id),
            button("Change", size="sm", tone="ghost", opens="change-" + canary.id),
        ),
        key=canary.id,
    )


def _plant() -> rx.Component:
    here = ProjectCanaries
    secrets = "/api/projects/" + here.head.id + "/secrets"
    return form_dialog(
        choice_field("decoy", "Looks like", _LOOKS, value="cloud_key"),
        *(
            when(
                "decoy",
                decoy,
                name_field(
                    value=name,
                    secrets=secrets,
                    longest=SECRET_NAME_LENGTH,
                    help="Choose a name that an intruder would look for.",
                ),
            )
            for decoy, name in SUGGESTED.items()
        ),
        _effect("freeze"),
        rx.cond(
            here.cannot_grant == "",
            rx.cond(
                here.machines.length() > 0,
                rx.el.fieldset(
                    rx.el.legend("Machines that can read it"),
                    rx.el.div(
                        rx.foreach(
                            here.machines,
                            lambda each: tick_field("machineIds", each["value"], each["text"]),
                        ),
                        class_name="pick-list",
                    ),
                    class_name="field",
                ),
                rx.el.p(
                    "No machine is attached to this project, so no machine can trip a canary.",
                    class_name="meta",
                ),
            ),
        ),
        note(
            rx.el.strong("Programs that read every secret also trip it. "),
            "That includes strongroom run and export. Choose machines whose programs read secrets by name.",
            tone="warn",
        ),
        id=PLANT,
        title="Plant a canary",
        sentence="The server generates a value that looks like a credential. No provider ever issued it.",
        verb="Plant canary",
        action="/api/projects/" + here.head.id + "/canaries",
        says="{name} planted.|It is armed as soon as a machine can read it.",
        wide=True,
    )


def _effect(value: rx.Var[str] | str) -> rx.Component:
    """Return the choice of what happens when a canary is read. It is sent as two flags."""
    return rx.fragment(
        choice_field("effect", "When it is read", _EFFECTS, value=value, local=True),
        *(
            when(
                "effect",
                effect,
                hidden_field("freeze", str(freeze).lower(), "boolean"),
                hidden_field("cascade", str(cascade).lower(), "boolean"),
            )
            for effect, (freeze, cascade) in _FLAGS.items()
        ),
    )


def _alerts(canary: CanaryRow) -> rx.Component:
    """Return the fields that choose where a canary's alerts go (C-3)."""
    return rx.fragment(
        switch_field(
            "ownAlerts",
            "Its own alert channels",
            checked=canary.own_alerts,
            sub="Otherwise, the rules under Alerts determine where its alerts go.",
        ),
        when(
            "ownAlerts",
            "true",
            rx.foreach(
                canary.channels,
                lambda each: tick_field("alertChannels", each.value, each.text, checked=each.on),
            ),
        ),
    )


def _last_drill(canary: CanaryRow) -> rx.Component:
    """Return what became of the alerts about the last drill (C-5). The page follows them."""
    return rx.cond(
        canary.drilled != "",
        rx.el.div(
            rx.el.p(
                rx.el.strong("Last drill"), " ", time(canary.drilled), " by ", canary.drilled_by
            ),
            rx.cond(
                canary.drill_alerts.length() > 0,
                rx.el.ul(
                    rx.foreach(
                        canary.drill_alerts,
                        lambda each: rx.el.li(
                            rx.el.span(each.channel, class_name="grow trunc"),
                            state(each.state, each.tone),
                            rx.el.span(each.answer, class_name="meta"),
                            class_name="row",
                        ),
                    ),
                    class_name="stack gap-2",
                ),
                rx.el.p(
                    "No alerts, or none that are still known: results are kept for 7 days.",
                    class_name="meta",
                ),
            ),
            class_name="stack gap-2",
            role="status",
        ),
    )


def _dialogs(canary: CanaryRow) -> rx.Component:
    here = "/api/canaries/" + canary.id
    return rx.el.div(
        form_dialog(
            switch_field(
                "enabled",
                "Armed",
                checked=canary.enabled,
                sub="A disabled canary behaves like any other secret.",
            ),
            _effect(canary.effect),
            _alerts(canary),
            id="change-" + canary.id,
            title="Change " + canary.name,
            verb="Save changes",
            action=here,
            method="PATCH",
            if_match=canary.revision,
            says="{name} changed.",
        ),
        confirm(
            id="replant-" + canary.id,
            title="Re-plant " + canary.name + "?",
            sentence="The server generates a new decoy as its next version. Nothing else about the canary"
            " changes.",
            verb="Re-plant",
            action=here + "/replant",
            if_match=canary.revision,
            danger=False,
            says="{name} re-planted.|It is now version {version}.",
        ),
        form_dialog(
            until_done(
                rx.el.p(
                    "A drill shows what would happen if the canary were read. It is logged, sends an"
                    " alert that says it is a drill, and freezes nothing."
                ),
            ),
            when_done(
                note(result("summary"), tone="ok", icon="bird"),
            ),
            _last_drill(canary),
            id="drill-" + canary.id,
            title="Drill: " + canary.name,
            verb="Run drill",
            action=here + "/drill",
            keeps=True,
        ),
        key=canary.id,
    )
