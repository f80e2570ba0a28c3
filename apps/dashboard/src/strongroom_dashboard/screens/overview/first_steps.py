"""The first four steps in a new vault. Each is ticked off once it has actually been done."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card, two_columns
from strongroom_dashboard.components.code import code_block
from strongroom_dashboard.components.feed import feed, live_badge
from strongroom_dashboard.components.steps import step, steps
from strongroom_dashboard.screens.overview.state import Overview


def first_steps() -> rx.Component:
    """Return the checklist."""
    return two_columns(
        card(
            steps(
                step(
                    "Create an application",
                    _todo(
                        Overview.has_project,
                        "An application has a project for each environment, such as development and"
                        " production. A project holds secrets.",
                        button(
                            "New application",
                            tone="primary",
                            icon="plus",
                            href="/projects?new=application",
                        ),
                    ),
                    number=1,
                    state=rx.cond(Overview.has_project, "done", "now"),
                ),
                step(
                    "Add a secret",
                    _todo(
                        Overview.has_secret,
                        "Paste a value or generate one.",
                        button("Choose a project", tone="primary", href="/projects"),
                        Overview.has_project,
                    ),
                    number=2,
                    state=_state(Overview.has_secret, Overview.has_project),
                ),
                step(
                    "Connect a machine",
                    _todo(
                        Overview.machine_granted,
                        "Run one command on the machine. Then confirm its fingerprint and choose which"
                        " secrets it can read.",
                        rx.cond(
                            Overview.machine_registered,
                            button("Continue", tone="primary", href="/machines"),
                            button(
                                "Add a machine",
                                tone="primary",
                                icon="plus",
                                href="/machines?new=machine",
                            ),
                        ),
                        Overview.has_secret,
                    ),
                    number=3,
                    state=_state(Overview.machine_granted, Overview.has_secret),
                    aside=rx.cond(
                        Overview.machine_registered & ~Overview.machine_approved,
                        "pending approval",
                        rx.cond(
                            Overview.machine_approved & ~Overview.machine_granted,
                            "no access yet",
                            "",
                        ),
                    ),
                ),
                step(
                    "Read the secret",
                    rx.cond(
                        Overview.read_command != "",
                        rx.fragment(
                            rx.el.p(
                                "Run this on the machine. This page updates automatically.",
                                class_name="muted",
                            ),
                            code_block(Overview.read_command),
                        ),
                        rx.el.p(
                            "Once a machine has access, the command to run on it is shown here.",
                            class_name="muted",
                        ),
                    ),
                    number=4,
                    state=_state(Overview.has_read, Overview.machine_granted),
                ),
            ),
            body=False,
        ),
        rx.fragment(
            card(
                _fact(
                    "Nothing is granted by default.",
                    "New machines can't read anything until you give them access to secrets, one by one.",
                ),
                _fact(
                    "Values are hidden from people as well.",
                    "You can add values here, but not view them.",
                ),
                _fact(
                    "Every read is logged",
                    "before the value is returned. Denied reads are logged too.",
                ),
                title="Good to know",
            ),
            card(
                feed(Overview.feed),
                title=rx.fragment("Activity ", live_badge(known=Overview.ready)),
            ),
        ),
    )


def _todo(
    done: rx.Var[bool], sentence: str, act: rx.Component, reached: rx.Var[bool] | None = None
) -> rx.Component:
    """Return a step's sentence, and its button once the step is reached. Return nothing once it is done."""
    return rx.fragment(
        rx.cond(
            done,
            rx.fragment(),
            rx.fragment(
                rx.el.p(sentence, class_name="muted"),
                _when_reached(rx.el.div(act, class_name="row"), reached),
            ),
        )
    )


def _when_reached(act: rx.Component, reached: rx.Var[bool] | None) -> rx.Component:
    return act if reached is None else rx.cond(reached, act)


def _state(done: rx.Var[bool], reached: rx.Var[bool]) -> rx.Var[str]:
    return rx.cond(done, "done", rx.cond(reached, "now", "later"))


def _fact(first: str, rest: str) -> rx.Component:
    return rx.el.p(rx.el.b(first, class_name="strong"), " ", rest, class_name="muted fact")
