"""People for tests: the administrator, created with the real setup link, and owners of other vaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from strongroom_core.access.callers import new_request_id
from strongroom_core.access.roles import OWNER
from strongroom_core.accounts.identity import fold
from strongroom_core.accounts.setup import set_up
from strongroom_core.crypto.random import new_id
from strongroom_core.db.query import run
from strongroom_core.kernel.caller import Human, Visitor
from strongroom_core.kernel.ids import INSTALLATION, AccountId, SessionId, VaultId
from strongroom_core.kernel.origin import Origin
from strongroom_core.schema.accounts import Account

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_testkit.markers import Markers


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with an account and a vault."""

    email: str
    username: str
    password: str = field(repr=False)
    account: AccountId
    vault: VaultId

    def caller(self, core: Core, *, address: str = "127.0.0.9") -> Human:
        """Return this person as the owner of their vault, with a recently confirmed password."""
        now = core.clock.now()
        return Human(
            account=self.account,
            username=self.username,
            session=SessionId(new_id("ses")),
            vault=self.vault,
            authority=OWNER,
            authenticated_at=now,
            expires_at=now + core.settings.session_absolute,
            operator=False,
            origin=Origin(address, new_request_id()),
        )


def visitor(address: str = "127.0.0.8") -> Visitor:
    """Return an unknown client at this address."""
    return Visitor(Origin(address, new_request_id()))


async def make_operator(core: Core, setup_token: str, markers: Markers) -> Person:
    """Create the administrator account with `init`'s setup link, as a person would."""
    password = markers.password()
    made = await set_up(
        core,
        visitor(),
        setup_token,
        email="ada@example.org",
        username="ada",
        password=password,
    )
    async with core.database.transaction(INSTALLATION) as connection:
        account = await connection.fetchval("select id from account where username = 'ada'")
    return Person("ada@example.org", "ada", password, AccountId(account), made.vault_id)


async def make_person(core: Core, name: str, markers: Markers) -> Person:
    """Create another account with a vault. There is no sign-up yet, so this function inserts the rows."""
    password = markers.password()
    email, now = f"{name}@example.org", core.clock.now()
    person = Person(email, name, password, AccountId(new_id("acc")), VaultId(new_id("vault")))
    password_hash = await core.passwords.hash(password)
    async with core.database.transaction(INSTALLATION) as connection:
        account = Account(
            vault=INSTALLATION,
            id=person.account,
            email=email,
            email_folded=fold(email),
            username=name,
            username_folded=fold(name),
            password_hash=password_hash,
            status="active",
            operator=False,
            created_at=now,
        )
        await run(connection, Account.insert(account))
        await connection.execute(
            "select found_vault($1, 'personal', $2, $3, $4, $5)",
            person.vault,
            f"{name}'s vault",
            new_id("mem"),
            person.account,
            now,
        )
    return person


async def confirm_address(core: Core, account: AccountId) -> None:
    """Confirm an account's address, as by opening a link that was sent to it by email."""
    async with core.database.transaction(INSTALLATION) as connection:
        await connection.execute("update account set email_confirmed = true where id = $1", account)


async def make_account(core: Core, name: str) -> AccountId:
    """Create an account without a vault and without a usable password."""
    account = AccountId(new_id("acc"))
    async with core.database.transaction(INSTALLATION) as connection:
        await connection.execute(
            "insert into account (vault, id, email, email_folded, username, username_folded, password_hash,"
            " status, created_at) values ($1, $2, $3, $3, $4, $4, 'none', 'active', $5)",
            INSTALLATION,
            account,
            f"{name}@example.org",
            name,
            core.clock.now(),
        )
    return account
