"""Keep grants of single fields within the fields a secret still has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.db.connection import Connection

_REVOKE = """
delete from secret_grant where secret = $1 and fields is not null and not fields && $2::varchar[]
"""

_NARROW = """
update secret_grant set fields = array(select f from unnest(fields) f where f = any($2::varchar[]))
where secret = $1 and fields is not null and not fields <@ $2::varchar[]
"""


async def narrow_grants(connection: Connection, secret: str, live: Sequence[str]) -> None:
    """Take fields that are gone out of the secret's grants, and grants of nothing else away.

    Otherwise a field that is made anew under an old name would be granted to whoever had the old.
    """
    await connection.execute(_REVOKE, secret, live)
    await connection.execute(_NARROW, secret, live)
