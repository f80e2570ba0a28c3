"""What clients and administrators see while the database is full, read-only, unavailable or closed.

The test suite tries one state. `just prove states` tries all of them and prints the table in
`docs/operate/when-something-fails.md`. It needs root to make a small file system for a full disk
and a failover.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from strongroom import Identity, OfflineCache, Strongroom, StrongroomError
from strongroom_core.crypto.root import encode_root
from strongroom_core.db.connection import connect
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_server.embedded.postgres import EmbeddedPostgres
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import make_operator
from strongroom_testkit.world import World

from .cli_world import CliWorld, open_cli_world
from .terminal import PROGRAMS

pytestmark = pytest.mark.programs

GENEROUS_SECONDS = 90.0
SECRET = "billing/API_KEY"
DISK = "160m"


@dataclass(slots=True)
class Forwarder:
    """A PostgreSQL socket that forwards to one cluster or another, as a DNS name or virtual address would."""

    folder: Path
    target: Path
    _server: asyncio.Server | None = None
    _writers: list[asyncio.StreamWriter] = field(default_factory=list[asyncio.StreamWriter])

    async def open(self, name: str) -> None:
        """Listen on a socket with this name in the folder, as PostgreSQL does."""
        self._server = await asyncio.start_unix_server(self._serve, self.folder / name)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inside = await asyncio.open_unix_connection(self.target)
        except OSError:
            writer.close()
            return
        both = [
            asyncio.create_task(_pass_on(reader, inside[1])),
            asyncio.create_task(_pass_on(inside[0], writer)),
        ]
        self._writers += [writer, inside[1]]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for each in (writer, inside[1]):
            each.close()

    async def close(self) -> None:
        """Close every connection."""
        if self._server is not None:
            self._server.close()
        for each in self._writers:
            each.close()
        await asyncio.sleep(0.1)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


@dataclass(slots=True)
class Place:
    """A real server with its own PostgreSQL, and a machine with all its clients."""

    cluster: Cluster
    database: str
    cli: CliWorld
    forwarder: Forwarder
    folder: Path
    disk: Path
    value: str = field(repr=False)
    process: subprocess.Popen[bytes] | None = None
    second: EmbeddedPostgres | None = None

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.folder / "server.log"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the server's commands: the three URLs go through the forwarder."""
        host = quote(str(self.cluster.postgres.host), "")
        urls = {
            variable: self.cluster.url(self.database, user).replace(
                host, quote(str(self.forwarder.folder), "")
            )
            for variable, user in (
                ("DATABASE_URL", "strongroom"),
                ("STRONGROOM_OWNER_DATABASE_URL", "strongroom_owner"),
                ("STRONGROOM_JOBS_DATABASE_URL", "strongroom_jobs"),
            )
        }
        kept = {name: text for name, text in os.environ.items() if "STRONGROOM" not in name}
        return {**kept, **urls, "STRONGROOM_WITHOUT_DASHBOARD": "1"}

    async def serve(self) -> None:
        """Start `strongroom-server serve` on the machine's port, with its root key."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    PROGRAMS / "strongroom-server",
                    "serve",
                    "--data",
                    self.folder / "data",
                    "--port",
                    str(self.cli.port),
                    "--root-stdin",
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self.environment,
            )
        assert self.process.stdin is not None
        self.process.stdin.write(encode_root(self.cluster.root).encode())
        self.process.stdin.close()

    async def end(self) -> None:
        """End the server without blocking this event loop, which also runs the forwarder."""
        if self.process is not None:
            self.process.terminate()

            assert 0 == await asyncio.to_thread(self.process.wait, GENEROUS_SECONDS)

    async def get(self, path: str) -> httpx.Response | None:
        """Send the server a GET, or return None if it doesn't respond within ten seconds."""
        async with httpx.AsyncClient(timeout=10) as client:
            try:
                return await client.get(f"{self.cli.url}{path}")
            except httpx.HTTPError:
                return None

    async def read(self) -> str:
        """Read as a machine without a library would; return the status and the code."""
        assert self.cli.machine is not None
        path = f"/v1/secret/{self.cli.secrets[SECRET].id}"
        now = time.time()  # noqa: TID251 -- the server under test has the real clock
        headers = self.cli.machine.headers("GET", path, at=int(now))
        async with httpx.AsyncClient(timeout=10) as client:
            try:
                answer = await client.get(f"{self.cli.url}{path}", headers=headers)
            except httpx.HTTPError:
                return "no answer in 10 s"
        if answer.status_code == 200:
            return "200"
        wait = "" if "retry-after" in answer.headers else " without Retry-After"
        return f"{answer.status_code} {answer.json()['code']}{wait}"

    async def is_back(self) -> bool:
        """Return whether the server is ready and a machine can read."""
        ready = await self.get("/health/ready")
        return ready is not None and ready.status_code == 200 and await self.read() == "200"

    async def fails(self) -> bool:
        """Return whether a machine's read fails."""
        return await self.read() != "200"

    async def until(self, holds: Any, what: str) -> float:
        """Wait until the condition is true, and return how many seconds that took."""
        began = time.monotonic()
        while not await holds():
            assert self.process is None or self.process.poll() is None, self.log.read_text()
            assert time.monotonic() - began < GENEROUS_SECONDS, f"{what}: {self.log.read_text()}"
            await asyncio.sleep(0.1)
        return time.monotonic() - began

    async def administer(self, *statements: str) -> None:
        """Run statements as PostgreSQL's administrator, each in its own transaction."""
        connection = await connect(self.cluster.administrator_url("postgres"))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def cut(self) -> None:
        """Close all the server's connections."""
        await self.administer(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename like 'strongroom%'"
            " and usename <> current_user"
        )

    def processes(self) -> list[int]:
        """PostgreSQL's processes, the postmaster first."""
        first = self.cluster.postgres.pid
        assert first is not None
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]

    async def see(self) -> dict[str, str]:
        """Observe the state with every client and command."""
        said: dict[str, str] = {"read": await self.read()}
        bare = await self.cli.terminal.strongroom("get", SECRET)
        said["CLI"] = f"exit {bare.status}"
        cached = await self.cli.terminal.strongroom("get", SECRET, "--offline-cache")
        kept = cached.status == 0 and cached.out.strip() == self.value
        said["CLI with cache"] = "value from cache" if kept else f"exit {cached.status}"
        said["SDK with cache"] = await asyncio.to_thread(self._sdk)
        for path in ("/health/ready", "/health"):
            began = time.monotonic()
            answer = await self.get(path)
            took = time.monotonic() - began
            late = f" after {took:.0f} s" if took > 2 else ""
            said[path] = (
                "no answer"
                if answer is None
                else f"{answer.status_code} {answer.json()['status']}{late}"
            )
        answer = await self.get("/metrics")
        figures = dict(
            line.split(" ", 1)
            for line in (answer.text if answer is not None else "").splitlines()
            if line.startswith("strongroom_database_")
        )
        said["metrics"] = (
            f"up {float(figures.get('strongroom_database_up', 'nan')):.0f},"
            f" writable {float(figures.get('strongroom_database_writable', 'nan')):.0f}"
        )
        said["doctor"] = await self.doctor()
        return said

    def _sdk(self) -> str:
        identity = Identity.load(self.cli.identity)
        with Strongroom(identity, cache=OfflineCache(), attempts=1, timeout=5) as client:
            try:
                value = client.get_secret(self.cli.secrets[SECRET].id)
            except StrongroomError as error:
                return type(error).__name__
        right = value.reveal() == self.value
        return "value from cache" if right and value.offline is not None else "value"

    async def doctor(self) -> str:
        """Return the problems with the database that `doctor` finds."""
        process = await asyncio.create_subprocess_exec(
            PROGRAMS / "strongroom-server",
            "doctor",
            "--data",
            self.folder / "data",
            "-f",
            "json",
            stdout=subprocess.PIPE,
            env=self.environment,
        )
        out, _ = await asyncio.wait_for(process.communicate(), GENEROUS_SECONDS)
        problems = [
            each["says"]
            for each in json.loads(out)["findings"]
            if each["grade"] == "problem" and each["check"] in ("database", "writes", "server")
        ]
        return "; ".join(dict.fromkeys(problems)) or "no problem"


Step = Callable[[Place], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class State:
    """A state of the database: how to cause it and how to end it."""

    begin: Step
    end: Step


def _by(*statements: str, cut: bool = False) -> Step:
    """Run these statements as an administrator; `cut` makes the server reconnect."""

    async def step(place: Place) -> None:
        await place.administer(*(each.format(db=place.database) for each in statements))
        if cut:
            await place.cut()

    return step


async def _fill(place: Place) -> None:
    """Another program fills PostgreSQL's disk."""
    with (place.disk / "filler").open("wb") as filler, suppress(OSError):
        while True:
            filler.write(bytes(65536))
            filler.flush()


async def _make_room(place: Place) -> None:
    (place.disk / "filler").unlink()


async def _demote(place: Place) -> None:
    """The primary becomes read-only and keeps its connections. The new primary is a copy of its files."""
    await place.administer("checkpoint")
    copy = place.folder / "second" / "postgres"
    ignored = shutil.ignore_patterns("postmaster.*", "filler")
    await asyncio.to_thread(shutil.copytree, place.cluster.postgres.data, copy, ignore=ignored)
    copy.chmod(0o700)
    place.second = await EmbeddedPostgres.start(copy, fsync=False)
    await place.administer(
        "alter system set default_transaction_read_only = on", "select pg_reload_conf()"
    )


async def _fail_over(place: Place) -> None:
    """New connections lead to the new primary; the old one keeps running."""
    assert place.second is not None
    place.forwarder.target = place.second.host / place.forwarder.target.name


async def _pause(place: Place) -> None:
    """PostgreSQL hangs, as with a disk that doesn't respond."""
    for process in place.processes():
        os.kill(process, signal.SIGSTOP)


async def _go_on(place: Place) -> None:
    for process in reversed(place.processes()):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)


async def _stop(place: Place) -> None:
    """Nothing listens at PostgreSQL's address."""
    place.forwarder.target = place.forwarder.target.with_name("nobody")
    await place.cut()


async def _start(place: Place) -> None:
    place.forwarder.target = place.cluster.postgres.host / ".s.PGSQL.5432"


async def _restart(place: Place) -> None:
    """PostgreSQL is killed, and restarted as fast as it recovers."""
    os.kill(place.processes()[0], signal.SIGKILL)


async def _wait(_place: Place) -> None:
    pass


def _limit(connections: int) -> list[str]:
    return [
        f"alter role {role} connection limit {connections}"
        for role in ("strongroom", "strongroom_jobs")
    ]


STATES = {
    "stopped": State(_stop, _start),
    "restarted": State(_restart, _wait),
    "paused": State(_pause, _go_on),
    "disk full": State(_fill, _make_room),
    "read-only": State(
        _by("alter database {db} set default_transaction_read_only = on", cut=True),
        _by("alter database {db} reset default_transaction_read_only"),
    ),
    "login barred": State(
        _by("alter role strongroom nologin", "alter role strongroom_jobs nologin", cut=True),
        _by("alter role strongroom login", "alter role strongroom_jobs login"),
    ),
    "connections used up": State(_by(*_limit(0), cut=True), _by(*_limit(-1))),
    "demoted": State(_demote, _fail_over),
}

AWAY = {
    "CLI": "exit 6",
    "CLI with cache": "value from cache",
    "SDK with cache": "value from cache",
}
REASONS = {
    "disk full": "the database's disk is full",
    "read-only": "the database is read-only",
    "demoted": "the database is read-only",
    "login barred": "the database rejects the login",
    "connections used up": "the database has no connections left",
    "paused": "the database doesn't respond in time",
    "stopped": "the database is unreachable",
}


@pytest.fixture
async def place(
    request: pytest.FixtureRequest, tmp_path: Path, markers: Markers
) -> AsyncIterator[Place]:
    """A PostgreSQL, on a small file system if possible, a server, and a machine."""
    disk, forwarder_folder = tmp_path / "disk", tmp_path / "fwd"
    for each in (disk, forwarder_folder):
        each.mkdir(mode=0o700)
    mounted = request.node.get_closest_marker("prove") is not None and os.geteuid() == 0
    if mounted:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", disk], check=True)
    cluster = await Cluster.start(disk / "postgres")
    socket = cluster.postgres.host / ".s.PGSQL.5432"
    forwarder = Forwarder(forwarder_folder, socket)
    await forwarder.open(socket.name)
    place = None
    try:
        database = await cluster.fresh_database()
        core = await open_core(Settings(database_url=cluster.url(database)))
        await unseal(core, cluster.root)
        person = await make_operator(core, cluster.initialised.setup_token, markers)
        async with open_cli_world(World(core, person, markers), tmp_path) as cli:
            value = await cli.value(SECRET)
            await cli.stop()
            await core.database.close()
            place = Place(cluster, database, cli, forwarder, tmp_path, disk, value)
            await place.serve()
            await place.until(place.is_back, "the server answers")
            filled = await cli.terminal.strongroom("get", SECRET, "--offline-cache")

            assert 0 == filled.status, filled.err

            yield place
    finally:
        if place is not None:
            await place.end()
        if place is not None and place.second is not None:
            await place.second.stop()
        await forwarder.close()
        await cluster.stop()
        if mounted:
            subprocess.run(["umount", disk], check=True)


async def observe(place: Place, name: str) -> dict[str, str]:
    """Cause the state, observe it, end it, and wait until everything works again."""
    state = STATES[name]
    await state.begin(place)
    if name != "restarted":
        await place.until(place.fails, "it is noticed")
        said = await place.see()
    else:
        said = {"read": "503 unavailable"}
    await state.end(place)
    back = await place.until(place.is_back, "it is back")
    said["back"] = f"{back:.1f} s"
    row = " | ".join(f"{what}: {text}" for what, text in said.items())
    print(f"\n{name}: {row}")
    return said


def check(name: str, said: dict[str, str]) -> None:
    """Compare the observations with the page."""
    if name == "restarted":
        return
    if name != "paused":
        assert "503 unavailable" == said["read"]
    assert said["/health/ready"].startswith("503 degraded")
    assert said["/health"].startswith("200 degraded")
    assert AWAY == {what: said[what] for what in AWAY}
    assert said["metrics"].endswith("writable 0")
    assert REASONS[name] in said["doctor"]


async def test_a_read_only_database(place: Place) -> None:
    """H-3, H-4: clients get 503 and use the cache; health, metrics, doctor and one log line report it."""
    said = await observe(place, "read-only")
    lines = [json.loads(line) for line in place.log.read_text().splitlines()]

    check("read-only", said)
    assert "no problem" == await place.doctor()
    assert 1 == len([each for each in lines if each["event"] == "database_unavailable"])
    assert not [each for each in lines if each["level"] == "error"]


async def test_a_start_meanwhile_waits(place: Place) -> None:
    """H-3: a server restarted while nothing can be written continues as soon as writes work."""
    await STATES["read-only"].begin(place)
    await place.end()
    await place.serve()
    await asyncio.sleep(3)
    await STATES["read-only"].end(place)
    await place.until(place.is_back, "it is back")


@pytest.mark.prove
async def test_every_state(place: Place) -> None:
    """H-3, H-4: in every state, clients use their caches, and everything recovers automatically."""
    if os.geteuid() != 0:
        pytest.skip("a small file system needs root")
    began = time.monotonic()
    for name in STATES:
        check(name, await observe(place, name))
    lines = [json.loads(line) for line in place.log.read_text().splitlines()]
    events: dict[str, int] = {}
    for line in lines:
        events[line["event"]] = events.get(line["event"], 0) + 1
    print("\n", time.monotonic() - began, "s; log lines by event:", events)

    assert not [each for each in lines if each["event"] == "unexpected error"]
    minutes = (time.monotonic() - began) / 60
    assert events["database_unavailable"] <= minutes + 1
