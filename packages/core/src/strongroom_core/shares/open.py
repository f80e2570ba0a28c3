"""Opens a share: once, by anyone who has the link and the passphrase (T-2, T-3).

Every failure costs the same queries and one Argon2id computation, whether the share is pending, has ended or
never existed. The steps:

(1) the keys are derived, before the database is queried; if there is no capacity for that, nothing is used
up;
(2) the share is looked up, and its verifier is compared in constant time;
(3) if the keys are right, one statement opens the share and deletes its content; otherwise, another
statement uses up a try and, if it was the last one, deletes the content. The first request gets the content;
the entry is written in the same transaction; (4) the content is returned only after the commit. If the server
is killed in between, it is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.shares import SHARE_FAIL, SHARE_OPEN
from strongroom_core.access.counters import ENTRIES_OF_STRANGERS, STRANGERS_WINDOW, count
from strongroom_core.crypto.aad import share_context
from strongroom_core.crypto.decrypt import decrypt_share
from strongroom_core.crypto.share_link import derive_share_keys, parse_link, require_passphrase
from strongroom_core.kernel.caller import System
from strongroom_core.kernel.errors import Gone
from strongroom_core.kernel.ids import INSTALLATION, VaultId
from strongroom_core.shares.content import opened
from strongroom_core.shares.views import OpenedShare, ShareKind

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.crypto.share_link import ShareKeys
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Visitor

_NOBODYS_VERIFIER = bytes(32)

_OPEN = """
with opened as (
    update share set
        state = 'opened', tries_left = tries_left - 1, ended_at = clock_timestamp(), ended_from = $2,
        ended_country = $3
    where id = $1 and state = 'pending' and expires_at > clock_timestamp()
    returning id, kind, created_by
), material as (
    delete from share_material m using opened o where m.share = o.id returning m.ciphertext
)
select o.kind, o.created_by, m.ciphertext from opened o cross join material m
"""

_TRY = """
with tried as (
    update share set
        tries_left = tries_left - 1,
        state = case when tries_left = 1 then 'destroyed' else state end,
        ended_at = case when tries_left = 1 then clock_timestamp() end,
        ended_from = case when tries_left = 1 then $2 end,
        ended_country = case when tries_left = 1 then $3 end
    where id = $1 and state = 'pending' and expires_at > clock_timestamp()
    returning id, tries_left
), gone as (
    delete from share_material m using tried t where m.share = t.id and t.tries_left = 0
)
select tries_left from tried
"""


async def open_share(
    core: Core, caller: Visitor, *, locator: str, key: str, passphrase: str
) -> OpenedShare:
    """Return a share's content, which has then been deleted.

    Raises `Gone` if the share can't be opened, for any reason, `Invalid` for input that doesn't count as
    an attempt (an empty passphrase, an incomplete link), and `Crowded` if too many shares are being opened.
    The last two don't use up anything.
    """
    typed, link = require_passphrase(passphrase), parse_link(locator, key)
    keys = await derive_share_keys(  # (1)
        core.require_keyring(), core.passwords, link, typed, network=caller.origin.network
    )
    async with core.database.transaction(INSTALLATION) as connection:  # (2)
        row = await connection.fetchrow("select * from share_by_locator($1)", link.locator_hash)
        matches = keys.match(row["verifier"] if row is not None else _NOBODYS_VERIFIER)
        right = matches and row is not None and row["is_open"]
        heard = right or await _is_heard(core, caller, connection)
    if row is None or not right:
        await _fail(core, caller, row, heard=heard)
        raise Gone
    return await _open(core, caller, row, keys)


async def _open(core: Core, caller: Visitor, row: Row, keys: ShareKeys) -> OpenedShare:
    vault = VaultId(row["vault"])
    context = share_context(core.deployment, vault, row["id"], row["created_by"])
    async with gate.perform(core, System("share", vault, caller.origin), SHARE_OPEN) as act:  # (3)
        share = await act.connection.fetchrow(_OPEN, row["id"], *_where(core, caller))
        if share is None:
            raise Gone  # Another request came first. Nothing was changed, so there is nothing to log.
        content = decrypt_share(keys.encryption, context, share["ciphertext"])
        _concerns(act, row)
        act.record(kind=share["kind"])
    return opened(ShareKind(share["kind"]), content)  # (4)


async def _fail(core: Core, caller: Visitor, row: Row | None, *, heard: bool) -> None:
    """Use up one of a pending share's tries. Only a few of the other attempts are logged (L-1)."""
    vault = INSTALLATION if row is None else VaultId(row["vault"])
    async with gate.perform(core, System("share", vault, caller.origin), SHARE_FAIL) as act:  # (3)
        left = await act.connection.fetchval(
            _TRY, "" if row is None else row["id"], *_where(core, caller)
        )
        act.kept = left is not None or (row is not None and heard)
        if row is not None:
            _concerns(act, row)
        if left is not None:
            act.record(reason="wrong passphrase", tries_left=left, destroyed=left == 0)
        else:
            act.record(reason="already ended")


async def _is_heard(core: Core, caller: Visitor, connection: Connection) -> bool:
    """Count a failure, and return whether its network has so few that one without effect is still logged."""
    key = f"share_fail:{caller.origin.network}"
    counted = await count(connection, key, STRANGERS_WINDOW, core.clock.now())
    return counted.count <= ENTRIES_OF_STRANGERS


def _where(core: Core, caller: Visitor) -> tuple[str, str | None]:
    address = caller.origin.address
    return address, core.countries.country_of(address)


def _concerns(act: gate.Act, row: Row) -> None:
    act.concerns(ObjectKind.SHARE, row["id"], row["label"] or row["id"], row["project"])
