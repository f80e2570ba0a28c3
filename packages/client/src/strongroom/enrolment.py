"""How a machine gets an identity: by a bootstrap token, on disk; by an enrollment token, in memory.

The key is made here, and only its public half leaves.
"""

import os
import re
import socket
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from strongroom import calls, identity_folder
from strongroom.calls import Call, Registered
from strongroom.errors import ServerError
from strongroom.exchange import Patience, encode_body, exchange, nonsense, unsigned_request
from strongroom.identity import Identity, require_server_url, require_vault_id
from strongroom.private_key import PrivateKey
from strongroom.resolution import strongroom_home
from strongroom.steps import Send, Sleep, Step, drive
from strongroom.transport import Transport

TIMEOUT = 10.0
LONGEST_HOSTNAME = 253
_NOT_IN_HOSTNAMES = re.compile(r"[^A-Za-z0-9._-]")


def enroll(
    url: str, vault_id: str, token: str, *, hostname: str | None = None, name: str | None = None
) -> Identity:
    """Register an ephemeral machine and return its identity, which lives in memory only.

    `token` is an enrollment token. `hostname` is this machine's by default; `name` may be overruled by
    the token. Raises `NotFound` for a token that is not accepted, and `BadIdentity` for an address
    that is neither https nor http://localhost.
    """
    url, key = require_server_url(url), PrivateKey.generate()
    body = {
        "token": token,
        "publicKey": key.public_key,
        "hostname": hostname or this_hostname(),
        **({} if name is None else {"name": name}),
    }
    made = _register(url, calls.ENROLL, body, require_vault_id(vault_id))
    return _identity(made, key, url)


def bootstrap(
    url: str,
    token: str,
    *,
    home: str | os.PathLike[str] | None = None,
    hostname: str | None = None,
    replace: bool = False,
) -> Identity:
    """Register this machine and write its identity below `home` (`STRONGROOM_HOME` by default).

    A person has to approve it, after comparing its fingerprint, before it can read. `token` is a
    bootstrap token. Raises `Conflict`, before anything is sent, where an identity at this server
    exists, unless `replace` is true; `NotFound` for a token that is not accepted; `BadIdentity`
    for an unusable address and for a folder that cannot be written.
    """
    url, key = require_server_url(url), PrivateKey.generate()
    folder = Path(home).expanduser() if home is not None else strongroom_home()
    if not replace:
        identity_folder.require_none(folder, url)
    # Everything that could fail here fails before the token is spent.
    prepared = identity_folder.prepare(folder, key)
    try:
        body = {
            "token": token,
            "publicKey": key.public_key,
            "hostname": hostname or this_hostname(),
        }
        made = _identity(_register(url, calls.BOOTSTRAP, body), key, url)
        return identity_folder.write(folder, made, prepared, overwrite=replace)
    finally:
        prepared.unlink(missing_ok=True)


def this_hostname() -> str:
    """Return this machine's name in the form that servers take: letters, digits, dot, _ and hyphen."""
    name = _NOT_IN_HOSTNAMES.sub("-", socket.gethostname())[:LONGEST_HOSTNAME]
    return name.strip("._-") or "machine"


def _register(url: str, call: Call[Registered], body: dict[str, Any], *parts: str) -> Registered:
    make = partial(unsigned_request, call.method, call.path.format(*parts), encode_body(body))
    transport = Transport(url, TIMEOUT)
    steps = exchange(make, call.status, Patience(), repeatable=call.repeatable)
    try:
        answer = drive(steps, partial(_perform, transport))
    finally:
        transport.close()
    made = calls.understand(call, answer.body)
    if made is None:
        raise nonsense(answer)
    return made


def _perform(transport: Transport, step: Step) -> Any:
    import time  # noqa: PLC0415 -- registering waits seldom

    match step:
        case Send(request, fresh):
            return transport.send(request, fresh=fresh)
        case Sleep(seconds):
            return time.sleep(seconds)
        case _:
            return step.work()


def _identity(made: Registered, key: PrivateKey, url: str) -> Identity:
    """Return the identity that a server gave, if its parts are what such parts can be."""
    try:
        UUID(made.machine_id)
        identity = Identity(
            made.machine_id,
            made.machine_name,
            require_vault_id(made.vault_id),
            require_server_url(made.api_url or url),
            key,
        )
    except ValueError:
        identity = None
    if identity is None:
        raise ServerError("the server gave no usable machine id", "see its log")
    return identity
