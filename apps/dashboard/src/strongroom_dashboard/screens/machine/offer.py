"""The secrets offered while a pending machine is being approved (M-8, M-9)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.kernel.authority import Access, Place, ProjectCapability
from strongroom_core.overview.search import list_offered
from strongroom_dashboard.components.mark import icon

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.projects.views import ProjectView
    from strongroom_dashboard.event_session import Call

MOST_PROJECTS, MOST_SECRETS = 20, 50
"""How many projects, and how many secrets in each, the form lists. Others can be granted after approval."""

MORE_SECRETS = f"The first {MOST_SECRETS} are listed. You can grant the others after approval."


@dataclass(frozen=True)
class OfferedSecret:
    """A secret that the machine could read. `change` is what to send to grant access to it."""

    name: str
    change: str


@dataclass(frozen=True)
class OfferedProject:
    """A project and its secrets. Only the first project is `open`."""

    id: str
    name: str
    secrets: list[OfferedSecret]
    more: str
    open: bool


@dataclass(frozen=True)
class Offer:
    """The secrets to choose from, by project. All projects are in one form, so that no choice is lost."""

    projects: list[OfferedProject] = field(default_factory=list[OfferedProject])


async def offer_of(call: Call, machine: str, projects: Sequence[ProjectView]) -> Offer:
    """Return the secrets to which the person can grant access, by path."""
    able = {each.id for each in projects if each.secrets and _can_give(call, each)}
    if not able:
        return Offer()
    found = await list_offered(call.core, call.caller, projects=MOST_PROJECTS, secrets=MOST_SECRETS)
    offered = [each for each in found if each.id in able and each.secrets]
    return Offer(
        [
            OfferedProject(
                id=each.id,
                name=each.path,
                secrets=[
                    OfferedSecret(
                        name,
                        json.dumps({"machineId": machine, "secretId": secret, "access": "all"}),
                    )
                    for secret, name in each.secrets
                ],
                more=MORE_SECRETS if len(each.secrets) == MOST_SECRETS else "",
                open=each is offered[0],
            )
            for each in offered
        ]
    )


def _can_give(call: Call, project: ProjectView) -> bool:
    access = call.caller.authority.access or Access()
    place = Place(project.id, project.application_id, project.environment)
    wanted = (ProjectCapability.MACHINES_ATTACH, ProjectCapability.GRANTS_MANAGE)
    return all(access.kinds(each, place) for each in wanted)


def offered_access(offer: rx.Var[Offer]) -> rx.Component:
    """Return the checkboxes. The ticked ones are sent once the machine is approved."""
    return rx.cond(
        offer.projects.length() > 0,
        rx.el.fieldset(
            rx.el.legend("Secrets that it can read"),
            rx.foreach(offer.projects, _project),
            class_name="stack gap-2",
        ),
    )


def _project(project: rx.Var[OfferedProject]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(icon("chevron-right"), project.name),
        rx.el.div(
            rx.foreach(project.secrets, lambda secret: _offered(secret, project.id)),
            class_name="offered",
        ),
        rx.cond(project.more != "", rx.el.p(project.more, class_name="meta")),
        open=project.open,
        class_name="script offers",
        key=project.id,
    )


def _offered(secret: OfferedSecret, project: str) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            value=secret.change,
            class_name="check",
            custom_attrs={"data-local": "", "data-then": project},
        ),
        rx.el.span(secret.name, class_name="mono"),
        class_name="tick",
        key=secret.name,
    )
