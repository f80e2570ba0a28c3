"""The only way to have an effect on a vault: `perform` decides, and logs the act in the same transaction.

::

    async with gate.perform(core, caller, SECRET_DELETE, secret_id) as act:
        …                    # the effect, by act.run(a Piccolo query) or on act.connection
        act.record(version=3)   # details for the entry

The steps, numbered in the code:

(1) the server is unsealed;
(2) a transaction begins that sees only the caller's vault (tenant isolation); a person's waits for its turn;
    a machine's nonce is recorded in it (replay protection);
(3) the target is loaded and locked as the action requires; IDs in other vaults don't exist;
(4) `decide` allows or denies the act;
(5) the effect is performed;
(6) the entry is appended in the same transaction; if that fails, the effect is undone;
(7) a denial in (3), (4) or (5) undoes the effect and is logged in a separate transaction.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import structs

from strongroom_core.access import log
from strongroom_core.access.action import Action, ObjectKind, Recorded
from strongroom_core.access.actions.accounts import AUTH_FAILURE
from strongroom_core.access.actions.machines import LOCKOUT_STARTED
from strongroom_core.access.actions.secrets import (
    INTEGRITY_FAILURE,
    SECRET_READ_DENIED,
    SECRETS_EXPORT,
)
from strongroom_core.access.admission import admit_machine, find_signer
from strongroom_core.access.counters import strangers_have_said_enough
from strongroom_core.access.decide import decide, decide_capability, require_operator, require_whole
from strongroom_core.access.entry import (
    HIDDEN,
    Claimed,
    Detail,
    Entry,
    OnBehalfOf,
    Outcome,
    actor_of,
)
from strongroom_core.access.project_lock import stop_reads_about
from strongroom_core.access.targets import (
    Path,
    Subject,
    Target,
    id_of,
    is_id_of,
    load,
    subject_named,
    subject_of,
)
from strongroom_core.core import ReadingCore
from strongroom_core.crypto.random import new_uuid, random_bytes
from strongroom_core.db.query import run
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
    from collections.abc import AsyncGenerator, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from piccolo.query.base import Query

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.authority import Capability, SecretKind
    from strongroom_core.kernel.ids import KeyId
    from strongroom_core.kernel.origin import Origin

REFUSALS = (Refused, NotFound, Frozen, NotAuthenticated, IntegrityFailure)
"""Errors that are logged. Bad input, conflicts and overload aren't logged, because nothing was denied."""


@dataclass(slots=True)
class Act:
    """One act in progress: where its effects go, and what its entry will contain."""

    connection: Connection
    caller: Caller
    vault: VaultId
    at: datetime
    found: Target | None
    subject: Subject
    detail: Detail = field(default_factory=dict[str, Any])
    included: list[tuple[Action, Detail]] = field(default_factory=list["tuple[Action, Detail]"])
    name: str | None = None
    claimed: Claimed | None = None
    told: list[VaultId] = field(default_factory=list["VaultId"])
    """The vaults that an act on the installation affects. Their logs get its entry too (Q-3)."""
    on_behalf_of: OnBehalfOf | None = None
    kept: bool | None = None
    """Whether to keep a failed attempt's entry. The cost is the same either way (T-3)."""

    @property
    def target(self) -> Target:
        """The act's object, as it was when the act began."""
        if self.found is None:
            raise ValueError("this action has no target")
        return self.found

    @property
    def actor(self) -> tuple[str, str | None, str]:
        """The actor's kind, ID and current name, as stored in versions and entries."""
        if self.claimed is not None and isinstance(self.caller, Visitor):
            return "user", self.claimed.account, self.claimed.username
        return actor_of(self.caller, self.name)

    async def run(self, query: Query[Any, Any]) -> list[Row]:
        """Run a Piccolo query in this act's transaction; return its rows by name."""
        return await run(self.connection, query)

    def require_revision(self, expected: int | None) -> None:
        """Reject a change if the object has changed since the caller read it (optimistic locking)."""
        if expected is not None and expected != self.target.revision:
            raise Changed

    def require_part(self, action: Action, part: str, kinds: Iterable[SecretKind] = ()) -> None:
        """Deny the act to a user who lacks the capability that only this part needs, for each of `kinds`."""
        self._require(dict(action.part_needs)[part], tuple(kinds) or (None,))

    def require_kinds(self, action: Action, kinds: Iterable[SecretKind]) -> None:
        """Deny the act to a user who lacks the action's capability for one of these kinds of secret."""
        self._require(action.needs, kinds)

    def require_whole(self, what: str, why: str) -> None:
        """Deny the act to a user whose access role covers only a part of what it affects."""
        require_whole(self.caller, self.found, what, why)

    def _require(self, needed: Capability | None, kinds: Iterable[SecretKind | None]) -> None:
        if needed is None or not isinstance(self.caller, Human):
            raise TypeError("only people have capabilities, and the action declares which")
        for kind in kinds:
            refusal = decide_capability(self.caller, needed, self.found, kind=kind)
            if refusal is not None:
                raise refusal

    def include(self, action: Action, **detail: str | int | bool | list[str] | None) -> None:
        """Perform the action that `action` includes. It is decided by its own rule, and logged as well."""
        if action.includes is None:
            raise TypeError(f"{action} doesn't include another action")
        refusal = decide(self.caller, action.includes, self.found, now=self.at)
        if refusal is not None:
            raise refusal
        self.included.append((action.includes, detail))

    def record(self, **detail: str | int | bool | list[str] | None) -> None:
        """Add details to the entry. Never a value, a token or a key."""
        self.detail.update(detail)

    def is_within(self, project: str | None) -> None:
        """Set the entry's project, for an act without an object."""
        self.subject = structs.replace(self.subject, project=project)

    def concerns(
        self, kind: ObjectKind, target_id: str, name: str, project: str | None = None
    ) -> None:
        """Set the entry's object, for an act that creates it."""
        self.subject = Subject(kind, target_id, name, project)


@asynccontextmanager
async def perform(
    core: Core,
    caller: Caller,
    action: Action,
    target_id: str | Path | None = None,
    *,
    kind: SecretKind | None = None,
    claimed: Claimed | None = None,
    within: str | None = None,
) -> AsyncGenerator[Act]:
    """Decide, scope, perform and log one act, or deny it and log the denial.

    `target_id` is the object's ID or path; `kind` is the kind of a secret about to be created; `claimed` is
    the account to which an unknown client signs in (unless the act is denied, they have proved that they own
    it). `within` is the project to which an act without an object is limited; a denial is then logged there.

    Acts don't nest. Raises `Sealed`, `NotFound`, `Refused`, `Frozen` and anything that the block raises. The
    act is then undone, and only the entry for its denial remains.
    """
    if core.sealed:  # (1)
        raise Sealed
    try:
        async with _decided(core, caller, action, target_id, kind, claimed) as act:
            yield act
    except AuthenticationFailed:
        raise  # The machine now has a different key; `machines/authenticate.py` logs the failure.
    except REFUSALS as refusal:
        if isinstance(core, ReadingCore):
            # A read-only transaction can't write, so the entry is written after it ends.
            write = partial(record_failure, core.whole, caller, action, target_id, refusal)
            core.afterwards.append(write)
        else:
            await record_failure(  # (7)
                core, caller, action, target_id, refusal, claimed=claimed, within=within
            )
        raise
    except StrongroomError:
        if isinstance(caller, Machine):
            await _spend(core, caller)
        raise


@asynccontextmanager
async def _decided(
    core: Core,
    caller: Caller,
    action: Action,
    target_id: str | Path | None,
    kind: SecretKind | None,
    claimed: Claimed | None,
) -> AsyncGenerator[Act]:
    """Open an allowed act's transaction, and append the act's entry at the end."""
    if (action.about is None) != (target_id is None):
        raise ValueError(f"{action} needs {action.about or 'no object'}")
    if isinstance(core, ReadingCore) and action.recorded is Recorded.ALWAYS:
        raise ValueError(f"{action} is logged, so it can't be part of a read-only transaction")
    vault = _vault_of(caller, action)
    person = caller if isinstance(caller, Human) else None
    looks = person is not None and action.reads_only
    async with core.database.transaction(vault, person=person, looks=looks) as connection:  # (2)
        name = target = None
        if isinstance(caller, Machine):
            name = await admit_machine(core, connection, caller)
        require_operator(caller, action)
        if target_id is not None:
            target_id = await id_of(connection, target_id)
            if action.stops_reads:
                await stop_reads_about(connection, action, target_id)
            target = await load(connection, action, target_id)  # (3)
        at = core.clock.now()  # after waiting for the target's lock
        refusal = decide(caller, action, target, now=at, kind=kind)  # (4)
        if refusal is not None:
            raise refusal
        act = Act(
            connection, caller, vault, at, target, subject_of(target), name=name, claimed=claimed
        )
        if claimed is not None:
            act.concerns(ObjectKind.ACCOUNT, claimed.account, claimed.username)
        yield act  # (5)
        if action.recorded is Recorded.ALWAYS:  # (6)
            entry = _entry(core, act, action, Outcome.DONE)
            for other, detail in act.included:
                part = replace(act, detail=detail, subject=subject_of(target))
                await log.append(connection, _entry(core, part, other, Outcome.DONE))
            await log.append(connection, entry, kept=act.kept)
            await _tell_vaults(core, connection, entry, action, caller, claimed, act.told)


@dataclass(slots=True)
class Batch:
    """A batch in progress: many machines' items in one transaction, each with its own entries."""

    connection: Connection
    core: Core
    at: datetime
    _entries: list[Entry] = field(default_factory=list["Entry"])

    def log(
        self,
        caller: Machine,
        name: str | None,
        action: Action,
        subject: Subject,
        refusal: StrongroomError | None = None,
        detail: Detail | None = None,
    ) -> None:
        """Add an entry for any action of an item, or for its denial. `name` is the machine's name."""
        act = Act(self.connection, caller, caller.vault, self.at, None, subject, detail or {})
        act.name = name
        outcome = Outcome.DONE if refusal is None else Outcome.REFUSED
        reason = refusal.logged_as if refusal is not None else None
        self._entries.append(_entry(self.core, act, action, outcome, reason))

    async def append(self) -> None:
        """Append the entries of all items."""
        await log.append_many(self.connection, self._entries)


@asynccontextmanager
async def perform_batch(core: Core, vault: VaultId) -> AsyncGenerator[Batch]:
    """Perform many machines' items in one transaction with all their entries.

    Unlike `perform`, this makes no decisions: `reading/checks.py` decides each item, and a denied item
    doesn't undo the others. As in `perform`, nothing is returned before its entry has been committed.
    """
    if core.sealed:
        raise Sealed
    # Planning the statement that finds the facts takes longer than running it for one item.
    async with core.database.transaction(vault, keep_plans=True) as connection:
        batch = Batch(connection, core, core.clock.now())
        yield batch
        await batch.append()


async def _spend(core: Core, caller: Machine) -> None:
    """Record the nonce of a request that failed without a denial, so that it can't be replayed.

    If the database failed, the nonce is lost, and only the timestamp limits replays.
    """
    with suppress(Unavailable, Busy):
        async with core.database.transaction(caller.vault) as connection:
            await find_signer(connection, caller)


async def record_failure(
    core: Core,
    caller: Caller,
    action: Action,
    target_id: str | Path | None,
    refusal: StrongroomError,
    *,
    subject: Subject | None = None,
    claimed: Claimed | None = None,
    within: str | None = None,
) -> None:
    """Write the entry for a denied or failed act, in a separate transaction.

    `subject` is the object, if it is already known; otherwise the requested ID is used. A machine's nonce is
    recorded here too, because otherwise a denied request could be replayed after a grant.

    Unknown clients cause at most three entries per network in half an hour. A failed sign-in is always
    logged in the account's vaults. Attempts are limited per account, and other clients on the network must
    not be able to hide a failed sign-in by using up the network's share.
    """
    vault = _vault_of(caller, action)
    at, subject = core.clock.now(), subject or subject_named(action, target_id)
    recorded_as = _recorded_as(action, caller, refusal)
    async with core.database.transaction(vault) as connection:
        limited = recorded_as is AUTH_FAILURE and await strangers_have_said_enough(
            connection, caller.origin, at
        )
        if limited and claimed is None and not action.in_vaults:
            return
        act = Act(connection, caller, vault, at, None, subject)
        if isinstance(caller, Machine):
            act.name = (await find_signer(connection, caller)).machine_name
        if within is not None and is_id_of(ObjectKind.PROJECT, within):
            act.record(project=within)
            act.is_within(await connection.fetchval("select id from project where id = $1", within))
        if isinstance(target_id, Path):
            act.record(path=str(target_id))
        if recorded_as is not action:
            act.record(attempted=action.name)
        entry = _entry(core, act, recorded_as, Outcome.REFUSED, refusal.logged_as)
        if not limited:
            await log.append(connection, entry)
        if claimed is not None:
            entry = structs.replace(
                entry,
                target_kind=ObjectKind.ACCOUNT.value,
                target_id=claimed.account,
                target_name=claimed.username,
            )
        await _tell_vaults(core, connection, entry, action, caller, claimed)


async def _tell_vaults(
    core: Core,
    connection: Connection,
    entry: Entry,
    action: Action,
    caller: Caller,
    claimed: Claimed | None,
    told: Sequence[VaultId] = (),
) -> None:
    """Also write an event about a person's account to the log of each of their vaults (L-6).

    `told` contains other vaults that an act on the installation affects.

    This happens in the same transaction. If the account doesn't exist, the entry is written to the
    installation's log and rolled back, so that the response time reveals nothing. Afterwards the transaction
    is scoped to the last of the vaults, so nothing may follow except the commit.
    """
    vaults: Sequence[VaultId] = ()
    kept: bool | None = None
    if action.in_vaults:
        vaults = () if claimed is None else claimed.vaults
        if isinstance(caller, Human):
            vaults = (caller.vault,)
        elif isinstance(caller, Visitor):
            vaults, kept = vaults or (INSTALLATION,), claimed is not None
    if action.operator:
        entry = structs.replace(entry, address=HIDDEN, country=None)
    for vault in dict.fromkeys((*vaults, *told)):
        await core.database.turn_to(connection, vault)
        own = structs.replace(entry, vault=vault, id=new_uuid(entry.at), salt=random_bytes(16))
        await log.append(connection, own, kept=kept)


async def record_stranger(
    core: Core,
    origin: Origin,
    named: tuple[UUID | KeyId, VaultId] | None,
    reason: str,
    *,
    failure: bool,
    lockout: bool,
) -> None:
    """Write the entry for a failed authentication, and another one if it started a lockout.

    The entries go to the vault of the named machine or person's key if it exists, and otherwise to the
    installation. The caller limits their number.
    """
    vault = named[1] if named is not None else INSTALLATION
    wanted = {AUTH_FAILURE: failure, LOCKOUT_STARTED: lockout}
    actions = [action for action, is_wanted in wanted.items() if is_wanted]
    target = str(named[0]) if named is not None else None
    kind = ObjectKind.KEY if named is not None and isinstance(named[0], str) else ObjectKind.MACHINE
    subject = Subject(kind if target else None, target, None, None)
    async with core.database.transaction(vault) as connection:
        for action in actions:
            act = Act(connection, Visitor(origin), vault, core.clock.now(), None, subject)
            entry = _entry(core, act, action, Outcome.REFUSED, reason)
            await log.append(connection, entry)


def _recorded_as(action: Action, caller: Caller, refusal: StrongroomError) -> Action:
    """Return the action to log. Some failures have separate actions, for searches, counts and alerts."""
    if isinstance(refusal, IntegrityFailure):
        return INTEGRITY_FAILURE
    if action is SECRETS_EXPORT:
        return SECRET_READ_DENIED
    if isinstance(caller, Visitor):
        return AUTH_FAILURE
    return action


def _entry(
    core: Core, act: Act, action: Action, outcome: Outcome, reason: str | None = None
) -> Entry:
    actor_kind, actor_id, actor_name = act.actor
    subject, detail = act.subject, act.detail
    if isinstance(act.caller, Human) and act.caller.key is not None:
        detail = {**detail, "key": act.caller.key.id, "key_name": act.caller.key.name}
    return Entry(
        vault=act.vault,
        id=new_uuid(act.at),
        at=act.at,
        incarnation=core.incarnation,
        action=action.name,
        severity=action.severity,
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
        country=core.countries.country_of(act.caller.origin.address),
        request_id=act.caller.origin.request_id,
        detail=detail,
        salt=random_bytes(16),
        **({} if act.on_behalf_of is None else act.on_behalf_of.columns),
    )


def _vault_of(caller: Caller, action: Action) -> VaultId:
    if action.installation:
        return INSTALLATION
    match caller:
        case Human() | Machine() | System():
            return caller.vault
        case Visitor():
            return INSTALLATION
