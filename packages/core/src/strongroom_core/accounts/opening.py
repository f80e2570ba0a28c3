"""Whether people can sign up. The administrator decides this for the whole installation (A-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from strongroom_core.db.connection import Connection

_NAME = "signup_open"

_IS_OPEN = """
select exists (select from account)
   and not exists (select from installation_setting where name = $1 and value = 'no')
"""

_SET = """
insert into installation_setting (vault, name, value) values ($1, $2, $3)
on conflict (name) do update set value = excluded.value
"""


async def is_sign_up_open(connection: Connection) -> bool:
    """Whether anyone can sign up: the setup link has been used, and the administrator hasn't closed sign-up.

    Needs the installation's scope.
    """
    return bool(await connection.fetchval(_IS_OPEN, _NAME))


async def put_sign_up_open(connection: Connection, *, is_open: bool) -> None:
    """Open or close sign-up. Needs the installation's scope."""
    await connection.execute(_SET, INSTALLATION, _NAME, "yes" if is_open else "no")
