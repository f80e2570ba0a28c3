"""The one door. Every effect on a vault happens inside `perform`, and is on the record or undone.

::

    async with gate.perform(core, caller, Action.SECRET_DELETE, secret_id) as act:
        …                    # the effect, on act.connection or through Piccolo
        act.record(version=3)   # particulars for the entry

The steps, numbered in the code:

(1) the server is unsealed;
(2) a transaction begins that sees the caller's vault only; a machine's nonce is spent in it;
(3) the target is loaded there, locked as the rule asks: a foreign id is absent;
(4) `decide` allows it, or the act is refused;
(5) the effect;
(6) the entry is appended in the same transaction: if it cannot be, the effect is undone;
(7) a refusal, from (3), (4) or (5), undoes the effect and leaves an entry of its own.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from strongroom_core.access.actions import RULES, Action, ObjectKind, Recorded, Rule
from strongroom_core.access.admission import (
    admit_machine,
    name_of_machine,
    spend_nonce,
)
from strongroom_core.access.counters import strangers_have_said_enough
from strongroom_core.access.decide import decide
from strongroom_core.access.project_lock import stop_reads_about
from strongroom_core.access.targets import Target, is_id_of, load
from strongroom_core.audit import log
from strongroom_core.audit.entry import Detail, Entry, Outcome
from strongroom_core.crypto.random import new_uuid, random_bytes
from strongroom_core.kernel.caller import Caller, Human, Machine, System, Visitor
from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    Busy,
    Changed,
    Frozen,
    IntegrityFailure,
    NotAuthenticated,
    NotFound,
    Refused,
    Sealed,
    StrongroomError,
    Unavailable,
)
from strongroom_core.kernel.ids import INSTALLATION, VaultId

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime
    from uuid import UUID

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.authority import SecretKind
    from strongroom_core.kernel.origin import Origin

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
    name: str | None = None

    @property
    def target(self) -> Target:
        """The object the act is about, as it was when the act began."""
        if self.found is None:
            raise ValueError("this act is about no object")
        return self.found

    @property
    def actor(self) -> tuple[str, str | None, str]:
        """Kind, id and present name of who acts, as versions and entries keep them."""
        return _actor(self.caller, self.name)

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
    if core.sealed:  # (1)
        raise Sealed
    try:
        async with _decided(core, caller, action, target_id, kind) as act:
            yield act
    except AuthenticationFailed:
        raise  # The key is not the machine's any more; `machines/authenticate.py` records what follows.
    except REFUSALS as refusal:
        await record_failure(core, caller, action, target_id, refusal)  # (7)
        raise
    except StrongroomError:
        if isinstance(caller, Machine):
            await _spend(core, caller)
        raise


@asynccontextmanager
async def _decided(
    core: Core, caller: Caller, action: Action, target_id: str | None, kind: SecretKind | None
) -> AsyncGenerator[Act]:
    """Hold the transaction of an act that was allowed, and append its entry at the end."""
    rule, at = RULES[action], core.clock.now()
    if (rule.about is None) != (target_id is None):
        raise ValueError(f"{action} is about {rule.about or 'no object'}")
    vault = _vault_of(caller, rule)
    async with core.database.transaction(vault) as connection:  # (2)
        name = target = None
        if isinstance(caller, Machine):
            name = await admit_machine(connection, caller, at)
        if target_id is not None:
            if rule.stops_reads:
                await stop_reads_about(connection, rule, target_id)
            target = await load(connection, rule, target_id)  # (3)
        refusal = decide(caller, rule, target, now=at, kind=kind)  # (4)
        if refusal is not None:
            raise refusal
        act = Act(connection, caller, vault, at, target, _subject_of(target), name=name)
        yield act  # (5)
        if rule.recorded is Recorded.ALWAYS:  # (6)
            await log.append(connection, _entry(core, act, action, rule, Outcome.DONE))


@dataclass(slots=True)
class Reads:
    """A batch of reads of one vault under way. Each item leaves an entry, delivered or refused."""

    connection: Connection
    core: Core
    at: datetime
    _entries: list[Entry] = field(default_factory=list["Entry"])

    def record(self, caller: Machine, name: str | None, read: Read) -> None:
        """Add the entry of one item: what was read, or was refused and why."""
        refused = read.refusal is not None
        action = Action.SECRET_READ_DENIED if refused else Action.SECRET_READ
        subject = Subject(ObjectKind.SECRET, read.secret, read.name, read.project)
        act = Act(self.connection, caller, caller.vault, self.at, None, subject, name=name)
        act.record(**read.detail)
        outcome = Outcome.REFUSED if refused else Outcome.DONE
        reason = read.refusal.reason if read.refusal is not None else None
        entry = _entry(self.core, act, action, RULES[action], outcome, reason)
        self._entries.append(entry)

    @property
    def entries(self) -> list[Entry]:
        """What will be appended when the batch ends."""
        return self._entries


@dataclass(frozen=True, slots=True)
class Read:
    """One item of a batch, as its entry tells of it. `refusal` None: the value was delivered."""

    secret: str | None
    name: str | None
    project: str | None
    refusal: StrongroomError | None
    detail: Detail


@asynccontextmanager
async def perform_reads(core: Core, vault: VaultId) -> AsyncGenerator[Reads]:
    """Let a batch of reads of one vault happen, in one transaction with all their entries.

    Unlike `perform` it decides nothing: each item is decided by `secrets/read.py`, with the same
    pure functions, and a refused item does not undo its neighbours. What both have in common is
    that nothing leaves before its entry is committed.
    """
    if core.sealed:
        raise Sealed
    async with core.database.transaction(vault) as connection:
        reads = Reads(connection, core, core.clock.now())
        yield reads
        await log.append_many(connection, reads.entries)


async def _spend(core: Core, caller: Machine) -> None:
    """Spend the nonce of a request that failed without being refused: no request is good twice.

    A database that is away has lost it, and the timestamp's window is all that is left then.
    """
    with suppress(Unavailable, Busy):
        async with core.database.transaction(caller.vault) as connection:
            await spend_nonce(connection, caller)


async def record_failure(
    core: Core,
    caller: Caller,
    action: Action,
    target_id: str | None,
    refusal: StrongroomError,
    *,
    subject: Subject | None = None,
) -> None:
    """Leave the entry of an act that was refused or failed, in a transaction of its own.

    `subject` says what it was about where that is known by now; otherwise the id asked for does.
    A machine's nonce is spent with it: otherwise a refused request could be sent again after a
    grant. Strangers leave three entries per network in half an hour and then none.
    """
    vault = _vault_of(caller, RULES[action])
    at, subject = core.clock.now(), subject or _named(RULES[action], target_id)
    recorded_as = _recorded_as(action, caller, refusal)
    async with core.database.transaction(vault) as connection:
        if recorded_as is Action.AUTH_FAILURE and await strangers_have_said_enough(
            connection, caller.origin, at
        ):
            return
        name = None
        if isinstance(caller, Machine):
            await spend_nonce(connection, caller)
            name = await name_of_machine(connection, caller)
        act = Act(connection, caller, vault, at, None, subject, name=name)
        if recorded_as is not action:
            act.record(attempted=action.value)
        rule = RULES[recorded_as]
        entry = _entry(core, act, recorded_as, rule, Outcome.REFUSED, refusal.reason)
        await log.append(connection, entry)


async def record_stranger(
    core: Core,
    origin: Origin,
    named: tuple[UUID, VaultId] | None,
    reason: str,
    *,
    failure: bool,
    lockout: bool,
) -> None:
    """Leave the entry of a failed authentication, and one of the lockout it may have started.

    It belongs to the vault of the machine that was named, if that machine exists; otherwise to the
    installation. Whoever calls has bounded how many there can be.
    """
    vault = named[1] if named is not None else INSTALLATION
    wanted = {Action.AUTH_FAILURE: failure, Action.LOCKOUT_STARTED: lockout}
    actions = [action for action, is_wanted in wanted.items() if is_wanted]
    target = str(named[0]) if named is not None else None
    subject = Subject(ObjectKind.MACHINE if target else None, target, None, None)
    async with core.database.transaction(vault) as connection:
        for action in actions:
            act = Act(connection, Visitor(origin), vault, core.clock.now(), None, subject)
            entry = _entry(core, act, action, RULES[action], Outcome.REFUSED, reason)
            await log.append(connection, entry)


def _recorded_as(action: Action, caller: Caller, refusal: StrongroomError) -> Action:
    """Two refusals have names of their own, by which people search and are alarmed."""
    if isinstance(refusal, IntegrityFailure):
        return Action.INTEGRITY_FAILURE
    if isinstance(caller, Visitor):
        return Action.AUTH_FAILURE
    return action


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
        case Human() | Machine() | System():
            return caller.vault
        case Visitor():
            return INSTALLATION


def _actor(caller: Caller, name: str | None) -> tuple[str, str | None, str]:
    match caller:
        case Machine():
            return "machine", str(caller.id), name or "unknown"
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
    if rule.about is None or target_id is None or not is_id_of(rule.about, target_id):
        return Subject(rule.about, None, None, None)
    return Subject(rule.about, target_id, None, None)
