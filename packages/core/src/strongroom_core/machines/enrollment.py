"""Enrollment tokens. Each registers and approves up to 10,000 machines (M-5, M-6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.machines import (
    ENROLLMENT_TOKEN_CREATE,
    ENROLLMENT_TOKEN_REVOKE,
    ENROLLMENT_TOKEN_VIEW,
    ENROLLMENT_TOKENS_VIEW,
    MACHINE_ENROLL,
)
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.token import is_token, mint_token, token_hash
from strongroom_core.db.conditions import Conditions
from strongroom_core.db.listing import Key, Listing, fetch_counted
from strongroom_core.grants.scope import SCOPE_SEEN, require_scope, scope_seen_by, with_projects
from strongroom_core.kernel.caller import System
from strongroom_core.kernel.errors import Conflict, Invalid, NotFound, Refused
from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.limits import DESCRIPTION_LENGTH, NAME_LENGTH
from strongroom_core.kernel.names import require_name, require_text
from strongroom_core.machines.registration import require_hostname, require_public_key
from strongroom_core.machines.terms import (
    Terms,
    enroll_under,
    is_within,
    refuse_under,
    require_requested_name,
    require_terms,
)
from strongroom_core.machines.views import EnrollmentTokenMade, EnrollmentTokenView
from strongroom_core.schema.machines import EnrollmentToken
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Human, Visitor
    from strongroom_core.kernel.page import CountedPage, PageRequest
    from strongroom_core.machines.views import Registered

TOKEN = "sre"  # the tokens' prefix
SHORTEST_TOKEN, LONGEST_TOKEN = timedelta(minutes=5), timedelta(days=366)

# $1 is the time of the request, which determines the state.
_STATE = """
case when t.revoked_at is not null then 'revoked' when t.expires_at <= $1::timestamptz then 'expired'
     when t.uses >= t.max_uses then 'used_up' else 'active' end
"""

TOKENS = Listing(
    columns=f"""
        t.id, t.name, t.description, {_STATE} as state,
        t.machine_lifetime as machine_lifetime_seconds, t.max_uses, t.uses, t.hostname_pattern,
        t.source_cidrs, t.name_template, t.created_at, t.created_by, t.expires_at, t.revoked_at,
        t.revoked_by, t.revision,
        {SCOPE_SEEN}
    """,
    source="enrollment_token t",
    name=(Key("lower(t.name)"),),
    id=Key("t.id"),
    sorts={
        "createdAt": (Key("t.created_at", "timestamptz"),),
        "name": (Key("lower(t.name)"),),
        "expiresAt": (Key("t.expires_at", "timestamptz"),),
        "uses": (Key("t.uses", "integer"),),
    },
    default="-createdAt",
)

_USE = "update enrollment_token set uses = uses + 1 where id = $1 returning uses"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """The settings of a new token. `lifetime` is the lifetime of the token itself, in seconds."""

    name: str
    description: str | None = None
    lifetime: int
    terms: Terms


async def create_enrollment_token(
    core: Core, caller: Human, wanted: NewToken
) -> EnrollmentTokenMade:
    """Create a token. Its text is returned once, and its machines' access can't be changed later.

    Raises `Invalid` for invalid terms, and the errors of `require_scope`: the person must be allowed to give
    the same access manually.
    """
    require_name(wanted.name, field="name", most=NAME_LENGTH)
    description = require_text(wanted.description, field="description", most=DESCRIPTION_LENGTH)
    if not is_within(wanted.lifetime, SHORTEST_TOKEN, LONGEST_TOKEN):
        raise Invalid(
            "tokenLifetimeSeconds must be from 300 (5 minutes) to 31,622,400 (366 days)",
            field="tokenLifetimeSeconds",
        )
    terms = require_terms(wanted.terms)
    token, hashed = mint_token(TOKEN)
    async with gate.perform(core, caller, ENROLLMENT_TOKEN_CREATE) as act:
        scope = await with_projects(act, terms.scope)
        given = await require_scope(act, scope)
        made = EnrollmentToken(
            vault=act.vault,
            id=new_id("ent"),
            token_hash=hashed,
            name=wanted.name,
            description=description,
            projects=list(scope.projects),
            secrets=list(scope.secrets),
            machine_lifetime=terms.machine_lifetime,
            max_uses=terms.max_uses,
            hostname_pattern=terms.hostname_pattern,
            source_cidrs=list(terms.source_cidrs),
            name_template=terms.name_template,
            created_at=act.at,
            created_by=act.actor[2],
            expires_at=act.at + timedelta(seconds=wanted.lifetime),
        )
        await act.run(EnrollmentToken.insert(made))
        act.concerns(ObjectKind.ENROLLMENT_TOKEN, made.id, made.name)
        act.record(
            max_uses=terms.max_uses,
            machine_lifetime_seconds=terms.machine_lifetime,
            expires_at=made.expires_at.isoformat(),
            source_cidrs=list(terms.source_cidrs),
            **given,
        )
        view = await _token_in(act, made.id)
    return EnrollmentTokenMade(token, view)


async def revoke_enrollment_token(core: Core, caller: Human, token: str) -> EnrollmentTokenView:
    """Stop new enrollments with a token. Machines that have enrolled with it aren't affected."""
    async with gate.perform(core, caller, ENROLLMENT_TOKEN_REVOKE, token) as act:
        revoked = await act.connection.fetchval(
            "update enrollment_token set revoked_at = $2, revoked_by = $3, revision = revision + 1"
            " where id = $1 and revoked_at is null returning uses",
            token,
            act.at,
            act.actor[2],
        )
        if revoked is None:
            raise Conflict("this enrollment token is already revoked")
        act.record(uses=revoked)
        return await _token_in(act, token)


async def read_enrollment_token(core: Core, caller: Human, token: str) -> EnrollmentTokenView:
    """Return one token, without the token's text. Raises `NotFound`."""
    async with gate.perform(core, caller, ENROLLMENT_TOKEN_VIEW, token) as act:
        return await _token_in(act, token)


async def list_enrollment_tokens(
    core: Core, caller: Human, page: PageRequest
) -> CountedPage[EnrollmentTokenView]:
    """Return the vault's tokens, most recently created first unless `page` has another order."""
    async with gate.perform(core, caller, ENROLLMENT_TOKENS_VIEW) as act:
        conditions = Conditions()
        conditions.add("{0}::timestamptz is not null", act.at)  # for the state
        listing = scope_seen_by(caller, conditions, TOKENS)
        return await fetch_counted(
            act.connection, listing, page, conditions, EnrollmentTokenView.of_row
        )


async def enroll_machine(
    core: Core,
    caller: Visitor,
    vault: str,
    token: str,
    *,
    public_key: str,
    hostname: str,
    name: str | None = None,
) -> Registered:
    """Register and approve an ephemeral machine, and give it the token's access.

    Raises `NotFound` for an unknown token or a token of another vault; `Refused` for a token that is revoked,
    expired or used up, and for a wrong address or hostname, which is logged in the vault; `Conflict` for a
    key that was registered before.
    """
    key = require_public_key(public_key)
    require_hostname(hostname)
    asked = require_requested_name(name)
    found = await _find(core, token)
    if found is None or found[0] != vault:
        raise NotFound("enrollment token")
    # The token's holder acts in the vault that issued the token, and can only enroll there. The token's row
    # is locked, so that its uses are counted exactly.
    job = System("enrollment", found[0], caller.origin)
    async with gate.perform(core, job, MACHINE_ENROLL, found[1]) as act:
        row = await act.connection.fetchrow(
            "select * from enrollment_token where id = $1", found[1]
        )
        if row is None:
            raise NotFound("enrollment token")
        terms = Terms.of_row(row)
        refusal = _refuse(row, act.at) or refuse_under(
            terms, address=caller.origin.address, hostname=hostname
        )
        if refusal is not None:
            raise refusal
        return await enroll_under(
            act,
            terms,
            source=found[1],
            number=await act.connection.fetchval(_USE, found[1]),
            public_key=key,
            hostname=hostname,
            name=asked,
        )


def _refuse(row: Mapping[str, Any], now: datetime) -> Refused | None:
    """Return why a token can't be used now, or None if it can."""
    if row["revoked_at"] is not None:
        return Refused(Code.ENROLLMENT_REVOKED, "this enrollment token was revoked; get a new one")
    if row["expires_at"] <= now:
        return Refused(Code.ENROLLMENT_EXPIRED, "this enrollment token has expired; get a new one")
    if row["uses"] >= row["max_uses"]:
        return Refused(Code.ENROLLMENT_USED_UP, "this enrollment token is used up; get a new one")
    return None


async def _find(core: Core, token: str) -> tuple[VaultId, str] | None:
    if not is_token(token, TOKEN):
        return None
    async with core.database.transaction(None) as connection:
        row = await connection.fetchrow(
            "select * from enrollment_token_by_hash($1)", token_hash(token)
        )
    return (VaultId(row["vault"]), row["id"]) if row is not None else None


async def _token_in(act: gate.Act, token: str) -> EnrollmentTokenView:
    conditions = Conditions()
    conditions.add("{0}::timestamptz is not null", act.at)  # for the state
    conditions.add("t.id = {0}", token)
    listing = scope_seen_by(act.caller, conditions, TOKENS)
    row: Row | None = await act.connection.fetchrow(
        f"select {listing.columns} from {listing.source} where {conditions.text}",
        *conditions.arguments,
    )
    if row is None:
        raise NotFound("enrollment token")
    return EnrollmentTokenView.of_row(row)
