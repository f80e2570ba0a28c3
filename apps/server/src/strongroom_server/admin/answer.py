"""The server's side of the admin socket: a Unix socket in the data folder, not an HTTP route.

Only the server's own user and root get a response: the file has mode 0600, and the kernel reports the peer's
credentials. Requests and responses are lines of JSON of at most 8 KiB::

    {"op": "status"}                        {"op": "unseal", "root": "skr1-…"}
    {"op": "reset", "attempt": "unseal_…"}  {"op": "unseal", "passphrase": "…"}
    {"op": "doctor"}                        {"op": "unseal", "share": "…"}
    {"op": "sign-up-link", "email": "…"}    {"op": "reset-link", "email": "…"}
    {"op": "setup-link"}                    {"op": "clock", "right": true}

Only the response to `doctor` can be longer.
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
    from strongroom_core.doctor.finding import Finding
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
    """The server's status."""


class Doctor(_Request, tag="doctor"):
    """Check the server and its database."""


class SetupLink(_Request, tag="setup-link"):
    """Create a new link for the administrator's account."""


class SignUpLink(_Request, tag="sign-up-link"):
    """Create a link for someone who signed up."""

    email: str


class ResetLink(_Request, tag="reset-link"):
    """Create a link for setting a new password."""

    email: str


class Clock(_Request, tag="clock"):
    """Report what is known about the database's clock; if `right` is true, accept the clock as correct."""

    right: bool = False


class Reset(_Request, tag="reset"):
    """Drop the shares of an unseal attempt."""

    attempt: str


class Unseal(_Request, tag="unseal"):
    """Exactly one of the three members is set."""

    root: str | None = None
    passphrase: str | None = None
    share: str | None = None

    def __repr__(self) -> str:
        return "Unseal(***)"


Request = Status | Doctor | SetupLink | SignUpLink | ResetLink | Clock | Reset | Unseal
_decoder: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)


Examine = Callable[[], Awaitable["list[Finding]"]]
RenewLink = Callable[[], Awaitable[str]]
LinkOf = Callable[[str], Awaitable[str]]
AskClock = Callable[[bool], Awaitable[list[str]]]


@asynccontextmanager
async def answering(
    folder: DataFolder,
    unsealer: Unsealer,
    *,
    examine: Examine,
    renew_link: RenewLink,
    sign_up_link: LinkOf,
    reset_link: LinkOf,
    ask_clock: AskClock,
) -> AsyncGenerator[None]:
    """Answer commands for the duration of the block.

    `examine` runs the checks for `doctor`, `renew_link` returns a new setup link, `sign_up_link` and
    `reset_link` return a link for an email address, and `ask_clock` describes the database's clock or accepts
    it as right.
    A socket left by a killed server is replaced. Raises `Conflict` if a server still uses it.
    """
    _require_silent(folder.admin_socket)
    conversations = _Conversations(
        unsealer, examine, renew_link, sign_up_link, reset_link, ask_clock
    )
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
        raise Conflict(f"can't use {path}: {error.strerror}; remove it") from None
    raise Conflict(f"another server is using {path}; stop it first")


class _Conversations:
    """The open connections. More than eight at once are rejected."""

    def __init__(
        self,
        unsealer: Unsealer,
        examine: Examine,
        renew_link: RenewLink,
        sign_up_link: LinkOf,
        reset_link: LinkOf,
        ask_clock: AskClock,
    ) -> None:
        self._unsealer = unsealer
        self._examine = examine
        self._renew_link = renew_link
        self._sign_up_link = sign_up_link
        self._reset_link = reset_link
        self._ask_clock = ask_clock
        self._running: set[asyncio.Task[Any]] = set()

    def end(self) -> None:
        """Close all connections."""
        for task in self._running:
            task.cancel()

    async def hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer line by line until the client closes the connection or sends too much."""
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
        except Exception as error:  # noqa: BLE001 -- its text could contain the root key
            _log.error("admin_socket_failed", error=type(error).__name__)
            return {"ok": False, "code": "internal_error", "message": "internal error; see the log"}

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
            case SignUpLink(email=email):
                more = {"link": await self._sign_up_link(email)}
            case ResetLink(email=email):
                more = {"link": await self._reset_link(email)}
            case Clock(right=right):
                more = {"clock": await self._ask_clock(right)}
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
                raise Invalid("pass one of root, passphrase and share")
        return None

    def _state(self, progress: Progress | None, *, with_attempt: bool = True) -> dict[str, Any]:
        answer: dict[str, Any] = {"ok": True, "state": self._unsealer.state}
        if progress is not None:
            answer |= {"given": progress.given, "needed": progress.needed}
            # Anyone with an attempt's ID can reset the attempt, so only those who entered a share get the ID.
            if with_attempt:
                answer["attempt"] = progress.attempt
        return answer


def _parse(line: bytes) -> Request:
    try:
        return _decoder.decode(line)
    except msgspec.DecodeError:
        # The decoder's message could quote what was sent.
        raise Invalid("malformed request: expected a line of JSON with a known op") from None


def _failure(error: StrongroomError) -> dict[str, Any]:
    return {"ok": False, "code": error.code, "message": error.message}


def _is_allowed(writer: asyncio.StreamWriter) -> bool:
    """Whether the peer is the current user or root, according to the kernel."""
    other: socket.socket = writer.get_extra_info("socket")
    with socket.socket(fileno=os.dup(other.fileno())) as own:
        found = own.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _pid, user, _group = _CREDENTIALS.unpack(found)
    if user in {0, os.geteuid()}:
        return True
    _log.warning("admin_socket_refused", user=user)
    return False
