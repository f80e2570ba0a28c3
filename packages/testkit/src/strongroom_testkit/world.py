"""Builds what a test needs in a line or two, through the real use cases.

::

    world = World(core, person, markers)
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.kernel.authority import SecretKind
from strongroom_core.projects.create import create_project
from strongroom_core.projects.freeze import freeze_project
from strongroom_core.projects.trash import delete_project
from strongroom_core.secrets.canaries import Trap, plant_canary
from strongroom_core.secrets.change import Labels
from strongroom_core.secrets.create import Content, create_secret
from strongroom_core.secrets.trash import delete_secret
from strongroom_core.secrets.views import Decoy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import SecretId
    from strongroom_core.projects.views import ProjectView
    from strongroom_core.secrets.views import CanaryView, SecretView
    from strongroom_testkit.markers import Markers
    from strongroom_testkit.people import Person


@dataclass(slots=True)
class World:
    """One person's vault, with methods that fill it."""

    core: Core
    person: Person
    markers: Markers

    @property
    def owner(self) -> Human:
        """The owner of this vault, with a recently confirmed password."""
        return self.person.caller(self.core)

    async def project(self, name: str) -> ProjectView:
        """Create a standalone project."""
        return await create_project(self.core, self.owner, name=name)

    async def secret(self, project: ProjectView, name: str, value: str | None = None) -> SecretView:
        """Create a single secret, with a new marker as its value unless a value is given."""
        content = Content(value=value or self.markers.value(name))
        return await create_secret(
            self.core,
            self.owner,
            project.id,
            name=name,
            kind=SecretKind.SINGLE,
            content=content,
            labels=Labels(),
        )

    async def canary(
        self,
        project: ProjectView,
        name: str = "ROOT_PASSWORD",
        *,
        decoy: Decoy = Decoy.PASSWORD,
        trap: Trap | None = None,
        machines: Sequence[str] = (),
    ) -> CanaryView:
        """Plant a canary that these machines in the project can read."""
        return await plant_canary(
            self.core,
            self.owner,
            project.id,
            name=name,
            decoy=decoy,
            trap=trap or Trap(),
            labels=Labels(),
            machines=machines,
        )

    async def structured(self, project: ProjectView, name: str, *fields: str) -> SecretView:
        """Create a structured secret with a new marker in each field."""
        values = {field: self.markers.value(field) for field in fields}
        return await create_secret(
            self.core,
            self.owner,
            project.id,
            name=name,
            kind=SecretKind.STRUCTURED,
            content=Content(fields=values),
            labels=Labels(),
        )

    async def trashed_secret(self, project: ProjectView, name: str) -> SecretView:
        """Create a secret and delete it."""
        secret = await self.secret(project, name)
        await delete_secret(self.core, self.owner, secret.id)
        return secret

    async def trashed_project(self, name: str) -> ProjectView:
        """Create a project and delete it."""
        project = await self.project(name)
        await delete_project(self.core, self.owner, project.id, confirm_name=name)
        return project

    async def freeze(self, project: ProjectView) -> None:
        """Freeze a project."""
        await freeze_project(self.core, self.owner, project.id, reason="a test")

    async def entries(self, action: str | None = None) -> list[dict[str, object]]:
        """Return the vault's entries, oldest first."""
        return await entries_of(self.core, self.person.vault, action)

    async def open_value(self, secret: SecretId) -> str:
        """Decrypt a secret's current value."""
        from strongroom_testkit.opener import open_live_value  # noqa: PLC0415 -- see its docstring

        return await open_live_value(self.core, self.person.vault, secret)


async def entries_of(core: Core, vault: str, action: str | None = None) -> list[dict[str, object]]:
    """Return a vault's entries, oldest first: all of them, or those of one action."""
    async with core.database.transaction(vault) as connection:  # pyright: ignore[reportArgumentType]
        rows = await connection.fetch(
            "select * from audit_entry where $1::text is null or action = $1"
            " order by incarnation, tx, at, id",
            action,
        )
    return [dict(row) for row in rows]
