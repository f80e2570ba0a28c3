"""The page that people see before there is a dashboard, and a dashboard-only node."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from strongroom_core.settings import Settings
from strongroom_server.serving.dispatcher import redirect_of
from strongroom_server.serving.waiting_page import AGAIN_SECONDS, Waiting
from strongroom_testkit.people import visitor
from strongroom_testkit.raw_socket import EVENTS, raw_socket
from strongroom_testkit.sign_in import log_in

GENEROUS_SECONDS = 300.0
STATE = "reflex___state____state"


@pytest.fixture
def with_dashboard(program: Any) -> Any:
    """The program with its dashboard, whose pages are built once per machine."""
    program.environment.pop("STRONGROOM_WITHOUT_DASHBOARD", None)
    program.environment["XDG_CACHE_HOME"] = os.environ.get(
        "XDG_CACHE_HOME", str(Path.home() / ".cache")
    )
    return program


def require_waiting(answer: httpx.Response, title: str) -> None:
    """Check that this is the waiting page, with a reason, and that it reloads itself."""
    assert 503 == answer.status_code
    assert str(AGAIN_SECONDS) == answer.headers["retry-after"]
    assert "text/html; charset=utf-8" == answer.headers["content-type"]
    assert "no-store" == answer.headers["cache-control"]
    assert answer.headers["content-security-policy"].startswith(
        "default-src 'none'; style-src 'sha256-"
    )
    assert f"<h1>{title}</h1>" in answer.text
    assert '<meta http-equiv="refresh"' in answer.text
    assert "<script" not in answer.text


def test_the_page_of_a_sealed_server(with_dashboard: Any, installation: Any, tools: Any) -> None:
    """E-2: every path except the API's tells people to unseal; the API reports it in its own format."""
    served = with_dashboard.start("serve", "--data", installation.data, "--port", 0)
    url = served.ready()["url"]
    for path in ("/", "/projects/proj_a", "/_event/?EIO=4&transport=websocket&token=t"):
        require_waiting(tools.get(url, path), "Sealed")

    port = url.rpartition(":")[2]
    elsewhere = httpx.get(f"{url}/sign-in?next=%2F", headers={"Host": f"127.0.0.1:{port}"})
    assert (307, f"{url}/sign-in?next=%2F") == (
        elsewhere.status_code,
        elsewhere.headers["location"],
    )
    assert 503 == httpx.get(f"{url}/health", headers={"Host": f"127.0.0.1:{port}"}).status_code
    assert "<code>strongroom-server unseal</code>" in tools.get(url, "/").text
    assert "application/problem+json" == tools.get(url, "/api/session").headers["content-type"]
    assert "sealed" == tools.get(url, "/health").json()["status"]
    assert tools.get(url, "/health").json()["dashboard"] in ("building", "starting")
    assert 405 == httpx.post(f"{url}/health").status_code


@pytest.mark.parametrize(
    ("public", "method", "host", "expected"),
    [
        ("http://localhost:8200", "GET", "127.0.0.1:8200", "http://localhost:8200/a%20b?c=d"),
        ("http://localhost:8200", "HEAD", "[::1]:8200", "http://localhost:8200/a%20b?c=d"),
        ("http://127.0.0.1:8200", "GET", "localhost:8200", "http://127.0.0.1:8200/a%20b?c=d"),
        ("http://localhost:8200", "GET", "localhost:8200", None),
        ("http://localhost:8200", "GET", "LOCALHOST:8200", None),
        ("http://localhost:8200", "POST", "127.0.0.1:8200", None),
        ("http://localhost:8200", "GET", "127.0.0.1:9000", None),
        ("http://localhost:8200", "GET", "192.0.2.1:8200", None),
        ("http://localhost:8200", "GET", "evil.example:8200", None),
        ("http://localhost:8200", "GET", "[127.0.0.1:8200", None),
        ("http://localhost:8200", "GET", "127.0.0.1:x", None),
        ("http://localhost:8200", "GET", "", None),
        ("http://192.0.2.1:8200", "GET", "127.0.0.1:8200", None),
        ("https://vault.example", "GET", "127.0.0.1:8200", None),
    ],
)
def test_pages_redirect_to_the_local_public_url(
    public: str, method: str, host: str, expected: str | None
) -> None:
    """U-1: any other name of this machine leads to the public URL, where the dashboard works."""
    scope = {
        "type": "http",
        "method": method,
        "headers": [(b"host", host.encode())],
        "raw_path": b"/a%20b",
        "query_string": b"c=d",
    }
    found = redirect_of(scope, Settings(public_url=public))

    assert expected == (None if found is None else found.decode())


async def test_a_sealed_server_opens_no_socket(with_dashboard: Any, installation: Any) -> None:
    """E-2: nothing can be viewed while the server is sealed."""
    served = with_dashboard.start("serve", "--data", installation.data, "--port", 0)
    url = served.ready()["url"]
    async with raw_socket(int(url.rpartition(":")[2]), f"{EVENTS}t", [("Origin", url)]) as socket:
        pass

    assert 403 == socket.status


def test_the_page_before_init(with_dashboard: Any, tmp_path: Path, tools: Any) -> None:
    """H-4: before `init`, the page says that the server isn't initialized."""
    (tmp_path / "empty").mkdir()
    served = with_dashboard.start("serve", "--data", tmp_path / "empty", "--port", 0)
    url = served.ready()["url"]

    require_waiting(tools.get(url, "/"), "Not initialized")
    assert "<code>strongroom-server init</code>" in tools.get(url, "/").text


def test_without_a_dashboard_everything_is_the_api(
    program: Any, installation: Any, tools: Any
) -> None:
    """Decision 2: `--only api` serves no pages, and its response says so."""
    served = program.start(
        "serve", "--data", installation.data, "--port", 0, "--only", "api", "--root-stdin",
        given=installation.root,
    )  # fmt: skip
    url = served.ready()["url"]

    assert {"status": "ok", "dashboard": "off"} == tools.get(url, "/health").json()
    assert 404 == tools.get(url, "/").status_code
    assert "application/problem+json" == tools.get(url, "/").headers["content-type"]


async def test_a_dashboard_by_itself_is_blind(
    with_dashboard: Any, settings: Any, core: Any, owner: Any, markers: Any, tmp_path: Path
) -> None:
    """Decision 1: the node needs one login role but no root key, is never sealed, and serves only pages."""
    with_dashboard.environment["DATABASE_URL"] = settings.database_url
    served = with_dashboard.start(
        "serve", "--data", tmp_path / "node", "--port", 0, "--only", "dashboard"
    )
    ready = served.ready()
    url = ready["url"]
    deadline = time.monotonic() + GENEROUS_SECONDS
    while (health := httpx.get(f"{url}/health").json())["dashboard"] != "ready":
        assert health["dashboard"] != "failed", served.said()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    elsewhere = [
        httpx.get(f"{url}{path}") for path in ("/api/session", "/v1/secrets", "/api", "/v1")
    ]
    opened = await log_in(
        core, visitor(), email=owner.email, password=owner.password, device_token=None
    )
    markers.note(opened.device_token)
    cookie = markers.note(opened.token)
    headers = [("Origin", url), ("Cookie", f"strongroom={cookie}")]
    async with raw_socket(int(url.rpartition(":")[2]), f"{EVENTS}t", headers) as socket:
        socket.enter()
        await socket.until(lambda: len(socket.texts) > 1)
        await socket.answer_to(f"{STATE}.hydrate")
        await socket.answer_to(
            f"{STATE}.strongroom_dashboard___screens___overview___state____overview.load"
        )
        await socket.quiet(1.0)
    given_root = with_dashboard.run("unseal", "--data", tmp_path / "node", given="skr1-nothing\n")

    assert "unsealed" == ready["state"]
    assert {"status": "ok", "dashboard": "ready"} == health
    assert 200 == httpx.get(f"{url}/").status_code
    assert [421] * 4 == [each.status_code for each in elsewhere]
    assert owner.vault in "".join(socket.texts)
    assert "already unsealed\n" == given_root.stdout


def test_a_dashboard_by_itself_needs_a_database(with_dashboard: Any, tmp_path: Path) -> None:
    """Decision 1: the embedded database belongs to one process; the error asks for an external one."""
    done = with_dashboard.run("serve", "--data", tmp_path / "node", "--only", "dashboard")

    assert 1 == done.returncode
    assert "DATABASE_URL" in done.stderr


def test_reasons_are_shown_as_text() -> None:
    """A reason can contain anything; the page shows it as text, with backquoted parts as code."""
    page = Waiting("A <title>", "because of <b>`x < y`</b>").html().decode()

    assert "A &lt;title&gt;" in page
    assert "because of &lt;b&gt;<code>x &lt; y</code>&lt;/b&gt;" in page
    assert [] == re.findall(r"https?://", page)
