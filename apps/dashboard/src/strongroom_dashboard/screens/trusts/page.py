"""Trusted issuers: the list, the form for a new one, and one with its tester."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_dashboard.components.badge import badge, state
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card, facts, two_columns
from strongroom_dashboard.components.code import code_block, mono, result_block
from strongroom_dashboard.components.dialog import confirm
from strongroom_dashboard.components.fields import (
    Choice,
    area_field,
    choice_field,
    hidden_field,
    list_field,
    number_field,
    select_field,
    text_field,
    tick_field,
    when,
)
from strongroom_dashboard.components.form import change, problems, submit, when_done
from strongroom_dashboard.components.note import empty, note
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.components.table import Column, cell, name_cell, row_of, table
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import guarded_button, screen, when_loaded
from strongroom_dashboard.screens.machines.kinds import (
    HOUR,
    MACHINE_LIFETIMES,
    NEW_TRUST,
    choose_number,
)
from strongroom_dashboard.screens.machines.tabs import machine_tabs
from strongroom_dashboard.screens.trusts.state import (
    NewTrustPage,
    ProjectChoice,
    TrustList,
    TrustPage,
    TrustRow,
)

REVOKE = "revoke-trust"
_TEMPLATES = (
    Choice("github", "GitHub Actions", "Jobs request a token that is bound to their key."),
    Choice("gitlab", "GitLab CI", "The token's audience is fixed in the job's definition."),
    Choice("kubernetes", "Kubernetes", "Pods use a projected service account token."),
    Choice("other", "Other OpenID Connect issuer", "Anything that signs ID tokens."),
)
_NOT_BOUND = "A stolen ID token can be used with another key until it expires or has been used."


def page() -> rx.Component:
    """Return the list."""
    return screen(
        TrustList,
        table(
            Column("Name", width="17%"),
            Column("Issuer"),
            Column("Bound to the key", width="142px"),
            Column("Machines now", width="126px", numeric=True),
            Column("Access", width="19%"),
            Column("Created", width="11%"),
            rows=TrustList.rows,
            row=_row,
            caption="Trusted issuers",
            loading=~TrustList.ready,
            empty=empty(
                "No trusted issuers",
                "Trust GitHub, GitLab or your cluster. Jobs prove who they are with an ID token, so there"
                " is no token to store.",
                _new(),
                icon="badge-check",
            ),
            collapses=True,
        ),
        current="machines",
        tabs=machine_tabs("trusts"),
        title="Trusted issuers",
        sentence=TrustList.sentence,
        crumbs=(Crumb("Machines", "/machines"), Crumb("Trusted issuers")),
        actions=(_new(),),
    )


def _new() -> rx.Component:
    return guarded_button(
        "New trusted issuer", TrustList.may_not, icon="plus", tone="primary", href=NEW_TRUST
    )


def _row(row: rx.Var[TrustRow]) -> rx.Component:
    return row_of(
        name_cell(row.name, row.href, mono=False),
        cell(mono(row.issuer)),
        cell(
            rx.cond(
                row.revoked,
                state("Revoked", "off"),
                rx.cond(row.bound, state("Bound", "ok"), badge("Not bound", "warn")),
            )
        ),
        cell(row.machines, numeric=True),
        cell(row.gives),
        cell(time(row.created)),
        key=row.id,
    )


def new_page() -> rx.Component:
    """Return the form for a new trust."""
    return screen(
        NewTrustPage,
        when_loaded(
            NewTrustPage,
            change(
                two_columns(
                    rx.fragment(card(_who(), title="Who can register")),
                    rx.fragment(card(_what(), title="What they get")),
                ),
                problems(),
                rx.el.div(
                    guarded_button(
                        "Create trusted issuer", NewTrustPage.may_not, tone="primary", submit=True
                    ),
                    button("Cancel", href="/machines/trusts"),
                    class_name="row",
                ),
                action="/api/trusts",
                says="{name} is trusted.|Its jobs can register now.",
                then="/machines/trusts/{id}",
                class_name="stack gap-4",
            ),
        ),
        current="machines",
        title="New trusted issuer",
        sentence="Jobs that match these conditions get a short-lived machine, without a token and without"
        " approval.",
        crumbs=(
            Crumb("Machines", "/machines"),
            Crumb("Trusted issuers", "/machines/trusts"),
            Crumb("New trusted issuer"),
        ),
    )


def _who() -> rx.Component:
    return rx.el.div(
        text_field("name", "Name", required=True, longest=NAME_LENGTH),
        choice_field("template", "Issuer", _TEMPLATES, value="github"),
        when(
            "template",
            "github",
            _issuer("https://token.actions.githubusercontent.com"),
            _claim("repository", "acme/checkout", required=True),
            _claim("sub", "repo:acme/checkout:*"),
            _claim("ref", "refs/heads/main"),
            _claim("environment", "production"),
            _claim("job_workflow_ref", "acme/ci/.github/workflows/*"),
            note(
                rx.el.b("Bound to the job's key."),
                " The audience contains the key that the job created, so a stolen ID token doesn't work with"
                " another key.",
                tone="ok",
            ),
        ),
        when(
            "template",
            "gitlab",
            _issuer("https://gitlab.com"),
            _claim("project_path", "acme/checkout", required=True),
            _claim("sub", "project_path:acme/checkout:*"),
            _claim("ref", "main"),
            _claim("ref_protected", "true"),
            _audience(),
        ),
        when(
            "template",
            "kubernetes",
            _issuer("https://kubernetes.default.svc"),
            _claim("sub", "system:serviceaccount:shop:checkout", required=True),
            _claim("kubernetes.io/namespace", "shop"),
            _audience(),
        ),
        when(
            "template",
            "other",
            _issuer(""),
            _claim("sub", "", required=True),
            _audience(),
        ),
        area_field(
            "conditions",
            "More claims",
            rows=2,
            mono=True,
            placeholder="environment = production",
            help="Optional, one per line. For a claim inside an object, give its path:"
            " kubernetes.io/namespace.",
            data_as="claims",
        ),
        area_field(
            "keys",
            "Signing keys",
            rows=3,
            mono=True,
            placeholder='{"keys": […]}',
            help="Optional: a JSON Web Key Set, if the server can't reach the issuer.",
        ),
        class_name="stack gap-4",
    )


def _issuer(url: str) -> rx.Component:
    return text_field("issuer", "Issuer URL", kind="url", value=url, required=True, mono=True)


def _claim(name: str, example: str, *, required: bool = False) -> rx.Component:
    return text_field(
        "conditions",
        mono(name),
        mono=True,
        required=required,
        placeholder=example,
        help="* matches any characters" if required else None,
        data_claim=name,
    )


def _audience() -> rx.Component:
    return rx.fragment(
        text_field("audience", "Audience", value=NewTrustPage.audience, required=True, mono=True),
        note(rx.el.b("Not bound to the key."), f" {_NOT_BOUND}", tone="warn"),
    )


def _what() -> rx.Component:
    return rx.el.div(
        select_field(
            "project",
            "Project",
            NewTrustPage.options,
            blank="No access yet",
            local=True,
        ),
        rx.foreach(NewTrustPage.projects, _secrets),
        choose_number(
            "machineLifetimeSeconds", "Machine expires after", MACHINE_LIFETIMES, value=HOUR
        ),
        number_field("maxMachines", "Maximum at once", value=100, required=True),
        text_field("nameTemplate", "Machine name", value="{hostname}-{uuid8}", mono=True),
        list_field(
            "sourceCidrs",
            "Networks",
            mono=True,
            placeholder="203.0.113.0/24",
            help="Optional, separated by commas.",
        ),
        class_name="stack gap-4",
    )


def _secrets(project: rx.Var[ProjectChoice]) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend("Secrets", class_name="label"),
        hidden_field("projectIds", project.id, as_="list"),
        rx.foreach(
            project.secrets, lambda each: tick_field("secretIds", each["value"], mono(each["text"]))
        ),
        class_name="stack gap-3",
        custom_attrs={"data-when": "project=" + project.id},
        key=project.id,
    )


def trust_page() -> rx.Component:
    """Return one trust."""
    return screen(
        TrustPage,
        when_loaded(
            TrustPage,
            two_columns(rx.fragment(_about(), _snippet()), rx.fragment(_tester())),
        ),
        confirm(
            id=REVOKE,
            title=rx.fragment("Revoke ", TrustPage.name, "?"),
            sentence="Stops new enrollments immediately. Machines that have enrolled keep working until they"
            " expire.",
            verb="Revoke trust",
            action="/api/trusts/" + TrustPage.id + "/revoke",
            body="none",
            says="{name} revoked.",
        ),
        current="machines",
        title=TrustPage.name,
        sentence=TrustPage.issuer,
        crumbs=(
            Crumb("Machines", "/machines"),
            Crumb("Trusted issuers", "/machines/trusts"),
            Crumb(TrustPage.name),
        ),
        badge=rx.cond(
            TrustPage.revoked != "",
            badge("Revoked"),
            rx.cond(
                TrustPage.bound,
                badge("Bound to the key", "ok"),
                badge("Not bound to the key", "warn"),
            ),
        ),
        actions=(
            rx.cond(
                TrustPage.revoked == "",
                guarded_button("Revoke", TrustPage.may_not, tone="danger-quiet", opens=REVOKE),
            ),
        ),
    )


def _about() -> rx.Component:
    return card(
        rx.cond(
            TrustPage.bound,
            rx.fragment(),
            note(rx.el.b("Not bound to the key."), f" {_NOT_BOUND}", tone="warn"),
        ),
        rx.el.dl(
            rx.foreach(
                TrustPage.conditions,
                lambda each: rx.fragment(rx.el.dt(mono(each[0])), rx.el.dd(mono(each[1]))),
            ),
            class_name="facts claims",
        ),
        facts(
            (
                "Audience",
                rx.cond(TrustPage.bound, "Bound to the job's key", mono(TrustPage.audience)),
            ),
            ("Signing keys", TrustPage.keys),
            ("Access", TrustPage.gives),
            ("Machines now", TrustPage.machines),
            ("Lifetime", TrustPage.lifetime),
            ("Networks", TrustPage.networks),
        ),
        title="Conditions and access",
    )


def _snippet() -> rx.Component:
    return card(
        code_block(TrustPage.snippet, prompt=None),
        title="In the job",
    )


def _tester() -> rx.Component:
    return card(
        change(
            area_field(
                "token",
                "ID token or its claims",
                rows=8,
                mono=True,
                required=True,
                placeholder='{"sub": "…"}',
                data_secret="",
            ),
            problems(),
            submit("Test token"),
            when_done(result_block("summary", prompt=None, copy=False)),
            action="/api/trusts/" + TrustPage.id + "/check",
            keeps=True,
            quiet=True,
            class_name="stack gap-4",
        ),
        title="Test a token",
        aside=rx.el.span("Nothing is saved", class_name="meta"),
    )
