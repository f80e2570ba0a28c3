"""Pictures of every screen and dialog, light, dark and on a phone, of the demo vault of `dev`.

``python -m e2e.screenshots [FOLDER]`` (`just screenshots`) writes `FOLDER/light/secrets.png` and so on;
a dialog's picture is named for its screen and itself. FOLDER is `dist/screenshots` unless given.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.async_api import async_playwright

from strongroom_testkit.markers import Markers
from strongroom_testkit.programs import Programs

from .browser import launch
from .house import House
from .installation import until_ready
from .machine import JoinedMachine
from .places import Place, go_to, open_it, places
from .steps import ask, patient, sign_in

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

USUAL = Path("dist/screenshots")
LOOKS: tuple[tuple[str, Any, Any], ...] = (
    ("light", {"width": 1440, "height": 900}, "light"),
    ("dark", {"width": 1440, "height": 900}, "dark"),
    ("phone", {"width": 390, "height": 844}, "light"),
)
TALLEST = 2400
READS = 6
"""How often the demo's machine reads, so that there is something to see."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=USUAL)
    parser.add_argument("--only", help="a part of the names of screens", default="")
    asked = parser.parse_args()
    patient()
    with tempfile.TemporaryDirectory(prefix="strongroom-pictures-") as name:
        folder = Path(name)
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        programs = Programs(folder, folder, cache=cache)
        try:
            running = programs.start("dev", "--port", "0")
            ready = running.ready()
            asyncio.run(_take(ready, folder, asked.folder, asked.only))
        finally:
            programs.end_all()


async def _take(ready: dict[str, Any], folder: Path, to: Path, only: str) -> None:
    await until_ready(ready["url"])
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        page = await _page(browser, ready)
        house = await _house(page, ready, folder)
        every = [place for place in places(house) if only in place.name]
        calm = [place for place in every if not place.open and not place.name.startswith("frozen")]
        taken = 0
        for place in calm:
            taken += await _picture(page, place, to)
        await ask(
            page,
            "POST",
            f"/api/projects/{house.frozen}/freeze",
            {"reason": "A laptop with a copy of the configuration is missing."},
        )
        for secret in ready["secrets"].values():
            if secret["granted"]:
                await _machine_of(ready, folder).attempt("strongroom", "get", secret["id"])
        for place in (place for place in every if place.name.startswith("frozen")):
            taken += await _picture(page, place, to)
        stranger = await _page(browser, None, ready["url"])
        for place in (place for place in every if place.open):
            taken += await _picture(stranger, place, to)
        await browser.close()
    print(f"{taken} pictures in {to}")


async def _page(browser: Browser, ready: dict[str, Any] | None, url: str = "") -> Page:
    context = await browser.new_context(
        base_url=ready["url"] if ready else url, locale="en-GB", reduced_motion="reduce"
    )
    page = await context.new_page()
    await page.set_viewport_size({"width": 1440, "height": 900})
    if ready is not None:
        await sign_in(page, ready["owner"]["email"], ready["owner"]["password"])
    return page


async def _house(page: Page, ready: dict[str, Any], folder: Path) -> House:
    """Find something of everything in the demo, and add what it does not have."""
    secrets: dict[str, dict[str, Any]] = ready["secrets"]
    granted = next(
        each for each in secrets.values() if each["granted"] and each["kind"] == "single"
    )
    project = granted["projectId"]
    structured = next(
        (each["id"] for each in secrets.values() if _fits(each, project, "structured")),
        next(each["id"] for each in secrets.values() if each["kind"] == "structured"),
    )
    for secret in (each for each in secrets.values() if each["granted"]):
        for _ in range(READS):
            await _machine_of(ready, folder).attempt("strongroom", "get", secret["id"])
    home = folder / "newcomer"
    home.mkdir(0o700)
    waiting = await JoinedMachine(home, Markers()).register(page)
    for _ in range(2):
        await ask(page, "PUT", f"/api/secrets/{granted['id']}/value", {"value": "pictured"})
    empty = await ask(page, "POST", "/api/projects", {"name": "office-tools"})
    bare = await ask(page, "POST", "/api/applications", {"name": "shelf", "environments": []})
    found = await ask(page, "GET", f"/api/projects/{project}")
    entries = await ask(page, "GET", f"/api/audit?project={project}&limit=1")
    return House(
        application=found["applicationId"],
        bare=bare["id"],
        project=project,
        secret=granted["id"],
        structured=structured,
        empty=empty["id"],
        frozen=project,
        machine=ready["machineId"],
        waiting=waiting["id"],
        entry=entries["items"][0]["id"],
    )


def _machine_of(ready: dict[str, Any], folder: Path) -> JoinedMachine:
    """Return the demo's machine."""
    return JoinedMachine(folder, Markers(), Path(ready["home"]))


def _fits(secret: dict[str, Any], project: str, kind: str) -> bool:
    return secret["projectId"] == project and secret["kind"] == kind


async def _picture(page: Page, place: Place, to: Path) -> int:
    """Take the pictures of a screen and its dialogs in every look; return how many."""
    await go_to(page, place)
    await _in_every_look(page, place.name, to, whole=True)
    for dialog in place.dialogs:
        await go_to(page, place)
        await open_it(page, dialog)
        await _in_every_look(page, f"{place.name}-{dialog.name}", to, whole=False)
    return len(LOOKS) * (1 + len(place.dialogs))


async def _in_every_look(page: Page, name: str, to: Path, *, whole: bool) -> None:
    for look, size, scheme in LOOKS:
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme=scheme)
        await page.wait_for_timeout(150)  # until what is drawn by size has been drawn
        if whole:
            # Not `full_page`: what stands fixed or sticks would be drawn in the middle of the picture.
            height = await page.evaluate("document.documentElement.scrollHeight")
            tall = min(max(height, size["height"]), TALLEST)
            await page.set_viewport_size({"width": size["width"], "height": tall})
        (to / look).mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=to / look / f"{name}.png")
    await page.set_viewport_size(LOOKS[0][1])


if __name__ == "__main__":
    main()
