"""What a program suggests for its key, until a person approves it (D-5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from strongroom_core.kernel.errors import Invalid
from strongroom_core.keys.approve import Approval, approve_key_request, find_key_request
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.create import create_project
from strongroom_core.vaults.own import create_vault
from strongroom_testkit.members import access_role, add_member, caller_of, organize
from strongroom_testkit.person_key import asked_key, session_of

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.keys.views import SuggestedKey
    from strongroom_testkit.markers import Markers
    from strongroom_testkit.people import Person
    from strongroom_testkit.world import World


@pytest.fixture
async def ada(core: Core, owner: Person, markers: Markers) -> Human:
    """The owner, signed in."""
    return await session_of(core, owner, markers)


async def suggested(core: Core, person: Human, **suggested: Any) -> SuggestedKey:
    """Ask for a key with these suggestions, and return them as the person sees them."""
    _, asked = await asked_key(core, **suggested)
    return (await find_key_request(core, person, asked.code)).suggested


async def test_a_person_sees_what_the_program_suggests(
    core: Core, ada: Human, world: World
) -> None:
    """D-5: names, paths and IDs are found in the person's vault, whatever their case."""
    shop = await create_application(core, world.owner, name="shop", environments=[])
    inside = await create_project(
        core, world.owner, name="production", application=shop.id, environment="production"
    )
    alone = await world.project("billing")
    found = await suggested(
        core,
        ada,
        name="ci",
        lifetime=14 * 86_400,
        looking=True,
        vault="Ada's Vault",
        projects=["SHOP/production", alone.id, "billing", "production"],
    )
    nothing = await suggested(core, ada)

    assert ("ci", 14 * 86_400, True) == (found.name, found.lifetime_seconds, found.looking)
    assert (ada.vault, False, False) == (found.vault_id, found.other_vault, found.unknown_vault)
    assert [inside.id, alone.id] == found.projects
    assert ["production"] == found.unknown_projects
    assert (None, None, False) == (nothing.name, nothing.lifetime_seconds, nothing.looking)
    assert (None, None, [], False, False) == (
        nothing.vault_id,
        nothing.projects,
        nothing.unknown_projects,
        nothing.other_vault,
        nothing.unknown_vault,
    )


async def test_suggestions_decide_nothing(core: Core, ada: Human, world: World) -> None:
    """D-5: the key can do what the approval says, more or less than the program suggested."""
    narrow, wide = await world.project("billing"), await world.project("shop")
    _, first = await asked_key(core, looking=True, lifetime=8 * 3600, projects=["billing"])
    _, second = await asked_key(core, lifetime=90 * 86_400, projects=["billing", "shop"])
    freed = await approve_key_request(core, ada, first.id, Approval(code=first.code, name="mine"))
    limited = await approve_key_request(
        core,
        ada,
        second.id,
        Approval(code=second.code, looking=True, lifetime=8 * 3600, projects=[narrow.id]),
    )

    assert ("mine", False, None) == (freed.name, freed.looking, freed.projects)
    assert (True, [narrow.id]) == (limited.looking, limited.projects)
    assert limited.expires_at < freed.expires_at
    assert wide.id not in (limited.projects or ())


async def test_what_the_person_does_not_have_is_only_named(
    core: Core, ada: Human, world: World, other_world: World
) -> None:
    """D-5, V-7: another person's vault and projects, trashed ones, and ones that never existed look alike."""
    theirs = await other_world.project("theirs")
    await world.trashed_project("gone")
    names = ["theirs", theirs.id, "gone", "never"]
    found = await suggested(core, ada, projects=names)
    seen = {
        (each.vault_id, each.other_vault, each.unknown_vault)
        for each in [
            await suggested(core, ada, vault=name)
            for name in (other_world.person.vault, "vault_aaaaaaaaaaaaaaaa", "never")
        ]
    }

    assert ([], names) == (found.projects, found.unknown_projects)
    assert {(None, False, True)} == seen


async def test_a_member_finds_only_projects_that_they_can_open(core: Core, world: World) -> None:
    """D-5: a project that the access role doesn't cover is as unknown as one that doesn't exist."""
    await organize(world)
    covered, hidden = await world.project("covered"), await world.project("hidden")
    role = await access_role(world, "one", projects=[covered.id])
    bo = await caller_of(world, await add_member(world, "bo", "developer", role.id), "bo")
    assert bo is not None
    found = await suggested(core, bo, projects=["covered", "hidden", hidden.id])

    assert ([covered.id], ["hidden", hidden.id]) == (found.projects, found.unknown_projects)


async def test_projects_of_another_vault_are_not_looked_up_in_this_one(
    core: Core, ada: Human, world: World
) -> None:
    """D-5: a program that asks for another of the person's vaults gets no project of the same name here."""
    await world.project("billing")
    other = await create_vault(core, ada, name="other")
    found = await suggested(core, ada, vault="other", projects=["billing"])

    assert (other.id, True, False) == (found.vault_id, found.other_vault, found.unknown_vault)
    assert ([], ["billing"]) == (found.projects, found.unknown_projects)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "n" * 101},
        {"name": "\u202e"},
        {"lifetime": 28_799},
        {"lifetime": 7_776_001},
        {"lifetime": -(10**30)},
        {"lifetime": 10**30},
        {"vault": ""},
        {"vault": "v" * 101},
        {"projects": []},
        {"projects": ["p"] * 21},
        {"projects": ["p" * 202]},
        {"projects": ["a\nb"]},
    ],
)
async def test_suggestions_that_no_key_can_have(core: Core, wrong: dict[str, Any]) -> None:
    """D-5: they are rejected when the program asks, whatever exists."""
    with pytest.raises(Invalid, match=r"^suggested\."):
        await asked_key(core, **wrong)
