"""Compares shares with SnapPass: pairs of creating and opening per second, and secrets shown twice.

``./run bench snappass [--seconds N] [--secrets N]``. SnapPass comes from PyPI, in a separate environment,
with the system's `redis-server` and four threads of waitress. Strongroom is `serve` with its own PostgreSQL.
Both listen only on this computer, without TLS, and stop when this program exits.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode

from benchmarks.load import Deployment, hardware
from strongroom_core.crypto.random import random_bytes
from strongroom_core.db.connection import connect

if TYPE_CHECKING:
    from collections.abc import Generator

PACKAGES = ("snappass==1.6.2", "setuptools==80.9.0", "waitress==3.0.2")
AT_ONCE = 4
READY_SECONDS = 120.0
A_DAYS_SHARES = 150
"""After this many shares, all shares so far are backdated, because a plan allows 200 per day."""

_numbers = itertools.count(1)

PROMISES = """
What each does for a pair:
  SnapPass    Fernet with a key in the link; Redis keeps the ciphertext in memory. Anyone with the link can
              open it. GET and DEL are two commands.
  Strongroom  two Argon2id computations of 64 MiB (creating and opening), so that the database and the server
              can't open it, three transactions synced to disk, and two events. Opening needs a passphrase
              too, and is one statement."""


class Service(Protocol):
    """A service for one-time secrets."""

    async def create(self, secret: str) -> Any:
        """Store a secret; return what its recipient needs."""
        ...

    async def open(self, link: Any) -> str:
        """Return the page or the answer that shows the secret; "" if it is gone."""
        ...


async def ask(
    port: int,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes = b"",
    *,
    address: str = "127.0.0.1",
) -> tuple[int, str, str]:
    """Send one request; return the status, the headers and the body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    given = {"Host": f"127.0.0.1:{port}", "Content-Length": str(len(body)), "Connection": "close"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**given, **headers}.items())
    try:
        writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        head, _, text = (await reader.read()).decode().partition("\r\n\r\n")
    finally:
        writer.close()
    return int(head.split(" ", 2)[1]), head, text


@dataclass
class SnapPass:
    """A running SnapPass."""

    port: int

    async def create(self, secret: str) -> str:
        """Store a secret with the form on its page, as a program would."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        body = urlencode({"password": secret, "ttl": "Hour"}).encode()
        status, _, text = await ask(self.port, "POST", "/", headers, body)
        if status != 200:
            raise RuntimeError(f"SnapPass answered {status}")
        return "/" + json.loads(text)["link"].rpartition("/")[2]

    async def open(self, link: str) -> str:
        """Press the button of the link's page."""
        status, _, text = await ask(self.port, "POST", quote(link, safe="/%~"), {})
        return text if status == 200 else ""


@dataclass
class Strongroom:
    """A running Strongroom, and a person's session."""

    ours: Deployment
    headers: dict[str, str] = field(default_factory=dict[str, str])
    crowded: int = 0

    async def sign_in(self) -> None:
        """Sign in as the administrator."""
        person = self.ours.person
        self.headers = {
            "Origin": f"http://localhost:{self.ours.port}",
            "X-Strongroom-Client": "bench",
            "Content-Type": "application/json",
        }
        body = json.dumps({"email": person["email"], "password": person["password"]}).encode()
        status, head, _ = await ask(self.ours.port, "POST", "/api/session", self.headers, body)
        if status != 200:
            raise RuntimeError(f"signing in answered {status}")
        cookies = [
            line.partition(":")[2].partition(";")[0].strip()
            for line in head.splitlines()
            if line.lower().startswith("set-cookie:")
        ]
        self.headers |= {"Cookie": "; ".join(cookies), "X-Strongroom-Vault": person["vault"]}

    async def create(self, secret: str) -> dict[str, str]:
        """Create a share."""
        return await self._until_served("/api/shares", {"value": secret}, self.headers, "127.0.0.1")

    async def open(self, link: dict[str, str]) -> str:
        """Open a share, from a separate address."""
        locator, _, key = link["url"].rpartition("/s/")[2].partition("#")
        number = next(_numbers)
        headers = {name: text for name, text in self.headers.items() if name not in PERSONAL}
        answer = await self._until_served(
            f"/s/{locator}/open",
            {"linkKey": key, "passphrase": link["passphrase"]},
            headers,
            f"127.90.{number >> 8 & 255}.{number & 255}",
        )
        return answer.get("value", "")

    async def _until_served(
        self, path: str, body: dict[str, str], headers: dict[str, str], address: str
    ) -> Any:
        """Send a request, and repeat it while the server is too busy."""
        while True:
            status, _, text = await ask(
                self.ours.port, "POST", path, headers, json.dumps(body).encode(), address=address
            )
            if status != 429:
                break
            self.crowded += 1
            await asyncio.sleep(0.05)
        if status not in (200, 201, 410):
            raise RuntimeError(f"{path} answered {status}: {text}")
        return json.loads(text)

    async def date_back(self) -> None:
        """Backdate all shares, so that the plan's daily limit isn't reached."""
        administrator = await connect(self.ours.administrator)
        try:
            await administrator.execute(
                "update share set created_at = created_at - interval '2 days'"
            )
        finally:
            await administrator.close()


PERSONAL = ("Cookie", "X-Strongroom-Vault")


async def pairs(service: Service, seconds: float) -> float:
    """Return how many secrets four clients create and open per second."""
    until, done = time.perf_counter() + seconds, 0

    async def go_on() -> None:
        nonlocal done
        while time.perf_counter() < until and done < A_DAYS_SHARES:
            secret = random_bytes(18).hex()
            if secret not in await service.open(await service.create(secret)):
                raise RuntimeError("a secret wasn't shown to its only recipient")
            done += 1

    started = time.perf_counter()
    await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))
    return done / (time.perf_counter() - started)


async def shown_twice(service: Service, secrets: int) -> list[int]:
    """Open each secret four times at once; return how often each was shown."""
    seen: list[int] = []
    for number in range(secrets):
        if isinstance(service, Strongroom) and number % A_DAYS_SHARES == 0:
            await service.date_back()
        secret = random_bytes(18).hex()
        link = await service.create(secret)
        pages = await asyncio.gather(*(service.open(link) for _ in range(AT_ONCE)))
        seen.append(sum(secret in page for page in pages))
    return seen


@contextlib.contextmanager
def snappass(folder: Path) -> Generator[SnapPass]:
    """Install and start SnapPass and its Redis."""
    folder.mkdir()
    store = shutil.which("redis-server")
    if store is None:
        raise SystemExit("redis-server is missing; install the package of that name")
    uv = shutil.which("uv") or "uv"
    subprocess.run([uv, "venv", "--quiet", folder / "venv"], check=True)
    python = folder / "venv/bin/python"
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *PACKAGES], check=True)
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        redis, port = one.getsockname()[1], two.getsockname()[1]
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("wb"))
        options = ["--bind", "127.0.0.1", "--dir", folder, "--save", ""]
        site = ["-m", "waitress", "--listen", f"127.0.0.1:{port}", "--threads", str(AT_ONCE)]
        for command, environment in (
            ([store, "--port", str(redis), *options], {}),
            ([python, *site, "snappass.main:app"], {"REDIS_PORT": str(redis), "NO_SSL": "True"}),
        ):
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        service = SnapPass(port)
        deadline = time.monotonic() + READY_SECONDS
        while True:
            with contextlib.suppress(OSError, RuntimeError, IndexError):
                asyncio.run(service.create("ready"))
                break
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"SnapPass did not start: {(folder / 'log').read_text()[-2000:]}"
                )
            time.sleep(0.2)
        yield service


async def compare(ours: Strongroom, theirs: SnapPass, seconds: float, secrets: int) -> None:
    """Print both figures for both services."""
    await ours.sign_in()
    for turn in range(3):
        for name, service in (("Strongroom", ours), ("SnapPass", theirs)):
            if isinstance(service, Strongroom):
                await service.date_back()
            rate = await pairs(service, seconds)
            print(f"round {turn + 1}: {name:10} {rate:7.1f} pairs/s, {AT_ONCE} clients", flush=True)
    for name, service in (("Strongroom", ours), ("SnapPass", theirs)):
        seen = await shown_twice(service, secrets)
        print(
            f"{name:10} of {secrets} secrets opened by {AT_ONCE} at once: {sum(n > 1 for n in seen)} shown"
            f" more than once, {sum(n == 1 for n in seen)} once, {sum(n == 0 for n in seen)} never",
            flush=True,
        )
    print(f"Strongroom answered {ours.crowded} requests with 429, which were sent again")
    print(PROMISES)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare shares with SnapPass.")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--secrets", type=int, default=300)
    options = parser.parse_args()
    if options.seconds <= 0 or options.secrets < 1:
        parser.error("--seconds and --secrets must be positive")
    with tempfile.TemporaryDirectory(prefix="strongroom-bench-") as name:
        folder = Path(name)
        with snappass(folder / "snappass") as theirs, Deployment(folder / "strongroom") as ours:
            print(hardware())
            print(f"Python {sys.version.split()[0]}, {', '.join(PACKAGES)}")
            asyncio.run(compare(Strongroom(ours), theirs, options.seconds, options.secrets))


if __name__ == "__main__":
    main()
