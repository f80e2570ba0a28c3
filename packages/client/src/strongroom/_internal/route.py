"""How to reach a server: its URL, and the proxy if the environment specifies one.

`HTTPS_PROXY` specifies the proxy, unless `NO_PROXY` excludes the host. The proxy is only used as a tunnel
(CONNECT): TLS stays between this machine and the server.
"""

import base64
import os
import re
import ssl
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

from strongroom.errors import BadIdentity

_OK = 200
_LOOPBACK = re.compile(r"127(\.[0-9]{1,3}){3}")


def require_server_url(url: str) -> str:
    """Return the server's URL without a trailing slash.

    Raises `BadIdentity` unless it is `https://host[:port]`, or `http://localhost[:port]` for a server on this
    machine: signatures protect requests, but only TLS protects responses.
    """
    try:
        return _server_url(url)
    except ValueError as error:
        known = (
            error if isinstance(error, _ServerUrlMalformed) else _ServerUrlMalformed("not a URL")
        )
        said, hint = str(known), known.hint
    raise BadIdentity(f"invalid server URL: {said}", hint)


def _server_url(url: str) -> str:
    parts = urlsplit(url)
    _ = parts.port  # raises ValueError for an invalid port
    if not parts.hostname or not url.isascii() or not url.isprintable() or " " in url:
        raise _ServerUrlMalformed("it has no host")
    if parts.username is not None or parts.password is not None:
        raise _ServerUrlMalformed("user names and passwords are not supported")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise _ServerUrlMalformed("it has a path; use the URL without one")
    if parts.scheme not in ("https", "http"):
        raise _ServerUrlMalformed("it doesn't begin with https://")
    if parts.scheme == "http" and parts.hostname != "localhost":
        if parts.hostname == "::1" or _LOOPBACK.fullmatch(parts.hostname):
            port = "" if parts.port is None else f":{parts.port}"
            raise _ServerUrlMalformed(
                "an IP address needs https, also on this machine", f"use http://localhost{port}"
            )
        raise _ServerUrlMalformed("it is neither https nor on this machine")
    return f"{parts.scheme}://{parts.netloc}"


class _ServerUrlMalformed(ValueError):
    """The message says what is wrong with the URL, and `hint` what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint or "use https://…, or http://localhost:PORT for a server on this machine"


class _ProxyRefused(OSError):
    """The proxy refused the tunnel."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy. `authorization` is a header's value, or None."""

    host: str
    port: int
    authorization: str | None = field(default=None, repr=False)

    def open_tunnel(self, connected: Any, host: str, port: int) -> None:
        """Open a tunnel to the server. Raises `OSError` if the proxy refuses."""
        from http.client import HTTPResponse  # noqa: PLC0415 -- proxies are rare

        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        if self.authorization is not None:
            lines.append(f"Proxy-Authorization: {self.authorization}")
        connected.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
        response = HTTPResponse(connected, method="CONNECT")
        try:
            response.begin()
        finally:
            response.close()
        if response.status != _OK:
            raise _ProxyRefused(0, f"the proxy {self.host} answered {response.status}")


def find_proxy(host: str, port: int) -> Proxy | None:
    """Return the proxy for https to this host, or None. Raises `ValueError` unless it has an http URL."""
    if not any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy")):
        return None
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 -- slow to import

    if proxy_bypass(f"{host}:{port}") or proxy_bypass(host):
        return None
    parts = urlsplit(getproxies().get("https", ""))
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("HTTPS_PROXY must be a proxy URL, like http://proxy.example:3128")
    authorization = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Proxy(parts.hostname, parts.port or 80, authorization)


@dataclass(frozen=True)
class Route:
    """Where a server is, and the proxy if the environment specifies one."""

    name: str
    host: str
    port: int
    secure: bool
    proxy: Proxy | None

    @classmethod
    def to(cls, url: str) -> "Route":
        """Parse a URL that `require_server_url` returned."""
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        return cls(url, host, port, secure, find_proxy(host, port) if secure else None)

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """The trusted certificates: the system's, or those in `SSL_CERT_FILE`."""
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        return context
