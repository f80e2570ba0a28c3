"""Limits on emails to addresses that anyone can enter, as in sign-ups and invitations (A-7, A-10)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access.counters import count, require_few
from strongroom_core.crypto.keyring import SystemPurpose
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import TooMany
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.access.counters import Count
    from strongroom_core.access.gate import Act
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.origin import Origin

MOST = 5
INVITED_BY_ONE, INVITED_TO_VAULT = 100, 200
"""How many invitations one person can send in an hour, in all vaults, and how many one vault can send."""
WINDOW = timedelta(hours=1)


async def may_get_mail(core: Core, origin: Origin, flow: str, folded: str) -> bool:
    """Count a sign-up or a reset, and return whether the folded email address may get another email.

    Raises `TooMany` for the sixth request in an hour from one network. The sixth email in an hour to one
    address isn't sent, but the response is the same. Otherwise, many networks could fill someone's mailbox.
    Both counts are kept whether or not the address has an account.
    """
    now = core.clock.now()
    async with core.database.transaction(INSTALLATION) as connection:
        asked = await count(connection, f"{flow}:{origin.network}", WINDOW, now)
        mailed = await _count_mail(core, connection, folded, now)
    if asked.count > MOST:
        raise TooMany(asked.seconds_left(now))
    return mailed.count <= MOST


async def may_send_to_new_address(core: Core, act: Act, account: str, folded: str) -> bool:
    """Count a request to change an account's address, and return whether the new one may get another email.

    Raises `TooMany` for a person's sixth request in an hour. The address's count is that of
    `may_get_mail`, about which the person must learn nothing. The act must be in the installation.
    """
    asked = await count(act.connection, f"change_email:{account}", WINDOW, act.at)
    if asked.count > MOST:
        raise TooMany(asked.seconds_left(act.at))
    return (await _count_mail(core, act.connection, folded, act.at)).count <= MOST


async def require_invitable(core: Core, caller: Human, folded: str) -> None:
    """Count an invitation to a folded email address. Raises `TooMany` for the sixth to it in an hour.

    Also raises it if the person or the vault has sent too many in an hour: withdrawn invitations leave room
    for others under the plan's limit of members, but their emails have been sent. The vault's limit is
    higher, so that one person can't use it up. Nothing is counted for someone who can't invite, because the
    gate refuses them.

    The address's count isn't that of sign-ups and resets, about which an inviter must learn nothing.
    """
    if VaultCapability.MEMBERS_INVITE not in caller.authority.vault:
        return
    await require_few(core, f"invites_by:{caller.account}", INVITED_BY_ONE, WINDOW)
    await require_few(core, f"invites_to:{caller.vault}", INVITED_TO_VAULT, WINDOW)
    await require_few(core, f"invite:{_digest(core, folded)}", MOST, WINDOW)


async def _count_mail(core: Core, connection: Connection, folded: str, now: datetime) -> Count:
    return await count(connection, f"mail:{_digest(core, folded)}", WINDOW, now)


def _digest(core: Core, folded: str) -> str:
    mac = core.require_keyring().mac(SystemPurpose.PEPPER, b"mail\0" + folded.encode())
    return mac.hex()
