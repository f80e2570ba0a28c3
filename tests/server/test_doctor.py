"""`strongroom-server doctor`, run as a real process: it finds problems and changes nothing (H-2)."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from strongroom_core.crypto.certificate import issue_certificate
from strongroom_core.crypto.root import encode_root
from strongroom_core.kernel.clock import wall_clock
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_testkit.certificate import issue
from strongroom_testkit.markers import search
from strongroom_testkit.world import entries_of

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.settings import Settings
    from strongroom_testkit.cluster import Cluster

DATABASE_CHECKS = {
    "clock",
    "database",
    "durability",
    "encoding",
    "installation",
    "outbox",
    "passwords",
    "roles",
    "row-level security",
    "schema",
    "search",
    "statement log",
    "write-ahead log",
}


def examine(program: Any, data: Path) -> tuple[int, list[dict[str, Any]]]:
    """Run `doctor` with JSON output; return its exit status and the findings by check and grade."""
    done = program.run("doctor", "--data", data, "-f", "json")
    told = json.loads(done.stdout)

    assert told["ok"] is (done.returncode == 0)
    assert done.stderr == ""
    # Every finding that isn't ok has a hint about what to do.
    assert [
        each for each in told["findings"] if (each["grade"] == "ok") != (not each["hint"])
    ] == []

    return done.returncode, told["findings"]


def grades(findings: list[dict[str, Any]]) -> dict[str, str]:
    worst = {"ok": 0, "warning": 1, "problem": 2}
    found: dict[str, str] = {}
    for each in findings:
        before = found.get(each["check"], "ok")
        found[each["check"]] = max(before, each["grade"], key=lambda grade: worst[grade])
    return found


def says(findings: list[dict[str, Any]], check: str) -> str:
    return " ".join(f"{each['says']} {each['hint']}" for each in findings if each["check"] == check)


def test_a_missing_folder(program: Any, tmp_path: Path) -> None:
    """H-2: a missing folder is a problem, and `doctor` doesn't create it."""
    status, found = examine(program, tmp_path / "nothing")

    assert status == 1
    assert grades(found)["data folder"] == "problem"
    assert "strongroom-server init" in says(found, "data folder")
    assert list(tmp_path.iterdir()) == []


def test_the_database_is_not_started(program: Any, installation: Any, tools: Any) -> None:
    """H-2: database checks need a running server; its absence isn't a problem, and nothing changes."""
    before = tools.fingerprint(installation.data)
    status, found = examine(program, installation.data)

    assert status == 0
    assert grades(found)["server"] == "warning"
    assert "database checks need a running server" in says(found, "database")
    assert tools.postgres_in(installation.data) == []
    assert tools.fingerprint(installation.data) == before


def test_a_running_server_examines_its_embedded_database(
    program: Any, installation: Any, tools: Any
) -> None:
    """H-2: all checks run, sealed and unsealed; only PostgreSQL's own files change."""
    server = program.start("serve", "--data", installation.data, "--port", 0)
    server.ready()
    before = ours(tools.fingerprint(installation.data))
    sealed_status, sealed = examine(program, installation.data)
    after = ours(tools.fingerprint(installation.data))
    program.run("unseal", "--data", installation.data, given=installation.root)
    status, found = examine(program, installation.data)
    shown = program.run("doctor", "--data", installation.data)

    assert sealed_status == 0
    assert grades(sealed)["server"] == "warning"
    assert "strongroom-server unseal" in says(sealed, "server")
    assert status == 0
    assert {check for check, grade in grades(found).items() if grade != "ok"} <= {"disk"}
    assert DATABASE_CHECKS | {"root", "core dumps", "randomness", "data folder"} <= set(
        grades(found)
    )
    assert after == before
    assert installation.root not in shown.stdout
    assert search([server.output], [installation.root]) == []


def ours(files: dict[str, str]) -> dict[str, str]:
    """Return the files that aren't PostgreSQL's own."""
    return {name: text for name, text in files.items() if not name.startswith("postgres")}


def test_the_readable_form_has_words_and_marks(program: Any, installation: Any) -> None:
    """H-2: every result has a mark and a word. Output that isn't a terminal gets no color."""
    installation.data.chmod(0o755)
    program.environment |= {"PYTHONIOENCODING": "utf-8", "STRONGROOM_PUBLIC_URLS": "x"}
    done = program.run("doctor", "--data", installation.data)
    program.environment["PYTHONIOENCODING"] = "ascii"
    plain = program.run("doctor", "--data", installation.data)

    assert done.returncode == plain.returncode == 1
    assert "✗ problem data folder" in done.stdout
    assert "! warning variables" in done.stdout
    assert "✓ ok " in done.stdout
    assert "problems: 1, warnings: 3" in done.stdout
    assert "\x1b" not in done.stdout
    assert "x problem data folder" in plain.stdout


def test_no_color_is_respected_at_a_terminal(program: Any, installation: Any) -> None:
    """H-2: output has colors only in a terminal, and not with NO_COLOR."""
    program.environment |= {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    colored = program.run("doctor", "--data", installation.data)
    program.environment["NO_COLOR"] = "1"
    plain = program.run("doctor", "--data", installation.data)

    assert "\x1b[32m" in colored.stdout
    assert "\x1b[32m" not in plain.stdout
    assert "ok" in plain.stdout


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o777])
def test_a_folder_accessible_to_others(program: Any, installation: Any, mode: int) -> None:
    """H-2: only its user may access the data folder."""
    installation.data.chmod(mode)
    status, found = examine(program, installation.data)

    assert status == 1
    assert grades(found)["data folder"] == "problem"
    assert f"chmod 700 {installation.data}" in says(found, "data folder")


def test_a_file_accessible_to_others(program: Any, installation: Any) -> None:
    """H-2: only its user may access the files in the data folder."""
    (installation.data / "root-check.json").chmod(0o644)
    status, found = examine(program, installation.data)

    assert status == 1
    assert "root-check.json" in says(found, "data folder")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_another_users_file(program: Any, installation: Any) -> None:
    """H-2: the server can't use another user's file in the folder."""
    os.chown(installation.data / "root-check.json", 65534, 65534)
    status, found = examine(program, installation.data)

    assert status == 1
    assert "a different user" in says(found, "data folder")


def test_mistyped_variables(program: Any, installation: Any) -> None:
    """H-2: unknown variables are listed with the nearest known one, and never with their value."""
    program.environment |= {
        "STRONGROOM_TRUSTED_PROXY": "MARKERvalue",
        "STRONGROOM_ZZZ": "MARKERother",
        "STRONGROOM_DATA": str(installation.data),
    }
    status, found = examine(program, installation.data)
    told = says(found, "variables")

    assert status == 0
    assert grades(found)["variables"] == "warning"
    assert "STRONGROOM_TRUSTED_PROXIES instead of STRONGROOM_TRUSTED_PROXY" in told
    assert "STRONGROOM_ZZZ" in told
    assert "MARKER" not in json.dumps(found)
    assert "STRONGROOM_DATA" not in told


def test_the_variables_are_those_of_the_server(program: Any, installation: Any) -> None:
    """H-2: a running server checks its own environment, not that of the administrator's shell."""
    program.environment |= {
        "STRONGROOM_SESION_IDLE": "5",
        "STRONGROOM_PUBLIC_URL": "http://vault.example",
        "STRONGROOM_TRUSTED_PROXIES": "0.0.0.0/0",
    }
    program.start("serve", "--data", installation.data, "--port", 0).ready()
    for name in [name for name in program.environment if name.startswith("STRONGROOM_S")]:
        del program.environment[name]
    program.environment["STRONGROOM_PUBLIC_URL"] = "https://vault.example"
    del program.environment["STRONGROOM_TRUSTED_PROXIES"]
    status, found = examine(program, installation.data)

    assert status == 1
    assert "STRONGROOM_SESSION_IDLE instead of STRONGROOM_SESION_IDLE" in says(found, "variables")
    assert grades(found)["public URL"] == "problem"
    assert grades(found)["trusted proxies"] == "problem"


def test_a_variable_that_cannot_be_understood_is_a_problem(program: Any, installation: Any) -> None:
    """H-2: an error that would prevent the server from starting is found in advance."""
    program.environment["STRONGROOM_SESSION_IDLE"] = "soon"
    status, found = examine(program, installation.data)

    assert status == 1
    assert "STRONGROOM_SESSION_IDLE" in says(found, "settings")


def test_a_root_check_of_another_root_is_a_problem(program: Any, installation: Any) -> None:
    """H-2: the copy of the check value next to the database is compared with the one in the database."""
    file = installation.data / "root-check.json"
    program.start("serve", "--data", installation.data, "--port", 0).ready()
    kept = json.loads(file.read_bytes())
    file.write_text(json.dumps({**kept, "checkValue": "A" * 43 + "="}))
    other_status, other_root = examine(program, installation.data)
    file.write_text("MARKERdamaged")
    damaged_status, damaged = examine(program, installation.data)
    file.unlink()
    missing_status, missing = examine(program, installation.data)

    assert (other_status, grades(other_root)["root"]) == (1, "problem")
    assert "different root key" in says(other_root, "root")
    assert (damaged_status, grades(damaged)["root"]) == (1, "problem")
    assert "MARKER" not in json.dumps(damaged)
    assert (missing_status, grades(missing)["root"]) == (0, "warning")
    assert not file.exists()


def test_a_server_before_init(program: Any, tmp_path: Path) -> None:
    """H-2: a server that is waiting for `init` responds to `doctor`, too."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    program.start("serve", "--data", data, "--port", 0).ready()
    status, found = examine(program, data)

    assert status == 1
    assert "strongroom-server init" in says(found, "server")


def test_the_certificate_in_use(program: Any, installation: Any, tmp_path: Path) -> None:
    """H-2: the running server knows which certificate it uses."""
    issued = issue(tmp_path, "localhost")
    pair = ("--certificate", issued.chain, "--key", issued.key)
    program.start("serve", "--data", installation.data, "--port", 0, *pair).ready()
    status, found = examine(program, installation.data)

    assert status == 0
    assert grades(found)["certificate"] == "ok"
    assert "expires in" in says(found, "certificate")


async def test_the_server_announces_what_it_finds(
    program: Any, settings: Settings, core: Core, cluster: Cluster, tmp_path: Path
) -> None:
    """N-1: a running server that serves the API logs that its own certificate expires soon."""
    chain, key = issue_certificate("localhost", wall_clock() - timedelta(days=20))
    (tmp_path / "chain.pem").write_bytes(chain)
    (tmp_path / "key.pem").write_bytes(key)
    program.environment |= {
        "DATABASE_URL": settings.database_url,
        "STRONGROOM_OWNER_DATABASE_URL": settings.owner_database_url,
        "STRONGROOM_JOBS_DATABASE_URL": settings.jobs_database_url,
    }
    pair = ("--certificate", tmp_path / "chain.pem", "--key", tmp_path / "key.pem")
    options = ("--only", "api", "--port", 0, "--root-stdin", *pair)
    root = encode_root(cluster.root)
    program.start("serve", "--data", tmp_path / "data", *options, given=root).ready()
    async with asyncio.timeout(60):
        while not (found := await entries_of(core, INSTALLATION, "certificate_warning")):
            await asyncio.sleep(0.05)
    detail = json.loads(str(found[0]["detail"]))

    assert detail["reason"].endswith(f": {tmp_path}/chain.pem expires in 10 days")


def test_an_external_database_without_a_server(
    program: Any, settings: Settings, tmp_path: Path
) -> None:
    """H-2: if `DATABASE_URL` names a database, no server has to run; no password is printed."""
    program.environment |= {
        "DATABASE_URL": settings.database_url,
        "STRONGROOM_OWNER_DATABASE_URL": settings.owner_database_url,
        "STRONGROOM_JOBS_DATABASE_URL": settings.jobs_database_url,
    }
    status, found = examine(program, tmp_path / "data")
    program.environment["DATABASE_URL"] = "postgresql://strongroom:MARKERpass@127.0.0.1:1/none"
    away_status, away = examine(program, tmp_path / "data")
    del program.environment["STRONGROOM_JOBS_DATABASE_URL"]
    partly_status, partly = examine(program, tmp_path / "data")

    assert set(grades(found)) >= DATABASE_CHECKS
    assert grades(found)["data folder"] == "ok"
    # The tests' PostgreSQL runs without fsync.
    assert {check for check, grade in grades(found).items() if grade == "problem"} == {"durability"}
    assert status == 1
    assert (away_status, grades(away)["database"]) == (1, "problem")
    assert "MARKER" not in json.dumps(away)
    assert partly_status == 1
    assert "STRONGROOM_JOBS_DATABASE_URL must be set too" in says(partly, "settings")
    assert not (tmp_path / "data").exists()
