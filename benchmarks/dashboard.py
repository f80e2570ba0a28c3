"""Measures a page: its first load in bytes, requests and time, and the time from a click to the new screen.

``python -m benchmarks.dashboard [--loads N] [--clicks N]`` starts the demo of `dev` and a browser. The
page measures the times itself (`performance.now()`). Other programs use the same cores, so each time is
printed next to that of a bare page from the same server.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.async_api import async_playwright

from e2e.browser import launch
from e2e.installation import until_ready
from e2e.steps import loaded, patient, sign_in
from strongroom_testkit.programs import Programs

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, CDPSession, Page

BARE = "/favicon.svg"
"""The smallest file that the server serves the same way as pages."""

# Set before the page's own scripts run, so that the measurement doesn't wait for them.
_USABLE = """
window.srUsable = new Promise((done) => {
    const look = () => {
        const vault = document.querySelector("[data-vault]")?.dataset.vault;
        if (vault && !document.querySelector("main .skel")) done(performance.now());
        else requestAnimationFrame(look);
    };
    look();
});
"""
_CLICK = """
([place, heading]) => new Promise((done) => {
    const begun = performance.now();
    const look = () => {
        const shown = document.querySelector("h1")?.textContent ?? "";
        if (shown === heading && !document.querySelector("main .skel")) done(performance.now() - begun);
        else requestAnimationFrame(look);
    };
    document.querySelector(`.sidebar a[href="${place}"]`).click();
    look();
})
"""
_FETCH = """
async (path) => {
    const begun = performance.now();
    await (await fetch(path, {cache: "no-store"})).text();
    return performance.now() - begun;
}
"""
PLACES = (
    ("/projects", "Secrets"),
    ("/machines", "Machines"),
    ("/audit", "Audit log"),
    ("/trash", "Trash"),
    ("/", "Overview"),
)


@dataclass
class Load:
    """One page load: bytes on the wire, requests, and milliseconds until the page was usable."""

    requests: int = 0
    transferred: float = 0
    usable: float = 0
    kinds: dict[str, float] = field(default_factory=dict[str, float])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loads", type=int, default=5)
    parser.add_argument("--clicks", type=int, default=50)
    asked = parser.parse_args()
    patient()
    with tempfile.TemporaryDirectory(prefix="strongroom-bench-") as name:
        folder = Path(name)
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        programs = Programs(folder, folder, cache=cache)
        try:
            ready = programs.start("dev", "--port", "0").ready()
            asyncio.run(_measure(ready, asked.loads, asked.clicks))
        finally:
            programs.end_all()


async def _measure(ready: dict[str, Any], loads: int, clicks: int) -> None:
    await until_ready(ready["url"])
    async with async_playwright() as playwright:
        browser = await launch(playwright.chromium)
        signed_in = await _sign_in(browser, ready)
        bare = [await _bare(browser, ready, signed_in) for _ in range(loads)]
        cold: list[Load] = []
        warm: list[Load] = []
        for _ in range(loads):
            context = await _context(browser, ready, signed_in)
            page = await context.new_page()
            cold.append(await _load(page))
            warm.append(await _load(page))
            await context.close()
        _print_loads(cold, warm, statistics.median(bare))
        context = await _context(browser, ready, signed_in)
        await _clicks(await context.new_page(), clicks)
        await browser.close()


async def _sign_in(browser: Browser, ready: dict[str, Any]) -> Any:
    context = await browser.new_context(base_url=ready["url"])
    page = await context.new_page()
    await sign_in(page, ready["owner"]["email"], ready["owner"]["password"])
    state = await context.storage_state()
    await context.close()
    return state


async def _context(browser: Browser, ready: dict[str, Any], signed_in: Any) -> BrowserContext:
    return await browser.new_context(
        base_url=ready["url"], storage_state=signed_in, viewport={"width": 1440, "height": 900}
    )


async def _bare(browser: Browser, ready: dict[str, Any], signed_in: Any) -> float:
    """Return the milliseconds until an empty page has loaded, in a browser without a cache."""
    context = await _context(browser, ready, signed_in)
    page = await context.new_page()
    await page.goto(BARE)
    took = await page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    await context.close()
    return took


async def _load(page: Page) -> Load:
    load = Load()
    session: CDPSession = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    kind_of: dict[str, str] = {}

    def answered(event: dict[str, Any]) -> None:
        kind_of[event["requestId"]] = event["type"]

    def finished(event: dict[str, Any]) -> None:
        if event["encodedDataLength"] <= 0:
            return  # From the cache.
        load.requests += 1
        load.transferred += event["encodedDataLength"]
        kind = kind_of.get(event["requestId"], "Other")
        load.kinds[kind] = load.kinds.get(kind, 0) + event["encodedDataLength"]

    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", finished)
    await page.add_init_script(_USABLE)
    await page.goto("/?steps=hide")
    load.usable = await page.evaluate("window.srUsable")
    await page.wait_for_load_state("networkidle")
    await session.detach()
    return load


def _print_loads(cold: list[Load], warm: list[Load], bare: float) -> None:
    first = cold[0]
    kinds = sorted(first.kinds.items(), key=lambda each: -each[1])
    print(f"first load  {first.transferred / 1000:7.0f} kB compressed, {first.requests} requests")
    print("            " + ", ".join(f"{kind} {size / 1000:.0f} kB" for kind, size in kinds))
    again = warm[0]
    print(f"next load   {again.transferred / 1000:7.0f} kB compressed, {again.requests} requests")
    print(f"a bare page {bare:7.0f} ms")
    for name, each in (("cold", cold), ("warm", warm)):
        usable = statistics.median(load.usable for load in each)
        print(f"usable {name} {usable:7.0f} ms   {usable / bare:6.1f} times the bare page")


async def _clicks(page: Page, number: int) -> None:
    await page.goto("/?steps=hide")
    await loaded(page)
    taken: list[float] = []
    fetched: list[float] = []
    for turn in range(number + len(PLACES)):
        took = await page.evaluate(_CLICK, PLACES[turn % len(PLACES)])
        base = await page.evaluate(_FETCH, BARE)
        # The first visit to each screen loads its scripts.
        if turn >= len(PLACES):
            taken.append(took)
            fetched.append(base)
    _print_spread("click to screen", taken)
    _print_spread("a bare fetch", fetched)
    print(f"ratio of medians {statistics.median(taken) / statistics.median(fetched):6.1f}")


def _print_spread(name: str, taken: list[float]) -> None:
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(f"{name:16} p50 {statistics.median(taken):6.0f} ms   p95 {p95:6.0f} ms   of {len(taken)}")


if __name__ == "__main__":
    main()
