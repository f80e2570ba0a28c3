"""Webhooks, and the delivery log of one of them."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_dashboard.components.badge import state
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.code import code_block, mono, result_block
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import (
    select_field,
    switch_field,
    text_field,
    tick_field,
    when,
)
from strongroom_dashboard.components.form import action_button, until_done, when_done
from strongroom_dashboard.components.note import empty, note
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import (
    Column,
    actions_cell,
    cell,
    foot,
    name_cell,
    row_of,
    table,
)
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.alerts.state import (
    TEMPLATES,
    DeliveryRow,
    WebhookRow,
    WebhooksPage,
)
from strongroom_dashboard.screens.alerts.tabs import alert_tabs
from strongroom_dashboard.screens.frame import guarded_button, screen

DIALOG = "new-webhook"
_KEYS = {
    "pagerduty": ("Integration key", "From an Events API v2 integration in PagerDuty."),
    "ntfy": (
        "Topic",
        "Anyone who knows it can read the messages, so choose one that can't be guessed.",
    ),
}
_URLS = {
    "strongroom": "https://hooks.example.com/strongroom",
    "slack": "https://hooks.slack.com/services/…",
    "teams": "https://….logic.azure.com/workflows/…",
    "discord": "https://discord.com/api/webhooks/…",
    "pagerduty": "https://events.pagerduty.com/v2/enqueue",
    "ntfy": "https://ntfy.sh/",
}


def page() -> rx.Component:
    """Return the page."""
    here = WebhooksPage
    return screen(
        here,
        rx.el.div(
            table(
                Column("Webhook"),
                Column("Host", width="16%"),
                Column("Rules", width="74px", wide_only=True),
                Column("State", width="158px"),
                Column("Delivered (24 h)", width="122px", wide_only=True),
                Column("", width="318px"),
                rows=here.rows,
                row=_row,
                caption="Webhooks",
                loading=~here.ready,
                collapses=True,
                empty=empty(
                    "No webhooks",
                    "A webhook gets a signed HTTPS request for each event that your rules select.",
                    _new(),
                    icon="webhook",
                ),
            ),
            rx.cond(here.chosen != "", _log()),
            class_name="stack gap-5",
        ),
        _dialog(),
        rx.foreach(here.rows, _dialogs),
        current="alerts",
        tabs=alert_tabs("webhooks"),
        title="Webhooks",
        sentence=here.sentence,
        crumbs=(Crumb("Alerts", "/alerts"), Crumb("Webhooks")),
        actions=(_new(),),
    )


def _new() -> rx.Component:
    return guarded_button(
        "Add webhook", WebhooksPage.may_not, icon="plus", tone="primary", opens=DIALOG
    )


def _row(row: rx.Var[WebhookRow]) -> rx.Component:
    may_not = WebhooksPage.may_not
    return row_of(
        name_cell(row.name, row.href, mono=False, sub=row.template),
        cell(mono(row.host)),
        cell(row.actions, wide_only=True),
        cell(state(row.state, row.tone)),
        cell(row.sent, rx.el.span(" delivered today", class_name="unit"), wide_only=True),
        actions_cell(
            rx.cond(
                (may_not == "") & row.enabled,
                action_button(
                    "Send test",
                    "/api/webhooks/" + row.id + "/test",
                    says="Test delivery queued.",
                    then="/alerts/webhooks?webhook=" + row.id,
                    body="none",
                ),
            ),
            guarded_button("Change", may_not, size="sm", tone="ghost", opens="change-" + row.id),
            guarded_button("Rotate", may_not, size="sm", tone="ghost", opens="rotate-" + row.id),
            guarded_button(
                "Delete", may_not, size="sm", tone="danger-quiet", opens="delete-" + row.id
            ),
        ),
        key=row.id,
    )


def _dialog() -> rx.Component:
    return form_dialog(
        until_done(
            text_field("name", "Name", required=True, first=True, longest=NAME_LENGTH),
            select_field(
                "template", "Receiver", tuple(TEMPLATES.items()), value="strongroom", required=True
            ),
            *(when("template", template, *_of_template(template)) for template in TEMPLATES),
            tick_field("actions", "severity:critical", "Send critical events", checked=True),
            tick_field("actions", "severity:high", "Send high-severity events", checked=True),
            rx.el.p("You can choose individual actions under Rules.", class_name="meta"),
        ),
        when_done(
            note(
                rx.el.strong("Copy the signing secret now. "),
                "It won't be shown again. The receiver needs it to verify deliveries.",
                icon="key-round",
            ),
            result_block("secret", prompt=None),
        ),
        id=DIALOG,
        title="Add a webhook",
        verb="Add webhook",
        action="/api/webhooks",
        keeps=True,
        wide=True,
    )


def _of_template(template: str) -> list[rx.Component]:
    fields = [
        text_field("url", "URL", kind="url", mono=True, required=True, placeholder=_URLS[template])
    ]
    if template in _KEYS:
        label, help_text = _KEYS[template]
        fields.append(text_field("key", label, mono=True, required=True, help=help_text))
    return [
        *fields,
        rx.el.details(
            rx.el.summary("What a delivery looks like"),
            code_block(WebhooksPage.examples[template], prompt=None, copy=False),
        ),
    ]


def _dialogs(row: rx.Var[WebhookRow]) -> rx.Component:
    here = "/api/webhooks/" + row.id
    return rx.el.div(
        form_dialog(
            text_field("name", "Name", value=row.name, required=True, longest=NAME_LENGTH),
            text_field(
                "url",
                "New URL",
                kind="url",
                mono=True,
                help="Leave this empty to keep the current URL, which is stored encrypted.",
            ),
            text_field(
                "key",
                "New integration key or topic",
                mono=True,
                help="Only for PagerDuty and ntfy, together with a new URL.",
            ),
            switch_field(
                "enabled",
                "On",
                checked=row.enabled,
                sub="While the webhook is off, nothing is sent. Pending deliveries are kept.",
            ),
            id="change-" + row.id,
            title="Change " + row.name,
            verb="Save changes",
            action=here,
            method="PATCH",
            if_match=row.revision,
            says="{name} changed.",
        ),
        form_dialog(
            until_done(
                rx.el.p(
                    "The server generates a new signing secret. For 24 hours, deliveries are signed with both"
                    " secrets, so that you have time to update the receiver."
                ),
            ),
            when_done(
                note(
                    rx.el.strong("Copy the new secret now. "),
                    "It won't be shown again.",
                    icon="key-round",
                ),
                result_block("secret", prompt=None),
            ),
            id="rotate-" + row.id,
            title="Rotate the secret of " + row.name,
            verb="Rotate secret",
            action=here + "/rotate",
            body="object",
            keeps=True,
        ),
        confirm(
            id="delete-" + row.id,
            title="Delete " + row.name + "?",
            sentence="Its secret and delivery log are deleted, and nothing more will be sent to it."
            " This can't be undone.",
            verb="Delete webhook",
            action=here,
            method="DELETE",
            body="none",
            says=row.name + " deleted.",
        ),
        key=row.id,
    )


def _log() -> rx.Component:
    here = WebhooksPage
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Deliveries to ", here.chosen_name, class_name="grow"),
            button(
                "Refresh",
                icon="refresh-cw",
                size="sm",
                href="/alerts/webhooks?webhook=" + here.chosen,
            ),
            class_name="row",
        ),
        table(
            Column("Time", width="170px"),
            Column("Event"),
            Column("State", width="250px"),
            Column("Last response", width="200px"),
            Column("Attempts", width="90px", numeric=True),
            Column("", width="110px"),
            rows=here.deliveries,
            row=_delivery,
            caption="Deliveries",
            collapses=True,
            empty=empty(
                "No deliveries yet",
                "Send a test, or wait for an event that your rules select.",
                icon="webhook",
            ),
            foot=foot(
                here.shown, noun="deliveries", older=here.next_page, newer=here.previous_page
            ),
        ),
        rx.foreach(here.deliveries, _details),
        class_name="stack gap-3",
    )


def _delivery(row: rx.Var[DeliveryRow]) -> rx.Component:
    return row_of(
        cell(time(row.at, how="exact")),
        cell(rx.cond(row.href != "", rx.el.a(row.event, href=row.href), row.event)),
        cell(
            state(row.state, row.tone),
            sub=rx.cond(
                (row.due != "") & (row.result != ""),
                rx.fragment("next attempt ", time(row.due, future=True)),
            ),
        ),
        cell(row.result),
        cell(
            row.attempts,
            rx.el.span(rx.cond(row.attempts == "1", " attempt", " attempts"), class_name="unit"),
            numeric=True,
        ),
        actions_cell(button("Details", size="sm", tone="ghost", opens="delivery-" + row.id)),
        key=row.id,
    )


def _details(row: rx.Var[DeliveryRow]) -> rx.Component:
    replay = "/api/webhooks/" + WebhooksPage.chosen + "/deliveries/" + row.id + "/replay"
    return form_dialog(
        card(
            rx.cond(
                row.tries.length() > 0,
                rx.el.ul(
                    rx.foreach(
                        row.tries,
                        lambda each: rx.el.li(
                            each.result, " ", time(each.at, how="exact"), " ", each.took
                        ),
                    ),
                    class_name="stack gap-2",
                ),
                rx.el.p("Not sent yet.", class_name="muted"),
            ),
            title="Attempts",
        ),
        code_block(row.body, prompt=None),
        id="delivery-" + row.id,
        title="Delivery " + row.id,
        sentence="A replay has the same delivery ID and a new signature.",
        verb="Replay",
        action=replay,
        body="none",
        says="Replay queued.",
        wide=True,
    )
