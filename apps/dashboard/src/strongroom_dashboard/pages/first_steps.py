"""The first steps of a new vault: four, each ticked by what really happened."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card, two_columns
from strongroom_dashboard.components.feed import feed, live_badge
from strongroom_dashboard.components.steps import step, steps
from strongroom_dashboard.states.overview import Overview


def first_steps() -> rx.Component:
    """Return the checklist, with what is good to know beside it."""
    return two_columns(
        card(
            steps(
                step(
                    "Create a project",
                    _todo(
                        Overview.has_project,
                        "A project holds the secrets of one service in one environment.",
                        button(
                            "New project", tone="primary", icon="plus", href="/projects?new=project"
                        ),
                    ),
                    number=1,
                    state=rx.cond(Overview.has_project, "done", "now"),
                ),
                step(
                    "Add a secret",
                    _todo(
                        Overview.has_secret,
                        "Paste a value or have one generated.",
                        button("Choose a project", tone="primary", href="/projects"),
                    ),
                    number=2,
                    state=_state(Overview.has_secret, Overview.has_project),
                ),
                step(
                    "Connect a machine",
                    _todo(
                        Overview.machine_granted,
                        "One command makes a key on the machine and sends only its public half. You"
                        " compare a fingerprint, approve, and choose what it may read.",
                        rx.cond(
                            Overview.machine_registered,
                            button("Go on with the machine", tone="primary", href="/machines"),
                            button(
                                "Add a machine",
                                tone="primary",
                                icon="plus",
                                href="/machines?new=machine",
                            ),
                        ),
                    ),
                    number=3,
                    state=_state(Overview.machine_granted, Overview.has_secret),
                    aside=rx.cond(
                        Overview.machine_registered & ~Overview.machine_approved,
                        "it waits for your approval",
                        rx.cond(
                            Overview.machine_approved & ~Overview.machine_granted,
                            "it may read nothing yet",
                            "",
                        ),
                    ),
                ),
                step(
                    "Read the secret",
                    rx.el.p(
                        "On the machine: ",
                        rx.el.code("strongroom list", class_name="mono"),
                        ", then ",
                        rx.el.code("strongroom get NAME", class_name="mono"),
                        ". This page ticks by itself.",
                        class_name="muted",
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
                    "A new machine reads nothing until you attach it to a project and name its secrets.",
                ),
                _fact(
                    "Values stay hidden from people too.",
                    "This dashboard takes values in and shows none.",
                ),
                _fact(
                    "Every read is on the record",
                    "before its value leaves, and so is every refusal.",
                ),
                title="Good to know",
            ),
            card(feed(Overview.feed), title=rx.fragment("Activity ", live_badge())),
        ),
    )


def _todo(done: rx.Var[bool], sentence: str, act: rx.Component) -> rx.Component:
    """Return what a step is about and what begins it, until it is done."""
    return rx.fragment(
        rx.cond(
            done,
            rx.fragment(),
            rx.fragment(
                rx.el.p(sentence, class_name="muted"),
                rx.el.div(act, class_name="row"),
            ),
        )
    )


def _state(done: rx.Var[bool], reached: rx.Var[bool]) -> rx.Var[str]:
    return rx.cond(done, "done", rx.cond(reached, "now", "later"))


def _fact(first: str, rest: str) -> rx.Component:
    return rx.el.p(rx.el.b(first, class_name="strong"), " ", rest, class_name="muted fact")
