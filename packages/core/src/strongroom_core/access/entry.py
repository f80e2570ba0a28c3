"""An audit log entry, and its canonical bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from strongroom_core.crypto.aad import pae
from strongroom_core.kernel.caller import Caller, Human, Machine, System, Visitor
from strongroom_core.kernel.ids import AccountId, VaultId

Detail = dict[str, str | int | bool | list[str] | None]
"""Details of an action. Never a value, a token or free text from a request."""

HIDDEN = "hidden"
"""The address in vaults' entries about acts of the administrator. The installation's entry has the real one.

Owners of vaults have no reason to learn where the administrator works.
"""


class Severity(StrEnum):
    """How serious an entry is."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Outcome(StrEnum):
    """Whether the action happened."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class OnBehalfOf:
    """Who asked for an action and, if it needed approval, the account that approved it.

    The requester's kind, ID and name are like an actor's. The approver is someone else.
    """

    requester: tuple[str, str, str]
    approver: tuple[AccountId, str] | None = None

    @property
    def columns(self) -> dict[str, str | None]:
        """The entry's fields."""
        kind, requester, name = self.requester
        approver, approver_name = self.approver or (None, None)
        return {
            "requester_kind": kind,
            "requester_id": requester,
            "requester_name": name,
            "approver_id": approver,
            "approver_name": approver_name,
        }


@dataclass(frozen=True, slots=True)
class Claimed:
    """The account that an unknown client claims, and the vaults in which it is an active member."""

    account: AccountId
    username: str
    vaults: Sequence[VaultId]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What happened: who did it, to what, from where and when. Names are those at that moment.

    If the actor acted on someone's behalf, the requester asked for it, and the approver allowed it.
    """

    vault: VaultId
    id: UUID
    at: datetime
    incarnation: int
    action: str
    severity: Severity
    outcome: Outcome
    reason: str | None
    actor_kind: str
    actor_id: str | None
    actor_name: str
    target_kind: str | None
    target_id: str | None
    target_name: str | None
    project: str | None
    address: str
    country: str | None
    request_id: str
    detail: Detail
    salt: bytes
    requester_kind: str | None = None
    requester_id: str | None = None
    requester_name: str | None = None
    approver_id: str | None = None
    approver_name: str | None = None


def canonical(entry: Entry) -> bytes:
    """Return the bytes that will be hashed as a leaf of the Merkle tree (L-3).

    The bytes are the pre-authentication encoding of a label with a version, followed by the fields in the
    order of `Entry`. A leading byte distinguishes an absent string from an empty one. The detail is JSON with
    sorted keys, so a round trip through `jsonb` changes nothing. When an entry is pruned, its leaf hash is
    kept. The salt prevents anyone from using that hash to confirm a guess at the entry's content.

    Version 2 adds the requester and the approver. Entries without these are encoded as version 1,
    so the encoding of older entries doesn't change. An entry can't have both, because the label differs.
    """
    behalf = (
        entry.requester_kind,
        entry.requester_id,
        entry.requester_name,
        entry.approver_id,
        entry.approver_name,
    )
    added = any(each is not None for each in behalf)
    return pae(
        b"strongroom/2/entry" if added else b"strongroom/1/entry",
        entry.vault.encode(),
        entry.id.bytes,
        _microseconds(entry.at).to_bytes(8, "big"),
        entry.incarnation.to_bytes(4, "big"),
        entry.action.encode(),
        entry.severity.encode(),
        entry.outcome.encode(),
        *map(
            _optional,
            (
                entry.reason,
                entry.actor_kind,
                entry.actor_id,
                entry.actor_name,
                entry.target_kind,
                entry.target_id,
                entry.target_name,
                entry.project,
                entry.address,
                entry.country,
                entry.request_id,
            ),
        ),
        msgspec.json.encode(entry.detail, order="sorted"),
        entry.salt,
        *(map(_optional, behalf) if added else ()),
    )


def _optional(text: str | None) -> bytes:
    return b"\x00" if text is None else b"\x01" + text.encode()


def _microseconds(at: datetime) -> int:
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def actor_of(caller: Caller, name: str | None) -> tuple[str, str | None, str]:
    """Return an actor's kind, ID and name, as stored in entries. `name` is a machine's current name."""
    match caller:
        case Machine():
            return "machine", str(caller.id), name or "unknown"
        case Human():
            return "user", caller.account, caller.username
        case Visitor():
            return "external", None, "unknown client"
        case System():
            return "system", None, caller.name
