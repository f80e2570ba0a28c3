"""`strongroom-server unseal`: passes text that is typed or piped in to the running server."""

from __future__ import annotations

import getpass
import re
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from strongroom_core.crypto.passphrase import WORDS
from strongroom_core.crypto.root_source import read_stream
from strongroom_server.admin.ask import ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strongroom_server.data_folder import DataFolder

START_SECONDS = 30.0
"""How long to wait for the database: a server accepts commands before its database is up."""

_LABEL = re.compile(r"^\s*share\s+\d+(\s+of\s+\d+)?\s*:?\s*", re.IGNORECASE)
_STATES = {
    "sealed": "sealed",
    "unsealed": "unsealed",
    "not_initialised": "not initialized: run `strongroom-server init`",
    "unavailable": "the database is unavailable",
}


def show_status(folder: DataFolder) -> None:
    """Print the server's status, and how many shares have been entered."""
    answer = ask(folder, {"op": "status"})
    click.echo(f"{_STATES[answer['state']]}{_progress(answer)}")


def reset(folder: DataFolder, attempt: str) -> None:
    """Make the server drop this attempt's shares."""
    ask(folder, {"op": "reset", "attempt": attempt})
    click.echo("dropped the shares entered in this attempt")


def send_root(folder: DataFolder) -> None:
    """Send text that is typed or piped in until the server is unsealed or the input ends."""
    # Don't ask for a root key that can't be passed on.
    if _state_after_start(folder) == "unsealed":
        click.echo("already unsealed")
        return
    answer: dict[str, Any] = {}
    for request in _typed() if sys.stdin.isatty() else _piped():
        answer = ask(folder, {"op": "unseal", **request})
        if answer["state"] == "unsealed":
            click.echo("unsealed")
            return
        click.echo(
            f"{answer['given']} of {answer['needed']} shares entered; "
            f"to start over: strongroom-server unseal --reset {answer['attempt']}"
        )


def _state_after_start(folder: DataFolder) -> str:
    """Return the server's state once it has opened its database, or after a timeout."""
    state = ask(folder, {"op": "status"})["state"]
    if state == "unavailable":
        click.echo("waiting for the server to open its database", err=True)
    deadline = time.monotonic() + START_SECONDS
    while state == "unavailable" and time.monotonic() < deadline:
        time.sleep(0.2)
        state = ask(folder, {"op": "status"})["state"]
    return state


def _typed() -> Iterator[dict[str, str]]:
    """Prompt on the terminal, without echo, until the input is empty."""
    question = "root key, passphrase or share: "
    while text := getpass.getpass(question).strip():
        yield _request(text)
        question = "next share (leave empty if someone else will enter it): "


def _piped() -> Iterator[dict[str, str]]:
    """Read a root key, a passphrase, or shares, one per line, from standard input."""
    text = read_stream(sys.stdin.buffer).text.reveal().decode()
    request = _request(" ".join(text.split()))
    if "share" not in request:
        yield request
        return
    for line in filter(str.strip, text.splitlines()):
        yield {"share": _LABEL.sub("", line).strip()}


def _request(text: str) -> dict[str, str]:
    if text.lower().startswith("skr1"):
        return {"root": text}
    if len(re.split(r"[\s\-]+", text)) == WORDS:
        return {"passphrase": text}
    return {"share": _LABEL.sub("", text)}


def _progress(answer: dict[str, Any]) -> str:
    return f": {answer['given']} of {answer['needed']} shares entered" if "given" in answer else ""
