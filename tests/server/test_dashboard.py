"""The dashboard of a real server, tested from outside: what it serves, to whom, and what it leaves behind."""

from __future__ import annotations

import ast
import asyncio
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from strongroom_testkit.markers import search
from strongroom_testkit.programs import Programs, Running
from strongroom_testkit.raw_socket import EVENTS, RawSocket, raw_socket

GENEROUS_SECONDS = 300.0
AT_ONCE = 100
"""The number of events sent over one socket, slightly below its limit."""

TOKEN = "5a3cebaa-dd95-4708-97c2-eba2ba6665a2"
STATE = "reflex___state____state"
ON_LOAD = f"{STATE}.reflex___state____on_load_internal_state"
HYDRATE = f"{STATE}.hydrate"
METHODS = ("load", "setvar", "reset", "dict", "get_state", "hydrate", "_refresh", "__class__")


def shared_cache() -> Path:
    """This machine's own cache: pages are built once, not once per test run."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


@dataclass(slots=True)
class Site:
    """A server with its dashboard, and everything that the tests need to know about it."""

    running: Running
    ready: dict[str, Any]
    programs: Programs
    folder: Path
    frames: list[str] = field(default_factory=list[str])
    secrets: list[str] = field(default_factory=list[str])

    @property
    def url(self) -> str:
        """Its public URL."""
        return self.ready["url"]

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.url.rpartition(":")[2])

    def log_in(self) -> str:
        """Sign in as the owner, and return the session's cookie."""
        owner = {name: self.ready["owner"][name] for name in ("email", "password")}
        headers = {"Origin": self.url, "X-Strongroom-Client": "tests"}
        answer = httpx.post(f"{self.url}/api/session", json=owner, headers=headers, timeout=60)
        answer.raise_for_status()
        cookie = answer.cookies["strongroom"]
        self.secrets += [cookie, self.ready["owner"]["password"]]
        return cookie

    def headers(self, cookie: str | None) -> Sequence[tuple[str, str]]:
        """The headers that our page sends, with or without a session."""
        return [
            ("Origin", self.url),
            *([("Cookie", f"strongroom={cookie}")] if cookie is not None else []),
        ]

    def opened(self, cookie: str | None, token: str = TOKEN, source: str | None = None) -> Any:
        """Open a websocket as a page does."""
        return raw_socket(self.port, f"{EVENTS}{token}", self.headers(cookie), source)

    async def told(self, socket: RawSocket) -> str:
        """Return all of the state that a page gets as soon as it is connected."""
        socket.enter()
        await socket.until(lambda: len(socket.texts) > 1)
        told = await socket.answer_to(HYDRATE)
        self.frames += socket.texts
        return told

    def names(self) -> list[str]:
        """Return the strings that only someone with a session can see."""
        projects = self.ready["projects"]
        return [self.ready["vaultId"], *projects, *projects.values(), "DATABASE_URL", '"ada']

    @property
    def shell(self) -> str:
        """Return the event that loads the frame of every page."""
        return f"{STATE}.strongroom_dashboard___screens___overview___state____overview.load"


def _is_state(each: ast.ClassDef) -> bool:
    """Whether it is a state or a mixin of states. The others are the rows in them."""
    return any("State" in ast.unparse(base) or "Screen" in ast.unparse(base) for base in each.bases)


def events() -> set[str]:
    """Return every event that a page could send: the methods of all states in the sources, and Reflex's."""
    names = {f"{STATE}.{method}" for method in METHODS}
    names |= {f"{ON_LOAD}.{method}" for method in ("on_load_internal", "set_is_hydrated", "setvar")}
    package = Path("apps/dashboard/src")
    for path in sorted((package / "strongroom_dashboard/screens").rglob("*.py")):
        module = "___".join(path.relative_to(package).with_suffix("").parts)
        for each in ast.walk(ast.parse(path.read_text())):
            if isinstance(each, ast.ClassDef) and _is_state(each):
                functions = (ast.FunctionDef, ast.AsyncFunctionDef)
                methods = [part.name for part in each.body if isinstance(part, functions)]
                state = re.sub(r"(?<!^)(?=[A-Z])", "_", each.name).lower()
                place = f"{STATE}.{module}____{state}"
                names |= {f"{place}.{method}" for method in (*METHODS, *methods)}
    return names


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`dev`, once its dashboard is ready, started in a folder with someone's `rxconfig.py`."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("searched", "outside", "here"):
        (folder / name).mkdir()
    (folder / "here/rxconfig.py").write_text("raise SystemExit('somebody else was executed')\n")
    programs = Programs(folder / "searched", folder / "outside", cache=shared_cache())
    running = programs.start("dev", "--port", "0", within=folder / "here")
    ready = running.ready()
    site = Site(running, ready, programs, folder / "here")
    deadline = time.monotonic() + GENEROUS_SECONDS
    while (state := httpx.get(f"{site.url}/health").json()["dashboard"]) != "ready":
        assert state != "failed", running.said.read_text()[-2000:]
        assert time.monotonic() < deadline
        time.sleep(0.2)
    yield site
    programs.end_all()


def test_the_address_is_printed(site: Site) -> None:
    """H-2: the terminal shows the progress, and finally where to sign in."""
    said = site.running.said.read_text()

    assert "starting the dashboard" in said
    assert f"the dashboard is ready; sign in at {site.url}" in said
    assert said.index("Strongroom is ready") < said.index("the dashboard is ready")


LOOK_ALIKES = [
    None,
    "null",
    "",
    "http://evil.example",
    "{url}x",
    "https://localhost:{port}",
    "http://localhost",
    "http://localhost:1",
    "http://localhost.:{port}",
    "http://LOCALHOST:{port}",
    "{url}/",
    "http://me@localhost:{port}",
    "http://127.0.0.1:{port}",
    "http://localhost.evil.example:{port}",
    "http://notlocalhost:{port}",
    "{url} http://evil.example",
]


@pytest.mark.parametrize("origin", LOOK_ALIKES)
async def test_another_sites_page_gets_no_socket(site: Site, origin: str | None) -> None:
    """A-10: a similar origin is rejected, even with a valid cookie."""
    headers = [("Cookie", f"strongroom={site.log_in()}")] if origin == "null" else []
    if origin is not None:
        headers.append(("Origin", origin.format(url=site.url, port=site.port)))
    async with raw_socket(site.port, f"{EVENTS}{TOKEN}", headers) as socket:
        pass

    assert 403 == socket.status


async def test_two_origins_are_rejected(site: Site) -> None:
    """A-10: if there are two `Origin` headers, neither counts."""
    headers = [("Origin", site.url), ("Origin", "http://evil.example")]
    async with raw_socket(site.port, f"{EVENTS}{TOKEN}", headers) as socket:
        pass

    assert 403 == socket.status


async def test_our_page_gets_one(site: Site) -> None:
    """Decision 2: the page itself is accepted, even without a session."""
    async with site.opened(None) as socket:
        pass

    assert 101 == socket.status


@pytest.mark.parametrize(
    "path",
    [
        "/ping",
        "/_event",
        "/_event/?EIO=4&transport=polling&token=t",
        "/_event/?EIO=4&transport=websocket&token=t",
        "/_upload",
        "/_upload/file",
        "/_health",
        "/_all_routes",
        "/auth-codespace",
        "/rxconfig.py",
        "/compiled/backend/stateful_pages.json",
        "/..%2f..%2fetc%2fpasswd",
    ],
)
def test_other_endpoints_of_reflex_do_not_exist(site: Site, path: str) -> None:
    """Decision 2: polling, Reflex's own endpoints and the build's files aren't served."""
    evil = {"Origin": "http://evil.example"}
    got = httpx.get(f"{site.url}{path}", headers=evil)
    posted = httpx.post(f"{site.url}{path}", headers=evil, content=b"40")

    assert (404, 405) == (got.status_code, posted.status_code)
    assert "access-control-allow-origin" not in {**got.headers, **posted.headers}


async def test_a_polled_handshake_is_rejected(site: Site) -> None:
    """Decision 2: a handshake by polling is rejected, because there is only one way in."""
    target = f"/_event/?EIO=4&transport=polling&token={TOKEN}"
    async with raw_socket(site.port, target, site.headers(None)) as socket:
        pass

    assert 400 == socket.status


async def test_a_stolen_token_leads_to_an_empty_state(site: Site) -> None:
    """Decision 2: a stolen token leads to an empty state, both while its owner is connected and later."""
    cookie = site.log_in()
    async with site.opened(cookie) as owner:
        await site.told(owner)
        loaded = await owner.answer_to(site.shell)
        async with site.opened(None) as thief:
            while_connected = await site.told(thief)
        async with site.opened(site.log_in()) as other_session:
            in_another = await site.told(other_session)
        site.frames += owner.texts
    async with site.opened(None) as thief:
        afterwards = await site.told(thief)

    assert site.ready["vaultId"] in loaded
    assert "ada" in loaded
    for told in (while_connected, in_another, afterwards):
        assert "is_hydrated" in told
        assert [] == [name for name in site.names() if name in told]
        assert "new_token" not in told


FEW_STRANGERS, STRANGERS_AT_ONCE = 100, 10
"""Fewer sockets of unknown clients than the server allows, in all and from one network."""

SECONDS_OF_A_PLACE = 7.0
"""The longest time that an unknown client's closed socket keeps its place."""


async def test_events_of_unknown_clients_reveal_nothing(site: Site) -> None:
    """Decision 1: no matter which event an unknown client sends, no response contains anything from a vault.

    An event that no page sends closes the socket, before Reflex sees it.
    """
    names, ended = sorted(events()), 0

    async def try_one(number: int, name: str) -> bool:
        """Send the event on a new socket; return whether the server closed it."""
        source = f"127.61.{number // 200}.{number % 200 + 1}"
        async with site.opened(None, f"s-{number}", source) as stranger:
            stranger.enter()
            await stranger.until(lambda: len(stranger.texts) > 1)
            stranger.send_event(name, args=[], vault="x")
            await stranger.until(lambda: stranger.closed is not None, seconds=0.1)
            told = "".join(stranger.texts)

        assert 101 == stranger.status, number
        assert [] == [known for known in site.names() if known in told]
        return stranger.closed == 1008

    for first in range(0, len(names), STRANGERS_AT_ONCE):
        if first % FEW_STRANGERS == 0:
            await asyncio.sleep(SECONDS_OF_A_PLACE)
        these = enumerate(names[first : first + STRANGERS_AT_ONCE], first)
        ended += sum(await asyncio.gather(*(try_one(number, name) for number, name in these)))
    logged = site.running.logs.read_text()
    health = httpx.get(f"{site.url}/health").json()

    assert len(names) > 300
    assert len(names) > ended > len(names) / 2
    assert 0 < logged.count("page_failures") <= 5
    assert {"status": "ok", "dashboard": "ready"} == health


async def test_unknown_clients_leave_sockets_for_users(site: Site) -> None:
    """H-3: even if unknown clients from many networks take all sockets they can, signed-in people get one."""
    cookie = site.log_in()
    await asyncio.sleep(SECONDS_OF_A_PLACE)
    sources = [f"127.62.0.{network}" for network in range(1, 15) for _ in range(17)]
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(site.opened(None, f"crowd-{number}", source))
            for number, source in enumerate(sources)
        ]
        async with site.opened(cookie) as owner:
            told = await site.told(owner)
    await asyncio.sleep(SECONDS_OF_A_PLACE)  # so that the next tests get sockets
    statuses = Counter(socket.status for socket in sockets)

    assert {101, 429} == statuses.keys()
    assert 150 < statuses[101] <= 200
    assert 101 == owner.status
    assert "is_hydrated" in told


async def test_a_session_that_ended_is_over_on_open_sockets(site: Site) -> None:
    """A-4: after signing out, an open page's socket receives nothing more."""
    cookie = site.log_in()
    async with site.opened(cookie) as socket:
        await site.told(socket)
        before = await socket.answer_to(site.shell)
        headers = {"Origin": site.url, "X-Strongroom-Client": "t", "Cookie": f"strongroom={cookie}"}
        async with httpx.AsyncClient(base_url=site.url, headers=headers) as client:
            vault = {"X-Strongroom-Vault": site.ready["vaultId"]}
            ended = await client.delete("/api/session", headers=vault)
        socket.send_event(site.shell)
        await socket.quiet(1.0)
        seen = len(socket.texts)
        await socket.answer_to(HYDRATE)
        after = "".join(socket.texts[seen:])

    assert 204 == ended.status_code
    assert site.ready["vaultId"] in before
    assert [] == [name for name in site.names() if name in after]


async def test_malformed_messages_do_no_harm(site: Site) -> None:
    """No matter what a page sends, the server keeps running, and its log doesn't quote the message."""
    marker = "marker-7f1c2d-in-a-message"
    for text in ("", "9", "42", f"42/_event,[{marker}", f'42/_event,["event","{marker}"]', "\x00"):
        async with site.opened(None, "malformed") as socket:
            socket.enter()
            socket.send(text)
            socket.send_event(f"reflex___state____state.{marker}", value=marker)
            await socket.quiet(0.2)
    async with site.opened(None) as socket:
        told = await site.told(socket)

    assert "is_hydrated" in told
    assert marker not in site.running.logs.read_text()


def test_pages_come_with_their_guards(site: Site) -> None:
    """A-10: the policy allows the page's own inline scripts, nothing unsafe, and no host but ours."""
    page = httpx.get(f"{site.url}/")
    deep = httpx.get(f"{site.url}/projects/proj_aaaaaaaaaaaaaaaa")
    missing = httpx.get(f"{site.url}/nowhere")
    policy = page.headers["content-security-policy"]
    scripts = re.findall(r"script-src ([^;]*)", policy)

    assert (200, 200, 404) == (page.status_code, deep.status_code, missing.status_code)
    assert page.text.count("<script>") > 0
    assert "unsafe" not in scripts[0]
    assert scripts[0].startswith("'self' 'sha256-")
    assert {policy} == {
        deep.headers["content-security-policy"],
        missing.headers["content-security-policy"],
    }
    assert "nosniff" == page.headers["x-content-type-options"]
    assert "set-cookie" not in page.headers
    assert [] == re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', page.text)


def test_the_icon_that_browsers_ask_for_exists(site: Site) -> None:
    """Browsers ask for `/favicon.ico` on pages without a link to an icon, and if the linked one fails."""
    icon = httpx.get(f"{site.url}/favicon.ico")

    assert (200, "image/x-icon") == (icon.status_code, icon.headers["Content-Type"])
    assert icon.content.startswith(b"\x00\x00\x01\x00")


def test_scripts_call_the_server_they_came_from(site: Site) -> None:
    """Decision 2: one build works at every URL, including over TLS; files with a hash are cached."""
    page = httpx.get(f"{site.url}/").text
    names = set(re.findall(r"/assets/[A-Za-z0-9_.$\[\]-]+\.js", page))
    scripts = [httpx.get(f"{site.url}{name}") for name in names]
    env = next(each for each in scripts if "reflex-env" in str(each.url))

    assert "//localhost" not in env.text
    assert "${location.host}/_event" in env.text
    assert all("immutable" in each.headers["cache-control"] for each in scripts)
    assert all("br" == httpx.get(each.url, headers={"Accept-Encoding": "br"}).headers.get(
        "content-encoding"
    ) for each in scripts if len(each.content) > 1024)  # fmt: skip


def test_the_api_is_as_it_was(site: Site) -> None:
    """Decision 2: the API responds to all of its paths, even to unknown ones."""
    for path in ("/api/nowhere", "/api", "/v1", "/v1/nowhere", "/healthy"):
        answer = httpx.get(f"{site.url}{path}")

        assert "application/problem+json" == answer.headers["content-type"], path
        assert "no-store" == answer.headers["cache-control"], path
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    asked = httpx.get(f"{site.url}/v1/nowhere", headers=upgrade)

    assert "application/problem+json" == asked.headers["content-type"]


async def test_no_secret_is_in_a_frame_log_or_file(site: Site) -> None:
    """E-5: no cookie, password or value is in a frame, log or file, and Reflex writes no files at all."""
    cookie = site.log_in()
    async with site.opened(cookie, "all-events") as socket:
        await site.told(socket)
        for name in [site.shell, *sorted(events())[:AT_ONCE]]:
            socket.send_event(name)
        await socket.quiet(5.0)
        site.frames += socket.texts
    values = [
        each
        for secret in site.ready["secrets"].values()
        for each in (
            secret["value"].values() if isinstance(secret["value"], dict) else [secret["value"]]
        )
        if len(str(each)) > 15
    ]
    frames = "".join(site.frames)
    pages = shared_cache() / "strongroom/dashboard"
    secrets = [*site.secrets, *values]
    hits = search([site.folder, site.programs.logs, site.programs.temporary, pages], site.secrets)

    assert site.ready["vaultId"] in frames
    assert [] == [secret for secret in secrets if str(secret) in frames]
    assert [] == hits
    assert ["rxconfig.py"] == [path.name for path in site.folder.iterdir()]


async def test_it_stops_with_open_sockets(tmp_path: Path) -> None:
    """H-2: Ctrl-C stops the server and notifies the pages, no matter how many are open."""
    for name in ("searched", "outside", "here"):
        (tmp_path / name).mkdir()
    programs = Programs(tmp_path / "searched", tmp_path / "outside", cache=shared_cache())
    running = programs.start("dev", "--port", "0", within=tmp_path / "here")
    site = Site(running, running.ready(), programs, tmp_path / "here")
    while httpx.get(f"{site.url}/health").json()["dashboard"] != "ready":
        await asyncio.sleep(0.2)
    async with site.opened(site.log_in()) as socket:
        await site.told(socket)
        status = await asyncio.to_thread(running.end, signal.SIGINT)
        await socket.until(lambda: socket.closed is not None)

    assert 0 == status
    assert socket.closed in (1012, 1005, 1006)
    assert "Traceback" not in running.logs.read_text()
    assert [] == list((tmp_path / "here").iterdir())
