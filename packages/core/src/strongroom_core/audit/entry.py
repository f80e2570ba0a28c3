"""One entry of the record, and the bytes that stand for it for ever."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from strongroom_core.crypto.aad import pae
from strongroom_core.kernel.ids import VaultId

Detail = dict[str, str | int | bool | list[str] | None]
"""The typed particulars of an action. Never a value, a token or free text that a request sent."""


class Severity(StrEnum):
    """How much an entry should worry its reader."""

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
class Entry:
    """What happened, who did it, to what, from where and when. Names are those of that moment."""

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


def canonical(entry: Entry) -> bytes:
    """Return the bytes that a leaf of the Merkle tree hashes (PRODUCT L-3).

    A pre-authentication encoding of the fields in the order of `Entry`, behind a label with a
    version. An absent text is told from an empty one by its leading byte. The detail is JSON with
    sorted keys, so that a round trip through `jsonb` changes nothing. The salt keeps a leaf hash,
    which outlives a pruned entry, from confirming a guess at its content.
    """
    return pae(
        b"strongroom/1/entry",
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
    )


def _optional(text: str | None) -> bytes:
    return b"\x00" if text is None else b"\x01" + text.encode()


def _microseconds(at: datetime) -> int:
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
