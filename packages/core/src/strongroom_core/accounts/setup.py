"""Creates the administrator's account and personal vault, with the setup link (A-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.installation import INSTALLATION_SETUP
from strongroom_core.accounts.identity import require_email, require_username
from strongroom_core.accounts.new_account import put_account
from strongroom_core.accounts.setup_link import is_usable, unusable, use_link
from strongroom_core.accounts.views import SetUp
from strongroom_core.crypto.password import require_acceptable
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Visitor


async def set_up(
    core: Core, caller: Visitor, token: str, *, email: str, username: str, password: str
) -> SetUp:
    """Create the administrator's account with the link's token, which is then used up.

    Raises `Invalid` for an invalid address, username or password (the link then still works), and
    `Refused` for a link that is unknown, used or older than 24 hours.
    """
    address, name = require_email(email), require_username(username)
    require_acceptable(password, email=address)
    await _require_usable(core, caller, token)
    # Hash before the transaction begins, so that it doesn't stay open for the third of a second this takes.
    password_hash = await core.passwords.hash(password)
    async with gate.perform(core, caller, INSTALLATION_SETUP) as act:
        await use_link(act, token)
        vault = await put_account(
            act, email=address, username=name, password_hash=password_hash, operator=True
        )
    return SetUp(username=name, vault_id=vault)


async def _require_usable(core: Core, caller: Visitor, token: str) -> None:
    """Reject an unusable link before hashing a password, so that unknown clients can't trigger that work."""
    async with core.database.transaction(INSTALLATION) as connection:
        usable = await is_usable(connection, token, core.clock.now())
    if not usable:
        refusal = unusable()
        await gate.record_failure(core, caller, INSTALLATION_SETUP, None, refusal)
        raise refusal
