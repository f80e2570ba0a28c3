"""One server, one browser; a context of its own for each journey, which is watched from its first byte."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from strongroom_testkit.markers import Markers, search
from strongroom_testkit.programs import Programs

from .browser import launch
from .installation import Installation, install
from .watched import Watched

FAILED = pytest.StashKey[bool]()
EMAIL, USERNAME = "ada@example.org", "ada"


@dataclass(frozen=True, slots=True)
class Operator:
    """The person whom the first link made."""

    email: str
    username: str
    password: str


@pytest.fixture(scope="session")
def markers() -> Markers:
    """The secrets of this run."""
    return Markers()


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory, markers: Markers) -> Iterator[Programs]:
    """The server's programs. Afterwards nothing they left may hold a secret (E-5)."""
    folder = tmp_path_factory.mktemp("e2e")
    searched, outside = folder / "searched", folder / "outside"
    searched.mkdir()
    outside.mkdir()
    # Pages are built once per machine, not once per run.
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    programs = Programs(searched, outside, cache=cache)
    yield programs
    programs.end_all()
    hits = search([programs.logs, programs.temporary], markers.noted)

    assert not hits, "\n".join(hits)


@pytest.fixture(scope="session")
async def installation(programs: Programs, markers: Markers) -> Installation:
    """The server, unsealed, its first link not used yet."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return await install(programs, markers, port)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The browser."""
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def operator(markers: Markers) -> Operator:
    """Who will be the operator."""
    return Operator(EMAIL, USERNAME, markers.password())


@pytest.fixture(scope="session")
def watched(installation: Installation) -> Watched:
    """What all journeys of this run said, sent and stored."""
    return Watched(installation.url)


@pytest.fixture
async def context(
    chromium: Browser, installation: Installation, watched: Watched
) -> AsyncIterator[BrowserContext]:
    """A browser without cookies, watched."""
    context = await chromium.new_context(base_url=installation.url, locale="en-GB")
    await watched.watch(context)
    yield context
    await context.close()


@pytest.fixture
async def page(
    context: BrowserContext, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Page]:
    """A page of a browser without cookies. Of a journey that failed there is a picture."""
    page = await context.new_page()
    yield page
    if request.node.stash.get(FAILED, False):
        picture = tmp_path_factory.getbasetemp() / f"{request.node.name[:60]}.png"
        await page.screenshot(path=picture)
        print(f"\npicture of {page.url}: {picture}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Remember that a journey failed."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report
