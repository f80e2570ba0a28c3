"""A real browser: Playwright's own, or the system's. On a fresh Debian system, it is installed first."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserType

NAMES = ("chromium", "chromium-browser", "google-chrome")
_INSTALL = "apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium"


def system_browser() -> str | None:
    """Return the path of an installed Chromium, or None."""
    chosen = os.environ.get("STRONGROOM_CHROMIUM")
    return chosen or next((path for name in NAMES if (path := shutil.which(name))), None)


async def launch(chromium: BrowserType, *, keeps_pages: bool = False) -> Browser:
    """Start the browser. If it is missing, root on Debian installs it; otherwise the run ends with a hint.

    `keeps_pages` turns on the cache that keeps whole pages for the Back button, which Playwright
    turns off.
    """
    path: str | None = None
    if not Path(chromium.executable_path).exists():
        path = system_browser() or _install()
    # Chromium refuses to run as root with the sandbox enabled.
    as_root = ["--no-sandbox", "--disable-dev-shm-usage"] if os.geteuid() == 0 else []
    without = ["--disable-back-forward-cache"] if keeps_pages else None
    return await chromium.launch(executable_path=path, args=as_root, ignore_default_args=without)


def _install() -> str:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(
            ["sh", "-c", _INSTALL], check=True, env=environment, stdout=subprocess.DEVNULL
        )
        if (path := system_browser()) is not None:
            return path
    pytest.exit(
        "there is no browser: run `playwright install chromium`, or install the package chromium", 3
    )
