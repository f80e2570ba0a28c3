"""One server and one browser. Each journey has its own browser context, watched from the first byte."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from strongroom_server.demo.receiver import Receiver, receiving
from strongroom_testkit.mail_server import MailServer, mail_server
from strongroom_testkit.markers import Markers, search
from strongroom_testkit.programs import Programs

from .browser import launch
from .installation import Installation, install
from .machine import JoinedMachine
from .person import Operator
from .sample_vault import SampleVault, fill_vault
from .steps import PATIENCE, accept_first_link, patient, sign_in
from .watched import Watched

FAILED = pytest.StashKey[bool]()
EMAIL, USERNAME = "ada@example.org", "ada"
FIRST, LAST = ("test_first_read", "test_freeze"), "test_zz_leaks"


# xdist reads the groups in its own implementation of this hook, which otherwise runs before this one.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run all journeys in one worker.

    Journeys that need an empty vault, or one with no other frozen project, come first. The search through
    everything that the journeys left behind comes last.
    """
    here = Path(__file__).parent
    ours = [item for item in items if here in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.xdist_group("e2e"))

    def turn(item: pytest.Item) -> int:
        name = item.path.stem
        return FIRST.index(name) if name in FIRST else len(FIRST) + (name == LAST)

    ordered = sorted(ours, key=turn)
    places = [place for place, item in enumerate(items) if here in item.path.parents]
    for place, item in zip(places, ordered, strict=True):
        items[place] = item


@pytest.fixture(scope="session")
def markers() -> Markers:
    """This run's secrets."""
    return Markers()


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory, markers: Markers) -> Iterator[Programs]:
    """The server's commands. After the run, no file that they left behind may contain a secret (E-5)."""
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
async def mails() -> AsyncIterator[MailServer]:
    """The mail server, which keeps all email of the run."""
    async with mail_server(MailServer()) as server:
        yield server


@pytest.fixture(scope="session")
async def receiver(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Receiver]:
    """A webhook receiver that the server allows."""
    async with receiving(tmp_path_factory.mktemp("receiver")) as receiver:
        yield receiver


@pytest.fixture(scope="session")
async def installation(
    programs: Programs, markers: Markers, mails: MailServer, receiver: Receiver
) -> Installation:
    """The server, unsealed, with its setup link still unused. It sends email and alerts."""
    programs.settings |= {
        "STRONGROOM_OUTBOUND_HOSTS": f"localhost:{receiver.port}",
        "STRONGROOM_OUTBOUND_CA_FILE": str(receiver.ca_file),
        "STRONGROOM_PRIVACY_URL": "https://example.org/privacy",
        "STRONGROOM_SMTP_HOST": "127.0.0.1",
        "STRONGROOM_SMTP_PORT": str(mails.port),
        "STRONGROOM_SMTP_SECURITY": "none",
        "STRONGROOM_SMTP_FROM": "strongroom@example.org",
    }
    return await install(programs, markers)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The browser."""
    patient()
    async with async_playwright() as playwright:
        browser = await launch(playwright.chromium)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def watched(installation: Installation) -> Watched:
    """Everything that this run's journeys displayed, sent and stored."""
    return Watched(installation.url)


@pytest.fixture(scope="session")
async def operator(
    chromium: Browser, installation: Installation, watched: Watched, markers: Markers
) -> Operator:
    """The person who used the setup link, in a browser (A-1)."""
    operator = Operator(EMAIL, USERNAME, markers.password())
    context = await chromium.new_context(base_url=installation.url, locale="en-GB")
    await watched.watch(context)
    await accept_first_link(await context.new_page(), installation.link, operator)
    await context.close()
    return operator


@pytest.fixture
async def context(
    chromium: Browser,
    installation: Installation,
    watched: Watched,
    request: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[BrowserContext]:
    """A watched browser without cookies. If the journey fails, screenshots are saved."""
    context = await chromium.new_context(base_url=installation.url, locale="en-GB")
    context.set_default_timeout(PATIENCE)
    await watched.watch(context)
    yield context
    for number, page in enumerate(context.pages):
        await watched.look_at_storage(page)
        if request.node.stash.get(FAILED, False):
            name = f"{request.node.name[:60]}-{number}.png"
            picture = tmp_path_factory.getbasetemp() / name
            await page.screenshot(path=picture, timeout=60_000)
            print(f"\npicture of {page.url}: {picture}")
    await context.close()


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    """A page in a browser without cookies."""
    return await context.new_page()


@pytest.fixture
async def signed_in(page: Page, operator: Operator) -> Page:
    """The administrator's page, showing the overview."""
    await sign_in(page, operator.email, operator.password)
    return page


@pytest.fixture
def machine(tmp_path: Path, markers: Markers) -> JoinedMachine:
    """A machine that hasn't registered yet, with its own home folder."""
    (tmp_path / "home").mkdir(0o700)
    return JoinedMachine(tmp_path / "home", markers)


@pytest.fixture(scope="session")
async def sample_vault(
    chromium: Browser,
    installation: Installation,
    operator: Operator,
    watched: Watched,
    markers: Markers,
    tmp_path_factory: pytest.TempPathFactory,
) -> SampleVault:
    """A vault that contains at least one object of each type."""
    homes = [tmp_path_factory.mktemp(name) for name in ("reader", "newcomer")]
    context = await chromium.new_context(base_url=installation.url, locale="en-GB")
    await watched.watch(context)
    page = await context.new_page()
    await sign_in(page, operator.email, operator.password)
    vault = await fill_vault(page, markers, *(JoinedMachine(home, markers) for home in homes))
    await context.close()
    return vault


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Record that a journey failed."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report
