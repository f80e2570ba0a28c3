"""How a job gets a machine with its platform's ID token (M-11, D-2)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from strongroom import AuthenticationFailed, Conflict, Identity, NoIdentity, Strongroom, enroll_job
from strongroom._internal.workload import (
    GITHUB_TOKEN,
    GITHUB_URL,
    TOKEN,
    TOKEN_FILE,
    find_id_token,
)
from strongroom_testkit.issuer import Issuer, new_key, trust
from strongroom_testkit.world import World

GITHUB_BEARER = "the runner's own token"


class GitHub:
    """A server that answers like GitHub's token service."""

    def __init__(self, world: World, issuer: Issuer) -> None:
        self.asked: list[str] = []

        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                audience = parse_qs(urlsplit(self.path).query)["audience"][0]
                asked.append(audience)
                allowed = self.headers["Authorization"] == f"Bearer {GITHUB_BEARER}"
                token = issuer.token(world, new_key(), aud=audience)
                self.send_response(200 if allowed else 403)
                self.end_headers()
                self.wfile.write(json.dumps({"value": token}).encode())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- its name there
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}/token?api-version=2.0"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def github(world: World, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    github = GitHub(world, issuer)
    monkeypatch.setenv(GITHUB_URL, github.url)
    monkeypatch.setenv(GITHUB_TOKEN, GITHUB_BEARER)
    yield github
    github.server.shutdown()
    github.server.server_close()


async def test_a_job_of_github_enrolls_and_reads(
    world: World,
    served: str,
    does: Any,
    issuer: Issuer,
    github: GitHub,
) -> None:
    """M-11: a job enrolls with its key in memory, and with a token that is bound to that key."""
    project = await world.project("shop")
    secret = await world.secret(project, "KEY")
    await trust(world, issuer, projects=(project.id,), secrets=(secret.id,))

    identity = await does(enroll_job, served, world.person.vault)

    (audience,) = github.asked
    assert audience.startswith(f"strongroom:{world.person.vault}:")
    with Strongroom(identity) as client:
        value = await does(client.get_secret, secret.id)
    assert str(value.reveal()) == await world.open_value(secret.id)


async def test_the_server_does_not_choose_the_audience(
    world: World, served: str, does: Any, issuer: Issuer, github: GitHub
) -> None:
    """M-11: the server can't choose the audience, or it could use the token elsewhere; the caller can."""
    fixed = await trust(world, issuer, audience="sts.amazonaws.com")
    vault = world.person.vault

    with pytest.raises(AuthenticationFailed):
        await does(enroll_job, served, vault, trust=fixed.id)
    await does(enroll_job, served, vault, trust=fixed.id, audience="sts.amazonaws.com")

    bound, named = github.asked
    assert bound.startswith(f"strongroom:{vault}:")
    assert named == "sts.amazonaws.com"


async def test_the_identity_can_be_written(
    world: World, served: str, does: Any, issuer: Issuer, home: Path
) -> None:
    """M-11, D-3: with `home`, the identity is stored where commands look for it; an existing one is kept."""
    trusted = await trust(world, issuer, audience="strongroom")
    token = issuer.token(world, new_key(), aud="strongroom")

    identity = await does(
        enroll_job, served, world.person.vault, trust=trusted.id, id_token=token, home=home
    )

    assert identity == Identity.load(home / "vaults" / world.person.vault)
    with pytest.raises(AuthenticationFailed):
        await does(enroll_job, served, world.person.vault, id_token="a.b.c")
    again = {"id_token": issuer.token(world, new_key(), aud="strongroom"), "home": home}
    with pytest.raises(Conflict) as error:
        await does(enroll_job, served, world.person.vault, **again)
    assert error.value.status is None
    other = await does(enroll_job, served, world.person.vault, **again, replace=True)
    assert other == Identity.load(home / "vaults" / world.person.vault) != identity


def test_tokens_are_found_by_themselves(tmp_path: Path) -> None:
    """D-3: the token comes from GitLab, a file or Kubernetes; without one, a hint says what is missing."""
    file, nothing = tmp_path / "token", tmp_path / "nothing"
    file.write_text("from-a-file\n")

    assert find_id_token({TOKEN: "from-gitlab"}, nothing)("any") == "from-gitlab"
    assert find_id_token({TOKEN_FILE: str(file)}, nothing)("any").strip() == "from-a-file"
    assert find_id_token({}, file)("any").strip() == "from-a-file"
    hints = {
        "id-token: write": {"GITHUB_ACTIONS": "true"},
        "id_tokens": {"GITLAB_CI": "true"},
        "projected": {"KUBERNETES_SERVICE_HOST": "10.0.0.1"},
        TOKEN: {},
    }
    for hint, environment in hints.items():
        with pytest.raises(NoIdentity) as error:
            find_id_token(environment, nothing)
        assert hint in error.value.hint


def test_githubs_token_goes_nowhere_else() -> None:
    """M-11: the runner's token is sent over https only."""
    for address in ("http://evil.example/", "ftp://x/", "https:///x"):
        found = find_id_token({GITHUB_URL: address, GITHUB_TOKEN: "x"})
        with pytest.raises(NoIdentity):
            found("audience")
