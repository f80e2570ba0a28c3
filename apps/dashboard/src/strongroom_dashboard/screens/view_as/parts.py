"""What someone can see and do in each project, as the server computes it."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.kinds import Text


@dataclass(frozen=True)
class PreviewProject:
    """A project that someone can open: what they can do there, and how many of its secrets they see."""

    id: str
    name: str
    href: str
    rights: str
    secrets: str


def preview_card(
    projects: rx.Var[list[PreviewProject]], sentence: rx.Var[str], href: Text
) -> rx.Component:
    """Return the card that lists the projects, and links to the whole view."""
    return card(
        rx.el.p(sentence, class_name="muted"),
        preview_list(projects),
        title="View as",
        aside=button("See everything", href=href, icon="eye", size="sm"),
    )


def preview_list(projects: rx.Var[list[PreviewProject]]) -> rx.Component:
    """Return the projects, each with its rights."""
    return rx.el.dl(
        rx.foreach(
            projects,
            lambda each: rx.el.div(
                rx.el.dt(rx.el.a(each.name, href=each.href)),
                rx.el.dd(each.rights, rx.el.span(each.secrets, class_name="sub")),
                key=each.id,
            ),
        ),
        class_name="rows",
    )
