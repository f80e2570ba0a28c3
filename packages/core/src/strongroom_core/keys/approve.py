"""A person finds a program's request for a key by its code, and approves or denies it (D-5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.keys import KEY_APPROVE, KEY_DENY, KEY_FIND
from strongroom_core.access.counters import count
from strongroom_core.accounts.addresses import begin_of, put_notice
from strongroom_core.crypto.random import new_id
from strongroom_core.kernel.authority import Access, Place
from strongroom_core.kernel.errors import Conflict, Invalid, NotAuthenticated, NotFound, TooMany
from strongroom_core.kernel.ids import INSTALLATION, ProjectId
from strongroom_core.kernel.names import require_name
from strongroom_core.keys.ask import own_key
from strongroom_core.keys.codes import code_digest, require_code
from strongroom_core.keys.suggestions import USUAL, look_up_suggestions, require_lifetime
from strongroom_core.keys.views import FoundRequest, OwnKey
from strongroom_core.machines.listing import key_fingerprint
from strongroom_core.mail.kinds import MailKind
from strongroom_core.schema.accounts import PersonKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.origin import Origin

NAME_LENGTH = 100
MOST_KEYS = 50
LOCALHOST = {"127.0.0.1", "::1"}
MOST_PROJECTS = 100

GUESSES, GUESSES_OF_NETWORK, GUESSES_WINDOW = 10, 30, timedelta(minutes=15)
"""How many codes one person can try, and everyone on one network together. There are 25,600,000,000 codes."""

_COLUMNS = """id, public_key, hostname, client, address, network, created_at, expires_at, suggested_name,
suggested_lifetime, suggested_looking, suggested_vault, suggested_projects"""

_FIND = f"""
select {_COLUMNS} from login_request where code_hash = $1 and decided_at is null and expires_at > $2
"""

# The row is locked, so that a request is decided once.
_DECIDE = f"""
update login_request set decided_at = $3
where id = $1 and code_hash = $2 and decided_at is null and expires_at > $3 returning {_COLUMNS}
"""

# Both are locked, so that no key is approved with a session or account that is ending.
_SESSION = """
select s.second_factor from session s join account a on a.id = s.account and a.status = 'active'
where s.id = $1 and s.account = $2 for no key update of a, s
"""

_PROJECTS = """
select id, name, application, environment from project where id = any($1::varchar[]) and trashed_at is null
"""

_COUNT = (
    "select count(*) from person_key where account = $1 and ended_at is null and expires_at > $2"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What a person chose for a key. `lifetime` is in seconds. Without a name, it gets that of the host.

    `looking` limits the key to reading, and `projects` to these projects.
    """

    code: str
    name: str | None = None
    lifetime: int = int(USUAL.total_seconds())
    looking: bool = False
    projects: Sequence[ProjectId] | None = None


async def find_key_request(core: Core, caller: Human, code: str) -> FoundRequest:
    """Return the open request with this code, for the person to compare with what their program shows.

    Raises `NotFound` for a code that no open request has, and `TooMany` after ten codes in 15 minutes.
    """
    wanted = require_code(code)
    await _count_guess(core, caller)
    async with gate.perform(core, caller, KEY_FIND) as act:
        row = await act.connection.fetchrow(_FIND, code_digest(core, wanted), act.at)
        if row is None:
            raise _unknown()
    suggested = await look_up_suggestions(core, caller, row, act.at)
    countries = core.countries
    country = countries.country_of(row["address"])
    own = countries.country_of(caller.origin.address)
    return FoundRequest(
        id=row["id"],
        code=wanted,
        hostname=row["hostname"],
        client=row["client"],
        fingerprint=key_fingerprint(row["public_key"]),
        address=row["address"],
        country=country,
        own_address=caller.origin.address,
        own_country=own,
        other_address=not _same_place(row, caller.origin),
        other_country=country != own,
        suggested=suggested,
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


async def approve_key_request(
    core: Core, caller: Human, request: str, approval: Approval
) -> OwnKey:
    """Approve the request that the person has seen: its key then acts for them in their session's vault.

    Needs step-up. Raises `NotFound` unless the request is open and has this code, or for a project that the
    person can't see, `Invalid` for a lifetime outside 8 hours to 90 days, and `Conflict` if the key was
    registered before or the person has fifty keys.
    """
    code = require_code(approval.code)
    lifetime = require_lifetime(approval.lifetime, field="lifetimeSeconds")
    name = approval.name
    if name is not None:
        name = require_name(name, field="name", most=NAME_LENGTH)
    projects = await _require_projects(core, caller, approval.projects)
    async with gate.perform(core, caller, KEY_APPROVE) as act:
        second_factor = await act.connection.fetchval(_SESSION, caller.session, caller.account)
        if second_factor is None:
            raise NotAuthenticated("session expired; sign in again")
        member = await act.connection.fetchval(
            "select membership_of($1, $2, $3)", caller.account, caller.vault, act.at
        )
        if member is None:
            raise Conflict("this vault is deleted; restore it, or switch to another vault first")
        if await act.connection.fetchval(_COUNT, caller.account, act.at) >= MOST_KEYS:
            raise Conflict(f"you have {MOST_KEYS} keys; revoke one that you don't use")
        asked = await act.connection.fetchrow(_DECIDE, request, code_digest(core, code), act.at)
        if asked is None:
            raise _unknown()
        public_key = asked["public_key"]
        if not await act.connection.fetchval("select take_public_key($1, $2)", public_key, act.at):
            raise Conflict("this key is already registered; run the command again for a new one")
        key = PersonKey(
            vault=INSTALLATION,
            id=new_id("key"),
            account=caller.account,
            acting_vault=caller.vault,
            member=member,
            name=name or asked["hostname"][:NAME_LENGTH],
            hostname=asked["hostname"],
            client=asked["client"],
            public_key=public_key,
            looking=approval.looking,
            projects=None if projects is None else [each["id"] for each in projects],
            second_factor=second_factor,
            created_at=act.at,
            created_from=asked["address"],
            expires_at=act.at + lifetime,
            network=asked["network"],
        )
        await act.run(PersonKey.insert(key))
        await act.connection.execute(
            "update login_request set key = $2 where id = $1", request, key.id
        )
        row = await act.connection.fetchrow("select * from key_by_id($1)", key.id)
        if row is None:
            raise RuntimeError("the key was just inserted")
        fingerprint = key_fingerprint(public_key)
        await put_notice(
            core,
            act,
            MailKind.NEW_KEY,
            caller.account,
            caller.username,
            since=await begin_of(act, caller),
            address=_place(core, asked["address"]),
            hostname=asked["hostname"],
            fingerprint=fingerprint,
            vault=row["vault_name"],
        )
        act.concerns(ObjectKind.KEY, key.id, key.name)
        act.record(
            hostname=asked["hostname"],
            fingerprint=fingerprint,
            program_address=_place(core, asked["address"]),
            expires_at=key.expires_at.isoformat(),
            looking=approval.looking,
            projects=None if projects is None else [each["name"] for each in projects],
        )
    return own_key(core, row)


async def deny_key_request(core: Core, caller: Human, request: str, *, code: str) -> None:
    """Deny the request that the person has seen. Raises `NotFound` unless it is open and has this code."""
    wanted = require_code(code)
    async with gate.perform(core, caller, KEY_DENY) as act:
        asked = await act.connection.fetchrow(_DECIDE, request, code_digest(core, wanted), act.at)
        if asked is None:
            raise _unknown()
        act.record(
            hostname=asked["hostname"],
            fingerprint=key_fingerprint(asked["public_key"]),
            program_address=_place(core, asked["address"]),
        )


def _same_place(row: Row, origin: Origin) -> bool:
    """Whether both addresses are in one network, or both are this computer's own."""
    return row["network"] == origin.network or {row["address"], origin.address} == LOCALHOST


async def _require_projects(
    core: Core, caller: Human, wanted: Sequence[ProjectId] | None
) -> list[Row] | None:
    """Return the chosen projects, by name. Raises `NotFound` for one that the person can't see."""
    if wanted is None:
        return None
    if not 1 <= len(set(wanted)) <= MOST_PROJECTS:
        raise Invalid(
            f"projects must name 1–{MOST_PROJECTS} projects; leave it out for all of them",
            field="projects",
        )
    access = caller.authority.access or Access()
    async with core.database.transaction(caller.vault) as connection:
        rows = await connection.fetch(_PROJECTS, sorted(set(wanted)))
    seen = [
        row
        for row in rows
        if access.reaches(Place(row["id"], row["application"], row["environment"]))
    ]
    if len(seen) < len(set(wanted)):
        raise NotFound("project")
    return sorted(seen, key=lambda row: (row["name"], row["id"]))


async def _count_guess(core: Core, caller: Human) -> None:
    """Limit how many codes a person can try. Deciding also needs an ID, which only finding returns."""
    now, keys = core.clock.now(), (f"code:{caller.account}", f"code:{caller.origin.network}")
    async with core.database.transaction(INSTALLATION) as connection:
        of_person = await count(connection, f"key_{keys[0]}", GUESSES_WINDOW, now)
        of_network = await count(connection, f"key_{keys[1]}", GUESSES_WINDOW, now)
    for counted, most in ((of_person, GUESSES), (of_network, GUESSES_OF_NETWORK)):
        if counted.count > most:
            raise TooMany(counted.seconds_left(now))


def _unknown() -> NotFound:
    return NotFound("open request", "check the code, or run the command again for a new one")


def _place(core: Core, address: str) -> str:
    country = core.countries.country_of(address)
    return address if country is None else f"{address} ({country})"
