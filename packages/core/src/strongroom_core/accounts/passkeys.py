"""Adds and removes a person's passkeys (A-3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.accounts import PASSKEY_ADD, PASSKEY_REMOVE, PASSKEY_START
from strongroom_core.accounts.authenticator_app import first_codes
from strongroom_core.accounts.factors import finish_change, lock_account
from strongroom_core.accounts.proofs.challenge import ChallengeFor, put_challenge, use_challenge
from strongroom_core.accounts.proofs.webauthn import (
    is_possible,
    options_to_create,
    read_answer,
    unacceptable,
    verify_new,
)
from strongroom_core.accounts.second_step import credentials_of
from strongroom_core.accounts.views import FactorChanged
from strongroom_core.crypto.random import new_id
from strongroom_core.kernel.errors import Conflict, WrongCredentials
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.names import require_name
from strongroom_core.schema.accounts import Passkey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human

MOST_PASSKEYS = 20
NAME_LENGTH = 100


async def start_passkey(core: Core, caller: Human) -> dict[str, Any]:
    """Return the options for creating a passkey in the browser. Raises `Conflict` if none can be added."""
    if not is_possible(core.settings):
        raise Conflict(
            "browsers allow passkeys only for hostnames, but the public URL contains an IP address"
        )
    async with gate.perform(core, caller, PASSKEY_START) as act:
        existing = await credentials_of(act.connection, caller.account)
        if len(existing) >= MOST_PASSKEYS:
            raise Conflict(f"you have {MOST_PASSKEYS} passkeys; remove one that you don't use")
        challenge = await put_challenge(act, ChallengeFor.ADD, caller.account)
    return options_to_create(core.settings, caller.account, caller.username, existing, challenge)


async def add_passkey(
    core: Core, caller: Human, *, name: str, credential: Mapping[str, Any]
) -> FactorChanged:
    """Add the passkey that the browser has created. With the first factor, recovery codes are created.

    Raises `Invalid` for a response that can't be verified, or that isn't for a recent challenge.
    """
    named = require_name(name, field="name", most=NAME_LENGTH)
    try:
        answer = read_answer(credential)
    except WrongCredentials:
        raise unacceptable() from None
    async with gate.perform(core, caller, PASSKEY_ADD) as act:
        await lock_account(act, caller.account)
        if not await use_challenge(
            act.connection, ChallengeFor.ADD, caller.account, answer.challenge, act.at
        ):
            raise unacceptable()
        made = verify_new(core.settings, answer)
        taken = await act.connection.fetchval(
            "select exists (select from passkey where credential_id = $1)", made.id
        )
        if taken or len(await credentials_of(act.connection, caller.account)) >= MOST_PASSKEYS:
            raise unacceptable()
        passkey = Passkey(
            vault=INSTALLATION,
            id=new_id("pky"),
            account=caller.account,
            name=named,
            credential_id=made.id,
            public_key=made.public_key,
            algorithm=made.algorithm,
            sign_count=made.sign_count,
            created_at=act.at,
        )
        await act.run(Passkey.insert(passkey))
        codes = await first_codes(core, act, caller.account)
        act.concerns(ObjectKind.PASSKEY, passkey.id, named)
        token = await finish_change(core, act, caller, f"the passkey {named} was added")
    return FactorChanged(token, codes)


async def remove_passkey(core: Core, caller: Human, passkey: str) -> FactorChanged:
    """Remove a passkey. Raises `Conflict` as `finish_change` does."""
    async with gate.perform(core, caller, PASSKEY_REMOVE, passkey) as act:
        await lock_account(act, caller.account)
        await act.connection.execute("delete from passkey where id = $1", passkey)
        token = await finish_change(core, act, caller, f"the passkey {act.target.name} was removed")
    return FactorChanged(token, [])
