"""Policies for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strongroom_core.kernel.policies import Conditions
from strongroom_core.policies.apply import apply_policy
from strongroom_core.policies.manage import create_policy
from strongroom_core.policies.modes import enforce_policy

if TYPE_CHECKING:
    from strongroom_core.policies.views import PolicyView
    from strongroom_core.projects.views import ProjectView
    from strongroom_core.secrets.views import SecretView
    from strongroom_testkit.world import World


async def policy(world: World, project: ProjectView, **conditions: Any) -> PolicyView:
    """Create a policy in shadow mode, with these conditions."""
    wanted = Conditions(**conditions)
    number = len(await world.entries("policy_create"))
    return await create_policy(
        world.core, world.owner, project.id, name=f"policy-{number}", conditions=wanted
    )


async def enforced(
    world: World, project: ProjectView, *secrets: SecretView, **conditions: Any
) -> PolicyView:
    """Create an enforced policy with these conditions, and apply it to secrets."""
    made = await policy(world, project, **conditions)
    await apply_policy(world.core, world.owner, made.id, secrets=[secret.id for secret in secrets])
    return await enforce_policy(world.core, world.owner, made.id)
