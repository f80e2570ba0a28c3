"""A temporary machine's lifetime and guardrails. Each extension and revert shows who, when and why (M-7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.kernel.limits import REASON_LENGTH
from strongroom_dashboard.components.card import card, facts
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import select_field, text_field
from strongroom_dashboard.components.table import Column, cell, row_of, table
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import guarded_button
from strongroom_dashboard.screens.machine.state import MachinePage
from strongroom_dashboard.screens.machines.kinds import guardrail_fields

if TYPE_CHECKING:
    from strongroom_dashboard.screens.machine.state import ExtensionRow

EXTEND, REVERT, GUARDRAILS = "extend-machine", "revert-extension", "guardrails-of-machine"


def lifetime() -> rx.Component:
    """Return the card and the dialogs. Only temporary machines have them."""
    machine, may_not = MachinePage.machine, MachinePage.may_not
    path = "/api/machines/" + machine.id
    return rx.cond(
        machine.temporary,
        rx.fragment(
            card(
                facts(
                    ("Expires", time(machine.expires)),
                    ("From addresses", _listed(machine.cidrs)),
                    ("From countries", _listed(machine.countries)),
                    ("Hours", _listed(machine.window)),
                ),
                rx.el.div(
                    guarded_button("Extend", may_not, icon="clock-plus", size="sm", opens=EXTEND),
                    rx.cond(
                        MachinePage.revertible,
                        guarded_button(
                            "Revert extension", may_not, icon="undo-2", size="sm", opens=REVERT
                        ),
                    ),
                    guarded_button(
                        "Change guardrails", may_not, icon="shield", size="sm", opens=GUARDRAILS
                    ),
                    class_name="row wrap",
                ),
                table(
                    Column("Extended", width="26%"),
                    Column("From and to", width="30%"),
                    Column("Reason", width="24%"),
                    Column("Reverted", width="20%"),
                    rows=MachinePage.extensions,
                    row=_extension,
                    caption="Extensions of this machine's lifetime",
                    empty=rx.el.p("Never extended.", class_name="muted"),
                    collapses=True,
                ),
                title="Lifetime and guardrails",
            ),
            form_dialog(
                select_field("expiresAt", "Extend by", MachinePage.longer, required=True),
                text_field("reason", "Reason", required=True, longest=REASON_LENGTH),
                id=EXTEND,
                title=rx.fragment("Extend ", mono(machine.name)),
                sentence="At most 12 months from now. The reason is shown here and in the audit log.",
                verb="Extend lifetime",
                action=path + "/extend",
                says="{name} extended.",
            ),
            confirm(
                id=REVERT,
                title="Revert the latest extension?",
                sentence="Restores the previous expiry. If that has passed, the machine expires immediately.",
                verb="Revert extension",
                action=path + "/revert-extension",
                body="none",
                danger=False,
                says="Extension of {name} reverted.",
            ),
            form_dialog(
                *guardrail_fields(
                    cidrs=machine.cidrs, countries=machine.countries, window=machine.window
                ),
                id=GUARDRAILS,
                title=rx.fragment("Guardrails of ", mono(machine.name)),
                sentence="Checked on every request, in this order. Changes apply from the next request.",
                verb="Save guardrails",
                action=path + "/guardrails",
                method="PUT",
                says="Guardrails of {name} saved.",
            ),
        ),
    )


def _listed(text: rx.Var[str]) -> rx.Component:
    return rx.cond(text != "", mono(text), "Any")


def _extension(each: ExtensionRow) -> rx.Component:
    return row_of(
        cell(time(each.at), rx.el.span(" by ", each.by, class_name="meta")),
        cell(time(each.from_at), " to ", time(each.to_at)),
        cell(each.reason),
        cell(
            rx.cond(
                each.reverted != "",
                rx.fragment(
                    time(each.reverted), rx.el.span(" by ", each.reverted_by, class_name="meta")
                ),
                "–",
            )
        ),
        key=each.id,
    )
