"""Passwords: what is acceptable, how they are stored, and how a log-in is checked (A-2, A-6)."""

import base64
from dataclasses import dataclass, field
from typing import Final

import argon2
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from zxcvbn import zxcvbn  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

from strongroom_core.crypto.argon2_queue import Argon2Queue
from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.errors import IntegrityFailure, Invalid, WrongCredentials

FEWEST_CHARACTERS = 12
MOST_BYTES = 1024

_LEAST_SCORE = 3
_JUDGED_CHARACTERS = 72
_WINDOW = 24


@dataclass(frozen=True, slots=True)
class PasswordCost:
    """The cost of one Argon2id computation (RFC 9106); `memory` is in KiB."""

    memory: int = 64 * 1024
    passes: int = 3
    lanes: int = 1


COST: Final = PasswordCost()
"""The cost that A-2 names: 64 MiB, 3 passes, 1 lane."""


@dataclass(frozen=True, slots=True)
class Verified:
    """The proof that a password was right. `rehashed` is to be stored when it is not None."""

    rehashed: str | None = field(repr=False)


class PasswordHasher:
    """Argon2id over passwords as typed, UTF-8, without normalisation."""

    def __init__(self, queue: Argon2Queue | None = None, cost: PasswordCost = COST) -> None:
        """Use the process's one `queue`; without one, make a queue for this hasher alone."""
        self._queue = queue or Argon2Queue()
        self._argon2 = argon2.PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory, parallelism=cost.lanes
        )
        self._dummy = unreachable_hash(cost)

    async def hash(self, password: str) -> str:
        """Return a PHC string to store, for a password that passed `require_acceptable`.

        Raises `Crowded` when the queue is full.
        """
        encoded = password.encode()
        return await self._queue.run(lambda: self._argon2.hash(encoded))

    async def verify(self, stored: str | None, password: str) -> Verified:
        """Check `password` against the stored string, or do the same work when there is none.

        Raises `WrongCredentials` for a wrong password and for an absent account (`stored` is None)
        alike and after equal work; `Crowded` when the queue is full; `IntegrityFailure` when `stored`
        is no hash. When the stored cost is outdated, the new hash is made in the same place of the
        queue, so that a right password is never refused for want of room.
        """
        encoded = _encoded(password)
        if stored is None or encoded is None:
            # A password no account can have is checked as well: the time must not tell.
            unusable, attempt = self._dummy, encoded or b""
            await self._queue.run(lambda: self._check(unusable, attempt))
            raise WrongCredentials
        return await self._queue.run(lambda: self._check(stored, encoded))

    def _check(self, stored: str, password: bytes) -> Verified:
        try:
            self._argon2.verify(stored, password)
        except VerifyMismatchError:
            raise WrongCredentials from None
        except (InvalidHashError, VerificationError):
            raise IntegrityFailure from None
        outdated = self._argon2.check_needs_rehash(stored)
        return Verified(self._argon2.hash(password) if outdated else None)


def require_acceptable(password: str, *, email: str) -> None:
    """Raise `Invalid` unless this may become a password (A-2). Taken as typed: nothing is stripped.

    At least 12 characters, at most 1,024 bytes of UTF-8, not the e-mail address, and not common:
    the lists and patterns of zxcvbn (Wheeler, USENIX Security 2016), offline, must need 10^8
    guesses or more. Four unrelated words pass; a common password with a year behind it does not.
    """
    encoded = _encoded(password)
    if encoded is None:
        raise Invalid(
            f"the password has more than {MOST_BYTES} bytes or is not valid text; shorten it",
            field="password",
        )
    if len(password) < FEWEST_CHARACTERS:
        raise Invalid(
            f"the password needs at least {FEWEST_CHARACTERS} characters; a few words will do",
            field="password",
        )
    if password.casefold() == email.casefold():
        raise Invalid("the password must not be the e-mail address", field="password")
    if not _is_uncommon(password):
        raise Invalid(
            "the password is too common or follows a well-known pattern;"
            " take a few unrelated words",
            field="password",
        )


def unreachable_hash(cost: PasswordCost) -> str:
    """Write a PHC string of this cost whose digest is random, so that no password matches it.

    Checking a password against it costs what checking it against a real one costs.
    """
    salt, digest = (
        base64.b64encode(random_bytes(n)).decode().rstrip("=")
        for n in (argon2.DEFAULT_RANDOM_SALT_LENGTH, argon2.DEFAULT_HASH_LENGTH)
    )
    return f"$argon2id$v=19$m={cost.memory},t={cost.passes},p={cost.lanes}${salt}${digest}"


def _is_uncommon(password: str) -> bool:
    # The time zxcvbn takes grows steeply with length (seconds for 72 hostile characters), so it
    # judges windows of 24. A password that contains one strong window is at least as strong.
    judged = _repeated_part(password)[:_JUDGED_CHARACTERS]
    windows = (judged[start : start + _WINDOW] for start in range(0, len(judged), _WINDOW))
    return any(_score(window) >= _LEAST_SCORE for window in windows)


def _repeated_part(password: str) -> str:
    """Return the shortest text whose repetition is `password`, which is mostly itself."""
    return password[: (password + password).index(password, 1)]


def _score(window: str) -> int:
    # Nothing about the person is passed in: zxcvbn would keep it in a module-level dictionary.
    return zxcvbn(window)["score"]


def _encoded(password: str) -> bytes | None:
    try:
        encoded = password.encode()
    except UnicodeEncodeError:
        return None
    return encoded if len(encoded) <= MOST_BYTES else None
