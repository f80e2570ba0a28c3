"""Decides a batch's items in arrival order, from their facts and the effects of earlier items. Pure.

The first read of a canary freezes projects, so later items there are denied. Only an export still gets the
project's other canaries (R-6), because an intruder who requests everything must not see which canary was
tripped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.projects import PROJECT_FREEZE
from strongroom_core.access.actions.secrets import (
    CANARY_TRIGGERED,
    ROTATION_QUEUE,
    SECRET_DESTROY,
    SECRET_READ,
    SECRET_READ_DENIED,
)
from strongroom_core.access.admission import is_news
from strongroom_core.access.machine_checks import State
from strongroom_core.access.targets import Subject
from strongroom_core.kernel.errors import AuthenticationFailed, Axis, LockedOut, StrongroomError
from strongroom_core.kernel.ids import is_id
from strongroom_core.kernel.policies import Attempt, count_read, rotates_now, stored_conditions
from strongroom_core.reading.checks import refuse_read
from strongroom_core.reading.effects import (
    TRIP_REASON,
    CanaryTripped,
    Counted,
    Destroyed,
    Effect,
    Event,
    NetworkSeen,
    RotationQueued,
    VersionSeen,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from uuid import UUID

    from strongroom_core.access.entry import Detail
    from strongroom_core.kernel.policies import Use
    from strongroom_core.reading.facts import Facts, Request

LEFT_TO_AUTHENTICATION = (LockedOut, AuthenticationFailed)
"""Errors that aren't logged here. A lockout was logged when it started. If a key is no longer the machine's,
it is looked up again; `machines/authenticate.py` counts and logs any failures after that."""


class Decision(msgspec.Struct, frozen=True):
    """The result for one item. If it wasn't denied, its value is delivered once the effects are committed."""

    request: Request
    facts: Facts
    refusal: StrongroomError | None
    effects: list[Effect]


def decide_items(
    requests: Sequence[Request], found: Sequence[Facts], state: State, uses: Mapping[str, Use]
) -> list[Decision]:
    """Decide each item. The state and the uses pass on the effects of one item to the next in this batch.

    `uses` contains the counts of secrets, by the secrets' IDs.
    """
    decisions: list[Decision] = []
    # The projects that this batch's items froze, each with the request that read the canary there.
    frozen: dict[str, tuple[UUID, str] | None] = {}
    for request, before in zip(requests, found, strict=True):
        facts = _since(before, frozen, request)
        state.address, state.machine = request.caller.origin.address, str(request.caller.id)
        state.use = uses.get(request.secret)
        if not request.admitted:
            state.use_nonce(request.caller.id, request.caller.nonce)
        else:
            state.repeated = False
        refusal = refuse_read(facts, state)
        effects = _effects(request, facts, refusal, state)
        if refusal is None and facts.armed:
            trip = _trip(request, facts, frozen)
            effects += trip
            for project in frozen_by(trip):
                frozen[project] = _identity(request) if project == facts.project else None
        decisions.append(Decision(request, facts, refusal, effects))
    return decisions


def frozen_by(effects: Iterable[Effect]) -> set[str]:
    """Return the projects that these effects freeze."""
    trips = [effect for effect in effects if isinstance(effect, CanaryTripped)]
    return {project for trip in trips for project in trip.projects}


def _identity(request: Request) -> tuple[UUID, str]:
    """Return the key that the items of one export have in common."""
    return request.caller.id, request.caller.nonce


def _since(facts: Facts, frozen: dict[str, tuple[UUID, str] | None], request: Request) -> Facts:
    """Return the facts after the freezes by earlier items."""
    if facts.project not in frozen:
        return facts
    spared = facts.armed and facts.freezes and frozen[facts.project] == _identity(request)
    return facts if spared else msgspec.structs.replace(facts, frozen=True)


def _trip(request: Request, facts: Facts, frozen: Collection[str]) -> list[Effect]:
    """Return the effects of reading a canary, in addition to those of any read.

    There is one event per freeze, so further canaries in the same export don't cause any.
    """
    caller, canary, name = request.caller, subject(request, facts), facts.machine_name
    if facts.project in frozen:
        return [CanaryTripped(request.secret, (), name or "unknown")]
    others = zip(facts.cascade_ids or [], facts.cascade_names or [], strict=True)
    projects: dict[str, str | None] = {}
    if facts.freezes and facts.project is not None:
        projects = {facts.project: facts.project_name, **dict(others)}
    froze = [project for project in projects if project not in frozen]
    detail: Detail = {"version": facts.version, "froze": froze}
    freezes = [
        Event(
            caller,
            name,
            PROJECT_FREEZE,
            Subject(ObjectKind.PROJECT, project, projects[project], project),
            detail={"reason": TRIP_REASON},
        )
        for project in froze
    ]
    triggered = Event(caller, name, CANARY_TRIGGERED, canary, detail=detail)
    return [triggered, *freezes, CanaryTripped(request.secret, tuple(froze), name or "unknown")]


def _effects(
    request: Request, facts: Facts, refusal: StrongroomError | None, state: State
) -> list[Effect]:
    """Return an item's effects. An effect can be an entry for any action."""
    caller = request.caller
    if isinstance(refusal, LEFT_TO_AUTHENTICATION):
        return []
    if refusal is not None:
        return [
            Event(
                caller,
                facts.machine_name,
                SECRET_READ_DENIED,
                subject(request, facts),
                refusal,
                _denier(facts, refusal),
            )
        ]
    detail: Detail = {"fields": facts.fields, "version": facts.version}
    read = Event(caller, facts.machine_name, SECRET_READ, subject(request, facts), detail=detail)
    effects: list[Effect] = [read]
    if facts.seen_version != facts.version:
        effects.append(VersionSeen(caller.vault, caller.id, request.secret, facts.version))
    if is_news(facts, state.now):
        effects.append(NetworkSeen(caller.vault, caller.id, caller.origin.network))
    return effects + _counted(request, facts, state)


def _counted(request: Request, facts: Facts, state: State) -> list[Effect]:
    """Count a delivered read if the secret's policy counts reads, and return the effects."""
    conditions, use, caller = stored_conditions(facts.conditions), state.use, request.caller
    if conditions is None or use is None or not conditions.counts:
        return []
    attempt = Attempt(state.machine, state.address, state.now, facts.version)
    effects: list[Effect] = []
    told, name = subject(request, facts), facts.machine_name
    detail: Detail = {"policy": facts.policy, "policy_name": facts.policy_name}
    if count_read(conditions, use, attempt):
        detail["reads"] = use.total
        effects = [
            Event(caller, name, SECRET_DESTROY, told, detail=detail),
            Destroyed(request.secret),
        ]
    elif rotates_now(conditions, use, attempt):
        detail |= {"reads": use.in_version, "version": facts.version}
        effects = [
            Event(caller, name, ROTATION_QUEUE, told, detail=detail),
            RotationQueued(request.secret, facts.version, name or "unknown"),
        ]
    return [Counted(request.secret, use), *effects]


def _denier(facts: Facts, refusal: StrongroomError) -> Detail | None:
    """Name the policy that denied a read."""
    if refusal.logged_as not in _AXES:
        return None
    return {"policy": facts.policy, "policy_name": facts.policy_name}


_AXES = frozenset(axis.value for axis in Axis)


def subject(request: Request, facts: Facts) -> Subject:
    """Name an existing secret in its entry. For any other secret, name only the ID, if it is well formed."""
    if facts.exists:
        return Subject(ObjectKind.SECRET, request.secret, facts.name, facts.project)
    return Subject(
        ObjectKind.SECRET, request.secret if is_id(request.secret, "sk") else None, None, None
    )
