"""Replacing a value with a new one, given by a user or generated (S-3, S-6, S-8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.errors import Changed, Frozen, Invalid, NotFound
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.generate import Charset, Recipe
from strongroom_core.secrets.replace import replace_secret, rotate_secret
from strongroom_core.secrets.versions import roll_back
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.contents import contents
from strongroom_testkit.world import World


@pytest.fixture
async def single(world: World) -> SecretView:
    return await world.secret(await world.project("billing"), "API_KEY")


@pytest.fixture
async def structured(world: World) -> SecretView:
    return await world.structured(await world.project("billing"), "DB", "user", "password", "host")


async def fields_of(world: World, secret: SecretView) -> dict[str, str]:
    return msgspec.json.decode(await world.open_value(secret.id), type=dict[str, str])


async def test_a_value_is_replaced(world: World, single: SecretView) -> None:
    """S-6: the new value becomes the current version; the ID stays the same."""
    value = world.markers.value()
    replaced = await replace_secret(world.core, world.owner, single.id, Content(value=value))
    (entry,) = await world.entries("secret_replace")

    assert await world.open_value(single.id) == value
    assert (replaced.id, replaced.version, replaced.revision) == (single.id, 2, 2)
    assert entry["detail"] == '{"version": 2}'


async def test_naming_some_fields_keeps_the_rest(world: World, structured: SecretView) -> None:
    """S-3: named fields change, blank ones are generated, new ones go last, and the rest stay the same."""
    before = await fields_of(world, structured)
    new_host = world.markers.value("host")
    port = world.markers.value("port")
    replaced = await replace_secret(
        world.core,
        world.owner,
        structured.id,
        Content(fields={"host": new_host, "password": "", "port": port}),
    )
    after = await fields_of(world, structured)

    assert replaced.field_names == ["user", "password", "host", "port"]
    assert list(after) == replaced.field_names
    assert after["user"] == before["user"]
    assert after["host"] == new_host
    assert after["port"] == port
    assert after["password"] != before["password"]
    assert len(after["password"]) == 32


async def test_fields_are_removed(world: World, structured: SecretView) -> None:
    """S-3: a removed field is in neither the names nor the value; the last field can't be removed."""
    before = await fields_of(world, structured)
    replaced = await replace_secret(
        world.core, world.owner, structured.id, Content(), removed_fields=["host", "user"]
    )

    assert replaced.field_names == ["password"]
    assert await fields_of(world, structured) == {"password": before["password"]}
    with pytest.raises(Invalid):
        await replace_secret(
            world.core, world.owner, structured.id, Content(), removed_fields=["password"]
        )
    assert await fields_of(world, structured) == {"password": before["password"]}


async def test_the_event_names_the_fields_and_no_value(
    world: World, structured: SecretView
) -> None:
    """L-1, E-5: the names of changed fields are logged, but not their values."""
    await replace_secret(
        world.core,
        world.owner,
        structured.id,
        Content(fields={"user": world.markers.value(), "host": None}),
    )
    (entry,) = await world.entries("secret_replace")

    assert entry["detail"] == '{"fields": ["host", "user"], "version": 2}'


async def test_content_must_fit_the_kind(
    world: World, single: SecretView, administrator: OpenConnection
) -> None:
    """S-3: fields for a single secret, a value for a structured one, or nothing at all are rejected."""
    structured = await world.structured(await world.project("shop"), "DB", "user")
    before = await contents(administrator)
    for secret, content, removed in (
        (single, Content(), []),
        (single, Content(fields={"a": "b"}), []),
        (single, Content(value="x"), ["a"]),
        (single, Content(value=""), []),
        (single, Content(value="x", recipe=Recipe()), []),
        (structured, Content(value="x"), []),
        (structured, Content(), []),
        (structured, Content(fields={}), []),
        (structured, Content(fields={"": "x"}), []),
        (structured, Content(fields={f"f{n}": "x" for n in range(100)}), []),
        (structured, Content(fields={"big": "x" * 65_530}), []),
    ):
        with pytest.raises(Invalid):
            await replace_secret(
                world.core, world.owner, secret.id, content, removed_fields=removed
            )

    assert await contents(administrator) == before


def is_uuid(text: str) -> bool:
    return [len(part) for part in text.split("-")] == [8, 4, 4, 4, 12]


@pytest.mark.parametrize(
    ("charset", "length", "fits"),
    [
        (Charset.SYMBOLS, 32, str.isascii),
        (Charset.ALPHANUMERIC, 4, str.isalnum),
        (Charset.NUMBERS, 12, str.isdecimal),
        (Charset.SYMBOLS, 1024, str.isprintable),
        (Charset.UUID, 36, is_uuid),
    ],
)
async def test_a_value_is_rotated_by_hand(
    world: World, single: SecretView, charset: Charset, length: int, fits: Callable[[str], bool]
) -> None:
    """S-8: a rotation generates a value by the given recipe, and stores it as a new version."""
    before = await world.open_value(single.id)
    rotated = await rotate_secret(world.core, world.owner, single.id, Recipe(length, charset))
    after = await world.open_value(single.id)
    (entry,) = await world.entries("secret_rotate")

    assert rotated.version == 2
    assert after != before
    assert len(after) == length
    assert fits(after)
    assert entry["detail"] == '{"version": 2}'


async def test_each_named_field_is_rotated(
    world: World, structured: SecretView, administrator: OpenConnection
) -> None:
    """S-3, S-8: each named field of a structured secret gets its own new value."""
    before = await fields_of(world, structured)
    await rotate_secret(
        world.core, world.owner, structured.id, Recipe(), fields=["password", "host"]
    )
    after = await fields_of(world, structured)
    held = await contents(administrator)

    assert after["user"] == before["user"]
    assert len({before["password"], before["host"], after["password"], after["host"]}) == 4
    for wrong in ([], ["nothing"], ["user", "nothing"]):
        with pytest.raises(Invalid):
            await rotate_secret(world.core, world.owner, structured.id, Recipe(), fields=wrong)
    assert await contents(administrator) == held


async def test_a_single_secret_has_no_fields_to_rotate(world: World, single: SecretView) -> None:
    """S-8: naming fields of a single secret is an error, not a rotation."""
    with pytest.raises(Invalid):
        await rotate_secret(world.core, world.owner, single.id, Recipe(), fields=["a"])


async def test_while_frozen_rotation_waits_and_replacing_works(world: World) -> None:
    """V-4: a frozen project blocks rotating, but not replacing by hand or rolling back."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    await world.freeze(project)
    with pytest.raises(Frozen):
        await rotate_secret(world.core, world.owner, secret.id, Recipe())
    value = world.markers.value()
    await replace_secret(world.core, world.owner, secret.id, Content(value=value))

    assert await world.open_value(secret.id) == value
    assert (await roll_back(world.core, world.owner, secret.id, version=1)).version == 3
    (entry,) = await world.entries("secret_rotate")
    assert (entry["outcome"], entry["reason"]) == ("refused", "frozen")


async def test_a_stale_change_is_rejected(world: World, single: SecretView) -> None:
    """S-6: with If-Match, a value that the caller hasn't seen can't be replaced."""
    await replace_secret(
        world.core, world.owner, single.id, Content(value=world.markers.value()), if_match=1
    )
    for act in (
        replace_secret(world.core, world.owner, single.id, Content(value="x"), if_match=1),
        rotate_secret(world.core, world.owner, single.id, Recipe(), if_match=1),
        roll_back(world.core, world.owner, single.id, version=1, if_match=1),
    ):
        with pytest.raises(Changed):
            await act


async def test_simultaneous_replacements_make_one_history(
    core: Core, world: World, single: SecretView, administrator: OpenConnection
) -> None:
    """S-6, H-3: concurrent changes are serialized; no version number is repeated or skipped."""
    values = [world.markers.value() for _ in range(10)]
    await asyncio.gather(
        *(replace_secret(core, world.owner, single.id, Content(value=value)) for value in values)
    )
    numbers = await administrator.fetch("select number from secret_version order by number")

    assert [row["number"] for row in numbers] == list(range(1, 12))
    assert await world.open_value(single.id) in values


async def test_simultaneous_changes_to_fields_are_all_kept(
    core: Core, world: World, structured: SecretView
) -> None:
    """S-3, H-3: if two users change different fields at the same moment, neither change is lost."""
    user, host = world.markers.value("user"), world.markers.value("host")
    await asyncio.gather(
        replace_secret(core, world.owner, structured.id, Content(fields={"user": user})),
        replace_secret(core, world.owner, structured.id, Content(fields={"host": host})),
    )
    after = await fields_of(world, structured)

    assert (after["user"], after["host"]) == (user, host)


async def test_another_vaults_secret_is_not_found(world: World, other_world: World) -> None:
    """V-7: another vault's secret can be neither replaced nor rotated, and its value doesn't change."""
    theirs = await other_world.secret(await other_world.project("theirs"), "API_KEY")
    before = await other_world.open_value(theirs.id)
    with pytest.raises(NotFound):
        await replace_secret(world.core, world.owner, theirs.id, Content(value="x"))
    with pytest.raises(NotFound):
        await rotate_secret(world.core, world.owner, theirs.id, Recipe())

    assert await other_world.open_value(theirs.id) == before
