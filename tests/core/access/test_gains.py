"""Moves and restores that would give someone rights that the caller doesn't have (O-3)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from strongroom_core.kernel.errors import Refused
from strongroom_core.kernel.ids import ApplicationId, SecretId
from strongroom_core.members.access_roles import (
    AccessRoleWish,
    create_access_role,
    update_access_role,
)
from strongroom_core.members.invite import invite_member, withdraw_invitation
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.change import move_project
from strongroom_core.projects.trash import delete_project, restore_project
from strongroom_core.secrets.trash import delete_secret, restore_secret
from strongroom_testkit.members import add_member, caller_of, organize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strongroom_core.kernel.caller import Human
    from strongroom_testkit.world import World

SINGLE, BOTH = ["secrets.view:single"], ["secrets.view:single", "secrets.view:structured"]
GAINS = "bo would gain"


async def _joined(
    world: World,
    name: str,
    rights: Sequence[str],
    *,
    applications: Sequence[str] = (),
    projects: Sequence[str] = (),
    overrides: Mapping[str, Sequence[str]] | None = None,
    role: str = "admin",
) -> tuple[Human, str]:
    """Add a member with an access role for these places, or for everything; return both."""
    wish = AccessRoleWish(
        name=f"{name}s",
        everywhere=not (applications or projects),
        applications=applications,
        projects=projects,
        rights=rights,
        overrides=overrides or {},
    )
    made = await create_access_role(world.core, world.owner, wish)
    account = await add_member(world, name, role, made.id)
    caller = await caller_of(world, account, name)
    assert caller is not None
    return caller, made.id


async def test_a_move_gives_nobody_what_the_mover_lacks(world: World) -> None:
    """O-3, L-6: moving into an application is denied if members would gain more than the caller has."""
    await organize(world)
    shop = await create_application(world.core, world.owner, name="shop", environments=["dev"])
    project = await world.project("billing")
    await _joined(world, "bo", BOTH, applications=[shop.id], role="developer")
    few, _ = await _joined(world, "cy", SINGLE)
    many, _ = await _joined(world, "di", BOTH)

    with pytest.raises(Refused, match=r"bo would gain secrets\.view:structured\. You don't have"):
        await _move(world, few, project.id, shop.id, "prod")
    await _move(world, many, project.id, shop.id, "prod")

    denied, moved = await world.entries("project_move")
    assert denied["outcome"] == "refused"
    assert "bo: secrets.view:single" in str(moved["detail"])
    assert "bo: secrets.view:structured" in str(moved["detail"])


async def test_an_open_invitation_counts_like_a_member(world: World) -> None:
    """O-3: nobody moves a project to where an invitation, once accepted, would give more than they have."""
    await organize(world)
    shop = await create_application(world.core, world.owner, name="shop", environments=["dev"])
    project = await world.project("billing")
    wish = AccessRoleWish(name="Shop", applications=[shop.id], rights=BOTH)
    role = await create_access_role(world.core, world.owner, wish)
    sent = await invite_member(
        world.core,
        world.owner,
        address="bo@example.org",
        vault_role="developer",
        access_role=role.id,
    )
    few, _ = await _joined(world, "cy", SINGLE)
    other, _ = await _joined(world, "di", SINGLE, role="developer")

    with pytest.raises(Refused, match=r"the invitation to bo@example\.org would gain secrets"):
        await _move(world, few, project.id, shop.id, "prod")
    with pytest.raises(Refused, match=r"^someone who is invited would gain secrets"):
        await _move(world, other, project.id, shop.id, "prod")
    await withdraw_invitation(world.core, world.owner, sent.invitation.id)
    await _move(world, few, project.id, shop.id, "prod")


async def test_leaving_an_application_needs_only_what_others_gain(world: World) -> None:
    """O-3: lost rights don't matter for the decision; the entry names what they lost."""
    await organize(world)
    shop = await create_application(world.core, world.owner, name="shop", environments=["dev"])
    await _joined(world, "bo", BOTH, applications=[shop.id], role="developer")
    few, _ = await _joined(world, "cy", SINGLE)

    await _move(world, few, shop.projects[0].id, None, "dev")

    (entry,) = await world.entries("project_move")
    assert "bo: secrets.view:structured" in str(entry["detail"])
    assert '"given": []' in str(entry["detail"])


async def test_an_environment_label_decides_rights_too(world: World) -> None:
    """O-3: changing a label to one with other rights is denied, also in another spelling."""
    await organize(world)
    project = await world.project("billing")
    await _move(world, world.owner, project.id, None, "production")
    await _joined(world, "bo", BOTH, overrides={"production": SINGLE}, role="developer")
    cautious, _ = await _joined(world, "cy", BOTH, overrides={"production": SINGLE})

    for label in ("staging", "Production", None):
        # At the old place, the person has fewer rights than others would gain.
        with pytest.raises(Refused, match=GAINS):
            await _move(world, cautious, project.id, None, label)
    await _move(world, world.owner, project.id, None, "staging")


async def test_a_restore_gives_nobody_what_the_restorer_lacks(world: World) -> None:
    """O-3, S-7, V-3: restoring an object gives everyone their rights to it back, so it needs them all."""
    await organize(world)
    project = await world.project("billing")
    single = await world.secret(project, "ONE")
    structured = await world.structured(project, "MANY", "USER")
    await _joined(world, "bo", BOTH, role="developer")
    few, _ = await _joined(world, "cy", SINGLE)
    for secret in (single, structured):
        await delete_secret(world.core, world.owner, secret.id)

    await restore_secret(world.core, few, single.id)
    with pytest.raises(Refused, match=r"bo would gain secrets\.view:structured"):
        await restore_secret(world.core, few, SecretId(structured.id))
    await restore_secret(world.core, world.owner, structured.id)
    await delete_project(world.core, world.owner, project.id, confirm_name="billing")
    with pytest.raises(Refused, match=GAINS):
        await restore_project(world.core, few, project.id)
    await restore_project(world.core, world.owner, project.id)


async def test_a_role_that_is_edited_at_the_same_moment_counts(world: World) -> None:
    """O-3: a move and a role's edit take turns, so neither slips past the other."""
    await organize(world)
    shop = await create_application(world.core, world.owner, name="shop", environments=["dev"])
    _, role = await _joined(world, "bo", SINGLE, applications=[shop.id], role="developer")
    few, _ = await _joined(world, "cy", SINGLE)
    wish = AccessRoleWish(name="bos", applications=[shop.id], rights=BOTH)
    for number in range(4):
        project = await world.project(f"billing-{number}")
        await update_access_role(
            world.core,
            world.owner,
            role,
            AccessRoleWish(name="bos", applications=[shop.id], rights=SINGLE),
        )
        moved, edited = await asyncio.gather(
            _move(world, few, project.id, shop.id, f"e{number}"),
            update_access_role(world.core, world.owner, role, wish),
            return_exceptions=True,
        )
        last = (await world.entries("project_move"))[-1]

        assert not isinstance(edited, BaseException)
        # Either the move came first, when the role gave less, or it was denied.
        assert isinstance(moved, Refused) or "structured" not in str(last["detail"])


async def _move(
    world: World, caller: Human, project: str, application: str | None, environment: str | None
) -> None:
    await move_project(
        world.core,
        caller,
        project,  # pyright: ignore[reportArgumentType]
        application=None if application is None else ApplicationId(application),
        environment=environment,
    )
