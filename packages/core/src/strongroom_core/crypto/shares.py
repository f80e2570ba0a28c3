"""The root in k of n shares (SLIP-39), and their collection when the server is unsealed."""

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
    1  # the exponent SLIP-39 calls e: 20,000 iterations of PBKDF2, over an empty passphrase
)
_MOST_CHARACTERS = 1024


def split(root: RootKey, *, needed: int, total: int) -> list[str]:
    """Split the root into `total` mnemonics of 33 words, any `needed` of which give it back.

    Reconstructs it from a sufficient set around every share before it returns, so that no share is
    handed out that was not shown to work. Raises `Invalid` unless 2 ≤ needed ≤ total ≤ 16.
    """
    if not FEWEST_NEEDED <= needed <= total <= MOST_SHARES:
        raise Invalid(
            f"of at most {MOST_SHARES} shares at least {FEWEST_NEEDED} must be needed,"
            " and no more than there are",
            field="shares",
        )
    [shares] = generate_mnemonics(1, [(needed, total)], root.raw(), iteration_exponent=_HARDENING)
    for start in range(0, total, needed):
        proof = (shares[start:] + shares[:start])[:needed]
        if combine_mnemonics(proof) != root.raw():
            raise RuntimeError("the shares do not give the root back; none was handed out")
    return shares


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an unseal attempt is. `attempt` is the id that `reset` takes."""

    attempt: str
    given: int
    needed: int

    @property
    def complete(self) -> bool:
        """Whether `ShareCollector.root` may be called."""
        return self.given >= self.needed


@final
class ShareCollector:
    """Shares given one by one, kept in memory until there are enough or something is wrong.

    All are dropped after ten minutes without a new one, when one arrives twice, when one of another
    set arrives, on `reset`, and once the root was made: right or wrong, the next attempt starts
    anew. No error repeats a word of a share.
    """

    __slots__ = ("_attempt", "_clock", "_last", "_shares")

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take a clock in seconds that never goes back, such as `time.monotonic`."""
        self._clock = clock
        self._shares: list[Share] = []
        self._attempt = ""
        self._last = 0.0

    def add(self, mnemonic: str) -> Progress:
        """Take one share. Case and spacing do not matter.

        Raises `Invalid` for a text that is no share of ours (those given before are kept: it was a
        typing error), and `Conflict` for a share that came twice or belongs to another set (all are
        dropped), and when there are enough already.
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
        """How far the running attempt is; None when there is none."""
        self._drop_idle()
        if not self._shares:
            return None
        return Progress(self._attempt, len(self._shares), self._shares[0].member_threshold)

    def reset(self, attempt: str) -> None:
        """Drop the shares of the attempt with this id, which only those who gave a share know.

        Raises `NotFound` when no such attempt is running.
        """
        self._drop_idle()
        if not self._shares or attempt != self._attempt:
            raise NotFound("unseal attempt")
        self._shares.clear()

    def root(self) -> RootKey:
        """Return the root and drop the shares. It still has to pass `check_root`.

        Raises `Conflict` when shares are missing (they are kept) or do not belong together.
        """
        progress = self.progress()
        if progress is None or not progress.complete:
            raise Conflict("there are not enough shares yet: give more")
        mnemonics = [share.mnemonic() for share in self._shares]
        self._shares.clear()
        try:
            return RootKey(combine_mnemonics(mnemonics))
        except MnemonicError:
            raise Conflict(
                "the shares do not belong together and were dropped: start again"
            ) from None

    def _require_fitting(self, share: Share) -> None:
        first = self._shares[0]
        if share.group_parameters() != first.group_parameters():
            self._shares.clear()
            raise Conflict(
                "this share belongs to another set; all were dropped: start again with the shares"
                " of one set"
            )
        if any(share.index == given.index for given in self._shares):
            self._shares.clear()
            raise Conflict(
                "this share was given before; all were dropped: start again, each share once"
            )
        if len(self._shares) >= first.member_threshold:
            raise Conflict("there are enough shares already")

    def _drop_idle(self) -> None:
        if self._shares and self._clock() - self._last > IDLE_SECONDS:
            self._shares.clear()

    def __repr__(self) -> str:
        return "ShareCollector(***)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a ShareCollector is not pickled or copied")


def _read(mnemonic: str) -> Share | None:
    # The library's message repeats words of the share, so its error must not even become the
    # context of ours.
    try:
        return Share.from_mnemonic(mnemonic)
    except MnemonicError:
        return None


def _parse(mnemonic: str) -> Share:
    if len(mnemonic) > _MOST_CHARACTERS:
        raise Invalid("this is too long for a share: give one share at a time", field="share")
    share = _read(mnemonic)
    if share is None:
        raise Invalid("this is not a share: look for a typing error", field="share")
    # A forged share could ask for hours of hardening, or for a set that is not ours.
    ours = (
        share.iteration_exponent == _HARDENING
        and share.group_count == 1
        and share.member_threshold >= FEWEST_NEEDED
        and len(share.value) == KEY_BYTES
    )
    if not ours:
        raise Invalid("this is a share of something else than a root", field="share")
    return share
