"""Random and mutated envelopes: each is rejected, unless it is identical to the original.

`STRONGROOM_FUZZ_CASES` sets the count (20,000 by default; the full proof runs 1,000,000) and
`STRONGROOM_FUZZ_SEED` sets the seed. A million cases take a few minutes. The seed is
printed, so that a failure can be reproduced.
"""

import os
import random  # noqa: TID251 -- a seed makes a failure repeatable; nothing here is secret
import sys
from collections import Counter
from collections.abc import Callable

import pytest

from strongroom_core.crypto import envelope
from strongroom_core.crypto.aad import MaterialAddress
from strongroom_core.crypto.decrypt import decrypt_value
from strongroom_core.crypto.encrypt import EncryptedValue, encrypt_value
from strongroom_core.crypto.keyring import ProjectKey
from strongroom_core.crypto.random import new_key_id, random_bytes
from strongroom_core.kernel.errors import IntegrityFailure
from strongroom_core.kernel.plaintext import Plaintext

CASES = int(os.environ.get("STRONGROOM_FUZZ_CASES") or 20_000)
SEED = int(os.environ.get("STRONGROOM_FUZZ_SEED") or 20_261_122)
BATCH = 500

KEY = ProjectKey(new_key_id(), random_bytes(32))
ADDRESS = MaterialAddress("dep", "vault", "proj", "sec", "mat")

Mutation = Callable[[random.Random, bytes, bytes], bytes]


def _flip_bits(rng: random.Random, blob: bytes, _other: bytes) -> bytes:
    number = int.from_bytes(blob, "big")
    for _ in range(rng.randint(1, 4)):
        number ^= 1 << rng.randrange(8 * len(blob))
    return number.to_bytes(len(blob), "big")


def _set_byte(rng: random.Random, blob: bytes, _other: bytes) -> bytes:
    at = rng.randrange(min(len(blob), envelope.HEADER_BYTES + envelope.NONCE_BYTES))
    return blob[:at] + rng.randbytes(1) + blob[at + 1 :]


def _truncate(rng: random.Random, blob: bytes, _other: bytes) -> bytes:
    return blob[: rng.randrange(len(blob))]


def _behead(rng: random.Random, blob: bytes, _other: bytes) -> bytes:
    return blob[rng.randrange(1, len(blob)) :]


def _extend(rng: random.Random, blob: bytes, _other: bytes) -> bytes:
    more = rng.randbytes(rng.randint(1, 80))
    return blob + more if rng.random() < 0.5 else more + blob


def _splice(rng: random.Random, blob: bytes, other: bytes) -> bytes:
    cut = rng.randrange(min(len(blob), len(other)) + 1)
    return blob[:cut] + other[cut:]


def _repeat(rng: random.Random, blob: bytes, _other: bytes) -> bytes:
    return blob * rng.randint(2, 3)


def _zero_run(rng: random.Random, blob: bytes, _other: bytes) -> bytes:
    start = rng.randrange(len(blob))
    end = min(len(blob), start + rng.randint(1, 16))
    return blob[:start] + bytes(end - start) + blob[end:]


def _random_behind_header(rng: random.Random, blob: bytes, _other: bytes) -> bytes:
    return blob[: envelope.HEADER_BYTES] + rng.randbytes(rng.randint(0, 120))


def _random(rng: random.Random, _blob: bytes, _other: bytes) -> bytes:
    return rng.randbytes(rng.randint(0, 160))


def _nothing(_rng: random.Random, blob: bytes, _other: bytes) -> bytes:
    return blob


MUTATIONS: tuple[Mutation, ...] = (
    _flip_bits,
    _set_byte,
    _truncate,
    _behead,
    _extend,
    _splice,
    _repeat,
    _zero_run,
    _random_behind_header,
    _random,
    _nothing,
)


def _make(rng: random.Random) -> tuple[bytes, EncryptedValue]:
    value = rng.randbytes(rng.choice((0, 1, 63, 64, 100)))
    return value, encrypt_value(KEY, ADDRESS, Plaintext(value))


def _parse_outcome(blob: bytes) -> str:
    try:
        parsed = envelope.parse(blob)
    except IntegrityFailure:
        return "rejected by the parser"
    if parsed.encode() != blob:
        raise AssertionError(f"the parser lost bytes of {blob.hex()}")
    return "rejected by the cipher"


def _outcome(mutated: bytes, whole: EncryptedValue, original: bytes, value: bytes) -> str:
    shut_by = _parse_outcome(mutated)
    try:
        opened = decrypt_value(KEY, ADDRESS, whole).reveal()
    except IntegrityFailure:
        if mutated == original:
            raise AssertionError(
                f"an unaltered envelope can't be decrypted: {mutated.hex()}"
            ) from None
        return shut_by
    if mutated != original or opened != value:
        raise AssertionError(f"an altered envelope was decrypted: {mutated.hex()}")
    return "opened, because unaltered"


def test_only_unaltered_envelopes_open(capsys: pytest.CaptureFixture[str]) -> None:
    """E-1: no mutated envelope can be decrypted, only `IntegrityFailure` is raised, and no byte is lost."""
    rng = random.Random(SEED)
    counts = Counter[str]()
    by_mutation = Counter[tuple[str, str]]()
    (value, made), (_, other) = _make(rng), _make(rng)
    for case in range(CASES):
        if case % BATCH == 0:
            (value, made), (_, other) = _make(rng), _make(rng)
        mutate = rng.choice(MUTATIONS)
        if rng.random() < 0.5:
            mutated = mutate(rng, made.ciphertext, other.ciphertext)
            whole, original = EncryptedValue(made.data_key, mutated), made.ciphertext
        else:
            mutated = mutate(rng, made.data_key, other.data_key)
            whole, original = EncryptedValue(mutated, made.ciphertext), made.data_key
        outcome = _outcome(mutated, whole, original, value)
        counts[outcome] += 1
        by_mutation[mutate.__name__.strip("_"), outcome] += 1

    with capsys.disabled():
        sys.stdout.write(f"\nenvelope fuzz: {CASES} cases, seed {SEED}: {dict(counts)}\n")
        for (name, outcome), count in sorted(by_mutation.items()):
            sys.stdout.write(f"  {name:<22}{outcome:<28}{count:>9}\n")
    assert counts.total() == CASES
    assert set(counts) == {
        "rejected by the parser",
        "rejected by the cipher",
        "opened, because unaltered",
    }
