"""Passwords: which ones are accepted, how they are stored, and how they are verified at sign-in."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

import argon2
import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS  # pyright: ignore[reportMissingTypeStubs]

from strongroom_core.crypto.argon2_queue import Argon2Queue
from strongroom_core.crypto.password import (
    PasswordCost,
    PasswordHasher,
    require_acceptable,
    unreachable_hash,
)
from strongroom_core.kernel.errors import Crowded, IntegrityFailure, Invalid, WrongCredentials

CHEAP = PasswordCost(memory=64, passes=1, lanes=1)
DEARER = PasswordCost(memory=128, passes=2, lanes=1)
PASSWORD = "marmalade sky 7d1c"
EMAIL = "somebody.longer@example.test"

_T = TypeVar("_T")


class CountingQueue(Argon2Queue):
    """The real queue, with a count of the work that it was given."""

    given = 0

    async def run(self, work: Callable[[], _T], *, network: str | None = None) -> _T:
        """Count the work, and run it."""
        self.given += 1
        return await super().run(work, network=network)


@pytest.mark.asyncio
async def test_the_right_password_is_verified() -> None:
    """A-2: a password matches its hash, and no new hash needs to be stored."""
    hasher = PasswordHasher(cost=CHEAP)
    verified = await hasher.verify(await hasher.hash(PASSWORD), PASSWORD)

    assert verified.rehashed is None


@pytest.mark.asyncio
async def test_passwords_are_not_normalized() -> None:
    """A-2: case, leading and trailing spaces, and Unicode composition all matter."""
    hasher = PasswordHasher(cost=CHEAP)
    stored = await hasher.hash(" Café " + PASSWORD)
    for other in ("Café " + PASSWORD, " café " + PASSWORD, " Cafe\u0301 " + PASSWORD):
        with pytest.raises(WrongCredentials):
            await hasher.verify(stored, other)

    await hasher.verify(stored, " Café " + PASSWORD)


@pytest.mark.asyncio
async def test_the_stored_form_has_the_required_cost() -> None:
    """A-2: a hash is a salted Argon2id hash with 64 MiB, 3 passes and one lane, in PHC format."""
    hasher = PasswordHasher()
    first, second = await hasher.hash(PASSWORD), await hasher.hash(PASSWORD)
    facts = argon2.extract_parameters(first)

    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert (facts.salt_len, facts.hash_len) == (16, 32)
    assert first != second
    assert PASSWORD not in first


@pytest.mark.asyncio
async def test_an_outdated_hash_is_renewed() -> None:
    """A-2: if the parameters have changed, verifying a correct password also returns a new hash."""
    old, new = PasswordHasher(cost=CHEAP), PasswordHasher(cost=DEARER)
    stored = await old.hash(PASSWORD)
    verified = await new.verify(stored, PASSWORD)

    assert verified.rehashed is not None
    assert "m=128,t=2,p=1" in verified.rehashed
    assert (await new.verify(verified.rehashed, PASSWORD)).rehashed is None
    assert verified.rehashed not in repr(verified)


@pytest.mark.asyncio
async def test_a_wrong_password_is_never_renewed() -> None:
    """A-2: a wrong password is rejected even if the hash is outdated."""
    stored = await PasswordHasher(cost=CHEAP).hash(PASSWORD)

    with pytest.raises(WrongCredentials):
        await PasswordHasher(cost=DEARER).verify(stored, PASSWORD + "x")


@pytest.mark.asyncio
@pytest.mark.parametrize("attempt", [PASSWORD, "", "x" * 1_025, "x" * 100_000, "\ud800" * 20])
async def test_missing_accounts_cost_the_same(attempt: str) -> None:
    """A-6: for any password, existing and missing accounts cost one computation and give the same error."""
    queue = CountingQueue()
    hasher = PasswordHasher(queue, CHEAP)
    stored = await hasher.hash("another password altogether")
    seen = list[tuple[int, str]]()
    for known in (stored, None):
        before = queue.given
        with pytest.raises(WrongCredentials) as caught:
            await hasher.verify(known, attempt)
        seen.append((queue.given - before, str(caught.value)))

    assert seen == [(1, seen[0][1])] * 2
    queue.close()


@pytest.mark.asyncio
@pytest.mark.parametrize("cost", [CHEAP, DEARER, PasswordCost()])
async def test_the_dummy_has_the_cost_of_a_real_hash(cost: PasswordCost) -> None:
    """A-6: the dummy for a missing account has the type, cost and lengths of a real hash."""
    real = await PasswordHasher(cost=cost).hash(PASSWORD)

    assert argon2.extract_parameters(unreachable_hash(cost)) == argon2.extract_parameters(real)
    assert unreachable_hash(cost) != unreachable_hash(cost)


def test_the_dummy_is_really_computed() -> None:
    """A-6: the library accepts the dummy as a hash, performs the computation, and finds no match."""
    with pytest.raises(argon2.exceptions.VerifyMismatchError):
        argon2.PasswordHasher().verify(unreachable_hash(CHEAP), PASSWORD)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "stored", ["", "x", "$argon2id$v=19$m=64,t=1,p=1$$", "$2b$12$abcdefghijklmnopqrstuv"]
)
async def test_a_damaged_hash_is_an_integrity_failure(stored: str) -> None:
    """A stored value that isn't a hash isn't reported as a wrong password, and doesn't cause a crash."""
    with pytest.raises(IntegrityFailure):
        await PasswordHasher(cost=CHEAP).verify(stored, PASSWORD)


@pytest.mark.asyncio
async def test_a_full_queue_rejects_all_sign_ins_alike() -> None:
    """A-6: while the queue is full, sign-ins to existing and missing accounts both fail immediately."""
    queue, go = Argon2Queue(at_once=1, waiting=0), threading.Event()
    hasher = PasswordHasher(queue, CHEAP)
    stored = await hasher.hash(PASSWORD)
    occupied = asyncio.create_task(queue.run(lambda: go.wait(30)))
    await asyncio.sleep(0)
    for known in (stored, None):
        with pytest.raises(Crowded):
            await hasher.verify(known, PASSWORD)
    go.set()
    await occupied

    await hasher.verify(stored, PASSWORD)
    queue.close()


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "marmalade sky",
        "we like red cats",
        "Winter is coming",
        "kT9#vL2$qX7!",
        "пять жёлтых уток",
        "雨の日は家で本を読むのがいい",
        " leading and trailing ",
        "😀" * 3 + "tulip wardrobe",
        "a" * 60 + " seven wooden spoons dancing",
        "x9-" + "ordinary words in a long sentence " * 30,
        "nul\0inside a passphrase",
    ],
)
def test_real_passphrases_pass(password: str) -> None:
    """A-2: there are no composition rules: words, spaces, any script and any character are accepted."""
    require_acceptable(password, email=EMAIL)


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Password2026!",
        "P@ssw0rd1234",
        "iloveyouforever",
        "letmeinletmein",
        "123456789012",
        "abcdefghijklmnop",
        "qwertyuiop12",
        "aaaaaaaaaaaa",
        "a" * 1_024,
        "qwerty12345" * 6,
        "password" * 40,
        "january2026!",
        "010203040506",
        "01TELEMIKE01",
        "trustno1trustno1",
    ],
)
def test_common_passwords_are_rejected(password: str) -> None:
    """A-2: common passwords and patterns of any length are rejected, and the message doesn't repeat them."""
    with pytest.raises(Invalid, match="too common") as caught:
        require_acceptable(password, email=EMAIL)

    assert caught.value.field == "password"
    assert password not in caught.value.message


def test_every_listed_password_is_rejected() -> None:
    """A-2: every sufficiently long entry in the offline list is rejected, in upper and lower case."""
    listed = [word for word in FREQUENCY_LISTS["passwords"] if len(word) >= 12]
    accepted = list[str]()
    for word in [*listed, *map(str.upper, listed)]:
        try:
            require_acceptable(word, email=EMAIL)
        except Invalid:
            continue
        accepted.append(word)

    assert len(listed) > 200
    assert accepted == []


@pytest.mark.parametrize("password", ["", "kT9#vL2$qX7", "😀😀😀😀😀😀"])
def test_short_passwords_are_rejected(password: str) -> None:
    """A-2: fewer than twelve characters are rejected, counted in characters and not in bytes."""
    with pytest.raises(Invalid, match="at least 12 characters"):
        require_acceptable(password, email=EMAIL)


def test_the_length_limit_is_in_bytes() -> None:
    """A-2: 1,024 bytes of UTF-8 are accepted, and one more is rejected."""
    words = "seven wooden spoons dancing "
    require_acceptable((words * 40)[:1_024], email=EMAIL)

    with pytest.raises(Invalid, match="1024 bytes"):
        require_acceptable((words * 40)[:1_023] + "é", email=EMAIL)


def test_text_that_cannot_be_encoded_is_rejected() -> None:
    """A-2: a lone surrogate, which JSON can contain, is rejected as invalid input."""
    with pytest.raises(Invalid, match="isn't valid text"):
        require_acceptable("seven wooden spoons \ud800", email=EMAIL)


@pytest.mark.parametrize("password", [EMAIL, EMAIL.upper(), EMAIL.title()])
def test_the_email_address_is_rejected(password: str) -> None:
    """A-2: the email address isn't accepted as a password, in any case."""
    with pytest.raises(Invalid, match="email"):
        require_acceptable(password, email=EMAIL)


def test_zxcvbn_keeps_no_input() -> None:
    """E-5: zxcvbn keeps neither the address nor the password between calls."""
    from zxcvbn import matching  # noqa: PLC0415 # pyright: ignore[reportMissingTypeStubs]

    require_acceptable("seven wooden spoons", email=EMAIL)

    assert matching.RANKED_DICTIONARIES["user_inputs"] == {}
