"""The screens about members and roles (O-1 to O-5, U-1, U-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from strongroom_core.access.roles import PRESETS, right_names
from strongroom_core.kernel.page import PageRequest
from strongroom_core.members.invite import invite_member
from strongroom_core.members.vault_roles import create_vault_role
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.listing import list_projects
from strongroom_dashboard.screens.access_roles.state import AccessRolePage, AccessRoles
from strongroom_dashboard.screens.capabilities.state import WhoCan
from strongroom_dashboard.screens.capability_words import (
    BUILT_IN_NAMES,
    VAULT_GROUPS,
    summary_of,
    words_of,
)
from strongroom_dashboard.screens.members.state import MemberList
from strongroom_dashboard.screens.project_access.state import ProjectAccess
from strongroom_dashboard.screens.vault_roles.state import VaultRoles
from strongroom_dashboard.screens.view_as.state import ViewAs
from strongroom_testkit.members import access_role, add_member, member_id, organize

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_testkit.world import World

VIEWER = right_names(PRESETS["viewer"])


@pytest.fixture
async def organization(world: World) -> World:
    """The world's vault as an organization."""
    await organize(world)
    return world


async def test_the_list_and_the_drawer_of_a_member(organization: World, look) -> None:
    """O-1, O-5: the list has members and invitations; the drawer counts what stops, and no machine does."""
    world = organization
    project = await world.project("billing")
    role = await access_role(world, "Billing viewers", rights=VIEWER, projects=[project.id])
    account = await add_member(world, "mei", "developer", role.id)
    await invite_member(
        world.core, world.owner, address="anna@example.org", vault_role="collaborator"
    )
    member = await member_id(world, account)
    shown = await look(MemberList, f"/members?member={member}")

    assert ("", "2 members and 1 invitation.") == (shown.problem, shown.sentence)
    assert [
        ("anna@example.org", "Invited", "Collaborator", ""),
        ("ada", "Active", "Owner", "Everything"),
        ("mei", "Active", "Developer", "Billing viewers"),
    ] == [(each.name, each.status, each.vault_role, each.access_role) for each in shown.rows]
    assert ("mei", "", "") == (
        shown.opened.name,
        shown.opened.why_not_roles,
        shown.opened.why_not_manage,
    )
    assert "Can open 1 of 1 project" == shown.opens
    assert [("billing", "view")] == [(each.name, each.rights) for each in shown.preview]
    assert ("0", "machines are affected") == (shown.stops[-1]["number"], shown.stops[-1]["text"])


async def test_nobody_changes_their_own_role(organization: World, look) -> None:
    """O-3: the drawer of your own membership says why nothing can be changed."""
    own = await member_id(organization, organization.person.account)
    shown = await look(MemberList, f"/members?member={own}")

    assert shown.opened.why_not_roles.startswith("You can't change your own role")
    assert shown.opened.why_not_manage == shown.opened.why_not_roles


async def test_a_personal_vault_has_no_members_to_manage(world: World, look) -> None:
    """V-1: in a personal vault, the page says how to get members."""
    shown = await look(MemberList, "/members")

    assert (True, [], "") == (shown.personal, shown.rows, shown.problem)


async def test_the_table_of_vault_roles(core: Core, organization: World, look) -> None:
    """O-1: the table has a cell for each capability and role; what a role can't have says why."""
    role = await create_vault_role(
        core, organization.owner, name="Release manager", capabilities=["machines.view"]
    )
    shown = await look(VaultRoles, f"/members/vault-roles?role={role.id}")
    cells = {row.id: row.cells[-1] for row in shown.rows if not row.group}

    names = [each.name for each in shown.columns]
    assert [*BUILT_IN_NAMES.values(), "Release manager"] == names
    assert len(cells) == sum(len(group) for group in VAULT_GROUPS.values())
    assert (True, True, "") == (
        cells["machines.view"].edited,
        cells["machines.view"].held,
        cells["machines.view"].why_not,
    )
    assert "Only owners can have this." == cells["vault.delete"].why_not
    assert ("Release manager", "") == (shown.edited.name, shown.edited.why_not_delete)


async def test_an_access_role_and_what_its_members_see(organization: World, look) -> None:
    """O-2, U-4: the editor offers scope and rights, and shows what a member with the role would see."""
    world = organization
    await create_application(world.core, world.owner, name="shop", environments=["production"])
    [production] = (await list_projects(world.core, world.owner, PageRequest())).items
    project = await world.project("billing")
    await world.secret(project, "API_KEY")
    both = [project.id, production.id]
    role = await access_role(world, "Billing viewers", rights=VIEWER, projects=both)
    await add_member(world, "mei", "developer", role.id)
    listed = await look(AccessRoles, "/members/access-roles")
    shown = await look(AccessRolePage, f"/members/access-roles/{role.id}")

    assert [("Billing viewers", "billing and shop/production", "View", "1")] == [
        (each.name, each.scope, each.rights, each.members) for each in listed.rows
    ]
    assert ("some", ["mei"]) == (shown.scope, shown.holders)
    assert {"billing": True, "shop/production": True} == {p.name: p.on for p in shown.projects}
    assert [("production", False)] == [(each.name, each.on) for each in shown.environments]
    assert [("billing", "view", "1 secret"), ("shop/production", "view", "0 secrets")] == [
        (each.name, each.rights, each.secrets) for each in shown.preview
    ]
    assert "In use by mei. Give them another role first." == shown.why_not_delete


async def test_a_view_without_roles_is_still_a_sentence(organization: World, look) -> None:
    """U-4: the URL without a role shows what someone without roles can open: nothing."""
    shown = await look(ViewAs, "/members/view-as")

    assert ("Viewing as someone without roles.", []) == (shown.bar, shown.projects)


async def test_view_as(organization: World, look) -> None:
    """U-4: *view as* lists what someone sees, can do and can't do, with who has what they lack."""
    world = organization
    project, hidden = await world.project("billing"), await world.project("payroll")
    await world.secret(project, "API_KEY")
    role = await access_role(world, "Viewers", rights=VIEWER, projects=[project.id])
    account = await add_member(world, "mei", "collaborator", role.id)
    at = f"/members/view-as?member={await member_id(world, account)}"
    shown = await look(ViewAs, at)
    inside = await look(ViewAs, f"{at}&project={project.id}")
    outside = await look(ViewAs, f"{at}&project={hidden.id}")

    assert ("", ["billing"]) == (shown.problem, [each.name for each in shown.projects])
    lacking = {each.capability: each.holders for each in shown.inabilities}
    assert "Owner and Admin have it." == lacking["machines.manage"]
    assert "members.view" in {each.capability for each in shown.abilities}
    assert [("API_KEY", "View")] == [(each.name, each.rights) for each in inside.secrets]
    assert (
        "Owner has it." == {e.capability: e.holders for e in inside.inabilities}["secrets.create"]
    )
    assert "Project not found." == outside.problem


async def test_who_can_do_this(organization: World, look) -> None:
    """U-4: for any capability, the page lists the members who have it, and where."""
    world = organization
    project = await world.project("billing")
    role = await access_role(world, "Viewers", rights=VIEWER, projects=[project.id])
    await add_member(world, "mei", "collaborator", role.id)
    vault = await look(WhoCan, "/members/capabilities?capability=members.view")
    own = await look(WhoCan, "/members/capabilities?capability=secrets.view")

    assert ["ada", "mei"] == [each.name for each in vault.rows]
    assert [("ada", "Everywhere"), ("mei", "billing")] == [(e.name, e.where) for e in own.rows]


async def test_a_project_shows_who_can_open_it(organization: World, look) -> None:
    """U-1: each project shows the members who can open it, with their rights."""
    world = organization
    project = await world.project("billing")
    role = await access_role(world, "Viewers", rights=VIEWER, projects=[project.id])
    await add_member(world, "mei", "collaborator", role.id)
    await add_member(world, "kim", "collaborator")
    shown = await look(ProjectAccess, f"/projects/{project.id}/access")

    assert [("ada", "Everything"), ("mei", "View")] == [(e.name, e.rights) for e in shown.members]


def test_every_capability_has_words() -> None:
    """U-4: no capability is shown without what it allows."""
    from strongroom_core.kernel.authority import (  # noqa: PLC0415
        ProjectCapability,
        VaultCapability,
    )

    assert all(words_of(each) for each in (*VaultCapability, *ProjectCapability))
    assert ("everything", "view", "nothing") == (
        summary_of(right_names(PRESETS["full_access"])),
        summary_of(VIEWER),
        summary_of([]),
    )
