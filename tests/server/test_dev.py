"""`strongroom-server dev`: the product on one machine, in one command (H-2)."""

from __future__ import annotations

import signal
import socket
import stat
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from strongroom_core.crypto.root import encode_root, new_root
from strongroom_testkit.markers import search

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

GENEROUS_SECONDS = 120.0
CONFIGURATION = 78


@pytest.fixture
def temporary(program: Any, tmp_path: Path) -> Path:
    """Where `dev` makes its folder, when it keeps nothing."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    program.environment["TMPDIR"] = str(folder)
    return folder


@contextmanager
def log_in(ready: dict[str, Any]) -> Generator[httpx.Client]:
    """Log in as the demo's owner, as a program does."""
    headers = {"Origin": ready["url"], "X-Strongroom-Client": "tests"}
    owner = {name: ready["owner"][name] for name in ("email", "password")}
    with httpx.Client(base_url=ready["url"], headers=headers, timeout=GENEROUS_SECONDS) as client:
        client.post("/api/login", json=owner).raise_for_status()
        yield client


def values_in(ready: dict[str, Any]) -> list[str]:
    """Return the demo's secret values, of structured ones the long fields."""
    values: list[str] = [ready["owner"]["password"]]
    for secret in ready["secrets"].values():
        found = secret["value"]
        values += [found] if isinstance(found, str) else [v for v in found.values() if len(v) > 20]
    return values


def test_it_is_ready_with_a_vault_to_look_at(program: Any, temporary: Path, tools: Any) -> None:
    """H-2: the ready file names everything a program needs, and everything it names is there."""
    dev = program.start("dev", "--port", 0)
    ready = dev.ready()
    mode = stat.S_IMODE(dev.ready_file.stat().st_mode)
    health = tools.get(ready["url"], "/health").json()
    with log_in(ready) as client:
        projects = client.get("/api/projects").json()["items"]
        listed = {
            secret["id"]: secret["name"]
            for project in projects
            for secret in client.get(f"/api/projects/{project['id']}/secrets").json()["items"]
        }
        trash = client.get("/api/trash").json()["items"]
        stripe = ready["secrets"]["shop/production/STRIPE_SECRET_KEY"]
        versions = client.get(f"/api/secrets/{stripe['id']}/versions").json()["items"]

    assert mode == 0o600
    assert health == {"status": "ok", "dashboard": "off"}
    assert {"email", "username", "password"} == set(ready["owner"])
    assert len(ready["projects"]) == 6
    assert len(ready["secrets"]) == 24
    assert set(ready["projects"].values()) == {project["id"] for project in projects}
    assert listed == {
        secret["id"]: place.rpartition("/")[2] for place, secret in ready["secrets"].items()
    }
    assert [item["name"] for item in trash] == ["OLD_FTP_PASSWORD"]
    assert "rollback" in [version["origin"] for version in versions]


def test_the_ready_file_says_what_each_secret_is(program: Any, temporary: Path) -> None:
    """H-2: a single secret comes first; structured values are objects; ids belong to projects."""
    ready = program.start("dev", "--port", 0).ready()
    secrets = ready["secrets"]
    first = next(iter(secrets.values()))
    structured = [each for each in secrets.values() if each["kind"] == "structured"]

    assert first["kind"] == "single"
    assert {"id", "kind", "projectId", "value", "granted"} == set(first)
    assert len(structured) == 6
    assert all(isinstance(each["value"], dict) for each in structured)
    assert all(
        each["projectId"] == ready["projects"][place.rpartition("/")[0]]
        for place, each in secrets.items()
    )


def test_the_terminal_tells_the_story(program: Any, temporary: Path) -> None:
    """H-2: what happens is told as it happens, plainly where there is no terminal."""
    dev = program.start("dev", "--port", 0)
    ready = dev.ready()
    with log_in(ready) as client:
        client.post(
            f"/api/projects/{ready['projects']['shop/staging']}/secrets",
            json={"name": "TOLD_AS_IT_HAPPENS", "generate": {}},
            headers={"X-Strongroom-Vault": ready["vaultId"]},
        ).raise_for_status()
    expected = "ada created TOLD_AS_IT_HAPPENS (version 1) in shop/staging"
    for _ in range(600):
        if expected in dev.said():
            break
        time.sleep(0.1)
    said = dev.said()
    secrets = [value for value in values_in(ready) if value != ready["owner"]["password"]]

    assert expected in said
    assert "database: ready" in said
    assert ready["owner"]["password"] in said
    assert "\x1b" not in said
    assert [value for value in secrets if value in said] == []


def test_all_is_gone_at_exit(program: Any, temporary: Path) -> None:
    """H-2: Ctrl-C ends it with 0, and the temporary folder with everything in it is gone."""
    dev = program.start("dev", "--port", 0)
    dev.ready()
    while_running = list(temporary.iterdir())
    status = dev.end(signal.SIGINT)

    assert while_running != []
    assert status == 0
    assert list(temporary.iterdir()) == []
    assert "Traceback" not in dev.said()


def test_ctrl_c_works_while_it_starts(program: Any, temporary: Path) -> None:
    """H-2: whoever changes their mind during the start finds nothing left either."""
    dev = program.start("dev", "--port", 0)
    for _ in range(1200):
        if "database: starting" in dev.said():
            break
        time.sleep(0.05)
    status = dev.end(signal.SIGINT)

    assert status == 0
    assert list(temporary.iterdir()) == []
    assert "Traceback" not in dev.said()


def test_a_kept_vault_holds_nothing_secret(program: Any, tmp_path: Path) -> None:
    """H-2, E-2: the first start prints the root; root, password and values are not in DIR."""
    kept = tmp_path / "kept"
    dev = program.start("dev", "--port", 0, "--keep", kept)
    ready = dev.ready()
    dev.end(signal.SIGINT)
    [line] = [line for line in dev.said().splitlines() if "skr1-" in line]
    root = line.split()[-1]
    hits = search([kept], [root, root.replace("-", ""), *values_in(ready)])

    assert hits == []


def test_a_kept_vault_comes_back_with_its_root_only(
    program: Any, tmp_path: Path, tools: Any
) -> None:
    """H-2: a later start needs the root; then the vault is there, without the values nobody kept."""
    kept = tmp_path / "kept"
    dev = program.start("dev", "--port", 0, "--keep", kept)
    first = dev.ready()
    dev.end(signal.SIGINT)
    root = next(line.split()[-1] for line in dev.said().splitlines() if "skr1-" in line)
    before = tools.fingerprint(kept)
    without = program.run("dev", "--port", 0, "--keep", kept)
    wrong = program.run(
        "dev", "--port", 0, "--keep", kept, "--root-file", "-", given=encode_root(new_root())
    )
    after = tools.fingerprint(kept)
    again = program.start("dev", "--port", 0, "--keep", kept, "--root-file", "-", given=root)
    second = again.ready()
    with log_in({**second, "owner": first["owner"]}) as client:
        session = client.get("/api/session").json()

    assert without.returncode == 1
    assert "--root-file" in without.stderr
    assert wrong.returncode == CONFIGURATION
    assert after == before
    assert root not in again.said()
    assert second["vaultId"] == first["vaultId"]
    assert second["projects"] == first["projects"]
    assert set(second["secrets"]) == set(first["secrets"])
    assert "password" not in second["owner"]
    assert all("value" not in secret for secret in second["secrets"].values())
    assert session["username"] == "ada"


def test_a_busy_port_is_named(program: Any, temporary: Path) -> None:
    """H-2: a port in use is named before anything is made."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = program.run("dev", "--port", port)

    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert list(temporary.iterdir()) == []


def test_somebodys_database_is_left_alone(program: Any, temporary: Path) -> None:
    """H-2: `dev` uses its own database, whatever DATABASE_URL says."""
    program.environment["DATABASE_URL"] = "postgresql://nobody@localhost:1/nothing"
    ready = program.start("dev", "--port", 0).ready()

    assert len(ready["secrets"]) == 24
