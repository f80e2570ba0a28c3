"""A dashboard-only process can use a login role that is a member of *blind* alone (DESIGN 4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

import pytest

from strongroom_core.crypto.random import random_bytes
from strongroom_core.db.connection import OpenConnection
from strongroom_core.db.failures import UnplannedFailure
from strongroom_core.db.scope import Role
from strongroom_core.kernel.errors import Sealed
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.listing import list_projects
from strongroom_core.runtime.start import open_blind_core
from strongroom_core.settings import Settings
from strongroom_testkit.world import World


@pytest.fixture
async def blind_settings(
    settings: Settings, administrator: OpenConnection
) -> AsyncIterator[Settings]:
    """Settings with a login role that can act only as *blind*."""
    name, password = f"blind_{random_bytes(4).hex()}", random_bytes(8).hex()
    await administrator.execute(
        f"create role {name} login noinherit password '{password}' in role strongroom_blind"
    )
    database = await administrator.fetchval("select current_database()")
    await administrator.execute(f"grant connect on database {database} to {name}")
    parts = urlsplit(settings.database_url or "")
    place = parts.netloc.rpartition("@")[2]
    url = urlunsplit(parts._replace(netloc=f"{name}:{password}@{place}"))
    yield replace(settings, database_url=url)
    await administrator.execute(f"revoke connect on database {database} from {name}")
    await administrator.execute(f"drop role {name}")


async def test_a_login_role_of_blind_is_sufficient(world: World, blind_settings: Settings) -> None:
    """DESIGN 4: the process never needs any other right, not even for its first statement."""
    project = await world.project("billing")
    core = await open_blind_core(blind_settings)
    try:
        found = await list_projects(core, world.owner, PageRequest())

        assert [project.id] == [each.id for each in found.items]
        with pytest.raises(Sealed):
            core.require_keyring()
        with pytest.raises(UnplannedFailure):
            async with core.database.taking_on(Role.APP).transaction(world.person.vault) as app:
                await app.fetch("select * from secret_material")
    finally:
        await core.database.close()
