"""A recovery's four steps, or five if a canary was read. Each step has its own state."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from strongroom_core.kernel.limits import INCIDENT_NOTE_LENGTH
from strongroom_dashboard.components.badge import badge, state
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.fields import area_field
from strongroom_dashboard.components.form import action_button, change, problems, submit
from strongroom_dashboard.components.steps import step, steps
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import guarded_button
from strongroom_dashboard.screens.frozen.rows import CanaryLine, ExposedRow, ReaderRow, Summary
from strongroom_dashboard.screens.frozen.state import FrozenProject


def recovery() -> rx.Component:
    """Return the steps."""
    return card(
        steps(
            _stop(),
            _replace(),
            _summarise(),
            rx.cond(
                FrozenProject.has_canary_step,
                rx.fragment(_replant(), _unfreeze(5)),
                _unfreeze(4),
            ),
            label="Recovery",
        ),
        title="Recovery",
        aside=rx.el.span(FrozenProject.done_text, class_name="meta"),
        body=False,
    )


def _unfreeze(number: int) -> rx.Component:
    return step(
        "Unfreeze the project",
        FrozenProject.unfreeze_text,
        state=FrozenProject.unfreeze_state,
        number=number,
        danger=True,
    )


def _replant() -> rx.Component:
    return step(
        "Re-plant the canary",
        _listed(
            FrozenProject.to_replant,
            _tripped,
            "Its decoy is known to an intruder now. Re-planting generates a new one under the same name.",
            label="Canaries that were read",
            more=rx.Var.create(""),
            none="A new decoy is in place.",
        ),
        state=FrozenProject.canary_state,
        number=4,
        danger=True,
    )


def _tripped(canary: rx.Var[CanaryLine]) -> rx.Component:
    return _line(
        canary,
        "read",
        act=action_button(
            "Re-plant",
            "/api/canaries/" + canary.id + "/replant",
            icon="bird",
            says=canary.name + " re-planted.",
        ),
    )


def _stop() -> rx.Component:
    return step(
        "Disable machines you don't trust",
        _listed(
            FrozenProject.readers,
            _reader,
            "These machines read secrets or the canary in the 24 hours before the freeze. Disabling one"
            " blocks it in every project.",
            label="Machines that read secrets before the freeze",
            more=FrozenProject.more_readers,
            none="No machine read a secret in the 24 hours before the freeze.",
        ),
        state=FrozenProject.stop_state,
        number=1,
        aside=_count(FrozenProject.stop_text, FrozenProject.stop_state),
        danger=True,
    )


def _listed(
    rows: rx.Var, line: Callable, sentence: str, *, label: str, more: rx.Var[str], none: str
) -> rx.Component:
    """Return a step's rows, or a sentence if there are none."""
    return rx.cond(
        rows.length() > 0,
        rx.fragment(
            rx.el.p(sentence),
            rx.el.ul(rx.foreach(rows, line), class_name="step-list", aria_label=label),
            rx.cond(more != "", rx.el.p(more, class_name="meta")),
        ),
        rx.el.p(none),
    )


def _line(row: rx.Var, *what: rx.Component | rx.Var[str] | str, act: rx.Component) -> rx.Component:
    """Return a step's row: a secret or machine, its last read, and a button."""
    return rx.el.li(
        rx.el.div(
            rx.cond(
                row.href != "",
                rx.el.a(row.name, href=row.href, class_name="mono strong"),
                mono(row.name, "strong"),
            ),
            rx.el.span(*what, class_name="meta"),
            class_name="what",
        ),
        time(row.last_read, class_name="meta"),
        rx.el.div(act, class_name="act"),
        key=row.id,
    )


def _reader(reader: rx.Var[ReaderRow]) -> rx.Component:
    return _line(
        reader,
        reader.what,
        rx.cond(reader.reach != "", rx.fragment("; ", reader.reach)),
        act=rx.match(
            reader.state,
            ("disabled", state("Disabled", "off")),
            ("revoked", state("Revoked", "off")),
            _disable(reader),
        ),
    )


def _disable(reader: rx.Var[ReaderRow]) -> rx.Component:
    return rx.cond(
        FrozenProject.why_not_disable != "",
        guarded_button("Disable", FrozenProject.why_not_disable, size="sm"),
        action_button(
            "Disable",
            "/api/machines/" + reader.id + "/disable",
            icon="power-off",
            says=reader.name + " disabled.",
            undo="/api/machines/" + reader.id + "/enable",
        ),
    )


def _replace() -> rx.Component:
    return step(
        "Replace exposed secrets",
        _listed(
            FrozenProject.exposed,
            _exposed,
            "These were read in the 24 hours before the freeze. Assume they are compromised.",
            label="Secrets read before the freeze",
            more=FrozenProject.more_exposed,
            none="No secret was read in the 24 hours before the freeze.",
        ),
        state=FrozenProject.replace_state,
        number=2,
        aside=_count(FrozenProject.replace_text, FrozenProject.replace_state),
        danger=True,
    )


def _exposed(secret: rx.Var[ExposedRow]) -> rx.Component:
    return _line(
        secret,
        "read ",
        secret.what,
        act=rx.cond(
            secret.done != "",
            badge(secret.done, "ok", "check"),
            button("Replace", size="sm", href=secret.href),
        ),
    )


def _count(text: rx.Var[str], of_state: rx.Var[str]) -> rx.Component:
    return rx.cond(text != "", rx.cond(of_state == "now", badge(text, "danger"), rx.el.span(text)))


def _summarise() -> rx.Component:
    head = FrozenProject.head
    return step(
        "Write a summary",
        rx.el.p("Kept in the audit log with the freeze."),
        rx.foreach(FrozenProject.summaries, _note),
        rx.cond(
            FrozenProject.why_not_summarise != "",
            guarded_button("Write summary", FrozenProject.why_not_summarise, size="sm"),
            rx.el.details(
                rx.el.summary(
                    rx.cond(
                        FrozenProject.summaries.length() > 0, "Add to the summary", "Write summary"
                    )
                ),
                change(
                    area_field(
                        "note",
                        "Summary",
                        rows=4,
                        required=True,
                        longest=INCIDENT_NOTE_LENGTH,
                        placeholder="What was exposed, and what you replaced",
                        messages={"missing": "Enter a summary."},
                    ),
                    problems(),
                    rx.el.div(submit("Save summary", tone="plain"), class_name="row"),
                    action="/api/projects/" + head.id + "/incident-notes",
                    says="Summary saved.",
                    class_name="stack gap-3",
                ),
            ),
        ),
        state=FrozenProject.summary_state,
        number=3,
        danger=True,
    )


def _note(note: rx.Var[Summary]) -> rx.Component:
    return rx.el.blockquote(
        rx.el.p(note.text),
        rx.el.footer(note.actor, ", ", time(note.at), class_name="meta"),
        class_name="account",
    )
