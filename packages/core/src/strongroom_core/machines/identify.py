"""Enrollment by workload identity: a job presents an ID token and a public key, and gets a machine (M-11).

(1) the token is parsed, and the vault's trusts in its issuer are found;
(2) its signature is verified with each trust's keys, then its times, its audience and the trust's conditions;
(3) in one transaction, the token is used up and an ephemeral machine is created.

Whatever is wrong, the job gets the same response. The reason is in the vault's audit log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from strongroom_core.access import gate
from strongroom_core.access.actions.machines import MACHINE_IDENTIFY
from strongroom_core.access.counters import strangers_have_said_enough
from strongroom_core.crypto.aad import pae
from strongroom_core.crypto.id_token import (
    IdToken,
    KeySet,
    MalformedToken,
    UnknownKey,
    UnsupportedAlgorithm,
    UnusableKeys,
    WrongSignature,
    key_binding,
    parse_id_token,
    parse_key_set,
)
from strongroom_core.crypto.issuer_keys import KeysUnavailable
from strongroom_core.grants.scope import Scope
from strongroom_core.kernel.caller import System
from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    Conflict,
    NotAuthenticated,
    Refused,
    TooMany,
)
from strongroom_core.kernel.ids import INSTALLATION, VaultId, is_id
from strongroom_core.machines.allowlist import require_allowed
from strongroom_core.machines.claims import (
    Condition,
    Problem,
    decide_audience,
    decide_times,
    find_conditions,
)
from strongroom_core.machines.registration import require_hostname, require_public_key
from strongroom_core.machines.terms import Terms, enroll_under, refuse_under
from strongroom_core.machines.views import AudienceForm, Registered
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from strongroom_core.access.gate import Act
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Visitor

FINGERPRINT = "{fingerprint}"
"""The placeholder for the public key's fingerprint in the format of a bound audience."""

SUBJECT_LENGTH = 255
CAPPED_SECONDS = 60
KEY_SETS = 256
"""How many manually entered key sets a process keeps in parsed form."""
_ORDER = list(Problem)
_OURS = _ORDER.index(Problem.ADDRESS)
"""From here on, problems concern tokens that meet a trust's conditions. Anyone can cause the others."""


class TokenRejected(NotAuthenticated):
    """The reason is only for the audit log; the job gets `AuthenticationFailed`."""

    code = Code.AUTHENTICATION_FAILED

    def __init__(self, problem: Problem) -> None:
        super().__init__("authentication failed")
        self.problem = problem
        self.code = problem.value  # pyright: ignore[reportAttributeAccessIssue] -- logged as the reason


@dataclass(frozen=True, slots=True)
class Trusted:
    """The conditions of a trust for a token."""

    id: str
    vault: VaultId
    issuer: str
    keys: str | None = field(repr=False)
    audience: str | None
    conditions: Sequence[Condition]


async def enroll_job(
    core: Core,
    caller: Visitor,
    vault: str,
    *,
    id_token: str,
    public_key: str,
    hostname: str,
    trust: str | None = None,
) -> Registered:
    """Create a machine for a job, or return the one that was created with this token and key.

    `trust` is the ID of the trust to use; without it, all of the vault's trusts in the token's issuer are
    tried. Raises `AuthenticationFailed` no matter what is wrong with the token, `Refused` for an address
    outside the vault's IP allowlist, `Conflict` for a token that was used with another key, and `TooMany` if
    the trust has reached its maximum number of machines.
    """
    key = require_public_key(public_key)
    require_hostname(hostname)
    if not is_id(vault, "vault"):
        raise AuthenticationFailed
    job = System("workload identity", VaultId(vault), caller.origin)
    await _require_let_in(core, job)
    try:
        token = parse_id_token(id_token)  # (1)
    except (MalformedToken, UnsupportedAlgorithm) as error:
        wrong = isinstance(error, MalformedToken)
        problem = Problem.MALFORMED if wrong else Problem.ALGORITHM
        raise await _rejected(core, job, None, problem) from None
    issuer = token.claims.get("iss")
    known = await _trusts(core, job.vault, issuer, trust) if isinstance(issuer, str) else []
    chosen, problem = await _choose(core, known, token, key)  # (2)
    if chosen is None or problem is not None:
        raise await _rejected(core, job, chosen, problem or Problem.UNKNOWN_ISSUER)
    try:
        async with gate.perform(core, job, MACHINE_IDENTIFY, chosen.id) as act:  # (3)
            return await _enroll(act, chosen, token, key, hostname)
    except TokenRejected:
        raise AuthenticationFailed from None
    except TooMany as capped:
        await gate.record_failure(core, job, MACHINE_IDENTIFY, chosen.id, capped)
        raise


async def audience_form(core: Core, caller: Visitor, vault: str, trust: str | None) -> AudienceForm:
    """Return the audience for which a job should request a token from its issuer.

    Without a trust's ID, for an unknown vault or trust, and for addresses outside the vault's IP allowlist,
    this is the default audience, so that the response reveals nothing about the vault.
    """
    fixed = None
    if is_id(vault, "vault") and trust is not None:
        async with core.database.transaction(VaultId(vault)) as connection:
            fixed = await connection.fetchval(
                "select audience from trust where id = $1 and revoked_at is null"
                " and address_is_allowed(vault, $2)",
                trust,
                caller.origin.ip,
            )
    form = f"strongroom:{vault}:{FINGERPRINT}"
    return AudienceForm(audience=fixed or form, bound=fixed is None)


def trusted_of(row: Mapping[str, Any]) -> Trusted:
    """Build the conditions for tokens from a trust's row."""
    conditions = msgspec.json.decode(row["conditions"], type=dict[str, str])
    return Trusted(
        row["id"],
        VaultId(row["vault"]),
        row["issuer"],
        row["keys"],
        row["audience"],
        [Condition(claim, pattern) for claim, pattern in conditions.items()],
    )


def audience_of(trusted: Trusted, public_key: bytes) -> str:
    """Return the audience that a token must have for this key."""
    if trusted.audience is not None:
        return trusted.audience
    return f"strongroom:{trusted.vault}:{key_binding(public_key)}"


async def verify_with(trusted: Trusted, token: IdToken, core: Core) -> Problem | None:
    """Verify a token's signature with the keys of a trust; return what is wrong, if anything."""
    for again in (False, True):
        try:
            if trusted.keys is not None:
                keys = _entered_keys(trusted.keys)
            else:
                keys = await core.issuer_keys.keys_of(
                    core.sender, trusted.vault, trusted.issuer, unknown_key=again
                )
            keys.verify(token)
        except (KeysUnavailable, UnusableKeys):
            return Problem.KEYS_UNAVAILABLE
        except WrongSignature:
            return Problem.SIGNATURE
        except UnknownKey:
            if trusted.keys is not None or again:
                return Problem.UNKNOWN_KEY
            continue
        return None
    return Problem.UNKNOWN_KEY


@lru_cache(KEY_SETS)
def _entered_keys(text: str) -> KeySet:
    return parse_key_set(text.encode())


async def _trusts(core: Core, vault: VaultId, issuer: str, trust: str | None) -> list[Trusted]:
    """Return the vault's trusts in an issuer, or only the one with this ID."""
    async with core.database.transaction(vault) as connection:
        rows = await connection.fetch(
            "select id, vault, issuer, keys, audience, conditions from trust where revoked_at is null"
            " and issuer = $1 and ($2::text is null or id = $2) order by created_at, id",
            issuer,
            trust,
        )
    return [trusted_of(row) for row in rows]


async def _choose(
    core: Core, known: Sequence[Trusted], token: IdToken, key: bytes
) -> tuple[Trusted | None, Problem | None]:
    """Return the first trust whose conditions the token meets, or the closest one and why it fails."""
    closest, furthest = None, Problem.UNKNOWN_ISSUER
    signed: dict[str | None, Problem | None] = {}
    for trusted in known:
        if trusted.keys not in signed:  # Trusts in one issuer usually share its keys.
            signed[trusted.keys] = await verify_with(trusted, token, core)
        problem = signed[trusted.keys] or _decide(core, trusted, token, key)
        if problem is None:
            return trusted, None
        if _ORDER.index(problem) > _ORDER.index(furthest):
            closest, furthest = trusted, problem
    return closest, furthest


def _decide(core: Core, trusted: Trusted, token: IdToken, key: bytes) -> Problem | None:
    """Check the claims of a token whose signature is valid."""
    if token.claims.get("iss") != trusted.issuer:
        return Problem.UNKNOWN_ISSUER
    identifier = token.claims.get("jti")
    if "jti" in token.claims and not (isinstance(identifier, str) and identifier):
        return Problem.CLAIM_TYPE
    problem = decide_times(token.claims, core.clock.now())
    problem = problem or decide_audience(token.claims, audience_of(trusted, key))
    if problem is not None:
        return problem
    met = all(each.meets for each in find_conditions(trusted.conditions, token.claims))
    return None if met else Problem.CONDITION


async def _enroll(
    act: Act, trusted: Trusted, token: IdToken, key: bytes, hostname: str
) -> Registered:
    # The trust's row is locked, so that its machines are counted exactly.
    row = await act.connection.fetchrow("select * from trust where id = $1", trusted.id)
    if row is None or row["revoked_at"] is not None:
        raise TokenRejected(Problem.UNKNOWN_ISSUER)
    await require_allowed(act)
    problem = decide_times(token.claims, act.at)
    if problem is not None:
        raise TokenRejected(problem)
    terms = Terms(
        scope=Scope(row["projects"], row["secrets"]),
        machine_lifetime=row["machine_lifetime"],
        max_uses=row["max_machines"],
        source_cidrs=row["source_cidrs"],
        name_template=row["name_template"],
    )
    if refuse_under(terms, address=act.caller.origin.address, hostname=hostname) is not None:
        raise TokenRejected(Problem.ADDRESS)
    used = await act.connection.fetchrow(_USED, _digest(trusted, token))
    if used is not None:
        if used["public_key"] != key:
            raise Conflict("this ID token was used with another key; get a new one")
        act.record(source=trusted.id, again=True)
        return Registered(used["machine"], used["name"], act.vault, used["machine_expires_at"])
    if await act.connection.fetchval(_LIVE, trusted.id, act.at) >= row["max_machines"]:
        raise TooMany(CAPPED_SECONDS)
    number = await act.connection.fetchval(_COUNT, trusted.id)
    made = await enroll_under(
        act,
        terms,
        source=trusted.id,
        number=number,
        public_key=key,
        hostname=hostname,
        name=None,
    )
    await _use_up(act, trusted, token, key, made)
    subject = token.claims.get("sub")
    act.record(
        issuer=trusted.issuer,
        subject=subject[:SUBJECT_LENGTH] if isinstance(subject, str) else None,
        key_id=token.key_id,
    )
    return made


_USED = """
select i.public_key, i.machine, m.name, m.expires_at as machine_expires_at
from identity_token i join machine m on m.vault = i.vault and m.id = i.machine where i.digest = $1
"""

_LIVE = """
select count(*) from machine where enrolled_with = $1 and enabled and expires_at > $2
"""

_COUNT = "update trust set uses = uses + 1 where id = $1 returning uses"

_USE_UP = """
insert into identity_token (vault, digest, machine, public_key, expires_at)
values ($1, $2, $3, $4, $5) on conflict do nothing returning true
"""


async def _use_up(act: Act, trusted: Trusted, token: IdToken, key: bytes, made: Registered) -> None:
    """Record the token. Two trusts can accept the same token, so the lock on a trust isn't enough."""
    expires_at = datetime.fromtimestamp(min(token.claims["exp"], _LAST), UTC)
    digest = _digest(trusted, token)
    if not await act.connection.fetchval(_USE_UP, act.vault, digest, made.machine, key, expires_at):
        raise Conflict("this ID token was used with another key; get a new one")


_LAST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


def _digest(trusted: Trusted, token: IdToken) -> bytes:
    """Identify a token in its vault: by its issuer and ID, or by its content if it has no ID."""
    identifier = token.claims.get("jti")
    unique = identifier.encode() if isinstance(identifier, str) else token.digest
    kind = b"jti" if isinstance(identifier, str) else b"content"
    return hashlib.sha256(
        pae(b"strongroom/1/id-token", trusted.vault.encode(), trusted.issuer.encode(), kind, unique)
    ).digest()


async def _require_let_in(core: Core, job: System) -> None:
    """Raise `AuthenticationFailed` for an unknown vault, `Refused` outside the vault's IP allowlist (R-8)."""
    async with core.database.transaction(job.vault) as connection:
        row = await connection.fetchrow(
            "select address_is_allowed(id, $1) as allowed from vault", job.origin.ip
        )
    if row is None:
        raise AuthenticationFailed
    if not row["allowed"]:
        refusal = Refused(Code.ADDRESS_DENIED, "Access denied")
        if not await _strangers_are_silent(core, job):
            await gate.record_failure(core, job, MACHINE_IDENTIFY, None, refusal)
        raise refusal


async def _strangers_are_silent(core: Core, job: System) -> bool:
    async with core.database.transaction(INSTALLATION) as connection:
        return await strangers_have_said_enough(connection, job.origin, core.clock.now())


async def _rejected(
    core: Core, job: System, trusted: Trusted | None, problem: Problem
) -> AuthenticationFailed:
    """Log the reason in the vault, and return the error to raise.

    For tokens that anyone can send, the number of log entries is limited.
    """
    if _ORDER.index(problem) < _OURS and await _strangers_are_silent(core, job):
        return AuthenticationFailed()
    target = trusted.id if trusted is not None else None
    await gate.record_failure(core, job, MACHINE_IDENTIFY, target, TokenRejected(problem))
    return AuthenticationFailed()
