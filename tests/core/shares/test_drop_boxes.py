"""Drop boxes: a value for a secret, submitted once by anyone who has the link (T-6)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from strongroom_core import maintain
from strongroom_core.kernel.authority import Access, Authority
from strongroom_core.kernel.errors import Conflict, Gone, Invalid, NotFound, Refused
from strongroom_core.kernel.page import PageRequest
from strongroom_core.secrets.trash import delete_secret
from strongroom_core.secrets.versions import list_versions
from strongroom_core.shares import hand_in as handing_in
from strongroom_core.shares.drop_boxes import (
    create_drop_box,
    list_drop_boxes,
    revoke_drop_box,
)
from strongroom_core.shares.hand_in import use_drop_box

from .test_shares import stranger

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import OpenConnection
    from strongroom_core.secrets.views import SecretView
    from strongroom_core.shares.views import NewDropBox
    from strongroom_testkit.world import World

FIRST = PageRequest.parse(limit=None, cursor=None, sort=None)


async def box(
    world: World, *, overwrite: bool = True, **options: Any
) -> tuple[SecretView, NewDropBox]:
    secret = await world.secret(await world.project("billing"), "SFTP_PASSWORD")
    made = await create_drop_box(world.core, world.owner, secret.id, overwrite=overwrite, **options)
    world.markers.note(made.locator)
    world.markers.note(made.key)
    return secret, made


async def hand_in(core: Core, made: NewDropBox, value: str) -> None:
    await use_drop_box(core, stranger(), locator=made.locator, key=made.key, value=value)


async def test_a_value_is_submitted_once(world: World) -> None:
    """T-6: the value becomes the secret's next version, by the link's creator; the link is then used up."""
    secret, made = await box(world)
    value = world.markers.value("handed-in")
    await hand_in(world.core, made, value)
    with pytest.raises(Gone):
        await hand_in(world.core, made, world.markers.value("second"))
    listed = await list_drop_boxes(world.core, world.owner, secret.id, FIRST)
    versions = await list_versions(world.core, world.owner, secret.id, FIRST)

    assert [each.origin for each in versions.items] == ["drop_box", "create"]
    assert await world.open_value(secret.id) == value
    assert [(each.state, each.id) for each in listed.items] == [("used", made.drop_box.id)]
    [entry] = await world.entries("drop_box_use")
    assert (entry["actor_name"], entry["target_id"]) == (world.person.username, secret.id)
    assert str(entry["address"]).startswith("10.9.")
    assert made.drop_box.id in str(entry["detail"])


async def test_one_of_simultaneous_values_is_stored(world: World) -> None:
    """T-6: if several values are submitted at the same time, the secret gets one new version."""
    secret, made = await box(world)
    values = [world.markers.value(f"at-once-{number}") for number in range(8)]
    results = await asyncio.gather(
        *(hand_in(world.core, made, value) for value in values), return_exceptions=True
    )
    done = [value for value, result in zip(values, results, strict=True) if result is None]

    assert [await world.open_value(secret.id)] == done
    assert sum(isinstance(each, Gone) for each in results) == 7


@pytest.mark.parametrize("value", ["", "a\0b", "x" * (64 * 1024 + 1)])
async def test_a_bad_value_does_not_use_it_up(world: World, value: str) -> None:
    """T-6: an invalid value is an error, and the link still works."""
    secret, made = await box(world)
    with pytest.raises(Invalid):
        await hand_in(world.core, made, value)
    good = world.markers.value("good")
    await hand_in(world.core, made, good)

    assert await world.open_value(secret.id) == good


async def test_overwriting_must_be_allowed(world: World) -> None:
    """T-6: a secret has a value, so a drop box needs its creator's permission to replace it."""
    with pytest.raises(Invalid, match="overwrite"):
        await box(world, overwrite=False)


async def test_a_structured_secret_has_no_drop_box(world: World) -> None:
    """T-6: a drop box takes one text value."""
    secret = await world.structured(await world.project("billing"), "DB", "user", "password")
    with pytest.raises(Invalid):
        await create_drop_box(world.core, world.owner, secret.id, overwrite=True)


@pytest.mark.parametrize("lifetime", [timedelta(seconds=59), timedelta(days=7, seconds=1)])
async def test_it_lives_seven_days_at_most(world: World, lifetime: timedelta) -> None:
    """T-6: the lifetime is one minute to seven days."""
    with pytest.raises(Invalid):
        await box(world, lifetime=lifetime)


async def test_revoked_expired_and_unknown_are_alike(
    world: World, administrator: OpenConnection
) -> None:
    """T-6: all invalid links get the same response, and the secret keeps its value."""
    secret, revoked = await box(world)
    await revoke_drop_box(world.core, world.owner, secret.id, revoked.drop_box.id)  # pyright: ignore[reportArgumentType]
    with pytest.raises(Conflict):
        await revoke_drop_box(world.core, world.owner, secret.id, revoked.drop_box.id)  # pyright: ignore[reportArgumentType]
    expired = await create_drop_box(world.core, world.owner, secret.id, overwrite=True)
    await administrator.execute(
        "update drop_box set expires_at = clock_timestamp() where id = $1", expired.drop_box.id
    )
    for made in (revoked, expired, replace_key(expired, revoked)):
        with pytest.raises(Gone):
            await hand_in(world.core, made, "x")
    await maintain.sweep(world.core)
    listed = await list_drop_boxes(world.core, world.owner, secret.id, FIRST)

    assert [each.state for each in listed.items] == ["expired", "revoked"]
    assert secret.version == 1
    assert len(await world.entries("drop_box_use")) == 0


async def test_its_creators_permissions_are_checked_again(
    world: World, administrator: OpenConnection
) -> None:
    """T-6: a creator who can no longer replace the secret can't do so through a link either."""
    secret, made = await box(world)
    await administrator.execute("update account set status = 'suspended'")
    with pytest.raises(Gone):
        await hand_in(world.core, made, "x")
    await administrator.execute("update account set status = 'active'")
    await administrator.execute("update member set status = 'suspended'")
    with pytest.raises(Gone):
        await hand_in(world.core, made, "x")
    await administrator.execute("update member set status = 'active'")
    await delete_secret(world.core, world.owner, secret.id)
    with pytest.raises(Gone):
        await hand_in(world.core, made, "x")
    reasons = [entry["reason"] for entry in await world.entries("drop_box_use")]

    assert reasons == ["not_found"]


async def test_a_mistake_of_the_program_is_not_hidden(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-6: only a denial looks like a used link; the link still works after a server error."""

    async def fails(*_args: object) -> None:
        raise ValueError("a mistake")

    _secret, made = await box(world)
    value = world.markers.value("handed-in")
    with monkeypatch.context() as patch, pytest.raises(ValueError, match="a mistake"):
        patch.setattr(handing_in, "write_value", fails)
        await hand_in(world.core, made, value)
    await hand_in(world.core, made, value)


async def test_another_vaults_drop_box_does_not_exist(world: World, other_world: World) -> None:
    """V-7: a drop box can't be listed or revoked from another vault."""
    secret, made = await box(world)
    core, stranger_to_it = other_world.core, other_world.owner
    with pytest.raises(NotFound):
        await list_drop_boxes(core, stranger_to_it, secret.id, FIRST)
    with pytest.raises(NotFound):
        await revoke_drop_box(core, stranger_to_it, secret.id, made.drop_box.id)  # pyright: ignore[reportArgumentType]


async def test_creating_one_needs_secrets_replace(world: World) -> None:
    """T-6, O-1: a drop box can't be created without `secrets.replace`."""
    secret = await world.secret(await world.project("billing"), "A")
    viewer = replace(
        world.owner, authority=Authority("viewer", frozenset(), Access(everywhere=True))
    )
    with pytest.raises(Refused):
        await create_drop_box(world.core, viewer, secret.id, overwrite=True)


def replace_key(one: NewDropBox, other: NewDropBox) -> NewDropBox:
    """Return a link that never existed: the path of one and the fragment of another."""
    return type(one)(drop_box=one.drop_box, locator=one.locator, key=other.key)
