"""No value, token or key gets into a line of the log (E-5)."""

from __future__ import annotations

import json
import logging
from collections.abc import Generator
from contextlib import contextmanager

import pytest
import structlog

from strongroom_core.crypto.root import encode_root, new_root
from strongroom_core.crypto.token import mint_token
from strongroom_core.kernel.plaintext import Plaintext
from strongroom_server import logs

Lines = pytest.CaptureFixture[str]


@contextmanager
def configured() -> Generator[None]:
    """Log as `serve` does for the length of the block."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    logs.configure(readable=False)
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()


def test_a_line_is_json_on_stderr(capsys: Lines) -> None:
    """H-4: `serve` writes structured lines, and nothing of them on stdout."""
    with configured():
        structlog.get_logger().info("happened", subject="proj_x", ms=3)
    written = capsys.readouterr()
    line = json.loads(written.err)

    assert written.out == ""
    assert (line["event"], line["subject"], line["ms"]) == ("happened", "proj_x", 3)
    assert line["level"] == "info"


def test_values_tokens_and_roots_are_kept_out(capsys: Lines) -> None:
    """E-5: whatever is handed over by mistake, alone, in a text or in a list, does not come out."""
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
    """E-5: the text of an exception may quote a row, so the log of a library does not get it."""
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
