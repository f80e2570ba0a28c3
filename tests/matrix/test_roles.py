"""The matrix of roles: operations × members with every role, in one organization (O-1, O-5, U-4).

The expectation comes from two tables that are written apart from the implementation: who has which capability
(`tests/core/access/test_roles.py`), and what each action needs (`tests/core/access/test_decide.py`). A denial
changes nothing and is logged once. Only requests that read are sent where the role allows them, because
`test_matrix.py` sends all the others as the owner.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import pytest

from strongroom_core.access.action import Action, Plane
from strongroom_core.access.roles import RIGHT_NAMES
from strongroom_core.crypto.random import new_id
from strongroom_testkit.members import access_role
from strongroom_testkit.people import Person, make_account
from tests.core.access.test_decide import ROWS
from tests.core.access.test_roles import WHO
from tests.requests import REQUESTS, actions_of

from .expected import OF_KEYS
from .matrix_world import MatrixWorld, Visitor, entries_wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_PEOPLE = {name: action for name, action in actions_of(Plane.HUMAN).items() if action is not None}

NEVER_CUSTOM = {"vault.convert", "vault.delete", "ownership.transfer"}
"""Capabilities that no custom role can have."""

INSIDE = {"application", "project", "secret", "policy"}
"""Kinds of object that exist only for members whose access role covers them."""

PERSONAL = {"device", "key", "passkey", "session", "invitation"}
"""Kinds of object that belong to one person: here the owner, or nobody who sends these requests."""


class Member(StrEnum):
    """The caller. All but the last five have an access role with every right."""

    ADMIN = "admin"
    DEVELOPER = "developer"
    COLLABORATOR = "collaborator"
    WITH = "a custom role with exactly the needed capability"
    WITHOUT = "a custom role with every capability but the needed one"
    POWERLESS = "a custom role without any capability"
    NO_ACCESS = "an admin without an access role"
    SUSPENDED = "a suspended admin"
    REMOVED = "an admin who was removed"
    ENDED = "an admin whose membership has ended"
    INVITED = "someone who is only invited"


OUTSIDE = {Member.SUSPENDED, Member.REMOVED, Member.ENDED, Member.INVITED}


def capabilities(member: Member, needed: str | None) -> set[str]:
    """Return the vault capabilities of a caller, by the product's table."""
    match member:
        case Member.WITH:
            return {needed} if needed in WHO else set()
        case Member.WITHOUT:
            return set(WHO) - NEVER_CUSTOM - {needed}
        case Member.POWERLESS:
            return set()
        case Member.NO_ACCESS:
            return {name for name, roles in WHO.items() if "admin" in roles}
        case _:
            return {name for name, roles in WHO.items() if member.value in roles}


def denial(  # noqa: PLR0911 -- one for each rule
    operation: str, action: Action, member: Member
) -> tuple[int, str] | None:
    """Return the status and code of a denial, or None if the role allows the operation."""
    row = ROWS[action.name]
    if member in OUTSIDE:
        return (401, "not_authenticated")
    if row.operator:
        return (403, "no_capability")
    if operation in OF_KEYS:
        return (404, "not_found")
    own_invitation = row.about == "invitation" and row.needs is None
    if row.about in PERSONAL and (row.about != "invitation" or own_invitation):
        return (404, "not_found")
    if row.about in INSIDE and member is Member.NO_ACCESS:
        return (404, "not_found")
    held = capabilities(member, row.needs)
    # `shares.create` is a capability of both kinds of role. For a project, the access role decides.
    of_vault = row.needs in WHO and not (row.needs == "shares.create" and row.about == "project")
    if of_vault and row.needs not in held:
        return (403, "no_capability")
    of_others = row.about == "share" or operation == "readEntry"
    if of_others and "audit.view_others" not in held:
        return (404, "not_found")
    return None


@dataclass(slots=True)
class Organization:
    """The members of the matrix's own vault."""

    matrix: MatrixWorld
    roles: dict[str, str]
    people: dict[str, Visitor]

    async def visitor(self, member: Member, needed: str | None) -> Visitor | None:
        """Return a member with a session, or None if no custom role can have the needed capability."""
        if member in (Member.WITH, Member.WITHOUT):
            custom = needed in WHO and needed not in NEVER_CUSTOM
            if not custom:
                return None
        key = f"{member} {needed}" if member in (Member.WITH, Member.WITHOUT) else member.value
        if key not in self.people:
            self.people[key] = await self._join(member, needed)
        return self.people[key]

    async def _join(self, member: Member, needed: str | None) -> Visitor:
        """Insert a membership and a session: joining is tested elsewhere."""
        world, matrix = self.matrix.mine.world, self.matrix
        name = f"role-{len(self.people)}"
        account = await make_account(world.core, name)
        person = Person(f"{name}@example.org", name, "", account, world.person.vault)
        role = "admin"
        if member in (Member.DEVELOPER, Member.COLLABORATOR):
            role = member.value
        elif member in (Member.WITH, Member.WITHOUT, Member.POWERLESS):
            role = await self._custom(sorted(capabilities(member, needed)))
        now = world.core.clock.now()
        if member is not Member.INVITED:
            await matrix.administrator.execute(
                "insert into member (vault, id, account, vault_role, custom_role, access_role, status,"
                " joined_at, ends_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                person.vault,
                new_id("mem"),
                account,
                role,
                role if role.startswith("vrole_") else None,
                None if member is Member.NO_ACCESS else self.roles["everything"],
                "suspended" if member is Member.SUSPENDED else "active",
                now,
                now if member is Member.ENDED else None,
            )
        visitor = await matrix.visitor_for(person)
        if member is Member.REMOVED:
            await matrix.administrator.execute("delete from member where account = $1", account)
        return visitor

    async def _custom(self, held: list[str]) -> str:
        key = " ".join(held)
        if key not in self.roles:
            self.roles[key] = role = new_id("vrole")
            await self.matrix.administrator.execute(
                "insert into vault_role (vault, id, name, name_folded, capabilities, created_at)"
                " values ($1, $2, $2, $2, $3, $4)",
                self.matrix.mine.world.person.vault,
                role,
                held,
                self.matrix.core.clock.now(),
            )
        return self.roles[key]


@pytest.fixture(scope="module")
async def organization(matrix: MatrixWorld) -> Organization:
    """The matrix's own vault, with one access role for everything."""
    role = await access_role(matrix.mine.world, "Everything", rights=RIGHT_NAMES)
    return Organization(matrix, {"everything": role.id}, {})


@pytest.mark.parametrize("operation", OF_PEOPLE)
async def test_members(organization: Organization, cells: Counter[str], operation: str) -> None:
    """O-1, O-5, U-4: each role can do what the table says; a denial changes nothing and is logged once."""
    matrix, action = organization.matrix, OF_PEOPLE[operation]
    row = ROWS[action.name]
    wrong: list[str] = []
    for member in Member:
        wanted = denial(operation, action, member)
        reads = action.reads_only and REQUESTS[operation].method == "GET"
        if wanted is None and not reads:
            continue
        visitor = await organization.visitor(member, row.needs)
        if visitor is None or visitor.person is None:
            continue
        place = await matrix.place(REQUESTS[operation].state)
        words: Mapping[str, str] = {**place.words, **_UNKNOWN, "password": "no password"}
        request = REQUESTS[operation].fill(words)
        await matrix.settle()
        answer = await visitor.ask(request)
        entries = [
            (e["vault"], e["action"], e["outcome"], e["reason"]) for e in await matrix.new_entries()
        ]
        found = (answer.status_code, None if answer.is_success else answer.json().get("code"))
        cells[str(answer.status_code)] += 1
        if found != (wanted or (200, None)):
            wrong.append(f"{member}: {found}, not {wanted or 'allowed'}")
        logged = entries_wanted(action, visitor.person.vault, *wanted) if wanted else []
        logged = [] if wanted is not None and wanted[0] == 401 else logged
        if sorted(entries, key=str) != sorted(logged, key=str):
            wrong.append(f"{member}: entries {entries}, not {logged}")
        wrong += [f"{member}: changed {table}" for table in await matrix.changed()]

    assert not wrong, "\n".join(wrong)


_UNKNOWN = dict.fromkeys(("code", "credential", "client_data", "attestation"), "")
