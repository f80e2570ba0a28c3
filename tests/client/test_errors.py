"""Each failure has a type, advice on what to do, and retries where they help (D-2, WIRE 2)."""

from __future__ import annotations

import asyncio
import json
import pickle
import time
from datetime import timedelta
from typing import Any

import pytest
from nacl.signing import SigningKey

import strongroom
from strongroom import (
    AccessDenied,
    AsyncStrongroom,
    AuthenticationFailed,
    ClockSkewed,
    Conflict,
    Frozen,
    Identity,
    MachineExpired,
    NotFound,
    Rejected,
    Sealed,
    ServerError,
    Strongroom,
    StrongroomError,
    TooLarge,
    TooMany,
    Trace,
    Unavailable,
    Unreachable,
)
from strongroom._internal import refusals
from strongroom._internal.connections import Answer, Request, StaleConnection
from strongroom._internal.exchange import Patience, exchange
from strongroom._internal.steps import Send, Sleep
from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.machines.lifecycle import approve_machine, disable_machine, revoke_machine
from strongroom_testkit.machine import TestMachine, approved_machine, pending_machine
from strongroom_testkit.problems import FOREIGN, problem
from strongroom_testkit.world import World
from strongroom_wire.errors import Code, Met

SECRET = "sk_aaaaaaaaaaaaaaaa"

STATUSES = [
    (400, "invalid", Rejected),
    (401, "authentication_failed", AuthenticationFailed),
    (401, "nonce_used", AuthenticationFailed),
    (401, "machine_expired", MachineExpired),
    (403, "no_grant", AccessDenied),
    (404, "not_found", NotFound),
    (405, "method_not_allowed", Rejected),
    (409, "conflict", Conflict),
    (413, "too_large", TooLarge),
    (415, "unsupported_media_type", Rejected),
    (423, "frozen", Frozen),
    (429, "too_many", TooMany),
    (500, "internal_error", ServerError),
    (500, "integrity_failure", ServerError),
    (503, "sealed", Sealed),
    (503, "busy", Unavailable),
    # From a server newer than this client.
    (401, "of_later", AuthenticationFailed),
    (403, "of_later", AccessDenied),
    (410, "of_later", Rejected),
    (423, "of_later", Frozen),
    (507, "of_later", ServerError),
]


# From the real server ------------------------------------------------------------------------------


@pytest.mark.parametrize(("ahead", "says"), [(-900, "behind"), (900, "ahead of")])
async def test_a_skewed_clock(
    world: World, core: Any, open_client: Any, does: Any, ahead: int, says: str
) -> None:
    """WIRE 1: the error says how far this clock is off, based on the server's time in the 401."""
    client = open_client(await approved_machine(world))
    core.clock = MovableClock(core.clock.now() - timedelta(seconds=ahead))
    with pytest.raises(
        ClockSkewed, match=rf"clock is (899|90[0-2]) s {says} the server's"
    ) as error:
        await does(client.list_secrets)

    assert abs(error.value.seconds_off - ahead) <= 2
    assert (401, "authentication_failed") == (error.value.status, error.value.code)
    assert "sync it (NTP)" == error.value.hint


async def test_a_wrong_key(world: World, open_client: Any, does: Any) -> None:
    """WIRE 2: a wrong key gives an authentication error that lists possible causes, and isn't retried."""
    machine = await approved_machine(world)
    client = open_client(TestMachine(machine.id, SigningKey(random_bytes(32))))
    with pytest.raises(AuthenticationFailed, match="was the machine revoked"):
        await does(client.list_secrets)

    assert ["bad_signature"] == [e["reason"] for e in await world.entries("auth_failure")]


async def test_pending_disabled_and_revoked_machines(
    world: World, open_client: Any, does: Any
) -> None:
    """WIRE 2: pending and disabled machines are denied; expired and revoked ones fail authentication."""
    machine = await pending_machine(world)
    client = open_client(machine)
    with pytest.raises(AccessDenied, match=r"pending approval.*: compare its fingerprint"):
        await does(client.list_secrets)
    await approve_machine(world.core, world.owner, str(machine.id))

    assert [] == await does(client.list_secrets)
    await disable_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(AccessDenied, match="is disabled"):
        await does(client.list_secrets)
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            "update machine set enabled = true, expires_at = $1", world.core.clock.now()
        )
    with pytest.raises(MachineExpired, match=r"^this machine has expired: register it again$"):
        await does(client.list_secrets)
    await revoke_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(AuthenticationFailed):
        await does(client.list_secrets)


async def test_a_lockout(world: World, open_client: Any, does: Any) -> None:
    """R-2: a lockout is raised immediately with its length in seconds, because it lasts half an hour."""
    machine = await approved_machine(world)
    client = open_client(TestMachine(machine.id, SigningKey(random_bytes(32))))
    for _ in range(3):
        with pytest.raises(AuthenticationFailed):
            await does(client.list_secrets)
    began = time.monotonic()
    with pytest.raises(TooMany, match="too many failed attempts") as error:
        await does(client.list_secrets)

    assert 1700 < error.value.retry_after <= 1801
    assert time.monotonic() - began < 5


async def test_a_sealed_server(world: World, core: Any, open_client: Any, does: Any) -> None:
    """E-2: a sealed server has its own error type, with the server's `Retry-After`."""
    client = open_client(await approved_machine(world), attempts=1)
    core.sealed = True
    with pytest.raises(
        Sealed, match="the server is sealed: an administrator can unseal it"
    ) as error:
        await does(client.list_secrets)
    core.sealed = False

    assert 1 <= error.value.retry_after
    assert [] == await does(client.list_secrets)


# From a scripted server ----------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "code", "kind"), STATUSES)
def test_each_error_code_has_a_type(
    stray: Identity,
    stand_in: Any,
    scripted: Any,
    status: int,
    code: str,
    kind: type[StrongroomError],
) -> None:
    """WIRE 2: each denial has a type, even with a code that only a newer server knows."""
    stand_in.answers(scripted(status, problem(status, code)))
    with Strongroom(stray, attempts=1) as client, pytest.raises(StrongroomError) as error:
        client.get_secret(SECRET)

    assert kind is type(error.value)
    assert (status, code, "req_a1") == (
        error.value.status,
        error.value.code,
        error.value.request_id,
    )
    lasting = code in ("authentication_failed", "machine_expired")
    assert lasting is getattr(error.value, "lasting", False)


@pytest.mark.parametrize("who", FOREIGN)
def test_a_proxys_page_means_unreachable(
    stray: Identity, stand_in: Any, scripted: Any, who: str
) -> None:
    """WIRE 2: a proxy's page means that the server is unreachable, and nothing from it is repeated."""
    stand_in.answers(scripted(*FOREIGN[who]))
    with Strongroom(stray, attempts=1) as client:
        for call in (lambda: client.get_secret(SECRET), client.list_secrets, client.export):
            with pytest.raises(StrongroomError) as error:
                call()

            assert Unavailable is type(error.value)
            assert (FOREIGN[who][0], None) == (error.value.status, error.value.code)
            assert "PAGE" not in str(error.value)


def test_a_redirect_is_not_followed(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """WIRE 1: a redirect isn't followed, because a signed request is meant for one server only."""
    stand_in.answers(scripted(302, {}, {"Location": f"{stand_in.url}/v1/secrets"}))
    with (
        Strongroom(stray, attempts=1) as client,
        pytest.raises(
            Unavailable, match="302, a redirect: apiUrl must be the URL of the server itself"
        ),
    ):
        client.get_secret(SECRET)

    assert 1 == len(stand_in.asked)


@pytest.mark.parametrize("said", ["two\nlines", "x" * 301, 7, ["a"], "\x1b[31mred"])
def test_unprintable_messages(stray: Identity, stand_in: Any, scripted: Any, said: Any) -> None:
    """WIRE 2: a server's message reaches the terminal only if it is one short printable sentence."""
    stand_in.answers(scripted(404, problem(404, "not_found", said)))
    with Strongroom(stray) as client, pytest.raises(NotFound) as error:
        client.list_projects()

    assert "the server answered 404" == error.value.what


@pytest.mark.parametrize("said", ["\x1b]0;OWNED\x07", "req_a\nmachine: forged", "r" * 65, "", "é"])
def test_malformed_ids(stray: Identity, stand_in: Any, scripted: Any, said: str) -> None:
    """WIRE 2: text that isn't a well-formed request ID or code is never repeated."""
    traces: list[Trace] = []
    header = {"X-Request-Id": said} if said.isascii() and said.isprintable() else {}
    stand_in.answers(
        scripted(403, problem(403, said, requestId=said), header),
        scripted(200, b"<html>", header),
    )
    with Strongroom(stray, attempts=1, trace=traces.append) as client:
        with pytest.raises(Unavailable) as denied:
            client.get_secret(SECRET)
        with pytest.raises(Unavailable) as nonsense:
            client.get_secret(SECRET)

    assert (None, None) == (denied.value.request_id, denied.value.code)
    assert [None] * 3 == [nonsense.value.request_id, *(each.request_id for each in traces)]


def test_the_hint_for_a_lockout(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """R-2: the hint covers the case that another machine at this address caused the lockout."""
    stand_in.answers(
        scripted(429, problem(429, "locked_out"), {"Retry-After": "1772"}),
        scripted(429, problem(429, "too_many"), {"Retry-After": "1772"}),
    )
    hints: list[str] = []
    with Strongroom(stray) as client:
        for _ in range(2):
            with pytest.raises(TooMany) as error:
                client.get_secret(SECRET)
            hints.append(error.value.hint)

    assert hints[0].startswith("wait 1772 s; any program at this IP address may have caused it")
    assert "wait 1772 s" == hints[1]


def test_the_hint_for_a_pending_machine(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """M-3: the hint says to compare and approve the machine, without naming a tool."""
    stand_in.answers(scripted(403, problem(403, "machine_pending")))
    with Strongroom(stray) as client, pytest.raises(AccessDenied) as error:
        client.get_secret(SECRET)

    assert "compare its fingerprint and approve it" == error.value.hint


def test_it_tries_again_with_a_fresh_signature(
    stray: Identity, stand_in: Any, scripted: Any
) -> None:
    """WIRE 1: each attempt has a new nonce and signature."""
    stand_in.answers(
        scripted(502), scripted(504), scripted(cut=-1), scripted(content={"value": "v"})
    )
    with Strongroom(stray) as client:
        value = client.get_secret(SECRET)
    proofs = [(each.headers["x-nonce"], each.headers["x-signature"]) for each in stand_in.asked]

    assert "v" == value.reveal()
    assert 4 == len(set(proofs))


async def test_the_awaited_client_tries_again(
    stray: Identity, stand_in: Any, scripted: Any
) -> None:
    """D-2: the async client makes the same attempts without blocking other tasks."""
    stand_in.answers(scripted(503, headers={"Retry-After": "1"}), scripted(content={"value": "v"}))
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.05)
            ticks += 1

    ticking = asyncio.create_task(tick())
    began = time.monotonic()
    async with AsyncStrongroom(stray) as client:
        value = await client.get_secret(SECRET)
    ticking.cancel()

    assert "v" == value.reveal()
    assert time.monotonic() - began >= 1
    assert ticks >= 5


async def test_a_read_can_be_canceled(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """D-2: a coroutine can be canceled as usual."""
    stand_in.answers(scripted(503, headers={"Retry-After": "20"}))
    async with AsyncStrongroom(stray) as client:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.get_secret(SECRET), 0.5)


@pytest.mark.parametrize("delayed", ["the first byte", "the rest"])
def test_a_slow_answer(stray: Identity, stand_in: Any, scripted: Any, delayed: str) -> None:
    """D-2: the timeout covers a whole attempt, from connecting to the last byte."""
    slow = (
        scripted(delay=1.5)
        if delayed == "the first byte"
        else scripted(headers={"Content-Length": "9"})
    )
    stand_in.answers(slow)
    began = time.monotonic()
    with (
        Strongroom(stray, timeout=0.4, attempts=1) as client,
        pytest.raises(Unreachable, match="did not answer in time") as error,
    ):
        client.get_secret(SECRET)

    assert 0.3 < time.monotonic() - began < 1.4
    assert error.value.sent
    assert error.value.status is None


def test_a_refused_connection(stray: Identity, stand_in: Any) -> None:
    """D-2: for a refused connection, the error names the server and what to check."""
    stand_in.server_close()
    with (
        Strongroom(stray, attempts=2) as client,
        pytest.raises(
            Unreachable, match=f"^{stand_in.url} refuses connections: is the server"
        ) as error,
    ):
        client.get_secret(SECRET)

    assert not error.value.sent


def test_another_protocol_on_the_port(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """D-2: the error says that something else listens on the port."""
    stand_in.answers(scripted(headers={"Content-Length": "many"}), scripted(status=99999))
    for _ in range(2):
        with Strongroom(stray, attempts=1, timeout=0.5) as client, pytest.raises(StrongroomError):
            client.get_secret(SECRET)


# Connections ---------------------------------------------------------------------------------------


def test_connections_are_reused(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """D-2: consecutive reads use one connection."""
    stand_in.answers(scripted(content={"value": "v"}))
    with Strongroom(stray) as client:
        for _ in range(5):
            client.get_secret(SECRET)

    assert (1, 5) == (stand_in.connections, len(stand_in.asked))


def test_a_stale_connection_is_replaced(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """D-2: if the server closed a kept connection, the request is sent again, even with one attempt."""
    stand_in.answers(
        scripted(content={"value": "v"}), scripted(cut=-1), scripted(content={"value": "w"})
    )
    told: list[str | None] = []
    with Strongroom(stray, attempts=1, trace=lambda trace: told.append(trace.error)) as client:
        client.get_secret(SECRET)
        second = client.get_secret(SECRET)
    nonces = {each.headers["x-nonce"] for each in stand_in.asked}

    assert "w" == second.reveal()
    assert [None, "the kept connection was closed", None] == told
    assert (2, 3) == (stand_in.connections, len(nonces))


def test_a_connection_the_server_ends(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """RFC 9112, 9.6: after `Connection: close` the next read opens a new one."""
    stand_in.answers(scripted(content={"value": "v"}, headers={"Connection": "close"}))
    with Strongroom(stray, attempts=1) as client:
        for _ in range(3):
            client.get_secret(SECRET)

    assert 3 == stand_in.connections


# Decisions only
# ------------------------------------------------------------------------------------


def answer(status: int, code: str | None = None, *, wait: str | None = None) -> Answer:
    """Return a response: the server's own if there is a code, otherwise one from something else."""
    body = b"{}" if code is None else json.dumps(problem(status, code)).encode()
    return Answer(status, {} if wait is None else {"retry-after": wait}, body)


def take(outcomes: list[Any], *, attempts: int = 4, repeatable: bool = True) -> list[Any]:
    """Drive a call with these outcomes; return the pauses and the final result."""
    steps = exchange(
        lambda: Request("GET", "/", {}), 200, Patience(attempts), repeatable=repeatable
    )
    told: list[Any] = []
    given = iter(outcomes)
    result: Any = None
    try:
        while True:
            step = steps.throw(result) if isinstance(result, Exception) else steps.send(result)
            result = None
            if isinstance(step, Sleep):
                told.append(step.seconds)
            elif isinstance(step, Send):
                result = next(given)
    except StopIteration as stop:
        return [*told, stop.value.status]
    except StrongroomError as error:
        return [*told, type(error)]


def unreachable(*, sent: bool, lasting: bool = False) -> Unreachable:
    error = Unreachable("x")
    error.sent, error.lasting = sent, lasting
    return error


def test_how_often_and_how_long() -> None:
    """D-2: the number of attempts is a total, with random pauses below bounds that double."""
    taken = [take([answer(503)] * 4) for _ in range(300)]
    pauses = [[run[number] for run in taken] for number in range(3)]

    assert {(4, Unavailable)} == {(len(run), run[-1]) for run in taken}
    for bound, each in zip((0.5, 1.0, 2.0), pauses, strict=True):
        assert 0 <= min(each) < bound / 4
        assert bound * 3 / 4 < max(each) <= bound
    assert [Unavailable] == take([answer(503)], attempts=1)


def test_retry_after_is_the_least_wait() -> None:
    """RFC 9110, 10.2.3: no attempt is made sooner than the server asks, and none if that is over 30 s."""
    wait, end = take([answer(429, "too_many", wait="7"), answer(200)])

    assert 7 <= wait <= 7.5
    assert 200 == end
    assert [TooMany] == take([answer(429, "too_many", wait="31")])
    assert [Unavailable] == take([answer(503, wait="1800")])
    for nonsense in ("soon", "-1", "Wed, 21 Oct 2026 07:28:00 GMT", "١", "9" * 400):
        assert take([answer(429, wait=nonsense), answer(200)])[0] <= 0.5


@pytest.mark.parametrize(
    ("status", "code"), [(status, code) for status, code, _ in STATUSES if status not in (429, 503)]
)
def test_responses_that_are_not_retried(status: int, code: str) -> None:
    """WIRE 2: responses from the server itself that won't change aren't retried."""
    assert 1 == len(take([answer(status, code)]))
    # The error page of something in front of the server can be temporary.
    assert 200 == take([answer(status), answer(200)])[-1]


def test_no_answer_is_tried_again() -> None:
    """D-2: connection failures are retried, and an untrusted certificate isn't."""
    for sent in (True, False):
        assert 200 == take([unreachable(sent=sent), answer(200)])[-1]
    assert [Unreachable] == take([unreachable(sent=False, lasting=True)])


def test_requests_that_must_not_be_repeated() -> None:
    """M-3, M-10: registering and rotating are repeated only if the first try can't have been carried out."""
    for outcome, repeated in (
        (unreachable(sent=False), True),
        (unreachable(sent=True), False),
        (answer(502), False),
        (answer(503), True),
        (answer(504), False),
        (answer(429, "too_many"), True),
        (answer(429), False),
        (answer(404), False),
    ):
        tries = len(take([outcome, answer(200)], repeatable=False))

        assert (2 if repeated else 1) == tries


def test_a_stale_connection_costs_no_attempt() -> None:
    """D-2: a stale connection costs neither an attempt nor a pause, and the next connection is new."""
    assert [200] == take([StaleConnection(), answer(200)], attempts=1)


def test_every_code_of_the_wire_means_an_error() -> None:
    """WIRE 2: each code has an error type; a code with a different status isn't from the server."""
    for code, known in refusals._BY_CODE.items():
        assert known.kind is type(refusals.refusal(answer(known.status, code)))
        assert Unavailable is type(refusals.refusal(answer(418, code)))
    assert {code for code in Code if Met.MACHINES in code.met} == refusals._BY_CODE.keys()


# The tree of errors
# ------------------------------------------------------------------------------------------


def kinds() -> list[type[StrongroomError]]:
    found = (getattr(strongroom, name) for name in strongroom.__all__)
    return [each for each in found if isinstance(each, type) and issubclass(each, StrongroomError)]


def test_every_error_is_public_and_drawn() -> None:
    """D-2: the error tree in the module is complete, and the package exports every error."""
    drawn = strongroom.errors.__doc__ or ""
    made = {
        each
        for each in vars(strongroom.errors).values()
        if isinstance(each, type) and issubclass(each, StrongroomError)
    }

    assert made == set(kinds())
    assert [] == [each.__name__ for each in kinds() if each.__name__ not in drawn]


@pytest.mark.parametrize("kind", kinds())
def test_an_error_survives_a_process(kind: type[StrongroomError]) -> None:
    """D-2: an error raised in a worker process arrives complete in its parent."""
    error = kind("what", "hint", status=400, code="code", request_id="req")
    arrived = pickle.loads(pickle.dumps(error))

    assert kind is type(arrived)
    assert vars(error) == vars(arrived)
    assert "what: hint" == str(arrived) == arrived.message
    assert "what" == str(kind("what"))
