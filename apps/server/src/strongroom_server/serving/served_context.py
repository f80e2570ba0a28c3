"""The TLS context that connections begin with, whose certificate can be replaced while it is in use."""

from __future__ import annotations

import contextlib
import hashlib
import ssl
from typing import Any, Self

from strongroom_server.serving.http_protocol import connection_cap

_ROUND_TRIPS = 3


class ServedContext(ssl.SSLContext):
    """Begins each connection with the `current` context, which a renewal replaces as a whole.

    OpenSSL keeps one certificate for each kind of key in a context, and prefers some kinds. If an RSA
    certificate were loaded into a context that has an ECDSA one, clients would still get the old one.

    It also closes connections over the cap before their TLS handshake, because the protocol sees them only
    afterwards.
    """

    current: ssl.SSLContext

    def __new__(cls, current: ssl.SSLContext) -> Self:  # noqa: ARG004
        """Create an empty context, which doesn't serve any connection itself."""
        return super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)

    def __init__(self, current: ssl.SSLContext) -> None:
        self.current = current

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        """Start a connection. Raises `ConnectionAbortedError` over the cap."""
        if connection_cap.is_reached():
            raise ConnectionAbortedError
        return self.current.wrap_bio(*arguments, **options)


def fingerprint_shown(context: ssl.SSLContext) -> str:
    """Return the SHA-256 of the certificate that a new client gets, found by a handshake in memory."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server),
        context.wrap_bio(to_server, to_client, server_side=True),
    )
    for _ in range(_ROUND_TRIPS):
        for end in ends:
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
    return hashlib.sha256(ends[0].getpeercert(binary_form=True) or b"").hexdigest()
