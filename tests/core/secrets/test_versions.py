"""Versions are kept, listed, rolled back to, and pruned (S-6)."""

from __future__ import annotations

import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.errors import Conflict, Invalid, NotFound
from strongroom_core.kernel.page import Cursor, PageRequest
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.generate import Charset, Recipe
from strongroom_core.secrets.replace import replace_secret, rotate_secret
from strongroom_core.secrets.versions import list_versions, roll_back
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.world import World

RECIPE = Recipe(16, Charset.ALPHANUMERIC)


@pytest.fixture
async def secret(world: World) -> SecretView:
    return await world.secret(await world.project("billing"), "API_KEY")


async def rotate(world: World, secret: SecretView, times: int) -> None:
    for _ in range(times):
        await rotate_secret(world.core, world.owner, secret.id, RECIPE)


async def kept(world: World, secret: SecretView) -> list[int]:
    page = await list_versions(world.core, world.owner, secret.id, PageRequest(limit=200))
    return [version.number for version in page.items]


async def materials(administrator: OpenConnection) -> int:
    return await administrator.fetchval("select count(*) from secret_material")


async def test_fifty_versions_are_kept(
    world: World, secret: SecretView, administrator: OpenConnection
) -> None:
    """S-6: the fifty-first version removes the oldest one along with its value."""
    first = await administrator.fetchval("select id from secret_material")
    await rotate(world, secret, 49)

    assert await kept(world, secret) == list(range(50, 0, -1))
    assert await materials(administrator) == 50
    await rotate(world, secret, 3)

    assert await kept(world, secret) == list(range(53, 3, -1))
    assert await materials(administrator) == 50
    gone = await administrator.fetchval("select count(*) from secret_material where id = $1", first)
    assert gone == 0


async def test_shared_material_is_kept(
    world: World, secret: SecretView, administrator: OpenConnection
) -> None:
    """S-6: a rolled-back value is kept after the version that it came from has been pruned."""
    original = await world.open_value(secret.id)
    await rotate(world, secret, 1)
    await roll_back(world.core, world.owner, secret.id, version=1)
    await rotate(world, secret, 49)

    assert await kept(world, secret) == list(range(52, 2, -1))
    restored = await roll_back(world.core, world.owner, secret.id, version=3)

    assert restored.version == 53
    assert await world.open_value(secret.id) == original
    assert await materials(administrator) == 50


async def test_a_rollback_shares_the_value(
    world: World, secret: SecretView, administrator: OpenConnection
) -> None:
    """S-6: the new version refers to the old version's material, which isn't copied."""
    original = await world.open_value(secret.id)
    await rotate(world, secret, 2)
    restored = await roll_back(world.core, world.owner, secret.id, version=1)
    rows = await administrator.fetch(
        "select number, material, origin, restored from secret_version order by number"
    )
    (entry,) = await world.entries("secret_rollback")

    assert await world.open_value(secret.id) == original
    assert restored.version == 4
    assert rows[3]["material"] == rows[0]["material"]
    assert [(row["origin"], row["restored"]) for row in rows] == [
        ("create", None),
        ("rotate", None),
        ("rotate", None),
        ("rollback", 1),
    ]
    assert await materials(administrator) == 3
    assert entry["detail"] == '{"version": 4, "restored": 1}'


async def test_a_rollback_needs_no_key(core: Core, world: World, secret: SecretView) -> None:
    """S-6: a rollback decrypts nothing, so a process without any keys can roll back."""
    await rotate(world, secret, 1)
    keyring, core.keyring = core.keyring, None
    restored = await roll_back(core, world.owner, secret.id, version=1)
    core.keyring = keyring

    assert restored.version == 3


async def test_a_rollback_brings_back_the_fields(world: World) -> None:
    """S-3, S-6: a rollback restores both the field names and the values of a structured secret."""
    secret = await world.structured(await world.project("billing"), "DB", "user", "password")
    original = await world.open_value(secret.id)
    await replace_secret(
        world.core, world.owner, secret.id, Content(fields={"port": "1"}), removed_fields=["user"]
    )
    restored = await roll_back(world.core, world.owner, secret.id, version=1)

    assert restored.field_names == ["user", "password"]
    assert await world.open_value(secret.id) == original


async def test_invalid_versions_to_roll_back_to(world: World, secret: SecretView) -> None:
    """S-6: nobody can roll back to the current version, a missing or pruned one, or another secret's."""
    other = await world.secret(await world.project("shop"), "API_KEY")
    await rotate(world, other, 2)
    with pytest.raises(Conflict):
        await roll_back(world.core, world.owner, secret.id, version=1)
    for version in (0, -1, 2, 3, 10**6):
        with pytest.raises(NotFound):
            await roll_back(world.core, world.owner, secret.id, version=version)
    for version in (2**31, 10**20):
        with pytest.raises((NotFound, Invalid)):
            await roll_back(world.core, world.owner, secret.id, version=version)


async def test_the_content_of_a_version_list(world: World, secret: SecretView) -> None:
    """S-6: a version has a number, time, actor, origin and restored version, but never a value."""
    value = world.markers.value()
    await replace_secret(world.core, world.owner, secret.id, Content(value=value))
    await roll_back(world.core, world.owner, secret.id, version=1)
    page = await list_versions(world.core, world.owner, secret.id, PageRequest())

    assert [(each.number, each.origin, each.restored, each.current) for each in page.items] == [
        (3, "rollback", 1, True),
        (2, "replace", None, False),
        (1, "create", None, False),
    ]
    assert {(each.actor_kind, each.actor_name) for each in page.items} == {("user", "ada")}
    assert value not in repr(page)


async def test_versions_are_paged(world: World, secret: SecretView) -> None:
    """S-6: paging returns each version once, even if a new one is added in between."""
    await rotate(world, secret, 6)
    seen: list[int] = []
    cursor: str | None = None
    while True:
        request = PageRequest.parse(limit=3, cursor=cursor)
        page = await list_versions(world.core, world.owner, secret.id, request)
        seen += [each.number for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        await rotate(world, secret, 1)

    assert seen == [7, 6, 5, 4, 3, 2, 1]


async def test_forged_cursors(world: World, secret: SecretView) -> None:
    """S-6: a forged cursor can't cause a server error."""
    for number in ("x", "-1", "99999999999999999999", "", "١", "²"):
        forged = PageRequest(cursor=Cursor("-number", (number,)))
        with pytest.raises(Invalid):
            await list_versions(world.core, world.owner, secret.id, forged)
