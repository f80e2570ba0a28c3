"""Altered versions of requests that a person's key has signed: none is accepted, and none is a server error.

The test suite sends several hundred; `STRONGROOM_SIGNATURES` or `just prove signatures` sends more.
"""

from __future__ import annotations

import os
import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import permutations
from random import Random  # noqa: TID251 -- the alterations must be the same in each run
from typing import Any

import pytest

from strongroom_core.core import Core
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import Person
from strongroom_testkit.person_key import TestKey, approved_key, session_of
from strongroom_testkit.raw_requests import Pairs, as_pairs, send
from strongroom_testkit.world import World

FEW = int(os.environ.get("STRONGROOM_SIGNATURES", "500"))
ALL = int(os.environ.get("STRONGROOM_SIGNATURES", "20000"))
REFUSED = {400, 401, 404, 405, 413, 415}
INPUT, SIGNATURE, DIGEST = b"signature-input", b"signature", b"content-digest"
ORDER = 2**252 + 27742317777372353535851937790883648493


@dataclass(frozen=True, slots=True)
class Sent:
    """One request, before or after it was altered. `signing` is the server that it is signed for."""

    method: str
    target: bytes
    headers: Pairs
    body: bytes
    resign: Callable[[str], Pairs] = field(repr=False)

    def having(self, name: bytes, value: bytes) -> Sent:
        """The same request with another value of a header."""
        return replace(self, headers=[(n, value if n == name else v) for n, v in self.headers])

    def value(self, name: bytes) -> bytes:
        """Return the value of a header."""
        return next(value for each, value in self.headers if each == name)

    @property
    def names(self) -> list[bytes]:
        """The headers of the signature."""
        return [name for name, _ in self.headers if name in (INPUT, SIGNATURE, DIGEST)]


Alteration = Callable[[Random, Sent], Sent]


def _bit(random: Random, data: bytes, bits: int = 8) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(bits)]) + data[at + 1 :]


def origin(random: Random, sent: Sent) -> Sent:
    """A request that was signed for another server."""
    others = (
        "https://localhost:8200",
        "http://localhost:8201",
        "http://localhost",
        "http://127.0.0.1:8200",
        "http://LOCALHOST:8200",
        "http://localhost:8200/",
        "http://localhost.:8200",
        "http://user@localhost:8200",
        "",
        "https://strongroom.example",
    )
    return replace(sent, headers=sent.resign(random.choice(others)))


def method(random: Random, sent: Sent) -> Sent:
    """Another method, known or made up."""
    others = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "get", "GETT"}
    return replace(sent, method=random.choice(sorted(others - {sent.method})))


def target(random: Random, sent: Sent) -> Sent:
    """Another path, or the same one in another spelling."""
    path, mark, asked = sent.target.partition(b"?")
    at = random.randrange(5, len(path))
    others = (
        _bit(random, path, 7),
        path[:at] + b"%%%02x" % path[at] + path[at + 1 :],
        path + b"/",
        b"/" + path,
        path + b"/../" + path.rpartition(b"/")[2],
        path + b"%00",
        b"/api/applications",
        b"/api/own-key",
    )
    return replace(sent, target=random.choice(others) + mark + asked)


def query(random: Random, sent: Sent) -> Sent:
    """Another query: added, removed, reordered, changed, or in another spelling."""
    path, _, asked = sent.target.partition(b"?")
    if not asked:
        return replace(sent, target=path + b"?" + random.choice((b"limit=5", b"q=a", b"%71=a")))
    parts = asked.split(b"&")
    others = (
        b"",
        b"&".join(reversed(parts)),
        parts[0],
        asked + b"&sort=name",
        asked + b"&",
        asked.replace(b"=", b"%3D", 1),
        asked.replace(b"bill", b"%62ill"),
        _bit(random, asked, 7),
    )
    chosen = random.choice(others)
    return replace(sent, target=path + (b"?" + chosen if chosen else b""))


def body(random: Random, sent: Sent) -> Sent:
    """Another body, or a body where there was none."""
    if not sent.body:
        return replace(sent, body=random.choice((b"{}", b" ", b"\n", b'{"name":"x"}')))
    others = (_bit(random, sent.body), sent.body + b" ", sent.body[:-1], b"", b"{}")
    return replace(sent, body=random.choice(others))


def digest(random: Random, sent: Sent) -> Sent:
    """Another digest, another algorithm, two of them, or one where there was no body."""
    of_body = b"sha-256=:" + b64encode(random.randbytes(32)) + b":"
    if DIGEST not in sent.names:
        return replace(sent, headers=[*sent.headers, (DIGEST, of_body)])
    value = sent.value(DIGEST)
    others = (
        of_body,
        value + b", sha-512=:AAAA:",
        value.replace(b"sha-256", b"sha-512"),
        value.replace(b"sha-256", b"SHA-256"),
        value + b";q=1",
        b"",
        _bit(random, value, 7),
    )
    return sent.having(DIGEST, random.choice(others))


def parameters(random: Random, sent: Sent) -> Sent:
    """A parameter that is changed, left out, repeated or added."""
    value = sent.value(INPUT).decode()
    created = int(re.findall(r"created=(\d+)", value)[0])
    each = random.choice(re.findall(r';[a-z]+=(?:"[^"]*"|\d+)', value))
    others = (
        value.replace(str(created), str(created + random.choice((-1, 1, 60, -60)))),
        value.replace(each, "", 1),
        value.replace(each, each * 2, 1),
        value + each,
        value + f";expires={created + 60}",
        value.replace('"ed25519"', '"rsa-v1_5-sha256"'),
        value.replace('tag="strongroom"', 'tag="other"'),
        value.replace("strongroom=(", "sig1=("),
        value.replace('nonce="', 'nonce="A', 1),
        re.sub(r'keyid="[^"]*"', 'keyid="key_aaaaaaaaaaaaaaaa"', value),
    )
    return sent.having(INPUT, random.choice(others).encode())


def order(random: Random, sent: Sent) -> Sent:
    """The parameters or the components in another order."""
    value = sent.value(INPUT).decode()
    components, _, rest = value.partition(";")
    parts = rest.split(";")
    if random.random() < 0.5:
        shuffled = random.choice([each for each in permutations(parts) if [*each] != parts])
        return sent.having(INPUT, ";".join((components, *shuffled)).encode())
    names = re.findall(r'"[^"]*"', components)
    other = random.choice([each for each in permutations(names) if [*each] != names])
    return sent.having(INPUT, f"strongroom=({' '.join(other)});{rest}".encode())


def components(random: Random, sent: Sent) -> Sent:
    """A component that is left out, added, repeated, or has a parameter."""
    value = sent.value(INPUT).decode()
    others = (
        value.replace('"@method" ', ""),
        value.replace(' "@target-uri"', ""),
        value.replace('"@target-uri"', '"@path"'),
        value.replace(")", ' "@authority")', 1),
        value.replace(")", ' "content-type")', 1),
        value.replace('"@method"', '"@method" "@method"'),
        value.replace('"@method"', '"@method";req'),
        value.replace(' "content-digest"', "")
        if DIGEST in sent.names
        else value.replace(")", ' "content-digest")', 1),
    )
    return sent.having(INPUT, random.choice(others).encode())


def text(random: Random, sent: Sent) -> Sent:
    """A header with a changed bit or added text. Changing only the case of a letter counts here."""
    name = random.choice(sent.names)
    value = sent.value(name)
    at = random.randrange(len(value) + 1)
    junk = random.choice((b" ", b"\t", b"\x00", b",", b";", b":", b'"', b"\\", b"\xc3\xa9"))
    others = (_bit(random, value), value[:at] + junk + value[at:], b"", value * 2, junk + value)
    return sent.having(name, random.choice(others))


def count(random: Random, sent: Sent) -> Sent:
    """A header of the signature that is missing or sent twice, or a second signature."""
    name = random.choice(sent.names)
    less = [pair for pair in sent.headers if pair[0] != name]
    if random.random() < 0.3:
        return replace(sent, headers=less)
    second = {INPUT: b"other=" + sent.value(INPUT)[11:], SIGNATURE: b"other=:AAAA:"}
    if random.random() < 0.3 and name in second:
        return sent.having(name, sent.value(name) + b", " + second[name])
    return replace(sent, headers=[*sent.headers, (name, sent.value(name))])


def signature(random: Random, sent: Sent) -> Sent:
    """Other bytes: one to three bits, S plus a multiple of the group order, or random ones."""
    value = sent.value(SIGNATURE)
    raw = b64decode(value[12:-1])
    number = int.from_bytes(raw[32:], "little") + random.randint(1, 7) * ORDER
    others = (
        _bit(random, raw),
        _bit(random, _bit(random, _bit(random, raw))) if random.random() < 0.5 else bytes(64),
        raw[:32] + number.to_bytes(33, "little")[:32],
        random.randbytes(64),
        b"\x01" + bytes(63),
    )
    chosen = random.choice([each for each in others if each != raw])
    return sent.having(SIGNATURE, b"strongroom=:" + b64encode(chosen) + b":")


ALTERATIONS: tuple[Alteration, ...] = (
    origin,
    method,
    target,
    query,
    body,
    digest,
    parameters,
    order,
    components,
    text,
    count,
    signature,
)


@dataclass(slots=True)
class Victim:
    """A key, and the requests that its program makes."""

    core: Core
    key: TestKey
    calls: list[tuple[str, str, bytes]]

    def good(self, random: Random) -> Sent:
        """A request that would be accepted."""
        chosen, path, sent = random.choice(self.calls)
        at, nonce = int(self.core.clock.now().timestamp()), random.randbytes(16).hex()

        def sign(server: str) -> Pairs:
            headers = self.key.headers(chosen, path, sent, at=at, nonce=nonce, server=server)
            return as_pairs(
                {**headers, **({"Content-Type": "application/json"} if sent else {})}.items()
            )

        return Sent(chosen, path.encode(), sign(self.key.server), sent, sign)


@pytest.fixture
async def victim(core: Core, owner: Person, world: World, markers: Markers) -> Victim:
    """A key of the vault's owner."""
    project = await world.project("billing")
    key = await approved_key(core, await session_of(core, owner, markers))
    calls = [
        ("GET", "/api/projects", b""),
        ("GET", "/api/projects?limit=5&q=billing", b""),
        ("POST", f"/api/projects/{project.id}/freeze", b'{"reason": "a drill"}'),
        ("PATCH", f"/api/projects/{project.id}", b'{"description": "a drill"}'),
        ("POST", "/api/registration-tokens", b""),
    ]
    return Victim(core, key, calls)


async def _prove(app: Any, world: World, victim: Victim, total: int) -> None:
    random = Random(20261130)
    answers: Counter[tuple[str, int, str]] = Counter()
    accepted: list[str] = []
    before = len(await world.entries())
    for number in range(total):
        alter = ALTERATIONS[number % len(ALTERATIONS)]
        good = victim.good(random)
        sent = alter(random, good)
        if (sent.method, sent.target, sent.headers, sent.body) == (
            good.method,
            good.target,
            good.headers,
            good.body,
        ):
            continue
        # Failures lock addresses out, so each request comes from a different address.
        address = f"127.{32 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
        answer = await send(app, sent.method, sent.target, sent.headers, sent.body, address=address)
        head = sent.method == "HEAD" or answer.status < 400
        answers[alter.__name__, answer.status, "-" if head else answer.json()["code"]] += 1
        if answer.status not in REFUSED:
            accepted.append(f"{alter.__name__}: {answer.status} for {sent}")
    done = [each for each in (await world.entries())[before:] if each["action"] != "auth_failure"]
    print(f"\n{sum(answers.values())} altered requests")
    for (name, status, code), number in sorted(answers.items()):
        print(f"  {name:12} {status} {code:24} {number}")

    assert [] == accepted
    assert [] == done
    assert sum(answers.values()) > 0.95 * total
    for call in victim.calls[:3]:
        good = Victim(victim.core, victim.key, [call]).good(random)
        answer = await send(
            app, good.method, good.target, good.headers, good.body, address="127.9.9.31"
        )

        assert 200 == answer.status, answer.body


async def test_some_altered_signatures(app: Any, world: World, victim: Victim) -> None:
    """WIRE 7: a request with anything altered is rejected, and nothing is done."""
    await _prove(app, world, victim, FEW)


@pytest.mark.prove
async def test_all_altered_signatures(app: Any, world: World, victim: Victim) -> None:
    """WIRE 7: the same test with 20,000 altered requests."""
    await _prove(app, world, victim, ALL)
