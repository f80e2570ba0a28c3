"""Reads the signature of a request to the human API, according to RFC 9421 (WIRE, section 7)."""

from typing import TYPE_CHECKING, Any, cast

from strongroom_api.request_note import NOTE
from strongroom_core.kernel.errors import Invalid
from strongroom_core.keys.authenticate import KeySigned
from strongroom_core.machines.authenticate import refuse_malformed
from strongroom_wire.signatures import MalformedSignature, parse_signature

if TYPE_CHECKING:
    from litestar.connection import ASGIConnection, Request
    from litestar.datastructures import State

    from strongroom_core.core import Core


async def signed_request(
    connection: "ASGIConnection[Any, Any, Any, State]", core: "Core"
) -> KeySigned:
    """Return the request, ready to be authenticated. The body is read completely, up to the usual limit.

    The steps, in order: (1) there is no cookie, because it could belong to someone else; (2) the headers are
    well formed, so no body is read from a client that doesn't even claim to have a key; (3) the body is read,
    before anything is done, and compared with its digest. Raises `Invalid` and `AuthenticationFailed`.
    """
    note, scope = NOTE.get(), connection.scope
    if "cookie" in connection.headers:  # (1)
        raise Invalid("send either a cookie or a signature, not both")
    try:
        signature = parse_signature(scope["headers"])  # (2)
    except MalformedSignature:
        return await refuse_malformed(core, note.origin)
    body = await cast("Request[Any, Any, State]", connection).body()  # (3)
    return KeySigned(
        signature.key_id,
        signature.created,
        signature.nonce,
        signature.signature,
        signature.base(note.method, f"{core.settings.public_url}{_target(cast('Any', scope))}"),
        intact=signature.covers(body),
    )


def _target(scope: dict[str, Any]) -> str:
    """Return path and query as they were sent. Bytes that aren't ASCII can't have been signed."""
    target = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return f"{target}?{query}" if query else target
