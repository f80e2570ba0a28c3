"""Lints the dashboard's scripts, type-checks them with their JSDoc types, and runs their unit tests.

The tools are npm packages, pinned in the lock file here and installed once into the cache folder. They
run on the Node.js that builds the pages.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from strongroom_dashboard.build import npm_environment

HERE = Path(__file__).parent
SCRIPTS = HERE.parents[1] / "apps/dashboard/src/strongroom_dashboard/assets/js"
LINKS = HERE.parents[1] / "apps/api/src/strongroom_api/links/assets"
OLDEST = "ES2018"
IN_BROWSERS_OF_2018 = {
    *("addEventListener", "createRange", "getElementById", "querySelectorAll", "title"),
    *("clipboard", "hash", "pathname", "replaceState", "createObjectURL", "revokeObjectURL"),
}
"""Members of the browser's own objects that the pages use. Look a new one up before you add it here."""

LOCK_FILES = ("package.json", "package-lock.json")

pytestmark = pytest.mark.xdist_group("javascript")


@pytest.fixture(scope="module")
def cache() -> Path:
    """The cache folder for this checkout's tools."""
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = usual / "strongroom" / "javascript"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def environment(cache: Path) -> dict[str, str]:
    """The environment of Node.js and npm."""
    return npm_environment(cache, cache)


@pytest.fixture(scope="module")
def tools(cache: Path, environment: dict[str, str]) -> Path:
    """The folder with the installed tools. It is renamed into place, so two runs at once don't interfere."""
    lock = b"".join((HERE / name).read_bytes() for name in LOCK_FILES)
    place = cache / hashlib.sha256(lock).hexdigest()[:32]
    if not place.is_dir():
        work = Path(tempfile.mkdtemp(prefix="new-", dir=cache))
        for name in LOCK_FILES:
            shutil.copy(HERE / name, work / name)
        _run(["npm", "ci"], work, environment)
        for old in cache.iterdir():
            if old.is_dir() and old != work:
                shutil.rmtree(old, ignore_errors=True)
        work.rename(place)
    return place


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Run a program. If it fails, the test fails with its output."""
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.fail(f"{command[0]} failed:\n{done.stdout}\n{done.stderr}", pytrace=False)


def test_lint(tools: Path, environment: dict[str, str]) -> None:
    """Biome finds no problems in the scripts and their tests."""
    biome = str(tools / "node_modules/.bin/biome")
    _run(
        [biome, "lint", "--error-on-warnings", f"--config-path={HERE}", str(SCRIPTS), "."],
        HERE,
        environment,
    )


def test_types(tools: Path, environment: dict[str, str]) -> None:
    """TypeScript accepts the scripts in strict mode, with the types in their JSDoc."""
    _run([str(tools / "node_modules/.bin/tsc"), "--project", str(HERE)], HERE, environment)


@pytest.mark.parametrize("page", ["share", "drop_box"])
def test_pages_of_links_need_no_new_browser(
    tools: Path, environment: dict[str, str], tmp_path: Path, page: str
) -> None:
    """T-5: recipients' pages use only syntax, objects and browser APIs of 2018.

    TypeScript rejects newer objects. It writes newer syntax in terms of older syntax, so a script that comes
    out the same for 2018 as for the newest browsers has none.
    """
    scripts = [str(LINKS / f"{name}.js") for name in ("common", page)]
    tsc = str(tools / "node_modules/.bin/tsc")
    given = ["--allowJs", "--ignoreConfig", "--types", "", "--lib", "ES2018,DOM", *scripts]
    _run([tsc, "--checkJs", "--strict", "--noEmit", "--target", OLDEST, *given], HERE, environment)
    for target in (OLDEST, "ESNext"):
        out = ["--target", target, "--outDir", str(tmp_path / target)]
        _run([tsc, *out, *given], HERE, environment)
    written = [
        {each.name: each.read_text() for each in (tmp_path / target).iterdir()}
        for target in (OLDEST, "ESNext")
    ]
    text = "".join(Path(each).read_text() for each in scripts)
    members = set(re.findall(r"(?<![.\w])(?:document|navigator|location|history|URL)\.(\w+)", text))

    assert written[0] == written[1]
    assert len(written[0]) == 2
    assert members <= IN_BROWSERS_OF_2018


def test_units(tools: Path, environment: dict[str, str]) -> None:
    """The unit tests pass in Node's own test runner."""
    tests = sorted(str(path) for path in HERE.glob("*.test.js"))
    _run(
        ["node", "--test", "--test-isolation=none", *tests],
        HERE,
        {**environment, "JAVASCRIPT_TOOLS": str(tools)},
    )
