"""Decides whether a caller can perform an action (RBAC). Pure: it returns None or the error.

The order of the checks matters. A caller whose access doesn't include an object learns only that it doesn't
exist. A missing permission is reported before a missing step-up, because stepping up wouldn't help.
"""

from datetime import datetime, timedelta

from strongroom_core.access.action import Action, Plane
from strongroom_core.access.targets import Target
from strongroom_core.kernel.authority import (
    Access,
    Capability,
    Place,
    ProjectCapability,
    SecretKind,
    VaultCapability,
)
from strongroom_core.kernel.caller import Caller, Human, Machine, System, Visitor
from strongroom_core.kernel.clock import is_recent
from strongroom_core.kernel.errors import (
    BrowserRequired,
    Frozen,
    NotFound,
    Refused,
    SecondFactorRequired,
    StepUpRequired,
    StrongroomError,
)
from strongroom_core.kernel.ids import AccountId, ApplicationId
from strongroom_wire.errors import Code

STEP_UP_AGE = timedelta(minutes=10)
"""How long a confirmed password counts for actions that need step-up authentication (A-5)."""

_NOWHERE = Access()


def decide(
    caller: Caller,
    action: Action,
    target: Target | None,
    *,
    now: datetime,
    kind: SecretKind | None = None,
) -> StrongroomError | None:
    """Return None if the caller is allowed to act, otherwise the error to raise.

    `target` is in the caller's own vault, because the gate found it there. `kind` is the kind of a secret
    that is about to be created.
    """
    if _plane_of(caller) not in action.planes:
        return Refused(Code.WRONG_PLANE, "this action isn't available here")
    if isinstance(caller, Human):
        if caller.key is not None and not action.open_to_keys:
            return BrowserRequired(caller.key.server)
        if caller.authority.lacks_factor and not (action.own_account or action.installation):
            return SecondFactorRequired()
        refusal = _decide_for_person(caller, action, target, now, kind)
        if refusal is not None:
            return refusal
    if target is not None and target.frozen and not action.when_frozen:
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
    caller: Human, action: Action, target: Target | None, now: datetime, kind: SecretKind | None
) -> StrongroomError | None:
    if action.operator and not caller.operator:
        return _not_operator()
    access = caller.authority.access or _NOWHERE
    if target is not None and not _exists_for(caller, access, target):
        return NotFound(target.kind.value)
    if action.needs is not None:
        refusal = decide_capability(caller, action.needs, target, kind=kind)
        if refusal is not None:
            return refusal
    if caller.authority.looking and not (action.reads_only or action.by_key):
        return Refused(
            Code.NO_CAPABILITY,
            "this key can only read; run strongroom login for one that can do more",
        )
    return _decide_step_up(caller, now) if action.step_up else None


def _decide_step_up(caller: Human, now: datetime) -> StepUpRequired | None:
    """Return None if the person has confirmed their identity recently, which no key can do for them."""
    if caller.key is not None:
        return StepUpRequired(caller.key.server)
    recent = is_recent(caller.authenticated_at, now, STEP_UP_AGE)
    return None if recent else StepUpRequired()


def require_operator(caller: Caller, action: Action) -> None:
    """Raise `Refused` if only the administrator can do this and the caller isn't one.

    The gate checks this before it loads the target, so that nobody else learns which accounts exist.
    The server's own commands act for the administrator.
    """
    if not action.operator or isinstance(caller, System):
        return
    if not (isinstance(caller, Human) and caller.operator):
        raise _not_operator()


def _not_operator() -> Refused:
    return Refused(Code.NO_CAPABILITY, "only the server's administrator can do this")


def _exists_for(caller: Human, access: Access, target: Target) -> bool:
    if target.holder is not None:
        return target.holder == caller.account
    if target.creator is not None:
        return sees_share(caller, target.creator, target.place)
    if target.projects is not None:
        return access.reaches_application(ApplicationId(target.id), target.projects)
    return target.place is None or access.reaches(target.place)


def sees_share(caller: Human, creator: AccountId, place: Place | None) -> bool:
    """Whether a share exists for this user: it is their own, or belongs to a project in which they can share.

    Other people's shares without a project exist only for users who can see what others do in the vault. For
    a key that is limited to projects, there are only the shares of these.
    """
    access = caller.authority.access or _NOWHERE
    if access.only is not None and (place is None or not access.reaches(place)):
        return False
    if creator == caller.account:
        return True
    if place is None:
        return VaultCapability.AUDIT_VIEW_OTHERS in caller.authority.vault
    return bool(access.kinds(ProjectCapability.SHARES_CREATE, place))


def require_whole(caller: Caller, target: Target | None, what: str, why: str) -> None:
    """Raise `Refused` unless the access role covers all that an act affects.

    That is an application with all its projects, or, for any other target, every project of the vault. The
    error contains `what` the act affects, and `why`.
    """
    access = caller.authority.access if isinstance(caller, Human) else None
    if access is not None and target is not None and target.projects is not None:
        covered = access.covers_application(ApplicationId(target.id), target.projects)
    else:
        covered = access is not None and access.unlimited
    if not covered:
        raise Refused(
            Code.NO_CAPABILITY,
            f"{why}, but your access role doesn't cover all of {what}; ask the vault's owner",
        )


def decide_capability(
    caller: Human, needed: Capability, target: Target | None, *, kind: SecretKind | None = None
) -> Refused | None:
    """Return None if a person's access includes the target with this capability, otherwise the error."""
    if isinstance(needed, VaultCapability):
        allowed = needed in caller.authority.vault
    else:
        access = caller.authority.access or _NOWHERE
        place = target.place if target is not None else None
        kinds = access.kinds(needed, place) if place is not None else frozenset[SecretKind]()
        wanted = kind or (target.secret_kind if target is not None else None)
        allowed = bool(kinds) if wanted is None else wanted in kinds
    if allowed:
        return None
    return Refused(Code.NO_CAPABILITY, f"you need {needed}; ask the vault's owner")
