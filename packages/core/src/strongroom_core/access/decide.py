"""May they? Pure: a caller, a rule and a target in, nothing or the refusal out.

The order is part of the answer: a stranger to an object learns that it is absent before anything
else, and a missing right is told before a missing proof of identity, which would not help.
"""

from datetime import datetime, timedelta

from strongroom_core.access.actions import Plane, Rule
from strongroom_core.access.targets import Target
from strongroom_core.kernel.authority import (
    Access,
    ProjectCapability,
    SecretKind,
    VaultCapability,
)
from strongroom_core.kernel.caller import Caller, Human, Machine, System, Visitor
from strongroom_core.kernel.errors import Frozen, NotFound, Refused, StepUpRequired, StrongroomError

STEP_UP_AGE = timedelta(minutes=10)
"""How long a proof of identity serves the acts that ask for a fresh one (A-5)."""

_NOWHERE = Access()


def decide(
    caller: Caller,
    rule: Rule,
    target: Target | None,
    *,
    now: datetime,
    kind: SecretKind | None = None,
) -> StrongroomError | None:
    """Return None when the caller may, else the error to raise.

    `target` is of the caller's own vault: the gate found it there. `kind` is the kind of a secret
    that does not exist yet.
    """
    if _plane_of(caller) not in rule.planes:
        return Refused("wrong_plane", "this is not done from here")
    if isinstance(caller, Human):
        refusal = _decide_for_person(caller, rule, target, now, kind)
        if refusal is not None:
            return refusal
    if target is not None and target.frozen and not rule.when_frozen:
        return Frozen()
    return None


def _plane_of(caller: Caller) -> Plane:
    match caller:
        case Human():
            return Plane.HUMAN
        case Machine():
            return Plane.MACHINE
        case Visitor():
            return Plane.PUBLIC
        case System():
            return Plane.JOB


def _decide_for_person(
    caller: Human, rule: Rule, target: Target | None, now: datetime, kind: SecretKind | None
) -> StrongroomError | None:
    access = caller.authority.access or _NOWHERE
    if target is not None and target.place is not None and not access.reaches(target.place):
        return NotFound(target.kind.value)
    place = target.place if target is not None else None
    match rule.capability:
        case VaultCapability() as needed:
            allowed = needed in caller.authority.vault
        case ProjectCapability() as needed:
            kinds = access.kinds(needed, place) if place is not None else frozenset[SecretKind]()
            wanted = kind or (target.secret_kind if target is not None else None)
            allowed = bool(kinds) if wanted is None else wanted in kinds
        case None:
            needed, allowed = None, True
    if not allowed:
        return Refused("no_capability", f"your role lacks {needed}: ask the vault's owner for it")
    if rule.step_up and now - caller.authenticated_at > STEP_UP_AGE:
        return StepUpRequired()
    return None
