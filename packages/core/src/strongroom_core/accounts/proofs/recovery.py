"""Recovery codes. There are ten, and each replaces the second factor once (A-3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.crypto.keyring import SystemPurpose
from strongroom_core.crypto.random import new_id, random_below
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.schema.accounts import RecoveryCode

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.access.gate import Act
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection

CODES = 10
_ALPHABET = "abcdefghjkmnpqrstvwxyz23456789"
"""The alphabet of codes, without characters that look alike."""
_HALF = 4

_USE = """
update recovery_code set used_at = $3 where account = $1 and code_hash = $2 and used_at is null returning true
"""


async def use_recovery_code(
    core: Core, connection: Connection, account: str, code: str, at: datetime
) -> bool:
    """Accept a normalized code that hasn't been used yet."""
    digest = _digest(core, account, code.casefold())
    return bool(await connection.fetchval(_USE, account, digest, at))


async def replace_codes(core: Core, act: Act, account: str) -> list[str]:
    """Replace the account's codes as part of an act, and return the new ones, which are shown once."""
    codes = [_new_code() for _ in range(CODES)]
    await act.connection.execute("delete from recovery_code where account = $1", account)
    rows = [
        RecoveryCode(
            vault=INSTALLATION,
            id=new_id("rcv"),
            account=account,
            code_hash=_digest(core, account, code.replace("-", "")),
            created_at=act.at,
        )
        for code in codes
    ]
    await act.run(RecoveryCode.insert(*rows))
    return codes


def _new_code() -> str:
    drawn = "".join(_ALPHABET[random_below(len(_ALPHABET))] for _ in range(2 * _HALF))
    return f"{drawn[:_HALF]}-{drawn[_HALF:]}"


def _digest(core: Core, account: str, code: str) -> bytes:
    """Return the digest to store. A code is short, so its digest needs a key that isn't in the database."""
    message = f"recovery-code\0{account}\0{code}".encode(errors="replace")
    return core.require_keyring().mac(SystemPurpose.PEPPER, message)
