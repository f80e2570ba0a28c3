"""`kill -9` of any process while people change secrets: acknowledged changes survive (E-1)."""

from __future__ import annotations

import json
import os
import random  # noqa: TID251 -- a test's course isn't secret
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from strongroom_core.core import Core
from strongroom_core.crypto.root import parse_root
from strongroom_core.kernel.ids import VaultId
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_server.data_folder import DataFolder
from strongroom_server.databases import start_embedded
from strongroom_testkit.markers import Markers
from strongroom_testkit.opener import open_live_value
from strongroom_testkit.programs import Programs, Running, root_in

from .ledger import Change, Ledger
from .writer import IMPATIENT_SECONDS, Writer

POINTS = int(os.environ.get("STRONGROOM_KILLS", "6"))
WRITERS = 3
GENEROUS_SECONDS = 300.0

KINDS = ("server", "database", "both")
"""The server, which then shuts its database down cleanly; the postmaster; all processes at once."""

MAKE_VERSIONS = {
    "secret_create",
    "secret_replace",
    "secret_rotate",
    "secret_rollback",
    "canary_plant",
    "canary_replant",
}


@dataclass(slots=True)
class Site:
    """A data folder that outlives its servers."""

    programs: Programs
    data: Path
    root_file: Path
    server: Running
    ready: dict[str, Any]
    cookies: httpx.Cookies

    def client(self) -> httpx.Client:
        """Return a client with the session, which also outlives the servers."""
        url = self.ready["url"]
        headers = {
            "Origin": url,
            "X-Strongroom-Client": "kill",
            "X-Strongroom-Vault": self.ready["vaultId"],
        }
        return httpx.Client(
            base_url=url, headers=headers, cookies=self.cookies, timeout=IMPATIENT_SECONDS
        )

    def postgres(self) -> list[int]:
        """Return the embedded database's processes, the postmaster first."""
        with suppress(FileNotFoundError, ValueError, IndexError):
            first = int((self.data / "postgres/postmaster.pid").read_text().split()[0])
            return [first, *(each for each in _working_in(self.data / "postgres") if each != first)]
        return _working_in(self.data / "postgres")

    def cut(self, kind: str) -> None:
        """Kill the processes that this kind of power failure kills."""
        postgres = self.postgres()
        if kind in ("server", "both"):
            self.server.process.kill()
        for process in {"server": [], "database": postgres[:1], "both": postgres}[kind]:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def come_back(self, kind: str) -> float:
        """Restart the server if it was killed, wait until everything works, and return how long it took."""
        began = time.monotonic()
        if kind != "database":
            self.server.process.wait(GENEROUS_SECONDS)
            arguments = ("--port", "0", "--keep", self.data, "--root-file", self.root_file)
            self.server = self.programs.start("dev", *arguments)
            self.ready = self.server.ready()
        with self.client() as client:
            while not _is_well(client):
                if time.monotonic() - began > GENEROUS_SECONDS:
                    pytest.fail("the database did not recover on its own")
                time.sleep(0.02)
        return time.monotonic() - began


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Yield the data folder after the first start, with a person signed in."""
    for name in ("searched", "outside"):
        (tmp_path / name).mkdir()
    programs = Programs(tmp_path / "searched", tmp_path / "outside")
    data, root_file = tmp_path / "data", tmp_path / "outside/root"
    server = programs.start("dev", "--port", "0", "--keep", data)
    ready = server.ready()
    root_file.write_text(root_in(server.said))
    root_file.chmod(0o600)
    site = Site(programs, data, root_file, server, ready, httpx.Cookies())
    owner = {name: ready["owner"][name] for name in ("email", "password")}
    with site.client() as client:
        client.post("/api/session", json=owner).raise_for_status()
        site.cookies = client.cookies
    yield site
    programs.end_all()


async def test_acknowledged_changes_survive(site: Site, tmp_path: Path, markers: Markers) -> None:
    """E-1, L-2: after each kill, every acknowledged change still exists, with its event and its value."""
    seed = random.SystemRandom().randrange(1 << 32)
    chance, ledger = random.Random(seed), Ledger(tmp_path / "ledger")
    writers = [_writer(site, number, ledger, markers, chance) for number in range(WRITERS)]
    kinds, took, killed = Counter[str](), list[float](), 0
    for point in range(POINTS):
        kind = KINDS[point % len(KINDS)]
        before = len(ledger.changes())
        _write_until_cut(site, writers, kind, chance.uniform(0.1, 1.0))
        took.append(site.come_back(kind))
        print(
            f"\r{point + 1} of {POINTS}: {kind}, back after {took[-1]:.1f} s ", end="", flush=True
        )
        _compare(site, writers)
        kinds[kind] += 1
        killed += len(ledger.changes()) > before
    status = site.server.end(signal.SIGTERM)
    found = await _look_inside(site, ledger.changes())
    acknowledged = [change for change in ledger.changes() if change.acknowledged]
    print(
        f"\n{POINTS} kills ({dict(kinds)}), seed {seed}: {len(ledger.changes())} changes sent,"
        f" {len(acknowledged)} acknowledged, {sum(w.unanswered for w in writers)} unanswered,"
        f" {found.refused_and_done} of {found.refused} answered 5xx were done all the same;"
        f" back after {min(took):.1f} to {max(took):.1f} s; {found.opened} versions opened,"
        f" {len(found.wrong)} wrong"
    )

    assert status == 0
    assert killed == POINTS
    assert found.wrong == []
    assert len(acknowledged) > POINTS * WRITERS


def test_the_ledger_notices_a_loss(tmp_path: Path) -> None:
    """E-1: negative control: an acknowledged change that is missing is reported."""
    ledger = Ledger(tmp_path / "ledger")
    sent = ledger.send(Change(0, "secret_create", "LOST", version=1, value="x"))
    ledger.answer(Change(sent.number, "secret_create", "LOST", "sk_lost", 1, "x", 201, "req_lost"))
    (change,) = ledger.changes()

    assert change.acknowledged
    assert _complaints(change, {}, {}, {}) == [
        "entry of secret_create LOST 1 is missing",
        "version 1 of LOST is missing",
    ]


def _writer(
    site: Site, number: int, ledger: Ledger, markers: Markers, chance: random.Random
) -> Writer:
    with site.client() as client:
        made = client.post("/api/projects", json={"name": f"writer {number}"})
    made.raise_for_status()
    own = random.Random(chance.random())
    return Writer(f"W{number}", made.json()["id"], ledger, markers, own)


def _write_until_cut(site: Site, writers: list[Writer], kind: str, after: float) -> None:
    """Start all writers, kill processes at a random moment, and stop the writers."""
    stop, failures = threading.Event(), list[BaseException]()

    def work(writer: Writer) -> None:
        try:
            with site.client() as client:
                writer.work(client, stop)
        except BaseException as failure:  # noqa: BLE001 -- reported by the waiting thread
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    time.sleep(after)
    site.cut(kind)
    time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join(GENEROUS_SECONDS)
    if failures:
        raise failures[0]


def _compare(site: Site, writers: list[Writer]) -> None:
    """Get the new server's state, and have the writers continue from there.

    An unanswered change may or may not have happened; nothing else may differ.
    """
    with site.client() as client:
        for writer in writers:
            there = _versions_in(client, writer.project)
            for held in writer.held:
                version = there.get(held.id)
                allowed = {held.version} if held.sure else {held.version, held.version + 1}

                assert version in allowed, f"{held.name}: {version}, not {held.version}"
            writer.held = [held for held in writer.held if held.sure]


def _versions_in(client: httpx.Client, project: str) -> dict[str, int]:
    """Return every secret's current version. On fast hosts there is more than one page of secrets."""
    there: dict[str, int] = {}
    params: dict[str, Any] = {"limit": 200}
    while True:
        listed = client.get(f"/api/projects/{project}/secrets", params=params)
        page = listed.raise_for_status().json()
        there |= {each["id"]: each["version"] for each in page["items"]}
        if page["nextCursor"] is None:
            return there
        params["cursor"] = page["nextCursor"]


@dataclass(slots=True)
class Found:
    """The final state of the data."""

    wrong: list[str]
    opened: int
    refused: int
    refused_and_done: int


async def _look_inside(site: Site, changes: list[Change]) -> Found:
    """Open the data with the test's own core, and compare the data with the ledger."""
    postgres, urls = await start_embedded(DataFolder(site.data), report=lambda _line: None)
    try:
        core = await open_core(urls.into(Settings()))
        try:
            await unseal(core, parse_root(site.root_file.read_text()))
            return await _compare_rows(core, VaultId(site.ready["vaultId"]), changes)
        finally:
            await core.database.close()
    finally:
        await postgres.stop()


async def _compare_rows(core: Core, vault: VaultId, changes: list[Change]) -> Found:
    async with core.database.transaction(vault) as connection:
        rows = await connection.fetch(
            "select secret, number from secret_version order by secret, number"
        )
        kept = await connection.fetch("select id, trashed_at is not null as trashed from secret")
        entries = await connection.fetch("select * from audit_entry where outcome = 'done'")
    versions = {
        (row["secret"], row["number"]): await open_live_value(
            core, vault, row["secret"], row["number"]
        )
        for row in rows
    }
    trashed = {row["id"]: row["trashed"] for row in kept}
    by_request = {entry["request_id"]: dict(entry) for entry in entries}
    wrong = [
        complaint
        for change in changes
        if change.acknowledged
        for complaint in _complaints(change, by_request, versions, trashed)
    ]
    recorded = Counter(
        (entry["target_id"], json.loads(entry["detail"]).get("version"))
        for entry in entries
        if entry["action"] in MAKE_VERSIONS
    )
    # There is no effect without an event; this also covers unanswered changes.
    wrong += [
        f"version {key} has {recorded[key]} entries" for key in versions if recorded[key] != 1
    ]
    refused = [change for change in changes if change.status >= 500]
    done = [change for change in refused if change.request in by_request]
    return Found(wrong, len(versions), len(refused), len(done))


def _complaints(
    change: Change,
    entries: dict[str, dict[str, Any]],
    versions: dict[tuple[str, int], str],
    trashed: dict[str, bool],
) -> list[str]:
    """Return what is missing from an acknowledged change."""
    what, secret = f"{change.action} {change.name} {change.version}", change.secret or ""
    entry = entries.get(change.request or "")
    found: list[str] = []
    if entry is None or (entry["action"], entry["target_id"]) != (change.action, secret):
        found.append(f"entry of {what} is missing")
    if change.action == "secret_delete":
        return found + ([] if trashed.get(secret) else [f"{change.name} is not in the trash"])
    value = versions.get((secret, change.version))
    if value is None:
        found.append(f"version {change.version} of {change.name} is missing")
    elif change.value not in (None, value):
        found.append(f"version {change.version} of {change.name} has another value")
    return found


def _is_well(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").is_success
    except httpx.HTTPError:
        return False


def _working_in(folder: Path) -> list[int]:
    """Return the processes that have this working folder, which are those of its database."""
    found: list[int] = []
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdecimal() and (process / "cwd").readlink() == folder.resolve():
                found.append(int(process.name))
    return found
