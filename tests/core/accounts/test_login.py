"""Signing in with a password, with no hints for anyone who doesn't know it (A-6)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from strongroom_core.accounts.sessions import authenticate_person, end_session
from strongroom_core.accounts.step_up import step_up
from strongroom_core.accounts.views import LoggedIn
from strongroom_core.core import Core
from strongroom_core.crypto.password import PasswordCost, PasswordHasher
from strongroom_core.crypto.token import token_hash
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.caller import Visitor
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import StrongroomError, TooMany, WrongCredentials
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.origin import Origin
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.hashing import CountingQueue
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import Person, visitor
from strongroom_testkit.sign_in import log_in
from strongroom_testkit.world import entries_of

CHEAP = PasswordCost(memory=64, passes=1)
WRONG = "not the password at all"


@pytest.fixture
def queue(core: Core, owner: Person) -> CountingQueue:
    """The core's Argon2 queue, which counts computations from now on."""
    queue = CountingQueue()
    core.passwords = PasswordHasher(queue, CHEAP)
    return queue


async def attempt(
    core: Core, person: Person, password: str | None = None, *, device: str | None = None
) -> LoggedIn:
    return await log_in(
        core,
        visitor(),
        email=person.email,
        password=password or person.password,
        device_token=device,
    )


async def fail(core: Core, email: str, *, times: int = 1, device: str | None = None) -> None:
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            await log_in(core, visitor(), email=email, password=WRONG, device_token=device)


async def test_the_right_password_opens_a_session(
    core: Core, owner: Person, clock: MovableClock, administrator: OpenConnection
) -> None:
    """A-4: signing in creates a 12-hour session in the person's vault, with the request's source."""
    caller = Visitor(Origin("127.0.0.40", "req_a", "Browser " + "x" * 300))
    logged_in = await log_in(
        core, caller, email=owner.email, password=owner.password, device_token=None
    )
    row = await administrator.fetchrow("select * from session")

    assert (logged_in.username, logged_in.vault) == ("ada", owner.vault)
    assert logged_in.expires_at == clock.now() + timedelta(hours=12)
    assert row is not None
    assert row["acting_vault"] == owner.vault
    assert row["authenticated_at"] == row["created_at"] == row["last_used_at"] == clock.now()
    assert row["expires_at"] == logged_in.expires_at
    assert row["address"] == "127.0.0.40"
    assert row["user_agent"] == ("Browser " + "x" * 300)[:255]
    (entry,) = await entries_of(core, INSTALLATION, "account_login")
    assert (entry["outcome"], entry["target_id"], entry["target_name"], entry["address"]) == (
        "done",
        owner.account,
        "ada",
        "127.0.0.40",
    )


async def test_tokens_are_stored_as_hashes_only(
    core: Core, owner: Person, markers: Markers, administrator: OpenConnection
) -> None:
    """A-4: the database stores only the SHA-256 of both tokens, and their repr doesn't reveal them."""
    logged_in = await attempt(core, owner)
    for token in (logged_in.token, logged_in.device_token):
        markers.note(token)
    session = await administrator.fetchval("select token_hash from session")
    device = await administrator.fetchval("select token_hash from device")

    assert session == token_hash(logged_in.token)
    assert device == token_hash(logged_in.device_token)
    assert logged_in.token not in repr(logged_in)
    assert logged_in.device_token not in repr(logged_in)


async def test_the_address_is_compared_folded(core: Core, owner: Person) -> None:
    """A-1: case, width and surrounding spaces in the address don't matter."""
    for typed in (
        "ADA@Example.ORG",
        "  ada@example.org\t",
        "ａｄａ@example.org",
        "ada@EXAMPLE.org",
    ):
        logged_in = await log_in(
            core, visitor(), email=typed, password=owner.password, device_token=None
        )

        assert logged_in.username == "ada"


async def test_the_password_is_compared_as_typed(core: Core, owner: Person) -> None:
    """A-2: case and surrounding spaces in the password do matter."""
    for typed in (f" {owner.password}", f"{owner.password} ", owner.password.upper()):
        with pytest.raises(WrongCredentials):
            await attempt(core, owner, typed)


async def test_every_failure_costs_and_looks_the_same(
    core: Core,
    owner: Person,
    other_owner: Person,
    queue: CountingQueue,
    administrator: OpenConnection,
) -> None:
    """A-6, A-7: every failed sign-in gets the same error and costs one Argon2 computation."""
    told: dict[str, tuple[type[StrongroomError], str, int]] = {}

    async def note(case: str, email: str, password: str) -> None:
        before = queue.computations
        with pytest.raises(StrongroomError) as caught:
            await log_in(core, visitor(), email=email, password=password, device_token=None)
        told[case] = (type(caught.value), str(caught.value), queue.computations - before)

    await note("wrong password", owner.email, WRONG)
    await note("absent", "nobody@example.org", WRONG)
    await note("no email at all", "", WRONG)
    await note("an email with a NUL", "ada\0@example.org", owner.password)
    await note("an email that isn't text", "ada\ud800@example.org", owner.password)
    await note("a very long email", "a" * 100_000, WRONG)
    await note("a very long password", owner.email, "x" * 100_000)
    await note("a password that isn't text", owner.email, "\ud800")
    for status in ("suspended", "closed"):
        await administrator.execute("update account set status = $1", status)
        await note(status, other_owner.email, other_owner.password)
    await administrator.execute("update account set status = 'active'")
    await administrator.execute("update member set status = 'suspended'")
    await note("not a member of any vault", other_owner.email, other_owner.password)

    assert set(told.values()) == {(WrongCredentials, str(WrongCredentials()), 1)}
    assert len(told) == 11
    assert await administrator.fetchval("select count(*) from session") == 0


async def test_a_successful_sign_in_costs_one_computation(
    core: Core, owner: Person, queue: CountingQueue
) -> None:
    """A-6: a successful sign-in also costs one computation."""
    await attempt(core, owner)

    assert queue.computations == 1


async def test_unknown_devices_wait_after_five_failures(
    core: Core, owner: Person, clock: MovableClock, queue: CountingQueue
) -> None:
    """A-6: the sixth attempt in 15 minutes costs no computation and is rejected, even if it is right."""
    await fail(core, owner.email, times=5)
    computed = queue.computations
    with pytest.raises(TooMany) as caught:
        await attempt(core, owner)

    assert caught.value.retry_after == pytest.approx(15 * 60, abs=1)
    assert queue.computations == computed
    clock.move(timedelta(minutes=15) - timedelta(microseconds=1))
    with pytest.raises(TooMany):
        await attempt(core, owner)
    clock.move(timedelta(microseconds=1))

    assert (await attempt(core, owner)).username == "ada"


async def test_a_restart_keeps_the_counter(core: Core, owner: Person, cluster: Cluster) -> None:
    """A-6: failures are counted in the database, so a server that restarts still makes attempts wait."""
    await fail(core, owner.email, times=5)
    restarted = await open_core(core.settings)
    try:
        await unseal(restarted, cluster.root)
        with pytest.raises(TooMany):
            await attempt(restarted, owner)
    finally:
        await restarted.database.close()


async def test_a_missing_account_is_locked_in_the_same_way(
    core: Core, owner: Person, clock: MovableClock
) -> None:
    """A-6, A-7: an email without an account is locked in the same way, so the lock reveals nothing."""
    told: set[tuple[str, int]] = set()
    for email in (owner.email, "nobody@example.org"):
        await fail(core, email, times=5)
        with pytest.raises(TooMany) as caught:
            await log_in(core, visitor(), email=email, password=WRONG, device_token=None)
        told.add((str(caught.value), caught.value.retry_after))

    assert len(told) == 1


async def test_spellings_of_one_address_are_counted_together(core: Core, owner: Person) -> None:
    """A-6: different spellings of an address share one counter (compare CVE-2025-6004)."""
    for typed in (
        "ada@example.org",
        "ADA@example.org",
        " ada@example.org",
        "ａｄａ@example.org",
        "Ada@Example.Org ",
    ):
        await fail(core, typed)
    with pytest.raises(TooMany):
        await attempt(core, owner)


async def test_known_devices_have_their_own_counter(
    core: Core, owner: Person, clock: MovableClock
) -> None:
    """A-6: unknown devices can't lock an owner out, and a known device can't bypass the limit."""
    device = (await attempt(core, owner)).device_token
    await fail(core, owner.email, times=5)
    with pytest.raises(TooMany):
        await attempt(core, owner)

    assert (await attempt(core, owner, device=device)).username == "ada"
    await fail(core, owner.email, times=5, device=device)
    with pytest.raises(TooMany):
        await attempt(core, owner, device=device)


async def test_each_browser_has_one_row(
    core: Core,
    owner: Person,
    other_owner: Person,
    clock: MovableClock,
    administrator: OpenConnection,
) -> None:
    """A-6: each browser has one row, valid for a year from its last sign-in; an unknown token adds a row."""
    first = (await attempt(core, owner)).device_token
    clock.move(timedelta(days=300))
    again = (await attempt(core, owner, device=first)).device_token
    clock.move(timedelta(days=300))
    others = (await attempt(core, other_owner, device=first)).device_token
    rows = await administrator.fetch(
        "select token_hash, expires_at from device order by expires_at"
    )

    assert again == first != others
    assert [(row["token_hash"], row["expires_at"]) for row in rows] == [
        (token_hash(first), clock.now() + timedelta(days=65)),
        (token_hash(others), clock.now() + timedelta(days=365)),
    ]


async def test_another_accounts_device_is_unknown(
    core: Core, owner: Person, other_owner: Person, clock: MovableClock
) -> None:
    """A-6: a device is known only to the account that used it."""
    device = (await attempt(core, other_owner)).device_token
    await fail(core, owner.email, times=5)
    with pytest.raises(TooMany):
        await attempt(core, owner, device=device)


async def test_a_device_is_forgotten_after_a_year(
    core: Core, owner: Person, clock: MovableClock
) -> None:
    """A-6: a device's separate counter ends after a year."""
    device = (await attempt(core, owner)).device_token
    clock.move(timedelta(days=365))
    await fail(core, owner.email, times=5)
    with pytest.raises(TooMany):
        await attempt(core, owner, device=device)


async def test_success_sets_the_counter_back(
    core: Core, owner: Person, clock: MovableClock
) -> None:
    """A-6: only failures since the last success are counted."""
    for _ in range(3):
        await fail(core, owner.email, times=4)
        await attempt(core, owner)


async def test_simultaneous_attempts_get_at_most_five(
    core: Core, owner: Person, clock: MovableClock, queue: CountingQueue
) -> None:
    """A-6: concurrent attempts are counted exactly."""
    results = await asyncio.gather(
        *(
            log_in(core, visitor(), email=owner.email, password=WRONG, device_token=None)
            for _ in range(15)
        ),
        return_exceptions=True,
    )
    names = [type(result).__name__ for result in results]

    assert (names.count("WrongCredentials"), names.count("TooMany")) == (5, 10)
    assert queue.computations == 5


async def test_counters_hold_no_address(
    core: Core, owner: Person, administrator: OpenConnection
) -> None:
    """E-5: failures are counted under a keyed digest, so the table doesn't contain email addresses."""
    await fail(core, owner.email)
    keys = [row["key"] for row in await administrator.fetch("select key from rate_count")]

    assert len([key for key in keys if key.startswith("login:")]) == 1
    assert not any(owner.email in key or "example.org" in key for key in keys)


async def test_an_outdated_hash_is_replaced_at_sign_in(
    core: Core, owner: Person, administrator: OpenConnection
) -> None:
    """A-2: if the parameters have changed, the next sign-in stores a new hash of the same password."""
    stored = "select password_hash from account where username = 'ada'"
    first = await administrator.fetchval(stored)
    await attempt(core, owner)
    unchanged = await administrator.fetchval(stored)
    core.passwords = PasswordHasher(cost=PasswordCost(memory=128, passes=2))
    with pytest.raises(WrongCredentials):
        await attempt(core, owner, WRONG)
    after_a_failure = await administrator.fetchval(stored)
    await attempt(core, owner)
    renewed = await administrator.fetchval(stored)
    await attempt(core, owner)

    assert first == unchanged == after_a_failure
    assert renewed.startswith("$argon2id$v=19$m=128,t=2,p=1$")
    assert await administrator.fetchval(stored) == renewed


async def test_a_failed_sign_in_is_logged_without_its_input(
    core: Core, owner: Person, markers: Markers
) -> None:
    """A-11, E-5: a failed sign-in is logged with address and reason, but without email or password."""
    typed = markers.note("wrong guess that nobody may read")
    with pytest.raises(WrongCredentials):
        await attempt(core, owner, typed)
    entry = (await entries_of(core, INSTALLATION, "auth_failure"))[-1]
    text = str(entry)

    assert entry["reason"] == "wrong_credentials"
    assert typed not in text
    assert owner.email not in text


async def test_others_of_a_network_hide_no_failed_sign_in(core: Core, owner: Person) -> None:
    """L-6, L-1: a failed sign-in is in the vault's log even if its network reached the limit elsewhere."""
    await fail(core, "nobody@example.org", times=5)
    await fail(core, owner.email, times=4)

    assert len(await entries_of(core, INSTALLATION, "auth_failure")) == 3
    assert len(await entries_of(core, owner.vault, "auth_failure")) == 4


async def test_a_vaults_log_contains_its_members_sign_ins(core: Core, owner: Person) -> None:
    """L-6: a vault's log contains its members' sign-ins, including failed ones, with the address."""
    await fail(core, owner.email)
    await fail(core, "nobody@example.org")
    logged_in = await attempt(core, owner)
    caller = await authenticate_person(core, logged_in.token, visitor().origin)
    with pytest.raises(WrongCredentials):
        await step_up(core, caller, WRONG)
    await step_up(core, caller, owner.password)
    await end_session(core, caller)
    entries = [
        entry
        for action in ("auth_failure", "account_login", "session_step_up", "session_end")
        for entry in await entries_of(core, owner.vault, action)
    ]
    seen = [
        (entry["action"], entry["outcome"], entry["actor_kind"], entry["actor_name"])
        for entry in entries
    ]

    assert seen == [
        ("auth_failure", "refused", "external", "unknown client"),
        ("account_login", "done", "user", "ada"),
        ("session_step_up", "refused", "user", "ada"),
        ("session_step_up", "done", "user", "ada"),
        ("session_end", "done", "user", "ada"),
    ]
    assert {(entry["target_id"], entry["target_name"]) for entry in entries[:2]} == {
        (owner.account, "ada")
    }
    assert {entry["address"] for entry in entries} == {visitor().origin.address}
    (failed, _) = await entries_of(core, INSTALLATION, "auth_failure")
    assert failed["target_id"] is None
