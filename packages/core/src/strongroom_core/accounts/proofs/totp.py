"""One-time codes from an authenticator app (RFC 6238), each accepted once (A-3)."""

from __future__ import annotations

import hmac
import unicodedata
from typing import TYPE_CHECKING

from pyotp.totp import TOTP

from strongroom_core.crypto.aad import totp_context
from strongroom_core.crypto.decrypt import decrypt_for_server
from strongroom_core.crypto.keyring import SystemPurpose

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row

DIGITS = 6
STEP_SECONDS = 30
LEEWAY = 1
"""The number of steps by which a phone's clock may be off."""

_CONFIRMED = "select id, account, secret from totp where account = $1 and confirmed"

# A single statement decides between codes that arrive at the same moment: only one of them advances the step.
_USE = """
update totp set last_step = $2, last_used_at = $3 where id = $1 and last_step < $2 returning true
"""


def normalize(text: str) -> str:
    """Return a code in the form for comparison: with ASCII digits, and without spaces and hyphens."""
    return "".join(each for each in unicodedata.normalize("NFKC", text) if each not in " -\t\u00a0")


def is_totp(code: str) -> bool:
    """Whether a normalized code has the form of an app's code."""
    return len(code) == DIGITS and code.isascii() and code.isdigit()


async def use_totp(
    core: Core, connection: Connection, account: str, code: str, at: datetime
) -> bool:
    """Accept a normalized code from the account's app, unless this step's code has already been used."""
    row = await connection.fetchrow(_CONFIRMED, account)
    return row is not None and await use_code_of(core, connection, row, code, at)


async def use_code_of(
    core: Core, connection: Connection, row: Row, code: str, at: datetime
) -> bool:
    """Accept a code from one app, for the current step or an adjacent one, only if no later code was used."""
    step = _step_of(_secret_of(core, row), code, at)
    return step is not None and bool(await connection.fetchval(_USE, row["id"], step, at))


def _secret_of(core: Core, row: Row) -> str:
    key = core.require_keyring().system_key(SystemPurpose.TOTP)
    context = totp_context(core.deployment, row["account"], row["id"])
    return decrypt_for_server(key, context, row["secret"]).reveal().decode()


def _step_of(secret: str, code: str, at: datetime) -> int | None:
    """Return the step to which the code belongs. All steps are computed, so the time reveals nothing."""
    app, now = TOTP(secret, digits=DIGITS, interval=STEP_SECONDS), int(at.timestamp())
    found = None
    for number in range(-LEEWAY, LEEWAY + 1):
        step = now // STEP_SECONDS + number
        if hmac.compare_digest(app.generate_otp(step), code):
            found = step
    return found
