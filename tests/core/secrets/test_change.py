"""Renaming a secret and changing its note, tags and label, without changing the value (S-2)."""

from __future__ import annotations

import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.errors import Changed, Conflict, Invalid, NameTaken
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.listing import read_project
from strongroom_core.secrets.change import Changes, update_secret
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.world import World


@pytest.fixture
async def secret(world: World) -> SecretView:
    return await world.secret(await world.project("billing"), "API_KEY")


async def test_a_secret_is_renamed(
    core: Core, world: World, secret: SecretView, administrator: OpenConnection
) -> None:
    """S-2: a rename changes only the name, not the ID, version or value; both names are logged."""
    material = await administrator.fetchrow("select * from secret_material")
    value = await world.open_value(secret.id)
    renamed = await update_secret(core, world.owner, secret.id, Changes(name="api_key"))
    (entry,) = await world.entries("secret_update")

    assert (renamed.id, renamed.name, renamed.version, renamed.revision) == (
        secret.id,
        "api_key",
        1,
        2,
    )
    assert renamed.changed_at == secret.changed_at
    assert entry["detail"] == '{"renamed_to": "api_key", "renamed_from": "API_KEY"}'
    assert await administrator.fetchrow("select * from secret_material") == material
    assert await world.open_value(secret.id) == value


async def test_only_given_attributes_change(core: Core, world: World, secret: SecretView) -> None:
    """S-2: only named attributes change; an empty string removes a label."""
    full = await update_secret(
        core, world.owner, secret.id, Changes(note="n", tags=["a"], environment="staging")
    )
    unchanged = await update_secret(core, world.owner, secret.id, Changes())
    emptied = await update_secret(
        core, world.owner, secret.id, Changes(note="", tags=[], environment="")
    )

    assert (full.note, full.tags, full.environment) == ("n", ["a"], "staging")
    assert (unchanged.note, unchanged.tags, unchanged.environment) == ("n", ["a"], "staging")
    assert (emptied.note, emptied.tags, emptied.environment) == (None, [], None)
    assert emptied.name == "API_KEY"


async def test_names_in_use_and_invalid_names(core: Core, world: World, secret: SecretView) -> None:
    """S-2: another live secret's name, or an invalid one, is rejected and changes nothing."""
    project = await read_project(core, world.owner, secret.project_id)
    other = await world.secret(project, "OTHER")
    with pytest.raises(NameTaken):
        await update_secret(core, world.owner, other.id, Changes(name="API_KEY"))
    for name in ("", " x", "a\nb", "x" * 256):
        with pytest.raises(Invalid):
            await update_secret(core, world.owner, other.id, Changes(name=name))
    same = await update_secret(core, world.owner, other.id, Changes(name="OTHER"))

    assert same.name == "OTHER"
    # Setting the current name isn't a rename, and isn't logged as one.
    assert (await world.entries("secret_update"))[-1]["detail"] == "{}"


async def test_a_stale_change_is_rejected(core: Core, world: World, secret: SecretView) -> None:
    """S-2: with If-Match, a change that the caller hasn't seen can't be overwritten."""
    await update_secret(core, world.owner, secret.id, Changes(note="first"), if_match=1)
    with pytest.raises(Changed):
        await update_secret(core, world.owner, secret.id, Changes(note="second"), if_match=1)


async def test_no_label_inside_an_application(core: Core, world: World) -> None:
    """V-2: inside an application the project determines the environment; a label can always be removed."""
    application = await create_application(
        core, world.owner, name="shop", environments=["production"]
    )
    secret = await world.secret(application.projects[0], "API_KEY")
    with pytest.raises(Conflict):
        await update_secret(core, world.owner, secret.id, Changes(environment="staging"))
    unchanged = await update_secret(core, world.owner, secret.id, Changes(environment=""))

    assert unchanged.environment is None
