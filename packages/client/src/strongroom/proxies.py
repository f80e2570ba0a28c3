"""The proxy on the way to a server, if `HTTPS_PROXY` names one and `NO_PROXY` does not except the host.

Only a tunnel (CONNECT) is asked for: TLS stays between this machine and the server.
"""

import base64
import os
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

_OK = 200


class _ProxyRefused(OSError):
    """The proxy does not let us through."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy. `authorization` is a header's value, or None."""

    host: str
    port: int
    authorization: str | None = field(default=None, repr=False)

    def open_tunnel(self, connected: Any, host: str, port: int) -> None:
        """Ask the proxy for a tunnel to the server. Raises `OSError` when it does not give one."""
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
    """Return the proxy for https to this host, or None. Raises `ValueError` for one that is no http URL."""
    if not any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy")):
        return None
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 -- it takes its time

    if proxy_bypass(f"{host}:{port}") or proxy_bypass(host):
        return None
    parts = urlsplit(getproxies().get("https", ""))
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("HTTPS_PROXY is the address of a proxy, like http://proxy.example:3128")
    authorization = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Proxy(parts.hostname, parts.port or 80, authorization)
