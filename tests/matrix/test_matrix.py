"""The matrix of people: operations × who asks × whose object, and how it is (V-7, D-4, L-1)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import httpx
import pytest

from strongroom_core.access.actions import Action, Plane
from strongroom_core.access.operations import OPERATIONS

from .asks import MAKERS, Ask
from .expected import STRANGERS, Who, expected
from .hall import Hall, changed, entries_wanted
from .places import State

OF_PEOPLE = {
    name: operation.action
    for name, operation in OPERATIONS.items()
    if operation.plane is Plane.HUMAN and operation.action is not None
}

RELATIONS = [(state, True) for state in State] + [(State.LIVE, False)]
"""State of the object, and whether it is of the owner's vault; absent ones are of none."""


def test_every_operation_of_people_is_in_the_matrix() -> None:
    """D-4: no operation is unlisted: a new one fails here until the matrix can ask for it."""
    assert MAKERS.keys() == OF_PEOPLE.keys()


@pytest.mark.parametrize("operation", OF_PEOPLE)
async def test_people(hall: Hall, cells: Counter[str], operation: str) -> None:
    """V-7, D-4, L-1: each cell answers what the table says, and tells nothing of another vault.

    Where it refuses it changes nothing, and leaves exactly one entry of a refusal.
    """
    wrong: list[str] = []
    for who in Who:
        for state, mine in RELATIONS:
            cell = Cell(operation, OF_PEOPLE[operation], who, state, mine=mine)
            complaints = await cell.look(hall)
            wrong += [f"{cell}: {complaint}" for complaint in complaints]
            cells[str(cell.wanted[0])] += 1

    assert not wrong, "\n".join(wrong)


async def test_what_leaked_would_be_seen(hall: Hall) -> None:
    """V-7: the texts that no answer to somebody else may hold are in the answers to their owner."""
    theirs = await hall.place(State.LIVE, mine=False)
    other = await hall.visitor(Who.OTHER)
    paths = [
        f"/api/projects/{theirs.project}/machines",
        f"/api/machines/{theirs.pending}",
        f"/api/applications/{theirs.application}",
        f"/api/secrets/{theirs.secret}",
        f"/api/audit/{theirs.entry}",
        "/api/session",
    ]
    told = "".join([(await other.ask(Ask("GET", path))).text for path in paths])

    assert [trace for trace in hall.traces(hall.theirs, theirs) if trace not in told] == []


@dataclass(frozen=True, slots=True)
class Cell:
    """One request of somebody about something."""

    operation: str
    action: Action
    who: Who
    state: State
    mine: bool

    @property
    def own(self) -> bool:
        """Whether the object is of the vault of whoever asks."""
        return self.mine is (self.who is not Who.OTHER)

    @property
    def wanted(self) -> tuple[int, str | None]:
        """Status and code that the table asks for."""
        return expected(self.operation, self.action, self.who, self.state, own=self.own)

    async def look(self, hall: Hall) -> list[str]:
        """Send the request; return what is wrong with what happened."""
        visitor = await hall.visitor(self.who)
        place = await hall.place(self.state, mine=self.mine)
        other = await hall.place(State.LIVE, mine=self.who is Who.OTHER)
        word = visitor.person.password if visitor.person else "no password at all"
        ask = MAKERS[self.operation](place, word)
        await hall.new_entries()
        before = hall.quiet or await hall.held()
        answer = await visitor.ask(ask)
        entries = await hall.new_entries()
        status, code = self.wanted
        complaints = [*_differs("status", 200 if answer.is_success else answer.status_code, status)]
        complaints += _differs("code", _code(answer), code)
        if status == 200:
            hall.forget(place)
            hall.quiet = None
            if self.operation in ("logOut", "stepUp"):
                hall.leave(self.who)
        else:
            after = hall.quiet = await hall.held()
            complaints += [f"changed {table}" for table in changed(before, after)]
        vault = visitor.person.vault if visitor.person else ""
        left = [(e["vault"], e["action"], e["outcome"], e["reason"]) for e in entries]
        known = self.who not in STRANGERS
        complaints += _differs(
            "entries", left, entries_wanted(self.action, vault, status, code) if known else []
        )
        strange = [hall.mine if self.who is Who.OTHER else hall.theirs]
        strange = strange if known else [hall.mine, hall.theirs]
        traces = [trace for each in strange for trace in hall.traces(each, other)]
        told = answer.text + str(answer.headers)
        complaints += [f"tells {trace}" for trace in ["MARKER", *traces] if trace in told]
        return complaints


def _differs(what: str, found: object, wanted: object) -> list[str]:
    return [] if found == wanted else [f"{what} {found}, not {wanted}"]


def _code(answer: httpx.Response) -> str | None:
    return None if answer.is_success else answer.json().get("code")
