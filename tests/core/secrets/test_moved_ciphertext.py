"""A value can be decrypted only in the place that it was encrypted for, no matter who moves it (E-1)."""

from __future__ import annotations

import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.errors import IntegrityFailure
from strongroom_core.projects.views import ProjectView
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.replace import replace_secret
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.world import World

COPY = """
update secret_material t set ciphertext = s.ciphertext, data_key = s.data_key
from secret_material s where t.secret = $1 and s.secret = $2
"""


async def change_one_field(world: World, secret: SecretView) -> None:
    """Run an act that decrypts the stored value, as reading does."""
    await replace_secret(
        world.core, world.owner, secret.id, Content(fields={"added": world.markers.value()})
    )


async def does_not_open(world: World, secret: SecretView) -> None:
    """Check that the value can't be decrypted, that nothing changed, and that the failure is logged."""
    with pytest.raises(IntegrityFailure):
        await change_one_field(world, secret)
    entry = (await world.entries())[-1]

    assert (entry["action"], entry["severity"], entry["outcome"], entry["reason"]) == (
        "integrity_failure",
        "critical",
        "refused",
        "integrity_failure",
    )
    assert entry["target_id"] == secret.id
    assert entry["detail"] == '{"attempted": "secret_replace"}'
    with pytest.raises(IntegrityFailure):
        await world.open_value(secret.id)


@pytest.fixture
async def project(world: World) -> ProjectView:
    return await world.project("billing")


async def test_unmoved_values_open(world: World, project: ProjectView) -> None:
    """E-1: a value that wasn't moved can be decrypted, so the other tests' failures come from the move."""
    secret = await world.structured(project, "DB", "user")
    await change_one_field(world, secret)

    assert "added" in await world.open_value(secret.id)


async def test_not_in_another_secret(
    world: World, project: ProjectView, administrator: OpenConnection
) -> None:
    """E-1: one secret's value doesn't decrypt in the row of another secret of the same project."""
    mine = await world.structured(project, "MINE", "user")
    other = await world.structured(project, "OTHER", "user")
    await administrator.execute(COPY, mine.id, other.id)
    await does_not_open(world, mine)


async def test_not_as_another_versions_material(
    world: World, project: ProjectView, administrator: OpenConnection
) -> None:
    """E-1: an older value doesn't decrypt in the row of the same secret's current one."""
    secret = await world.structured(project, "DB", "user")
    await change_one_field(world, secret)
    moved = await administrator.execute(
        "update secret_material t set ciphertext = s.ciphertext, data_key = s.data_key"
        " from secret_material s, secret_version old, secret_version live"
        " where s.id = old.material and t.id = live.material"
        " and old.number = 1 and live.number = 2"
    )

    assert moved == "UPDATE 1"
    await does_not_open(world, secret)


async def test_not_in_another_project(
    core: Core, world: World, project: ProjectView, administrator: OpenConnection
) -> None:
    """E-1: a secret moved to another project with all its rows, including keys, doesn't decrypt."""
    secret = await world.structured(project, "DB", "user")
    target = await world.project("shop")
    await administrator.execute("set session_replication_role = replica")
    for statement in (
        "update secret set project = $2 where project = $1",
        "update secret_material set project = $2 where project = $1",
        "update project_key set project = 'proj_none' where project = $2 and $1 <> ''",
        "update project_key set project = $2 where project = $1",
    ):
        await administrator.execute(statement, project.id, target.id)
    await administrator.execute("set session_replication_role = default")
    await does_not_open(world, secret)


async def test_not_in_another_vault(
    world: World, other_world: World, administrator: OpenConnection
) -> None:
    """E-1: a whole project moved to another vault doesn't decrypt."""
    theirs = await other_world.project("theirs")
    secret = await other_world.structured(theirs, "DB", "user")
    await administrator.execute("set session_replication_role = replica")
    for table in ("project", "project_key", "secret", "secret_material", "secret_version"):
        await administrator.execute(f"update {table} set vault = $1", world.person.vault)
    await administrator.execute("set session_replication_role = default")
    await does_not_open(world, secret)


async def test_not_for_another_purpose(
    world: World, project: ProjectView, administrator: OpenConnection
) -> None:
    """E-1: a wrapped data key doesn't decrypt as a value, nor a value as a key."""
    secret = await world.structured(project, "DB", "user")
    await administrator.execute(
        "update secret_material set ciphertext = data_key, data_key = ciphertext"
    )
    await does_not_open(world, secret)


async def test_not_under_another_key(
    world: World, project: ProjectView, administrator: OpenConnection
) -> None:
    """E-1: a value doesn't decrypt with another project's wrapped key."""
    secret = await world.structured(project, "DB", "user")
    other = await world.project("shop")
    await administrator.execute(
        "update project_key t set wrapped = s.wrapped from project_key s"
        " where t.project = $1 and s.project = $2",
        project.id,
        other.id,
    )
    await does_not_open(world, secret)


async def test_not_in_another_deployment(core: Core, world: World, project: ProjectView) -> None:
    """E-1: rows moved to a deployment with another ID and the same root key don't decrypt."""
    secret = await world.structured(project, "DB", "user")
    core.deployment = "dep_aaaaaaaaaaaaaaaa"
    await does_not_open(world, secret)


@pytest.mark.parametrize("column", ["ciphertext", "data_key"])
async def test_not_when_a_bit_was_turned(
    world: World, project: ProjectView, administrator: OpenConnection, column: str
) -> None:
    """E-1: a single flipped bit in header, nonce, ciphertext or tag prevents decryption."""
    secret = await world.structured(project, "DB", "user")
    whole = await administrator.fetchval(f"select {column} from secret_material")
    for position in (0, 1, 2, 17, 18, 29, 30, len(whole) - 1):
        turned = bytearray(whole)
        turned[position] ^= 1
        await administrator.execute(f"update secret_material set {column} = $1", bytes(turned))
        await does_not_open(world, secret)
    for shorter in (b"", whole[:-1], whole[:46]):
        await administrator.execute(f"update secret_material set {column} = $1", shorter)
        await does_not_open(world, secret)
    await administrator.execute(f"update secret_material set {column} = $1", whole)
    await change_one_field(world, secret)
