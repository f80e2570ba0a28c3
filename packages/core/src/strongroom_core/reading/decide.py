"""Decides a batch's items in arrival order, from their facts and the effects of earlier items. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.secrets import SECRET_READ, SECRET_READ_DENIED
from strongroom_core.access.admission import is_news
from strongroom_core.access.gate import Subject
from strongroom_core.access.machine_checks import State
from strongroom_core.kernel.errors import AuthenticationFailed, LockedOut, StrongroomError
from strongroom_core.kernel.ids import is_id
from strongroom_core.reading.checks import refuse_read
from strongroom_core.reading.effects import Effect, Event, NetworkSeen, VersionSeen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.access.entry import Detail
    from strongroom_core.reading.facts import Facts, Request

LEFT_TO_AUTHENTICATION = (LockedOut, AuthenticationFailed)
"""Errors that aren't logged here. A lockout was logged when it started. If a key is no longer the machine's,
the key is looked up again; failures after that are counted and logged by `machines/authenticate.py`."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The result for one item. If it wasn't denied, its value is delivered once the effects are committed."""

    request: Request
    facts: Facts
    refusal: StrongroomError | None
    effects: list[Effect]


def decide_items(
    requests: Sequence[Request], found: Sequence[Facts], state: State
) -> list[Decision]:
    """Decide each item. The state carries what one item did on to the next, within this batch."""
    decisions: list[Decision] = []
    for request, facts in zip(requests, found, strict=True):
        state.address = request.caller.origin.address
        if not request.admitted:
            state.use_nonce(request.caller.id, request.caller.nonce)
        else:
            state.repeated = False
        refusal = refuse_read(facts, state)
        effects = _effects(request, facts, refusal, state)
        decisions.append(Decision(request, facts, refusal, effects))
    return decisions


def _effects(
    request: Request, facts: Facts, refusal: StrongroomError | None, state: State
) -> list[Effect]:
    """Return an item's effects. An effect can be an entry for any action."""
    caller = request.caller
    if isinstance(refusal, LEFT_TO_AUTHENTICATION):
        return []
    if refusal is not None:
        return [
            Event(caller, facts.machine_name, SECRET_READ_DENIED, subject(request, facts), refusal)
        ]
    detail: Detail = {"fields": facts.fields, "version": facts.version}
    read = Event(caller, facts.machine_name, SECRET_READ, subject(request, facts), detail=detail)
    effects: list[Effect] = [read]
    if facts.seen_version != facts.version:
        effects.append(VersionSeen(caller.vault, caller.id, request.secret, facts.version))
    if is_news(facts, state.now):
        effects.append(NetworkSeen(caller.vault, caller.id, caller.origin.network))
    return effects


def subject(request: Request, facts: Facts) -> Subject:
    """Name an existing secret in its entry. Of any other, name only the ID, if it is well formed."""
    if facts.exists:
        return Subject(ObjectKind.SECRET, request.secret, facts.name, facts.project)
    return Subject(
        ObjectKind.SECRET, request.secret if is_id(request.secret, "sk") else None, None, None
    )
