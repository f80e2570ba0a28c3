"""Ends sessions, links and counters after a change to an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.crypto.keyring import SystemPurpose

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection

_SESSIONS = """
with ended as (
    delete from session where account = $1 and id is distinct from $2 returning id
), gone as (
    delete from account_token
    where account = $1 and used_at is null
      and purpose in
          ('reset', 'email', 'second_step', 'passkey_sign_in', 'passkey_step_up', 'passkey_add')
), unsent as (
    delete from mail where account = $1 and kind = 'change_email' and state = 'queued'
)
select count(*) from ended
"""


async def end_sessions(connection: Connection, account: str, *, keep: str | None = None) -> int:
    """End the account's sessions, except `keep`, and return their number.

    This also ends its unused links for a new password or email address, sign-ins between their two steps, and
    challenges for passkeys. An attacker who asked for a link must not be able to use it afterwards.

    Needs the installation's scope.
    """
    return int(await connection.fetchval(_SESSIONS, account, keep) or 0)


_KEYS = """
with ended as (
    update person_key set ended_at = $2, ended_by = $3
    where account = $1 and ended_at is null and expires_at > $2 returning id
)
select count(*) from ended
"""


async def end_keys(connection: Connection, account: str, at: datetime, *, by: str) -> int:
    """End all of the account's keys, and return how many ended. Needs the installation's scope.

    `by` is the reason that programs with these keys get: `revoked`, `password`, `account` or `suspended`.
    """
    return int(await connection.fetchval(_KEYS, account, at, by) or 0)


async def forget_failures(connection: Connection, counter: str) -> None:
    """Let unknown devices try again at once, after someone has proved that they own the address (A-6)."""
    await connection.execute("delete from rate_count where key = $1", counter)


def login_counter(core: Core, email_folded: str) -> str:
    """Return the key of the counter for failed sign-ins from unknown devices."""
    pepper = core.require_keyring().mac(SystemPurpose.PEPPER, b"login\0" + email_folded.encode())
    return f"login:{pepper.hex()}"
