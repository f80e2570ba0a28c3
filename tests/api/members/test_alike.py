"""An inviter can't tell from a response, its work or its time whether an address has an account (O-4)."""

from __future__ import annotations

import os
import re
import time
from dataclasses import replace
from random import Random  # noqa: TID251 -- an order, not a secret
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest

from strongroom_testkit.counting import Counting
from strongroom_testkit.medians import difference
from strongroom_testkit.members import add_member, organize
from strongroom_testkit.people import make_person

if TYPE_CHECKING:
    import httpx

    from strongroom_core.core import Core
    from strongroom_core.db.connection import OpenConnection
    from strongroom_testkit.world import World

PAIRS = int(os.environ.get("STRONGROOM_INVITATION_PAIRS", "500"))
ABSENT = "absent"
ADDRESSES = {
    ABSENT: "eve@example.org",
    "existing": "lin@example.org",
    "a member": "kim@example.org",
}
"""All equally long."""


@pytest.fixture
async def inviter(core: Core, world: World, client: httpx.AsyncClient) -> httpx.AsyncClient:
    """An owner whose organization has the member *kim*. The server sends email; *lin* has an account."""
    core.settings = replace(core.settings, smtp_host="localhost", smtp_from="vault@example.org")
    await organize(world)
    await add_member(world, "kim")
    await make_person(core, "lin", world.markers)
    return client


async def invite(client: httpx.AsyncClient, address: str) -> httpx.Response:
    """Invite an address."""
    body = {"email": address, "vaultRole": "developer"}
    response = await client.post("/api/invitations", json=body)
    assert response.status_code == 201, response.text
    return response


async def resend(client: httpx.AsyncClient, invitation: str) -> httpx.Response:
    """Send an invitation again."""
    response = await client.post(f"/api/invitations/{invitation}/resend")
    assert response.is_success, response.text
    return response


async def withdraw(client: httpx.AsyncClient, invitation: str) -> None:
    """Withdraw an invitation, so that its address can be invited again."""
    (await client.delete(f"/api/invitations/{invitation}")).raise_for_status()


def id_of(response: httpx.Response) -> str:
    """Return the ID of the invitation that was sent."""
    return response.json()["invitation"]["id"]


def bytes_of(response: httpx.Response, address: str) -> tuple[Any, ...]:
    """Return a response without its IDs, times and address."""
    body = response.text.replace(address, "ADDRESS")
    body = re.sub(r"inv_\w+|\d{4}-\d\d-\d\dT[\d:.]+Z", "", body)
    headers = {**response.headers, "x-request-id": ""}
    return response.status_code, headers, body


async def test_same_bytes_and_statements(
    core: Core, inviter: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O-4, A-7: an address with an account, one without, and a member's get the same response and work."""
    counting = Counting(core.database)
    monkeypatch.setattr(core, "database", counting)
    found: dict[str, Any] = {}
    for case, address in ADDRESSES.items():
        counting.begun, counting.all_statements = 0, []
        invited = await invite(inviter, address)
        again = await resend(inviter, id_of(invited))
        answers = [bytes_of(each, address) for each in (invited, again)]
        found[case] = answers, counting.begun, counting.all_statements

    assert len(found[ABSENT][2]) > 5
    for case, seen in found.items():
        assert seen == found[ABSENT], case


@pytest.mark.prove
async def test_answers_take_equally_long(
    inviter: httpx.AsyncClient, administrator: OpenConnection
) -> None:
    """O-4, A-7: inviting an address, or sending the invitation again, takes equally long in each case.

    Prints the difference from the median for an unknown address, with its 95% interval.
    """
    times: dict[str, dict[str, list[float]]] = {
        what: {case: [] for case in ADDRESSES} for what in ("invite", "send again")
    }
    random = Random(1)

    def note(what: str, case: str, started: float) -> None:
        times[what][case].append(1000 * (time.perf_counter() - started))

    for _ in range(PAIRS):
        await administrator.execute("delete from rate_count")
        for case in random.sample(list(ADDRESSES), len(ADDRESSES)):
            started = time.perf_counter()
            invitation = id_of(await invite(inviter, ADDRESSES[case]))
            note("invite", case, started)
            started = time.perf_counter()
            await resend(inviter, invitation)
            note("send again", case, started)
            await withdraw(inviter, invitation)
    for what, spent in times.items():
        base = spent.pop(ABSENT)
        print(f"\n{what}, {PAIRS} rounds; an absent address: median {median(base):.3f} ms")
        for case, each in spent.items():
            apart, low, high = difference(each, base)
            print(f"{case}: {apart:+.3f} ms (95% interval {low:+.3f} to {high:+.3f})")

            # On a busy machine, medians of equal times also differ, but then the interval contains 0.
            assert low <= 0 <= high or abs(apart) < 0.1 * median(base), (what, case)
