"""Splits the root key into shares (Shamir's secret sharing, SLIP-39), and collects them to unseal."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, final

from shamir_mnemonic import (  # pyright: ignore[reportMissingTypeStubs]
    MnemonicError,
    Share,
    combine_mnemonics,
    generate_mnemonics,
)

from strongroom_core.crypto.key import KEY_BYTES
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.root import RootKey
from strongroom_core.kernel.errors import Conflict, Invalid, NotFound

IDLE_SECONDS = 600.0
MOST_SHARES = 16
FEWEST_NEEDED = 2

_HARDENING = (
    1  # the exponent that SLIP-39 calls e: 20,000 iterations of PBKDF2, with an empty passphrase
)
_MOST_CHARACTERS = 1024


def split(root: RootKey, *, needed: int, total: int) -> list[str]:
    """Split the root key into `total` mnemonics of 33 words; any `needed` of them restore it.

    Before returning, this reconstructs the root key from enough sets to include every share, so that every
    share is known to work. Raises `Invalid` unless 2 ≤ needed ≤ total ≤ 16.
    """
    if not FEWEST_NEEDED <= needed <= total <= MOST_SHARES:
        raise Invalid(
            f"use {FEWEST_NEEDED} to {MOST_SHARES} shares; the number needed must be at least"
            f" {FEWEST_NEEDED} and at most the number of shares",
            field="shares",
        )
    [shares] = generate_mnemonics(1, [(needed, total)], root.raw(), iteration_exponent=_HARDENING)
    for start in range(0, total, needed):
        proof = (shares[start:] + shares[:start])[:needed]
        if combine_mnemonics(proof) != root.raw():
            raise RuntimeError("the shares don't restore the root key; no shares were printed")
    return shares


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of an unseal attempt. `attempt` is the ID for `reset`."""

    attempt: str
    given: int
    needed: int

    @property
    def complete(self) -> bool:
        """Whether `ShareCollector.root` can be called."""
        return self.given >= self.needed


@final
class ShareCollector:
    """Shares entered one by one, kept in memory until there are enough or something is wrong.

    All shares are dropped after ten minutes without a new one, when a share is repeated or belongs to another
    set, on `reset`, and once a root key has been assembled from them, whether it is right or wrong. No error
    repeats a word from a share.
    """

    __slots__ = ("_attempt", "_clock", "_last", "_shares")

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take a monotonic clock in seconds, such as `time.monotonic`."""
        self._clock = clock
        self._shares: list[Share] = []
        self._attempt = ""
        self._last = 0.0

    def add(self, mnemonic: str) -> Progress:
        """Add one share. Case and spacing don't matter.

        Raises `Invalid` for anything that isn't a share of a root key. It may be a typo, so earlier shares
        are kept. Raises `Conflict` for a repeated share or one from another set (all shares are then
        dropped), and if there are enough already.
        """
        self._drop_idle()
        share = _parse(mnemonic)
        if self._shares:
            self._require_fitting(share)
        else:
            self._attempt = new_id("unseal")
        self._shares.append(share)
        self._last = self._clock()
        return Progress(self._attempt, len(self._shares), share.member_threshold)

    def progress(self) -> Progress | None:
        """The progress of the current attempt, or None if none has begun."""
        self._drop_idle()
        if not self._shares:
            return None
        return Progress(self._attempt, len(self._shares), self._shares[0].member_threshold)

    def reset(self, attempt: str) -> None:
        """Drop the shares of the attempt with this ID. Only people who entered a share know the ID.

        Raises `NotFound` if no current attempt has this ID.
        """
        self._drop_idle()
        if not self._shares or attempt != self._attempt:
            raise NotFound("unseal attempt")
        self._shares.clear()

    def root(self) -> RootKey:
        """Return the root key and drop the shares. It still has to pass `check_root`.

        Raises `Conflict` if shares are missing (they are kept) or don't belong together.
        """
        progress = self.progress()
        if progress is None or not progress.complete:
            raise Conflict("there aren't enough shares yet")
        mnemonics = [share.mnemonic() for share in self._shares]
        self._shares.clear()
        try:
            return RootKey(combine_mnemonics(mnemonics))
        except MnemonicError:
            raise Conflict(
                "the shares don't belong together and were dropped; start again"
            ) from None

    def _require_fitting(self, share: Share) -> None:
        first = self._shares[0]
        if share.group_parameters() != first.group_parameters():
            self._shares.clear()
            raise Conflict(
                "this share belongs to another set, so all shares were dropped; start again with shares"
                " from one set"
            )
        if any(share.index == given.index for given in self._shares):
            self._shares.clear()
            raise Conflict(
                "this share was already entered, so all shares were dropped; start again, and enter each"
                " share once"
            )
        if len(self._shares) >= first.member_threshold:
            raise Conflict("there are enough shares already")

    def _drop_idle(self) -> None:
        if self._shares and self._clock() - self._last > IDLE_SECONDS:
            self._shares.clear()

    def __repr__(self) -> str:
        return "ShareCollector(***)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a ShareCollector can't be pickled or copied")


def _read(mnemonic: str) -> Share | None:
    # The library's message quotes words of the share, so its error must not even become our error's context.
    try:
        return Share.from_mnemonic(mnemonic)
    except MnemonicError:
        return None


def _parse(mnemonic: str) -> Share:
    if len(mnemonic) > _MOST_CHARACTERS:
        raise Invalid("this is too long for a share; enter one share at a time", field="share")
    share = _read(mnemonic)
    if share is None:
        raise Invalid("this isn't a valid share; check for typos", field="share")
    # A forged share could require hours of key stretching, or belong to a set that isn't ours.
    ours = (
        share.iteration_exponent == _HARDENING
        and share.group_count == 1
        and share.member_threshold >= FEWEST_NEEDED
        and len(share.value) == KEY_BYTES
    )
    if not ours:
        raise Invalid("this isn't a share of a root key", field="share")
    return share
