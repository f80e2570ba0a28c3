"""The client side of the admin socket: one request, one response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from strongroom_core.kernel.errors import StrongroomError
from strongroom_server.admin import unix_socket

if TYPE_CHECKING:
    import socket

    from strongroom_server.data_folder import DataFolder

PATIENCE_SECONDS = 120.0
"""The timeout in seconds. Deriving a root key from a passphrase takes much longer on a busy machine."""
STATUS_SECONDS = 10.0


class ServerRefused(StrongroomError):
    """The server responded with an error, whose message this contains."""

    code = "server_refused"


class NoServer(ServerRefused):
    """No server is listening on this folder's socket."""


def ask(folder: DataFolder, request: dict[str, Any]) -> dict[str, Any]:
    """Send one request to this folder's server and return the response.

    Raises `ServerRefused` with the server's reason, or if no server responds.
    """
    patience = STATUS_SECONDS if request["op"] == "status" else PATIENCE_SECONDS
    try:
        with unix_socket.connect(folder.admin_socket, timeout=patience) as connection:
            connection.sendall(msgspec.json.encode(request) + b"\n")
            line = _line(connection)
    except (FileNotFoundError, ConnectionRefusedError):
        raise NoServer(
            f"no server is running for {folder.path}; start it, or use --data if the server uses another"
            " folder"
        ) from None
    except (TimeoutError, BlockingIOError):
        raise ServerRefused(
            f"the server for {folder.path} is running but isn't accepting commands; it may be overloaded or"
            " out of file descriptors; see its log, then try again"
        ) from None
    except OSError as error:
        raise ServerRefused(
            f"the server for {folder.path} isn't responding ({error.strerror});"
            " check that it is running, and run this command as its user or as root"
        ) from None
    if not line:
        raise ServerRefused(
            "the server didn't respond; it accepts commands only from its own user and root, and only a few"
            " at a time"
        )
    answer = msgspec.json.decode(line)
    if not answer["ok"]:
        raise ServerRefused(answer["message"])
    return answer


def _line(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as answers:
        return answers.readline()
