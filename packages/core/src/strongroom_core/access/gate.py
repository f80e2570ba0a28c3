"""The one door. Every effect on a vault happens inside `perform`, and is on the record or undone.

::

    async with gate.perform(core, caller, Action.SECRET_DELETE, secret_id) as act:
        …                    # the effect, on act.connection or through Piccolo
        act.record(version=3)   # particulars for the entry

The steps, numbered in the code:

(1) the server is unsealed;
(2) a transaction begins that sees the caller's vault only;
(3) the target is loaded there, locked as the rule asks: a foreign id is absent;
(4) `decide` allows it, or the act is refused;
(5) the effect;
(6) the entry is appended in the same transaction: if it cannot be, the effect is undone;
(7) a refusal, from (3), (4) or (5), undoes the effect and leaves an entry of its own.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from strongroom_core.access.actions import RULES, Action, ObjectKind, Recorded, Rule
from strongroom_core.access.counters import strangers_have_said_enough
from strongroom_core.access.decide import decide
from strongroom_core.access.targets import PREFIXES, Target, load
from strongroom_core.audit import log
from strongroom_core.audit.entry import Detail, Entry, Outcome
from strongroom_core.crypto.random import new_uuid, random_bytes
from strongroom_core.kernel.caller import Caller, Human, System, Visitor
from strongroom_core.kernel.errors import (
    Changed,
    Frozen,
    IntegrityFailure,
    NotAuthenticated,
    NotFound,
    Refused,
    Sealed,
    StrongroomError,
)
from strongroom_core.kernel.ids import INSTALLATION, VaultId, is_id

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.authority import SecretKind

REFUSALS = (Refused, NotFound, Frozen, NotAuthenticated, IntegrityFailure)
"""What leaves an entry. Bad input, collisions and a busy server are no refusals: nothing was denied."""


@dataclass(slots=True)
class Act:
    """One act under way: where its effects go, and what its entry will say."""

    connection: Connection
    caller: Caller
    vault: VaultId
    at: datetime
    found: Target | None
    subject: Subject
    detail: Detail = field(default_factory=dict[str, Any])

    @property
    def target(self) -> Target:
        """The object the act is about, as it was when the act began."""
        if self.found is None:
            raise ValueError("this act is about no object")
        return self.found

    @property
    def actor(self) -> tuple[str, str | None, str]:
        """Kind, id and present name of who acts, as versions and entries keep them."""
        return _actor(self.caller)

    def require_revision(self, expected: int | None) -> None:
        """Refuse to change what was changed since the caller looked. None: they did not look."""
        if expected is not None and expected != self.target.revision:
            raise Changed

    def record(self, **detail: str | int | bool | list[str] | None) -> None:
        """Add particulars to the entry. Never a value, a token or a key."""
        self.detail.update(detail)

    def concerns(
        self, kind: ObjectKind, target_id: str, name: str, project: str | None = None
    ) -> None:
        """Name the object that the entry is about, where the act itself makes it."""
        self.subject = Subject(kind, target_id, name, project)


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry says it is about."""

    kind: ObjectKind | None
    id: str | None
    name: str | None
    project: str | None


@asynccontextmanager
async def perform(
    core: Core,
    caller: Caller,
    action: Action,
    target_id: str | None = None,
    *,
    kind: SecretKind | None = None,
) -> AsyncGenerator[Act]:
    """Let one act happen, decided, scoped and on the record; or refuse it, on the record.

    `target_id` names the object the action's rule is about; `kind` is the kind of a secret about
    to be made. Acts do not nest. Raises `Sealed`, `NotFound`, `Refused`, `Frozen` and whatever the
    block raises; after any of them nothing of the act remains but the entry of its refusal.
    """
    rule = RULES[action]
    if core.sealed:  # (1)
        raise Sealed
    vault = _vault_of(caller, rule)
    at = core.clock.now()
    try:
        async with core.database.transaction(vault) as connection:  # (2)
            target = None
            if target_id is not None:
                target = await load(connection, rule, target_id)  # (3)
            refusal = decide(caller, rule, target, now=at, kind=kind)  # (4)
            if refusal is not None:
                raise refusal
            act = Act(connection, caller, vault, at, target, _subject_of(target))
            yield act  # (5)
            if rule.recorded is Recorded.ALWAYS:  # (6)
                entry = _entry(core, act, action, rule, Outcome.DONE)
                await log.append(connection, entry)
    except REFUSALS as refusal:
        await _record_refusal(core, caller, action, vault, target_id, refusal)  # (7)
        raise


async def _record_refusal(
    core: Core,
    caller: Caller,
    action: Action,
    vault: VaultId,
    target_id: str | None,
    refusal: StrongroomError,
) -> None:
    rule, at = RULES[action], core.clock.now()
    async with core.database.transaction(vault) as connection:
        if isinstance(caller, Visitor):
            action, rule = Action.AUTH_FAILURE, RULES[Action.AUTH_FAILURE]
            if await strangers_have_said_enough(connection, caller.origin, at):
                return
        act = Act(connection, caller, vault, at, None, _named(rule, target_id))
        entry = _entry(core, act, action, rule, Outcome.REFUSED, reason=_reason(refusal))
        await log.append(connection, entry)


def _reason(refusal: StrongroomError) -> str:
    return refusal.reason if isinstance(refusal, Refused) else refusal.code


def _entry(
    core: Core, act: Act, action: Action, rule: Rule, outcome: Outcome, reason: str | None = None
) -> Entry:
    actor_kind, actor_id, actor_name = act.actor
    subject = act.subject
    return Entry(
        vault=act.vault,
        id=new_uuid(act.at),
        at=act.at,
        incarnation=core.incarnation,
        action=action.value,
        severity=rule.severity,
        outcome=outcome,
        reason=reason,
        actor_kind=actor_kind,
        actor_id=actor_id,
        actor_name=actor_name,
        target_kind=subject.kind.value if subject.kind is not None else None,
        target_id=subject.id,
        target_name=subject.name,
        project=subject.project,
        address=act.caller.origin.address,
        country=None,
        request_id=act.caller.origin.request_id,
        detail=act.detail,
        salt=random_bytes(16),
    )


def _vault_of(caller: Caller, rule: Rule) -> VaultId:
    if rule.installation:
        return INSTALLATION
    match caller:
        case Human() | System():
            return caller.vault
        case Visitor():
            return INSTALLATION


def _actor(caller: Caller) -> tuple[str, str | None, str]:
    match caller:
        case Human():
            return "user", caller.account, caller.username
        case Visitor():
            return "external", None, "stranger"
        case System():
            return "system", None, caller.name


def _subject_of(target: Target | None) -> Subject:
    if target is None:
        return Subject(None, None, None, None)
    project = target.place.project if target.place is not None else None
    return Subject(target.kind, target.id, target.name, project)


def _named(rule: Rule, target_id: str | None) -> Subject:
    """What a refused entry says of its target: the id asked for, if it is one at all, and no more.

    A name could be looked up, but then the entry of a refusal would depend on what is there.
    """
    if rule.about is None or target_id is None or not is_id(target_id, PREFIXES[rule.about]):
        return Subject(rule.about, None, None, None)
    return Subject(rule.about, target_id, None, None)
