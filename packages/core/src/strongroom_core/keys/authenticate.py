"""Authenticates requests that a person's key has signed (WIRE, section 7).

The checks are those of a machine's request, in the same order of precedence, without the IP allowlist:

(1) the headers are well formed; (2) the address isn't locked out; (3) the time is within 300 seconds of the
database's time; (4) the key exists; (6) the signature verifies, and its digest matches the body; (7) the
key hasn't ended, and its owner is an active member of the vault; (8) the nonce is unused (replay protection).

The nonce is committed before the action, instead of with it like a machine's, because a person's operation
can consist of several actions. If the action then fails, the nonce has still been used up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import UUID

from strongroom_core.access.admission import NONCE_LIFETIME
from strongroom_core.access.counters import seconds_until
from strongroom_core.access.machine_checks import KNOWN_FOR
from strongroom_core.access.roles import authority_of, narrowed
from strongroom_core.crypto.signature import STANDIN_KEY, verify_signature
from strongroom_core.kernel.caller import Human, UsedKey
from strongroom_core.kernel.clock import SLACK, is_recent
from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    KeyEnded,
    LockedOut,
    NonceUsed,
    NotAuthenticated,
    SignedTooEarly,
    Skewed,
)
from strongroom_core.kernel.ids import INSTALLATION, AccountId, KeyId, VaultId, is_id
from strongroom_core.machines.authenticate import SKEW_SECONDS
from strongroom_core.machines.failures import locked_until, note_failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.origin import Origin

USE_GRAIN = timedelta(seconds=30)
"""The maximum age of `last_used_at`, unless the key is used from another address."""

ENDED = {
    "revoked": "it was revoked",
    "password": "your password was changed",
    "account": "your account was closed",
    "suspended": "your account was suspended",
}

_BY_ID = "select * from key_by_id($1)"

_SPEND = """
with spent as (
    insert into request_nonce (vault, identity, nonce, expires_at)
    select 'installation', $1, $2, $3::timestamptz + $4::interval
    where $3::timestamptz > nonce_floor()
    on conflict do nothing returning 1
)
select case when $3::timestamptz <= nonce_floor() then nonce_floor() end as floor,
       exists (select from spent) as fresh
"""

_USE = """
update person_key set last_used_at = $2, last_used_from = $3, network = $4
where id = $1 and ended_at is null
"""

_LOGIN = "select public_key, network, created_at from login_request where id = $1"


@dataclass(frozen=True, slots=True)
class KeySigned:
    """A request whose headers are well formed (1). `base` is the signature base.

    `intact` is true if the signed digest matches the body.
    """

    key: str
    signed_at: int
    nonce: str
    signature: bytes
    base: bytes = field(repr=False)
    intact: bool


@dataclass(frozen=True, slots=True)
class _Signer:
    """A key, and the network from which it is known at that time, where no lockout applies to it."""

    public_key: bytes = field(repr=False)
    network: str
    known_at: datetime
    named: tuple[KeyId, VaultId] | None = None


async def authenticate_key(core: Core, request: KeySigned, origin: Origin) -> Human:
    """Return the person for whom a program has signed the request, with the authority that the key has.

    Raises `LockedOut`, `Skewed`, or the same `AuthenticationFailed` after the same work for an unknown key
    and for a wrong signature. After a valid signature, raises `KeyEnded`, `NonceUsed` or `SignedTooEarly`.
    """
    await _require_time(core, request, origin)  # (3)
    row = await _find(core, _BY_ID, request.key, "key")  # (4)
    signer = None
    if row is not None:
        seen = row["last_used_at"] or row["created_at"]
        named = (KeyId(row["key"]), VaultId(row["acting_vault"]))
        signer = _Signer(row["public_key"], row["network"], seen, named)
    signer = await _verified(core, request, origin, signer)  # (6), (2)
    if row is None:
        raise AuthenticationFailed
    now = core.clock.now()
    _require_live(row, now)  # (7)
    async with core.database.transaction(INSTALLATION) as connection:
        await _spend(connection, request, signer.public_key, now)  # (8)
        if _is_news(row, origin, now):
            await connection.execute(_USE, row["key"], now, origin.address, origin.network)
    return _person(core, row, origin)


async def recheck_key(core: Core, caller: Human) -> Human:
    """Return the caller again, with their current authority, during a request that their key has signed.

    Raises `KeyEnded` if the key no longer works.
    """
    row = await _find(core, _BY_ID, caller.key.id if caller.key is not None else "", "key")
    if row is None:
        raise KeyEnded("it was revoked")
    _require_live(row, core.clock.now())
    return _person(core, row, caller.origin)


def _person(core: Core, row: Mapping[str, Any], origin: Origin) -> Human:
    return Human(
        account=AccountId(row["account"]),
        username=row["username"],
        session=None,
        vault=VaultId(row["acting_vault"]),
        authority=narrowed(
            authority_of(
                row["roles"],
                lacks_factor=row["second_factor_required"] and not row["second_factor"],
            ),
            looking=row["looking"],
            projects=row["projects"],
        ),
        authenticated_at=row["created_at"],
        expires_at=row["expires_at"],
        operator=False,
        origin=origin,
        key=UsedKey(KeyId(row["key"]), row["name"], core.settings.public_url),
    )


async def authenticate_request(core: Core, request: KeySigned, origin: Origin) -> str:
    """Return the ID of the request for a key whose own key, approved or not, has signed a poll.

    Raises the same errors as `authenticate_key`, except `KeyEnded`.
    """
    await _require_time(core, request, origin)
    row = await _find(core, _LOGIN, request.key, "login")
    signer = None
    if row is not None:
        signer = _Signer(row["public_key"], row["network"], row["created_at"])
    signer = await _verified(core, request, origin, signer)
    async with core.database.transaction(INSTALLATION) as connection:
        await _spend(connection, request, signer.public_key, core.clock.now())
    return request.key


async def _require_time(core: Core, request: KeySigned, origin: Origin) -> None:
    now = core.clock.now()
    if abs(now.timestamp() - request.signed_at) > SKEW_SECONDS:
        await _refuse_locked(core, origin)
        raise Skewed(int(now.timestamp()))


async def _find(core: Core, sql: str, wanted: str, prefix: str) -> Mapping[str, Any] | None:
    """Look up a row by ID. A malformed ID costs the same, so that timing doesn't reveal which ones exist."""
    async with core.database.transaction(INSTALLATION) as connection:
        return await connection.fetchrow(sql, wanted if is_id(wanted, prefix) else "")


async def _verified(
    core: Core, request: KeySigned, origin: Origin, signer: _Signer | None
) -> _Signer:
    """Return the signer, if there is one and the signature is valid for the request and its body."""
    try:
        key = STANDIN_KEY if signer is None else signer.public_key
        verify_signature(key, request.base, request.signature)
    except NotAuthenticated:
        reason = "bad_signature"
    else:
        reason = "bad_digest"
    if signer is None or reason == "bad_signature" or not request.intact:
        await _fail(core, origin, signer, reason if signer is not None else "unknown_key")
    known = signer.network == origin.network
    if not (known and is_recent(signer.known_at, core.clock.now(), KNOWN_FOR)):
        await _refuse_locked(core, origin)
    return signer


async def _fail(core: Core, origin: Origin, signer: _Signer | None, reason: str) -> NoReturn:
    await _refuse_locked(core, origin)
    await note_failure(core, origin, signer.named if signer is not None else None, reason)
    raise AuthenticationFailed


async def _refuse_locked(core: Core, origin: Origin) -> None:
    until = await locked_until(core, origin)
    if until is not None:
        raise LockedOut(seconds_until(until, core.clock.now()))


def _require_live(row: Mapping[str, Any], now: datetime) -> None:
    """Raise `KeyEnded` unless the key works: the signature is valid, so its owner learns the reason."""
    if row["ended_by"] is not None:
        raise KeyEnded(ENDED[row["ended_by"]])
    if row["account_status"] != "active":
        raise KeyEnded("your account isn't active")
    if row["member_status"] == "deleted":
        raise KeyEnded("its vault was deleted")
    until = row["member_until"]
    if row["member_status"] != "active" or (until is not None and until <= now):
        raise KeyEnded("you aren't an active member of its vault")
    if row["expires_at"] <= now or row["created_at"] > now + SLACK:
        raise KeyEnded("it has expired")


async def _spend(
    connection: Connection, request: KeySigned, public_key: bytes, now: datetime
) -> None:
    """Record the nonce, under an identity that is derived from the key. Machines' are in the same table."""
    identity = UUID(bytes=sha256(public_key).digest()[:16])
    signed_at = datetime.fromtimestamp(request.signed_at, UTC)
    row = await connection.fetchrow(_SPEND, identity, request.nonce, signed_at, NONCE_LIFETIME)
    if row is None:
        raise RuntimeError("a query without a table returns its row")
    if row["floor"] is not None and row["floor"] > now:
        raise SignedTooEarly(row["floor"])
    if not row["fresh"]:
        raise NonceUsed


def _is_news(row: Mapping[str, Any], origin: Origin, now: datetime) -> bool:
    last = row["last_used_at"]
    return (
        last is None
        or row["last_used_from"] != origin.address
        or not is_recent(last, now, USE_GRAIN)
    )
