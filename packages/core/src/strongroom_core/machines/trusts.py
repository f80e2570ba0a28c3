"""Trusted issuers: which jobs get machines without a token, and what those machines can read (M-11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.machines import (
    TRUST_CREATE,
    TRUST_REVOKE,
    TRUST_VIEW,
    TRUSTS_VIEW,
)
from strongroom_core.crypto.id_token import (
    MalformedToken,
    UnsupportedAlgorithm,
    UnusableKeys,
    parse_claims,
    parse_id_token,
    parse_key_set,
)
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conditions import Conditions
from strongroom_core.db.listing import Key, Listing, fetch_counted
from strongroom_core.grants.scope import SCOPE_SEEN, require_scope, scope_seen_by
from strongroom_core.kernel.errors import Conflict, Invalid, NotFound
from strongroom_core.kernel.limits import DESCRIPTION_LENGTH, NAME_LENGTH
from strongroom_core.kernel.names import require_name, require_text
from strongroom_core.machines.claims import (
    Condition,
    Problem,
    Template,
    decide_audience,
    decide_times,
    find_conditions,
    require_conditions,
)
from strongroom_core.machines.identify import Trusted, audience_of, trusted_of, verify_with
from strongroom_core.machines.terms import Terms, require_terms
from strongroom_core.machines.views import Check, TokenCheck, TrustView
from strongroom_core.outbound.destination import UnusableDestination
from strongroom_core.schema.machines import Trust

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import CountedPage, PageRequest

MOST_TRUSTS = 100
ENTERED_KEYS = 16 * 1024
"""The largest key set that can be entered. Any token loads the key sets of all trusts in its issuer."""
ISSUER_LENGTH = 512
AUDIENCE_LENGTH = 255
SHOWN_LENGTH = 200

_LIVE = """
(select count(*) from machine m where m.vault = t.vault and m.enrolled_with = t.id and m.enabled
 and m.expires_at > $1::timestamptz)
"""

TRUSTS = Listing(
    columns=f"""
        t.id, t.name, t.description, t.template, t.issuer, t.keys is not null as has_keys, t.audience,
        t.conditions, t.machine_lifetime as machine_lifetime_seconds, t.max_machines,
        {_LIVE} as machines, t.uses,
        t.source_cidrs, t.name_template, t.created_at, t.created_by, t.revoked_at, t.revoked_by, t.revision,
        {SCOPE_SEEN}
    """,
    source="trust t",
    name=(Key("lower(t.name)"),),
    id=Key("t.id"),
    sorts={
        "createdAt": (Key("t.created_at", "timestamptz"),),
        "name": (Key("lower(t.name)"),),
        "uses": (Key("t.uses", "integer"),),
    },
    default="-createdAt",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTrust:
    """The settings of a new trust, chosen by a person.

    `keys` is a JSON Web Key Set; without it, the issuer's keys are found by discovery. Without an `audience`,
    tokens must be bound to the machine's key. `terms.max_uses` is the maximum number of machines at once.
    """

    name: str
    description: str | None = None
    template: Template
    issuer: str
    keys: str | None = field(default=None, repr=False)
    audience: str | None = None
    conditions: Mapping[str, str]
    terms: Terms


async def create_trust(core: Core, caller: Human, wanted: NewTrust) -> TrustView:
    """Trust an issuer. Its jobs' access can't be changed later, only revoked.

    Raises `Invalid` for invalid settings, including conditions that anyone with an account at the issuer
    could meet, and the errors of `require_scope`: the person must be allowed to grant the same access
    manually.
    """
    require_name(wanted.name, field="name", most=NAME_LENGTH)
    description = require_text(wanted.description, field="description", most=DESCRIPTION_LENGTH)
    _require_issuer(core, wanted)
    conditions = [Condition(claim, pattern) for claim, pattern in wanted.conditions.items()]
    require_conditions(wanted.template, wanted.issuer, conditions)
    if wanted.audience is not None:
        require_name(wanted.audience, field="audience", most=AUDIENCE_LENGTH)
    terms = require_terms(wanted.terms)
    async with gate.perform(core, caller, TRUST_CREATE) as act:
        given = await require_scope(act, terms.scope)
        await act.connection.execute("select from vault where id = $1 for no key update", act.vault)
        if await act.connection.fetchval(_IN_USE) >= MOST_TRUSTS:
            raise Conflict(f"a vault can trust at most {MOST_TRUSTS} issuers; revoke one first")
        made = Trust(
            vault=act.vault,
            id=new_id("trust"),
            name=wanted.name,
            description=description,
            template=wanted.template.value,
            issuer=wanted.issuer,
            keys=wanted.keys,
            audience=wanted.audience,
            conditions=msgspec.json.encode(dict(wanted.conditions)).decode(),
            projects=list(terms.scope.projects),
            secrets=list(terms.scope.secrets),
            machine_lifetime=terms.machine_lifetime,
            max_machines=terms.max_uses,
            source_cidrs=list(terms.source_cidrs),
            name_template=terms.name_template,
            created_at=act.at,
            created_by=act.actor[2],
        )
        await act.run(Trust.insert(made))
        act.concerns(ObjectKind.TRUST, made.id, made.name)
        act.record(
            issuer=wanted.issuer,
            bound=wanted.audience is None,
            audience=wanted.audience,
            conditions=[f"{each.claim} = {each.pattern}" for each in conditions],
            max_machines=terms.max_uses,
            machine_lifetime_seconds=terms.machine_lifetime,
            source_cidrs=list(terms.source_cidrs),
            **given,
        )
        return await _trust_in(act, made.id)


_IN_USE = "select count(*) from trust where revoked_at is null"


async def revoke_trust(core: Core, caller: Human, trust: str) -> TrustView:
    """Stop new enrollments by an issuer's jobs. Machines that have enrolled aren't affected."""
    async with gate.perform(core, caller, TRUST_REVOKE, trust) as act:
        uses = await act.connection.fetchval(
            "update trust set revoked_at = $2, revoked_by = $3, revision = revision + 1"
            " where id = $1 and revoked_at is null returning uses",
            trust,
            act.at,
            act.actor[2],
        )
        if uses is None:
            raise Conflict("this trusted issuer is already revoked")
        act.record(uses=uses)
        return await _trust_in(act, trust)


async def read_trust(core: Core, caller: Human, trust: str) -> TrustView:
    """Return one trusted issuer. Raises `NotFound`."""
    async with gate.perform(core, caller, TRUST_VIEW, trust) as act:
        return await _trust_in(act, trust)


async def list_trusts(core: Core, caller: Human, page: PageRequest) -> CountedPage[TrustView]:
    """Return the vault's trusted issuers, newest first unless `page` has another order."""
    async with gate.perform(core, caller, TRUSTS_VIEW) as act:
        conditions = Conditions()
        # always true; binds the time that the machine count refers to as $1
        conditions.add("{0}::timestamptz is not null", act.at)
        listing = scope_seen_by(caller, conditions, TRUSTS)
        return await fetch_counted(act.connection, listing, page, conditions, _view)


async def check_token(core: Core, caller: Human, trust: str, text: str) -> TokenCheck:
    """Return which conditions an ID token meets. Nothing is stored, and no machine is created.

    `text` is a token, or only its claims as JSON, in which case the signature can't be checked. Raises
    `Invalid` if it is neither.
    """
    async with gate.perform(core, caller, TRUST_VIEW, trust) as act:
        row = await act.connection.fetchrow("select * from trust where id = $1", trust)
    if row is None:
        raise NotFound("trust")
    trusted, checks = trusted_of(row), list[Check]()
    text = text.strip()
    try:
        token = None if text.startswith("{") else parse_id_token(text)
        claims = parse_claims(text) if token is None else token.claims
    except UnsupportedAlgorithm:
        raise Invalid("the token must use RS256, ES256 or EdDSA", field="token") from None
    except MalformedToken:
        raise Invalid("enter an ID token, or its claims as a JSON object", field="token") from None
    problem = None
    if token is not None:
        problem = await verify_with(trusted, token, core)
        checks.append(_check("Signature", problem is None, _saying(problem)))
    issued = claims.get("iss") == trusted.issuer
    checks.append(_check("Issuer", issued, "" if issued else f"expected {trusted.issuer}"))
    problem = decide_times(claims, core.clock.now())
    checks.append(_check("Not expired", problem is None, _saying(problem)))
    checks.append(_check_audience(trusted, claims))
    for found in find_conditions(trusted.conditions, claims):
        got = "missing or not text" if found.got is None else f"got {found.got[:SHOWN_LENGTH]}"
        saying = "" if found.meets else f"{got}, expected {found.pattern}"
        checks.append(_check(found.claim, found.meets, saying))
    accepted = all(each.passes for each in checks)
    return TokenCheck(
        accepted=accepted, checks=checks, summary=_summary(checks, accepted, token is None)
    )


def _check(name: str, passes: bool, saying: str) -> Check:
    return Check(name=name, passes=passes, saying=saying)


def _check_audience(trusted: Trusted, claims: Mapping[str, Any]) -> Check:
    if trusted.audience is not None:
        problem = decide_audience(claims, trusted.audience)
        return _check("Audience", problem is None, _saying(problem, trusted.audience))
    audience: Any = claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:  # pyright: ignore[reportUnknownArgumentType]
        audience = audience[0]  # pyright: ignore[reportUnknownVariableType]
    prefix = audience_of(trusted, b"").rpartition(":")[0] + ":"
    bound = isinstance(audience, str) and audience.startswith(prefix)
    return _check("Audience is bound to the key", bound, "" if bound else f"expected {prefix}…")


def _saying(problem: Problem | None, expected: str = "") -> str:
    if problem is None:
        return ""
    words = problem.value.removeprefix("token_").replace("_", " ")
    return f"{words}, expected {expected}" if expected else words


def _summary(checks: list[Check], accepted: bool, unsigned: bool) -> str:
    head = "Would be accepted" if accepted else "Would be denied"
    if unsigned:
        head += " (the signature wasn't checked, because these are only claims)"
    lines = [
        f"{'✓' if each.passes else '✗'} {each.name}{': ' + each.saying if each.saying else ''}"
        for each in checks
    ]
    return "\n".join([head, *lines])


def _require_issuer(core: Core, wanted: NewTrust) -> None:
    """Raise `Invalid` unless the issuer is a URL whose keys can be found, or keys are given."""
    issuer = wanted.issuer
    if not 0 < len(issuer) <= ISSUER_LENGTH or "?" in issuer or "#" in issuer:
        raise Invalid("issuer must be the URL in the tokens' claim `iss`", field="issuer")
    if wanted.keys is not None:
        if not issuer.startswith(("https://", "http://")) or not issuer.isprintable():
            raise Invalid("issuer must be the URL in the tokens' claim `iss`", field="issuer")
        try:
            parse_key_set(wanted.keys.encode(), most_bytes=ENTERED_KEYS)
        except UnusableKeys as unusable:
            raise Invalid(str(unusable), field="keys") from None
        return
    try:
        core.sender.check_url(issuer)
    except UnusableDestination as unusable:
        raise Invalid(f"{unusable}; or enter the issuer's keys", field="issuer") from None


async def _trust_in(act: gate.Act, trust: str) -> TrustView:
    conditions = Conditions()
    conditions.add("{0}::timestamptz is not null", act.at)  # for the machine count
    conditions.add("t.id = {0}", trust)
    listing = scope_seen_by(act.caller, conditions, TRUSTS)
    row = await act.connection.fetchrow(
        f"select {listing.columns} from {listing.source} where {conditions.text}",
        *conditions.arguments,
    )
    if row is None:
        raise NotFound("trust")
    return _view(row)


def _view(row: Mapping[str, Any]) -> TrustView:
    conditions = msgspec.json.decode(row["conditions"], type=dict[str, str])
    return TrustView.of_row(row, conditions=conditions)
