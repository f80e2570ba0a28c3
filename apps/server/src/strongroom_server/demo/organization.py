"""The demo's organization: a vault with a member of each built-in role and of a custom one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from strongroom_core.access.callers import new_request_id
from strongroom_core.access.roles import PRESETS, RIGHT_NAMES, right_names
from strongroom_core.accounts.login import log_in
from strongroom_core.accounts.sessions import authenticate_person, end_session
from strongroom_core.accounts.views import LoggedIn
from strongroom_core.kernel.authority import SecretKind, VaultCapability
from strongroom_core.kernel.caller import Visitor
from strongroom_core.kernel.origin import Origin
from strongroom_core.kernel.page import PageRequest
from strongroom_core.members.access_roles import AccessRoleWish, create_access_role
from strongroom_core.members.invite import invite_member
from strongroom_core.members.joining import accept_invitation
from strongroom_core.members.vault_roles import create_vault_role
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.listing import list_projects
from strongroom_core.secrets.change import Labels
from strongroom_core.secrets.create import Content, create_secret
from strongroom_core.secrets.generate import Charset, Recipe, generate
from strongroom_core.vaults.settings import convert_vault
from strongroom_server.demo.people import AGENT, DemoPerson, sign_up_person

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import VaultId

NAME = "Halden Freight"
OWNER = "ingrid"
RELEASE = (
    VaultCapability.MACHINES_VIEW,
    VaultCapability.MACHINES_MANAGE,
    VaultCapability.PROJECTS_FREEZE,
    VaultCapability.AUDIT_VIEW,
    VaultCapability.MEMBERS_VIEW,
)
_CUSTOM = "Release manager"
MEMBERS = (
    ("nina", "admin", "Full access"),
    ("rosa", "developer", "Checkout team"),
    ("piotr", "collaborator", "Viewer"),
    ("jonas", _CUSTOM, "Checkout team"),
    ("sam", "developer", None),
)
"""The members: their usernames, vault roles and access roles."""


@dataclass(frozen=True, slots=True)
class OrganizationMember:
    """A member, by email, with the names of their roles."""

    email: str
    password: str = field(repr=False)
    vault_role: str
    access_role: str | None


@dataclass(frozen=True, slots=True)
class DemoOrganization:
    """The organization and its members, the owner first."""

    vault: VaultId
    members: list[OrganizationMember]

    def announced(self) -> dict[str, Any]:
        """Return the organization's entry in the ready file."""
        return {
            "vaultId": self.vault,
            "members": [
                {
                    "email": each.email,
                    "password": each.password,
                    "vaultRole": each.vault_role,
                    "accessRole": each.access_role,
                }
                for each in self.members
            ],
        }


async def make_organization(core: Core) -> DemoOrganization:
    """Have people sign up, and one of them create an organization, which the others join."""
    names = [OWNER, *(name for name, _, _ in MEMBERS)]
    people = await asyncio.gather(*(sign_up_person(core, name) for name in names))
    owner = await _enter(core, people[0])
    vault = owner.vault
    await convert_vault(core, owner, vault, name=NAME)
    roles = await _make_roles(core, owner)
    members = [OrganizationMember(people[0].email, people[0].password, "owner", None)]
    for person, (_, vault_role, access) in zip(people[1:], MEMBERS, strict=True):
        sent = await invite_member(
            core,
            owner,
            address=person.email,
            vault_role=roles.get(vault_role, vault_role),
            access_role=roles[access] if access is not None else None,
        )
        human = await _enter(core, person)
        await accept_invitation(core, human, sent.invitation.id, sent.token)
        await end_session(core, human)
        members.append(OrganizationMember(person.email, person.password, vault_role, access))
    await end_session(core, owner)
    return DemoOrganization(vault, members)


async def _make_roles(core: Core, owner: Human) -> dict[str, str]:
    """Create an application with a secret in each environment, and the roles; return their IDs by name."""
    application = await create_application(
        core, owner, name="checkout", environments=["production", "staging"]
    )
    for project in (await list_projects(core, owner, PageRequest())).items:
        value = generate(Recipe(32, Charset.ALPHANUMERIC)).reveal().decode()
        await create_secret(
            core,
            owner,
            project.id,
            name="STRIPE_SECRET_KEY",
            kind=SecretKind.SINGLE,
            content=Content(value=value),
            labels=Labels(),
        )
    viewer, member = right_names(PRESETS["viewer"]), right_names(PRESETS["member"])
    wishes = (
        AccessRoleWish(name="Full access", everywhere=True, rights=RIGHT_NAMES),
        AccessRoleWish(name="Viewer", everywhere=True, rights=viewer),
        AccessRoleWish(
            name="Checkout team",
            applications=[application.id],
            rights=member,
            overrides={"production": viewer},
        ),
    )
    made = {wish.name: (await create_access_role(core, owner, wish)).id for wish in wishes}
    custom = await create_vault_role(core, owner, name=_CUSTOM, capabilities=RELEASE)
    return {**made, _CUSTOM: custom.id}


async def _enter(core: Core, person: DemoPerson) -> Human:
    origin = Origin("local", new_request_id(), AGENT)
    session = await log_in(
        core, Visitor(origin), email=person.email, password=person.password, device_token=None
    )
    if not isinstance(session, LoggedIn):
        raise TypeError("a new account has no second factor")
    return await authenticate_person(core, session.token, origin)
