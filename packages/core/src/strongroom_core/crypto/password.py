"""Passwords: which ones are acceptable, and how they are stored and verified (A-2, A-6)."""

import base64
from dataclasses import dataclass, field
from typing import Final

import argon2
from argon2 import low_level
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from zxcvbn import zxcvbn  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

from strongroom_core.crypto.argon2_queue import Argon2Queue
from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.errors import IntegrityFailure, Invalid, WrongCredentials
from strongroom_core.kernel.limits import PASSWORD_SHORTEST

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
"""The cost in A-2: 64 MiB, 3 passes, 1 lane."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A verified password. If `rehashed` isn't None, store it."""

    rehashed: str | None = field(repr=False)


class PasswordHasher:
    """Argon2id over passwords as typed, in UTF-8, without normalization."""

    def __init__(self, queue: Argon2Queue | None = None, cost: PasswordCost = COST) -> None:
        """Use the queue that the whole process shares. Without a `queue`, create one for this hasher."""
        self._queue = queue or Argon2Queue()
        self._cost = cost
        self._argon2 = argon2.PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory, parallelism=cost.lanes
        )
        self._dummy = unreachable_hash(cost)

    async def hash(self, password: str, *, network: str | None = None) -> str:
        """Return a PHC string to store, for a password that passed `require_acceptable`.

        Raises `Crowded` when the queue is full; `network` is as in `verify`.
        """
        encoded = password.encode()
        return await self._queue.run(lambda: self._argon2.hash(encoded), network=network)

    def hash_of_none(self) -> str:
        """Return a string to store for an account that no password can open until a new one is set."""
        return unreachable_hash(self._cost)

    async def verify(
        self, stored: str | None, password: str, *, network: str | None = None
    ) -> Verified:
        """Check `password` against the stored string, or do the same work if there is none.

        `network` is the network of an unknown client, or None for a known client; see `Argon2Queue.run`.

        Raises the same `WrongCredentials` after the same work for a wrong password and for a missing account
        (`stored` is None). Raises `Crowded` if the queue is full, and `IntegrityFailure` if `stored` isn't a
        hash. If the stored cost is outdated, the new hash is computed in the same slot of the queue, so that
        a correct password is never rejected because of a full queue.
        """
        encoded = _encoded(password)
        if stored is None or encoded is None:
            # Even an impossible password is checked, because the timing must not reveal it.
            unusable, attempt = self._dummy, encoded or b""
            await self._queue.run(lambda: self._check(unusable, attempt), network=network)
            raise WrongCredentials
        return await self._queue.run(lambda: self._check(stored, encoded), network=network)

    async def stretch(self, text: str, salt: bytes, *, network: str | None = None) -> bytes:
        """Derive 32 bytes of key material from a passphrase, at the same cost as for a password.

        The derived key depends on the cost. After a change of `COST`, shares that were created before can't
        be opened. Raises `Crowded` when the queue is full; `network` is as in `verify`.
        """
        encoded = text.encode()
        return await self._queue.run(
            lambda: low_level.hash_secret_raw(
                encoded,
                salt,
                self._cost.passes,
                self._cost.memory,
                self._cost.lanes,
                argon2.DEFAULT_HASH_LENGTH,
                low_level.Type.ID,
            ),
            network=network,
        )

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
    """Raise `Invalid` unless this can become a password (A-2). Passwords are used exactly as typed.

    It must have at least 12 characters and at most 1,024 bytes of UTF-8, and be neither the email address nor
    common. It counts as uncommon if it needs at least 10^8 guesses according to zxcvbn, which works offline
    with lists and patterns (Wheeler, USENIX Security 2016). Four unrelated words pass; a common password
    followed by a year doesn't.
    """
    encoded = _encoded(password)
    if encoded is None:
        raise Invalid(
            f"the password has more than {MOST_BYTES} bytes or isn't valid text; use a shorter one",
            field="password",
        )
    if len(password) < PASSWORD_SHORTEST:
        raise Invalid(
            f"the password needs at least {PASSWORD_SHORTEST} characters; a passphrase works well",
            field="password",
        )
    if password.casefold() == email.casefold():
        raise Invalid("the password can't be your email address", field="password")
    if not _is_uncommon(password):
        raise Invalid(
            "this password is too common; try a few unrelated words",
            field="password",
        )


def unreachable_hash(cost: PasswordCost) -> str:
    """Return a PHC string of this cost with a random digest, so that no password matches it.

    Checking a password against it costs as much as checking it against a real one.
    """
    salt, digest = (
        base64.b64encode(random_bytes(n)).decode().rstrip("=")
        for n in (argon2.DEFAULT_RANDOM_SALT_LENGTH, argon2.DEFAULT_HASH_LENGTH)
    )
    return f"$argon2id$v=19$m={cost.memory},t={cost.passes},p={cost.lanes}${salt}${digest}"


def _is_uncommon(password: str) -> bool:
    # zxcvbn's time grows steeply with the length (it takes seconds for 72 hostile characters), so it is
    # applied to windows of 24 characters. A password that contains a strong window is at least as strong.
    judged = _repeated_part(password)[:_JUDGED_CHARACTERS]
    windows = (judged[start : start + _WINDOW] for start in range(0, len(judged), _WINDOW))
    return any(_score(window) >= _LEAST_SCORE for window in windows)


def _repeated_part(password: str) -> str:
    """Return the shortest string that `password` repeats, usually the password itself."""
    return password[: (password + password).index(password, 1)]


def _score(window: str) -> int:
    # No user data is passed in: zxcvbn would keep it in a module-level dictionary.
    return zxcvbn(window)["score"]


def _encoded(password: str) -> bytes | None:
    try:
        encoded = password.encode()
    except UnicodeEncodeError:
        return None
    return encoded if len(encoded) <= MOST_BYTES else None
