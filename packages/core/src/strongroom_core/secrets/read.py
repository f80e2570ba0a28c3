"""A machine reads: the heart of the product. `docs/design/reading-a-secret.md` tells the same.

Requests of one vault that arrive while its batch is under way form the next one. For a batch, whose
signatures were verified before it began:

(1) the projects concerned are held shared, in order of their keys;
(2) one statement spends the nonces and finds all facts;
(3) each item is decided by pure functions over its facts;
(4) one statement writes the entries, delivered and denied alike, and what was seen;
(5) the transaction commits;
(6) only now are the delivered values opened, and answered.

A nonce is spent whatever is decided. Freezing and revoking hold the projects exclusively, so no read
commits after the commit that ended it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from strongroom_core.access import gate
from strongroom_core.access.actions import Action, ObjectKind
from strongroom_core.access.decide_read import decide_machine, decide_secret
from strongroom_core.access.project_lock import hold_for_reading
from strongroom_core.crypto.decrypt import decrypt_value
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    IntegrityFailure,
    LockedOut,
    StrongroomError,
)
from strongroom_core.kernel.ids import SecretId, is_id
from strongroom_core.kernel.plaintext import Plaintext
from strongroom_core.secrets.read_facts import Found, find
from strongroom_core.secrets.seen import note_seen
from strongroom_core.secrets.values import Fields

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Machine
    from strongroom_core.kernel.ids import VaultId
    from strongroom_core.secrets.read_facts import SealedValue


@dataclass(frozen=True, slots=True)
class SecretValue:
    """A delivered value: text, or the JSON text of the granted fields only."""

    secret: SecretId
    name: str
    project: str
    version: int
    field_names: list[str] | None
    value: Plaintext = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One signed request and the secrets it asks for, in order."""

    caller: Machine
    secrets: Sequence[str]
    admitted: bool = False
    """Whether an earlier act has spent the nonce already, as that of an export has."""


LEFT_TO_AUTHENTICATION = (LockedOut, AuthenticationFailed)
"""A lockout left its entry when it began. A key that is no longer the machine's is looked up anew, and
what then still fails is counted and recorded by `machines/authenticate.py`."""

Outcome = list[SecretValue | StrongroomError]
"""For each secret of a request, its value or why it was denied."""


async def read_secret(core: Core, caller: Machine, secret: SecretId) -> SecretValue:
    """Return the live value of a secret to a machine that was granted it, or raise why not."""
    (read,) = await core.reads.submit(caller.vault, Request(caller, [secret]))
    if isinstance(read, StrongroomError):
        raise read
    return read


async def read_batch(core: Core, vault: VaultId, requests: Sequence[Request]) -> list[Outcome]:
    """Read for many requests of one vault in one transaction. See the module's numbered steps."""
    async with gate.perform_reads(core, vault) as reads:
        secrets = [secret for request in requests for secret in request.secrets]
        await hold_for_reading(reads.connection, secrets)  # (1)
        asked = [(request.caller, request.secrets) for request in requests]
        found = await find(reads.connection, core.deployment, asked)  # (2)
        repeated = _repeated(requests)
        refusals = [  # (3)
            _decide(each, requests[each.request], reads.at, repeated=each.request in repeated)
            for each in found
        ]
        for each, refusal in zip(found, refusals, strict=True):  # (4)
            if not isinstance(refusal, LEFT_TO_AUTHENTICATION):
                _record(reads, requests[each.request].caller, each, refusal)
        delivered = [
            (requests[each.request].caller, each)
            for each, refusal in zip(found, refusals, strict=True)
            if refusal is None
        ]
        await note_seen(reads.connection, vault, delivered, reads.at)
    # (5) The transaction has committed.
    outcomes: list[Outcome] = [[] for _ in requests]
    for each, refusal in zip(found, refusals, strict=True):  # (6)
        caller = requests[each.request].caller
        outcomes[each.request].append(refusal or await _open(core, caller, each))
    return outcomes


def _repeated(requests: Sequence[Request]) -> set[int]:
    """Return the requests whose nonce an earlier one of this batch spends."""
    first: dict[tuple[UUID, str], int] = {}
    return {
        number
        for number, request in enumerate(requests)
        if first.setdefault((request.caller.id, request.caller.nonce), number) != number
    }


def _decide(
    found: Found, request: Request, now: datetime, *, repeated: bool
) -> StrongroomError | None:
    machine = found.machine
    if machine is not None and (repeated or request.admitted):
        machine = replace(machine, fresh=request.admitted)
    return decide_machine(machine, now) or decide_secret(found.secret)


def _record(
    reads: gate.Reads, caller: Machine, found: Found, refusal: StrongroomError | None
) -> None:
    """The entry names a secret that is there; of one that is not, the id asked for, if it is one."""
    known = found.secret.exists
    read = gate.Read(
        found.asked if known or is_id(found.asked, "sk") else None,
        found.name if known else None,
        found.project if known else None,
        refusal,
        {"fields": found.fields, "version": found.version} if refusal is None else {},
    )
    reads.record(caller, found.machine.name if found.machine is not None else None, read)


async def _open(core: Core, caller: Machine, found: Found) -> SecretValue | StrongroomError:
    """Open a value whose reading is on the record. One that does not open is on it as well."""
    try:
        return _view(found, _decrypt(core, found.sealed))
    except (IntegrityFailure, msgspec.MsgspecError):
        lost = IntegrityFailure()
        subject = gate.Subject(ObjectKind.SECRET, found.asked, found.name, found.project)
        await gate.record_failure(
            core, caller, Action.SECRET_READ, found.asked, lost, subject=subject
        )
        return lost


def _decrypt(core: Core, sealed: SealedValue | None) -> Plaintext:
    if sealed is None:
        raise IntegrityFailure
    vault, project = sealed.address.vault, sealed.address.project
    key = core.require_keyring().unwrap_project_key(sealed.key, vault, project)
    return decrypt_value(key, sealed.address, sealed.value)


def _view(found: Found, value: Plaintext) -> SecretValue:
    """Build what leaves from the granted fields only."""
    names: list[str] | None = None
    if found.kind == SecretKind.STRUCTURED:
        fields = msgspec.json.decode(value.reveal(), type=Fields)
        granted = {
            name: text
            for name, text in fields.items()
            if found.fields is None or name in found.fields
        }
        names, value = list(granted), Plaintext(msgspec.json.encode(granted))
    return SecretValue(
        SecretId(found.asked), found.name or "", found.project or "", found.version, names, value
    )
