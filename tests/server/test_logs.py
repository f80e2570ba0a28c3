"""No value, token or key appears in a log line (E-5)."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Generator
from contextlib import contextmanager

import psycopg
import pytest
import structlog

from strongroom_core.crypto.root import encode_root, new_root
from strongroom_core.crypto.token import mint_token
from strongroom_core.kernel.plaintext import Plaintext
from strongroom_core.kernel.seldom import Seldom
from strongroom_server import logs

Lines = pytest.CaptureFixture[str]


@contextmanager
def configured() -> Generator[None]:
    """Log as `serve` does for the duration of the block."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    logs.configure(readable=False)
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()


def test_a_line_is_json_on_stderr(capsys: Lines) -> None:
    """H-4: `serve` writes structured log lines, and none of them to stdout."""
    with configured():
        structlog.get_logger().info("happened", subject="proj_x", ms=3)
    written = capsys.readouterr()
    line = json.loads(written.err)

    assert written.out == ""
    assert (line["event"], line["subject"], line["ms"]) == ("happened", "proj_x", 3)
    assert line["level"] == "info"


def test_secrets_are_masked(capsys: Lines) -> None:
    """E-5: secrets logged by mistake are masked, alone, in a text or in a list."""
    token, _ = mint_token("srs")
    root = encode_root(new_root())
    value = Plaintext.from_text("MARKERVALUE")
    with configured():
        structlog.get_logger().warning(
            "came with " + token, value=value, header=f"a; b={token}", several=[root], root=root
        )
    written = capsys.readouterr().err

    assert "MARKERVALUE" not in written
    assert token not in written
    assert [group for group in root.split("-")[1:] if group in written] == []
    assert "value" not in json.loads(written)


def test_an_exception_is_its_type_and_place(capsys: Lines) -> None:
    """E-5: an exception's text could quote a row, so a library's log line doesn't include it."""
    library = logging.getLogger("some.library")
    with configured():
        try:
            int("MARKERROW")
        except ValueError:
            library.exception("it failed")
    line = json.loads(capsys.readouterr().err)

    assert (line["event"], line["error"]) == ("it failed", "ValueError")
    assert line["where"].startswith("test_logs.py:")
    assert "MARKERROW" not in json.dumps(line)


def test_lines_caused_by_pages_are_limited(capsys: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown clients can't fill the log: library lines that quote a page are counted instead."""
    monkeypatch.setattr(logs, "PAGE_FAILURES", Seldom("page_failures"))
    with configured():
        for name in ("reflex.app", "socketio.server", "engineio.server"):
            for number in range(100):
                logging.getLogger(name).error("sent %s", f"MARKER{number}")
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    assert ("page_failures", 1) == (line["event"], line["count"])
    assert "MARKER" not in repr(line)


def test_the_queues_failures_are_limited(capsys: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """H-4: while its database is unavailable, the queue's repeated failures are logged once a minute."""
    monkeypatch.setattr(logs, "QUEUE_FAILURES", Seldom("queue_failures"))
    with configured():
        for number in range(100):
            try:
                int(f"MARKER{number}")
            except ValueError:
                logging.getLogger("saq").exception("Error processing job %s", f"MARKER{number}")
            logging.getLogger("psycopg.pool").warning("error connecting: MARKER%s", number)
            left = psycopg.OperationalError("MARKER")
            logging.getLogger("asyncio").error("never retrieved", exc_info=left)
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    assert ("queue_failures", 1) == (line["event"], line["count"])
    assert "ValueError, test_logs.py:" in line["kinds"]
    assert "MARKER" not in repr(line)


def test_suppressed_lines_are_counted(capsys: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next line reports how many lines were suppressed, and of which kinds."""
    monkeypatch.setattr("strongroom_core.kernel.seldom.TELL_SECONDS", 0.2)
    seldom = Seldom("happened", remedy="x")
    with configured():
        seldom.count("a")
        for kind in "aab":
            seldom.count(kind)
        time.sleep(0.3)
        seldom.count("b")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    assert [1, 4] == [line["count"] for line in lines]
    assert "{'a': 2, 'b': 2}" == lines[1]["kinds"]
    assert ["x", "x"] == [line["remedy"] for line in lines]
