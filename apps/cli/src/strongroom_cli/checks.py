"""The checks of `strongroom doctor`, in order. Each finding has a status and, for a problem, a hint."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, TypeVar

from strongroom_cli.connection import connected, load_identity, offline_cache
from strongroom_cli.failures import Failure, failure_of
from strongroom_cli.phrases import age_of, counted, unix_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from strongroom import Identity, Strongroom
    from strongroom_cli.choices import Choices
    from strongroom_cli.settings import Settings

T = TypeVar("T")

SKEW_SECONDS, WORRYING_SKEW = 300, 60
"""The clock skew, in seconds, that servers accept in either direction, and the skew that causes a warning."""

OK, PROBLEM, SKIPPED = "ok", "problem", "skipped"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `hint` is empty unless there is a problem."""

    check: str
    state: str
    detail: str
    hint: str = ""


class Examination:
    """All checks. If one fails, those that depend on it are skipped."""

    def __init__(self, choices: Choices, settings: Settings) -> None:
        self._choices = choices
        self._settings = settings
        self.findings: list[Finding] = []

    @property
    def healthy(self) -> bool:
        """Whether no check found a problem."""
        return all(finding.state != PROBLEM for finding in self.findings)

    def run(self) -> None:
        """Run all checks."""
        identity = self._check("identity", self._identity)
        if identity is None:
            self._skip("permissions", "server", "clock", "signature", "machine", "project", "cache")
            return
        self._permissions(identity)
        served = self._check("server", lambda: self._server(identity))
        if served is None:
            self._skip("clock", "signature", "machine", "project")
        else:
            if "serverTime" in served:
                self._check("clock", lambda: self._clock(served))
            with connected(self._choices, self._settings, cached=False) as client:
                self._signed(client)
                self._project(client)
        self._cache()

    def _identity(self) -> tuple[Identity, str]:
        identity = load_identity(self._choices, self._settings)
        return identity, f"{identity.machine_name} ({identity.machine_id}) of {identity.vault_id}"

    def _server(self, identity: Identity) -> tuple[dict[str, Any], str]:
        from strongroom import server_status  # noqa: PLC0415 -- already loaded

        said = server_status(identity.api_url)
        status = str(said["status"])
        if status == "sealed":
            raise Failure(
                f"{identity.api_url} is sealed", "an administrator can unseal it with the root key"
            )
        if status != "ok":
            raise Failure(f"{identity.api_url} is {status}", "see the server's log")
        return said, f"{identity.api_url} serves requests"

    def _clock(self, said: dict[str, Any]) -> tuple[int, str]:
        ahead = int(unix_seconds()) - int(said["serverTime"])
        if abs(ahead) <= 1:
            return ahead, "in sync with the server"
        told = f"{abs(ahead)} s {'ahead of' if ahead > 0 else 'behind'} the server's"
        if abs(ahead) > WORRYING_SKEW:
            raise Failure(
                f"this machine's clock is {told}",
                f"sync the clock (NTP); requests more than {SKEW_SECONDS} s off are rejected",
            )
        return ahead, told

    def _signed(self, client: Strongroom) -> None:
        """Check the signature and the machine with one signed request."""
        from strongroom import (  # noqa: PLC0415 -- already loaded
            AccessDenied,
            MachineExpired,
            StrongroomError,
        )

        failed: StrongroomError | None = None
        count = 0
        try:
            count = len(client.list_projects())
        except StrongroomError as error:
            failed = error
        match failed:
            case MachineExpired() | AccessDenied():
                self._passed("signature", "accepted")
                self._fail("machine", failure_of(failed))
            case None:
                self._passed("signature", "accepted")
                self._passed("machine", f"approved; secrets in {counted(count, 'project')}")
            case _:
                self._fail("signature", failure_of(failed))
                self._skip("machine")

    def _project(self, client: Strongroom) -> None:
        project = self._settings.project
        if self.findings[-1].state != OK:
            self._skip("project")
        elif not project:
            self._passed("project", "none selected; select one with `strongroom connect`")
        else:
            self._check("project", lambda: self._access(client))

    def _access(self, client: Strongroom) -> tuple[str, str]:
        from strongroom_cli.addresses import resolve_project  # noqa: PLC0415 -- rarely needed

        chosen = resolve_project(client, self._settings.project)
        access = client.verify_access(chosen.id)
        if not access.valid:
            raise Failure(
                f"no access to {chosen.label}: {access.error}",
                "ask for this machine to be attached, or select another project with `strongroom connect`",
            )
        name = chosen.address or access.project_name or chosen.id
        if access.frozen:
            raise Failure(f"{name} is frozen; all reads are blocked", "its owner can unfreeze it")
        return chosen.id, f"{name} ({self._settings.project.source})"

    def _cache(self) -> None:
        if not self._settings.offline_cache:
            self._passed("cache", "the offline cache is off")
            return
        self._check("cache", self._cached)

    def _cached(self) -> tuple[str, str]:
        cache = offline_cache(self._choices, self._settings)
        with connected(self._choices, self._settings) as client:
            kept, state = client.cached_secrets(), client.cache_state()
        if state.closed is not None:
            raise Failure(state.closed, "it will be used again after the next successful request")
        if state.unreadable:
            damaged = counted(state.unreadable, "entry", "entries")
            raise Failure(
                f"the offline cache has {damaged} that can't be decrypted",
                "run `strongroom cache clear`, then `strongroom cache fill`",
            )
        if cache is None or not kept:
            raise Failure("the offline cache is empty", "fill it with `strongroom cache fill`")
        oldest = age_of(min(each.cached_at for each in kept))
        return oldest, f"{counted(len(kept), 'secret')}; oldest read {oldest} ago"

    def _permissions(self, identity: Identity) -> None:
        """Check for file modes that the library itself doesn't reject."""
        paths = [identity.path, identity.key_file]
        files = [path for path in paths if path is not None]
        folders = list(dict.fromkeys(path.parent for path in files))
        loose: dict[Path, str] = {}
        for path in (*folders, *files):
            mode = path.stat().st_mode
            if mode & _OTHERS and not _is_mounted(path):
                loose[path] = f"{stat.S_IMODE(mode):04o}"
        if not loose:
            self._passed("permissions", "identity and key are readable by their owner only")
            return
        told = ", ".join(f"{path} has mode {mode}" for path, mode in loose.items())
        hint = "run " + " && ".join(
            f"chmod {'700' if path in folders else '600'} {quote(str(path))}" for path in loose
        )
        self.findings.append(Finding("permissions", PROBLEM, told, hint))

    def _check(self, name: str, look: Callable[[], tuple[T, str]]) -> T | None:
        from strongroom import StrongroomError  # noqa: PLC0415 -- already loaded

        try:
            found, detail = look()
        except Failure as failure:
            self._fail(name, failure)
            return None
        except StrongroomError as error:
            self._fail(name, failure_of(error))
            return None
        self._passed(name, detail)
        return found

    def _passed(self, name: str, detail: str) -> None:
        self.findings.append(Finding(name, OK, detail))

    def _fail(self, name: str, failure: Failure) -> None:
        self.findings.append(Finding(name, PROBLEM, failure.message, failure.hint))

    def _skip(self, *names: str) -> None:
        self.findings += [
            Finding(name, SKIPPED, "depends on a failed check above") for name in names
        ]


def _is_mounted(path: Path) -> bool:
    """Whether the file is mounted by a container platform, so that its mode can't be changed."""
    return path.stat().st_uid != os.geteuid()
