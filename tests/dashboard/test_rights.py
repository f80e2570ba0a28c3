"""Every screen for every role: none ends in an error, and the frame links only to what opens (U-4)."""

from __future__ import annotations

from typing import Any

import pytest

from strongroom_core.access.roles import PRESETS, right_names
from strongroom_core.core import Core
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.freeze import freeze_project
from strongroom_dashboard.app import PAGES
from strongroom_dashboard.screens.screen import CLOSED
from strongroom_dashboard.screens.shell import Shell
from strongroom_testkit.machine import granted_machine, pending_machine
from strongroom_testkit.world import World

ROLES = ("owner", "admin", "developer", "collaborator")
PERSONAL = {"Operator"}
"""Screens that don't depend on roles in a vault."""


@pytest.fixture
async def addresses(core: Core, world: World) -> dict[type[Any], str]:
    """Each screen's URL, in a vault with at least one object of each type."""
    application = await create_application(
        core, world.owner, name="shop", environments=["production"]
    )
    project, cold = await world.project("billing"), await world.project("vestry")
    secret = await world.secret(project, "API_KEY")
    await world.trashed_secret(project, "OLD_KEY")
    await world.canary(project)
    machine = await granted_machine(world, project, secret)
    await pending_machine(world, "new-1")
    await freeze_project(core, world.owner, cold.id, reason="a laptop is gone")
    ids = {
        "application_id": application.id,
        "project_id": project.id,
        "machine_id": str(machine.id),
    }
    found: dict[type[Any], str] = {}
    for page in PAGES:
        parts = page.route.split("/")
        names = [part[1:-1] for part in parts if part.startswith("[")]
        if page.state is None or page.state.__name__ in PERSONAL or not set(names) <= ids.keys():
            continue
        found[page.state] = "/".join(
            ids[part[1:-1]] if part.startswith("[") else part for part in parts
        )
    return found


async def become(core: Core, world: World, role: str, preset: str | None) -> None:
    """Give the world's person this vault role, and an access role to everything with a preset's rights."""
    async with core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            "update member set vault_role = 'admin', custom_role = null, access_role = null"
        )
        await connection.execute("delete from access_role")
        await connection.execute("delete from vault_role")
        if role.startswith("vrole_"):
            await connection.execute(
                "insert into vault_role (vault, id, name, name_folded, capabilities, created_at)"
                " values ($1, $2, 'B', 'b', '{}', now())",
                world.person.vault,
                role,
            )
        if preset is not None:
            await connection.execute(
                "insert into access_role (vault, id, name, name_folded, everywhere, applications, projects,"
                " rights, created_at) values ($1, 'arole_a', 'A', 'a', true, '{}', '{}', $2, now())",
                world.person.vault,
                right_names(PRESETS[preset]),
            )
        await connection.execute(
            "update member set vault_role = $1, custom_role = $2, access_role = $3",
            role,
            role if role.startswith("vrole_") else None,
            None if preset is None else "arole_a",
        )


WHAT = {"ApplicationScreen": "Application"}
NO_MACHINES = {"MachineList", "MachinePage", "EnrollmentTokens", "TrustList", "NewTrustPage"}
NO_ALERTS = {"AlertRulesPage", "WebhooksPage"}
IN_PROJECTS = {
    "ApplicationScreen",
    "ProjectSecrets",
    "ProjectSettings",
    "FrozenProject",
    "ProjectMachines",
    "ProjectCanaries",
    "ProjectAccess",
    "ProjectPolicies",
    "NewPolicy",
}
NO_MEMBERS = {"MemberList", "VaultRoles", "AccessRoles", "NewAccessRole", "WhoCan", "ViewAs"}
DEVELOPER = {"AllowlistPage", "Trash"}
COLLABORATOR = {*DEVELOPER, *NO_MACHINES, *NO_ALERTS}
HIDDEN = {"allowlist": "AllowlistPage", "trash": "Trash", "machines": "MachineList"} | {
    "tokens": "EnrollmentTokens",
    "alerts": "AlertRulesPage",
    "audit": "AuditLog",
    "members": "MemberList",
}


@pytest.mark.parametrize(
    ("role", "preset", "closed", "absent"),
    [
        ("owner", None, set[str](), set[str]()),
        ("admin", "full_access", set[str](), set[str]()),
        ("developer", "member", {*DEVELOPER, "ProjectCanaries"}, set[str]()),
        ("collaborator", "viewer", {*COLLABORATOR, "ProjectCanaries"}, set[str]()),
        ("collaborator", None, COLLABORATOR, IN_PROJECTS),
        ("developer", None, DEVELOPER, IN_PROJECTS),
        (
            "vrole_0000000000000000",
            "full_access",
            {*COLLABORATOR, *NO_MEMBERS, "AuditLog"},
            set[str](),
        ),
    ],
)
async def test_no_screen_ends_in_an_error(
    core: Core,
    world: World,
    look,
    addresses,
    role: str,
    preset: str | None,
    closed: set[str],
    absent: set[str],
) -> None:
    """U-4: for any roles, each screen opens, or says which capability is missing.

    The frame doesn't link to the closed ones, and opening one by its URL isn't logged as denied.
    """
    await become(core, world, role, preset)
    problems: dict[str, str] = {}
    hidden: list[str] = []
    for state, address in addresses.items():
        shown = await look(state, address)
        if shown.problem:
            problems[state.__name__] = shown.problem
        if shown.problem == CLOSED:
            assert shown.problem_hint.startswith("You need ")
        hidden = shown._get_root_state().get_substate(Shell.get_full_name().split(".")).hidden

    wanted = dict.fromkeys(closed, CLOSED) | {
        name: f"{WHAT.get(name, 'Project')} not found." for name in absent
    }
    assert wanted == problems
    assert {place for place, name in HIDDEN.items() if name in closed} == HIDDEN.keys() & set(
        hidden
    )
    denied = {str(each["action"]) for each in await world.entries() if each["outcome"] == "refused"}
    assert denied <= {
        "application_view",
        "canaries_view",
        "project_view",
        "secrets_view",
        "policies_view",
    }
