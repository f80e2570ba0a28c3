"""The matrix of the doors that are open to strangers (A-1, A-6, A-10, M-3, L-1)."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from nacl.signing import SigningKey

from strongroom_core.access.actions import Plane
from strongroom_core.access.operations import OPERATIONS
from strongroom_core.crypto.random import random_bytes
from strongroom_core.crypto.token import mint_token
from strongroom_core.machines.bootstrap import create_bootstrap_token
from strongroom_testkit.world import World

from .expected import Who
from .hall import Hall, changed
from .places import Surveyor

STRANGERS = [name for name, each in OPERATIONS.items() if each.plane is Plane.PUBLIC]

_SCRIPT = "/v1/bootstrap/"

Entry = tuple[Any, Any, Any, Any]


async def _token(hall: Hall, surveyor: Surveyor, *, used: bool = False, late: bool = False) -> str:
    """Make a bootstrap token of a vault: fresh, used up, or of eleven minutes ago."""
    world: World = surveyor.world
    made = await create_bootstrap_token(world.core, world.owner)
    world.markers.note(made.token)
    if used:
        done = await _register(hall.stranger(), made.token, surveyor)
        assert done.status_code == 201, done.text
    if late:
        await hall.administrator.execute(
            "update machine_token set expires_at = $1"
            " where created_at = (select max(created_at) from machine_token) and used_at is null",
            world.core.clock.now() - timedelta(seconds=1),
        )
    return made.token


async def _register(client: httpx.AsyncClient, token: str, surveyor: Surveyor) -> httpx.Response:
    key = SigningKey(random_bytes(32)).verify_key
    body = {
        "token": token,
        "publicKey": b64encode(bytes(key)).decode(),
        "hostname": surveyor.name("host"),
    }
    return await client.post("/v1/bootstrap/register", json=body)


async def _credentials(hall: Hall, case: str) -> dict[str, str]:
    person = (hall.theirs if case == "other" else hall.mine).world.person
    wrong = hall.mine.world.markers.password()
    return {
        "email": "nobody@example.org" if case == "absent" else person.email,
        "password": person.password if case in ("own", "other") else wrong,
    }


async def _operator(hall: Hall, case: str) -> dict[str, str]:
    unknown = hall.mine.world.markers.note(mint_token("srl")[0])
    words = {"username": "eve", "email": "eve@example.org"}
    password = hall.mine.world.markers.password()
    return {"token": hall.setup_token if case == "used" else unknown, "password": password, **words}


async def _bootstrap(hall: Hall, case: str) -> str:
    if case == "absent":
        return hall.mine.world.markers.note(mint_token("srb")[0])
    surveyor = hall.theirs if case == "other" else hall.mine
    return await _token(hall, surveyor, used=case == "used", late=case == "late")


async def _nothing(_hall: Hall, _case: str) -> None:
    return None


Client = httpx.AsyncClient
Prepare = Callable[[Hall, str], Awaitable[Any]]
Send = Callable[[Hall, Client, Any], Awaitable[httpx.Response]]

DOORS: Mapping[str, tuple[Prepare, Send]] = {
    "logIn": (_credentials, lambda _, client, body: client.post("/api/login", json=body)),
    "setUp": (_operator, lambda _, client, body: client.post("/api/setup", json=body)),
    "registerMachine": (
        _bootstrap,
        lambda hall, client, token: _register(client, token, hall.mine),
    ),
    "readBootstrapScript": (_bootstrap, lambda _, client, token: client.get(f"{_SCRIPT}{token}")),
    "health": (_nothing, lambda _h, client, _t: client.get("/health")),
    "healthLive": (_nothing, lambda _h, client, _t: client.get("/health/live")),
    "healthReady": (_nothing, lambda _h, client, _t: client.get("/health/ready")),
    # From the loopback addresses that everybody here has; others are in the tests of the metrics.
    "readMetrics": (_nothing, lambda _h, client, _t: client.get("/metrics")),
    "readOpenapi": (_nothing, lambda _h, client, _t: client.get("/api/openapi.json")),
}
"""How each is prepared, unseen, and asked."""

FAILED = ("installation", "auth_failure", "refused")
_WRONG = (401, [(*FAILED, "wrong_credentials")])
_LINK = (403, [(*FAILED, "setup_link")])

CASES: Mapping[str, Mapping[str, tuple[int, list[Any]]]] = {
    "logIn": {
        "own": (200, [("installation", "account_login", "done", None)]),
        "other": (200, [("installation", "account_login", "done", None)]),
        "wrong": _WRONG,
        "absent": _WRONG,
    },
    "setUp": {"used": _LINK, "absent": _LINK},
    "registerMachine": {
        "own": (201, [("mine", "machine_register", "done", None)]),
        "other": (201, [("theirs", "machine_register", "done", None)]),
        **dict.fromkeys(("used", "late", "absent"), (404, [])),
    },
    "readBootstrapScript": dict.fromkeys(("own", "other", "used", "late", "absent"), (200, [])),
    **{
        name: {"any": (200, [])}
        for name in ("health", "healthLive", "healthReady", "readMetrics", "readOpenapi")
    },
}
"""Status and entries of each case. The bearer of a token acts in the vault that issued it."""

ALIKE = {
    "logIn": ("wrong", "absent"),
    "setUp": ("used", "absent"),
    "registerMachine": ("used", "late", "absent"),
    "readBootstrapScript": ("used", "late", "absent"),
}
"""Cases that a stranger must not be able to tell apart."""


def test_every_open_door_is_in_the_matrix() -> None:
    """D-4: no operation is unlisted: a new one fails here until the matrix can ask for it."""
    assert sorted(DOORS) == sorted(CASES) == sorted(STRANGERS)


@pytest.mark.parametrize("operation", STRANGERS)
async def test_strangers(hall: Hall, cells: Counter[str], operation: str) -> None:
    """A-6, L-1: each cell answers its case, whatever cookies come along.

    Refusals change nothing, tell nothing of any vault, and leave what the rule for strangers says.
    """
    wrong: list[str] = []
    for who in (Who.ANONYMOUS, Who.ENDED, Who.OWNER, Who.OTHER):
        answers: dict[str, bytes] = {}
        for case, (status, entries) in CASES[operation].items():
            client = hall.stranger()
            client.cookies = (await hall.visitor(who)).client.cookies
            prepare, send = DOORS[operation]
            prepared = await prepare(hall, case)
            await hall.new_entries()
            before = await hall.held()
            answer = await send(hall, client, prepared)
            found = [_entry(hall, each) for each in await hall.new_entries()]
            cells[str(status)] += 1
            answers[case] = _body(answer)
            said = [] if answer.status_code == status else [f"{answer.status_code}, not {status}"]
            if found != entries:
                said.append(f"entries {found}, not {entries}")
            if not answer.is_success or not entries:
                said += [f"changed {each}" for each in changed(before, await hall.held())]
            traces = [*hall.traces(hall.mine), *hall.traces(hall.theirs), "MARKER"]
            if not entries:
                said += [f"tells {trace}" for trace in traces if trace in answer.text]
            wrong += [f"{operation} × {who} × {case}: {each}" for each in said]
        alike = {answers[case] for case in ALIKE.get(operation, ())}
        wrong += [f"{operation} × {who}: can be told apart"] if len(alike) > 1 else []

    assert not wrong, "\n".join(wrong)


async def test_a_stranger_cannot_fill_the_record(hall: Hall) -> None:
    """L-1: an address leaves three entries of failed log-ins in half an hour, and then none."""
    client = hall.stranger()
    await hall.new_entries()
    for number in range(6):
        body = {"email": f"nobody{number}@example.org", "password": "wrong"}
        await client.post("/api/login", json=body)

    assert len(await hall.new_entries()) == 3


def _entry(hall: Hall, entry: dict[str, Any]) -> Entry:
    names = {hall.mine.world.person.vault: "mine", hall.theirs.world.person.vault: "theirs"}
    vault = names.get(entry["vault"], entry["vault"])
    return (vault, entry["action"], entry["outcome"], entry["reason"])


def _body(answer: httpx.Response) -> bytes:
    request = answer.headers["x-request-id"].encode()
    return answer.content.replace(request, b"")
