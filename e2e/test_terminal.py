"""A person in a terminal: sign in, set a value, see it in the page, follow the audit log, revoke (D-5)."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from playwright.async_api import Page, expect

from strongroom_testkit.markers import Markers

from .installation import Installation
from .person import Operator
from .steps import PATIENCE, loaded, make_project, toasted

SECONDS = PATIENCE / 1000


class Terminal:
    """A person's terminal, with its own home folder."""

    def __init__(self, home: Path) -> None:
        self._environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(home),
        }

    async def start(self, *arguments: str) -> Process:
        """Start a command that keeps running."""
        return await asyncio.create_subprocess_exec(
            "strongroom", *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=self._environment
        )

    async def run(self, *arguments: str, given: str = "") -> tuple[int, str]:
        """Run a command to completion, and return its exit code and everything that it printed."""
        process = await self.start(*arguments)
        out, err = await asyncio.wait_for(process.communicate(given.encode()), SECONDS)
        return process.returncode or 0, (out + err).decode()


async def line_with(stream: asyncio.StreamReader | None, text: str) -> str:
    """Return the next line that contains a text."""
    assert stream is not None
    async with asyncio.timeout(SECONDS):
        while line := (await stream.readline()).decode():
            if text in line:
                return line
    raise AssertionError(f"ended before printing {text}")


async def test_a_person_in_a_terminal(
    signed_in: Page, installation: Installation, markers: Markers, tmp_path: Path
) -> None:
    """D-5: sign in with a code, set a value and see it live, follow the audit log, then lose access."""
    page, terminal = signed_in, Terminal(tmp_path)
    project, _ = await make_project(page, "pier", {})
    logging_in = await terminal.start("login", installation.url, "--no-browser")
    code = (await line_with(logging_in.stderr, "code:")).split()[-1]
    fingerprint = (await line_with(logging_in.stderr, "fingerprint:")).split(maxsplit=1)[1].strip()

    # Compare what the browser shows with the terminal, and approve.
    await page.goto("/connect")
    await loaded(page)
    main = page.locator("main")
    await main.get_by_label("Code").fill(code)
    await main.get_by_role("button", name="Find the program").click()
    await expect(main.get_by_text(fingerprint)).to_be_visible()
    await main.get_by_label("Name").fill("pier laptop")
    await main.get_by_role("button", name="Approve").click()
    await toasted(page, "Approved.")
    out, _ = await asyncio.wait_for(logging_in.communicate(), SECONDS)
    assert logging_in.returncode == 0
    assert b"ada" in out

    # What is set in the terminal appears in the page, which isn't reloaded.
    await page.goto(f"/projects/{project}")
    await loaded(page)
    value = markers.value("terminal")
    status, told = await terminal.run("secrets", "set", "pier/ANCHOR", given=value)
    assert (status, value in told) == (0, False), told
    await expect(page.get_by_role("link", name="ANCHOR").first).to_be_visible()

    # The audit log shows the next change as it happens, and ends when the key is revoked.
    tail = await terminal.start("audit", "tail", "-n", "1", "-p", "pier")
    assert "secret_create" in await line_with(tail.stdout, "secret_")
    other = markers.value("terminal")
    status, told = await terminal.run("secrets", "set", "pier/ANCHOR", given=other)
    assert (status, other in told) == (0, False), told
    assert "pier/ANCHOR" in await line_with(tail.stdout, "secret_replace")
    await page.goto("/security")
    await loaded(page)
    row = page.get_by_role("row").filter(has_text="pier laptop")
    await row.get_by_role("button", name="Revoke").click()
    dialog = page.get_by_role("dialog", name="Revoke pier laptop?")
    await dialog.get_by_role("button", name="Revoke key").click()
    await toasted(page, "Key revoked.")
    _, err = await asyncio.wait_for(tail.communicate(), SECONDS)
    assert tail.returncode == 3
    assert b"strongroom login" in err
    status, told = await terminal.run("projects")
    assert (status, "strongroom login" in told) == (3, True)


async def test_suggestions_are_changed_and_a_request_is_denied(
    signed_in: Page, installation: Installation, tmp_path: Path
) -> None:
    """D-5: the link fills in the code; a person allows less than a program suggests, then denies a request.

    The tab has shown another screen before, and the button is pressed as soon as it is visible.
    """
    page, terminal = signed_in, Terminal(tmp_path)
    await make_project(page, "quay", {})
    main = page.locator("main")
    suggested = ("--name", "quay laptop", "--lifetime", "90d", "-p", "quay")
    logging_in = await _ask_and_find(page, terminal, installation, *suggested)
    await expect(main.get_by_label("Name")).to_have_value("quay laptop")
    await expect(main.get_by_role("checkbox", name="quay")).to_be_checked()
    await main.get_by_label("Works for").select_option("28800")
    await main.get_by_label("Only read").check()
    await main.get_by_role("button", name="Approve").click()
    await toasted(page, "Approved.")
    await asyncio.wait_for(logging_in.communicate(), SECONDS)
    assert logging_in.returncode == 0
    status, told = await terminal.run("secrets", "set", "quay/ANCHOR", given="not a secret")
    assert status != 0
    assert "only read" in told

    denied = await _ask_and_find(page, terminal, installation, "--profile", "other")
    await main.get_by_role("button", name="Deny").click()
    await toasted(page, "Denied.")
    _, err = await asyncio.wait_for(denied.communicate(), SECONDS)
    assert denied.returncode
    assert b"denied" in err


async def test_the_link_of_a_login_survives_signing_in(page: Page, operator: Operator) -> None:
    """D-5: in a browser without a session, the link leads through the sign-in page, and the code is kept."""
    await page.goto("/connect?code=BCDF-GHJK")
    await expect(page.locator("h1")).to_have_text("Sign in")
    await page.get_by_label("Email").fill(operator.email)
    await page.get_by_label("Password", exact=True).fill(operator.password)
    await page.get_by_role("button", name="Sign in").click()

    await expect(page.locator("main").get_by_label("Code")).to_have_value("BCDF-GHJK")


async def _ask_and_find(
    page: Page, terminal: Terminal, installation: Installation, *options: str
) -> Process:
    """Start a login, and find its request with the link that it prints."""
    logging_in = await terminal.start("login", installation.url, "--no-browser", *options)
    code = (await line_with(logging_in.stderr, "code:")).split()[-1]
    await page.goto(f"/connect?code={code}")
    main = page.locator("main")
    await main.get_by_role("button", name="Find the program").click()
    await expect(main.get_by_text("Is this your program?")).to_be_visible()
    return logging_in
