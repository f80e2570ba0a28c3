"""Serves signed requests: one ASGI application without middleware, which would triple the cost.

The steps are numbered in the code; `docs/design/signed-requests.md` explains the checks:

(1) the target can be signed; otherwise it is rejected, never normalized;
(2) the call exists, with this method;
(3) the headers are well formed, in one of the two forms, so no body is read from a client that doesn't even
claim to be a machine; (4) the body is read completely, up to 256 KiB, before it is parsed;
(5) the signature is verified; from here on, errors contain the reason;
(6) the use case runs, which records the nonce (replay protection) and checks access;
(7) the response is sent.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import msgspec
from litestar.types import HTTPScope, Receive, Send

from strongroom_api.errors import (
    MEDIA_TYPE,
    BodyCutShort,
    BodyTooLarge,
    MethodNotAllowed,
    NoSuchRoute,
    UnsupportedMediaType,
    answer_to,
    is_unexpected,
)
from strongroom_api.machine.calls import Call, find_call
from strongroom_api.process import Process
from strongroom_api.request_log import log_unexpected
from strongroom_api.request_note import NOTE, RequestNote
from strongroom_api.sealing import require_open
from strongroom_core.core import Core
from strongroom_core.kernel.caller import Machine
from strongroom_core.kernel.errors import AuthenticationFailed, Invalid, StrongroomError
from strongroom_core.kernel.origin import Origin
from strongroom_core.machines.authenticate import (
    SignedRequest,
    authenticate_machine,
    forget_machine,
    refuse_malformed,
)
from strongroom_wire.canonical import (
    MOST_BODY_BYTES,
    MalformedTarget,
    require_machine_path,
    signed_bytes,
)
from strongroom_wire.headers import FOUR, MalformedHeaders, parse_headers, parse_machine_id
from strongroom_wire.signatures import MalformedSignature, is_signed, parse_signature

_encode = msgspec.json.Encoder().encode

Answered = tuple[int, bytes, str] | tuple[int, bytes, str, Sequence[tuple[str, str]]]
"""A response's status, body and media type, and any headers in addition to the usual ones."""

Response = tuple[int, list[tuple[bytes, bytes]], bytes]
"""A complete response: status, headers, body."""


class MachinePlane:
    """An ASGI application for signed requests."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        note, headers = NOTE.get(), [*scope["headers"]]
        body = partial(read_body, scope, receive)
        target = scope["raw_path"], scope["query_string"]
        await answer(send, note, self._serve(note, scope["method"], target, headers, body))

    async def read(
        self, path: bytes, headers: Sequence[tuple[bytes, bytes]], note: RequestNote
    ) -> Response:
        """Return the response to a GET request without a query and without a body."""
        return await settle(note, self._serve(note, "GET", (path, b""), headers, _no_body))

    async def _serve(
        self,
        note: RequestNote,
        method: str,
        target: tuple[bytes, bytes],
        headers: Sequence[tuple[bytes, bytes]],
        receive: Callable[[], Awaitable[bytes]],
    ) -> Answered:
        core, origin = require_open(self._process), note.origin
        path = _path(*target)  # (1)
        call, rest = _call(path, method)  # (2)
        note.operation = call.name
        try:
            claim = _claim(headers, call.method, path, core.settings.public_url)  # (3)
        except (MalformedHeaders, MalformedSignature):
            return await refuse_malformed(core, origin)
        body = await receive()  # (4)
        request = claim(body)

        async def act(caller: Machine) -> object:
            return await call.handle(core, caller, rest, body)

        answered = await self._counted(call, _authenticated(core, request, origin, act))  # (5), (6)
        return 200, _encode(answered), "application/json"  # (7)

    async def _counted(self, call: Call, answering: Awaitable[object]) -> object:
        """Count the values that a call returns, or the reason why it returns none."""
        if call.delivered is None:
            return await answering
        try:
            answered = await answering
        except StrongroomError as error:
            self._process.metrics.refuse_read(error.code)
            raise
        self._process.metrics.deliver(call.delivered(answered))
        return answered


def _claim(
    headers: Sequence[tuple[bytes, bytes]], method: str, path: str, public_url: str
) -> Callable[[bytes], SignedRequest]:
    """Return what makes a body into a signed request, in the form that the machine chose (WIRE, 1 and 7).

    Raises `MalformedHeaders` or `MalformedSignature`, also if a request has headers of both forms.
    """
    if not is_signed(headers):
        four = parse_headers(headers)
        return lambda body: SignedRequest(
            four.identity,
            four.timestamp,
            four.nonce,
            four.signature,
            signed_bytes(method, path, four.timestamp, four.nonce, body),
        )
    if FOUR & {name for name, _ in headers}:
        raise MalformedSignature("a request can't have both forms of signature")
    found = parse_signature(headers)
    machine = parse_machine_id(found.key_id)
    base = found.base(method, f"{public_url}{path}")
    return lambda body: SignedRequest(
        machine,
        found.created,
        found.nonce,
        found.signature,
        # A different body fails like a wrong signature: no signature is for zero bytes.
        base if found.covers(body) else b"",
    )


async def _authenticated(
    core: Core,
    request: SignedRequest,
    origin: Origin,
    act: Callable[[Machine], Awaitable[object]],
) -> object:
    """Verify the request and act on it. If the cached key is out of date, look the key up and try again."""
    caller = await authenticate_machine(core, request, origin)
    try:
        return await act(caller)
    except AuthenticationFailed:
        forget_machine(core, request.machine)
        return await act(await authenticate_machine(core, request, origin))


async def read_body(scope: HTTPScope, receive: Receive) -> bytes:
    """Return the exact bytes of the body. Raises an error for a body that isn't allowed."""
    for name, value in scope["headers"]:
        if name == b"content-encoding" and value.strip().lower() != b"identity":
            raise UnsupportedMediaType
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message: Any = await receive()
        if message["type"] != "http.request":
            raise BodyCutShort
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BODY_BYTES:
            raise BodyTooLarge
        more = message.get("more_body", False)
    body = b"".join(parts)
    if body and scope["method"] == "GET":
        raise Invalid("a GET request can't have a body")
    return body


async def _no_body() -> bytes:
    return b""


def _path(raw_path: bytes, query: bytes) -> str:
    try:
        return require_machine_path(raw_path, query)
    except MalformedTarget as malformed:
        raise Invalid(str(malformed)) from None


def _call(path: str, method: str) -> tuple[Call, str]:
    found = find_call(path)
    if found is None:
        raise NoSuchRoute
    if found[0].method != method:
        raise MethodNotAllowed(found[0].method)
    return found


async def answer(send: Send, note: RequestNote, work: Awaitable[Answered]) -> None:
    """Send the response to the work, in the messages of ASGI."""
    status, headers, body = await settle(note, work)
    start: Any = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def settle(note: RequestNote, work: Awaitable[Answered]) -> Response:
    """Return the response with the result of the work or the problem for its error, and nothing else."""
    headers: list[tuple[bytes, bytes]] = []
    try:
        status, body, kind, *more = await work
        headers = [(k.encode(), v.encode()) for extra in more for k, v in extra]
    except Exception as error:  # noqa: BLE001 -- see above
        if is_unexpected(error):
            log_unexpected(note.origin.request_id, error)
        problem = answer_to(error, note.origin.request_id, machines=True)
        note.code = problem.code
        status, body, kind = problem.status.value, problem.body, MEDIA_TYPE
        headers = [(k.lower().encode(), v.encode()) for k, v in problem.headers.items()]
    headers += [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-request-id", note.origin.request_id.encode()),
    ]
    note.status = status
    return status, headers, body
