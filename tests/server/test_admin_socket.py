"""The admin socket admits the right users, reveals little, and isn't taken over by a second server."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from strongroom_api.process import Process
from strongroom_core.core import Core
from strongroom_core.crypto.root import encode_root, new_root
from strongroom_core.crypto.shares import split
from strongroom_core.doctor.finding import Finding
from strongroom_core.kernel.errors import Conflict, NotFound
from strongroom_server.admin import unix_socket
from strongroom_server.admin.answer import MOST_BYTES, MOST_CONVERSATIONS, answering
from strongroom_server.data_folder import DataFolder, sole_server
from strongroom_server.unsealer import Unsealer
from strongroom_testkit.cluster import Cluster

GENEROUS_SECONDS = 60.0


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path)


@asynccontextmanager
async def listener(folder: DataFolder, core: Core | None = None) -> AsyncGenerator[Unsealer]:
    unsealer = Unsealer(Process(core))
    async with answering(
        folder,
        unsealer,
        examine=_find_nothing,
        renew_link=_no_link,
        sign_up_link=_no_sign_up_link,
        reset_link=_no_sign_up_link,
        ask_clock=_tell_of_clock,
    ):
        yield unsealer


async def _find_nothing() -> list[Finding]:
    return []


async def _no_link() -> str:
    raise Conflict("the administrator account already exists")


async def _no_sign_up_link(_email: str) -> str:
    raise NotFound("sign-up")


async def _tell_of_clock(right: bool) -> list[str]:
    return [f"right: {right}"]


async def ask(folder: DataFolder, request: Any) -> dict[str, Any]:
    line = request if isinstance(request, bytes) else json.dumps(request).encode() + b"\n"
    return json.loads(await asyncio.to_thread(_exchange, folder.admin_socket, line))


def _exchange(path: Path, line: bytes) -> bytes:
    with unix_socket.connect(path, timeout=GENEROUS_SECONDS) as connection:
        connection.sendall(line)
        with connection.makefile("rb") as answers:
            return answers.readline()


def _read(path: Path) -> bytes:
    with unix_socket.connect(path, timeout=GENEROUS_SECONDS) as connection:
        return connection.recv(1)


async def test_the_socket_is_this_users_alone(folder: DataFolder) -> None:
    """E-2: the socket has mode 0600 from the moment it exists."""
    async with listener(folder):
        mode = folder.admin_socket.stat().st_mode

    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


async def test_a_clean_shutdown_removes_the_socket(folder: DataFolder) -> None:
    """A server that shut down cleanly leaves no socket behind."""
    async with listener(folder):
        pass

    assert not folder.admin_socket.exists()


async def test_a_folder_of_any_depth_will_do(tmp_path: Path, sealed_core: Core) -> None:
    """A path longer than the 107 bytes that a socket address allows works as well."""
    deep = tmp_path / ("d" * 120) / ("e" * 120)
    deep.mkdir(parents=True)
    folder = DataFolder(deep)
    async with listener(folder, sealed_core):
        answer = await ask(folder, {"op": "status"})

    assert answer == {"ok": True, "state": "sealed"}


async def test_before_init(folder: DataFolder) -> None:
    """H-4: without an installation there is nothing to unseal."""
    async with listener(folder):
        status = await ask(folder, {"op": "status"})
        refused = await ask(folder, {"op": "unseal", "root": encode_root(new_root())})

    assert status == {"ok": True, "state": "not_initialised"}
    assert (refused["ok"], refused["code"]) == (False, "not_initialised")


async def test_the_right_root_unseals(
    folder: DataFolder, sealed_core: Core, cluster: Cluster
) -> None:
    """E-2: entering the root key through the socket unseals the server."""
    async with listener(folder, sealed_core) as unsealer:
        answer = await ask(folder, {"op": "unseal", "root": encode_root(cluster.root)})
        again = await ask(folder, {"op": "unseal", "root": encode_root(cluster.root)})

    assert answer == {"ok": True, "state": "unsealed"}
    assert unsealer.unsealed.is_set()
    assert not sealed_core.sealed
    assert (again["ok"], again["code"]) == (False, "conflict")


async def test_a_wrong_root_does_not(folder: DataFolder, sealed_core: Core) -> None:
    """E-2: for a wrong root key, the error names the required version, and nothing changes."""
    wrong = encode_root(new_root())
    async with listener(folder, sealed_core):
        answer = await ask(folder, {"op": "unseal", "root": wrong})

    assert (answer["ok"], answer["code"]) == (False, "wrong_root")
    assert "version 1" in answer["message"]
    assert wrong not in answer["message"]
    assert sealed_core.sealed


async def test_shares_are_collected(
    folder: DataFolder, sealed_core: Core, cluster: Cluster
) -> None:
    """E-2: shares are entered one by one; only someone who enters one learns the attempt's ID."""
    first, second, _third = split(cluster.root, needed=2, total=3)
    async with listener(folder, sealed_core):
        progress = await ask(folder, {"op": "unseal", "share": first})
        status = await ask(folder, {"op": "status"})
        done = await ask(folder, {"op": "unseal", "share": second})

    assert (progress["given"], progress["needed"]) == (1, 2)
    assert status == {"ok": True, "state": "sealed", "given": 1, "needed": 2}
    assert done["state"] == "unsealed"


async def test_shares_of_another_root_leave_it_sealed(
    folder: DataFolder, sealed_core: Core
) -> None:
    """E-2: shares that combine to a wrong root key are dropped, and the next attempt starts over."""
    first, second = split(new_root(), needed=2, total=2)
    async with listener(folder, sealed_core):
        await ask(folder, {"op": "unseal", "share": first})
        refused = await ask(folder, {"op": "unseal", "share": second})
        status = await ask(folder, {"op": "status"})

    assert (refused["ok"], refused["code"]) == (False, "wrong_root")
    assert status == {"ok": True, "state": "sealed"}


async def test_a_reset_needs_the_attempts_id(
    folder: DataFolder, sealed_core: Core, cluster: Cluster
) -> None:
    """E-2: nobody can cancel an attempt without having entered a share."""
    first, _second = split(cluster.root, needed=2, total=2)
    async with listener(folder, sealed_core):
        progress = await ask(folder, {"op": "unseal", "share": first})
        guessed = await ask(folder, {"op": "reset", "attempt": "unseal_aaaaaaaaaaaaaaaa"})
        kept = await ask(folder, {"op": "status"})
        dropped = await ask(folder, {"op": "reset", "attempt": progress["attempt"]})
        status = await ask(folder, {"op": "status"})

    assert (guessed["ok"], guessed["code"]) == (False, "not_found")
    assert kept["given"] == 1
    assert dropped == {"ok": True, "state": "sealed"}
    assert status == {"ok": True, "state": "sealed"}


@pytest.mark.parametrize(
    "line",
    [
        b"MARKERGARBAGE\n",
        b'{"op": "MARKERGARBAGE"}\n',
        b'{"op": "status", "MARKERGARBAGE": 1}\n',
        b'{"op": "unseal", "root": ["MARKERGARBAGE"]}\n',
        b'{"op": "unseal", "root": "MARKERGARBAGE", "share": "MARKERGARBAGE"}\n',
        b'{"op": "unseal"}\n',
        b"\xff\xfeMARKERGARBAGE\n",
        b"[" * 2000 + b"\n",
    ],
)
async def test_invalid_requests_are_not_repeated(
    folder: DataFolder, sealed_core: Core, line: bytes
) -> None:
    """E-5: for any invalid input, the response names the problem without repeating the input."""
    async with listener(folder, sealed_core):
        answer = await ask(folder, line)

    assert (answer["ok"], answer["code"]) == (False, "invalid")
    assert "MARKERGARBAGE" not in json.dumps(answer)


async def test_a_request_has_an_end(folder: DataFolder, sealed_core: Core) -> None:
    """An endless line is rejected before it fills the memory."""
    async with listener(folder, sealed_core):
        answer = await ask(folder, b"x" * (3 * MOST_BYTES))
        status = await ask(folder, {"op": "status"})

    assert (answer["ok"], answer["code"]) == (False, "invalid")
    assert status["ok"]


async def test_no_more_conversations_than_bearable(folder: DataFolder, sealed_core: Core) -> None:
    """At most eight silent connections are accepted; more are rejected immediately."""
    async with listener(folder, sealed_core):
        held = [
            unix_socket.connect(folder.admin_socket, timeout=GENEROUS_SECONDS)
            for _ in range(MOST_CONVERSATIONS)
        ]
        await asyncio.sleep(0.2)
        turned_away = await asyncio.to_thread(_read, folder.admin_socket)
        for connection in held:
            connection.close()
        await asyncio.sleep(0.2)
        answer = await ask(folder, {"op": "status"})

    assert turned_away == b""
    assert answer["ok"]


async def test_a_dead_socket_is_replaced(folder: DataFolder) -> None:
    """After kill -9 the file still exists; the next server replaces it."""
    with unix_socket.bind(folder.admin_socket):
        pass
    left = folder.admin_socket.exists()
    async with listener(folder):
        answer = await ask(folder, {"op": "status"})

    assert left
    assert answer["ok"]


async def test_a_socket_that_is_answered_is_not_replaced(folder: DataFolder) -> None:
    """Of two servers on one folder, the second exits and the first keeps running."""
    async with listener(folder):
        with pytest.raises(Conflict):
            async with listener(folder):
                pass
        answer = await ask(folder, {"op": "status"})

    assert answer["ok"]


def test_the_folder_has_one_server(folder: DataFolder) -> None:
    """Only one server at a time holds the folder's lock, which is free afterwards."""
    with sole_server(folder), pytest.raises(Conflict), sole_server(folder):
        pass
    with sole_server(folder):
        pass


OTHER_USER = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
connection = socket.socket(socket.AF_UNIX)
connection.settimeout(30)
connection.connect(sys.argv[1])
try:
    connection.sendall(b'{"op": "status"}\\n')
    print(len(connection.recv(100)))
except OSError:
    print(0)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can switch to another user")
async def test_other_users_get_no_response(sealed_core: Core) -> None:
    """E-2: another user gets no response, even if the file's mode was changed by mistake."""
    base = Path("/run") if os.access("/run", os.W_OK) else Path("/tmp")
    place = base / f"strongroom-test-{os.getpid()}"
    place.mkdir(mode=0o755)
    folder = DataFolder(place)
    try:
        async with listener(folder, sealed_core):
            folder.admin_socket.chmod(0o666)
            command = [sys.executable, "-c", OTHER_USER, str(folder.admin_socket)]
            other = await asyncio.to_thread(
                subprocess.run, command, capture_output=True, text=True, check=True
            )
            own = await ask(folder, {"op": "status"})
    finally:
        place.rmdir()

    assert other.stdout == "0\n"
    assert own["ok"]


def test_the_socket_is_not_inherited(folder: DataFolder) -> None:
    """Programs that the server starts don't inherit the socket."""
    with unix_socket.bind(folder.admin_socket) as listening:
        inheritable = listening.get_inheritable()

    assert isinstance(listening, socket.socket)
    assert not inheritable


async def test_only_an_administrator_confirms_the_clock(
    folder: DataFolder, sealed_core: Core
) -> None:
    """R-3: only an administrator can confirm the clock, even on a sealed server."""
    async with listener(folder, sealed_core):
        asked = await ask(folder, {"op": "clock"})
        said = await ask(folder, {"op": "clock", "right": True})

    assert (asked["ok"], asked["clock"]) == (True, ["right: False"])
    assert (said["state"], said["clock"]) == ("sealed", ["right: True"])
