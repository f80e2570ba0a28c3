"""The reference at /docs (D-4) is complete and correct, and loads nothing from another host."""

import io
import json
import re
import urllib.request
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from strongroom_api.reference.machine_calls import MACHINE_CALLS, PYTHON
from strongroom_server.operations import authorization_table
from strongroom_wire.canonical import signed_bytes
from strongroom_wire.errors import Code
from strongroom_wire.headers import parse_headers
from tests import examples
from tests.requests import OVER_HTTP


async def test_the_reference_has_every_operation_and_every_error(stranger):
    """D-4: the page covers both planes, loads only our style sheet and script, and has no inline code."""
    response = await stranger.get("/docs")
    page = response.text

    ids = set(re.findall(r' id="([^"]+)"', page))
    wanted = {name for name, each in authorization_table().items() if each.plane in OVER_HTTP}
    assert wanted <= ids
    assert {f"error-{code.value}" for code in Code} <= ids
    assert set(re.findall(r'href="#([^"]+)"', page)) <= ids
    assert response.headers["content-type"].startswith("text/html")
    [policy] = response.headers.get_list("content-security-policy")
    assert policy.startswith(
        "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; base-uri 'none'"
    )
    assert not re.search(r" style=| on\w+=|<script>|<style|(?:src|href)=\"(?:https?:)?//", page)
    for name, kind in [("reference.css", "text/css"), ("reference.js", "text/javascript")]:
        assert (await stranger.get(f"/docs/{name}")).headers["content-type"].startswith(kind)
    assert (await stranger.get("/docs/examples.json")).status_code == 404
    typed = await stranger.get("/docs/", follow_redirects=False)
    assert (typed.status_code, typed.headers["location"]) == (308, "/docs")


def test_the_examples_are_requests_of_the_tests():
    """D-4: every request in the reference is one that the tests send. Run `just docs` after a change."""
    assert examples.FILE.read_text(encoding="utf-8") == examples.text()
    assert MACHINE_CALLS.keys() < json.loads(examples.text()).keys()


def test_the_example_of_signing_signs(monkeypatch, tmp_path):
    """R-1: the program in the reference signs as WIRE specifies, without our library."""
    key = Ed25519PrivateKey.generate()
    folder = tmp_path / ".strongroom" / "vaults" / "vault_a"
    folder.mkdir(parents=True)
    (folder / "identity.json").write_text(
        json.dumps(
            {
                "machineId": "0b9f1c9e-3c43-4a4e-9d2f-6f0f4f8a5b10",
                "apiUrl": "https://vault.example",
            }
        )
    )
    (folder / "private.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    asked: list[urllib.request.Request] = []

    def urlopen(request: urllib.request.Request) -> io.BytesIO:
        asked.append(request)
        return io.BytesIO(b'{"secrets": []}')

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    exec(compile(PYTHON, str(Path("example.py")), "exec"), {})

    [request] = asked
    headers = parse_headers(
        [(name.lower().encode(), value.encode()) for name, value in request.header_items()]
    )
    message = signed_bytes("GET", "/v1/secrets", headers.timestamp, headers.nonce, b"")
    key.public_key().verify(headers.signature, message)
    assert request.full_url == "https://vault.example/v1/secrets"
