"""The secrets offered while a pending machine is being approved (M-8, M-9)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.kernel.authority import Access, Place, ProjectCapability
from strongroom_core.kernel.page import PageRequest
from strongroom_core.secrets.listing import list_secrets
from strongroom_dashboard.screens.project_head import full_name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.projects.views import ProjectView
    from strongroom_dashboard.event_session import Call

MOST_SECRETS = 100
"""If there are more secrets than this, the user selects them after the approval, on the same page."""

MOST_PROJECTS = 12


@dataclass(frozen=True)
class OfferedSecret:
    """A secret that the machine could read. `change` is the change to send to give access to it."""

    name: str
    change: str


@dataclass(frozen=True)
class OtherProject:
    """Another project whose secrets can be offered instead."""

    name: str
    href: str


@dataclass(frozen=True)
class Offer:
    """The secrets of one project, and the other projects. Without an `id`, nothing is offered."""

    id: str = ""
    name: str = ""
    secrets: list[OfferedSecret] = field(default_factory=list[OfferedSecret])
    others: list[OtherProject] = field(default_factory=list[OtherProject])


async def offer_of(call: Call, machine: str, projects: Sequence[ProjectView], asked: str) -> Offer:
    """Return the project to offer: `asked`, or the first whose secrets the person can give access to."""
    able = [each for each in projects if each.secrets and _can_give(call, each)]
    chosen = next((each for each in able if each.id == asked), able[0] if able else None)
    if chosen is None:
        return Offer()
    found = await list_secrets(call.core, call.caller, chosen.id, PageRequest(MOST_SECRETS))
    return Offer(
        id=chosen.id,
        name=full_name_of(chosen),
        secrets=[
            OfferedSecret(
                each.name,
                json.dumps({"machineId": machine, "secretId": each.id, "access": "all"}),
            )
            for each in found.items
        ],
        others=[
            OtherProject(full_name_of(each), f"/machines/{machine}?project={each.id}")
            for each in able[:MOST_PROJECTS]
            if each is not chosen
        ],
    )


def _can_give(call: Call, project: ProjectView) -> bool:
    access = call.caller.authority.access or Access()
    place = Place(project.id, project.application_id, project.environment)
    wanted = (ProjectCapability.MACHINES_ATTACH, ProjectCapability.GRANTS_MANAGE)
    return all(access.kinds(each, place) for each in wanted)


def offered_access(offer: rx.Var[Offer]) -> rx.Component:
    """Return the fields. Those that are ticked are sent once the machine is approved."""
    return rx.cond(
        offer.id != "",
        rx.el.fieldset(
            rx.el.legend("Secrets of ", rx.el.b(offer.name), " that it can read"),
            rx.el.div(
                rx.foreach(offer.secrets, _offered),
                class_name="offered",
            ),
            rx.cond(
                offer.others.length() > 0,
                rx.el.p(
                    "Other projects: ",
                    rx.foreach(
                        offer.others,
                        lambda each: rx.el.a(each.name, href=each.href, class_name="link"),
                    ),
                    class_name="meta others",
                ),
            ),
            class_name="stack gap-2",
            # Another project has different checkboxes, which must not keep the old selection.
            key=offer.id,
        ),
    )


def _offered(secret: OfferedSecret) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            value=secret.change,
            class_name="check",
            custom_attrs={"data-local": "", "data-then": ""},
        ),
        rx.el.span(secret.name, class_name="mono"),
        class_name="tick",
        key=secret.name,
    )
