"""Measures the database work for each click: transactions and statements, taken from PostgreSQL's own log.

``python -m benchmarks.clicks [--rounds N]`` starts a PostgreSQL, a server and a browser, clicks, and
prints the median of the rounds. Background statements aren't counted; these are the clock and the
check for changes in a vault, once a second.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from playwright.async_api import async_playwright

from e2e.browser import launch
from e2e.installation import until_ready
from e2e.steps import loaded, patient, sign_in
from strongroom_core.crypto.root import encode_root
from strongroom_core.db.connection import connect
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import make_operator
from strongroom_testkit.programs import Programs
from strongroom_testkit.world import World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from playwright.async_api import Page

    from strongroom_core.projects.views import ProjectView
    from strongroom_core.secrets.views import SecretView
    from strongroom_testkit.machine import TestMachine

LOGINS = {
    "STRONGROOM_DATABASE_URL": "strongroom",
    "STRONGROOM_OWNER_DATABASE_URL": "strongroom_owner",
    "STRONGROOM_JOBS_DATABASE_URL": "strongroom_jobs",
}
SETTLED = 2.5
"""The seconds after which all effects of a click are complete."""

_LINE = re.compile(
    r"^\S+ \S+ \S+ \[(?P<pid>\d+)\] LOG:  (?:statement|execute [^:]*): (?P<sql>.*)", re.MULTILINE
)
_ALWAYS = re.compile(
    r"set_config|pg_snapshot_xmin|audit_entry e\s+where e\.incarnation = |tally_reads|due_outbox"
    r"|clock_timestamp|^\s*BEGIN|^\s*COMMIT",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Cost:
    """The database work, as transactions, each a list of statements."""

    asked: list[list[str]]

    @property
    def transactions(self) -> int:
        """The number of transactions."""
        return len(self.asked)

    @property
    def statements(self) -> int:
        """The number of statements, including BEGIN and COMMIT."""
        return sum(len(each) for each in self.asked)


class OnDatabase(Programs):
    """The server's commands, using an existing database."""

    urls: ClassVar[dict[str, str]] = {}

    @property
    def environment(self) -> dict[str, str]:
        """The environment, with the database URL."""
        return {**super().environment, **self.urls}


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects to click on."""

    page: Page
    world: World
    project: ProjectView
    secret: SecretView
    machine: TestMachine


def cost_in(log: str) -> Cost:
    """Parse part of the log into transactions, without background statements."""
    by_connection: dict[str, list[str]] = {}
    # Only the first line of a multi-line statement has a prefix.
    for match in re.finditer(_LINE.pattern + r"(?P<rest>(?:\n\t.*)*)", log, re.MULTILINE):
        by_connection.setdefault(match["pid"], []).append(match["sql"] + match["rest"])
    return Cost(
        [
            transaction
            for asked in by_connection.values()
            for transaction in _split(asked)
            if any(not _ALWAYS.search(each) for each in transaction)
        ]
    )


def _split(asked: Iterable[str]) -> list[list[str]]:
    found: list[list[str]] = []
    for each in asked:
        if each.lstrip().upper().startswith("BEGIN") or not found:
            found.append([])
        found[-1].append(each)
    return found


async def _go(page: Page, selector: str, heading: str) -> None:
    await page.locator(selector).first.click()
    await page.locator("h1", has_text=heading).wait_for()
    await loaded(page)


async def _replace(objects: Objects) -> None:
    await objects.page.locator('button[commandfor="replace-secret"]').first.click()
    dialog = objects.page.locator("dialog#replace-secret")
    await dialog.locator("textarea").first.fill(objects.world.markers.value("next"))
    await dialog.locator('button[type="submit"]').click()
    await objects.page.locator(".toast").first.wait_for()


async def _read(objects: Objects) -> None:
    caller = await objects.machine.caller(objects.world)
    await read_secret_value(objects.world.core, caller, objects.secret.id)


def steps(objects: Objects) -> dict[str, Callable[[], Awaitable[None]]]:
    """Return the clicks by name, in order."""
    page, project, secret = objects.page, objects.project, objects.secret
    at = f"/projects/{project.id}"
    opened = f'main a[href="{at}?secret={secret.id}"]'
    return {
        "overview": lambda: _go(page, '.sidebar a[href="/"]', "Overview"),
        "overview, while a machine reads": lambda: _read(objects),
        "all secrets": lambda: _go(page, '.sidebar a[href="/projects"]', "Secrets"),
        "a project": lambda: _go(page, f'main a[href="{at}"]', project.name),
        "a secret's drawer": lambda: _go(page, opened, project.name),
        "the drawer, while a machine reads": lambda: _read(objects),
        "replace its value": lambda: _replace(objects),
        "the drawer's activity": lambda: _go(page, 'a[href$="view=activity"]', project.name),
        "the project's machines": lambda: _go(page, f'a[href="{at}/machines"]', project.name),
        "the project's settings": lambda: _go(page, f'a[href="{at}/settings"]', project.name),
        "all machines": lambda: _go(page, '.sidebar a[href="/machines"]', "Machines"),
        "a machine": lambda: _go(page, f'main a[href="/machines/{objects.machine.id}"]', "web-1"),
        "the audit log": lambda: _go(page, '.sidebar a[href="/audit"]', "Audit log"),
    }


async def measure(rounds: int, *, tell: bool) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="strongroom-clicks-") as name:
        folder = Path(name)
        cluster = await Cluster.start(folder / "data")
        try:
            await _measure(cluster, folder, rounds, tell=tell)
        finally:
            await cluster.stop()


async def _measure(cluster: Cluster, folder: Path, rounds: int, *, tell: bool) -> None:
    database = await cluster.fresh_database()
    settings = Settings(database_url=cluster.url(database))
    core = await open_core(settings)
    await unseal(core, cluster.root)
    markers = Markers()
    person = await make_operator(core, cluster.initialised.setup_token, markers)
    world = World(core, person, markers)
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    await world.secret(project, "OTHER")
    machine = await granted_machine(world, project, secret)
    await read_secret_value(core, await machine.caller(world), secret.id)
    administrator = await connect(cluster.administrator_url("postgres"))
    # This doesn't affect sessions that are already open, such as ours.
    await administrator.execute("alter role strongroom set log_statement = 'all'")
    await administrator.close()
    programs = OnDatabase(folder, folder, cache=_cache())
    for name, login in LOGINS.items():
        programs.urls[name] = cluster.url(database, login)
    try:
        options = ("--data", folder / "node", "--port", "0", "--root-stdin")
        ready = programs.start("serve", *options, given=encode_root(cluster.root)).ready()["url"]
        await until_ready(ready)
        async with async_playwright() as playwright:
            browser = await launch(playwright.chromium)
            context = await browser.new_context(
                base_url=ready, viewport={"width": 1440, "height": 900}
            )
            page = await context.new_page()
            await sign_in(page, person.email, person.password)
            objects = Objects(page, world, project, secret, machine)
            await _run(objects, cluster.postgres.log_path, rounds, tell=tell)
            await browser.close()
    finally:
        programs.end_all()
        await core.database.close()


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


async def _run(objects: Objects, log: Path, rounds: int, *, tell: bool) -> None:
    found: dict[str, list[Cost]] = {}
    for _ in range(rounds + 1):
        for name, step in steps(objects).items():
            await asyncio.sleep(SETTLED)
            begun = len(_read_log(log))
            await step()
            await asyncio.sleep(SETTLED)
            found.setdefault(name, []).append(cost_in(_read_log(log)[begun:].decode()))
    print(f"{'':36} transactions  statements")
    for name, costs in found.items():
        # The first visit to each page loads its scripts.
        transactions = statistics.median(each.transactions for each in costs[1:])
        statements = statistics.median(each.statements for each in costs[1:])
        print(f"{name:36} {transactions:12.0f} {statements:11.0f}")
        if tell:
            for transaction in costs[-1].asked:
                print("    " + " | ".join(" ".join(each.split())[:70] for each in transaction))


def _read_log(log: Path) -> bytes:
    return log.read_bytes()


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tell", action="store_true", help="print the statements too")
    asked = parser.parse_args()
    patient()
    asyncio.run(measure(asked.rounds, tell=asked.tell))


if __name__ == "__main__":
    main()
