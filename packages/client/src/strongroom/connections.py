"""One HTTP/1.1 connection on `http.client`, every step of which ends by one deadline.

Redirects are answers like others: a signed request is good for one server only.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from strongroom.proxies import Proxy, find_proxy

_RUNNING = "is the server running, and may this machine reach it?"


class StaleConnection(Exception):
    """The server had closed a kept connection, as servers do; on a new one the request can go."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it goes out. Only its method and path are printed."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it came. `headers` has lower-case names; the body is not printed."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Broken:
    """Why there is no answer. `what` continues a sentence that begins with the server's name.

    `closed`: the connection ended before a byte of the answer came. `lasting`: trying again is vain.
    """

    what: str
    hint: str
    sent: bool = False
    closed: bool = False
    lasting: bool = False
    too_large: bool = False


@dataclass(slots=True)
class Deadline:
    """So many seconds from now on."""

    seconds: float
    _ends: float = field(init=False)

    def __post_init__(self) -> None:
        self._ends = time.monotonic() + self.seconds

    def left(self) -> float:
        """Return the seconds that are left. Raises `TimeoutError` when none are."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@dataclass(frozen=True)
class Origin:
    """Where the server is, and the proxy on the way, if the environment names one."""

    name: str
    host: str
    port: int
    secure: bool
    proxy: Proxy | None

    @classmethod
    def of(cls, url: str) -> "Origin":
        """Read an address that `require_server_url` returned."""
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        return cls(url, host, port, secure, find_proxy(host, port) if secure else None)

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """What certificates are checked against: the system's, or those of `SSL_CERT_FILE`."""
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        return context


class Connection(http.client.HTTPConnection):
    """A connection that is made when first used, and whose steps share one deadline each exchange."""

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin.host, origin.port)
        self._origin = origin
        self._deadline = Deadline(0)
        self._timed: _DeadlineSocket | None = None
        self._sent = False
        self.reusable = False

    def exchange(self, request: Request, deadline: Deadline, *, most: int) -> Answer | Broken:
        """Send a request and read its answer of at most `most` bytes, or return why there is none."""
        self._deadline, self._sent = deadline, False
        try:
            return self._exchange(request, most)
        except (OSError, http.client.HTTPException) as error:
            return _broken(error, sent=self._sent)

    def _exchange(self, request: Request, most: int) -> Answer | Broken:
        if self._timed is None:
            self.connect()
        else:
            self._timed.deadline = self._deadline
        self._sent = True
        self.request(
            request.method, request.path, body=request.body or None, headers=dict(request.headers)
        )
        response = self.getresponse()
        body = response.read(most + 1)
        if len(body) > most:
            return Broken("", "", sent=True, too_large=True)
        if response.length:  # what was announced and did not come
            return Broken("broke off in the middle of its answer", _RUNNING, sent=True)
        # After an interim answer, which the library takes for the last, another is still to come.
        self.reusable = not response.will_close and response.status >= http.client.OK
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, body)

    def connect(self) -> None:
        """Connect to the server, through the proxy if there is one, with TLS unless it is local."""
        proxy, origin = self._origin.proxy, self._origin
        host, port = (origin.host, origin.port) if proxy is None else (proxy.host, proxy.port)
        connected = self._dial(host, port)
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if proxy is not None:
                proxy.open_tunnel(
                    _DeadlineSocket(connected, self._deadline), origin.host, origin.port
                )
            if origin.secure:
                connected.settimeout(self._deadline.left())
                connected = origin.tls.wrap_socket(connected, server_hostname=origin.host)
        except BaseException:
            connected.close()
            raise
        self._timed = _DeadlineSocket(connected, self._deadline)
        self.sock = self._timed  # pyright: ignore[reportAttributeAccessIssue] -- what is needed of a socket

    def _dial(self, host: str, port: int) -> socket.socket:
        """Try the host's addresses in turn, each for its share of the time."""
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
    """What `http.client` needs of a socket, with the time that is left set before each step."""

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

    def close(self) -> None:
        self._socket.close()


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket, and never waits longer than is left."""

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


_MEANINGS: list[tuple[type[Exception] | tuple[type[Exception], ...], Broken]] = [
    (ssl.SSLError, Broken("does not speak TLS as it should", "is the port right?")),
    (TimeoutError, Broken("did not answer in time", _RUNNING)),
    (socket.gaierror, Broken("has a name that could not be looked up", "is it spelt right?")),
    (ConnectionRefusedError, Broken("refuses connections", _RUNNING)),
    (
        (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError),
        Broken("closed the connection without an answer", _RUNNING, closed=True),
    ),
    (
        http.client.HTTPException,
        Broken("broke off, or answered what is not HTTP", "is the port right?"),
    ),
]
"""What the library's errors mean, the nearer kind first."""


def _broken(error: Exception, *, sent: bool) -> Broken:
    """Say in our words what went wrong; the library's may quote what was read."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Broken(
            f"has a certificate that is not trusted: {error.verify_message}",
            "set SSL_CERT_FILE to the certificate of its issuer",
            lasting=True,
        )
    for kinds, meaning in _MEANINGS:
        if isinstance(error, kinds):
            return replace(meaning, sent=sent, closed=meaning.closed and sent)
    reason = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    return Broken(f"cannot be reached{reason}", _RUNNING, sent=sent, closed=sent)
