"""Key rotation: a machine replaces its own key; its ID and access stay the same (M-10)."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.machines import MACHINE_ROTATE_KEY
from strongroom_core.crypto.signature import verify_signature
from strongroom_core.kernel.errors import Conflict, Invalid, NotAuthenticated
from strongroom_core.machines.authenticate import forget_machine
from strongroom_core.machines.listing import key_fingerprint
from strongroom_core.machines.registration import require_public_key

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Machine

_REPLACE = """
update machine set public_key = $3, revision = revision + 1
where id = $1 and public_key = $2 returning name
"""


async def rotate_machine_key(core: Core, caller: Machine, *, public_key: str, proof: str) -> None:
    """Replace the key that signed this request with `public_key`, starting with the next request.

    `proof` is the new key's signature, in base64, of `strongroom-rotate-key:{id}:{public_key}`. It prevents a
    machine from registering a key that it doesn't have (proof of possession). Raises `Invalid` for an
    unusable key or a proof that doesn't verify. Raises `Conflict` for a key that was registered before, or if
    another request has just replaced the key.
    """
    key = require_public_key(public_key)
    _require_proof(key, f"strongroom-rotate-key:{caller.id}:{public_key}", proof)
    async with gate.perform(core, caller, MACHINE_ROTATE_KEY) as act:
        if not await act.connection.fetchval("select take_public_key($1, $2)", key, act.at):
            raise Conflict("this key is already registered; generate a new one")
        name = await act.connection.fetchval(_REPLACE, caller.id, caller.public_key, key)
        if name is None:
            raise Conflict("the key was replaced by another request; sign with the new one")
        act.concerns(ObjectKind.MACHINE, str(caller.id), name)
        act.record(fingerprint=key_fingerprint(key))
    forget_machine(core, caller.id)


def _require_proof(key: bytes, message: str, proof: str) -> None:
    try:
        verify_signature(key, message.encode(), b64decode(proof, validate=True))
    except (Base64Error, ValueError, NotAuthenticated):
        raise Invalid("proof isn't a signature by the new key", field="proof") from None
