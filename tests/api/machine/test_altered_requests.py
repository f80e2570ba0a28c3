"""Altered versions of valid signed requests: none is accepted, and each is rejected for its own reason.

The test suite sends several hundred; `STRONGROOM_ALTERED` or `just prove altered` sends more.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random  # noqa: TID251 -- the altered bits must be the same in each run
from typing import Any

import msgspec
import pytest

from strongroom_core.core import Core
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_testkit.machine import TestMachine, granted_machine
from strongroom_testkit.raw_requests import Answer, Pairs, as_pairs, send
from strongroom_testkit.world import World, entries_of

FEW = int(os.environ.get("STRONGROOM_ALTERED", "600"))
ALL = int(os.environ.get("STRONGROOM_ALTERED", "20000"))
REFUSED = {400, 401, 404, 405, 413, 415}


@dataclass(frozen=True, slots=True)
class Sent:
    """One request, before or after it was altered."""

    method: str
    target: bytes
    headers: Pairs
    body: bytes
    signature: bytes = field(repr=False, default=b"")

    def having(self, name: bytes, value: bytes) -> Sent:
        """The same request with another value of a header."""
        return replace(self, headers=[(n, value if n == name else v) for n, v in self.headers])

    def value(self, name: bytes) -> bytes:
        """Return the value of a header."""
        return next(value for each, value in self.headers if each == name)


FOUR = (b"x-machine-id", b"x-timestamp", b"x-nonce", b"x-signature")
Alteration = Callable[[Random, Sent], Sent]


def _bit(random: Random, data: bytes, bits: int = 8) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(bits)]) + data[at + 1 :]


def signature_bit(random: Random, sent: Sent) -> Sent:
    """One to three bits of the 64 bytes."""
    signature = sent.signature
    for _ in range(random.randint(1, 3)):
        signature = _bit(random, signature)
    if signature == sent.signature:
        signature = _bit(random, signature)
    return sent.having(b"x-signature", b64encode(signature))


def signature_malleated(random: Random, sent: Sent) -> Sent:
    """S plus a multiple of the group order: an equivalent signature, which some libraries accepted."""
    order = 2**252 + 27742317777372353535851937790883648493
    number = int.from_bytes(sent.signature[32:], "little") + random.randint(1, 7) * order
    altered = sent.signature[:32] + number.to_bytes(32, "little")
    return sent.having(b"x-signature", b64encode(altered))


def signature_replaced(random: Random, sent: Sent) -> Sent:
    """Random bytes, all zeros, or the neutral element."""
    kinds = (random.randbytes(64), bytes(64), b"\x01" + bytes(63))
    return sent.having(b"x-signature", b64encode(random.choice(kinds)))


def header_bit(random: Random, sent: Sent) -> Sent:
    """One bit of a header's text. Changing only the case of a letter doesn't count."""
    while True:
        name = random.choice(FOUR)
        value = _bit(random, sent.value(name))
        if value.lower() != sent.value(name).lower():
            return sent.having(name, value)


def header_text(random: Random, sent: Sent) -> Sent:
    """A header that is emptied, repeated, or has text added or replaced."""
    name = random.choice(FOUR)
    value = sent.value(name)
    at = random.randrange(len(value) + 1)
    junk = random.choice((b" ", b"\t", b"\x00", b"\n", b",", b":", b"=", b"0", b"\xc3\xa9", b"%20"))
    kinds = (b"", junk, junk + value, value + junk, value[:at] + junk + value[at:], value * 2)
    return sent.having(name, random.choice(kinds))


def header_missing(random: Random, sent: Sent) -> Sent:
    """A request without one to four of the headers."""
    gone = random.sample(FOUR, random.randint(1, 4))
    return replace(sent, headers=[pair for pair in sent.headers if pair[0] not in gone])


def header_doubled(random: Random, sent: Sent) -> Sent:
    """One of the headers sent twice: the copy has the same or another value, and comes before or after."""
    name = random.choice(FOUR)
    value = random.choice((sent.value(name), b"", _bit(random, sent.value(name))))
    headers = [*sent.headers]
    headers.insert(random.randrange(len(headers) + 1), (name, value))
    return replace(sent, headers=headers)


def skew(random: Random, sent: Sent) -> Sent:
    """A time other than the signed one, within the allowed window or far outside it."""
    shift = random.choice((-1, 1)) * random.choice((1, 30, 299, 301, 3600, 86400, 10**8))
    return sent.having(b"x-timestamp", str(int(sent.value(b"x-timestamp")) + shift).encode())


def nonce(random: Random, sent: Sent) -> Sent:
    """Another well-formed nonce."""
    return sent.having(b"x-nonce", b64encode(random.randbytes(16)))


def method(random: Random, sent: Sent) -> Sent:
    """Another method, known or made up."""
    others = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "get", "GETT"}
    return replace(sent, method=random.choice(sorted(others - {sent.method})))


def target(random: Random, sent: Sent) -> Sent:
    """Another path, or the same one in another spelling."""
    path = sent.target
    at = random.randrange(4, len(path))
    others = (
        _bit(random, path, 7),
        path[:at] + b"%" + b"%02x" % path[at] + path[at + 1 :],
        path + b"/",
        b"/" + path,
        path[:at] + b"/./" + path[at:],
        path + b"/../" + path.rpartition(b"/")[2],
        path + b"%00",
        path[:at] + path[at:].swapcase() + b"a",
        b"/v1/secret/sk_aaaaaaaaaaaaaaaa",
        b"/v1/secrets" if path != b"/v1/secrets" else b"/v1/cli/secrets",
    )
    return replace(sent, target=random.choice(others))


def query(random: Random, sent: Sent) -> Sent:
    """A query, where none is allowed."""
    return replace(sent, target=sent.target + b"?" + random.choice((b"a", b"a=1", b"projectId=x")))


def body(random: Random, sent: Sent) -> Sent:
    """Another body, or a body where there was none."""
    if not sent.body:
        return replace(sent, body=random.choice((b"{}", b" ", b"\n", b'{"projectId":null}')))
    kinds = (
        _bit(random, sent.body),
        sent.body + b" ",
        sent.body[:-1],
        sent.body.replace(b":", b": "),
    )
    return replace(sent, body=random.choice(kinds))


def encoding(random: Random, sent: Sent) -> Sent:
    """An encoding that isn't signed and would change the meaning of the body."""
    name = random.choice((b"gzip", b"br", b"deflate", b"identity,gzip"))
    return replace(sent, headers=[*sent.headers, (b"content-encoding", name)])


OF_SIGNATURES: tuple[Alteration, ...] = (signature_bit, signature_malleated, signature_replaced)
OTHERS: tuple[Alteration, ...] = (
    header_bit,
    header_text,
    header_missing,
    header_doubled,
    skew,
    nonce,
    method,
    target,
    query,
    body,
    encoding,
)


@dataclass(slots=True)
class Victim:
    """A machine with a secret to read, and the requests it makes."""

    core: Core
    machine: TestMachine
    calls: list[tuple[str, str, bytes]]

    def good(self, random: Random) -> Sent:
        """A request that would be answered with 200."""
        chosen, path, sent = random.choice(self.calls)
        at = int(self.core.clock.now().timestamp())
        headers = self.machine.headers(chosen, path, sent, at=at, nonce=random.randbytes(16).hex())
        return Sent(
            chosen,
            path.encode(),
            as_pairs(headers.items()),
            sent,
            b64decode(headers["X-Signature"]),
        )


@pytest.fixture
async def victim(world: World) -> Victim:
    """A machine that can read a secret."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    calls = [
        ("GET", f"/v1/secret/{secret.id}", b""),
        ("GET", "/v1/secrets", b""),
        ("POST", "/v1/secrets/export", b""),
        ("POST", "/v1/secrets/export", msgspec.json.encode({"projectId": project.id})),
        ("POST", "/v1/secrets/list", msgspec.json.encode({"projectId": project.id})),
    ]
    return Victim(world.core, machine, calls)


def _addresses() -> Iterator[str]:
    """Failures lock addresses out, so each request comes from a different address."""
    for number in count(1):
        yield f"127.{16 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


async def _prove(app: Any, world: World, victim: Victim, total: int) -> None:
    random, addresses = Random(20261122), _addresses()
    answers: Counter[tuple[str, int, str]] = Counter()
    accepted: list[str] = []
    of_signatures = 0

    async def ask(sent: Sent) -> Answer:
        address = next(addresses)
        return await send(app, sent.method, sent.target, sent.headers, sent.body, address=address)

    for call in victim.calls:
        before = await ask(Victim(victim.core, victim.machine, [call]).good(random))

        assert 200 == before.status
    reads = len(await world.entries("secret_read"))
    for number in range(total):
        alter = random.choice(OF_SIGNATURES if number % 2 else OTHERS)
        sent = alter(random, victim.good(random))
        of_signatures += alter in OF_SIGNATURES
        answer = await ask(sent)
        code = "-" if answer.status < 400 or sent.method == "HEAD" else answer.json()["code"]
        answers[alter.__name__, answer.status, code] += 1
        if answer.status not in REFUSED:
            accepted.append(f"{alter.__name__}: {answer.status} for {sent}")
    after = await ask(victim.good(random))
    own = Counter(entry["reason"] for entry in await world.entries("auth_failure"))
    others = Counter(
        entry["reason"] for entry in await entries_of(world.core, INSTALLATION, "auth_failure")
    )
    print(f"\n{total} altered requests, {of_signatures} of them of the signature")
    for (name, status, code), number in sorted(answers.items()):
        print(f"  {name:20} {status} {code:24} {number}")
    for reason, number in sorted((own + others).items()):
        print(f"  logged: {reason:20} {number}")

    assert [] == accepted
    assert 200 == after.status
    # Only the last valid request can have read anything.
    assert len(await world.entries("secret_read")) - reads <= 1
    bad = sum(
        n
        for (name, status, _), n in answers.items()
        if name.startswith("signature_") and status == 401
    )
    assert of_signatures == bad
    assert own["bad_signature"] >= 0.95 * of_signatures
    assert own["bad_signature"] > of_signatures


async def test_some_altered_requests(app: Any, world: World, victim: Victim) -> None:
    """WIRE 1, R-1: an altered signature, header, method, target, query, body or time is always rejected."""
    await _prove(app, world, victim, FEW)


@pytest.mark.prove
async def test_all_altered_requests(app: Any, world: World, victim: Victim) -> None:
    """WIRE 1, R-1: the same test with 20,000 altered requests."""
    await _prove(app, world, victim, ALL)
