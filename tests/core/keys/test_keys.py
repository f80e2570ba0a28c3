"""A person's key, from a program's request to its end (D-5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from nacl.signing import SigningKey

from strongroom_core.access.callers import new_request_id
from strongroom_core.access.roles import OF_PROJECTS, OWNER
from strongroom_core.core import Core
from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    BrowserRequired,
    Conflict,
    Invalid,
    KeyEnded,
    LockedOut,
    NonceUsed,
    NotFound,
    Refused,
    Skewed,
    StepUpRequired,
    TooMany,
)
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.origin import Origin
from strongroom_core.kernel.page import PageRequest
from strongroom_core.keys.approve import (
    GUESSES,
    Approval,
    approve_key_request,
    deny_key_request,
    find_key_request,
)
from strongroom_core.keys.ask import ask_for_key, poll_for_key
from strongroom_core.keys.authenticate import authenticate_key, authenticate_request
from strongroom_core.keys.codes import ALPHABET, new_code, require_code
from strongroom_core.keys.manage import (
    end_own_key,
    list_keys,
    read_own_key,
    rename_key,
    revoke_key,
)
from strongroom_core.keys.views import Answered
from strongroom_core.overview.search import search
from strongroom_core.projects.change import update_project
from strongroom_core.projects.create import create_project
from strongroom_core.projects.listing import list_projects, read_project
from strongroom_core.projects.trash import purge_project
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import Person, visitor
from strongroom_testkit.person_key import PROGRAM_AT, TestKey, approved_key, asked_key, session_of
from strongroom_testkit.world import World, entries_of

HOUR, DAY = 3600, 86_400


@pytest.fixture
async def ada(core: Core, owner: Person, markers: Markers) -> Human:
    """The owner, signed in, with a recently confirmed password."""
    return await session_of(core, owner, markers)


async def poll(core: Core, program: TestKey, address: str = PROGRAM_AT) -> Any:
    origin = Origin(address, new_request_id())
    found = await authenticate_request(core, program.signed(core), origin)
    return await poll_for_key(core, visitor(address), found)


async def test_a_program_gets_a_key(core: Core, ada: Human, clock: MovableClock) -> None:
    """D-5: a program asks, the person sees where it runs and approves, and a poll gets the key."""
    program, asked = await asked_key(core)
    waiting = await poll(core, program)
    found = await find_key_request(core, ada, asked.code.lower().replace("-", " "))
    made = await approve_key_request(core, ada, found.id, Approval(code=found.code))
    answered = await poll(core, program)
    again = await poll(core, program)
    caller = await TestKey(made.id, program.server, program.private).caller(core)

    assert (waiting.status, waiting.key) == (Answered.PENDING, None)
    assert asked.poll_seconds == 5
    assert asked.expires_at == clock.now() + timedelta(minutes=10)
    assert asked.link == f"{core.settings.public_url}/connect?code={asked.code}"
    assert (found.id, found.hostname, found.fingerprint) == (asked.id, "laptop", asked.fingerprint)
    assert (found.address, found.other_address, found.other_country) == (PROGRAM_AT, True, False)
    assert answered.status is Answered.APPROVED
    assert made == answered.key == again.key
    assert (made.username, made.vault_id, made.name) == ("ada", ada.vault, "laptop")
    assert (made.server, made.looking, made.projects) == (core.settings.public_url, False, None)
    assert made.expires_at == clock.now() + timedelta(days=30)
    assert (caller.account, caller.username, caller.vault) == (ada.account, "ada", ada.vault)
    assert caller.authority == OWNER
    assert (caller.session, caller.operator) == (None, False)
    assert caller.key is not None
    assert caller.key.id == made.id


async def test_the_approval_is_logged_and_mailed(core: Core, ada: Human, world: World) -> None:
    """D-5, A-11, L-6: both logs get an entry that says what the key may do, and the person gets an email."""
    project = await world.project("billing")
    await approved_key(core, ada, looking=True, projects=[project.id])
    [own] = await entries_of(core, INSTALLATION, "key_approve")
    [seen] = await world.entries("key_approve")
    async with core.database.transaction(INSTALLATION) as connection:
        mails = await connection.fetch("select account, facts from mail where kind = 'new_key'")

    assert own["detail"] == seen["detail"]
    detail: Any = own["detail"]
    assert '"hostname": "laptop"' in detail
    assert '"projects": ["billing"]' in detail
    assert '"looking": true' in detail
    assert PROGRAM_AT in detail
    assert [(ada.account, True)] == [
        (mail["account"], "fingerprint" in mail["facts"]) for mail in mails
    ]


@pytest.mark.parametrize("lifetime", [0, 8 * HOUR - 1, 90 * DAY + 1, -1, 10**30])
async def test_lifetimes_that_are_not_allowed(core: Core, ada: Human, lifetime: int) -> None:
    """D-5: a key lives for 8 hours to 90 days."""
    with pytest.raises(Invalid, match="lifetimeSeconds"):
        await approved_key(core, ada, lifetime=lifetime)


@pytest.mark.parametrize("lifetime", [8 * HOUR, 90 * DAY])
async def test_a_key_expires(
    core: Core, ada: Human, lifetime: int, clock: MovableClock, markers: Markers, owner: Person
) -> None:
    """D-5: at its expiry time, a key stops working, and its owner learns why."""
    key = await approved_key(core, ada, lifetime=lifetime)
    clock.move(timedelta(seconds=lifetime) - timedelta(microseconds=1))
    await key.caller(core)
    clock.move(timedelta(microseconds=1))
    with pytest.raises(KeyEnded, match="expired"):
        await key.caller(core)

    assert [] == (await list_keys(core, await session_of(core, owner, markers))).items


async def test_approving_needs_step_up(core: Core, ada: Human, clock: MovableClock) -> None:
    """D-5, A-5: a password confirmed eleven minutes ago isn't enough, and the request stays open."""
    clock.move(timedelta(minutes=11))
    program, asked = await asked_key(core)
    with pytest.raises(StepUpRequired):
        await approve_key_request(core, ada, asked.id, Approval(code=asked.code))

    assert Answered.PENDING is (await poll(core, program)).status


async def test_a_request_is_decided_once(core: Core, ada: Human) -> None:
    """D-5: an approval that is sent again, or after a denial, finds no open request."""
    first, asked = await asked_key(core)
    await approve_key_request(core, ada, asked.id, Approval(code=asked.code))
    second, denied = await asked_key(core)
    await deny_key_request(core, ada, denied.id, code=denied.code)
    for each in (asked, denied):
        with pytest.raises(NotFound):
            await approve_key_request(core, ada, each.id, Approval(code=each.code))
        with pytest.raises(NotFound):
            await find_key_request(core, ada, each.code)

    assert Answered.DENIED is (await poll(core, second)).status
    assert Answered.APPROVED is (await poll(core, first)).status
    assert 1 == len((await list_keys(core, ada)).items)


async def test_a_request_expires(core: Core, ada: Human, clock: MovableClock) -> None:
    """D-5: after ten minutes, a request can't be found or approved, and its program learns this."""
    program, asked = await asked_key(core)
    clock.move(timedelta(minutes=10))
    with pytest.raises(NotFound):
        await find_key_request(core, ada, asked.code)
    proved = replace(ada, authenticated_at=clock.now())
    with pytest.raises(NotFound):
        await approve_key_request(core, proved, asked.id, Approval(code=asked.code))

    assert Answered.EXPIRED is (await poll(core, program)).status


async def test_a_code_belongs_to_one_request(core: Core, ada: Human) -> None:
    """D-5: of two requests with one hostname, only the one whose code was entered is approved."""
    private = SigningKey(random_bytes(32))
    one, asked = await asked_key(core, private=private)
    other, others = await asked_key(core, address="127.9.9.32")
    found = await find_key_request(core, ada, asked.code)
    with pytest.raises(NotFound):
        await approve_key_request(core, ada, others.id, Approval(code=asked.code))
    with pytest.raises(NotFound):
        await approve_key_request(core, ada, asked.id, Approval(code=others.code))
    await approve_key_request(core, ada, found.id, Approval(code=found.code))

    assert (found.fingerprint, found.address) == (asked.fingerprint, PROGRAM_AT)
    assert others.fingerprint != asked.fingerprint
    assert Answered.PENDING is (await poll(core, other)).status
    assert Answered.APPROVED is (await poll(core, one)).status


async def test_nobody_polls_for_another_key(core: Core, ada: Human) -> None:
    """D-5: only the key of a request can sign its polls, even if its ID and code are known."""
    program, asked = await asked_key(core)
    await approve_key_request(core, ada, asked.id, Approval(code=asked.code))
    thief = TestKey(asked.id, program.server, SigningKey(random_bytes(32)))
    with pytest.raises(AuthenticationFailed):
        await poll(core, thief, "127.9.9.33")

    assert Answered.APPROVED is (await poll(core, program)).status


async def test_guesses_are_limited(core: Core, ada: Human) -> None:
    """D-5: after ten codes in fifteen minutes, even the right one is rejected."""
    _, asked = await asked_key(core)
    for _ in range(GUESSES):
        with pytest.raises(NotFound):
            await find_key_request(core, ada, new_code())
    with pytest.raises(TooMany):
        await find_key_request(core, ada, asked.code)


async def test_only_finding_counts(core: Core, ada: Human) -> None:
    """D-5: a person can approve ten keys in fifteen minutes, because deciding isn't guessing."""
    for _ in range(GUESSES):
        _, asked = await asked_key(core)
        found = await find_key_request(core, ada, asked.code)
        await approve_key_request(core, ada, found.id, Approval(code=asked.code))


async def test_a_key_is_registered_once(core: Core, ada: Human) -> None:
    """D-5, M-1: the key of a request can't be one that a person or a machine already has."""
    private = SigningKey(random_bytes(32))
    await approve_key_request(
        core,
        ada,
        (first := (await asked_key(core, private=private))[1]).id,
        Approval(code=first.code),
    )
    _, second = await asked_key(core, private=private)
    with pytest.raises(Conflict, match="already registered"):
        await approve_key_request(core, ada, second.id, Approval(code=second.code))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("public_key", ""),
        ("public_key", "AAAA"),
        ("public_key", "A" * 43 + "="),
        ("hostname", ""),
        ("hostname", "a host"),
        ("hostname", "h" * 254),
        ("client", ""),
        ("client", "c" * 65),
        ("client", "\u202e"),
    ],
)
async def test_requests_that_are_not_accepted(core: Core, member: str, value: str) -> None:
    """D-5, M-1: an unusable key, or a name that could mislead the person, is rejected."""
    fields: Any = {
        "public_key": "e2qJKUKG4OHaf9EdRdMFT9XaVCtcqUkRNG5ouwX8uqc=",
        "hostname": "laptop",
        "client": "test",
        member: value,
    }
    with pytest.raises(Invalid):
        await ask_for_key(core, visitor(), **fields)


async def test_what_a_key_cannot_do(core: Core, ada: Human, world: World) -> None:
    """D-5: a key can't manage keys or the account, and step-up happens in the browser."""
    project = await world.trashed_project("billing")
    key = await approved_key(core, ada)
    caller = await key.caller(core)
    url = core.settings.public_url
    with pytest.raises(StepUpRequired, match=url):
        await purge_project(core, caller, project.id)
    with pytest.raises(BrowserRequired, match=url):
        await list_keys(core, caller)
    with pytest.raises(BrowserRequired, match=url):
        await revoke_key(core, caller, key.id)
    program, asked = await asked_key(core)
    with pytest.raises(BrowserRequired, match=url):
        await approve_key_request(core, caller, asked.id, Approval(code=asked.code))

    assert Answered.PENDING is (await poll(core, program)).status


async def test_a_key_that_only_looks(core: Core, ada: Human, world: World) -> None:
    """D-5: it reads what the person can read, changes nothing, and its denial is logged."""
    project = await world.project("billing")
    caller = await (await approved_key(core, ada, looking=True)).caller(core)
    read = await read_project(core, caller, project.id)
    with pytest.raises(Refused, match="can only read"):
        await create_project(core, caller, name="shop")
    entry = (await world.entries("project_create"))[-1]

    assert project.id == read.id
    assert ("refused", "no_capability") == (entry["outcome"], entry["reason"])


async def test_a_key_that_is_limited_to_projects(core: Core, ada: Human, world: World) -> None:
    """D-5: nothing outside its projects exists for it, in any list, and it has no permission on the vault."""
    inside, outside = await world.project("billing"), await world.project("payroll")
    await world.secret(outside, "PAYROLL_KEY")
    caller = await (await approved_key(core, ada, projects=[inside.id])).caller(core)
    listed = await list_projects(core, caller, PageRequest())
    found = await search(core, caller, "pay")
    with pytest.raises(NotFound):
        await read_project(core, caller, outside.id)
    with pytest.raises(NotFound):
        await update_project(core, caller, outside.id, name="x")
    with pytest.raises(Refused, match=r"projects\.create"):
        await create_project(core, caller, name="shop")

    assert [inside.id] == [each.id for each in listed.items]
    assert [] == found
    assert OF_PROJECTS == caller.authority.vault
    assert inside.id == (await read_project(core, caller, inside.id)).id


async def test_projects_that_cannot_be_chosen(
    core: Core, ada: Human, world: World, other_world: World
) -> None:
    """D-5, V-7: a key can't be limited to a project that doesn't exist, or is in another vault."""
    foreign, gone = await other_world.project("theirs"), await world.trashed_project("gone")
    for project in (foreign.id, gone.id, "proj_aaaaaaaaaaaaaaaa"):
        with pytest.raises(NotFound):
            await approved_key(core, ada, projects=[project])
    with pytest.raises(Invalid):
        await approved_key(core, ada, projects=[])


async def test_entries_name_the_key(core: Core, ada: Human, world: World) -> None:
    """L-1: what a program does is logged under its owner's name, with the key."""
    key = await approved_key(core, ada)
    await create_project(core, await key.caller(core), name="shop")
    entry: Any = (await world.entries("project_create"))[-1]

    assert ("user", "ada") == (entry["actor_kind"], entry["actor_name"])
    assert f'"key": "{key.id}"' in entry["detail"]
    assert '"key_name": "laptop"' in entry["detail"]


async def test_keys_are_listed_renamed_and_revoked(
    core: Core, ada: Human, clock: MovableClock
) -> None:
    """D-5: a person sees each key's host, use and limits, and ends it; its next request learns why."""
    key = await approved_key(core, ada)
    clock.move(timedelta(minutes=1))
    await key.caller(core, address="127.9.9.40")
    await rename_key(core, ada, key.id, name="my laptop")
    [listed] = (await list_keys(core, ada)).items
    await revoke_key(core, ada, key.id)
    with pytest.raises(KeyEnded, match="revoked"):
        await key.caller(core)
    with pytest.raises(NotFound):
        await revoke_key(core, ada, key.id)

    assert ("my laptop", "laptop", "strongroom test") == (
        listed.name,
        listed.hostname,
        listed.client,
    )
    assert (clock.now(), "127.9.9.40") == (listed.last_used_at, listed.last_used_from)
    assert [] == (await list_keys(core, ada)).items


async def test_another_persons_key_does_not_exist(
    core: Core, ada: Human, other_owner: Person, markers: Markers
) -> None:
    """D-5, V-7: nobody sees, renames or revokes another person's key."""
    key = await approved_key(core, ada)
    other = await session_of(core, other_owner, markers)
    with pytest.raises(NotFound):
        await rename_key(core, other, key.id, name="mine")
    with pytest.raises(NotFound):
        await revoke_key(core, other, key.id)

    assert [] == (await list_keys(core, other)).items
    assert ada.account == (await key.caller(core)).account


@pytest.mark.parametrize("looking", [False, True])
async def test_a_program_signs_out(core: Core, ada: Human, *, looking: bool) -> None:
    """D-5: a key can read and end itself, even one that only reads, and a session has no such key."""
    key = await approved_key(core, ada, looking=looking)
    caller = await key.caller(core)
    own = await read_own_key(core, caller)
    await end_own_key(core, caller)
    with pytest.raises(KeyEnded):
        await key.caller(core)
    with pytest.raises(NotFound):
        await read_own_key(core, ada)
    with pytest.raises(NotFound):
        await end_own_key(core, ada)

    assert key.id == own.id


async def test_a_nonce_is_used_once(core: Core, ada: Human) -> None:
    """WIRE 7: a repeated request is rejected, and doesn't count toward a lockout."""
    key = await approved_key(core, ada)
    request, origin = key.signed(core), Origin(PROGRAM_AT, new_request_id())
    await authenticate_key(core, request, origin)
    for _ in range(5):
        with pytest.raises(NonceUsed):
            await authenticate_key(core, request, origin)
    await key.caller(core)


@pytest.mark.parametrize(
    ("shift", "accepted"), [(-299, True), (300, True), (-302, False), (302, False)]
)
async def test_the_time_window(core: Core, ada: Human, shift: int, accepted: bool) -> None:
    """WIRE 7: a request is accepted if its time is within 300 seconds of the database's."""
    key = await approved_key(core, ada)
    at = int(core.clock.now().timestamp()) + shift
    request, origin = key.signed(core, at=at), Origin(PROGRAM_AT, new_request_id())
    if accepted:
        await authenticate_key(core, request, origin)
        return
    with pytest.raises(Skewed):
        await authenticate_key(core, request, origin)


@pytest.mark.parametrize(
    "other",
    [{"signature": bytes(64)}, {"intact": False}, {"key": "key_aaaaaaaaaaaaaaaa"}, {"key": "x"}],
)
async def test_failures_look_alike_and_lock_out(
    core: Core, ada: Human, other: dict[str, Any], world: World
) -> None:
    """WIRE 7, R-2: a wrong signature, body or key gives one error; three of them lock out the address."""
    key = await approved_key(core, ada)
    origin = Origin("127.9.9.50", new_request_id())
    for _ in range(3):
        with pytest.raises(AuthenticationFailed, match=r"^authentication failed$"):
            await authenticate_key(core, key.signed(core, **other), origin)
    with pytest.raises(LockedOut):
        await authenticate_key(core, key.signed(core, **other), origin)
    with pytest.raises(LockedOut):
        await authenticate_key(core, key.signed(core), origin)
    vault = INSTALLATION if "key" in other else world.person.vault
    failures = await entries_of(core, vault, "auth_failure")

    assert 3 == len(failures)
    # Where the key is known, other programs' failures don't lock it out.
    await key.caller(core)


async def test_a_key_is_not_locked_out_where_it_is_known(core: Core, ada: Human) -> None:
    """R-2: three failures of other programs at the key's own address don't stop it."""
    key = await approved_key(core, ada)
    origin = Origin(PROGRAM_AT, new_request_id())
    for _ in range(4):
        with pytest.raises((AuthenticationFailed, LockedOut)):
            await authenticate_key(core, key.signed(core, signature=bytes(64)), origin)

    assert ada.account == (await key.caller(core)).account


def test_codes_are_read_as_people_type_them() -> None:
    """D-5: case, spaces and hyphens don't matter, and everything else does."""
    code = new_code()

    assert set(code) <= {*ALPHABET, "-"}
    assert code == require_code(code.lower()) == require_code(f" {code.replace('-', '')} ")
    for typed in ("", "BCDF", f"{code}B", "AEIO-UUUU", "1234-5678", "x" * 10_000):
        with pytest.raises(Invalid):
            require_code(typed)
