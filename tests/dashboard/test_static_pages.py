"""The built pages: which files are served, with which headers, and to whom (decision 2, A-10)."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from strongroom_core.settings import Settings
from strongroom_dashboard.build import Pages, manual_folder
from strongroom_dashboard.content_policy import policy_for
from strongroom_dashboard.static_pages import StaticPages

SCRIPT = b"localStorage.theme"
INDEX = b"<!doctype html><script>" + SCRIPT + b"</script><script src='/a.js'></script>"


@pytest.fixture
def pages(tmp_path: Path) -> StaticPages:
    """A small build, with a file next to it that must not be served."""
    client = tmp_path / "client"
    (client / "assets").mkdir(parents=True)
    (client / "projects").mkdir()
    (tmp_path / "secret.txt").write_text("beside")
    for name in ("index.html", "projects.html", "projects/index.html", "404.html"):
        (client / name).write_bytes(INDEX + name.encode())
    (client / "assets/app-Ab3_x-9Z.js").write_bytes(b"code")
    (client / "assets/app-Ab3_x-9Z.js.gz").write_bytes(gzip.compress(b"code"))
    (client / "assets/app-Ab3_x-9Z.js.br").write_bytes(b"brotli")
    (client / "fonts.woff2").write_bytes(b"font")
    (tmp_path / "routes.json").write_text(
        json.dumps(
            ["index", "projects", "projects/[project_id]", "projects/[project_id]/[tab]", "404"]
        )
    )
    return StaticPages(Pages(tmp_path), https=True)


async def ask(
    pages: StaticPages, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Request a path; header names have underscores here."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await pages({"type": "http", "method": method, "path": path, "headers": pairs}, None, send)
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, sent[1]["body"]


async def test_the_links_in_the_footer(pages: StaticPages, tmp_path: Path) -> None:
    """U-5: the administrator's links are served as they are set, and none if none are."""
    settings = Settings.from_environment(
        {
            "STRONGROOM_PRIVACY_URL": "https://example.org/privacy",
            "STRONGROOM_FEEDBACK_URL": "mailto:ada@example.org",
        }
    )
    linked = StaticPages(Pages(tmp_path), https=True, links=settings.footer_links)
    status, headers, body = await ask(linked, "/links.json")
    _, _, without = await ask(pages, "/links.json")

    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body) == [
        {"text": "Privacy", "url": "https://example.org/privacy"},
        {"text": "Feedback", "url": "mailto:ada@example.org"},
    ]
    assert json.loads(without) == []


async def test_only_dev_has_the_gallery(pages: StaticPages, tmp_path: Path) -> None:
    """U-3: a server for users doesn't have the page of all components, not even as a client-side route."""
    (tmp_path / "client/components.html").write_bytes(b"<!doctype html>gallery")
    for gallery, expected in ((False, 404), (True, 200)):
        served = StaticPages(Pages(tmp_path), https=True, gallery=gallery)
        for path in ("/components", "/components/", "/components.html"):
            status, _, body = await ask(served, path)

            assert (expected, gallery) == (status, b"gallery" in body)


@pytest.mark.parametrize(
    ("path", "status", "file"),
    [
        ("/", 200, "index.html"),
        ("/projects", 200, "projects.html"),
        ("/projects/", 200, "projects.html"),
        ("/projects/proj_a", 200, "404.html"),
        ("/projects/proj_a/settings", 200, "404.html"),
        ("/projects/proj_a/settings/more", 404, "404.html"),
        ("/nowhere", 404, "404.html"),
        ("/404.html", 404, "404.html"),
        ("/404", 404, "404.html"),
        ("/ping", 404, "404.html"),
        ("/_event", 404, "404.html"),
        ("/../secret.txt", 404, "404.html"),
        ("/assets/../../secret.txt", 404, "404.html"),
        ("//secret.txt", 404, "404.html"),
        ("/assets/app-Ab3_x-9Z.js.gz", 404, "404.html"),
        ("/assets", 404, "404.html"),
        ("/\x00", 404, "404.html"),
    ],
)
async def test_unknown_paths_are_404(pages: StaticPages, path: str, status: int, file: str) -> None:
    """Decision 2: known routes are pages, everything else is 404, and no path leaves the build."""
    answered, _, body = await ask(pages, path)

    assert status == answered
    assert body.endswith(file.encode())


async def test_head_has_no_body(pages: StaticPages) -> None:
    """RFC 9110, 9.3.2: HEAD responds like GET, without the content."""
    status, headers, body = await ask(pages, "/", "HEAD")
    _, got, content = await ask(pages, "/")

    assert (200, b"") == (status, body)
    assert got == headers
    assert str(len(content)) == headers["content-length"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
async def test_pages_are_only_read(pages: StaticPages, method: str) -> None:
    """RFC 9110, 15.5.6: other methods are rejected, and the allowed ones are listed."""
    status, headers, _ = await ask(pages, "/", method)

    assert (405, "GET, HEAD") == (status, headers["allow"])


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("*", "br"),
        ("br;q=nonsense", None),
        ("", None),
        ("identity", None),
    ],
)
async def test_precompressed_files_are_used(
    pages: StaticPages, accepted: str, encoding: str | None
) -> None:
    """RFC 9110, 12.5.3: the build's precompressed files are used, and `Vary` tells caches so."""
    _, headers, _ = await ask(pages, "/assets/app-Ab3_x-9Z.js", accept_encoding=accepted)

    assert encoding == headers.get("content-encoding")
    assert "Accept-Encoding" == headers["vary"]


async def test_hashed_files_are_cached_forever(pages: StaticPages) -> None:
    """A-4: a new build is served immediately, no file is loaded twice, and pages aren't stored at all."""
    _, script, _ = await ask(pages, "/assets/app-Ab3_x-9Z.js")
    _, font, _ = await ask(pages, "/fonts.woff2")
    _, page, _ = await ask(pages, "/")
    _, missing, _ = await ask(pages, "/nowhere")
    again, _, body = await ask(pages, "/fonts.woff2", if_none_match=f'"x", W/{font["etag"]}')

    assert "immutable" in script["cache-control"]
    assert "no-cache" == font["cache-control"]
    assert ["no-store"] * 2 == [each["cache-control"] for each in (page, missing)]
    assert (304, b"") == (again, body)
    assert ("text/javascript; charset=utf-8", "font/woff2") == (
        script["content-type"],
        font["content-type"],
    )


@pytest.mark.parametrize("path", ["/", "/assets/app-Ab3_x-9Z.js", "/nowhere", "/projects/proj_a"])
async def test_every_answer_is_guarded(pages: StaticPages, path: str) -> None:
    """A-10: headers forbid sniffing, framing, referrers and use by other sites, and require TLS."""
    _, headers, _ = await ask(pages, path)
    policy = headers["content-security-policy"]
    is_page = headers["content-type"].startswith("text/html")

    assert "nosniff" == headers["x-content-type-options"]
    assert "DENY" == headers["x-frame-options"]
    assert "no-referrer" == headers["referrer-policy"]
    assert "same-origin" == headers["cross-origin-resource-policy"]
    assert headers["strict-transport-security"].startswith("max-age=31536000")
    # Other files don't need this header: opened on their own, they can't run a script.
    assert ("same-origin" if is_page else None) == headers.get("cross-origin-opener-policy")
    scripts = "script-src 'self' 'sha256-" if is_page else "style-src 'unsafe-inline'; frame-"
    assert policy.startswith(f"default-src 'none'; {scripts}")


async def test_plain_http_promises_no_tls(tmp_path: Path, pages: StaticPages) -> None:
    """A-10: HSTS is sent if people use TLS, and only then."""
    _, headers, _ = await ask(StaticPages(Pages(tmp_path), https=False), "/")

    assert "strict-transport-security" not in headers


def test_scripts_are_allowed_by_their_hash() -> None:
    """Decision 2: the policy allows exactly the build's own inline scripts, and nothing unsafe."""
    other = b"second()"
    page = INDEX + b'<SCRIPT type="module" async>' + other + b"</SCRIPT>"
    policy = policy_for([page, INDEX])
    rules = {
        name: value for name, _, value in (r.strip().partition(" ") for r in policy.split(";"))
    }
    expected = {
        f"'sha256-{b64encode(hashlib.sha256(text).digest()).decode()}'" for text in (SCRIPT, other)
    }

    assert {"'self'", *expected} == set(rules["script-src"].split())
    assert "unsafe-eval" not in policy
    assert "'self' 'unsafe-inline'" == rules["style-src"]
    assert {"'none'"} == {rules[name] for name in ("default-src", "base-uri", "frame-ancestors")}
    assert {"'self'"} == {rules[name] for name in ("connect-src", "font-src", "form-action")}
    assert "://" not in policy


async def test_the_documentation_is_served(pages: StaticPages) -> None:
    """U-3: the index leads to every guide, links between guides work, and nothing beside them is served."""
    status, headers, index = await ask(pages, "/manual/")
    guides = re.findall(rb'href="/manual/([^"]+)"', index)

    assert (200, "text/html; charset=utf-8") == (status, headers["content-type"])
    assert len(guides) == len(list(manual_folder().rglob("*.md")))
    for name in ("../README.md", "..%2FREADME.md", "quickstart", "nothing.md"):
        assert (await ask(pages, f"/manual/{name}"))[0] == 404
    (status, _, page) = await ask(pages, "/manual/quickstart.md")
    assert (200, True, False) == (status, b"<h1 id=" in page, b"<script" in page)
