"""The gate: what reaches Reflex, as whom, and with what (decision 2)."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import pytest

from strongroom_core.accounts.login import log_in
from strongroom_core.accounts.sessions import session_of
from strongroom_core.core import Core
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.operate.blind import blind_core
from strongroom_dashboard.gate import (
    LONGEST_TOKEN,
    SCHEME,
    Bounded,
    Gate,
    Refused,
    bound,
    cookie_of,
    require_origin,
    token_of,
)
from strongroom_dashboard.sockets import (
    BURST,
    MOST_OF_NETWORK,
    MOST_OF_SESSION,
    Sockets,
    TooManySockets,
)
from strongroom_testkit.people import Person, visitor
from strongroom_testkit.world import World

ORIGIN = "https://vault.example.com"
TOKEN = "4b6b9d0e-0c50-4f9b-8a46-2f5f3d1f2a77"
QUERY = f"EIO=4&transport=websocket&token={TOKEN}".encode()
KEY = b"k" * 32
Reach = Callable[..., Awaitable[tuple[list[dict[str, Any]], list[dict[str, Any]]]]]


def connection(**changes: Any) -> dict[str, Any]:
    """A websocket as the page opens it."""
    scope: dict[str, Any] = {
        "type": "websocket",
        "path": "/_event/",
        "raw_path": b"/_event/",
        "query_string": QUERY,
        "headers": [(b"host", b"vault.example.com"), (b"origin", ORIGIN.encode())],
        "client": ("203.0.113.9", 55555),
        "subprotocols": [],
    }
    return {**scope, **changes}


LOOK_ALIKES = [
    [],
    [b"null"],
    [b""],
    [b"https://evil.example.com"],
    [ORIGIN.encode(), ORIGIN.encode()],
    [ORIGIN.encode(), b"https://evil.example.com"],
    [b"https://vault.example.com:8443"],
    [b"http://vault.example.com"],
    [b"https://vault.example.com."],
    [b"https://vault.example.com/"],
    [b"HTTPS://VAULT.EXAMPLE.COM"],
    [b"https://user@vault.example.com"],
    [b"https://vault.example.com.evil.example"],
    [b"https://not-vault.example.com"],
    [b"https://vault.example.com:443"],
    [b"https://vault.example.com https://evil.example.com"],
    ["https://v\u0430ult.example.com".encode()],
]


@pytest.mark.parametrize("origins", LOOK_ALIKES, ids=repr)
def test_no_look_alike_is_the_origin(origins: list[bytes]) -> None:
    """A-10: a page of anybody else's opens no socket, however much its address resembles ours."""
    with pytest.raises(Refused) as refused:
        require_origin([(b"origin", origin) for origin in origins], ORIGIN)

    assert HTTPStatus.FORBIDDEN == refused.value.status


def test_our_own_origin_is_let_through() -> None:
    """A-10: the page's own address, to the letter."""
    require_origin([(b"host", b"x"), (b"origin", ORIGIN.encode())], ORIGIN)


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"EIO=4&transport=websocket",
        b"EIO=4&transport=websocket&token=",
        b"EIO=4&transport=polling&token=t",
        b"EIO=4&token=t",
        b"EIO=4&transport=websocket&transport=polling&token=t",
        b"EIO=4&transport=websocket&token=t&token=u",
        b"EIO=4&transport=websocket&token=" + b"t" * (LONGEST_TOKEN + 1),
    ],
)
def test_a_connection_has_one_token_and_is_a_websocket(query: bytes) -> None:
    """Decision 2: polling, no token, two tokens, an endless one: none is a connection of a page."""
    with pytest.raises(Refused) as refused:
        token_of(connection(query_string=query))

    assert HTTPStatus.BAD_REQUEST == refused.value.status


@pytest.mark.parametrize(
    "path", ["/", "/ping", "/_upload", "/_event/x", "/_health", "/_all_routes"]
)
def test_nothing_of_reflex_but_events_is_there(path: str) -> None:
    """Decision 2: whatever else Reflex answers is not reachable."""
    with pytest.raises(Refused) as refused:
        token_of(connection(path=path))

    assert HTTPStatus.NOT_FOUND == refused.value.status


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([b"strongroom=a"], "a"),
        ([b"x=1; strongroom=a; y=2"], "a"),
        ([b"x=1", b"strongroom=a=="], "a=="),
        ([], None),
        ([b"xstrongroom=a; strongroomx=b"], None),
        ([b"strongroom=a; strongroom=b"], None),
        ([b"strongroom=a", b"strongroom=a"], None),
        ([b"\xff\xfe; strongroom=a"], "a"),
    ],
)
def test_a_cookie_counts_only_by_itself(headers: list[bytes], expected: str | None) -> None:
    """A-10: of two cookies with our name, neither counts."""
    pairs = [(b"cookie", value) for value in headers]

    assert expected == cookie_of(pairs, "strongroom")


def test_a_token_is_another_in_another_session() -> None:
    """Decision 2: neither session, nor token, nor key can be changed, and no border be moved."""
    seen = {
        bound(TOKEN, "ses_a", KEY),
        bound(TOKEN, "ses_b", KEY),
        bound(TOKEN, "", KEY),
        bound(f"a{TOKEN}", "ses_", KEY),
        bound(TOKEN, "ses_a", b"l" * 32),
    }

    assert 5 == len(seen)
    assert bound(TOKEN, "ses_a", KEY) in seen
    assert not any(TOKEN in each for each in seen)


def elsewhere(core: Core) -> Core:
    """A blind core of a server that people reach at ORIGIN."""
    return blind_core(replace(core, settings=replace(core.settings, public_url=ORIGIN)))


@pytest.fixture
def reach(core: Core) -> Reach:
    """Have a connection try the gate: returns what got behind it, and what was sent back."""
    reached: list[dict[str, Any]] = []

    async def reflex(scope: Any, _receive: Any, send: Any) -> None:
        reached.append(scope)
        await send({"type": "websocket.accept"})

    gate = Gate(reflex, elsewhere(core), "__Host-strongroom", KEY)

    async def attempt(**changes: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        reached.clear()
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect"}

        await gate(connection(**changes), receive, send)
        return list(reached), sent

    return attempt


async def cookie_for(core: Core, person: Person, world: World) -> tuple[str, str]:
    """Log a person in; return the cookie's value and the id of the session."""
    opened = await log_in(
        core, visitor(), email=person.email, password=person.password, device_token=None
    )
    world.markers.note(opened.device_token)
    token = world.markers.note(opened.token)
    found = await session_of(core, token, visitor().origin)

    assert found is not None

    return token, found


def with_cookie(token: str) -> dict[str, Any]:
    """Headers of a page with a session, and some that nobody behind the gate needs."""
    return {
        "headers": [
            (b"host", b"vault.example.com"),
            (b"origin", ORIGIN.encode()),
            (b"cookie", f"a=b; __Host-strongroom={token}".encode()),
            (b"authorization", b"Session ses_of_somebody_else"),
            (b"proxy-authorization", b"Basic abc"),
            (b"x-forwarded-for", b"198.51.100.1"),
            (b"x-api-key", b"abc"),
            (b"user-agent", b"Mozilla/5.0"),
        ]
    }


async def test_the_cookie_stays_outside(core: Core, world: World, reach: Reach) -> None:
    """Decision 2: Reflex gets the session's id, and no header that opens anything."""
    token, session = await cookie_for(core, world.person, world)
    [scope], _ = await reach(**with_cookie(token))
    headers = dict(scope["headers"])

    assert {b"host", b"origin", b"user-agent", b"connection", b"upgrade", b"authorization"} == set(
        headers
    )
    assert f"{SCHEME}{session}".encode() == headers[b"authorization"]
    assert 1 == [name for name, _ in scope["headers"]].count(b"authorization")
    assert token not in repr(scope)
    assert "ses_of_somebody_else" not in repr(scope)


async def test_the_token_is_bound(
    core: Core, world: World, other_world: World, reach: Reach
) -> None:
    """Decision 2: a stolen token is another state; the query has nothing of the page's besides."""
    mine, session = await cookie_for(core, world.person, world)
    theirs, _ = await cookie_for(core, other_world.person, other_world)
    query = QUERY + b"&sid=stolen&b64=1"
    seen = [
        parse_qs((await reach(**with_cookie(token), query_string=query))[0][0]["query_string"])
        for token in (mine, mine, theirs)
    ]

    assert {b"EIO", b"transport", b"token"} == set(seen[0])
    assert [bound(TOKEN, session, KEY).encode()] == seen[0][b"token"]
    assert seen[0] == seen[1]
    assert seen[0][b"token"] != seen[2][b"token"]


@pytest.mark.parametrize("cookie", [None, "", "nonsense", "srs_" + "a" * 43])
async def test_a_stranger_has_an_empty_session(
    cookie: str | None, world: World, reach: Reach
) -> None:
    """A-4: without a live session the id is empty, whatever the headers say."""
    changes = with_cookie(cookie) if cookie is not None else {}
    [scope], _ = await reach(**changes)

    assert SCHEME.encode() == dict(scope["headers"])[b"authorization"]


async def test_an_ended_session_is_none(
    core: Core, world: World, clock: MovableClock, reach: Reach
) -> None:
    """A-4: the cookie of a session that is past its end makes a stranger."""
    token, _ = await cookie_for(core, world.person, world)
    clock.move(core.settings.session_absolute + timedelta(seconds=1))
    [scope], _ = await reach(**with_cookie(token))

    assert SCHEME.encode() == dict(scope["headers"])[b"authorization"]


async def test_refusals_are_told_before_there_is_a_socket(world: World, reach: Reach) -> None:
    """A-10: a refused handshake is an HTTP answer, and nothing behind the gate hears of it."""
    reached, sent = await reach(headers=[(b"origin", b"https://evil.example.com")])

    assert [] == reached
    assert ["websocket.http.response.start", "websocket.http.response.body"] == [
        message["type"] for message in sent
    ]
    assert 403 == sent[0]["status"]


async def test_the_address_is_the_one_the_api_would_see(world: World, reach: Reach) -> None:
    """L-3: what the record calls the source of an event is decided where it is for requests."""
    [scope], _ = await reach(**with_cookie("none"))

    assert ("203.0.113.9", 0) == scope["client"]


def test_sockets_are_counted_by_session_and_network() -> None:
    """Nobody has more sockets than they need; the end of one makes room for another."""
    sockets = Sockets()
    with contextlib.ExitStack() as stack:
        for _ in range(MOST_OF_SESSION):
            stack.enter_context(sockets.one_more("ses_a", "203.0.113.9"))
        with pytest.raises(TooManySockets), sockets.one_more("ses_a", "198.51.100.1"):
            pass
        with sockets.one_more("ses_b", "203.0.113.9"):
            others = sockets.open
    with sockets.one_more("ses_a", "203.0.113.9"):
        again = sockets.open

    assert (MOST_OF_SESSION + 1, 1, 0) == (others, again, sockets.open)


async def test_one_network_of_strangers_cannot_take_all(world: World, core: Core) -> None:
    """Strangers are counted by network, and refused with 429."""
    sockets = Sockets()
    reached: list[Any] = []

    async def reflex(scope: Any, _receive: Any, _send: Any) -> None:
        reached.append(scope)

    gate = Gate(reflex, elsewhere(core), "strongroom", KEY, sockets)
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    with contextlib.ExitStack() as stack:
        for _ in range(MOST_OF_NETWORK):
            stack.enter_context(sockets.one_more("", "203.0.113.9"))
        await gate(connection(), None, send)
    refused = list(reached)
    await gate(connection(), None, send)

    assert 429 == sent[0]["status"]
    assert ([], 1) == (refused, len(reached))


async def test_a_flood_of_messages_ends_its_socket() -> None:
    """A socket has as many messages as a person can cause; then it is closed, and stays silent."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.receive", "text": "2"}

    socket = Bounded(receive, send)
    kinds = [(await socket.receive())["type"] for _ in range(int(BURST) + 50)]
    await socket.send({"type": "websocket.send", "text": "too late"})

    assert int(BURST) <= kinds.index("websocket.disconnect") < int(BURST) + 50
    assert "websocket.disconnect" == kinds[-1]
    assert ["websocket.close"] == [message["type"] for message in sent]
