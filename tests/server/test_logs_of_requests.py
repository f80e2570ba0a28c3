"""A real server's log lines: one format, a request ID on each, and nothing that was sent (H-4, E-5)."""

from __future__ import annotations

import json
import logging
import socket
from base64 import b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
import structlog
from nacl.signing import SigningKey

from strongroom_api.request_note import NOTE, RequestNote
from strongroom_core.access.action import Plane
from strongroom_core.crypto.random import random_bytes
from strongroom_core.crypto.token import mint_token
from strongroom_core.kernel.ids import is_id
from strongroom_core.kernel.origin import Origin
from strongroom_server import logs
from strongroom_testkit.machine import TestMachine

if TYPE_CHECKING:
    from collections.abc import Generator
CLIENT = {"X-Strongroom-Client": "tests"}
SENT = {"X-Request-Id": "req_MARKERchosen00", "X-Anything": "MARKERheader"}


def lines_of(server: Any) -> list[dict[str, Any]]:
    """Parse every line as JSON, or raise."""
    return [json.loads(line) for line in server.said().splitlines()]


@contextmanager
def configured(level: int = logging.INFO) -> Generator[None]:
    """Log as `serve` does for the duration of the block."""
    root = logging.getLogger()
    handlers, before = list(root.handlers), root.level
    logs.configure(readable=False, level=level)
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, before
        structlog.reset_defaults()


def start(program: Any, installation: Any, **environment: str) -> tuple[Any, str]:
    program.environment |= environment
    given = installation.root + "\n"
    server = program.start(
        "serve", "--data", installation.data, "--port", 0, "--root-stdin", given=given
    )
    return server, server.ready()["url"]


def signed(machine_id: str, path: str, at: int) -> dict[str, str]:
    machine = TestMachine(UUID(machine_id), SigningKey(random_bytes(32)))
    return machine.headers("GET", path, at=at)


def test_every_answer_bears_an_id_and_every_request_a_line(program: Any, installation: Any) -> None:
    """H-4: every plane, errors, health and metrics log the request ID, which is always ours."""
    server, url = start(program, installation)
    token, _ = mint_token("srb")
    asked = [
        ("GET", "/health", "health"),
        ("HEAD", "/health/live", "healthLive"),
        ("GET", "/health/ready", "healthReady"),
        ("GET", "/metrics", "readMetrics"),
        ("GET", "/api/openapi.json", "readOpenapi"),
        ("GET", "/api/session", "readSession"),
        ("GET", "/api/projects", "listProjects"),
        ("POST", "/api/session", "signIn"),
        ("GET", "/nowhere", "none"),
        ("OPTIONS", "/api/projects", "none"),
        ("PATCH", "/api/projects", "none"),
        ("GET", "/v1/secrets", "listGranted"),
        ("GET", "/v1/secret/sk_MARKERid00000000", "readSecretValue"),
        ("GET", "/v1/nothing", "none"),
        ("GET", f"/v1/bootstrap/{token}", "readBootstrapScript"),
        ("POST", "/v1/bootstrap/register", "registerMachine"),
        ("POST", f"/v1/bootstrap/{token}", "none"),
    ]
    with httpx.Client(base_url=url, headers=SENT, timeout=60) as client:
        answers = [client.request(method, path) for method, path, _ in asked]
    server.end()
    lines = [line for line in lines_of(server) if line["event"] == "request"]
    ids = [answer.headers["x-request-id"] for answer in answers]

    assert len(set(ids)) == len(asked)
    assert [each for each in ids if not is_id(each, "req")] == []
    assert [line["request_id"] for line in lines] == ids
    assert [line["operation"] for line in lines] == [operation for *_, operation in asked]
    assert [line["status"] for line in lines] == [answer.status_code for answer in answers]
    assert [line["method"] for line in lines] == [method for method, *_ in asked]
    assert {line["address"] for line in lines} == {"127.0.0.1"}
    assert not [line for line in lines if not 0 <= line["ms"] < 60_000]


def test_lines_contain_no_input(program: Any, installation: Any) -> None:
    """E-5: the log contains no token from a path, cookie, signature, header, query, body or password."""
    server, url = start(program, installation, STRONGROOM_LOG_LEVEL="debug")
    bootstrap, session = mint_token("srb")[0], mint_token("srs")[0]
    plain = "MARKERplainToken0123456789"
    machine, path = "6f9f3c1e-0000-4000-8000-000000000001", "/v1/secret/sk_MARKERid00000000"
    headers = signed(machine, path, 1_800_000_000)
    cookies = {"Cookie": f"strongroom={session}; __Host-strongroom=MARKERcookie"}
    ours = {**CLIENT, "Origin": url}
    body = {"email": "MARKER@example.org", "password": "MARKERpassword"}
    setup = {"token": installation.token, "username": "eve", "password": "short", **body}
    with httpx.Client(base_url=url, headers=SENT, timeout=60) as client:
        client.get(f"/v1/bootstrap/{bootstrap}")
        client.get(f"/v1/bootstrap/{plain}/ps")
        client.get(f"/v1/bootstrap/{plain}/MARKERmore?MARKER=1")
        client.post("/v1/bootstrap/register", json={"token": bootstrap, "publicKey": plain})
        client.get(path, headers=headers)
        client.get("/api/session", headers=cookies)
        client.get("/api/projects/MARKERproject?MARKERquery=1", headers=cookies)
        client.post("/api/session", json=body, headers=ours)
        client.post("/api/setup", json=setup, headers=ours)
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as raw:
        raw.sendall(f"GET /v1/bootstrap/{plain} MARKERrubbish\r\n\r\n".encode())
        raw.recv(1000)
    server.end()
    said = server.said()
    secret = [bootstrap, session, plain, installation.token, installation.root, machine]
    secret += [headers["X-Signature"], headers["X-Nonce"], b64encode(plain.encode()).decode()]

    assert [each for each in secret if each in said] == []
    assert "MARKER" not in said
    assert len([line for line in lines_of(server) if line["event"] == "request"]) == 9


def test_the_level_is_a_setting(program: Any, installation: Any) -> None:
    """H-4: from `warning` on, requests aren't logged, but they still have IDs."""
    server, url = start(program, installation, STRONGROOM_LOG_LEVEL="WARNING")
    with httpx.Client(base_url=url, timeout=60) as client:
        answers = [client.get(path) for path in ("/nowhere", "/v1/secrets", "/metrics")]
    server.end()

    assert [answer for answer in answers if "x-request-id" not in answer.headers] == []
    assert lines_of(server) == []


def test_an_invalid_level(program: Any, installation: Any) -> None:
    """The message names the variable and the allowed values."""
    program.environment["STRONGROOM_LOG_LEVEL"] = "loud"
    done = program.run("serve", "--data", installation.data, "--port", 0)

    assert done.returncode == 1
    assert "STRONGROOM_LOG_LEVEL: must be one of debug, info, warning, error" in done.stderr


@pytest.mark.parametrize("library", ["uvicorn.error", "asyncpg.pool", "some.library"])
def test_lines_of_libraries_have_the_same_form(
    capsys: pytest.CaptureFixture[str], library: str
) -> None:
    """H-4, E-5: a library's JSON line has its name, only a message's first line, only an error's type."""
    with configured():
        try:
            int("MARKERROW")
        except ValueError:
            logging.getLogger(library).exception("it %s\nMARKERmore", "failed")
    line = json.loads(capsys.readouterr().err)

    assert (line["event"], line["logger"], line["level"]) == ("it failed", library, "error")
    assert line["error"] == "ValueError"
    assert line["timestamp"].endswith("Z")
    assert "MARKER" not in json.dumps(line)


def test_a_mail_server_does_not_log_its_conversations(capsys: pytest.CaptureFixture[str]) -> None:
    """H-4: the inbox of `dev` would otherwise print a dozen lines for each email."""
    with configured():
        logging.getLogger("mail.log").info("MAIL FROM:<strongroom@demo.example>")

    assert "" == capsys.readouterr().err


def test_every_line_of_a_request_has_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    """H-4: our lines and those of libraries have the request ID, even if their code doesn't know it."""
    note = RequestNote(
        Origin("192.0.2.7", "req_aaaaaaaaaaaaaaaa"), Plane.MACHINE, operation="listGranted"
    )
    with configured():
        token = NOTE.set(note)
        structlog.get_logger().info("ours")
        logging.getLogger("some.library").warning("theirs")
        NOTE.reset(token)
        structlog.get_logger().info("nobody's")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    assert [line["event"] for line in lines] == ["ours", "theirs", "nobody's"]
    assert [line.get("request_id") for line in lines] == [note.origin.request_id] * 2 + [None]
    assert [line.get("operation") for line in lines] == ["listGranted"] * 2 + [None]
