"""A real server while its PostgreSQL's clock is moved by 40 days, and afterwards (S-7, A-4, R-3)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from strongroom_core.crypto.root import encode_root
from strongroom_core.db.connection import connect
from strongroom_core.kernel.clock import wall_clock
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_server.embedded import postgres
from strongroom_server.embedded.programs import environment
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.machine import TestMachine, granted_machine
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import Person, make_operator
from strongroom_testkit.world import World
from strongroom_worker.queue import make_tables

GENEROUS_SECONDS = 120.0
BACK_WITHIN_SECONDS = 30.0
"""The clock is read every ten seconds; the rest is for slow machines."""

SWEEPS = 2


@pytest.fixture
def moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with the clock offset for every PostgreSQL that this test starts."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        pytest.skip("libfaketime is not installed (Debian: apt-get install libfaketime)")
    file = tmp_path / "moment"
    file.write_text("+0")
    shim = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    monkeypatch.setattr(postgres, "environment", lambda: environment() | shim)
    return file


@dataclass(slots=True)
class Served:
    """A server on a database whose clock can be moved, with one machine and one person."""

    program: Any
    data: Path
    output: Path
    url: str
    secret: str
    machine: TestMachine
    person: Person
    markers: Markers

    @property
    def _ours(self) -> dict[str, str]:
        return {"X-Strongroom-Client": "tests", "Origin": self.url}

    def read(self) -> int:
        """Read the secret as a machine whose clock is right, and return the status."""
        path = f"/v1/secret/{self.secret}"
        signed = self.machine.headers("GET", path, at=int(wall_clock().timestamp()))
        return httpx.get(self.url + path, headers=signed, timeout=GENEROUS_SECONDS).status_code

    def sign_in(self) -> httpx.Cookies:
        """Sign in, and return the session's cookies."""
        answer = httpx.post(
            f"{self.url}/api/session",
            json={"email": self.person.email, "password": self.person.password},
            headers=self._ours,
            timeout=GENEROUS_SECONDS,
        )
        for cookie in answer.cookies.values():
            self.markers.note(cookie)

        assert answer.status_code == 200
        return answer.cookies

    def is_live(self, session: httpx.Cookies) -> bool:
        """Return whether the session is live."""
        url = f"{self.url}/api/session"
        answer = httpx.get(url, cookies=session, headers=self._ours, timeout=GENEROUS_SECONDS)
        return answer.status_code == 200

    def run(self, *arguments: str) -> str:
        """Run a command on the server's folder, and return its output."""
        return self.program.run(*arguments, "--data", self.data).stdout

    async def seconds_until(self, holds: Callable[[], bool], within: float) -> float:
        """Wait until the condition is true, and return how long that took."""
        began = time.monotonic()
        while not await asyncio.to_thread(holds):
            assert time.monotonic() - began < within, self.output.read_text()[-3000:]
            await asyncio.sleep(0.5)
        return time.monotonic() - began


@asynccontextmanager
async def served(program: Any, cluster: Cluster, name: str, folder: Path) -> AsyncGenerator[Served]:
    """Create a secret, a trashed one, a machine and a person, and start a server."""
    markers = Markers()
    core = await open_core(Settings(database_url=cluster.url(name)))
    await unseal(core, cluster.root)
    person = await make_operator(core, cluster.initialised.setup_token, markers)
    world = World(core, person, markers)
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    await world.trashed_secret(project, "OLD")
    machine = await granted_machine(world, project, secret)
    await core.database.close()
    for variable, login in (
        ("DATABASE_URL", "strongroom"),
        ("STRONGROOM_OWNER_DATABASE_URL", "strongroom_owner"),
        ("STRONGROOM_JOBS_DATABASE_URL", "strongroom_jobs"),
    ):
        program.environment[variable] = cluster.url(name, login)
    await make_tables(cluster.url(name, "strongroom_jobs"))
    server = program.start(
        "serve", "--data", folder, "--port", 0, "--root-stdin", given=encode_root(cluster.root)
    )
    try:
        url = server.ready()["url"]
        yield Served(program, folder, server.output, url, secret.id, machine, person, markers)
    finally:
        server.end()


@pytest.mark.prove
@pytest.mark.parametrize("by", ["+40d", "-40d"])
async def test_the_clock_of_the_database_is_moved(
    program: Any, tmp_path: Path, moment: Path, by: str
) -> None:
    """S-7, A-4, R-3: nothing is deleted; once the clock is right, reads and sign-ins work within seconds."""
    cluster = await Cluster.start(tmp_path / "data")
    try:
        name = await cluster.fresh_database()
        async with served(program, cluster, name, tmp_path / "server") as server:
            assert server.read() == 200
            before = server.sign_in()
            moment.write_text(by)
            # The first denied read shows that the server has adopted the wrong clock.
            await server.seconds_until(lambda: server.read() == 401, BACK_WITHIN_SECONDS)
            during = server.sign_in()
            await server.seconds_until(
                lambda: server.output.read_text().count("clock_in_doubt") >= SWEEPS,
                (SWEEPS + 1) * 60 + GENEROUS_SECONDS,
            )
            metrics = httpx.get(f"{server.url}/metrics", timeout=GENEROUS_SECONDS).text

            assert "strongroom_clock_in_doubt 1.0" in metrics
            assert "40 days" in server.run("clock")
            moment.write_text("+0")
            took = await server.seconds_until(lambda: server.read() == 200, BACK_WITHIN_SECONDS)
            print(f"moved by {by}: reads were 200 again after {took:.1f} s")
            after = server.sign_in()

            assert [server.is_live(each) for each in (before, during, after)] == [True, False, True]
            # The worker records in its next sweep that the clock is trusted again.
            await server.seconds_until(
                lambda: "was 40 days" in server.run("doctor"), 60 + GENEROUS_SECONDS
            )
            await require_mended(server, cluster.administrator_url(name))
    finally:
        await cluster.stop()


async def require_mended(server: Served, administrator_url: str) -> None:
    """Confirm the clock as an administrator, and check the trash, the output and the event."""
    administrator = await connect(administrator_url)
    trash = "select count(*) from secret where trashed_at is not null"
    entries = "select count(*) from audit_entry where action = 'installation_clock'"
    try:
        assert await administrator.fetchval(trash) == 1
        assert "accepted as correct" in server.run("clock", "--is-right")
        assert "40 days" not in server.run("clock")
        assert await administrator.fetchval(entries) == 1
        assert server.read() == 200
    finally:
        await administrator.close()
