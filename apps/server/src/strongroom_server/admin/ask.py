"""The commands' side of the admin socket: one request, one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from strongroom_core.kernel.errors import StrongroomError
from strongroom_server.admin import unix_socket

if TYPE_CHECKING:
    import socket

    from strongroom_server.data_folder import DataFolder

PATIENCE_SECONDS = 120.0
"""Deriving a root from its passphrase takes seconds, on a busy machine many."""
STATUS_SECONDS = 10.0


class ServerRefused(StrongroomError):
    """What the server answered; its message is the server's."""

    code = "server_refused"


class NoServer(ServerRefused):
    """Nobody listens at the socket of this folder."""


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
            f"no `serve` runs on {folder.path}: start it, or name its folder with --data"
        ) from None
    except ConnectionRefusedError:
        raise NoServer(
            f"no `serve` runs on {folder.path} any more: start it, or name its folder with --data"
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
