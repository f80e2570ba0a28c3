"""The websocket guard: which connections reach Reflex, for whom, and with which data (decision 2)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import pytest

from strongroom_core.accounts.sessions import session_of
from strongroom_core.core import Core
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.runtime.start import blind_core
from strongroom_dashboard.sockets import (
    BURST,
    MOST_ANONYMOUS,
    MOST_OF_NETWORK,
    MOST_OF_SESSION,
    Sockets,
    TooManySockets,
)
from strongroom_dashboard.websocket_guard import (
    LONGEST_TOKEN,
    MOST_CHARACTERS_ANONYMOUS,
    SCHEME,
    Bounded,
    Rejected,
    WebsocketGuard,
    bound,
    cookie_of,
    require_origin,
    token_of,
)
from strongroom_testkit.people import Person, visitor
from strongroom_testkit.sign_in import log_in
from strongroom_testkit.world import World

ORIGIN = "https://vault.example.com"
TOKEN = "4b6b9d0e-0c50-4f9b-8a46-2f5f3d1f2a77"
QUERY = f"EIO=4&transport=websocket&token={TOKEN}".encode()
KEY = b"k" * 32
EVENTS_OF_PAGES = frozenset({"load"})
Reach = Callable[..., Awaitable[tuple[list[dict[str, Any]], list[dict[str, Any]]]]]


def connection(**changes: Any) -> dict[str, Any]:
    """A websocket handshake, as the page sends it."""
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
def test_similar_origins_are_rejected(origins: list[bytes]) -> None:
    """A-10: another site's page can't open a socket, even if its origin is similar to ours."""
    with pytest.raises(Rejected) as rejected:
        require_origin([(b"origin", origin) for origin in origins], ORIGIN)

    assert HTTPStatus.FORBIDDEN == rejected.value.status


def test_our_own_origin_is_accepted() -> None:
    """A-10: only the page's exact origin is accepted."""
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
    """Decision 2: polling and missing, double or overlong tokens are rejected; no page sends them."""
    with pytest.raises(Rejected) as rejected:
        token_of(connection(query_string=query))

    assert HTTPStatus.BAD_REQUEST == rejected.value.status


@pytest.mark.parametrize(
    "path", ["/", "/ping", "/_upload", "/_event/x", "/_health", "/_all_routes"]
)
def test_only_the_event_endpoint_exists(path: str) -> None:
    """Decision 2: no other endpoint of Reflex can be reached."""
    with pytest.raises(Rejected) as rejected:
        token_of(connection(path=path))

    assert HTTPStatus.NOT_FOUND == rejected.value.status


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
    """A-10: if there are two cookies with our name, neither counts."""
    pairs = [(b"cookie", value) for value in headers]

    assert expected == cookie_of(pairs, "strongroom")


def test_a_token_is_another_in_another_session() -> None:
    """Decision 2: changing session, token or key, or shifting the boundary between them, is detected."""
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
    """The blind core of a server whose public URL is ORIGIN."""
    return blind_core(replace(core, settings=replace(core.settings, public_url=ORIGIN)))


@pytest.fixture
def reach(core: Core) -> Reach:
    """Send a connection through the guard; return what reached Reflex, and what was sent back."""
    reached: list[dict[str, Any]] = []

    async def reflex(scope: Any, _receive: Any, send: Any) -> None:
        reached.append(scope)
        await send({"type": "websocket.accept"})

    guard = WebsocketGuard(reflex, elsewhere(core), "__Host-strongroom", KEY)

    async def attempt(**changes: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        reached.clear()
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect"}

        await guard(connection(**changes), receive, send)
        return list(reached), sent

    return attempt


async def cookie_for(core: Core, person: Person, world: World) -> tuple[str, str]:
    """Sign a person in; return the cookie's value and the session's ID."""
    opened = await log_in(
        core, visitor(), email=person.email, password=person.password, device_token=None
    )
    world.markers.note(opened.device_token)
    token = world.markers.note(opened.token)
    found = await session_of(core, token, visitor().origin)

    assert found is not None

    return token, found


def with_cookie(token: str) -> dict[str, Any]:
    """The headers of a page with a session, plus some that nothing behind the guard needs."""
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


async def test_reflex_does_not_get_the_cookie(core: Core, world: World, reach: Reach) -> None:
    """Decision 2: Reflex gets the session's ID, and no header that grants access."""
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
    """Decision 2: a stolen token leads to a different state; the rest of the query isn't passed on."""
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
async def test_an_unknown_client_has_an_empty_session(
    cookie: str | None, world: World, reach: Reach
) -> None:
    """A-4: without a live session the ID is empty, no matter what the headers say."""
    changes = with_cookie(cookie) if cookie is not None else {}
    [scope], _ = await reach(**changes)

    assert SCHEME.encode() == dict(scope["headers"])[b"authorization"]


async def test_an_expired_session_does_not_count(
    core: Core, world: World, clock: MovableClock, reach: Reach
) -> None:
    """A-4: the cookie of an expired session doesn't count."""
    token, _ = await cookie_for(core, world.person, world)
    clock.move(core.settings.session_absolute + timedelta(seconds=1))
    [scope], _ = await reach(**with_cookie(token))

    assert SCHEME.encode() == dict(scope["headers"])[b"authorization"]


async def test_a_rejected_handshake_gets_an_http_response(world: World, reach: Reach) -> None:
    """A-10: a rejected handshake gets an HTTP response, and doesn't reach anything behind the guard."""
    reached, sent = await reach(headers=[(b"origin", b"https://evil.example.com")])

    assert [] == reached
    assert ["websocket.http.response.start", "websocket.http.response.body"] == [
        message["type"] for message in sent
    ]
    assert 403 == sent[0]["status"]


async def test_the_address_is_the_one_the_api_would_see(world: World, reach: Reach) -> None:
    """L-1: an event's logged source is determined by the same code as a request's."""
    [scope], _ = await reach(**with_cookie("none"))

    assert ("203.0.113.9", 0) == scope["client"]


def test_a_session_has_as_many_sockets_as_a_person_needs() -> None:
    """A session can have as many sockets as a person needs; closing one makes room for another."""
    sockets = Sockets()
    with contextlib.ExitStack() as stack:
        for _ in range(MOST_OF_SESSION):
            stack.enter_context(sockets.of_session("ses_a"))
        with pytest.raises(TooManySockets), sockets.of_session("ses_a"):
            pass
        with sockets.of_session("ses_b"):
            others = sockets.sessions.held
    with sockets.of_session("ses_a"):
        again = sockets.sessions.held

    assert (MOST_OF_SESSION + 1, 1, 0) == (others, again, sockets.sessions.held)


async def test_unknown_clients_take_no_sockets_of_people(world: World, core: Core) -> None:
    """Unknown clients have a separate limit, counted per network; above it they get 429."""
    sockets = Sockets()
    reached: list[Any] = []

    async def reflex(scope: Any, _receive: Any, _send: Any) -> None:
        reached.append(scope)

    guard = WebsocketGuard(
        reflex, elsewhere(core), "__Host-strongroom", KEY, EVENTS_OF_PAGES, sockets=sockets
    )
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    token, _ = await cookie_for(core, world.person, world)
    with contextlib.ExitStack() as stack:
        for number in range(MOST_ANONYMOUS):
            network = f"198.51.100.{number // MOST_OF_NETWORK}"
            stack.enter_context(sockets.of_anonymous(network, lambda: None))
        with pytest.raises(TooManySockets), sockets.of_anonymous("198.51.100.0", lambda: None):
            pass
        await guard(connection(), None, send)
        refused = len(reached)
        await guard(connection(**with_cookie(token)), None, send)

    assert 429 == sent[0]["status"]
    assert (0, 1) == (refused, len(reached))


async def test_a_closed_socket_counts_until_its_state_is_dropped(
    world: World, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown client's state is dropped soon after the socket closes, and counts until then."""
    monkeypatch.setattr("strongroom_dashboard.sockets.LEAST_SECONDS", 0.2)
    monkeypatch.setattr("strongroom_dashboard.sockets.LINGER_SECONDS", 0.1)
    forgotten, sockets = list[str](), Sockets()

    async def reflex(_scope: Any, _receive: Any, _send: Any) -> None:
        return

    guard = WebsocketGuard(
        reflex,
        elsewhere(core),
        "strongroom",
        KEY,
        EVENTS_OF_PAGES,
        forgotten.append,
        sockets,
    )
    await guard(connection(), None, None)
    before = (list(forgotten), sockets.anonymous.held)
    await asyncio.sleep(0.5)

    assert ([], 1) == before
    assert ([bound(TOKEN, "", KEY)], 0) == (forgotten, sockets.anonymous.held)


def event(name: object) -> str:
    """A message as a page sends it."""
    return f"42/_event,{json.dumps(['event', {'name': name, 'payload': {}}])}"


KNOWN = [
    *("2", "3", "40/_event,", "41/_event,"),
    *("40/_event,{}", f"40/_event,{json.dumps({'event': {'name': 'load'}})}"),
    *(event("load"), event("load").replace(",", ",17", 1)),
]
UNKNOWN = [
    *("", "4", "40", "42", "2probe", "44/_event,{}", "42/_event,", "42/_event,[", "42/_event,{}"),
    *(event("lod"), event(["load"]), event(None), '42/_event,["event"]', '42["event",{}]'),
    *('42/_event,["client_error",{}]', '42/_event,["event","load"]', "42/_event," + "[" * 5000),
    *("40/_event,[]", '40/_event,{"event":{"name":"x"}}', '40/_event,{"event":7}', "40/_other,"),
    *("4511-/_event,", '42/_event,["event",{"name":"load"},{}]'),
]


@pytest.mark.parametrize("text", [*KNOWN, *UNKNOWN])
@pytest.mark.parametrize("anonymous", [True, False], ids=["unknown", "person"])
async def test_only_messages_of_our_pages_reach_reflex(text: str, anonymous: bool) -> None:
    """Decision 2: any other message closes an unknown client's socket; from a person it is dropped."""
    sent, given = list[dict[str, Any]](), [text, event("load")]

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        if given:
            return {"type": "websocket.receive", "text": given.pop(0)}
        return {"type": "websocket.disconnect", "code": 1000}

    socket = Bounded(receive, send, EVENTS_OF_PAGES, anonymous=anonymous)
    passed = list[str]()
    while (message := await socket.receive())["type"] == "websocket.receive":
        passed.append(message["text"])
    closed = [message["code"] for message in sent]

    if text in KNOWN:
        assert ([text, event("load")], []) == (passed, closed)
    elif anonymous:
        assert ([], [1008]) == (passed, closed)
    else:
        assert ([event("load")], []) == (passed, closed)


@pytest.mark.parametrize("anonymous", [True, False], ids=["unknown", "person"])
async def test_unknown_clients_have_small_messages(anonymous: bool) -> None:
    """Unknown clients' messages are small, so their states are too."""
    text = event("load").replace("{}", json.dumps({"x": "a" * MOST_CHARACTERS_ANONYMOUS}))

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.receive", "text": text}

    async def send(_message: dict[str, Any]) -> None:
        return

    socket = Bounded(receive, send, EVENTS_OF_PAGES, anonymous=anonymous)
    kind = (await socket.receive())["type"]

    assert ("websocket.disconnect" if anonymous else "websocket.receive") == kind


async def test_a_flood_of_messages_ends_its_socket() -> None:
    """A socket accepts as many messages as a person can cause; after that it is closed and sends nothing."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.receive", "text": "2"}

    socket = Bounded(receive, send, EVENTS_OF_PAGES, anonymous=True)
    kinds = [(await socket.receive())["type"] for _ in range(int(BURST) + 50)]
    await socket.send({"type": "websocket.send", "text": "too late"})

    assert int(BURST) <= kinds.index("websocket.disconnect") < int(BURST) + 50
    assert "websocket.disconnect" == kinds[-1]
    assert ["websocket.close"] == [message["type"] for message in sent]
