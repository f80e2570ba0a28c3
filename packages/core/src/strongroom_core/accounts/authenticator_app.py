"""Adds and removes a person's authenticator app, and creates recovery codes (A-3)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from pyotp.totp import TOTP

from strongroom_core.access import gate
from strongroom_core.access.actions.accounts import APP_ADD, APP_REMOVE, APP_START, CODES_CREATE
from strongroom_core.accounts.factors import finish_change, has_factor, lock_account
from strongroom_core.accounts.proofs.recovery import replace_codes
from strongroom_core.accounts.proofs.totp import is_totp, normalize, use_code_of
from strongroom_core.accounts.proofs.webauthn import passkey_host
from strongroom_core.accounts.views import FactorChanged, NewApp
from strongroom_core.crypto.aad import totp_context
from strongroom_core.crypto.encrypt import encrypt_for_server
from strongroom_core.crypto.keyring import SystemPurpose
from strongroom_core.crypto.random import new_id, random_bytes
from strongroom_core.kernel.errors import Conflict, Invalid, NotFound
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.plaintext import Plaintext
from strongroom_core.schema.accounts import Totp

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human

SECRET_BYTES = 20
"""The length that RFC 4226 recommends for HMAC-SHA-1, the only algorithm that all apps support."""

_STARTED = """
select id, account, secret from totp where account = $1 and not confirmed for no key update
"""
_LEFT = "select count(*) from recovery_code where account = $1 and used_at is null"


async def start_app(core: Core, caller: Human) -> NewApp:
    """Create a secret for an app. It has no effect until a code confirms that the app has it."""
    async with gate.perform(core, caller, APP_START) as act:
        await lock_account(act, caller.account)
        secret = base64.b32encode(random_bytes(SECRET_BYTES)).decode()
        key = core.require_keyring().system_key(SystemPurpose.TOTP)
        app = new_id("app")
        context = totp_context(core.deployment, caller.account, app)
        await act.connection.execute(
            "delete from totp where account = $1 and not confirmed", caller.account
        )
        row = Totp(
            vault=INSTALLATION,
            id=app,
            account=caller.account,
            secret=encrypt_for_server(key, context, Plaintext.from_text(secret)),
            confirmed=False,
            last_step=0,
            created_at=act.at,
        )
        await act.run(Totp.insert(row))
    issuer = f"Strongroom {passkey_host(core.settings)}"
    link = TOTP(secret).provisioning_uri(name=caller.username, issuer_name=issuer)
    return NewApp(secret, link)


async def confirm_app(core: Core, caller: Human, code: str) -> FactorChanged:
    """Add the app with a code that it shows, or replace the previous app.

    With the first factor, recovery codes are created. Raises `Invalid` for a wrong code, and `NotFound` if
    `start_app` wasn't called.
    """
    normalized = normalize(code)
    async with gate.perform(core, caller, APP_ADD) as act:
        await lock_account(act, caller.account)
        row = await act.connection.fetchrow(_STARTED, caller.account)
        if row is None:
            raise NotFound("authenticator app")
        if not is_totp(normalized) or not await use_code_of(
            core, act.connection, row, normalized, act.at
        ):
            raise Invalid(
                "wrong code; enter the one that the app shows now, and check the phone's clock",
                field="code",
            )
        await act.connection.execute(
            "delete from totp where account = $1 and confirmed", caller.account
        )
        await act.connection.execute("update totp set confirmed = true where id = $1", row["id"])
        codes = await first_codes(core, act, caller.account)
        token = await finish_change(core, act, caller, "an authenticator app was added")
    return FactorChanged(token, codes)


async def remove_app(core: Core, caller: Human) -> FactorChanged:
    """Remove the app. Raises `NotFound` if there is none, and `Conflict` as `finish_change` does."""
    async with gate.perform(core, caller, APP_REMOVE) as act:
        await lock_account(act, caller.account)
        removed = await act.connection.fetch(
            "delete from totp where account = $1 returning confirmed", caller.account
        )
        if not any(row["confirmed"] for row in removed):
            raise NotFound("authenticator app")
        token = await finish_change(core, act, caller, "the authenticator app was removed")
    return FactorChanged(token, [])


async def create_recovery_codes(core: Core, caller: Human) -> FactorChanged:
    """Replace the recovery codes. The old ones no longer work. Raises `Conflict` without a second factor."""
    async with gate.perform(core, caller, CODES_CREATE) as act:
        await lock_account(act, caller.account)
        if not await has_factor(act, caller.account):
            raise Conflict(
                "recovery codes are a backup for a second factor; add an authenticator app or a passkey first"
            )
        codes = await replace_codes(core, act, caller.account)
        token = await finish_change(core, act, caller, "new recovery codes were created")
    return FactorChanged(token, codes)


async def first_codes(core: Core, act: gate.Act, account: str) -> list[str]:
    """Create recovery codes as part of an act, unless some are left."""
    if await act.connection.fetchval(_LEFT, account):
        return []
    return await replace_codes(core, act, account)
