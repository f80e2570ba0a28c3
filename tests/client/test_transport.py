"""TLS, proxies, and processes that fork (D-2)."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from strongroom import Identity, ServerError, Strongroom, Unavailable, Unreachable

SECRET = "sk_aaaaaaaaaaaaaaaa"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for localhost and its key, in one file."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)  # noqa: TID251 -- certificates are checked against the real clock
    names = [x509.DNSName("localhost")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + pem)
    return file


@pytest.fixture
def secure(
    stray: Identity,
    stand_in: Any,
    scripted: Any,
    certificate: Path,
) -> Identity:
    """An identity for the stand-in, which now uses TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    stand_in.socket = context.wrap_socket(stand_in.socket, server_side=True)
    stand_in.answers(scripted(content={"value": "v"}))
    return replace(stray, api_url=stand_in.url.replace("http:", "https:"))


def test_a_trusted_certificate(
    secure: Identity, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D-2: `SSL_CERT_FILE` lists the trusted certificates."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Strongroom(secure) as client:
        values = [client.get_secret(SECRET).reveal() for _ in range(3)]

    assert ["v"] * 3 == values


def test_an_untrusted_certificate(
    secure: Identity, stand_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D-2: an untrusted certificate is rejected before anything is sent; the error says how to fix it."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    told: list[Any] = []
    with (
        Strongroom(secure, trace=told.append) as client,
        pytest.raises(Unreachable, match=r"untrusted certificate: .*: set SSL_CERT_FILE") as error,
    ):
        client.get_secret(SECRET)

    assert error.value.lasting
    assert 1 == len(told)
    assert [] == stand_in.asked


@pytest.mark.parametrize("file", ["missing", "empty"])
def test_a_file_of_certificates_that_does_not_help(
    secure: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    """D-2: if `SSL_CERT_FILE` is already set, the error says what is wrong with it."""
    named = tmp_path / file
    if file == "empty":
        named.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(named))
    says = "doesn't exist" if file == "missing" else "doesn't contain the issuer's certificate"
    with Strongroom(secure) as client, pytest.raises(Unreachable, match=says) as error:
        client.get_secret(SECRET)

    assert str(named) in error.value.hint


def test_another_hosts_certificate(
    secure: Identity, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D-2: a certificate is valid for its host only."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    elsewhere = secure.api_url.replace("localhost", "127.0.0.1")
    with (
        Strongroom(replace(secure, api_url=elsewhere)) as client,
        pytest.raises(
            Unreachable, match=r"untrusted certificate.*: check that the host name is right"
        ),
    ):
        client.get_secret(SECRET)


def test_no_tls_where_it_should_be(stray: Identity, stand_in: Any) -> None:
    """D-2: the client doesn't fall back to plain HTTP if the server uses it."""
    secure = replace(stray, api_url=stand_in.url.replace("http:", "https:"))
    with (
        Strongroom(secure, attempts=1) as client,
        pytest.raises(Unreachable, match="failed the TLS handshake: is the port right"),
    ):
        client.get_secret(SECRET)

    assert [] == stand_in.asked


def test_an_unresolvable_host_name(stray: Identity) -> None:
    """D-2: the error says that the host name can't be resolved."""
    missing = replace(stray, api_url="https://nothing.invalid")
    with Strongroom(missing, attempts=1) as client, pytest.raises(Unreachable) as error:
        client.get_secret(SECRET)

    assert not error.value.sent
    assert error.value.what.startswith("https://nothing.invalid")


# Proxies -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Proxy:
    """A proxy that opens tunnels, or responds with `status`. It records its requests."""

    status: int = 200
    asked: list[str] = field(default_factory=list[str])
    _listener: socket.socket = field(default_factory=socket.socket)

    @property
    def address(self) -> str:
        """Return the proxy's host and port."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self) -> threading.Thread:
        """Start, in a thread."""
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        thread = threading.Thread(target=self._serve, daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Stop."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            self.asked.append(head.decode())
            client.sendall(f"HTTP/1.1 {self.status} So\r\n\r\n".encode())
            if self.status != 200:
                client.close()
                continue
            host, _, port = head.split()[1].decode().rpartition(":")
            server = socket.create_connection((host, int(port)))
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


@pytest.fixture
def proxy(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A running proxy, set in the environment."""
    proxy = Proxy()
    thread = proxy.start()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    yield proxy
    proxy.stop()
    thread.join()


def test_a_tunnel(secure: Identity, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """D-2: a tunnel uses the name and password in `HTTPS_PROXY`; the proxy sees none of our requests."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:p%40ss@{proxy.address}")
    with Strongroom(secure) as client:
        values = [client.get_secret(SECRET).reveal() for _ in range(2)]
    (asked,) = proxy.asked
    target = secure.api_url.removeprefix("https://")

    assert ["v", "v"] == values
    assert asked.startswith(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n")
    assert "Proxy-Authorization: Basic dXNlcjpwQHNz\r\n" in asked
    assert SECRET not in asked


def test_hosts_that_are_excepted(
    secure: Identity, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D-2: hosts in `NO_PROXY`, and a server without TLS on this machine, are reached directly."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    monkeypatch.setenv("NO_PROXY", "example.org,localhost")
    with Strongroom(secure) as client:
        value = client.get_secret(SECRET)

    assert ("v", []) == (value.reveal(), proxy.asked)


def test_a_proxy_that_refuses(
    secure: Identity, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D-2: the error says that the proxy failed, and repeats no password."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:MARKER@{proxy.address}")
    proxy.status = 407
    with (
        Strongroom(secure, attempts=1) as client,
        pytest.raises(Unreachable, match=r"the proxy 127\.0\.0\.1 answered 407") as error,
    ):
        client.get_secret(SECRET)

    assert "MARKER" not in str(error.value)


def test_an_invalid_proxy(secure: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    """D-2: an invalid proxy is reported when the client is created."""
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:MARKER@localhost:1")
    with pytest.raises(ValueError, match="HTTPS_PROXY must be a proxy URL") as error:
        Strongroom(secure)

    assert "MARKER" not in str(error.value)


# Processes -----------------------------------------------------------------------------------------


def test_a_fork(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """D-2: a child process doesn't use its parent's connections, and both keep working."""
    stand_in.answers(scripted(content={"value": "v"}))
    client = Strongroom(stray)
    client.get_secret(SECRET)
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if client.get_secret(SECRET).reveal() == "v" else 1)
        finally:
            os._exit(2)
    _, status = os.waitpid(child, 0)
    value = client.get_secret(SECRET)
    client.close()

    assert 0 == os.waitstatus_to_exitcode(status)
    assert ("v", 2) == (value.reveal(), stand_in.connections)


# Responses as other servers and proxies frame them ---------------------------------------------------


@dataclass(slots=True)
class Raw:
    """Sends these bytes on each connection, part by part, `pause` seconds apart, and closes it."""

    pieces: list[bytes] = field(default_factory=list[bytes])
    pause: float = 0.0
    _listener: socket.socket = field(default_factory=socket.socket)
    _ended: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Return its URL, in the form that an identity can contain."""
        return f"http://localhost:{self._listener.getsockname()[1]}"

    def start(self) -> threading.Thread:
        """Start, in a thread."""
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        thread = threading.Thread(target=self._serve, daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Stop."""
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, suppress(OSError):
                client.recv(65_536)
                for piece in self.pieces:
                    client.sendall(piece)
                    self._ended.wait(self.pause)


@pytest.fixture
def raw() -> Iterator[Raw]:
    """A server that sends exactly the bytes that a test specifies."""
    raw = Raw()
    thread = raw.start()
    yield raw
    raw.stop()
    thread.join()


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
VALUE = b'{"value": "v"}'


@pytest.mark.parametrize(
    "pieces",
    [
        [CHUNKED, b"4\r\n", b'{"va\r\n', b'a;x=y\r\nlue": "v"}\r\n', b"0\r\n", b"X: y\r\n\r\n"],
        [HEAD, b"\r\n", VALUE],
        [b"HTTP/1.0 200\r\n\r\n", VALUE],
        [
            b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n",
            HEAD + b"content-length:14\r\n\r\n",
            VALUE,
        ],
        [HEAD + b"Content-Length: 14\r\nConnection: close\r\n\r\n" + VALUE],
    ],
)
def test_answers_in_other_frames(stray: Identity, raw: Raw, pieces: list[bytes]) -> None:
    """RFC 9112, 6: chunked responses, unframed ones, and those after an interim response are read."""
    raw.pieces = pieces
    with Strongroom(replace(stray, api_url=raw.url), attempts=1) as client:
        values = [client.get_secret(SECRET).reveal() for _ in range(2)]

    assert ["v", "v"] == values


def test_a_surplus_response(stray: Identity, raw: Raw) -> None:
    """D-2: if another response could follow, the connection isn't used for the next call."""
    hint = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    raw.pieces = [hint + HEAD + b"Content-Length: 14\r\n\r\n" + VALUE]
    raw.pause = 0.3
    told: list[Any] = []
    with Strongroom(replace(stray, api_url=raw.url), attempts=1, trace=told.append) as client:
        for _ in range(2):
            with pytest.raises(Unavailable, match="103"):
                client.get_secret(SECRET)

    assert [103, 103] == [trace.status for trace in told]


@pytest.mark.parametrize(
    ("pieces", "says"),
    [
        ([], "without responding"),
        ([b"SSH-2.0-OpenSSH_9\r\n"], "isn't HTTP"),
        ([b"HTTP/1.1 two OK\r\n\r\n"], "isn't HTTP"),
        ([HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n"], "isn't HTTP"),
        ([HEAD + b"X: y\r\n" * 200 + b"\r\n"], "isn't HTTP"),
        ([HEAD + b"Content-Length: 15\r\n\r\n", VALUE], "in the middle of its response"),
        ([CHUNKED, b"4\r\n", b'{"va\r\n'], "isn't HTTP"),
        ([CHUNKED, b"four\r\n", VALUE], "isn't HTTP"),
    ],
)
def test_malformed_responses(stray: Identity, raw: Raw, pieces: list[bytes], says: str) -> None:
    """D-2: all malformed responses raise the same error, which doesn't include any of the response."""
    raw.pieces = pieces
    with (
        Strongroom(replace(stray, api_url=raw.url), attempts=1) as client,
        pytest.raises(Unreachable, match=says) as error,
    ):
        client.get_secret(SECRET)

    assert error.value.sent
    assert "value" not in str(error.value)


@pytest.mark.parametrize(
    "dripping",
    [
        [bytes([byte]) for byte in HEAD + b"X: y\r\n" * 9],
        [CHUNKED, *[b"1\r\n{\r\n"] * 50],
        [HEAD + b"Content-Length: 999\r\n\r\n", *[b" "] * 50],
    ],
)
def test_an_answer_that_drips(stray: Identity, raw: Raw, dripping: list[bytes]) -> None:
    """D-2: the timeout covers the whole attempt, even if the server keeps sending."""
    raw.pieces, raw.pause = dripping, 0.05
    began = time.monotonic()
    with (
        Strongroom(replace(stray, api_url=raw.url), attempts=1, timeout=0.5) as client,
        pytest.raises(Unreachable, match="did not answer in time"),
    ):
        client.get_secret(SECRET)

    assert 0.4 < time.monotonic() - began < 1.5


def test_an_endless_answer(stray: Identity, raw: Raw) -> None:
    """D-2: a response that is larger than any valid one isn't read to the end."""
    raw.pieces = [HEAD + b"\r\n", *[b" " * 1_000_000] * 40]
    with (
        Strongroom(replace(stray, api_url=raw.url), attempts=1) as client,
        pytest.raises(ServerError, match="larger than 16 MiB: export one project at a time"),
    ):
        client.get_secret(SECRET)
