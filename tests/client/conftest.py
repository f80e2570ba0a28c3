"""The real application on a real port, identities on disk, and a scripted stand-in for failures.

The client blocks, and the server runs in the test's event loop, so the client runs in a thread.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from strongroom import Identity, Strongroom
from strongroom.admin import LogIn, Profile
from strongroom_api.process import Process
from strongroom_core.core import Core
from strongroom_core.keys.approve import Approval, approve_key_request, find_key_request
from strongroom_server.serving.http_server import LOCALHOST, take_port
from strongroom_testkit.app import make_app, serving_api
from strongroom_testkit.identity_folder import write_identity
from strongroom_testkit.machine import TestMachine
from strongroom_testkit.person_key import session_of
from strongroom_testkit.world import World

Does = Callable[..., Awaitable[Any]]
Open = Callable[..., Strongroom]


@pytest.fixture
async def served(core: Core) -> AsyncIterator[str]:
    """The URL of the application, served on 127.0.0.1 and ::1."""
    sockets = take_port(LOCALHOST, 0)
    url = f"http://localhost:{sockets[0].getsockname()[1]}"
    core.settings = replace(core.settings, public_url=url)
    async with serving_api(make_app(Process(core)), sockets):
        yield url


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where clients look for identities."""
    monkeypatch.setenv("STRONGROOM_HOME", str(tmp_path / "home"))
    ours = ("STRONGROOM_IDENTITY", "STRONGROOM_VAULT")
    for name in (*ours, "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


@pytest.fixture
def place(world: World, served: str, home: Path) -> Callable[..., Path]:
    """Write a machine's identity and return its folder."""

    def place(machine: TestMachine, url: str = served) -> Path:
        return write_identity(home, machine, vault=world.person.vault, url=url)

    return place


@pytest.fixture
def open_client(place: Callable[..., Path]) -> Iterator[Open]:
    """Make a machine's client, which finds its identity by itself."""
    opened: list[Strongroom] = []

    def open_client(machine: TestMachine, url: str | None = None, **options: Any) -> Strongroom:
        place(machine) if url is None else place(machine, url)
        client = Strongroom(**options)
        opened.append(client)
        return client

    yield open_client
    for client in opened:
        client.close()


@pytest.fixture(scope="session")
def does() -> Does:
    """Run a blocking function in a thread, while the server runs in this loop."""

    async def does(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return await asyncio.to_thread(call, *arguments, **named)

    return does


@pytest.fixture
def log_in(world: World, core: Core, served: str, home: Path, does: Does) -> Callable[..., Any]:
    """Sign in as the vault's owner and write the profile. Further arguments are fields of `Approval`."""
    del home

    async def log_in(profile: str = "acme", **choice: Any) -> Profile:
        asked = await does(LogIn.start, served, hostname="laptop")
        person = await session_of(core, world.person, world.markers)
        found = await find_key_request(core, person, asked.code)
        await approve_key_request(core, person, found.id, Approval(code=asked.code, **choice))
        return asked.save(await does(asked.poll), profile, use_keyring=False)

    return log_in


@dataclass(frozen=True, slots=True)
class Scripted:
    """A response from the stand-in. `delay` is the time in seconds before anything is sent.

    `cut` closes the connection after this many bytes of the body, or before the status line if it
    is -1.
    """

    status: int = 200
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    delay: float = 0.0
    cut: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that the stand-in received. The names in `headers` are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class StandIn(ThreadingHTTPServer):
    """Acts as a proxy or a failing server: sends scripted responses in turn, then repeats the last one."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: list[Scripted] = [Scripted(content={})]
        self.asked: list[Asked] = []
        self.connections = 0
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Return its URL, in the form that an identity can contain."""
        return f"http://localhost:{self.server_address[1]}"

    def answers(self, *script: Scripted) -> None:
        """Send these responses from now on."""
        self.script, self.asked = [*script], []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Do nothing: some tests cause disconnects and failed handshakes on purpose."""

    def next(self, asked: Asked) -> Scripted:
        """Record a request and return the response to send."""
        with self._lock:
            self.asked.append(asked)
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: StandIn  # pyright: ignore[reportIncompatibleVariableOverride]

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        scripted = self.server.next(Asked(self.command, self.path, headers, body))
        threading.Event().wait(scripted.delay)
        content = scripted.content
        sent = content if isinstance(content, bytes) else json.dumps(content).encode()
        if scripted.cut == -1:
            self.close_connection = True
            return
        self.send_response(scripted.status)
        for name, value in {"Content-Length": str(len(sent)), **scripted.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent[: scripted.cut])
        if scripted.cut is not None or scripted.headers.get("Connection") == "close":
            self.close_connection = True

    do_GET = do_POST = answer  # noqa: N815 -- the names that the library calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- its name there
        """Suppress the library's logging."""


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A running stand-in."""
    server = StandIn()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def scripted() -> type[Scripted]:
    """The type of a scripted response, for tests that can't import this module."""
    return Scripted


@pytest.fixture
def stray(home: Path, stand_in: StandIn) -> Identity:
    """An identity for the stand-in, unknown to any real server."""
    from strongroom._internal.private_key import PrivateKey  # noqa: PLC0415 -- one fixture needs it

    folder = home / "vaults" / "vault_stray000000"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "private.pem").touch(0o600)
    (folder / "private.pem").write_bytes(PrivateKey.generate().to_pem())
    content = {
        "machineId": "0b6f3b62-6a7f-4f0e-9d5d-2f3a4b5c6d7e",
        "machineName": "stray",
        "vaultId": "vault_stray000000",
        "apiUrl": stand_in.url,
        "privateKeyPath": str(folder / "private.pem"),
    }
    (folder / "identity.json").write_text(json.dumps(content))
    return Identity.load(folder)


@dataclass(slots=True)
class Relay:
    """Relays between client and server. While `swallows` is set, requests arrive but responses are lost.

    `upstream` is the server's port, which can change.
    """

    upstream: int
    swallows: bool = False
    _listener: socket.socket = field(default_factory=socket.socket)
    _going: bool = True

    @property
    def url(self) -> str:
        """Return its URL, in the form that an identity can contain."""
        return f"http://localhost:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Relay everything until stopped."""
        while self._going:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("localhost", self.upstream))
            except OSError:
                client.close()
                continue
            for source, target, back in ((client, server, False), (server, client, True)):
                threading.Thread(
                    target=self._pump, args=(source, target, back), daemon=True
                ).start()

    def _pump(self, source: socket.socket, target: socket.socket, back: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if back and self.swallows:
                    break
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            if not back:
                each.close()

    def start(self) -> threading.Thread:
        """Start, in a thread."""
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        thread = threading.Thread(target=self.serve, daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Stop."""
        self._going = False
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def relay_to() -> Iterator[Callable[[int], Relay]]:
    """Start a relay in front of a server's port."""
    relays: list[tuple[Relay, threading.Thread]] = []

    def relay_to(port: int) -> Relay:
        relay = Relay(port)
        relays.append((relay, relay.start()))
        return relay

    yield relay_to
    for relay, thread in relays:
        relay.stop()
        thread.join()


@pytest.fixture
def relay(served: str, relay_to: Callable[[int], Relay]) -> Relay:
    """A relay in front of the server."""
    return relay_to(int(served.rsplit(":", 1)[1]))
