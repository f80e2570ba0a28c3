"""Performs a batch's updates, apart from its entries: versions seen, and machines' networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access.admission import is_news, know

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Machine
    from strongroom_core.secrets.read_facts import Found

_SEE = """
update secret_grant g set seen_version = t.version
from unnest($1::uuid[], $2::varchar[], $3::int[]) as t(machine, secret, version)
where g.machine = t.machine and g.secret = t.secret and g.seen_version is distinct from t.version
"""


async def note_seen(
    connection: Connection, vault: str, delivered: Sequence[tuple[Machine, Found]], now: datetime
) -> None:
    """Write what changed. Most reads are repeats, for which there is nothing to write."""
    news = sorted(
        {
            (caller.id, found.asked, found.version)
            for caller, found in delivered
            if found.seen_version != found.version
        }
    )
    if news:
        await connection.execute(_SEE, *map(list, zip(*news, strict=True)))
    proved = {
        (caller.id, caller.origin.network)
        for caller, found in delivered
        if found.machine is not None and is_news(found.machine, now)
    }
    if proved:
        await know(connection, vault, proved, now)
