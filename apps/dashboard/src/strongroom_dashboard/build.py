"""Builds the pages, once for each version of their sources.

A release contains its pages in `built/`. In a checkout, a separate process (`python -m
strongroom_dashboard.build`) builds them with Node.js and npm, into the cache folder and never into the
checkout. A second build waits for the first. npm packages run code during a build, so they get only the
environment variables that npm needs.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_core.kernel.errors import StrongroomError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

PACKAGE = Path(__file__).parent
BUILT = PACKAGE / "built"
DOCS = PACKAGE.parents[3] / "docs"
LOCK = PACKAGE.parents[1] / "reflex.lock"
LOCK_FILES = ("package.json", "package-lock.json")

STEP = "STEP "
STEPS = ("getting the packages", "compiling the pages", "bundling them", "finishing")
"""The steps that the compiling process reports, one line each."""

NODE_MODULES = "node_modules"
WHOLE = "packages-are-whole"
"""A file next to `node_modules` that shows that npm has finished installing."""

KEPT = 3
"""How many builds the cache keeps."""

SYSTEM_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
"""The places where systems keep their trusted certificates."""

SERVING = frozenset(
    {
        "build",
        "content_policy",
        "event_session",
        "ensure_pages",
        "live",
        "manual",
        "runtime",
        "sockets",
        "static_pages",
        "websocket_guard",
    }
)
"""Modules that pages don't depend on. Changing them doesn't require a rebuild."""

_PASSED = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "XDG_CACHE_HOME")
_PASSED_TOO = ("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS")
_PASSED_PREFIXES = ("npm_config_", "http_proxy", "https_proxy", "no_proxy", "all_proxy")
_DECORATION = re.compile(r"\x1b\[[0-9;]*m")
_COMPLAINT = re.compile(r"\b(?:errors?|ERR)\b", re.IGNORECASE)


class BuildFailed(StrongroomError):
    """The pages couldn't be built. The message tells the reader what to do."""

    code = "dashboard_build"


@dataclass(frozen=True, slots=True)
class Pages:
    """A folder with finished pages."""

    folder: Path

    @property
    def client(self) -> Path:
        """The files for browsers."""
        return self.folder / "client"

    @property
    def compiled(self) -> Path:
        """The compilation files that Reflex expects, so that it doesn't compile again."""
        return self.folder / "compiled"

    @property
    def routes(self) -> Path:
        """The pages' routes, as JSON."""
        return self.folder / "routes.json"

    @property
    def are_there(self) -> bool:
        """Whether the build is complete."""
        return self.routes.is_file()


def finished_pages(cache: Path) -> Pages | None:
    """Return the pages if they have already been built."""
    brought = Pages(BUILT)
    if brought.are_there:
        return brought
    cached = Pages(_place(cache))
    return cached if cached.are_there else None


def manual_folder() -> Path:
    """Return the folder with the documentation: the package's in a release, the checkout's otherwise."""
    packed = BUILT / "manual"
    return packed if packed.is_dir() else DOCS


def clean_environment() -> dict[str, str]:
    """Return the environment variables that a build may see: no database URL, settings or keys."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in (*_PASSED, *_PASSED_TOO) or name.lower().startswith(_PASSED_PREFIXES)
    }


def build_pages(cache: Path, report: Callable[[str], None]) -> None:
    """Build the pages if necessary. `report` is called with each step. Raises `BuildFailed`."""
    if not LOCK.is_dir():
        raise BuildFailed("this installation doesn't contain the dashboard's pages: reinstall it")
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(cache, report):
            if finished_pages(cache) is None:
                _build(cache, Pages(_place(cache)), report)
    except OSError as error:
        raise BuildFailed(
            f"the pages of the dashboard cannot be built in {cache}: {error.strerror or error};"
            " make it writable, or set XDG_CACHE_HOME to a folder that is"
        ) from None


def write_lock(cache: Path, report: Callable[[str], None]) -> None:
    """Update the lock file to the newest packages that Reflex and our pages allow."""
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(cache, report), _workplace(cache) as work:
        _compile(work, cache, report, "lock")
        for name in LOCK_FILES:
            shutil.copy(work / LOCK.name / name, LOCK / name)


def _build(cache: Path, pages: Pages, report: Callable[[str], None]) -> None:
    with _workplace(cache) as work:
        with _kept_packages(cache / f"packages-{_hash_of(LOCK)}", work):
            _compile(work, cache, report)
        made = Path(tempfile.mkdtemp(prefix="new-", dir=cache))
        (work / ".web/build/client").rename(made / "client")
        (made / "compiled").mkdir()
        (work / ".web/backend").rename(made / "compiled/backend")
        shutil.copy(work / ".web/routes.json", made / "routes.json")
        if pages.folder.exists():
            shutil.rmtree(pages.folder)
        made.rename(pages.folder)
    others = [each for each in cache.glob("pages-*") if each != pages.folder]
    others.sort(key=lambda each: each.stat().st_mtime, reverse=True)
    for old in others[KEPT - 1 :]:
        shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def _alone(cache: Path, report: Callable[[str], None]) -> Generator[None]:
    """Hold the build lock. The system releases it when the process ends, even if it is killed."""
    with (cache / "build.lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("building the dashboard: waiting for another process to finish it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _workplace(cache: Path) -> Generator[Path]:
    """Create a working folder and remove it afterwards, along with any left behind by killed builds."""
    for left in (*cache.glob("work-*"), *cache.glob("new-*")):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="work-", dir=cache, ignore_cleanup_errors=True) as work:
        folder = Path(work)
        (folder / "rxconfig.py").write_text(
            "from strongroom_dashboard.config import config as config\n"
        )
        ignored = shutil.ignore_patterns("external")
        shutil.copytree(PACKAGE / "assets", folder / "assets", ignore=ignored)
        shutil.copytree(LOCK, folder / LOCK.name)
        yield folder


@contextlib.contextmanager
def _kept_packages(kept: Path, work: Path) -> Generator[None]:
    """Reuse the packages from an earlier build with the same lock, and keep them for the next one."""
    if kept.is_dir():
        kept.rename(work / NODE_MODULES)
        (work / WHOLE).touch()
    try:
        yield
    finally:
        found = [place for place in (work, work / ".web") if (place / NODE_MODULES).is_dir()]
        if found and (work / WHOLE).exists():
            for old in kept.parent.glob("packages-*"):
                shutil.rmtree(old, ignore_errors=True)
            (found[0] / NODE_MODULES).rename(kept)


def _compile(work: Path, cache: Path, report: Callable[[str], None], *arguments: str) -> None:
    """Run `compile_pages` and report its steps. Its other output goes to a log."""
    log = cache / "build.log"
    command = [sys.executable, "-m", "strongroom_dashboard.compile_pages", *arguments]
    step, said = "", list[str]()
    with (
        log.open("wb") as file,
        subprocess.Popen(  # noqa: S603 -- the command is ours
            command,
            cwd=work,
            env=npm_environment(work, cache),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        for raw in process.stdout or ():
            line = _DECORATION.sub("", raw.decode(errors="replace")).strip()
            if line.startswith(STEP) and line.removeprefix(STEP) in STEPS:
                step = line.removeprefix(STEP)
                number = STEPS.index(step) + 1
                report(f"building the dashboard: {number} of {len(STEPS)}, {step}")
                said.clear()
            elif line:
                file.write(raw)
                said.append(line)
    if process.returncode != 0:
        remedy = (
            "check that npm can reach its registry (`npm ping`), then start again"
            if step == STEPS[0]
            else f"see {log}"
        )
        raise BuildFailed(
            f"building the dashboard failed while {step or 'starting'}: {_reason(said)}; {remedy}"
        )


def _reason(said: list[str]) -> str:
    """Return the reason why a build failed: our own error, or the first lines that look like an error."""
    if any(line.startswith("Traceback") for line in said):
        return said[-1]
    complaints = (at for at, line in enumerate(said) if _COMPLAINT.search(line))
    first = next(complaints, max(0, len(said) - 2))
    return " / ".join(said[first : first + 2]) or "no reason was given"


def npm_environment(work: Path, cache: Path) -> dict[str, str]:
    """Return the environment for the compiling process. Raises `BuildFailed` if Node.js is missing."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    npm, node = shutil.which("npm", path=path), shutil.which("node", path=path)
    if npm is None or node is None:
        raise BuildFailed(
            "the pages of the dashboard aren't built yet, and there is no Node.js to build them"
            " with: run `just setup`, or install Node.js 22.22 or newer with npm"
        )
    environment = {
        **clean_environment(),
        "PATH": path,
        "npm_config_cache": str(cache.parent / "npm"),
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_ignore_scripts": "true",
        "npm_config_omit_lockfile_registry_resolved": "true",
        "npm_config_update_notifier": "false",
        "npm_config_fetch_retries": "3",
        "REFLEX_USE_NPM": "1",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_DIR": str(work / ".reflex"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    # Node has its own CA certificates, but a company proxy's may be only among the system's.
    bundle = next((path for path in SYSTEM_CERTIFICATES if Path(path).is_file()), None)
    if bundle is not None:
        environment.setdefault("NODE_EXTRA_CA_CERTS", bundle)
    # Otherwise Reflex would try two registries to see which responds first.
    environment["NPM_CONFIG_REGISTRY"] = _registry(npm, environment)
    return environment


def _registry(npm: str, environment: dict[str, str]) -> str:
    asked = subprocess.run(  # noqa: S603 -- the command is ours
        [npm, "config", "get", "registry"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    address = asked.stdout.strip()
    if asked.returncode != 0 or not address.startswith(("https://", "http://")):
        raise BuildFailed(f"{npm} doesn't work: run `npm config get registry` to see why")
    return address


def _place(cache: Path) -> Path:
    return cache / f"pages-{_hash_of(PACKAGE, LOCK)}"


def _hash_of(*folders: Path) -> str:
    """Return a hash of everything that determines the pages: our files, versions, the lock."""
    versions = f"{version('strongroom-dashboard')} {version('reflex')} {sys.version_info[:2]}"
    made_of = hashlib.sha256(versions.encode())
    for folder in folders:
        for path in _sources(folder):
            content = path.read_bytes()
            made_of.update(f"\0{path.relative_to(folder)}\0{len(content)}\0".encode())
            made_of.update(content)
    return made_of.hexdigest()[:32]


def _sources(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if parts[0] == BUILT.name or "__pycache__" in parts or parts[:2] == ("assets", "external"):
            continue
        if path.is_file() and not (len(parts) == 1 and path.stem in SERVING):
            yield path


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _main() -> None:
    words = argparse.ArgumentParser(prog="strongroom_dashboard.build")
    words.add_argument(
        "what",
        nargs="?",
        choices=["pages", "lock", "release"],
        default="pages",
        help="build the pages; update the lock; put finished pages into the package",
    )
    words.add_argument("--cache", type=Path, help="the folder in which to build")
    given = words.parse_args()
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = given.cache or usual / "strongroom" / "dashboard"
    try:
        if given.what == "lock":
            write_lock(cache, _say)
            return
        if given.what == "release":
            shutil.rmtree(BUILT, ignore_errors=True)
        build_pages(cache, _say)
        if given.what == "release":
            shutil.copytree(_place(cache), BUILT)
            shutil.copytree(DOCS, BUILT / "manual")
    except BuildFailed as failed:
        sys.exit(failed.message)


if __name__ == "__main__":
    _main()
