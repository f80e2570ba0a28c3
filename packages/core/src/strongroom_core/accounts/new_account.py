"""Creates an account with its personal vault, as part of an act (A-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access.action import ObjectKind
from strongroom_core.accounts.identity import fold
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.kernel.ids import INSTALLATION, VaultId
from strongroom_core.schema.accounts import Account

if TYPE_CHECKING:
    from strongroom_core.access import gate

USERNAME_TAKEN = "this username is taken; choose another"


async def put_account(
    act: gate.Act,
    *,
    email: str,
    username: str,
    password_hash: str,
    confirmed: bool = False,
    operator: bool = False,
) -> VaultId:
    """Create an active account and its personal vault; return the vault's ID.

    `confirmed` means that the person opened a link that was sent to the address by email. Raises `NameTaken`
    if the username or the address is taken.
    """
    vault = VaultId(new_id("vault"))
    account = Account(
        vault=INSTALLATION,
        id=new_id("acc"),
        email=email,
        email_folded=fold(email),
        username=username,
        username_folded=fold(username),
        password_hash=password_hash,
        status="active",
        operator=operator,
        created_at=act.at,
        email_confirmed=confirmed,
    )
    other = {"account_email_folded_key": ("email", "this address already has an account; sign in")}
    with name_taken_as(USERNAME_TAKEN, {**other, "account_username_folded_key": USERNAME}):
        await act.run(Account.insert(account))
    await act.connection.execute(
        "select found_vault($1, 'personal', $2, $3, $4, $5)",
        vault,
        f"{username}'s vault",
        new_id("mem"),
        account.id,
        act.at,
    )
    act.concerns(ObjectKind.ACCOUNT, account.id, username)
    act.record(vault=vault)
    return vault


USERNAME = ("username", USERNAME_TAKEN)
