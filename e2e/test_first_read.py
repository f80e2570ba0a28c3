"""From the operator's link to the first read, which the page shows as it happens (U-1, U-2)."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from strongroom_testkit.markers import Markers

from .conftest import Operator
from .installation import Installation
from .steps import open_dialog, patient, sign_in, toasted
from .watched import Watched

COMMAND = re.compile(r"curl -sSL http://localhost:\d+/v1/bootstrap/\S+ \| sh")

FINGERPRINT = re.compile(r"([0-9a-f]{4} ?){16}")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home folder of the machine that joins."""
    (tmp_path / "home").mkdir(0o700)
    return tmp_path / "home"


async def run(command: list[str], home: Path) -> str:
    """Run a command as the machine would, and return what it printed."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(home), "TMPDIR": str(home)}
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, env=environment, check=False
    )
    assert not done.returncode, done.stderr
    return done.stdout + done.stderr


async def test_from_the_first_link_to_the_first_read(
    page: Page,
    installation: Installation,
    operator: Operator,
    markers: Markers,
    watched: Watched,
    home: Path,
) -> None:
    """U-1: first link, first secret, a machine by the real script, approved, granted, read live."""
    patient()
    value = markers.value("stripe")

    # The one-time link makes the operator's account.
    await page.goto(installation.link)
    await page.get_by_label("E-mail").fill(operator.email)
    await page.get_by_label("Username").fill(operator.username)
    await page.get_by_label("Password", exact=True).fill(operator.password)
    await page.get_by_role("button", name="Make my account").click()
    await expect(page.locator("h1")).to_have_text("Sign in")
    await sign_in(page, operator.email, operator.password)
    await expect(page.locator("h1")).to_have_text("Welcome, ada")

    # A project and its first secret.
    await page.get_by_role("link", name="New project").first.click()
    dialog = page.get_by_role("dialog", name="New project")
    await dialog.get_by_label("Name").fill("billing")
    await dialog.get_by_role("button", name="Create project").click()
    await expect(page.locator("h1")).to_contain_text("billing")
    await page.get_by_label("Name").first.fill("STRIPE_SECRET_KEY")
    await page.locator("main [data-secret]").first.fill(value)
    await page.locator("main").get_by_role("button", name="Create secret").click()
    await expect(page.get_by_role("link", name="STRIPE_SECRET_KEY").first).to_be_visible()

    # A machine joins by the command that the page shows once.
    await page.goto("/machines")
    dialog = await open_dialog(page, "Add machine", "Add a machine")
    shown = dialog.locator('[data-result="command"]').first
    await expect(shown).to_have_text(COMMAND)
    command = markers.note(await shown.inner_text())
    markers.note(command.split("/v1/bootstrap/")[1].split()[0])
    printed = await run(["sh", "-c", command], home)
    await expect(dialog.get_by_text("has called.")).to_be_visible()
    await dialog.get_by_role("link", name="Compare its fingerprint").click()
    card = page.get_by_role("button", name="They match, approve").first
    await expect(card).to_be_visible()
    [line] = [line for line in printed.splitlines() if FINGERPRINT.search(line)]
    await page.get_by_label("Or paste the print-out").fill(line)
    await expect(page.locator("[data-verdict]").first).to_contain_text("same")
    shown = await page.locator("[data-groups]").first.inner_text()
    assert "".join(shown.split()) in "".join(line.split())
    await card.click()
    await toasted(page, "approved")

    # It may read nothing until the secret is named for it.
    dialog = await open_dialog(page, "Attach to a project", "Attach to a project")
    await dialog.get_by_role("button", name="Attach and choose secrets").click()
    await page.get_by_role("button", name="Let it read STRIPE_SECRET_KEY").click()
    await page.get_by_role("button", name=re.compile("^Save")).click()
    await toasted(page, "")

    # The overview ticks by itself when the machine reads.
    await page.goto("/")
    await expect(page.locator("h1")).to_have_text("Welcome, ada")
    assert value in await run(["strongroom", "get", "STRIPE_SECRET_KEY"], home)
    await expect(page.get_by_text("STRIPE_SECRET_KEY").first).to_be_visible()
    await expect(page.locator("h1")).to_have_text("Overview")
    await watched.look_at_storage(page)
    assert shutil.which("openssl")
