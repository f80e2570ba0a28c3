"""Calls from machines that have no identity yet: getting the script, and registration (M-3).

They are unsigned, so they are rate limited. For an unknown or used token, the response is a script that
prints an error and fails: an empty response, piped into a shell, would look like success.
"""

import re

import msgspec
from litestar.types import HTTPScope, Receive, Send

from strongroom_api.bodies import decode_body
from strongroom_api.errors import MethodNotAllowed, NoSuchRoute
from strongroom_api.machine.plane import Answered, answer, read_body
from strongroom_api.machine.scripts import bootstrap_script, refusal_script
from strongroom_api.process import Process
from strongroom_api.request_note import NOTE, RequestNote
from strongroom_api.sealing import require_open
from strongroom_core.access.actions.machines import MACHINE_REGISTER
from strongroom_core.access.operations import strangers
from strongroom_core.accounts.throttle import admit
from strongroom_core.core import Core
from strongroom_core.kernel.caller import Visitor
from strongroom_core.kernel.origin import Origin
from strongroom_core.machines.bootstrap import is_bootstrap_token, register_machine

REGISTER = "/v1/bootstrap/register"
PREFIX = "/v1/bootstrap/"
OPERATIONS = {
    "readBootstrapScript": strangers(MACHINE_REGISTER),
    "registerMachine": strangers(MACHINE_REGISTER),
}
_SCRIPT = re.compile(r"/v1/bootstrap/([A-Za-z0-9_-]{8,128})(?:/(ps|k8s))?")


class _Registration(msgspec.Struct, rename="camel"):
    token: str
    public_key: str
    hostname: str


class Enrolment:
    """An ASGI application for the unsigned calls under `/v1/bootstrap/`."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        note = NOTE.get()
        await answer(send, note, self._serve(scope, receive, note))

    async def _serve(self, scope: HTTPScope, receive: Receive, note: RequestNote) -> Answered:
        core, origin = require_open(self._process), note.origin
        path = scope["raw_path"].decode("latin-1")
        if path == REGISTER:
            _require_method(scope, "POST")
            note.operation = "registerMachine"
            await admit(core, origin, note.operation)
            body = await read_body(scope, receive)
            return 201, await _register(core, origin, body), "application/json"
        script = _SCRIPT.fullmatch(path)
        if script is None or scope["query_string"]:
            raise NoSuchRoute
        _require_method(scope, "GET")
        note.operation = "readBootstrapScript"
        await admit(core, origin, note.operation)
        text = await _script(core, script[1], script[2] or "")
        return 200, text.encode(), "text/plain; charset=utf-8"


async def _register(core: Core, origin: Origin, body: bytes) -> bytes:
    asked: _Registration = decode_body(body, _Registration)
    made = await register_machine(
        core, Visitor(origin), asked.token, public_key=asked.public_key, hostname=asked.hostname
    )
    return msgspec.json.encode(
        {
            "machineId": made.machine,
            "machineName": made.name,
            "vaultId": made.vault,
            "apiUrl": core.settings.public_url,
            "status": "pending",
        }
    )


async def _script(core: Core, token: str, variant: str) -> str:
    if not await is_bootstrap_token(core, token):
        return refusal_script(variant)
    return bootstrap_script(variant, url=core.settings.public_url, token=token)


def _require_method(scope: HTTPScope, method: str) -> None:
    if scope["method"] != method:
        raise MethodNotAllowed(method)
