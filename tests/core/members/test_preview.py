"""Previews of roles: what someone with them could see and do (U-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from strongroom_core.kernel.errors import Invalid, NotFound, Refused
from strongroom_core.members.access_roles import AccessRoleWish, AccessWish, create_access_role
from strongroom_core.members.preview import preview_access, preview_roles
from strongroom_core.projects.create import create_project
from strongroom_testkit.members import access_role, add_member, caller_of, organize

if TYPE_CHECKING:
    from strongroom_core.kernel.caller import Human
    from strongroom_testkit.world import World

VIEW = ["secrets.view:single"]


async def _limited_author(world: World, project: str) -> Human:
    """Return an admin whose access covers one project with the right to view."""
    access = await access_role(world, "One project", rights=VIEW, projects=[project])
    account = await add_member(world, "nora", "admin", access.id)
    found = await caller_of(world, account, "nora")
    assert found is not None
    return found


async def test_an_access_role_is_previewed_before_it_is_saved(world: World) -> None:
    """The preview of what a form contains is that of the role which it creates."""
    await organize(world)
    await create_project(world.core, world.owner, name="first")
    await create_project(world.core, world.owner, name="second", environment="production")
    wish = AccessWish(everywhere=True, rights=VIEW, overrides={"production": []})
    before = await preview_access(world.core, world.owner, wish)

    made = await create_access_role(
        world.core,
        world.owner,
        AccessRoleWish(name="Made", everywhere=True, rights=VIEW, overrides={"production": []}),
    )
    after = await preview_roles(world.core, world.owner, access_role=made.id)

    assert before.access_role_name is None
    assert before.projects == after.projects
    assert (before.opens, before.hidden) == (after.opens, after.hidden)
    assert ["first"] == [each.name for each in before.projects if each.rights == VIEW]


async def test_no_access_role_is_previewed_that_the_caller_could_not_create(world: World) -> None:
    """Nobody counts projects outside their own access by previewing a role that covers them."""
    await organize(world)
    seen = (await create_project(world.core, world.owner, name="seen")).id
    other = (await create_project(world.core, world.owner, name="other")).id
    nora = await _limited_author(world, seen)

    own = await preview_access(world.core, nora, AccessWish(projects=[seen], rights=VIEW))
    assert [each.id for each in own.projects] == [seen]
    assert own.hidden == 0
    with pytest.raises(NotFound):
        await preview_access(world.core, nora, AccessWish(projects=[other], rights=VIEW))
    with pytest.raises(Refused):
        await preview_access(world.core, nora, AccessWish(everywhere=True, rights=VIEW))
    with pytest.raises(Refused):
        more = AccessWish(projects=[seen], rights=[*VIEW, "secrets.create:single"])
        await preview_access(world.core, nora, more)
    with pytest.raises(Invalid):
        await preview_access(world.core, nora, AccessWish(rights=["secrets.everything"]))
