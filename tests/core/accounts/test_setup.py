"""The one-time setup link from `init` creates the administrator account, once (A-1)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from strongroom_core.access.callers import system
from strongroom_core.accounts.setup import set_up
from strongroom_core.accounts.setup_link import renew_link
from strongroom_core.accounts.views import SetUp
from strongroom_core.core import Core
from strongroom_core.crypto.token import mint_token, token_hash
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Conflict, Invalid, Refused, Sealed
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.contents import contents
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import visitor
from strongroom_testkit.sign_in import log_in
from strongroom_testkit.world import entries_of

OPERATOR = system("setup-link", INSTALLATION)


@pytest.fixture
def link(cluster: Cluster) -> str:
    return cluster.initialised.setup_token


async def use(core: Core, token: str, password: str, *, username: str = "ada") -> SetUp:
    return await set_up(
        core,
        visitor(),
        token,
        email=f"{username}@example.org",
        username=username,
        password=password,
    )


async def accounts(administrator: OpenConnection) -> int:
    return await administrator.fetchval("select count(*) from account")


async def test_the_link_makes_the_operator_and_a_vault(
    core: Core, link: str, markers: Markers, administrator: OpenConnection
) -> None:
    """A-1, V-1: the link creates an administrator account and a personal vault that it owns."""
    password = markers.password()
    made = await use(core, link, password)
    row = await administrator.fetchrow(
        "select a.email, a.username, a.status, a.operator, v.id as vault, v.shape, v.name,"
        " v.reveal_enabled, m.vault_role, m.status as member_status"
        " from account a join member m on m.account = a.id join vault v on v.id = m.vault"
    )
    entry = (await entries_of(core, INSTALLATION, "installation_setup"))[0]

    assert row is not None
    assert dict(row) == {
        "email": "ada@example.org",
        "username": "ada",
        "status": "active",
        "operator": True,
        "vault": made.vault_id,
        "shape": "personal",
        "name": "ada's vault",
        "reveal_enabled": False,
        "vault_role": "owner",
        "member_status": "active",
    }
    assert (entry["outcome"], entry["target_kind"], entry["target_name"], entry["severity"]) == (
        "done",
        "account",
        "ada",
        "high",
    )
    assert await log_in(
        core, visitor(), email="ada@example.org", password=password, device_token=None
    )


async def test_the_link_works_once(
    core: Core, link: str, markers: Markers, administrator: OpenConnection
) -> None:
    """A-1: a used link creates no second account."""
    await use(core, link, markers.password())
    with pytest.raises(Refused) as caught:
        await use(core, link, markers.password(), username="mallory")

    assert caught.value.code == "setup_link"
    assert await accounts(administrator) == 1
    entry = (await entries_of(core, INSTALLATION, "auth_failure"))[-1]
    assert entry["reason"] == "setup_link"


async def test_one_of_simultaneous_requests_gets_the_link(
    core: Core, link: str, markers: Markers, administrator: OpenConnection
) -> None:
    """A-1: used several times at once, the link creates exactly one account and one vault."""
    results = await asyncio.gather(
        *(use(core, link, markers.password(), username=f"person{n}") for n in range(6)),
        return_exceptions=True,
    )

    assert sorted(type(each).__name__ for each in results) == ["Refused"] * 5 + ["SetUp"]
    assert await accounts(administrator) == 1
    assert await administrator.fetchval("select count(*) from vault") == 2


@pytest.mark.parametrize(
    ("late", "works"),
    [
        (timedelta(microseconds=-1), True),
        (timedelta(0), False),
        (timedelta(hours=-24, minutes=-1), True),
        (timedelta(hours=-24, minutes=-1, microseconds=-1), False),
    ],
)
async def test_the_link_lives_a_day(
    core: Core,
    link: str,
    markers: Markers,
    administrator: OpenConnection,
    late: timedelta,
    works: bool,
) -> None:
    """A-1: the link is valid for exactly 24 hours, and isn't valid before its creation time."""
    made = await administrator.fetchrow("select created_at, expires_at from account_token")
    assert made is not None
    core.clock = MovableClock(made["created_at"] + timedelta(hours=24) + late)
    if works:
        await use(core, link, markers.password())
    else:
        with pytest.raises(Refused):
            await use(core, link, markers.password())

    assert made["expires_at"] - made["created_at"] == timedelta(hours=24)
    assert await accounts(administrator) == int(works)


async def test_invalid_setup_links(
    core: Core, link: str, markers: Markers, administrator: OpenConnection
) -> None:
    """A-1, A-7: unknown, malformed and used links give the same error, and the valid one still works."""
    told: set[str] = set()
    for token in ("", "x", "srl_" + "A" * 48, "\0", "\ud800", "ä" * 5000):
        with pytest.raises(Refused) as caught:
            await use(core, token, markers.password())
        told.add(str(caught.value))
    await use(core, link, markers.password())
    with pytest.raises(Refused) as used:
        await use(core, link, markers.password(), username="other")

    assert told == {str(used.value)}
    assert await accounts(administrator) == 1


async def test_a_token_for_another_purpose(
    core: Core, markers: Markers, administrator: OpenConnection
) -> None:
    """A-1: a token for another purpose can't create an account."""
    token, hashed = mint_token("srl")
    await administrator.execute(
        "update account_token set purpose = 'reset', token_hash = $1", hashed
    )
    with pytest.raises(Refused):
        await use(core, markers.note(token), markers.password())

    assert await accounts(administrator) == 0


NOT_ACCEPTABLE: list[tuple[str, str, str | None, str]] = [
    ("ada@example.org", "ada", "short", "password"),
    ("ada@example.org", "ada", "password1234", "password"),
    ("long.address@example.org", "ada", "Long.Address@example.org", "password"),
    ("ada@example.org", "ada", "x" * 1025, "password"),
    ("ada", "ada", None, "email"),
    ("ada@", "ada", None, "email"),
    ("a da@example.org", "ada", None, "email"),
    ("ada@exa\u202emple.org", "ada", None, "email"),
    ("ﷺ" * 60 + "@example.org", "ada", None, "email"),
    ("ada@example.org", "ad", None, "username"),
    ("ada@example.org", "a" * 33, None, "username"),
    ("ada@example.org", "ada lovelace", None, "username"),
    ("ada@example.org", "ädä", None, "username"),
    ("ada@example.org", "ada\n", None, "username"),
]
"""Address, username, password (None: a valid one), and the invalid field."""


async def test_invalid_input_does_not_use_up_the_link(
    core: Core, link: str, markers: Markers, administrator: OpenConnection
) -> None:
    """A-1, A-2: after an invalid email address, username or password, the link still works."""
    before = await contents(administrator)
    blamed: list[str | None] = []
    for email, username, password, _ in NOT_ACCEPTABLE:
        chosen = password or markers.password()
        with pytest.raises(Invalid) as caught:
            await set_up(core, visitor(), link, email=email, username=username, password=chosen)
        blamed.append(caught.value.field)

        assert chosen not in str(caught.value)

    assert blamed == [field for *_, field in NOT_ACCEPTABLE]
    assert await contents(administrator) == before
    await use(core, link, markers.password())


async def test_only_hashes_are_stored(
    core: Core, link: str, markers: Markers, administrator: OpenConnection
) -> None:
    """A-2, E-4: the link is stored as a SHA-256 and the password as an Argon2id hash."""
    password = markers.password()
    await use(core, link, password)
    token = await administrator.fetchval("select token_hash from account_token")
    stored = await administrator.fetchval("select password_hash from account")

    assert token == token_hash(link)
    assert stored.startswith("$argon2id$v=19$")
    assert password not in stored


async def test_a_lost_link_can_be_replaced(
    core: Core, link: str, markers: Markers, administrator: OpenConnection, clock: MovableClock
) -> None:
    """A-1: a new link is valid for a day and replaces the old one; both are logged."""
    clock.move(timedelta(hours=30))
    first = markers.note(await renew_link(core, OPERATOR))
    second = markers.note(await renew_link(core, OPERATOR))
    clock.move(timedelta(hours=23))
    for void in (link, first):
        with pytest.raises(Refused):
            await use(core, void, markers.password())
    await use(core, second, markers.password())
    entries = await entries_of(core, INSTALLATION, "installation_link")

    assert await accounts(administrator) == 1
    assert [(each["actor_kind"], each["actor_name"], each["outcome"]) for each in entries] == [
        ("system", "setup-link", "done"),
        ("system", "setup-link", "done"),
    ]


@pytest.mark.parametrize("swept", [False, True])
async def test_no_link_once_the_account_exists(
    core: Core, link: str, markers: Markers, administrator: OpenConnection, swept: bool
) -> None:
    """A-1: once the account exists, no new link is created, even if the used one has been swept."""
    await use(core, link, markers.password())
    if swept:
        await administrator.execute("delete from account_token")
    with pytest.raises(Conflict):
        await renew_link(core, OPERATOR)

    unused = "select count(*) from account_token where used_at is null"
    assert await administrator.fetchval(unused) == 0


async def test_of_a_link_and_its_successor_one_makes_the_account(
    core: Core, link: str, markers: Markers, administrator: OpenConnection
) -> None:
    """A-1: if a link is used and replaced at the same time, one account or one usable link results."""
    results = await asyncio.gather(
        use(core, link, markers.password()),
        renew_link(core, OPERATOR),
        use(core, link, markers.password(), username="eve"),
        renew_link(core, OPERATOR),
        return_exceptions=True,
    )
    made = [each for each in results if isinstance(each, SetUp)]
    links = [markers.note(each) for each in results if isinstance(each, str)]
    unused = await administrator.fetchval(
        "select count(*) from account_token where used_at is null"
    )

    assert (await accounts(administrator), len(made)) in {(1, 1), (0, 0)}
    assert len(made) + unused == 1
    assert all(isinstance(each, SetUp | str | Conflict | Refused) for each in results), results
    assert links or made


async def test_there_is_only_one_operator(
    core: Core, link: str, markers: Markers, administrator: OpenConnection
) -> None:
    """A-1: once the account exists, no other link creates a second one."""
    other, hashed = mint_token("srl")
    await administrator.execute(
        "insert into account_token (vault, id, purpose, token_hash, created_at, expires_at)"
        " select vault, 'tok_other', purpose, $1, created_at, expires_at from account_token",
        hashed,
    )
    await use(core, link, markers.password())
    with pytest.raises(Refused):
        await use(core, markers.note(other), markers.password(), username="eve")

    assert await accounts(administrator) == 1


async def test_a_sealed_server_makes_no_link(sealed_core: Core) -> None:
    """E-2: a sealed server creates no link."""
    with pytest.raises(Sealed):
        await renew_link(sealed_core, OPERATOR)
