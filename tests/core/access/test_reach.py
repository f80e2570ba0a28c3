"""Actions whose effects reach beyond one project need rights wherever they reach (O-2, O-3)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from strongroom_core.access.roles import FULL_ACCESS
from strongroom_core.alerts.views import Template
from strongroom_core.alerts.webhooks import WebhookWish, create_webhook, update_webhook
from strongroom_core.kernel.authority import (
    Access,
    Authority,
    ProjectCapability,
    SecretKind,
    VaultCapability,
)
from strongroom_core.kernel.errors import NotFound, Refused
from strongroom_core.kernel.ids import ApplicationId, ProjectId, WebhookId
from strongroom_core.projects.applications import create_application, update_application
from strongroom_core.projects.trash import delete_project, restore_project
from strongroom_core.secrets.canaries import Trap, plant_canary, update_canary
from strongroom_core.secrets.change import Labels
from strongroom_core.secrets.views import Decoy
from strongroom_testkit.machine import granted_machine

if TYPE_CHECKING:
    from strongroom_core.kernel.caller import Human
    from strongroom_testkit.world import World

EVERY = frozenset(VaultCapability)
BEYOND = "your access role doesn't cover all of"


def member(
    world: World, *projects: str, access: Access | None = None, lacks: VaultCapability | None = None
) -> Human:
    """Return a member with an access role for these projects, and every capability but one."""
    role = access or replace(
        FULL_ACCESS, everywhere=False, projects=frozenset(map(ProjectId, projects))
    )
    return replace(world.owner, authority=Authority("custom", EVERY - {lacks}, role))


async def test_a_cascade_needs_the_right_to_freeze_every_project(world: World) -> None:
    """C-3: a canary freezes other projects only if its author could freeze them too."""
    project = await world.project("staging")
    trap, labels = Trap(cascade=True), Labels()
    narrow = member(world, project.id)
    powerless = member(world, access=FULL_ACCESS, lacks=VaultCapability.PROJECTS_FREEZE)
    for caller, told in ((narrow, BEYOND), (powerless, r"projects\.freeze")):
        with pytest.raises(Refused, match=told):
            await plant_canary(
                world.core,
                caller,
                project.id,
                name="ROOT",
                decoy=Decoy.PASSWORD,
                trap=trap,
                labels=labels,
            )
        plain = await world.canary(project, f"PLAIN_{caller.authority.access == FULL_ACCESS}")
        with pytest.raises(Refused, match=told):
            await update_canary(world.core, caller, plain.id, cascade=True)

    wide = await world.canary(project, trap=trap)
    # What someone else decided can be kept, and taken back.
    kept = await update_canary(world.core, narrow, wide.id, enabled=False)
    assert kept.cascade
    assert not (await update_canary(world.core, narrow, wide.id, cascade=False)).cascade


async def test_a_webhook_needs_the_right_to_see_every_event(world: World) -> None:
    """N-2, L-6: nobody gets events at their URL that the audit log hides from them."""
    project = await world.project("billing")
    wish = WebhookWish(name="mine", url="https://hooks.example.net/x", actions=["severity:high"])
    made = await create_webhook(world.core, world.owner, wish, template=Template.STRONGROOM)
    world.markers.note(made.secret)
    narrow = member(world, project.id)
    blind = member(world, access=FULL_ACCESS, lacks=VaultCapability.AUDIT_VIEW_OTHERS)
    for caller, told in ((narrow, BEYOND), (blind, r"audit\.view_others")):
        with pytest.raises(Refused, match=told):
            await create_webhook(
                world.core, caller, replace(wish, name="b"), template=Template.STRONGROOM
            )
        with pytest.raises(Refused, match=told):
            await update_webhook(
                world.core,
                caller,
                WebhookId(made.webhook.id),
                WebhookWish(url="https://other.example.net/x"),
            )
        # Stopping a webhook shows nobody anything.
        stopped = await update_webhook(
            world.core, caller, WebhookId(made.webhook.id), WebhookWish(enabled=False)
        )
        assert not stopped.enabled


async def test_restoring_a_project_needs_the_rights_to_its_grants(world: World) -> None:
    """O-3, V-3: machines get their reads back only from someone who could grant them."""
    project = await world.project("billing")
    await granted_machine(world, project, await world.structured(project, "LOGIN", "USER"))
    await delete_project(world.core, world.owner, project.id, confirm_name="billing")
    for kinds in ((), (SecretKind.SINGLE,)):
        rights = frozenset((ProjectCapability.GRANTS_MANAGE, kind) for kind in kinds)
        caller = member(world, access=Access(everywhere=True, rights=rights))
        with pytest.raises(Refused, match=r"grants\.manage"):
            await restore_project(world.core, caller, project.id)
    rights = frozenset({(ProjectCapability.GRANTS_MANAGE, SecretKind.STRUCTURED)})
    await restore_project(
        world.core, member(world, access=Access(everywhere=True, rights=rights)), project.id
    )

    empty = await world.project("empty")
    await delete_project(world.core, world.owner, empty.id, confirm_name="empty")
    await restore_project(world.core, member(world, access=Access(everywhere=True)), empty.id)


async def test_an_application_changes_only_as_a_whole(world: World) -> None:
    """V-2, O-2: renaming an application changes the paths of all its projects, so it needs them all."""
    shop = await create_application(
        world.core, world.owner, name="shop", environments=["staging", "production"]
    )
    one, both = shop.projects[0].id, [each.id for each in shop.projects]
    with pytest.raises(Refused, match=BEYOND):
        await update_application(world.core, member(world, one), shop.id, name="renamed")
    with pytest.raises(NotFound):
        await update_application(world.core, member(world), shop.id, name="renamed")

    await update_application(world.core, member(world, *both), shop.id, name="first")
    whole = Access(applications=frozenset({ApplicationId(shop.id)}))
    await update_application(world.core, member(world, access=whole), shop.id, name="second")
    key = replace(whole, only=frozenset({ProjectId(one)}))
    with pytest.raises(Refused, match=BEYOND):
        await update_application(world.core, member(world, access=key), shop.id, name="third")
