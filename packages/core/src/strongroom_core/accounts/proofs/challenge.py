"""Challenges: random bytes that a passkey signs. Each is kept as a hash for five minutes, and used once."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from strongroom_core.crypto.random import new_id, random_bytes
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.schema.accounts import AccountToken

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.access.gate import Act
    from strongroom_core.db.connection import Connection

LIFETIME = timedelta(minutes=5)
CHALLENGE_BYTES = 32


class ChallengeFor(StrEnum):
    """What a challenge can be used for."""

    SIGN_IN = "passkey_sign_in"
    STEP_UP = "passkey_step_up"
    ADD = "passkey_add"


_USE = """
delete from account_token
where token_hash = $1 and purpose = $2 and account is not distinct from $3 and expires_at > $4
and created_at <= $4 + interval '1 minute'
returning true
"""


async def put_challenge(act: Act, purpose: ChallengeFor, account: str | None) -> bytes:
    """Create a challenge as part of an act; `account` is None if nobody knows yet who will answer."""
    challenge = random_bytes(CHALLENGE_BYTES)
    row = AccountToken(
        vault=INSTALLATION,
        id=new_id("tok"),
        purpose=purpose.value,
        token_hash=sha256(challenge).digest(),
        account=account,
        created_at=act.at,
        expires_at=act.at + LIFETIME,
    )
    await act.run(AccountToken.insert(row))
    return challenge


async def use_challenge(
    connection: Connection,
    purpose: ChallengeFor,
    account: str | None,
    challenge: bytes,
    at: datetime,
) -> bool:
    """Use up a challenge. It is valid only for the purpose and the account for which it was created."""
    digest = sha256(challenge).digest()
    return bool(await connection.fetchval(_USE, digest, purpose.value, account, at))
