"""`strongroom-server unseal`: the operator's side of the admin socket."""

from __future__ import annotations

import getpass
import re
import socket
import sys
import time
from typing import TYPE_CHECKING, Any

import click
import msgspec

from strongroom_core.crypto.passphrase import WORDS
from strongroom_core.crypto.root_source import read_stream
from strongroom_core.kernel.errors import StrongroomError
from strongroom_server import unix_socket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strongroom_server.data_folder import DataFolder

PATIENCE_SECONDS = 120.0
"""Deriving a root from its passphrase takes seconds, on a busy machine many."""
STATUS_SECONDS = 10.0
START_SECONDS = 30.0
"""A server takes commands before its database answers."""

_LABEL = re.compile(r"^\s*share\s+\d+(\s+of\s+\d+)?\s*:?\s*", re.IGNORECASE)
_STATES = {
    "sealed": "sealed",
    "unsealed": "unsealed",
    "not_initialised": "not initialised: run `strongroom-server init`",
    "unavailable": "the database cannot be reached",
}


class ServerRefused(StrongroomError):
    """What the server answered; its message is the server's."""

    code = "server_refused"


class NoServer(ServerRefused):
    """Nobody listens at the socket of this folder."""


def show_status(folder: DataFolder) -> None:
    """Print how the server is, and how many shares it has."""
    answer = ask(folder, {"op": "status"})
    click.echo(f"{_STATES[answer['state']]}{_progress(answer)}")


def reset(folder: DataFolder, attempt: str) -> None:
    """Have the server drop the shares of this attempt."""
    ask(folder, {"op": "reset", "attempt": attempt})
    click.echo("the shares of this attempt were dropped")


def unseal(folder: DataFolder) -> None:
    """Give the server what is typed or piped in, until it is unsealed or nothing more comes."""
    # Nobody should be asked for a root that cannot be handed on.
    if _state_after_start(folder) == "unsealed":
        click.echo("unsealed already")
        return
    answer: dict[str, Any] = {}
    for request in _typed() if sys.stdin.isatty() else _piped():
        answer = ask(folder, {"op": "unseal", **request})
        if answer["state"] == "unsealed":
            click.echo("unsealed")
            return
        click.echo(
            f"{answer['given']} of {answer['needed']} shares given; "
            f"to start over: strongroom-server unseal --reset {answer['attempt']}"
        )


def _state_after_start(folder: DataFolder) -> str:
    """Return the server's state, once it has opened its database or taken too long for that."""
    state = ask(folder, {"op": "status"})["state"]
    if state == "unavailable":
        click.echo("waiting for the server to open its database", err=True)
    deadline = time.monotonic() + START_SECONDS
    while state == "unavailable" and time.monotonic() < deadline:
        time.sleep(0.2)
        state = ask(folder, {"op": "status"})["state"]
    return state


def ask(folder: DataFolder, request: dict[str, Any]) -> dict[str, Any]:
    """Send one request to the server of this folder and return its answer.

    Raises `ServerRefused` with the server's reason, or when no server answers.
    """
    patience = STATUS_SECONDS if request["op"] == "status" else PATIENCE_SECONDS
    try:
        with unix_socket.connect(folder.admin_socket, timeout=patience) as connection:
            connection.sendall(msgspec.json.encode(request) + b"\n")
            line = _line(connection)
    except FileNotFoundError:
        raise NoServer(
            f"no server runs on {folder.path}: start it, or name its folder with --data"
        ) from None
    except ConnectionRefusedError:
        raise NoServer(
            f"no server runs on {folder.path} any more: start it, or name its folder with --data"
        ) from None
    except (TimeoutError, BlockingIOError):
        raise ServerRefused(
            f"the server on {folder.path} runs but takes no commands now: it may be overloaded or out"
            " of file descriptors; see its log, then try again"
        ) from None
    except OSError as error:
        raise ServerRefused(
            f"the server on {folder.path} does not answer ({error.strerror}):"
            " look whether it runs, as this user or root"
        ) from None
    if not line:
        raise ServerRefused(
            "the server did not answer: only its own user and root may ask, a few at a time"
        )
    answer = msgspec.json.decode(line)
    if not answer["ok"]:
        raise ServerRefused(answer["message"])
    return answer


def _line(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as answers:
        return answers.readline()


def _typed() -> Iterator[dict[str, str]]:
    """Ask at the terminal, without echo, until nothing is typed."""
    question = "root, passphrase or share: "
    while text := getpass.getpass(question).strip():
        yield _request(text)
        question = "next share (nothing leaves it to the next person): "


def _piped() -> Iterator[dict[str, str]]:
    """Read a root, a passphrase, or shares, one per line, from standard input."""
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
    return f": {answer['given']} of {answer['needed']} shares given" if "given" in answer else ""
