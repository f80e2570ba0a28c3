"""A program asks for a key, and polls until a person has decided (D-5)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.keys import KEY_ASK, KEY_POLL
from strongroom_core.access.counters import count
from strongroom_core.crypto.random import new_id
from strongroom_core.kernel.errors import NotFound, TooMany
from strongroom_core.kernel.ids import INSTALLATION, KeyId, VaultId
from strongroom_core.kernel.names import require_name
from strongroom_core.keys.codes import code_digest, new_code
from strongroom_core.keys.suggestions import NOTHING_SUGGESTED, Suggestions, require_suggestions
from strongroom_core.keys.views import Answered, KeyAnswer, KeyAsked, OwnKey
from strongroom_core.machines.listing import key_fingerprint
from strongroom_core.machines.registration import require_hostname, require_public_key
from strongroom_core.schema.accounts import LoginRequest

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Visitor

LIFETIME = timedelta(minutes=10)
POLL_SECONDS = 5
MOST_POLLS, POLLS_WINDOW = 30, timedelta(minutes=1)
CLIENT_LENGTH = 64
PAGE = "/connect"

_STATE = "select decided_at, expires_at, key from login_request where id = $1"

_KEY = "select * from key_by_id($1)"


async def ask_for_key(
    core: Core,
    caller: Visitor,
    *,
    public_key: str,
    hostname: str,
    client: str,
    suggested: Suggestions = NOTHING_SUGGESTED,
) -> KeyAsked:
    """Remember a program's public key (base64) until a person approves it, for ten minutes at most.

    Nothing else happens yet: the request can be found only by its code, which a person types. Raises
    `Invalid` for an unusable key, hostname or name of the program, and for suggestions that no key can have.
    """
    key, code = require_public_key(public_key), new_code()
    suggested = require_suggestions(suggested)
    request = LoginRequest(
        vault=INSTALLATION,
        id=new_id("login"),
        code_hash=code_digest(core, code),
        public_key=key,
        hostname=require_hostname(hostname),
        client=require_name(client, field="client", most=CLIENT_LENGTH),
        address=caller.origin.address,
        network=caller.origin.network,
        created_at=core.clock.now(),
        expires_at=core.clock.now() + LIFETIME,
        suggested_name=suggested.name,
        suggested_lifetime=suggested.lifetime,
        suggested_looking=suggested.looking,
        suggested_vault=suggested.vault,
        suggested_projects=None if suggested.projects is None else list(suggested.projects),
    )
    async with gate.perform(core, caller, KEY_ASK) as act:
        await act.run(LoginRequest.insert(request))
    url = f"{core.settings.public_url}{PAGE}"
    return KeyAsked(
        id=request.id,
        code=code,
        url=url,
        link=f"{url}?code={code}",
        fingerprint=key_fingerprint(key),
        poll_seconds=POLL_SECONDS,
        expires_at=request.expires_at,
    )


async def poll_for_key(core: Core, caller: Visitor, request: str) -> KeyAnswer:
    """Return the status of a request for a key, to the program whose key has signed this poll.

    Polling again returns the same answer until the request is deleted, so a lost answer does no harm. Raises
    `TooMany` for more than 30 polls in a minute.
    """
    now = core.clock.now()
    async with core.database.transaction(INSTALLATION) as connection:
        counted = await count(connection, f"key_poll:{request}", POLLS_WINDOW, now)
    if counted.count > MOST_POLLS:
        raise TooMany(counted.seconds_left(now))
    async with gate.perform(core, caller, KEY_POLL) as act:
        row = await act.connection.fetchrow(_STATE, request)
        if row is None:
            raise NotFound("request")
        if row["decided_at"] is None:
            status = Answered.PENDING if row["expires_at"] > act.at else Answered.EXPIRED
            return KeyAnswer(status=status, key=None)
        key = None
        if row["key"] is not None:
            key = await act.connection.fetchrow(_KEY, row["key"])
    if key is None or key["ended_by"] is not None:
        return KeyAnswer(status=Answered.DENIED, key=None)
    return KeyAnswer(status=Answered.APPROVED, key=own_key(core, key))


def own_key(core: Core, row: Row) -> OwnKey:
    """Return what a program needs to know about its key, from a row of `key_by_id`."""
    return OwnKey(
        id=KeyId(row["key"]),
        name=row["name"],
        username=row["username"],
        vault_id=VaultId(row["acting_vault"]),
        vault_name=row["vault_name"],
        server=core.settings.public_url,
        looking=row["looking"],
        projects=row["projects"],
        expires_at=row["expires_at"],
    )
