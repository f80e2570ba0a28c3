"""Ways for a server to fail, with a secret pasted everywhere that someone could paste one."""

from __future__ import annotations

import socket
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from strongroom_core.crypto.root import encode_root, new_root
from strongroom_core.crypto.token import mint_token

from .walkthrough import from_address

if TYPE_CHECKING:
    from pathlib import Path

    from strongroom_testkit.markers import Markers

_addresses = count(1)


class Mishaps:
    """A client that sends invalid requests and counts the responses."""

    def __init__(self, url: str, vault: str, cookies: httpx.Cookies, markers: Markers) -> None:
        self.statuses: Counter[int] = Counter()
        self._url = url
        self._vault = vault
        self._cookies = cookies
        self._markers = markers

    def all(self) -> None:
        """Cause every kind of failure in this module."""
        with self._client() as client:
            document = client.get("/api/openapi.json").json()
        # Sign out last, because all later requests would just be unauthenticated.
        paths = sorted(document["paths"].items(), key=lambda each: each[0] == "/api/session")
        for path, methods in paths:
            if path == "/api/session":
                self._require_session()
            for method, operation in methods.items():
                self._of_operation(document, path, method.upper(), operation)
        self._strangers()
        self._machines()

    def late(self) -> None:
        """Send values in requests that are well formed and still fail."""
        value, known = self._markers.value, {"X-Strongroom-Vault": self._vault}
        with self._client() as client:
            client.cookies = self._cookies
            project = client.get("/api/projects").json()["items"][0]["id"]
            place = f"/api/projects/{project}/secrets"
            secret = client.get(place).json()["items"][0]
            for body in (
                {"name": secret["name"], "value": value("taken")},
                {"name": "-", "value": value("name")},
                {"name": "LONG", "value": value("long") * 4000},
                {"name": "BOTH", "value": value("both"), "generate": {}},
                {"name": "KIND", "kind": "structured", "value": value("kind")},
                {"name": "LABEL", "value": value("label"), "environment": "elsewhere"},
                {"name": "NUL", "value": f"{value('nul')}\0"},
            ):
                self._send(client, "POST", place, json=body, headers=known)
            body, old = {"value": value("old")}, {**known, "If-Match": '"999"'}
            self._send(
                client, "POST", f"/api/secrets/{secret['id']}/replace", json=body, headers=old
            )
            wrong = {"password": self._markers.password()}
            self._send(client, "POST", "/api/session/step-up", json=wrong, headers=known)

    def _require_session(self) -> None:
        """Check that no request so far has ended the session or renewed its token."""
        with self._client() as client:
            client.cookies = self._cookies
            status = client.get("/api/session").status_code
        if status != 200:
            raise AssertionError(f"an invalid request has ended the session: {status}")

    def _of_operation(self, document: Any, path: str, method: str, operation: Any) -> None:
        mark = self._markers.value
        known = {"X-Strongroom-Vault": self._vault}
        with self._client() as client:
            client.cookies = self._cookies
            target = "/".join(mark("path") if "{" in part else part for part in path.split("/"))
            self._send(client, method, target, headers=known)
            self._send(client, method, f"{path}/{mark('beyond')}", headers=known)
            for name in (mark("query"), "limit", "cursor", "application", "kind", "prefix"):
                self._send(client, method, target, params={name: mark("query")}, headers=known)
            for name in ("X-Strongroom-Vault", "X-Strongroom-Client", "Origin", "If-Match"):
                self._send(client, method, target, headers={**known, name: f"{mark('header')} *!"})
            for body in self._bodies(document, operation):
                self._send(client, method, target, json=body, headers=known)
            for content in self._contents():
                json = {**known, "Content-Type": "application/json"}
                self._send(client, method, target, content=content, headers=json)
            form = {**known, "Content-Type": mark("type")}
            self._send(client, method, target, content=mark("form"), headers=form)
        with self._client() as client:
            client.cookies.set("strongroom", mark("cookie"))
            self._send(client, method, target, headers=known)

    def _bodies(self, document: Any, operation: Any) -> list[Any]:
        """Return bodies with a marker in every member, all of them invalid."""
        mark = self._markers.value
        content = operation.get("requestBody", {}).get("content", {})
        reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
        schema = document["components"]["schemas"].get(reference.rpartition("/")[2], {})
        names = list(schema.get("properties", {}))
        whole = {name: mark("member") for name in names}
        return [
            {**whole, mark("unknown"): mark("unknown")},
            *({name: [mark("list")]} for name in names),
            *({name: {mark("key"): mark("object")}} for name in names),
            [mark("list")],
            mark("text"),
        ]

    def _contents(self) -> list[bytes]:
        """Return bodies that aren't valid JSON objects for the API."""
        text = self._markers.value("raw")
        return [
            f'{{"value": "{text}'.encode(),
            f'{{"{text}": 1, "{text}": 2}}'.encode(),
            f'{{"value": NaN, "{text}": 1}}'.encode(),
            b"[" * 40 + f'"{text}"'.encode() + b"]" * 40,
            f'{{"value": "{text}\\u0000"}}'.encode(),
            text.encode("utf-16"),
        ]

    def _strangers(self) -> None:
        mark, note = self._markers.value, self._markers.note
        for body in (
            {"email": mark("email"), "password": self._markers.password()},
            {"email": f"{mark('email')}@example.org", "password": mark("password")},
            {"email": "ada@demo.example", "password": self._markers.password()},
        ):
            with self._client() as client:
                self._send(client, "POST", "/api/session", json=body)
        with self._client() as client:
            words = {"email": "eve@example.org", "username": "eve"}
            for token in (note(mint_token("srl")[0]), mark("token")):
                body = {"token": token, "password": self._markers.password(), **words}
                self._send(client, "POST", "/api/setup", json=body)
            for token in (note(mint_token("srb")[0]), mark("token")):
                self._send(client, "GET", f"/v1/bootstrap/{token}")
                self._send(client, "GET", f"/v1/bootstrap/{token}/ps")
                body = {"token": token, "publicKey": mark("key"), "hostname": mark("host")}
                self._send(client, "POST", "/v1/bootstrap/register", json=body)
                for content in self._contents():
                    self._send(client, "POST", "/v1/bootstrap/register", content=content)
            self._send(client, "POST", "/api/session", content=mark("big").encode() * 40_000)

    def _machines(self) -> None:
        mark = self._markers.value
        names = ("X-Machine-Id", "X-Timestamp", "X-Nonce", "X-Signature")
        for path in ("/v1/secrets", f"/v1/secret/{mark('path')}", f"/v1/{mark('path')}"):
            for name in names:
                with self._client() as client:
                    self._send(client, "GET", path, headers={name: mark("header")})
        for path in ("/v1/secrets/export", "/v1/secrets/poll", "/v1/verify-access"):
            with self._client() as client:
                whole = {name: mark("header") for name in names}
                body = {"projectId": mark("body"), "watch": [mark("body")]}
                self._send(client, "POST", path, headers=whole, json=body)
                self._send(client, "POST", f"{path}?{mark('query')}", headers=whole)

    def _client(self) -> httpx.Client:
        number = next(_addresses)
        return from_address(self._url, f"127.1.{number >> 8 & 255}.{number & 255}")

    def _send(self, client: httpx.Client, method: str, path: str, **rest: Any) -> None:
        with client.stream(method, path, **rest) as answer:
            # A stream of events never ends. Nothing of the request is in it: the query is checked first.
            if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                answer.read()
        self.statuses[answer.status_code] += 1
        # Requests without a body succeed for these two.
        if answer.is_success and path == "/api/registration-tokens":
            self._markers.note(answer.json()["token"])
        if answer.is_success and (method, path) == ("POST", "/api/account/app"):
            self._markers.note(answer.json()["secret"])


def mistake_at_the_socket(path: Path, markers: Markers) -> list[bytes]:
    """Send invalid commands to the admin socket, and return its responses."""
    wrong = markers.note(encode_root(new_root()))
    requests: list[Any] = [
        {"op": "unseal", "root": wrong},
        {"op": "unseal", "root": markers.value("root")},
        {"op": "unseal", "passphrase": markers.password()},
        {"op": "unseal", "share": markers.value("share")},
        {"op": markers.value("op")},
        {"op": "reset", "attempt": markers.value("attempt")},
        markers.value("no-json"),
    ]
    answers: list[bytes] = []
    for request in requests:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            connection.connect(str(path))
            connection.sendall(msgspec.json.encode(request) + b"\n")
            answers.append(connection.makefile("rb").readline())
    return answers
