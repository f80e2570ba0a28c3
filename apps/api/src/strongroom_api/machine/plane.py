"""Serves signed requests: one ASGI application, and no middleware, which would triple the cost.

The steps, numbered in the code; `docs/design/signed-requests.md` has the checks in full:

(1) the target is one that may be signed; it is refused, never normalised;
(2) there is such a call, for this method;
(3) the body is read whole, up to 256 KiB, before anything looks into it;
(4) the four headers have their form;
(5) the signature is verified: from here on the machine is told reasons;
(6) the use case; it spends the nonce and finds out whether the machine may;
(7) the answer.
"""

from collections.abc import Awaitable, Callable
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
from strongroom_wire.headers import MalformedHeaders, parse_headers

_encode = msgspec.json.Encoder().encode

Answered = tuple[int, bytes, str]
"""Status, body and media type."""


class MachinePlane:
    """An ASGI application for signed requests."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Serve one request, whatever it is."""
        note = NOTE.get()
        await answer(send, note, self._serve(scope, receive, note))

    async def _serve(self, scope: HTTPScope, receive: Receive, note: RequestNote) -> Answered:
        core, origin = require_open(self._process), note.origin
        path = _path(scope)  # (1)
        call, rest = _call(path, scope["method"])  # (2)
        note.operation = call.operation
        body = await read_body(scope, receive)  # (3)
        try:
            headers = parse_headers(scope["headers"])  # (4)
        except MalformedHeaders:
            return await refuse_malformed(core, origin)
        message = signed_bytes(call.method, path, headers.timestamp, headers.nonce, body)
        request = SignedRequest(
            headers.identity, headers.timestamp, headers.nonce, headers.signature, message
        )

        async def act(caller: Machine) -> object:
            return await call.handle(core, caller, rest, body)

        answered = await self._counted(call, _authenticated(core, request, origin, act))  # (5), (6)
        return 200, _encode(answered), "application/json"  # (7)

    async def _counted(self, call: Call, answering: Awaitable[object]) -> object:
        """Count the values that a call delivers, or why it delivers none."""
        if call.delivered is None:
            return await answering
        try:
            answered = await answering
        except StrongroomError as error:
            self._process.metrics.refuse_read(error.reason)
            raise
        self._process.metrics.deliver(call.delivered(answered))
        return answered


async def _authenticated(
    core: Core,
    request: SignedRequest,
    origin: Origin,
    act: Callable[[Machine], Awaitable[object]],
) -> object:
    """Verify and act. A key that the database no longer holds is looked up anew, once."""
    caller = await authenticate_machine(core, request, origin)
    try:
        return await act(caller)
    except AuthenticationFailed:
        forget_machine(core, request.machine)
        return await act(await authenticate_machine(core, request, origin))


async def read_body(scope: HTTPScope, receive: Receive) -> bytes:
    """Return the exact bytes that were sent. Raises what a body may not be."""
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
        raise Invalid("a GET has no body")
    return body


def _path(scope: HTTPScope) -> str:
    try:
        return require_machine_path(scope["raw_path"], scope["query_string"])
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
    """Send what the work gives, or the problem it raises; nothing else ever leaves."""
    headers: list[tuple[bytes, bytes]] = []
    try:
        status, body, kind = await work
    except Exception as error:  # noqa: BLE001 -- see above
        if is_unexpected(error):
            log_unexpected(note.origin.request_id, error)
        problem = answer_to(error, note.origin.request_id)
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
    start: Any = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})
