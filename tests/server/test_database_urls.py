"""An unreadable database URL or a wrong password causes a one-line error without any part of the password."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from strongroom_core.db.connection import OpenConnection
from strongroom_testkit.cluster import Cluster

LOG_INS = {
    "DATABASE_URL": "strongroom",
    "STRONGROOM_OWNER_DATABASE_URL": "strongroom_owner",
    "STRONGROOM_JOBS_DATABASE_URL": "strongroom_jobs",
}
COMMANDS = ("init", "migrate", "doctor", "serve", "restored")
PASSWORDS = (
    "Hunter2/Correct",
    "Hunter2#Correct",
    "Hunter2?Correct",
    "Hunter2[Correct",
    "Hunter2@Correct",
    "Hunter2%Correct",
    "24680/13579",
    "Hunter2 Correct=é&",
)

# In one process, because starting a process takes longer than all the commands together.
RUN_EACH = """
import json, os, sys
from strongroom_server.main import main
for variables, arguments in json.load(sys.stdin):
    os.environ.update(variables)
    print("---", file=sys.stderr, flush=True)
    try:
        main(arguments)
    except SystemExit as end:
        print("ended with", end.code, file=sys.stderr, flush=True)
"""


def run_each(environment: dict[str, str], runs: list[Any]) -> list[str]:
    """Run each command with its variables, and return its output and exit status."""
    process = subprocess.run(
        [sys.executable, "-c", RUN_EACH],
        input=json.dumps(runs),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        timeout=120,
        check=True,
    )
    return [each.strip() for each in process.stdout.split("---\n")[1:]]


def command(name: str, folder: Path) -> list[str]:
    return [name, "--data", str(folder), *(["--port", "0"] if name == "serve" else [])]


def parts_of(password: str) -> list[str]:
    """Return the parts of a password that must not appear: the text between special characters."""
    return [part for part in re.split(r"[^0-9A-Za-z]+", password) if part]


def test_a_url_that_cannot_be_read(program: Any, tmp_path: Path) -> None:
    """H-1, E-5: for each variable, character and command, a one-line error names the variable and the fix."""
    runs: list[Any] = []
    asked: list[tuple[str, str, str]] = []
    for number, password in enumerate(PASSWORDS):
        for name in COMMANDS:
            wrong = list(LOG_INS)[(number + len(name)) % len(LOG_INS)]
            urls = {
                variable: f"postgresql://{user}:right@127.0.0.1:1/strongroom"
                for variable, user in LOG_INS.items()
            }
            urls[wrong] = f"postgresql://{LOG_INS[wrong]}:{password}@127.0.0.1:1/strongroom"
            runs.append((urls, command(name, tmp_path)))
            asked.append((wrong, password, name))
    said = run_each(program.environment, runs)

    assert len(asked) == len(said)
    for (variable, password, name), text in zip(asked, said, strict=True):
        [line] = [each for each in text.splitlines() if variable in each]
        assert "in the password write / # ? @ [ ] % and space as %2F %23" in line
        assert text.endswith("ended with 1")
        assert not [part for part in parts_of(password) if part in text], (password, name)
        if name != "doctor":
            assert 2 == len(text.splitlines()), text
    assert {*LOG_INS} == {variable for variable, _, _ in asked}


@pytest.fixture
def urls(cluster: Cluster, database: str) -> dict[str, str]:
    return {variable: cluster.url(database, user) for variable, user in LOG_INS.items()}


def test_a_wrong_password(
    program: Any, tools: Any, tmp_path: Path, urls: dict[str, str], cluster: Cluster
) -> None:
    """H-1, E-5: a wrong password causes a one-line error that says to encode %; a server waits."""
    runs: list[Any] = []
    asked: list[tuple[str, str]] = []
    for variable, user in LOG_INS.items():
        wrong = {**urls, variable: urls[variable].replace(cluster.passwords[user], "Hunter2")}
        for name in COMMANDS:
            # A separate server detects it later; `restored` and `doctor` need only the first URL.
            if name != "serve" and (variable == "DATABASE_URL" or name in ("init", "migrate")):
                runs.append((wrong, command(name, tmp_path)))
                asked.append((variable, name))
    said = run_each(program.environment, runs)
    for (variable, name), text in zip(asked, said, strict=True):
        [line] = [each for each in text.splitlines() if "rejects the login" in each]
        assert "%25" in line + text
        assert text.endswith("ended with 1")
        assert "Traceback" not in text
        assert "Hunter2" not in text
        if name == "migrate":
            assert variable in line or variable == "STRONGROOM_OWNER_DATABASE_URL"
    program.environment.update(urls)
    program.environment["DATABASE_URL"] = urls["DATABASE_URL"].replace(
        cluster.passwords["strongroom"], "Hunter2"
    )
    running = program.start("serve", "--data", tmp_path / "data", "--port", "0")
    ready = running.ready()
    tools.eventually(lambda: "rejects the login" in running.said(), "it says why it waits")

    assert "unavailable" == ready["state"]
    assert 503 == tools.get(ready["url"], "/health/ready").status_code
    assert "degraded" == tools.get(ready["url"], "/health").json()["status"]
    assert 0 == running.end()
    assert "Hunter2" not in running.said()
    assert "Traceback" not in running.said()


async def test_a_password_of_every_mark_works_encoded(
    program: Any,
    urls: dict[str, str],
    cluster: Cluster,
    administrator: OpenConnection,
    tmp_path: Path,
) -> None:
    """H-1: both drivers accept the encoding that the message recommends."""
    password = "p@ss/w#rd:%41 ?&=+é[x]"
    alter = "".join(f"alter role {user} password '{password}';" for user in LOG_INS.values())
    restore = "".join(
        f"alter role {user} password '{cluster.passwords[user]}';" for user in LOG_INS.values()
    )
    encoded = {
        variable: urls[variable].replace(cluster.passwords[user], quote(password, ""))
        for variable, user in LOG_INS.items()
    }
    await administrator.execute(alter)
    try:
        [migrated, examined] = run_each(
            program.environment,
            [(encoded, command("migrate", tmp_path)), (encoded, command("doctor", tmp_path))],
        )
    finally:
        await administrator.execute(restore)

    assert "the database is up to date" in migrated
    assert "migrations of this release have been run" in examined
