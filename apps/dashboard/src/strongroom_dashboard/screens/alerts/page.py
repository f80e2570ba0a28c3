"""The matrix of rules: which events are sent as alerts, and to which channels."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.badge import severity
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.dialog import form_dialog
from strongroom_dashboard.components.fields import select_field, tick_field
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.components.note import note
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.alerts.state import AlertRulesPage, Box, Channel, RuleRow
from strongroom_dashboard.screens.alerts.tabs import alert_tabs
from strongroom_dashboard.screens.frame import guarded_button, remount_on, screen, when_loaded

MUTE = "mute-alerts"
_HOURS = tuple((str(hour * 60), f"{hour:02}:00") for hour in range(24))


def page() -> rx.Component:
    """Return the page."""
    here = AlertRulesPage
    return screen(
        here,
        when_loaded(here, rx.el.div(_notes(), _matrix(), class_name="stack gap-4")),
        _mute(),
        current="alerts",
        tabs=alert_tabs("rules"),
        title="Alerts",
        sentence=here.sentence,
        crumbs=(Crumb("Alerts"),),
        actions=(guarded_button("Email times", here.may_not, icon="bell-off", opens=MUTE),),
    )


def _notes() -> rx.Component:
    here = AlertRulesPage
    return rx.fragment(
        rx.cond(here.problem_of_mail != "", note(here.problem_of_mail, tone="warn")),
        rx.cond(
            here.capped,
            note(
                rx.el.b("Today's deliveries are used up. "),
                "Until tomorrow (UTC), only critical alerts are sent, by email.",
                tone="warn",
            ),
        ),
        rx.cond(
            here.muted != "",
            note(
                "Emails about alerts that aren't critical are muted until ",
                time(here.muted, how="minute"),
                ".",
            ),
        ),
        rx.cond(
            here.quiet != "",
            note(
                "Emails about alerts that aren't critical wait during the quiet hours, ",
                here.quiet,
                ".",
            ),
        ),
    )


def _matrix() -> rx.Component:
    here = AlertRulesPage
    return change(
        rx.cond((here.recipients.length() > 0) & (here.may_not == ""), _recipients()),
        rx.el.div(
            rx.el.div(
                rx.el.table(
                    rx.el.caption("Rules: actions and channels", class_name="sr-only"),
                    rx.el.thead(
                        rx.el.tr(
                            rx.el.th("Action", scope="col"),
                            rx.el.th("Severity", scope="col"),
                            rx.foreach(here.channels, _channel),
                        )
                    ),
                    rx.el.tbody(rx.foreach(here.rows, _row)),
                    class_name="ledger matrix",
                ),
                class_name="ledger-scroll",
                role="region",
                aria_label="Rules",
                tab_index=0,
            ),
            class_name="ledger-wrap",
        ),
        problems(),
        rx.cond(
            here.may_not == "",
            rx.el.div(
                rx.el.p("Saved rules apply from the next event.", class_name="grow"),
                button("Discard", href="/alerts"),
                submit("Save rules"),
                class_name="save-bar",
            ),
        ),
        action="/api/alerts/rules",
        method="PUT",
        if_match=here.revision,
        says="Rules saved.",
        class_name="stack gap-4",
    )


def _recipients() -> rx.Component:
    """Return the choice of members who get the emails besides the owners."""
    return rx.el.fieldset(
        rx.el.legend("Members who get the emails too"),
        rx.el.div(
            rx.foreach(
                AlertRulesPage.recipients,
                lambda each: tick_field(
                    "mailMembers", each.id, each.name, checked=each.on, sub=each.role
                ),
            ),
            class_name="ticks-box",
        ),
        rx.el.p(
            "The owners always get them. Members get only the alerts about events that they can see.",
            class_name="help",
        ),
        class_name="field",
    )


def _channel(channel: rx.Var[Channel]) -> rx.Component:
    return rx.el.th(channel.kind, rx.el.span(channel.name, class_name="sub"), scope="col")


def _row(row: rx.Var[RuleRow]) -> rx.Component:
    return rx.cond(
        row.group != "",
        rx.el.tr(
            rx.el.td(row.group, col_span=AlertRulesPage.channels.length() + 2),
            class_name="group",
            key=row.id,
        ),
        rx.el.tr(
            rx.el.td(row.name),
            rx.el.td(severity(row.severity)),
            rx.foreach(row.boxes, _box),
            key=row.id,
        ),
    )


def _box(box: rx.Var[Box]) -> rx.Component:
    return rx.el.td(
        rx.el.input(
            type="checkbox",
            name="rules",
            value=box.value,
            default_checked=box.on,
            disabled=AlertRulesPage.may_not != "",
            aria_label=box.label,
            class_name="check",
            custom_attrs={"data-tick": ""},
        ),
        key=box.value,
    )


def _mute() -> rx.Component:
    here = AlertRulesPage
    dialog = form_dialog(
        select_field(
            "mutedUntil",
            "Muted for",
            here.mute_options,
            value=here.muted,
            blank="Not muted",
            empty="null",
        ),
        rx.el.div(
            select_field(
                "quietFrom",
                "Quiet hours from (UTC)",
                _HOURS,
                value=here.quiet_from,
                blank="None",
                number=True,
            ),
            select_field(
                "quietUntil",
                "Until (UTC)",
                _HOURS,
                value=here.quiet_until,
                blank="None",
                number=True,
            ),
            class_name="halves",
        ),
        id=MUTE,
        title="When to send emails",
        sentence="Alerts that aren't critical wait while emails are muted and during quiet hours. They are"
        " then sent in one email. Critical alerts are always sent immediately.",
        verb="Save",
        action="/api/alerts/mute",
        says="Saved.",
    )
    # Otherwise, saving new quiet hours would also send the previous choice again, from now on.
    return remount_on(dialog, here.muted, here.quiet_from, here.quiet_until)
