"""Building the pages: only once, completely, with the locked packages, and in a clean environment for npm."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest

from strongroom_dashboard.build import (
    LOCK,
    STEPS,
    BuildFailed,
    Pages,
    build_pages,
    finished_pages,
)
from strongroom_dashboard.ensure_pages import ensure_pages

pytestmark = pytest.mark.programs

STEP_LINES = [
    f"building the dashboard: {number} of {len(STEPS)}, {step}"
    for number, step in enumerate(STEPS, start=1)
]


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for tools that a test writes. It is the only folder on PATH."""
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setenv("STRONGROOM_OWNER_DATABASE_URL", "postgresql://marker-of-ours")
    monkeypatch.setenv("DATABASE_URL", "postgresql://marker-of-ours")
    monkeypatch.setenv("NPM_CONFIG_MARKER", "passed-on")
    return tools


def write_tool(tools: Path, name: str, script: str) -> None:
    """Write an executable."""
    tool = tools / name
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)


async def build_with(tools: Path, cache: Path) -> str:
    """Build the pages with an interpreter in the folder of these tools; return why the build failed."""
    away = tools / sys.executable.rpartition("/")[2]
    if not away.exists():
        write_tool(tools, away.name, f'exec {sys.executable} "$@"')
    asked = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _AS_IF, str(away), str(cache)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asked.communicate()
    return said.decode().strip()


_AS_IF = """
import sys
from pathlib import Path
sys.executable = sys.argv[1]
from strongroom_dashboard.build import BuildFailed, build_pages
try:
    build_pages(Path(sys.argv[2]), lambda line: print(line))
except BuildFailed as failed:
    print(failed.message, file=sys.stderr)
"""


@pytest.mark.prove
async def test_the_first_build_in_an_empty_cache(tmp_path: Path) -> None:
    """Decision 2: the build uses only PyPI and npm packages, and shows progress.

    If two servers start at once, one builds and the other waits. A later start builds nothing. The suite's
    own servers also build in an empty cache, once per machine.
    """
    cache = tmp_path / "strongroom/dashboard"
    told: list[list[str]] = [[], []]
    again: list[str] = []
    pages, other = await asyncio.gather(*(ensure_pages(cache, each.append) for each in told))
    same = await ensure_pages(cache, again.append)
    names = {path.name for path in pages.client.iterdir()}
    left = sorted(path.name.partition("-")[0] for path in cache.iterdir())
    scripts = "".join(path.read_text() for path in pages.client.glob("assets/*.js"))

    assert STEP_LINES in told
    assert 1 == sum(STEP_LINES[-1] in each for each in told)
    assert ([], pages, pages) == (again, same, other)
    assert {"index.html", "404.html", "index.html.br", "index.html.gz"} <= names
    assert ["build.lock", "build.log", "packages", "pages"] == left
    assert "localhost:8000" not in scripts
    assert [] == list(pages.folder.rglob("*.map"))
    assert "404" in json.loads(pages.routes.read_bytes())


async def test_a_failing_npm(broken: Path, tmp_path: Path) -> None:
    """Decision 2: npm's own error is shown, with advice; no unfinished build remains."""
    write_tool(broken, "node", "echo v24.0.0")
    write_tool(
        broken,
        "npm",
        'case "$1" in config) echo https://registry.example/ ;;'
        ' *) echo "npm error network no route to registry" >&2; exit 1 ;; esac',
    )
    said = await build_with(broken, tmp_path / "cache/dashboard")
    left = sorted(path.name for path in (tmp_path / "cache/dashboard").iterdir())

    assert f"while {STEPS[0]}" in said
    assert "npm ping" in said
    assert ["build.lock", "build.log"] == left


async def test_npm_does_not_get_our_environment(broken: Path, tmp_path: Path) -> None:
    """E-5: npm packages run code during a build, so they get none of our database URLs, settings or keys."""
    seen = tmp_path / "seen"
    write_tool(broken, "node", "echo v24.0.0")
    write_tool(
        broken,
        "npm",
        f'/usr/bin/env >> {seen}; case "$1" in config) echo https://registry.example/ ;; *) exit 1 ;; esac',
    )
    await build_with(broken, tmp_path / "cache/dashboard")
    environment = seen.read_text()

    assert "marker-of-ours" not in environment
    assert "STRONGROOM_" not in environment
    assert "NPM_CONFIG_MARKER=passed-on" in environment
    assert "npm_config_ignore_scripts=true" in environment


async def test_without_node(broken: Path, tmp_path: Path) -> None:
    """Decision 2: if Node.js is neither next to Python nor on PATH, `just setup` installs it."""
    said = await build_with(broken, tmp_path / "cache/dashboard")

    assert "just setup" in said


def test_an_unwritable_cache(tmp_path: Path) -> None:
    """Decision 2: the error names the folder, and explains how to use another."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BuildFailed, match="XDG_CACHE_HOME") as failed:
        build_pages(tmp_path / "file" / "dashboard", lambda _line: None)

    assert str(tmp_path / "file") in failed.value.message


async def test_a_canceled_build(tmp_path: Path) -> None:
    """H-2: Ctrl-C during a build stops all of its processes; the next build cleans up."""
    cache = tmp_path / "strongroom/dashboard"
    begun = asyncio.Event()
    building = asyncio.create_task(ensure_pages(cache, lambda _line: begun.set()))
    await begun.wait()
    building.cancel()
    with pytest.raises(asyncio.CancelledError):
        await building
    await asyncio.sleep(0.5)

    assert [] == _working_in(cache)
    assert finished_pages(cache) is None


def _working_in(cache: Path) -> list[str]:
    found: list[str] = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdecimal() and str(cache) in (process / "cmdline").read_text():
                found.append(process.name)
        except OSError:
            continue
    return found


def test_an_unfinished_build(tmp_path: Path) -> None:
    """A folder without routes is treated as an unfinished build."""
    (tmp_path / "client").mkdir()

    assert not Pages(tmp_path).are_there


def test_the_lock_names_no_host() -> None:
    """Each machine decides where to get packages from; hashes verify their content."""
    lock = json.loads((LOCK / "package-lock.json").read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}

    assert [] == [name for name, each in packages.items() if "resolved" in each]
    assert [] == [name for name, each in packages.items() if "integrity" not in each]
    assert len(packages) > 100
    assert [] == re.findall(
        r"https?://[^\"]*(?:registry|mirror|proxy|nexus|artifactory)", json.dumps(lock)
    )
