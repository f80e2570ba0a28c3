"""Calls that need no identity: registering with a token, and getting a server's status.

The key is generated on this machine, and only the public key is sent.
"""

import os
import re
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from strongroom._internal import identity_files
from strongroom._internal.calls import (
    BOOTSTRAP,
    ENROLL,
    HEALTH,
    TEMPORARY,
    BoundCall,
    Registered,
    understand,
)
from strongroom._internal.connections import Answer
from strongroom._internal.exchange import (
    Patience,
    exchange,
    malformed_response,
    understood,
    unsigned_request,
)
from strongroom._internal.identity import Identity, require_vault_id, strongroom_home
from strongroom._internal.private_key import PrivateKey
from strongroom._internal.refusals import refusal
from strongroom._internal.route import require_server_url
from strongroom._internal.sanitize import code
from strongroom._internal.steps import drive
from strongroom._internal.transport import Transport
from strongroom.errors import ServerError, StrongroomError

TIMEOUT = 10.0
LONGEST_HOSTNAME = 253
_UNWELL = 503
T = TypeVar("T")
_NOT_IN_HOSTNAMES = re.compile(r"[^A-Za-z0-9._-]")


def enroll(
    url: str,
    vault_id: str,
    token: str,
    *,
    hostname: str | None = None,
    name: str | None = None,
    home: str | os.PathLike[str] | None = None,
    replace: bool = False,
) -> Identity:
    """Register an ephemeral machine and return its identity, kept in memory only unless `home` is set.

    `token` is an enrollment token. `hostname` defaults to this machine's name; the token can
    override `name`. `home` is a folder to write the identity to, as `bootstrap` does. Raises
    `NotFound` for an unknown token, `AccessDenied` for one that can no longer be used, or not from
    here, and `BadIdentity` for a URL that is neither https nor http://localhost.
    """
    url, vault = require_server_url(url), require_vault_id(vault_id)
    if home is None:
        key = PrivateKey.generate()
        return identity_of(_enrolled(url, vault, token, key, hostname, name), key, url)
    return register_in(
        Path(home).expanduser(),
        url,
        lambda key: _enrolled(url, vault, token, key, hostname, name),
        replace=replace,
    )


def _enrolled(
    url: str, vault: str, token: str, key: PrivateKey, hostname: str | None, name: str | None
) -> Registered:
    body = {
        "token": token,
        "publicKey": key.public_key,
        "hostname": hostname or this_hostname(),
        **({} if name is None else {"name": name}),
    }
    return ask_unsigned(url, ENROLL.bind(vault, body=body))


def bootstrap(
    url: str,
    token: str,
    *,
    home: str | os.PathLike[str] | None = None,
    hostname: str | None = None,
    replace: bool = False,
    temporary_in: str | None = None,
    vault: str | None = None,
) -> Identity:
    """Register this machine and write its identity to `home` (default: `STRONGROOM_HOME`).

    The machine can't read anything until someone has compared its fingerprint and approved it. `token` is a
    registration token. Raises `Conflict`, before anything is sent, if there is an identity for this server,
    unless `replace` is true; `NotFound` for an invalid token; `BadIdentity` for an unusable URL or a folder
    that can't be written. `temporary_in` is the vault of a token for a temporary machine. `vault` is the ID
    of the token's vault, if it is known: then identities for other vaults of this server don't matter.
    """
    url = require_server_url(url)
    folder = Path(home).expanduser() if home is not None else strongroom_home()

    def register(key: PrivateKey) -> Registered:
        body = {
            "token": token,
            "publicKey": key.public_key,
            "hostname": hostname or this_hostname(),
        }
        if temporary_in is None:
            return ask_unsigned(url, BOOTSTRAP.bind(body=body))
        return ask_unsigned(url, TEMPORARY.bind(require_vault_id(temporary_in), body=body))

    return register_in(
        folder, url, register, replace=replace, vault=vault and require_vault_id(vault)
    )


def server_status(url: str, *, timeout: float = 5.0) -> dict[str, Any]:
    """Return a server's status: `status` is `ok`, `degraded`, `sealed` or `not_initialised`.

    `serverTime`, in Unix seconds, is present if the response has a date. `timeout` is in seconds. There are
    no retries. Raises `Unreachable` if there is no response, and `BadIdentity` for an unusable URL.
    """
    transport = Transport(require_server_url(url), timeout)
    try:
        answer = transport.send(unsigned_request(HEALTH.bind()))
    finally:
        transport.close()
    status = understand(HEALTH, answer.body)
    if (
        answer.status not in (HEALTH.status, _UNWELL)
        or status is None
        or code(status.get("status")) is None
    ):
        raise _unexpected(answer)
    return status | _time(answer)


def this_hostname() -> str:
    """Return this machine's name in the form that servers accept: letters, digits, dot, _ and hyphen."""
    name = _NOT_IN_HOSTNAMES.sub("-", socket.gethostname())[:LONGEST_HOSTNAME]
    return name.strip("._-") or "machine"


def register_in(
    folder: Path,
    url: str,
    register: Callable[[PrivateKey], Registered],
    *,
    replace: bool,
    vault: str | None = None,
) -> Identity:
    """Register with a new key and write the identity to a folder."""
    if not replace:
        identity_files.require_no_identity(folder, url, vault)
    key = PrivateKey.generate()
    # Everything that can fail here fails before the token is used up.
    prepared = identity_files.write_new_key(folder, key)
    try:
        made = identity_of(register(key), key, url)
        return identity_files.write_identity(folder, made, prepared, overwrite=replace)
    finally:
        prepared.unlink(missing_ok=True)


def ask_unsigned(url: str, call: BoundCall[T]) -> T:
    """Send a call that needs no identity, and return the parsed response."""
    transport = Transport(url, TIMEOUT)
    status, repeatable = call.call.status, call.call.repeatable
    steps = exchange(partial(unsigned_request, call), status, Patience(), repeatable=repeatable)
    try:
        answer = drive(steps, transport.send, time.sleep)
    finally:
        transport.close()
    return understood(call.call, answer)


def identity_of(made: Registered, key: PrivateKey, url: str) -> Identity:
    """Return the identity from the server's response, if all parts are valid."""
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
        raise ServerError("the server returned an invalid machine ID", "see its log")
    return identity


def _unexpected(answer: Answer) -> StrongroomError:
    return malformed_response(answer) if answer.status == HEALTH.status else refusal(answer)


def _time(answer: Answer) -> dict[str, int]:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 -- `http.client` has loaded it

    try:
        return {"serverTime": int(parsedate_to_datetime(answer.headers["date"]).timestamp())}
    except (KeyError, ValueError):
        return {}
