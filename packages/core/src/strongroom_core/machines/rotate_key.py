"""A machine changes its own key, and keeps its id and its grants (M-10)."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action, ObjectKind
from strongroom_core.crypto.signature import verify_signature
from strongroom_core.kernel.errors import Conflict, Invalid, NotAuthenticated
from strongroom_core.machines.authenticate import forget_machine
from strongroom_core.machines.bootstrap import require_public_key
from strongroom_core.machines.listing import fingerprint

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Machine

_REPLACE = """
update machine set public_key = $3, revision = revision + 1
where id = $1 and public_key = $2 returning name
"""


async def rotate_machine_key(core: Core, caller: Machine, *, public_key: str, proof: str) -> None:
    """Replace the key that signed this request by `public_key`, from the next request on.

    `proof` is the new key's signature, in base64, of `strongroom-rotate-key:{id}:{public_key}`:
    nobody can put a key in place that they do not hold. Raises `Invalid` for a key that is none or a
    proof that does not verify, `Conflict` for a key that was enrolled before,
    or when another request has just changed it.
    """
    key = require_public_key(public_key)
    _require_proof(key, f"strongroom-rotate-key:{caller.id}:{public_key}", proof)
    async with gate.perform(core, caller, Action.MACHINE_ROTATE_KEY) as act:
        if not await act.connection.fetchval("select take_public_key($1, $2)", key, act.at):
            raise Conflict("this key is enrolled already: make a new one")
        name = await act.connection.fetchval(_REPLACE, caller.id, caller.public_key, key)
        if name is None:
            raise Conflict("the key was changed meanwhile: sign with the new one")
        act.concerns(ObjectKind.MACHINE, str(caller.id), name)
        act.record(fingerprint=fingerprint(key))
    forget_machine(core, caller.id)


def _require_proof(key: bytes, message: str, proof: str) -> None:
    try:
        verify_signature(key, message.encode(), b64decode(proof, validate=True))
    except (Base64Error, ValueError, NotAuthenticated):
        raise Invalid("the proof is not the new key's signature", field="proof") from None
