"""Reads by machines, the core of the product. `docs/design/reading-a-secret.md` explains how they work.

Requests in a vault that arrive while its batch is running form the next batch. Their signatures have already
been verified. For each batch:

(1) shared locks on the projects are taken, in order of their keys;
(2) one statement records the nonces and finds all the facts;
(3) each item is decided by pure functions over its facts;
(4) entries are written for delivered and denied items alike, and what was seen is recorded;
(5) the transaction commits;
(6) only now are the delivered values decrypted and returned.

A nonce is used up even if the read is denied (replay protection). Freezing and revoking take exclusive locks
on the projects, so once either has committed, no affected read can commit.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.secrets import SECRET_READ
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
    """A delivered value: a string, or a JSON object of the granted fields only."""

    secret: SecretId
    name: str
    project: str
    version: int
    field_names: list[str] | None
    value: Plaintext = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One signed request and the secrets it requests, in order."""

    caller: Machine
    secrets: Sequence[str]
    admitted: bool = False
    """Whether an earlier act has already recorded the nonce, as in an export."""


PORTION = 64
"""How many values to handle before yielding. An export has up to 2,000, a batch of reads up to 64."""

LEFT_TO_AUTHENTICATION = (LockedOut, AuthenticationFailed)
"""Errors that aren't logged here. A lockout was logged when it started. If a key is no longer the machine's,
the key is looked up again; failures after that are counted and logged by `machines/authenticate.py`."""

Outcome = list[SecretValue | StrongroomError]
"""For each secret of a request, its value or the reason for its denial."""


async def read_secret_value(core: Core, caller: Machine, secret: SecretId) -> SecretValue:
    """Return a secret's current value to a machine that has access, or raise the reason for the denial."""
    (read,) = await core.reads.submit(caller.vault, Request(caller, [secret]))
    if isinstance(read, StrongroomError):
        raise read
    return read


async def read_batch(core: Core, vault: VaultId, requests: Sequence[Request]) -> list[Outcome]:
    """Perform the reads of many requests in one vault, in one transaction. The module lists the steps."""
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
        for number, (each, refusal) in enumerate(zip(found, refusals, strict=True), 1):  # (4)
            if number % PORTION == 0:
                await asyncio.sleep(0)
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
    for number, (each, refusal) in enumerate(zip(found, refusals, strict=True), 1):  # (6)
        if number % PORTION == 0:
            await asyncio.sleep(0)
        caller = requests[each.request].caller
        outcomes[each.request].append(refusal or await _open(core, caller, each))
    return outcomes


def _repeated(requests: Sequence[Request]) -> set[int]:
    """Return the requests whose nonce was used by an earlier request in this batch (replays)."""
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
        floor = None if request.admitted else machine.floor
        machine = replace(machine, fresh=request.admitted, floor=floor)
    return decide_machine(machine, now) or decide_secret(found.secret)


def _record(
    reads: gate.Reads, caller: Machine, found: Found, refusal: StrongroomError | None
) -> None:
    """Log an existing secret by name. For any other secret, log the requested ID if it is well formed."""
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
    """Decrypt a value whose read has been logged. A failed decryption is logged too."""
    try:
        return _view(found, _decrypt(core, found.sealed))
    except (IntegrityFailure, msgspec.MsgspecError):
        lost = IntegrityFailure()
        subject = gate.Subject(ObjectKind.SECRET, found.asked, found.name, found.project)
        await gate.record_failure(core, caller, SECRET_READ, found.asked, lost, subject=subject)
        return lost


def _decrypt(core: Core, sealed: SealedValue | None) -> Plaintext:
    if sealed is None:
        raise IntegrityFailure
    vault, project = sealed.address.vault, sealed.address.project
    key = core.require_keyring().unwrap_project_key(sealed.key, vault, project)
    return decrypt_value(key, sealed.address, sealed.value)


def _view(found: Found, value: Plaintext) -> SecretValue:
    """Build the view from the granted fields only."""
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
