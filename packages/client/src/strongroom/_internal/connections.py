"""One HTTP/1.1 connection on `http.client`, with a deadline for every step.

Redirects aren't followed: a signed request is meant for one server only.
"""

import http.client
import io
import os
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from strongroom._internal.route import Route

EVENTS = "text/event-stream"
_RUNNING = "is the server running and reachable from this machine?"


class StaleConnection(Exception):
    """The server had closed a keep-alive connection, as servers do. The request can use a new connection."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as sent. Prints only its method and path."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """One response as received. `headers` has lower-case names; the body isn't printed."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Broken:
    """Why there is no response. `what` continues a sentence that starts with the server's name.

    `closed` means that the connection ended before the first byte of the response, and `lasting` means that
    retrying is pointless.
    """

    what: str
    hint: str
    sent: bool = False
    closed: bool = False
    lasting: bool = False
    too_large: bool = False


@dataclass(slots=True)
class Deadline:
    """A number of seconds from now."""

    seconds: float
    _ends: float = field(init=False)

    def __post_init__(self) -> None:
        self._ends = time.monotonic() + self.seconds

    def left(self) -> float:
        """Return the remaining seconds. Raises `TimeoutError` if no time is left."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class Connection(http.client.HTTPConnection):
    """A connection opened on first use, whose steps share one deadline per exchange."""

    def __init__(self, route: Route) -> None:
        super().__init__(route.host, route.port)
        self._route = route
        self._deadline = Deadline(0)
        self._timed: _DeadlineSocket | None = None
        self._sent = False
        self._open: http.client.HTTPResponse | None = None
        self.reusable = False

    def exchange(self, request: Request, deadline: Deadline, *, most: int) -> Answer | Broken:
        """Send a request and read a response of at most `most` bytes, or return why there is none."""
        self._deadline, self._sent = deadline, False
        try:
            answer = self._exchange(request, most)
        except (OSError, http.client.HTTPException) as error:
            return _broken(error, sent=self._sent)
        return answer or Broken("sent no response", _RUNNING, sent=True)

    def begin(self, request: Request, deadline: Deadline, *, most: int) -> Answer | Broken | None:
        """Send a request. Returns None if the response is a stream of events, which `line` then reads.

        Any other response is read to its end, as in `exchange`.
        """
        self._deadline, self._sent = deadline, False
        try:
            return self._exchange(request, most, streams=True)
        except (OSError, http.client.HTTPException) as error:
            return _broken(error, sent=self._sent)

    def line(self, deadline: Deadline, *, most: int) -> bytes | Broken:
        """Return the next line of an open response, with its line break, or nothing at its end."""
        if self._timed is None or self._open is None:
            return b""
        self._timed.deadline = self._deadline = deadline
        try:
            return self._open.readline(most)
        except (OSError, ValueError, http.client.HTTPException) as error:
            return _broken(error, sent=True)

    def interrupt(self) -> None:
        """Make another thread that waits for a line return."""
        if self._timed is not None:
            self._timed.interrupt()

    def _exchange(
        self, request: Request, most: int, *, streams: bool = False
    ) -> Answer | Broken | None:
        if self._timed is None:
            self.connect()
        else:
            self._timed.deadline = self._deadline
        self._sent = True
        self.request(
            request.method, request.path, body=request.body or None, headers=dict(request.headers)
        )
        response = self.getresponse()
        kind = response.headers.get_content_type()
        if streams and response.status == http.client.OK and kind == EVENTS:
            self._open = response
            return None
        body = response.read(most + 1)
        if len(body) > most:
            return Broken("", "", sent=True, too_large=True)
        if response.length:  # the body is shorter than its Content-Length
            return Broken(
                "closed the connection in the middle of its response", _RUNNING, sent=True
            )
        # `http.client` mistakes an interim (1xx) response for the final one, which is still to come.
        self.reusable = not response.will_close and response.status >= http.client.OK
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, body)

    def connect(self) -> None:
        """Connect to the server, through a proxy if there is one, with TLS unless it is local."""
        proxy, route = self._route.proxy, self._route
        host, port = (route.host, route.port) if proxy is None else (proxy.host, proxy.port)
        connected = self._dial(host, port)
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if proxy is not None:
                proxy.open_tunnel(
                    _DeadlineSocket(connected, self._deadline), route.host, route.port
                )
            if route.secure:
                connected.settimeout(self._deadline.left())
                connected = route.tls.wrap_socket(connected, server_hostname=route.host)
        except BaseException:
            connected.close()
            raise
        self._timed = _DeadlineSocket(connected, self._deadline)
        self.sock = self._timed  # pyright: ignore[reportAttributeAccessIssue] -- the parts of a socket used here

    def _dial(self, host: str, port: int) -> socket.socket:
        """Try the host's addresses in turn, each for an equal share of the remaining time."""
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        problem: OSError = OSError("the name has no address")
        for number, (family, kind, protocol, _, address) in enumerate(addresses):
            dialled = socket.socket(family, kind, protocol)
            try:
                dialled.settimeout(self._deadline.left() / (len(addresses) - number))
                dialled.connect(address)
            except OSError as error:
                dialled.close()
                problem = error
            else:
                return dialled
        raise problem


class _DeadlineSocket:
    """The parts of a socket that `http.client` uses, with the remaining time set before each step."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        self.deadline = deadline

    def settle(self) -> socket.socket:
        self._socket.settimeout(self.deadline.left())
        return self._socket

    def sendall(self, data: Any) -> None:
        self.settle().sendall(data)

    def makefile(self, _mode: str = "rb") -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self, self._socket))

    def interrupt(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._socket.close()


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket, and never waits past the deadline."""

    def __init__(self, timed: _DeadlineSocket, connected: socket.socket) -> None:
        self._timed = timed
        self._raw = connected.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._timed.settle()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


_UNKNOWN_ISSUER = (18, 19, 20, 21)
"""OpenSSL's codes for a certificate without a trusted chain (X509_V_ERR_…)."""

_MEANINGS: list[tuple[type[Exception] | tuple[type[Exception], ...], Broken]] = [
    (ssl.SSLError, Broken("failed the TLS handshake", "is the port right?")),
    (TimeoutError, Broken("did not answer in time", _RUNNING)),
    (socket.gaierror, Broken("could not be resolved", "is the host name right?")),
    (ConnectionRefusedError, Broken("refuses connections", _RUNNING)),
    (
        (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError),
        Broken("closed the connection without responding", _RUNNING, closed=True),
    ),
    (
        http.client.HTTPException,
        Broken("closed the connection, or its answer isn't HTTP", "is the port right?"),
    ),
]
"""What the standard library's errors mean, more specific ones first."""


def _certificate_hint(code: int) -> str:
    named = os.environ.get("SSL_CERT_FILE")
    if code not in _UNKNOWN_ISSUER:
        return "check that the host name is right and that the certificate hasn't expired"
    if not named:
        return "set SSL_CERT_FILE to the certificate of its issuer"
    if not os.access(named, os.R_OK):
        return f"SSL_CERT_FILE is {named}, which doesn't exist or can't be read"
    return f"{named} (from SSL_CERT_FILE) doesn't contain the issuer's certificate"


def _broken(error: Exception, *, sent: bool) -> Broken:
    """Describe the failure in our own words; the library's message could quote received data."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Broken(
            f"has an untrusted certificate: {error.verify_message}",
            _certificate_hint(error.verify_code),
            lasting=True,
        )
    for kinds, meaning in _MEANINGS:
        if isinstance(error, kinds):
            return replace(meaning, sent=sent, closed=meaning.closed and sent)
    reason = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    return Broken(f"is unreachable{reason}", _RUNNING, sent=sent, closed=sent)
