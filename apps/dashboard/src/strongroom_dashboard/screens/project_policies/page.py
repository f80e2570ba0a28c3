"""A project's policies: the list, and each policy's form, sentence, secrets, report and dry run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_dashboard.components.badge import state
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card, rule_list, two_columns
from strongroom_dashboard.components.code import mono, result_block
from strongroom_dashboard.components.custom import SentenceElement
from strongroom_dashboard.components.dialog import consequence_list
from strongroom_dashboard.components.fields import (
    hidden_field,
    list_field,
    number_field,
    select_field,
    switch_field,
    text_field,
    tick_field,
)
from strongroom_dashboard.components.form import (
    action_button,
    change,
    problems,
    submit,
    when_done,
)
from strongroom_dashboard.components.note import empty, note
from strongroom_dashboard.components.table import Column, cell, name_cell, row_of, table, unit
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import guarded_button, remount_on, when_loaded
from strongroom_dashboard.screens.project_frame import project_screen
from strongroom_dashboard.screens.project_policies.dialogs import (
    APPLY,
    DELETE,
    ENFORCE,
    SHADOW,
    SUSPEND,
    policy_dialogs,
)
from strongroom_dashboard.screens.project_policies.state import (
    NewPolicy,
    PolicyPage,
    ProjectPolicies,
)

if TYPE_CHECKING:
    from strongroom_dashboard.screens.project_policies.state import (
        BoundSecret,
        PolicyForm,
        PolicyRow,
    )

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


def page() -> rx.Component:
    """Return the list."""
    return project_screen(
        ProjectPolicies,
        table(
            Column("Name", width="22%"),
            Column("State", width="12%"),
            Column("Conditions"),
            Column("Secrets", width="9%", numeric=True),
            Column("Since", width="13%"),
            rows=ProjectPolicies.rows,
            row=_row,
            caption="Policies in this project",
            loading=~ProjectPolicies.ready,
            empty=empty(
                "No policies",
                "A policy sets when, from where and how often secrets can be read. A new one only reports"
                " what it would deny, until you enforce it.",
                _new(),
                icon="sliders-horizontal",
            ),
            collapses=True,
        ),
        tab="policies",
        actions=(_new(),),
    )


def _new() -> rx.Component:
    return guarded_button(
        "New policy",
        ProjectPolicies.may_not,
        icon="plus",
        tone="primary",
        href=ProjectPolicies.head.href + "/policies/new",
    )


def _row(row: rx.Var[PolicyRow]) -> rx.Component:
    return row_of(
        name_cell(row.name, row.href, mono=False),
        cell(state(row.mode, row.tone)),
        cell(row.sentence),
        cell(row.secrets, unit(row.unit), numeric=True),
        cell(time(row.since)),
        key=row.id,
    )


def new_page() -> rx.Component:
    """Return the form for a new policy."""
    return project_screen(
        NewPolicy,
        when_loaded(
            NewPolicy,
            change(
                two_columns(
                    rx.fragment(
                        text_field("name", "Name", required=True, longest=NAME_LENGTH),
                        _conditions(NewPolicy),
                        problems(),
                        rx.el.div(
                            guarded_button(
                                "Create policy", NewPolicy.may_not, tone="primary", submit=True
                            ),
                            button("Cancel", href=NewPolicy.head.href + "/policies"),
                            class_name="row",
                        ),
                    ),
                    _in_words(NewPolicy),
                ),
                action="/api/projects/" + NewPolicy.head.id + "/policies",
                says="{name} created in shadow mode.|Add the secrets that it applies to.",
                then=NewPolicy.head.href + "/policies/{id}",
            ),
        ),
        tab="policies",
    )


def policy_page() -> rx.Component:
    """Return one policy."""
    return project_screen(
        PolicyPage,
        when_loaded(
            PolicyPage,
            rx.el.div(
                _head(),
                _report(),
                two_columns(
                    rx.fragment(
                        remount_on(_form(), PolicyPage.id, PolicyPage.revision.to_string()),
                        _secrets(),
                    ),
                    _dry_run(),
                ),
                class_name="stack gap-4",
            ),
        ),
        *policy_dialogs(),
        tab="policies",
        opened=PolicyPage.name,
    )


def _head() -> rx.Component:
    is_enforced = PolicyPage.mode == "enforced"
    return rx.el.div(
        rx.el.h2(PolicyPage.name),
        state(PolicyPage.mode_text, PolicyPage.tone),
        rx.el.span("since ", time(PolicyPage.since), " by ", PolicyPage.by, class_name="meta"),
        rx.el.div(
            rx.cond(
                is_enforced,
                rx.fragment(
                    guarded_button("Return to shadow mode", PolicyPage.may_not, opens=SHADOW),
                    guarded_button(
                        "Suspend", PolicyPage.may_not_suspend, tone="danger-quiet", opens=SUSPEND
                    ),
                ),
                guarded_button("Enforce", PolicyPage.may_not, tone="primary", opens=ENFORCE),
            ),
            guarded_button("Delete", PolicyPage.may_not_delete, tone="danger-quiet", opens=DELETE),
            class_name="row end",
        ),
        class_name="row wrap policy-head",
    )


def _report() -> rx.Component:
    return rx.cond(
        PolicyPage.secrets.length() == 0,
        note(
            rx.el.div(
                rx.el.b("No secret has this policy yet, so it has no effect."),
                guarded_button(
                    "Add secrets", PolicyPage.may_not, icon="plus", size="sm", opens=APPLY
                ),
                class_name="row wrap spread",
            ),
            tone="brass",
        ),
        rx.match(
            PolicyPage.mode,
            (
                "shadow",
                note(
                    rx.el.b("In shadow mode: no reads are denied. "),
                    PolicyPage.report,
                    rx.cond(PolicyPage.would_deny, consequence_list(PolicyPage.denied, calm=True)),
                    tone="brass",
                ),
            ),
            (
                "suspended",
                note(
                    rx.el.b("Suspended: no reads are denied. "),
                    PolicyPage.reason,
                    tone="danger",
                ),
            ),
            rx.fragment(),
        ),
    )


def _form() -> rx.Component:
    return change(
        text_field("name", "Name", value=PolicyPage.name, required=True, longest=NAME_LENGTH),
        _conditions(PolicyPage),
        _in_words(PolicyPage),
        problems(),
        rx.el.div(
            guarded_button("Save", PolicyPage.may_not, tone="primary", submit=True),
            class_name="row",
        ),
        action="/api/policies/" + PolicyPage.id,
        method="PATCH",
        if_match=PolicyPage.revision,
        says="{name} saved.|Changes take effect from the next read.",
        class_name="stack gap-4",
    )


def _in_words(form: type[PolicyForm]) -> rx.Component:
    """Return the sentence that the server writes while the person types."""
    return card(
        SentenceElement.create(
            rx.el.p(form.sentence, role="status"),
            custom_attrs={"action": "/api/projects/" + form.head.id + "/policies/describe"},
        ),
        title="In words",
    )


def _conditions(form: type[PolicyForm]) -> rx.Component:
    shown = form.fields
    return card(
        _axis(
            "Time window",
            "Denies with 403",
            "timeWindowEnabled",
            shown.time_window,
            _text("timeWindowStart", "From", shown.start, "06:00"),
            _text("timeWindowEnd", "To", shown.end, "20:00"),
            rx.el.fieldset(
                rx.el.legend("Days", class_name="label"),
                *(
                    tick_field(
                        "conditions.timeWindowDays",
                        str(number + 1),
                        name,
                        checked=shown.days[number],
                        number=True,
                    )
                    for number, name in enumerate(_DAYS)
                ),
                class_name="row wrap",
            ),
            _text("timeWindowTimezone", "Time zone", shown.zone, "Europe/Berlin"),
        ),
        _axis(
            "IP allowlist",
            "Denies with 403",
            "ipAllowlistEnabled",
            shown.ip_allowlist,
            list_field(
                "conditions.ipAllowlistCidrs",
                "Networks",
                value=shown.cidrs,
                mono=True,
                placeholder="10.20.0.0/16",
                help="Separated by commas.",
            ),
        ),
        _axis(
            "Co-sign",
            "Denies with 403",
            "coSignEnabled",
            shown.co_sign,
            select_field(
                "conditions.coSignMachineId",
                "This machine must have read it",
                form.machines,
                value=shown.co_signer,
                blank="Choose a machine",
            ),
            _number("coSignWindowSeconds", "in the last … seconds", shown.window),
        ),
        _axis(
            "Rate cap",
            "Denies with 429",
            "rateCapEnabled",
            shown.rate_cap,
            _number("maxReadsPerMinute", "Reads per minute", shown.per_minute),
            _number("maxReadsPerDay", "Reads per UTC day", shown.per_day),
            rx.el.p("For each secret.", class_name="meta"),
        ),
        _axis(
            "Time to live",
            "Permanently deletes the secret",
            "ttlEnabled",
            shown.ttl,
            _number("ttlMaxReads", "After this many reads", shown.most),
            text_field(
                "conditions.ttlExpiresAt",
                "At (UTC)",
                value=shown.ends,
                placeholder="2027-03-05T12:00:00",
                mono=True,
                data_as="utc",
                help="The deletion is permanent; the secret doesn't go to the trash.",
            ),
        ),
        _axis(
            "Rotation",
            "Denies nothing",
            "rotateEnabled",
            shown.rotate,
            _number("rotateAfterReads", "After this many reads of a version", shown.rotate_after),
            rx.el.p("Needs rotation settings on each secret.", class_name="meta"),
        ),
        title="Conditions",
        aside=rx.el.span(
            "Conditions are checked from top to bottom. The first one that fails denies the read.",
            class_name="meta",
        ),
        body=False,
    )


def _axis(
    name: str, about: str, switch: str, on: rx.Var[bool], *controls: rx.Component
) -> rx.Component:
    return rx.el.div(
        switch_field(f"conditions.{switch}", name, checked=on, sub=about),
        rx.el.div(*controls, class_name="row wrap top"),
        class_name="axis",
    )


def _text(name: str, label: str, value: rx.Var[str], example: str) -> rx.Component:
    return text_field(f"conditions.{name}", label, value=value, mono=True, placeholder=example)


def _number(name: str, label: str, value: rx.Var[str]) -> rx.Component:
    return number_field(f"conditions.{name}", label, value=value)


def _secrets() -> rx.Component:
    return card(
        rx.cond(
            PolicyPage.secrets.length() > 0,
            rule_list(rx.foreach(PolicyPage.secrets, _secret), label="Secrets with this policy"),
            rx.el.p("No secret has this policy yet.", class_name="muted"),
        ),
        title="Secrets",
        aside=guarded_button(
            "Add secrets", PolicyPage.may_not, icon="plus", size="sm", opens=APPLY
        ),
    )


def _secret(secret: rx.Var[BoundSecret]) -> rx.Component:
    return rx.el.li(
        rx.cond(
            secret.trashed,
            rx.el.span(mono(secret.name), " in the trash"),
            rx.el.a(mono(secret.name), href=secret.href),
        ),
        rx.el.span(
            rx.el.span(secret.about),
            rx.el.span(
                rx.cond(secret.read != "", rx.fragment("read ", time(secret.read)), "never read")
            ),
            class_name="meta row",
        ),
        rx.cond(
            PolicyPage.may_not == "",
            action_button(
                "Remove",
                "/api/policies/" + PolicyPage.id + "/remove",
                tone="ghost",
                fields=(hidden_field("secretIds", secret.id, as_="list"),),
                says=secret.name + " no longer has a policy.",
            ),
        ),
        key=secret.id,
        class_name="policy-secret",
    )


def _dry_run() -> rx.Component:
    return card(
        rx.cond(
            PolicyPage.options.length() > 0,
            _trial(),
            rx.el.p("Add a secret first.", class_name="muted"),
        ),
        title="Dry run",
        aside=rx.el.span("Doesn't read the value", class_name="meta"),
    )


def _trial() -> rx.Component:
    return change(
        select_field("secret", "Secret", PolicyPage.options, required=True),
        select_field("machineId", "Machine", PolicyPage.machines, required=True),
        text_field(
            "at",
            "Time (UTC)",
            placeholder="Now",
            mono=True,
            data_as="utc",
            help="For example, 2027-03-05T12:00:00.",
        ),
        text_field("address", "From address", placeholder="Its last address", mono=True),
        problems(),
        submit("Dry run", tone="plain"),
        when_done(result_block("summary", prompt=None, copy=False)),
        action="/api/secrets/{secret}/explain",
        keeps=True,
        quiet=True,
        class_name="stack gap-4",
    )
