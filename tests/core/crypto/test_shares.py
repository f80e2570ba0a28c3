"""The root key in shares: any k of n restore it, and fewer don't."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
from shamir_mnemonic import (  # pyright: ignore[reportMissingTypeStubs]
    MnemonicError,
    Share,
    combine_mnemonics,
    generate_mnemonics,
)

from strongroom_core.crypto.random import random_bytes
from strongroom_core.crypto.root import RootKey, new_root
from strongroom_core.crypto.shares import IDLE_SECONDS, Progress, ShareCollector, split
from strongroom_core.kernel.errors import Conflict, Invalid, NotFound, StrongroomError


class Clock:
    """A clock that is moved by a test."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """Return the time that was set."""
        return self.now


def _collect(shares: list[str]) -> ShareCollector:
    collector = ShareCollector(Clock())
    for share in shares:
        collector.add(share)
    return collector


@pytest.mark.parametrize(("needed", "total"), [(2, 2), (2, 3), (3, 5), (5, 5), (4, 6)])
def test_any_sufficient_set_gives_the_root(needed: int, total: int) -> None:
    """E-2: any k of the n shares, in any order, restore the root key."""
    root = new_root()
    shares = split(root, needed=needed, total=total)
    roots = {
        _collect(list(chosen)).root().raw()
        for chosen in itertools.permutations(shares, needed)
        if chosen <= chosen[::-1]
    }

    assert roots == {root.raw()}


@pytest.mark.parametrize(("needed", "total"), [(2, 2), (3, 5), (5, 5)])
def test_too_few_shares_do_not_restore_the_root(needed: int, total: int) -> None:
    """E-2: k-1 shares don't restore the root key, whether with our code or with the library itself."""
    shares = split(new_root(), needed=needed, total=total)
    for chosen in itertools.combinations(shares, needed - 1):
        with pytest.raises(Conflict, match="aren't enough"):
            _collect(list(chosen)).root()
        with pytest.raises(MnemonicError):
            combine_mnemonics(chosen)


def test_shares_are_standard_and_carry_no_root() -> None:
    """E-2: shares are SLIP-39 mnemonics of 33 words that another implementation can read."""
    root = new_root()
    shares = split(root, needed=2, total=16)
    parsed = [Share.from_mnemonic(share) for share in shares]

    assert {len(share.split()) for share in shares} == {33}
    assert [each.index for each in parsed] == list(range(16))
    assert {each.member_threshold for each in parsed} == {2}
    assert root.raw() not in {each.value for each in parsed}


def test_the_library_reads_a_published_vector() -> None:
    """SLIP-39: a mnemonic from the standard's test vectors gives the published secret."""
    mnemonic = (
        "duckling enlarge academic academic agency result length solution fridge kidney"
        " coal piece deal husband erode duke ajar critical decision keyboard"
    )

    assert combine_mnemonics([mnemonic], b"TREZOR").hex() == "bb54aac4b89dc868ba37d9cc21b2cece"


@pytest.mark.parametrize(("needed", "total"), [(1, 1), (1, 3), (0, 3), (4, 3), (2, 17), (-1, 2)])
def test_invalid_splits_are_rejected(needed: int, total: int) -> None:
    """E-2: two to sixteen shares are allowed."""
    with pytest.raises(Invalid, match="shares"):
        split(new_root(), needed=needed, total=total)


def test_each_share_reports_the_progress() -> None:
    """E-2: shares are entered one at a time, in any case and spacing; each result reports the progress."""
    root = new_root()
    shares = split(root, needed=3, total=4)
    collector = ShareCollector(Clock())
    seen = [
        collector.add(typed)
        for typed in (shares[3].upper(), f"  {shares[0]}\n", shares[1].replace(" ", "\n"))
    ]
    attempt = seen[0].attempt

    assert seen == [Progress(attempt, n, 3) for n in (1, 2, 3)]
    assert [each.complete for each in seen] == [False, False, True]
    assert collector.progress() == seen[-1]
    assert collector.root().raw() == root.raw()


def test_a_share_twice_drops_all() -> None:
    """E-2: a duplicate ends the attempt, so that nobody can exhaust a collector."""
    shares = split(new_root(), needed=3, total=3)
    collector = _collect(shares[:2])
    with pytest.raises(Conflict, match="already entered"):
        collector.add(shares[0])

    assert collector.progress() is None


def test_a_share_of_another_root_drops_all() -> None:
    """E-2: a share from another set ends the attempt."""
    collector = _collect(split(new_root(), needed=3, total=3)[:2])
    with pytest.raises(Conflict, match="another set"):
        collector.add(split(new_root(), needed=3, total=3)[2])

    assert collector.progress() is None


def test_a_mistyped_share_does_not_end_the_attempt() -> None:
    """E-2: a share's checksum detects a mistyped word, and the attempt continues."""
    shares = split(new_root(), needed=2, total=2)
    collector = _collect(shares[:1])
    words = shares[1].split()
    for wrong in (
        [*words[:-1], "academic" if words[-1] != "academic" else "acid"],
        [*words[:5], "xylophone", *words[6:]],
        words[:-1],
        [words[1], words[0], *words[2:]],
        [],
    ):
        if wrong == words:
            continue
        with pytest.raises(Invalid, match="isn't a valid share"):
            collector.add(" ".join(wrong))

    assert collector.add(shares[1]).complete


def test_no_error_depends_on_the_words() -> None:
    """E-5: errors don't depend on the words in the shares, and have no cause or context."""
    first, second = (_messages_of_all_errors() for _ in range(2))

    assert len(set(first)) == 5
    assert first == second


def _messages_of_all_errors() -> list[str]:
    own, other = split(new_root(), needed=2, total=3), split(new_root(), needed=2, total=3)
    words = own[1].split()
    attempts = [
        [" ".join([*words[:-1], "zzmarker"])],
        [" ".join(words[:-1])],
        [own[0], own[0]],
        [own[0], other[1]],
        [f"{own[0]} {own[1]} " * 3],
        [own[0], own[1], own[2]],
    ]
    messages = list[str]()
    for attempt in attempts:
        with pytest.raises(StrongroomError) as caught:
            _collect(attempt)
        assert caught.value.__context__ is None
        messages.append(str(caught.value))
    return messages


def test_shares_are_dropped_after_ten_idle_minutes() -> None:
    """E-2: an attempt times out if nobody continues it; each share restarts the timer."""
    shares = split(new_root(), needed=3, total=3)
    clock = Clock()
    collector = ShareCollector(clock)
    first = collector.add(shares[0])
    clock.now += IDLE_SECONDS
    second = collector.add(shares[1])
    clock.now += IDLE_SECONDS + 1

    assert IDLE_SECONDS == 600
    assert (second.attempt, second.given) == (first.attempt, 2)
    assert collector.progress() is None
    restarted = collector.add(shares[2])
    assert restarted.given == 1
    assert restarted.attempt != first.attempt


def test_idle_shares_do_not_make_a_root() -> None:
    """E-2: a complete set that isn't used is dropped as well."""
    clock = Clock()
    collector = ShareCollector(clock)
    for share in split(new_root(), needed=2, total=2):
        collector.add(share)
    clock.now += IDLE_SECONDS + 1

    with pytest.raises(Conflict, match="aren't enough"):
        collector.root()


def test_only_the_attempts_id_resets() -> None:
    """E-2: an attempt can be canceled only by someone who knows its ID (compare CVE-2025-52894)."""
    shares = split(new_root(), needed=2, total=2)
    collector = ShareCollector(Clock())
    attempt = collector.add(shares[0]).attempt
    for guess in ("", "unseal_aaaaaaaaaaaaaaaa", attempt.upper()):
        with pytest.raises(NotFound):
            collector.reset(guess)

    assert collector.progress() == Progress(attempt, 1, 2)
    collector.reset(attempt)
    assert collector.progress() is None
    with pytest.raises(NotFound):
        collector.reset(attempt)


def test_resetting_without_an_attempt() -> None:
    """E-2: an empty ID doesn't identify an attempt that never began."""
    with pytest.raises(NotFound):
        ShareCollector(Clock()).reset("")


def test_the_root_is_given_once() -> None:
    """E-2: once a root key has been assembled the shares are dropped, whether it is right or wrong."""
    collector = _collect(split(new_root(), needed=2, total=2))
    collector.root()

    with pytest.raises(Conflict, match="aren't enough"):
        collector.root()


def test_a_surplus_share_is_rejected() -> None:
    """E-2: a surplus share is rejected, and the others are kept."""
    shares = split(new_root(), needed=2, total=3)
    collector = _collect(shares[:2])
    with pytest.raises(Conflict, match="enough shares already"):
        collector.add(shares[2])

    progress = collector.progress()
    assert progress is not None
    assert progress.complete


def test_forged_shares_of_one_set_are_dropped() -> None:
    """E-2: shares that look like one set but don't belong together fail the check of the embedded digest."""
    shares = split(new_root(), needed=2, total=2)
    forged = replace(Share.from_mnemonic(shares[1]), value=random_bytes(32)).mnemonic()
    collector = _collect([shares[0], forged])
    with pytest.raises(Conflict, match="don't belong together"):
        collector.root()

    assert collector.progress() is None


@pytest.mark.parametrize(
    "other",
    [
        lambda: generate_mnemonics(1, [(2, 3)], bytes(16), iteration_exponent=1)[0][0],
        lambda: generate_mnemonics(1, [(2, 3)], bytes(32), iteration_exponent=0)[0][0],
        lambda: generate_mnemonics(1, [(1, 1)], bytes(32), iteration_exponent=1)[0][0],
        lambda: generate_mnemonics(2, [(2, 3), (2, 3)], bytes(32), iteration_exponent=1)[0][0],
        lambda: replace(
            Share.from_mnemonic(split(new_root(), needed=2, total=2)[0]), iteration_exponent=15
        ).mnemonic(),
    ],
    ids=["128 bits", "no hardening", "1 of 1", "groups", "hours of key stretching"],
)
def test_shares_of_another_key_are_rejected(other: Callable[[], str]) -> None:
    """E-2: shares from a wallet, and shares that would keep the server busy for hours, are rejected."""
    with pytest.raises(Invalid, match="isn't a share of a root key"):
        ShareCollector(Clock()).add(other())


def test_long_text_is_rejected_unread() -> None:
    """E-2: text that is far too long for a share isn't parsed."""
    with pytest.raises(Invalid, match="too long"):
        ShareCollector(Clock()).add("academic " * 100_000)


def test_the_root_is_a_root_key() -> None:
    """E-2: the result is a masked value, not a plain byte string."""
    assert isinstance(_collect(split(new_root(), needed=2, total=2)).root(), RootKey)
