"""The matrix of people: operations × callers × objects in every state (V-7, D-4, L-1)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import httpx
import pytest

from strongroom_core.access.action import Action, Plane
from tests.places import State
from tests.requests import REQUESTS, UNDONE, actions_of, get

from .expected import STRANGERS, Who, expected
from .factors import prepare
from .matrix_world import MatrixWorld, entries_wanted

OF_PEOPLE = {name: action for name, action in actions_of(Plane.HUMAN).items() if action is not None}

ENDS_OTHERS = {
    "endOtherSessions",
    "changePassword",
    "confirmApp",
    "deleteApp",
    "createRecoveryCodes",
    "createPasskey",
    "deletePasskey",
}
"""Operations that end all other sessions of the same person."""

TELLS_PLANS = {"choosePlan", "readVaultPlan"}

OF_A_THIRD_VAULT = {"acceptInvitation", "declineInvitation"}
"""Operations that succeed in neither of the two vaults, and are logged where they do."""

TELLS = {"givePlan"}
"""The administrator's operations that are also logged in the affected vault."""

RELATIONS = [(state, True) for state in State] + [(State.LIVE, False)]
"""The object's state, and whether it is in the owner's vault; missing objects are in none."""


@pytest.mark.parametrize("operation", OF_PEOPLE)
async def test_people(matrix: MatrixWorld, cells: Counter[str], operation: str) -> None:
    """V-7, D-4, L-1: each cell's response matches the table, and reveals nothing about another vault.

    A denial changes nothing, and causes exactly one event.
    """
    wrong: list[str] = []
    for who in Who:
        for state, mine in RELATIONS:
            cell = Cell(operation, OF_PEOPLE[operation], who, state, mine=mine)
            complaints = await cell.look(matrix)
            wrong += [f"{cell}: {complaint}" for complaint in complaints]
            cells[str(cell.wanted[0])] += 1

    assert not wrong, "\n".join(wrong)


async def test_the_search_for_leaks_can_fail(matrix: MatrixWorld) -> None:
    """V-7: text that must not occur in other people's responses does occur in its owner's responses."""
    theirs = await matrix.place(State.LIVE, mine=False)
    other = await matrix.visitor(Who.OTHER)
    paths = [
        f"/api/projects/{theirs.project}/machines",
        f"/api/machines/{theirs.pending}",
        f"/api/applications/{theirs.application}",
        f"/api/secrets/{theirs.secret}",
        f"/api/projects/{theirs.project}/canaries",
        f"/api/policies/{theirs.policy}",
        f"/api/audit/{theirs.entry}",
        f"/api/machines/{theirs.temporary}/extensions",
        "/api/enrollment-tokens",
        f"/api/enrollment-tokens/{theirs.enrollment_token}",
        "/api/ip-allowlist",
        "/api/trusts",
        f"/api/trusts/{theirs.trust}",
        "/api/webhooks",
        f"/api/webhooks/{theirs.webhook}/deliveries",
        "/api/account/factors",
        "/api/account/sessions",
        "/api/account/devices",
        "/api/shares",
        f"/api/shares/{theirs.share}",
        f"/api/secrets/{theirs.secret}/drop-boxes",
        f"/api/machines/{theirs.temporary}",
        "/api/session",
        "/api/plan",
        "/api/keys",
        f"/api/members/{theirs.member}",
        f"/api/members/{theirs.suspended}",
        "/api/account/invitations",
        "/api/access-roles",
        "/api/vault-roles",
    ]
    requests = [get(path) for path in paths]
    requests.append(get("/api/invitations", query={"limit": "200"}))
    told = "".join([(await other.ask(each)).text for each in requests])

    assert [trace for trace in matrix.traces(matrix.theirs, theirs) if trace not in told] == []


@dataclass(frozen=True, slots=True)
class Cell:
    """One caller's request about an object."""

    operation: str
    action: Action
    who: Who
    state: State
    mine: bool

    @property
    def own(self) -> bool:
        """Whether the object is in the caller's vault."""
        return self.mine is (self.who is not Who.OTHER)

    @property
    def wanted(self) -> tuple[int, str | None]:
        """The status and code that the table requires."""
        return expected(self.operation, self.action, self.who, self.state, own=self.own)

    async def look(self, matrix: MatrixWorld) -> list[str]:
        """Send the request; return everything that is wrong with the result."""
        visitor = await matrix.visitor(self.who)
        place = await matrix.place(self.state, mine=self.mine)
        other = await matrix.place(State.LIVE, mine=self.who is Who.OTHER)
        prepared = await prepare(matrix, self.operation, visitor)
        request = REQUESTS[self.operation].fill({**place.words, **visitor.words, **prepared})
        await matrix.settle()
        answer = await visitor.ask(request)
        entries = await matrix.new_entries()
        status, code = self.wanted
        complaints = [*_differs("status", 200 if answer.is_success else answer.status_code, status)]
        complaints += _differs("code", _code(answer), code)
        if status == 200:
            if request.method != "GET":
                matrix.forget(place)
            if self.operation in ("signOut", "stepUp"):
                matrix.leave(self.who)
            if self.operation in ENDS_OTHERS:
                matrix.leave_others(self.who)
            if self.operation in UNDONE:
                await matrix.administrator.execute(UNDONE[self.operation])
            if self.operation == "enableAllowlist":
                await visitor.ask(REQUESTS["disableAllowlist"])  # so that machines go on
                await matrix.new_entries()
        else:
            complaints += [f"changed {table}" for table in await matrix.changed()]
        vault = visitor.person.vault if visitor.person else ""
        # Events of one transaction aren't ordered among themselves.
        # A new vault's own log begins with its creation.
        logs = {"installation", *(each.world.person.vault for each in (matrix.mine, matrix.theirs))}
        left = sorted(
            (e["vault"], e["action"], e["outcome"], e["reason"])
            for e in entries
            if e["vault"] in logs
        )
        known = self.who not in STRANGERS
        wanted = entries_wanted(self.action, vault, status, code) if known else []
        if self.operation in OF_A_THIRD_VAULT and status == 200:
            wanted = []
        if self.operation in TELLS and status == 200:
            wanted = sorted([*wanted, (place.own_vault, *wanted[0][1:])])
        complaints += _differs("entries", left, wanted)
        strange = [matrix.mine if self.who is Who.OTHER else matrix.theirs]
        strange = strange if known else [matrix.mine, matrix.theirs]
        traces = [trace for each in strange for trace in matrix.traces(each, other)]
        if self.action.operator or self.operation in TELLS_PLANS:
            traces = []  # The administrator sees all vaults' names and owners. Plans belong to no vault.
        told = answer.text + str(answer.headers)
        complaints += [f"tells {trace}" for trace in ["MARKER", *traces] if trace in told]
        return complaints


def _differs(what: str, found: object, wanted: object) -> list[str]:
    return [] if found == wanted else [f"{what} {found}, not {wanted}"]


def _code(answer: httpx.Response) -> str | None:
    return None if answer.is_success else answer.json().get("code")
