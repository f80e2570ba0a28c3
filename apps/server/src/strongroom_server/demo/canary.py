"""The demo's canary: armed, in a separate project, so that reading it freezes nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.grants.attachments import attach_machine
from strongroom_core.grants.manage import Wanted, set_grants
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.projects.create import create_project
from strongroom_core.secrets.canaries import Trap, plant_canary
from strongroom_core.secrets.change import Labels
from strongroom_core.secrets.create import Content, create_secret
from strongroom_core.secrets.generate import Recipe
from strongroom_core.secrets.views import Decoy

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ProjectId, SecretId

PROJECT, CANARY, NEIGHBOUR = "legacy-billing", "AWS_ADMIN", "LEGACY_API_KEY"


@dataclass(frozen=True, slots=True)
class DemoCanary:
    """A canary, as the ready file describes it; `neighbour` is an ordinary secret in the same project."""

    id: SecretId
    project: ProjectId
    neighbour: SecretId


async def add_canary(core: Core, human: Human, machine: str) -> DemoCanary:
    """Create the project with an ordinary secret and a canary, both granted to the machine."""
    project = await create_project(
        core, human, name=PROJECT, description="The old billing service, to be shut down soon"
    )
    neighbour = await create_secret(
        core,
        human,
        project.id,
        name=NEIGHBOUR,
        kind=SecretKind.SINGLE,
        content=Content(recipe=Recipe()),
        labels=Labels(),
    )
    await attach_machine(core, human, project.id, machine=machine)
    wanted = [Wanted(neighbour.id)]
    await set_grants(core, human, project.id, machine=machine, wanted=wanted)
    canary = await plant_canary(
        core,
        human,
        project.id,
        name=CANARY,
        decoy=Decoy.CLOUD_KEY,
        trap=Trap(),
        labels=Labels(note="Break-glass account, never used by a program."),
        machines=[machine],
    )
    return DemoCanary(canary.id, project.id, neighbour.id)
