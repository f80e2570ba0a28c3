"""What goes wrong has a type, says what to do, and is tried again where that helps (D-2, WIRE 2)."""

from __future__ import annotations

import asyncio
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
from strongroom.connections import Answer, Request, StaleConnection
from strongroom.exchange import Patience, exchange
from strongroom.steps import Send, Sleep
from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.machines.lifecycle import approve_machine, disable_machine, revoke_machine
from strongroom_testkit.machine import TestMachine, approved_machine, pending_machine
from strongroom_testkit.world import World

SECRET = "sk_aaaaaaaaaaaaaaaa"

STATUSES = [
    (301, Rejected),
    (400, Rejected),
    (401, AuthenticationFailed),
    (403, AccessDenied),
    (404, NotFound),
    (405, Rejected),
    (409, Conflict),
    (410, Rejected),
    (413, TooLarge),
    (415, Rejected),
    (418, Rejected),
    (423, Frozen),
    (429, TooMany),
    (500, ServerError),
    (501, ServerError),
    (502, Unavailable),
    (503, Unavailable),
    (504, Unavailable),
    (507, ServerError),
    (204, ServerError),
]


# From the real server ------------------------------------------------------------------------------


@pytest.mark.parametrize(("ahead", "says"), [(-900, "behind"), (900, "ahead of")])
async def test_a_skewed_clock(
    world: World, core: Any, open_client: Any, does: Any, ahead: int, says: str
) -> None:
    """WIRE 1: the error says by how much this clock is off, from the server's time in the 401."""
    client = open_client(await approved_machine(world))
    core.clock = MovableClock(core.clock.now() - timedelta(seconds=ahead))
    with pytest.raises(
        ClockSkewed, match=rf"clock is (899|90[0-2]) s {says} the server's"
    ) as error:
        await does(client.list_secrets)

    assert abs(error.value.seconds_off - ahead) <= 2
    assert (401, "authentication_failed") == (error.value.status, error.value.code)
    assert "set it, best by NTP" == error.value.hint


async def test_a_wrong_key(world: World, open_client: Any, does: Any) -> None:
    """WIRE 2: an authentication error, asked once, with what may be the cause."""
    machine = await approved_machine(world)
    client = open_client(TestMachine(machine.id, SigningKey(random_bytes(32))))
    with pytest.raises(AuthenticationFailed, match="was the machine revoked"):
        await does(client.list_secrets)

    assert ["bad_signature"] == [e["reason"] for e in await world.entries("auth_failure")]


async def test_machines_that_may_not(world: World, open_client: Any, does: Any) -> None:
    """WIRE 2: pending and disabled are denied, expired and revoked are not authenticated."""
    machine = await pending_machine(world)
    client = open_client(machine)
    with pytest.raises(AccessDenied, match=r"waits for approval.*: compare its fingerprint"):
        await does(client.list_secrets)
    await approve_machine(world.core, world.owner, str(machine.id))

    assert [] == await does(client.list_secrets)
    await disable_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(AccessDenied, match="switched off"):
        await does(client.list_secrets)
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            "update machine set enabled = true, expires_at = $1", world.core.clock.now()
        )
    with pytest.raises(MachineExpired, match=r"^this machine has expired: enroll it anew$"):
        await does(client.list_secrets)
    await revoke_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(AuthenticationFailed):
        await does(client.list_secrets)


async def test_a_lockout(world: World, open_client: Any, does: Any) -> None:
    """R-2: a lockout is raised at once with its seconds, since waiting it out takes half an hour."""
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
    """E-2: a type of its own, with the server's `Retry-After`."""
    client = open_client(await approved_machine(world), attempts=1)
    core.sealed = True
    with pytest.raises(Sealed, match="the server is sealed: an operator unseals it") as error:
        await does(client.list_secrets)
    core.sealed = False

    assert 1 <= error.value.retry_after
    assert [] == await does(client.list_secrets)


# From a scripted server ----------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_each_status_has_a_type(
    stray: Identity, stand_in: Any, scripted: Any, status: int, kind: type[StrongroomError]
) -> None:
    """WIRE 2: also where a proxy answers in HTML; nothing of its page is repeated."""
    stand_in.answers(scripted(status, b"" if status == 204 else b"<html>PAGE</html>"))
    with Strongroom(stray, attempts=1) as client, pytest.raises(StrongroomError) as error:
        client.get_secret(SECRET)

    assert kind is type(error.value)
    assert status == error.value.status
    assert "PAGE" not in str(error.value)
    assert 1 == len(stand_in.asked)


def test_a_redirect_is_not_followed(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """WIRE 1: what is signed is good for one server only."""
    stand_in.answers(scripted(302, {}, {"Location": f"{stand_in.url}/v1/secrets"}))
    with (
        Strongroom(stray) as client,
        pytest.raises(Rejected, match="302, a redirect: apiUrl must name the server itself"),
    ):
        client.get_secret(SECRET)

    assert 1 == len(stand_in.asked)


@pytest.mark.parametrize("said", ["two\nlines", "x" * 301, 7, ["a"], "\x1b[31mred"])
def test_sentences_that_are_none(stray: Identity, stand_in: Any, scripted: Any, said: Any) -> None:
    """WIRE 2: what is not one short printable sentence is not passed on to a terminal."""
    stand_in.answers(scripted(403, {"error": said, "code": 5, "requestId": None}))
    with Strongroom(stray) as client, pytest.raises(AccessDenied) as error:
        client.get_secret(SECRET)

    assert ("the server answered 403", None, None) == (
        error.value.what,
        error.value.code,
        error.value.request_id,
    )


@pytest.mark.parametrize("said", ["\x1b]0;OWNED\x07", "req_a\nmachine: forged", "r" * 65, "", "é"])
def test_ids_that_are_none(stray: Identity, stand_in: Any, scripted: Any, said: str) -> None:
    """WIRE 2: what has not the form of a request's id or of a code is not repeated anywhere."""
    traces: list[Trace] = []
    header = {"X-Request-Id": said} if said.isascii() and said.isprintable() else {}
    stand_in.answers(
        scripted(403, {"error": "no", "code": said, "requestId": said}, header),
        scripted(200, b"<html>", header),
    )
    with Strongroom(stray, trace=traces.append) as client:
        with pytest.raises(AccessDenied) as denied:
            client.get_secret(SECRET)
        with pytest.raises(ServerError) as nonsense:
            client.get_secret(SECRET)

    assert (None, None) == (denied.value.request_id, denied.value.code)
    assert [None] * 3 == [nonsense.value.request_id, *(each.request_id for each in traces)]


def test_a_lockout_says_who_may_have_caused_it(
    stray: Identity, stand_in: Any, scripted: Any
) -> None:
    """R-2: whoever is locked out is often not who failed."""
    stand_in.answers(
        scripted(429, {"error": "no", "code": "locked_out"}, {"Retry-After": "1772"}),
        scripted(429, {"error": "no", "code": "too_many"}, {"Retry-After": "1772"}),
    )
    hints: list[str] = []
    with Strongroom(stray) as client:
        for _ in range(2):
            with pytest.raises(TooMany) as error:
                client.get_secret(SECRET)
            hints.append(error.value.hint)

    assert hints[0].startswith("wait 1772 s; any program of this address may have caused it")
    assert "wait 1772 s" == hints[1]


def test_a_pending_machine_hears_what_to_do(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """M-3: compared and approved, by whatever means its owner has."""
    stand_in.answers(scripted(403, {"error": "no", "code": "machine_pending"}))
    with Strongroom(stray) as client, pytest.raises(AccessDenied) as error:
        client.get_secret(SECRET)

    assert "compare its fingerprint and approve it" == error.value.hint


def test_it_tries_again_with_a_fresh_signature(
    stray: Identity, stand_in: Any, scripted: Any
) -> None:
    """WIRE 1: each try has a nonce and a signature of its own."""
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
    """D-2: the awaited client takes the same steps, and lets others run meanwhile."""
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


async def test_a_cancelled_read_ends_at_once(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """D-2: cancelling works as everywhere."""
    stand_in.answers(scripted(503, headers={"Retry-After": "20"}))
    async with AsyncStrongroom(stray) as client:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.get_secret(SECRET), 0.5)


@pytest.mark.parametrize("delayed", ["the first byte", "the rest"])
def test_a_slow_answer(stray: Identity, stand_in: Any, scripted: Any, delayed: str) -> None:
    """D-2: the timeout is for all of a try, from connecting to the last byte."""
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


def test_nobody_listens(stray: Identity, stand_in: Any) -> None:
    """D-2: a refused connection names the server and what to look at."""
    stand_in.server_close()
    with (
        Strongroom(stray, attempts=2) as client,
        pytest.raises(
            Unreachable, match=f"^{stand_in.url} refuses connections: is the server"
        ) as error,
    ):
        client.get_secret(SECRET)

    assert not error.value.sent


def test_what_is_not_http(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """D-2: something else on the port is said to be that."""
    stand_in.answers(scripted(headers={"Content-Length": "many"}), scripted(status=99999))
    for _ in range(2):
        with Strongroom(stray, attempts=1, timeout=0.5) as client, pytest.raises(StrongroomError):
            client.get_secret(SECRET)


# Connections ---------------------------------------------------------------------------------------


def test_connections_are_kept(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """D-2: reads in a row need one connection."""
    stand_in.answers(scripted(content={"value": "v"}))
    with Strongroom(stray) as client:
        for _ in range(5):
            client.get_secret(SECRET)

    assert (1, 5) == (stand_in.connections, len(stand_in.asked))


def test_a_stale_connection_is_no_failure(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """D-2: a server that closed a kept connection is asked again at once, also with one attempt."""
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
    """RFC 9112, 9.6: after `Connection: close` the next read makes a new one."""
    stand_in.answers(scripted(content={"value": "v"}, headers={"Connection": "close"}))
    with Strongroom(stray, attempts=1) as client:
        for _ in range(3):
            client.get_secret(SECRET)

    assert 3 == stand_in.connections


# The decisions alone -------------------------------------------------------------------------------


def answer(status: int, *, wait: str | None = None) -> Answer:
    return Answer(status, {} if wait is None else {"retry-after": wait}, b"{}")


def take(outcomes: list[Any], *, attempts: int = 4, repeatable: bool = True) -> list[Any]:
    """Drive a call by these outcomes; return the sleeps, and last what came of it."""
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
    """D-2: so many tries in all, with random pauses below bounds that double."""
    taken = [take([answer(503)] * 4) for _ in range(300)]
    pauses = [[run[number] for run in taken] for number in range(3)]

    assert {(4, Unavailable)} == {(len(run), run[-1]) for run in taken}
    for bound, each in zip((0.5, 1.0, 2.0), pauses, strict=True):
        assert 0 <= min(each) < bound / 4
        assert bound * 3 / 4 < max(each) <= bound
    assert [Unavailable] == take([answer(503)], attempts=1)


def test_retry_after_is_the_least_wait() -> None:
    """RFC 9110, 10.2.3: it is never asked sooner; beyond 30 s it is not asked again."""
    wait, end = take([answer(429, wait="7"), answer(200)])

    assert 7 <= wait <= 7.5
    assert 200 == end
    assert [TooMany] == take([answer(429, wait="31")])
    assert [Unavailable] == take([answer(503, wait="1800")])
    for nonsense in ("soon", "-1", "Wed, 21 Oct 2026 07:28:00 GMT", "١", "9" * 400):
        assert take([answer(429, wait=nonsense), answer(200)])[0] <= 0.5


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 413, 423, 500, 501, 302, 204])
def test_what_is_not_tried_again(status: int) -> None:
    """WIRE 2: an answer that will stay the same."""
    assert 1 == len(take([answer(status)]))


def test_no_answer_is_tried_again() -> None:
    """D-2: connection failures are, a certificate that is not trusted is not."""
    for sent in (True, False):
        assert 200 == take([unreachable(sent=sent), answer(200)])[-1]
    assert [Unreachable] == take([unreachable(sent=False, lasting=True)])


def test_what_must_not_be_done_twice() -> None:
    """M-3, M-10: registering and rotating are repeated only where they cannot have been done."""
    for outcome, repeated in (
        (unreachable(sent=False), True),
        (unreachable(sent=True), False),
        (answer(502), False),
        (answer(503), True),
        (answer(504), False),
        (answer(429), True),
    ):
        tries = len(take([outcome, answer(200)], repeatable=False))

        assert (2 if repeated else 1) == tries


def test_a_stale_connection_is_no_try() -> None:
    """D-2: it costs neither an attempt nor a pause, and the next one is fresh."""
    assert [200] == take([StaleConnection(), answer(200)], attempts=1)


# The tree ------------------------------------------------------------------------------------------


def kinds() -> list[type[StrongroomError]]:
    found = (getattr(strongroom, name) for name in strongroom.__all__)
    return [each for each in found if isinstance(each, type) and issubclass(each, StrongroomError)]


def test_every_error_is_public_and_drawn() -> None:
    """D-2: the tree in the module is complete, and each of it can be caught from the package."""
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
    """D-2: what a worker process raises arrives whole in its parent."""
    error = kind("what", "hint", status=400, code="code", request_id="req")
    arrived = pickle.loads(pickle.dumps(error))

    assert kind is type(arrived)
    assert vars(error) == vars(arrived)
    assert "what: hint" == str(arrived) == arrived.message
    assert "what" == str(kind("what"))
