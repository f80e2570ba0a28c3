"""The operator's door to the running server: a Unix socket in the data folder, and no HTTP route.

Only the user the server runs as, and root, are answered: the file has mode 0600, and the kernel says
who is at the other end. Requests and answers are lines of JSON of at most 8 KiB::

    {"op": "status"}                        {"op": "unseal", "root": "skr1-…"}
    {"op": "reset", "attempt": "unseal_…"}  {"op": "unseal", "passphrase": "…"}
    {"op": "doctor"}                        {"op": "unseal", "share": "…"}
    {"op": "setup-link"}

Only the answer to `doctor`, which is the server's own, may be longer.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from strongroom_core.kernel.errors import Conflict, Invalid, StrongroomError
from strongroom_server.admin import unix_socket

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from strongroom_core.crypto.shares import Progress
    from strongroom_core.operate.finding import Finding
    from strongroom_server.data_folder import DataFolder
    from strongroom_server.unsealer import Unsealer

MOST_BYTES = 8 * 1024
MOST_CONVERSATIONS = 8
SILENCE_SECONDS = 10.0

_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid: struct ucred, unix(7)

_log = structlog.get_logger()


class _Request(msgspec.Struct, forbid_unknown_fields=True, tag_field="op"):
    pass


class Status(_Request, tag="status"):
    """How the server is."""


class Doctor(_Request, tag="doctor"):
    """What the server finds when it examines itself and its database."""


class SetupLink(_Request, tag="setup-link"):
    """A new link for the operator's account."""


class Reset(_Request, tag="reset"):
    """Drop the shares of an attempt."""

    attempt: str


class Unseal(_Request, tag="unseal"):
    """Exactly one of the three."""

    root: str | None = None
    passphrase: str | None = None
    share: str | None = None

    def __repr__(self) -> str:
        return "Unseal(***)"


Request = Status | Doctor | SetupLink | Reset | Unseal
_decoder: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)


Examine = Callable[[], Awaitable["list[Finding]"]]
RenewLink = Callable[[], Awaitable[str]]


@asynccontextmanager
async def answering(
    folder: DataFolder, unsealer: Unsealer, *, examine: Examine, renew_link: RenewLink
) -> AsyncGenerator[None]:
    """Answer the operator for the length of the block.

    `examine` is what `doctor` asks, `renew_link` returns a new link for the operator's account.
    A socket that a killed server left is replaced; one that somebody answers is not. Raises
    `Conflict` then.
    """
    _require_silent(folder.admin_socket)
    conversations = _Conversations(unsealer, examine, renew_link)
    server = await asyncio.start_unix_server(
        conversations.hold, sock=unix_socket.bind(folder.admin_socket), limit=MOST_BYTES
    )
    try:
        yield
    finally:
        server.close()
        conversations.end()
        folder.admin_socket.unlink(missing_ok=True)


def _require_silent(path: Path) -> None:
    try:
        unix_socket.connect(path, timeout=2.0).close()
    except FileNotFoundError:
        return
    except ConnectionRefusedError:
        path.unlink(missing_ok=True)
        return
    except OSError as error:
        raise Conflict(f"{path} cannot be used: {error.strerror}; remove it") from None
    raise Conflict(f"another server answers at {path}: stop it first")


class _Conversations:
    """Those that are going on. More than eight at once are turned away."""

    def __init__(self, unsealer: Unsealer, examine: Examine, renew_link: RenewLink) -> None:
        self._unsealer = unsealer
        self._examine = examine
        self._renew_link = renew_link
        self._running: set[asyncio.Task[Any]] = set()

    def end(self) -> None:
        """Break off what is going on."""
        for task in self._running:
            task.cancel()

    async def hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer line by line until the other side has nothing more to say, or too much."""
        task = asyncio.current_task()
        if task is None or len(self._running) >= MOST_CONVERSATIONS or not _is_allowed(writer):
            writer.close()
            return
        self._running.add(task)
        try:
            while line := await asyncio.wait_for(reader.readline(), SILENCE_SECONDS):
                writer.write(msgspec.json.encode(await self._answer(line)) + b"\n")
                await asyncio.wait_for(writer.drain(), SILENCE_SECONDS)
        except ValueError:
            with suppress(OSError):
                writer.write(msgspec.json.encode(_failure(Invalid("the request is too long"))))
        except (TimeoutError, OSError, asyncio.CancelledError):
            pass
        finally:
            self._running.discard(task)
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            return await self._obey(line)
        except StrongroomError as error:
            return _failure(error)
        except Exception as error:  # noqa: BLE001 -- its text may hold what was given
            _log.error("admin_socket_failed", error=type(error).__name__)
            return {"ok": False, "code": "internal_error", "message": "this failed; see the log"}

    async def _obey(self, line: bytes) -> dict[str, Any]:
        match _parse(line):
            case Status():
                return self._state(self._unsealer.progress, with_attempt=False)
            case Unseal() as given:
                return self._state(await self._unseal(given))
            case Doctor():
                more = {"findings": [asdict(each) for each in await self._examine()]}
            case SetupLink():
                more = {"link": await self._renew_link()}
            case Reset(attempt=attempt):
                self._unsealer.reset(attempt)
                more = {}
        return self._state(None) | more

    async def _unseal(self, given: Unseal) -> Progress | None:
        match given:
            case Unseal(root=str(root), passphrase=None, share=None):
                await self._unsealer.take_text(root)
            case Unseal(root=None, passphrase=str(passphrase), share=None):
                await self._unsealer.take_passphrase(passphrase)
            case Unseal(root=None, passphrase=None, share=str(share)):
                return await self._unsealer.take_share(share)
            case Unseal():
                raise Invalid("give one of root, passphrase and share")
        return None

    def _state(self, progress: Progress | None, *, with_attempt: bool = True) -> dict[str, Any]:
        answer: dict[str, Any] = {"ok": True, "state": self._unsealer.state}
        if progress is not None:
            answer |= {"given": progress.given, "needed": progress.needed}
            # Who knows the id of an attempt may break it off, so only those who gave a share do.
            if with_attempt:
                answer["attempt"] = progress.attempt
        return answer


def _parse(line: bytes) -> Request:
    try:
        return _decoder.decode(line)
    except msgspec.DecodeError:
        # Its text may repeat what was sent.
        raise Invalid("this is no request: a line of JSON with a known op is wanted") from None


def _failure(error: StrongroomError) -> dict[str, Any]:
    return {"ok": False, "code": error.code, "message": error.message}


def _is_allowed(writer: asyncio.StreamWriter) -> bool:
    """Whether the kernel says that the other end is this user's, or root's."""
    other: socket.socket = writer.get_extra_info("socket")
    with socket.socket(fileno=os.dup(other.fileno())) as own:
        found = own.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _pid, user, _group = _CREDENTIALS.unpack(found)
    if user in {0, os.geteuid()}:
        return True
    _log.warning("admin_socket_refused", user=user)
    return False
