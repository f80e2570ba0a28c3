"""The dialogs of one policy: its modes, its deletion, and the secrets that get it."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import REASON_LENGTH
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import area_field, tick_field
from strongroom_dashboard.screens.project_policies.state import PolicyPage

ENFORCE, SHADOW, SUSPEND = "enforce-policy", "shadow-policy", "suspend-policy"
DELETE, APPLY = "delete-policy", "apply-policy"


def policy_dialogs() -> tuple[rx.Component, ...]:
    """Return the dialogs."""
    path = "/api/policies/" + PolicyPage.id
    return (
        confirm(
            id=ENFORCE,
            title="Enforce " + PolicyPage.name + "?",
            sentence=rx.cond(
                PolicyPage.would_deny,
                "It will deny reads from the next one on. In the last 7 days, it would have denied:",
                "It will deny reads from the next one on.",
            ),
            verb="Enforce policy",
            action=path + "/enforce",
            body="none",
            consequences=PolicyPage.denied,
            danger=False,
            says=PolicyPage.name + " is enforced.",
        ),
        confirm(
            id=SHADOW,
            title="Put " + PolicyPage.name + " in shadow mode?",
            sentence="It will stop denying reads immediately, and only report what it would deny.",
            verb="Use shadow mode",
            action=path + "/shadow",
            body="none",
            says=PolicyPage.name + " is in shadow mode.",
        ),
        form_dialog(
            area_field("reason", "Reason", required=True, longest=REASON_LENGTH, first=True),
            id=SUSPEND,
            title="Suspend " + PolicyPage.name + "?",
            sentence="For incidents: its secrets can be read without conditions until it is enforced"
            " again. The reason is kept in the audit log.",
            verb="Suspend policy",
            danger=True,
            action=path + "/suspend",
            says=PolicyPage.name + " is suspended.",
        ),
        confirm(
            id=DELETE,
            title="Delete " + PolicyPage.name + "?",
            sentence="This can't be undone.",
            verb="Delete policy",
            action=path,
            method="DELETE",
            body="none",
            then=PolicyPage.head.href + "/policies",
            says=PolicyPage.name + " deleted.",
        ),
        form_dialog(
            rx.cond(
                PolicyPage.others.length() > 0,
                rx.el.div(
                    rx.foreach(
                        PolicyPage.others,
                        lambda each: tick_field("secretIds", each["value"], mono(each["text"])),
                    ),
                    class_name="pick-list",
                ),
                rx.el.p("Every secret in this project already has a policy.", class_name="muted"),
            ),
            id=APPLY,
            title="Add secrets",
            sentence=PolicyPage.which_others,
            verb="Add",
            action=path + "/apply",
            says="Secrets added: {changed}.",
        ),
    )
