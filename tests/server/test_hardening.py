"""How the server protects its own process: it reserves descriptors and keeps its memory out of files."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from strongroom_testkit.certificate import issue, serial_shown_by

GENEROUS_SECONDS = 120.0


@pytest.mark.parametrize("encrypted", [False, True], ids=["http", "https"])
def test_unfinished_requests_do_not_block_the_operator(
    program: Any, tmp_path: Path, tools: Any, encrypted: bool
) -> None:
    """E-2, H-4: with more connections than descriptors, the admin socket and health keep working."""
    data = tmp_path / "data"
    data.mkdir()
    issued = issue(tmp_path, "one.example")
    options = ["--certificate", issued.chain, "--key", issued.key] if encrypted else []
    server = program.start("serve", "--data", data, "--port", 0, *options, limits=["--nofile=256"])
    url = server.ready()["url"]
    port = int(url.rpartition(":")[2])
    # One network can have only a quarter of the connections, so the test uses several networks.
    sources = [(f"127.0.0.{2 + number % 8}", 0) for number in range(300)]
    held = [
        socket.create_connection(("127.0.0.1", port), timeout=60, source_address=source)
        for source in sources
    ]
    try:
        for each in held:
            try:
                each.sendall(b"\x16\x03\x01" if encrypted else b"GET /health HTTP/1.1\r\nHost: ")
            except OSError:
                continue
        status = program.run("unseal", "--data", data, "--status")
    finally:
        for each in held:
            each.close()

    def answers() -> bool:
        try:
            if encrypted:
                return serial_shown_by(port) == issued.serial
            return tools.get(url, "/health/live").status_code == 200
        except (OSError, httpx.TransportError):
            return False

    assert (0, "not initialized") == (status.returncode, status.stdout[:15]), status.stderr
    tools.eventually(answers, "it responds again")
    assert "connections_turned_away" in server.said()
    assert server.said().count("connections_turned_away") == 1
    assert "Traceback" not in server.said()


def test_a_crash_writes_no_core_file(program: Any, tmp_path: Path) -> None:
    """E-5: memory, which contains the root key, isn't written to a file, regardless of the original limit."""
    program.environment["TMPDIR"] = str(tmp_path)
    dev = program.start("dev", "--port", 0, limits=["--core=unlimited"], folder=tmp_path)
    dev.ready()
    limits = Path(f"/proc/{dev.process.pid}/limits").read_text()
    [line] = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    dev.end(signal.SIGSEGV)

    assert -signal.SIGSEGV == dev.process.returncode
    assert ["0", "0"] == line.split()[4:6]
    assert [] == [path.name for path in tmp_path.iterdir() if path.name.startswith("core")]


def test_an_unprotected_crash_writes_a_core_file(tmp_path: Path) -> None:
    """The test above can fail: the same crash of an unprotected program leaves a core file."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if pattern.startswith(("|", "/")):
        pytest.skip("this system writes its core files elsewhere")
    subprocess.run(
        [
            "prlimit",
            "--core=unlimited",
            sys.executable,
            "-c",
            "import os; os.kill(os.getpid(), 11)",
        ],
        cwd=tmp_path,
        check=False,
    )

    assert [] != list(tmp_path.glob("core*"))


def test_the_process_is_not_dumpable(program: Any, tmp_path: Path) -> None:
    """E-5: the process isn't dumpable: nobody can attach to it without privileges."""
    probe = (
        "import ctypes; from strongroom_server.main import main; "
        "main(['version'], standalone_mode=False); "
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert "0" == done.stdout.splitlines()[-1]


def test_the_ready_file_is_removed(program: Any, tmp_path: Path) -> None:
    """E-5: the demo's password file is removed; a file that someone else put there isn't."""
    program.environment["TMPDIR"] = str(tmp_path)
    dev = program.start("dev", "--port", 0)
    dev.ready()
    dev.end(signal.SIGINT)
    other = program.start("dev", "--port", 0)
    other.ready()
    other.ready_file.write_text("somebody else's")
    other.end(signal.SIGINT)

    assert not dev.ready_file.exists()
    assert "somebody else's" == other.ready_file.read_text()
    assert "event='request'" not in dev.said()


@pytest.mark.parametrize("command", ["dev", "serve"])
def test_a_port_is_a_port(program: Any, command: str) -> None:
    """The option rejects a number that isn't a valid port."""
    done = program.run(command, "--port", 99999)

    assert 2 == done.returncode
    assert "0<=x<=65535" in done.stderr


def test_a_missing_folder(program: Any, tmp_path: Path) -> None:
    """H-1: a typo in --data doesn't become a second installation."""
    done = program.run("serve", "--data", tmp_path / "nothere", "--port", 0)

    assert 1 == done.returncode
    assert "data folder" in done.stderr
    assert not (tmp_path / "nothere").exists()


def test_dev_keep_rejects_other_folders(program: Any, tmp_path: Path) -> None:
    """H-2: --keep accepts a new folder, an empty one, or its own."""
    (tmp_path / "letter").write_text("private")
    done = program.run("dev", "--port", 0, "--keep", tmp_path)

    assert 1 == done.returncode
    assert "--keep" in done.stderr
    assert ["letter"] == [path.name for path in tmp_path.iterdir()]


def test_new_folders_are_this_users(program: Any, tmp_path: Path) -> None:
    """E-5: the folders that `init` creates, including parents, are inaccessible to other users."""
    done = program.run("init", "--data", tmp_path / "a" / "b")
    modes = [oct((tmp_path / name).stat().st_mode & 0o777) for name in ("a", "a/b")]

    assert ["0o700"] * 2 == modes, done.stderr
    assert "http://localhost:8200/setup#srl_" in done.stdout.splitlines()[-1]


def test_an_unused_socket(program: Any, tmp_path: Path) -> None:
    """E-2: for a killed server, and for one that accepts no more connections, the error gives the reason."""
    gone = socket.socket(socket.AF_UNIX)
    gone.bind(str(tmp_path / "admin.sock"))
    refused = program.run("unseal", "--data", tmp_path, "--status")
    gone.listen(0)
    waiting = socket.socket(socket.AF_UNIX)
    waiting.connect(str(tmp_path / "admin.sock"))
    full = program.run("unseal", "--data", tmp_path, "--status")
    waiting.close()
    gone.close()

    assert (1, 1) == (refused.returncode, full.returncode)
    assert "no server is running" in refused.stderr
    assert "isn't accepting commands" in full.stderr
