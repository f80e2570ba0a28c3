"""Nobody can tell from a response, its work or its time whether an account exists (A-7)."""

from __future__ import annotations

import os
import re
import time
from itertools import count
from random import Random  # noqa: TID251 -- an order, not a secret
from statistics import median
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from strongroom_core.crypto.password import PasswordCost, PasswordHasher
from strongroom_testkit.counting import Counting
from strongroom_testkit.hashing import CountingQueue
from strongroom_testkit.medians import difference
from strongroom_testkit.raw_requests import Answer, as_pairs, send

if TYPE_CHECKING:
    from litestar import Litestar

    from strongroom_core.core import Core
    from strongroom_core.db.connection import OpenConnection
    from strongroom_testkit.people import Person

PAIRS = int(os.environ.get("STRONGROOM_ACCOUNT_PAIRS", "500"))
CHEAP = PasswordCost(memory=64, passes=1)
PASSWORD = "four unrelated words here"
_numbers = count(1)
_ENTRY_ENDS = re.compile("(release|rollback to) savepoint")
_VAULT = re.compile("'(vault_[a-z0-9]+|installation)'")


def cases(person: Person) -> dict[str, dict[str, tuple[str, dict[str, str]]]]:
    """Return each flow's request, for an existing address and for an unknown one of the same length."""
    absent = "eve@example.org"
    new = {"email": absent, "username": "eve", "password": PASSWORD}
    known = {"email": person.email, "password": PASSWORD}
    return {
        "sign in": {
            "absent": ("/api/session", {"email": absent, "password": PASSWORD}),
            "existing": ("/api/session", known),
        },
        "forgotten password": {
            "absent": ("/api/password/forgot", {"email": absent}),
            "existing": ("/api/password/forgot", {"email": person.email}),
        },
        "sign up": {
            "absent": ("/api/sign-up", new),
            "existing": ("/api/sign-up", {**new, "email": person.email}),
            "taken username": ("/api/sign-up", {**new, "username": person.username}),
        },
    }


async def ask(app: Litestar, path: str, body: dict[str, str]) -> Answer:
    """Send the request as the page does, from a new address."""
    number = next(_numbers)
    headers = {
        "Origin": "http://localhost:8200",
        "X-Strongroom-Client": "page",
        "Content-Type": "application/json",
    }
    return await send(
        app,
        "POST",
        path.encode(),
        as_pairs(headers.items()),
        msgspec.json.encode(body),
        address=f"127.{90 + (number >> 16)}.{number >> 8 & 255}.{number & 255}",
    )


@pytest.mark.parametrize("flow", ["sign in", "forgotten password", "sign up"])
async def test_same_bytes_statements_and_argon2_work(
    app: Litestar, core: Core, owner: Person, monkeypatch: pytest.MonkeyPatch, flow: str
) -> None:
    """A-7: an existing address, an unknown one and a taken username get the same response and work."""
    queue = CountingQueue()
    monkeypatch.setattr(core, "passwords", PasswordHasher(queue, CHEAP))
    found: dict[str, tuple[Any, ...]] = {}
    for case, (path, body) in cases(owner)[flow].items():
        counting, before = Counting(core.database), queue.computations
        with monkeypatch.context() as patch:
            patch.setattr(core, "database", counting)
            answer = await ask(app, path, body)
        headers = {**answer.headers, "x-request-id": ""}
        content = re.sub(rb"req_[a-z0-9]+", b"", answer.body)
        # An entry for the vaults of an account that doesn't exist is written and rolled back.
        statements = [_ENTRY_ENDS.sub("end savepoint", each) for each in counting.all_statements]
        statements = [_VAULT.sub("'vault'", each) for each in statements]
        work = (counting.begun, statements, queue.computations - before)
        found[case] = (answer.status, headers, content, work)
    same = found["absent"]

    assert same[3][2] == (0 if flow == "forgotten password" else 1)
    assert len(same[3][1]) > 3
    for case, seen in found.items():
        assert seen == same, case


@pytest.mark.prove
@pytest.mark.parametrize("flow", ["sign in", "forgotten password", "sign up"])
async def test_answers_take_equally_long(
    app: Litestar, owner: Person, administrator: OpenConnection, flow: str
) -> None:
    """A-7: even if Argon2 is so cheap that it hides nothing, no case takes longer than another.

    Prints the difference from the median for an unknown address, with its 95% interval.
    """
    requests = cases(owner)[flow]
    times: dict[str, list[float]] = {case: [] for case in requests}
    random = Random(1)
    for _ in range(PAIRS):
        await administrator.execute("delete from rate_count")
        for case in random.sample(list(requests), len(requests)):
            path, body = requests[case]
            started = time.perf_counter()
            await ask(app, path, body)
            times[case].append(1000 * (time.perf_counter() - started))
    base = times.pop("absent")
    print(f"\n{flow}, {PAIRS} rounds; an absent address: median {median(base):.3f} ms")
    for case, spent in times.items():
        apart, low, high = difference(spent, base)
        print(f"{case}: {apart:+.3f} ms (95% interval {low:+.3f} to {high:+.3f})")

        # On a busy machine, medians of equal times also differ, but then the interval contains 0.
        assert low <= 0 <= high or abs(apart) < 0.1 * median(base), case
