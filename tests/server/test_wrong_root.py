"""A wrong root key is rejected before anything is touched (E-2)."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from strongroom_core.crypto.root import encode_root, new_root

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = 78


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.mark.parametrize("source", ["file", "stdin", "credential"])
def test_the_folder_does_not_change(
    program: Any, installation: Any, tmp_path: Path, tools: Any, source: str
) -> None:
    """E-2: for a wrong root key from any source, the exit code is 78, and no file in the folder changes."""
    wrong = encode_root(new_root())
    place = tmp_path / "credentials"
    place.mkdir()
    file = place / "strongroom-root"
    file.write_text(wrong)
    file.chmod(0o400)
    before = tools.fingerprint(installation.data)
    command: list[str | Path] = ["serve", "--data", installation.data, "--port", str(free_port())]
    match source:
        case "file":
            command += ["--root-file", file, "--allow-root-on-disk"]
        case "stdin":
            command += ["--root-stdin"]
        case _:
            program.environment["CREDENTIALS_DIRECTORY"] = str(place)
    done = program.run(*command, given=wrong)

    assert done.returncode == CONFIGURATION
    assert tools.fingerprint(installation.data) == before


def test_the_message_names_the_version(program: Any, installation: Any) -> None:
    """E-2: the error names the required root key version; no root key is repeated, not even in part."""
    wrong = encode_root(new_root())
    done = program.run("serve", "--data", installation.data, "--root-stdin", given=wrong)
    said = done.stdout + done.stderr
    groups = [*wrong.split("-")[1:], *installation.root.split("-")[1:]]

    assert "version 1" in done.stderr
    assert [group for group in groups if group in said] == []


def test_text_that_is_not_a_root_key(program: Any, installation: Any, tools: Any) -> None:
    """E-2: text that isn't a root key is rejected at the same point, and isn't repeated."""
    before = tools.fingerprint(installation.data)
    done = program.run(
        "serve", "--data", installation.data, "--root-stdin", given=installation.root[:-1]
    )

    assert done.returncode == CONFIGURATION
    assert installation.root[:-1] not in done.stdout + done.stderr
    assert tools.fingerprint(installation.data) == before


def test_the_right_root_starts_it_afterwards(program: Any, installation: Any, tools: Any) -> None:
    """E-2: after a failed check, the right root key works as before."""
    options = ("serve", "--data", installation.data, "--port", 0, "--root-stdin")
    program.run(*options, given=encode_root(new_root()))
    server = program.start(*options, given=installation.root)

    assert tools.get(server.ready()["url"], "/health").json() == {
        "status": "ok",
        "dashboard": "off",
    }


def test_the_database_has_the_last_word(program: Any, installation: Any, tmp_path: Path) -> None:
    """E-2: a copy of the check value from elsewhere doesn't make a wrong root key valid."""
    other = tmp_path / "other"
    made = program.run("init", "--data", other)
    root = next(line.strip() for line in made.stdout.splitlines() if "skr1-" in line)
    (installation.data / "root-check.json").write_bytes((other / "root-check.json").read_bytes())
    done = program.run(
        "serve", "--data", installation.data, "--port", 0, "--root-stdin", given=root
    )

    assert done.returncode == CONFIGURATION
    assert "version 1" in done.stderr
