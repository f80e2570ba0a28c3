"""Limits on flows that send email to people without a session (A-7, A-10)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access.counters import count, require_few
from strongroom_core.crypto.keyring import SystemPurpose
from strongroom_core.kernel.errors import TooMany
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.origin import Origin

MOST = 5
WINDOW = timedelta(hours=1)


async def may_get_mail(core: Core, origin: Origin, flow: str, folded: str) -> bool:
    """Count a sign-up or a reset, and return whether the folded email address may get another email.

    Raises `TooMany` for the sixth request in an hour from one network. The sixth email in an hour to one
    address isn't sent, but the response is the same. Otherwise, many networks could fill someone's mailbox.
    Both counts are kept whether or not the address has an account.
    """
    now = core.clock.now()
    digest = _digest(core, folded)
    async with core.database.transaction(INSTALLATION) as connection:
        asked = await count(connection, f"{flow}:{origin.network}", WINDOW, now)
        mailed = await count(connection, f"mail:{digest}", WINDOW, now)
    if asked.count > MOST:
        raise TooMany(asked.seconds_left(now))
    return mailed.count <= MOST


async def require_invitable(core: Core, folded: str) -> None:
    """Count an invitation to a folded email address. Raises `TooMany` for the sixth in an hour.

    The count is separate from that of sign-ups and resets, about which an inviter must learn nothing.
    """
    await require_few(core, f"invite:{_digest(core, folded)}", MOST, WINDOW)


def _digest(core: Core, folded: str) -> str:
    mac = core.require_keyring().mac(SystemPurpose.PEPPER, b"mail\0" + folded.encode())
    return mac.hex()
