"""Compiles the pages in the current folder, as a separate process that `build.py` starts.

The folder contains `rxconfig.py`, `assets/`, the lock in `reflex.lock/`, and perhaps a `node_modules` from an
earlier run with the same lock. Afterwards, `.web/build/client` contains the files for browsers. Lines that
begin with `STEP` report progress.

Reflex would add packages one by one, which may change the lock. Instead, `npm ci` installs exactly what is in
the lock, which must contain everything that Reflex needs.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reflex.utils import build, frontend_skeleton, js_runtimes, prerequisites
from reflex_base.constants import PackageJson
from reflex_base.environment import environment

from strongroom_dashboard.build import LOCK_FILES, NODE_MODULES, STEP, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable

WEB = Path(".web")
LOCK = Path("reflex.lock")
FONTS = {
    "hanken-grotesk.woff2": "@fontsource-variable/hanken-grotesk/files/"
    "hanken-grotesk-latin-wght-normal.woff2",
    "newsreader.woff2": "@fontsource/newsreader/files/newsreader-latin-500-normal.woff2",
    "ibm-plex-mono.woff2": "@fontsource/ibm-plex-mono/files/ibm-plex-mono-latin-400-normal.woff2",
}
"""The typefaces that the API's `reference.css` loads, by the names used there."""
NPM_CI = ("npm", "ci", "--legacy-peer-deps")

_NAME = re.compile(r"(?P<name>@?[^@]+)(?:@v?(?P<version>.+))?")
_BACKEND = re.compile(r"`(?P<scheme>http|ws)://localhost:8000(?P<path>/[^`]*)`")
_SAME_HOSTS = "[`localhost`,`0.0.0.0`,`::`,`0:0:0:0:0:0:0:0`]"


class NotPatched(Exception):
    """The built scripts don't look as expected from this release of Reflex."""


class NotLocked(Exception):
    """Reflex needs a package that isn't in the lock file."""


def main(arguments: list[str]) -> None:
    """Compile the pages; with `lock`, update the lock instead."""
    frontend_skeleton.initialize_web_directory()
    if arguments == ["lock"]:
        _compile()
        _write_lock()
        return
    _say("getting the packages")
    _install()
    js_runtimes.install_frontend_packages = _require_locked
    _say("compiling the pages")
    _compile()
    _say("bundling them")
    build.setup_frontend(Path.cwd())
    build.build()
    _say("finishing")
    client = WEB / "build/client"
    _find_server_by_address(client)
    _bundle(client.resolve() / "js")
    _compress(client)
    _copy_fonts(client)


def _copy_fonts(client: Path) -> None:
    """Copy the typefaces to where the API's pages look for them, regardless of their names in the bundle."""
    (client / "fonts").mkdir()
    for name, source in FONTS.items():
        shutil.copy(WEB / NODE_MODULES / source, client / "fonts" / name)


def _say(what: str) -> None:
    print(f"{STEP}{what}", flush=True)  # noqa: T201 -- the starter reads it


def _install() -> None:
    if Path(NODE_MODULES).is_dir():
        Path(NODE_MODULES).rename(WEB / NODE_MODULES)
        return
    for name in LOCK_FILES:
        shutil.copy(LOCK / name, WEB / name)
    subprocess.run(NPM_CI, cwd=WEB, check=True)  # noqa: S603 -- the command is ours
    Path(WHOLE).touch()


def _compile() -> None:
    prerequisites.get_compiled_app(prerender_routes=True, use_rich=False)


def _require_locked(packages: set[str], _config: Any) -> None:
    """Raise `NotLocked` unless the lock file contains the right version of everything that Reflex needs."""
    locked: dict[str, Any] = json.loads((LOCK / "package-lock.json").read_text())["packages"]
    framework = {**PackageJson.DEPENDENCIES, **PackageJson.DEV_DEPENDENCIES}
    wanted = [*packages, *(f"{name}@{version}" for name, version in framework.items())]
    missing = [each for each in wanted if not _is_locked(each, locked)]
    if missing:
        raise NotLocked(
            f"not in the lock file: {', '.join(sorted(missing))}; run `just lock-dashboard`"
        )


def _is_locked(wanted: str, locked: dict[str, Any]) -> bool:
    match = _NAME.fullmatch(wanted)
    entry = locked.get(f"node_modules/{match['name']}") if match else None
    return entry is not None and match is not None and match["version"] in (None, entry["version"])


def _write_lock() -> None:
    for name in LOCK_FILES:
        written = json.loads((WEB / name).read_text())
        for package in _packages(written):
            # Don't reveal which registry this machine uses.
            package.pop("resolved", None)
        (LOCK / name).write_text(f"{json.dumps(written, indent=2)}\n")


def _packages(written: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return written.get("packages", {}).values()


def _find_server_by_address(client: Path) -> None:
    """Make the scripts call the server they came from, regardless of its host, port and scheme.

    Reflex writes a URL into the scripts when it builds them. For hosts like `localhost`, it
    changes the URL in the browser, and would omit the port if the scheme is https. Raises `NotPatched`.
    """
    endpoints = _replace(client, _BACKEND, _address)
    hosts = _replace(client, re.compile(re.escape(_SAME_HOSTS)), lambda _match: "[]")
    if (endpoints, hosts) != (len(build.constants.Endpoint), 1):
        raise NotPatched(f"found {endpoints} addresses and {hosts} lists of hosts")


def _address(match: re.Match[str]) -> str:
    scheme = ".replace(`http`,`ws`)" if match["scheme"] == "ws" else ""
    return f"`${{location.protocol{scheme}}}//${{location.host}}{match['path']}`"


def _replace(client: Path, pattern: re.Pattern[str], by: Any) -> int:
    total = 0
    for script in client.glob("assets/*.js"):
        text, count = pattern.subn(by, script.read_text())
        if count:
            script.write_text(text)
            total += count
    return total


def _bundle(scripts: Path) -> None:
    """Bundle our own modules into `main.js`, so that the browser needs one request instead of many."""
    bundler = WEB / NODE_MODULES / "rolldown/bin/cli.mjs"
    made = scripts / "bundled.js"
    command = ("node", str(bundler), str(scripts / "main.js"), "--format", "esm", "--minify")
    subprocess.run((*command, "--file", str(made)), check=True)  # noqa: S603 -- the command is ours
    for module in scripts.glob("*.js"):
        if module != made:
            module.unlink()
    made.rename(scripts / "main.js")


def _compress(client: Path) -> None:
    command = ("node", str(WEB / "compress-static.js"), str(client), "gzip", "brotli")
    subprocess.run(command, check=True)  # noqa: S603 -- the command is ours


if __name__ == "__main__":
    environment.REFLEX_ENV_MODE.set(build.constants.Env.PROD)
    main(sys.argv[1:])
