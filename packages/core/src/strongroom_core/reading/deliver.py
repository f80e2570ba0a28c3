"""Turns a committed read into its value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from strongroom_core.access import gate
from strongroom_core.access.actions.secrets import SECRET_READ
from strongroom_core.crypto.aad import MaterialAddress
from strongroom_core.crypto.decrypt import decrypt_value
from strongroom_core.crypto.encrypt import EncryptedValue
from strongroom_core.crypto.keyring import ProjectKey, WrappedKey
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.errors import IntegrityFailure, StrongroomError
from strongroom_core.kernel.ids import SecretId
from strongroom_core.kernel.plaintext import Plaintext
from strongroom_core.reading.decide import subject
from strongroom_core.secrets.values import Fields

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from strongroom_core.core import Core
    from strongroom_core.reading.decide import Decision
    from strongroom_core.reading.facts import Facts, Request


@dataclass(frozen=True, slots=True)
class SecretValue:
    """A delivered value: a string, or a JSON object with only the granted fields."""

    secret: SecretId
    name: str
    project: str
    version: int
    field_names: list[str] | None
    value: Plaintext = field(repr=False)


Outcome = SecretValue | StrongroomError
"""A request's value, or the reason for its denial."""


async def deliver(core: Core, decisions: Sequence[Decision]) -> list[Outcome]:
    """Return each item's outcome, in order. The entries for the values have already been committed."""
    keys: _Keys = {}
    return [each.refusal or await _open(core, keys, each.request, each.facts) for each in decisions]


_Keys = dict[tuple[str, str, "UUID"], ProjectKey]
"""The project keys that a batch has unwrapped, by vault, project and ID. They are dropped with the batch."""


async def _open(core: Core, keys: _Keys, request: Request, facts: Facts) -> Outcome:
    """Decrypt a value whose read has been logged. A failed decryption is logged too."""
    try:
        return _view(request, facts, _decrypt(core, keys, request, facts))
    except (IntegrityFailure, msgspec.MsgspecError):
        lost = IntegrityFailure()
        named = subject(request, facts)
        await gate.record_failure(
            core, request.caller, SECRET_READ, request.secret, lost, subject=named
        )
        return lost


def _decrypt(core: Core, keys: _Keys, request: Request, facts: Facts) -> Plaintext:
    if (
        facts.project is None
        or facts.material is None
        or facts.data_key is None
        or facts.ciphertext is None
        or facts.key is None
        or facts.root_version is None
        or facts.wrapped is None
    ):
        raise IntegrityFailure
    vault, project = request.caller.vault, facts.project
    key = keys.get((vault, project, facts.key))
    if key is None:
        wrapped = WrappedKey(facts.key, facts.root_version, facts.wrapped)
        key = core.require_keyring().unwrap_project_key(wrapped, vault, project)
        keys[vault, project, facts.key] = key
    address = MaterialAddress(core.deployment, vault, project, request.secret, facts.material)
    return decrypt_value(key, address, EncryptedValue(facts.data_key, facts.ciphertext))


def _view(request: Request, facts: Facts, value: Plaintext) -> SecretValue:
    """Build the view from the granted fields only."""
    names: list[str] | None = None
    if facts.kind == SecretKind.STRUCTURED:
        fields = msgspec.json.decode(value.reveal(), type=Fields)
        granted = {
            name: text
            for name, text in fields.items()
            if facts.fields is None or name in facts.fields
        }
        names, value = list(granted), Plaintext(msgspec.json.encode(granted))
    return SecretValue(
        SecretId(request.secret), facts.name or "", facts.project or "", facts.version, names, value
    )
