"""The embedded PostgreSQL: one cluster for an installation on one machine, supervised by this process.

`postgres` is a direct child of this process and ends with it. It listens on a socket in a private folder,
requires SCRAM even there, and gets a new superuser password on every start, which is never written to disk.
If it exits unexpectedly, it is restarted.
"""

import asyncio
import atexit
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlencode

from strongroom_core.crypto.random import random_bytes
from strongroom_core.crypto.scram import scram_verifier
from strongroom_server.embedded import folder
from strongroom_server.embedded.folder import DataLock
from strongroom_server.embedded.programs import (
    PORT,
    QUIET,
    ClusterSettings,
    EmbeddedPostgresError,
    Programs,
    as_arguments,
    environment,
    find_programs,
)

SUPERUSER = "strongroom_super"

Report = Callable[[str], None]

_POLL_SECONDS = 0.01
_PROGRESS_SECONDS = 5.0
_LOOK_SECONDS = 1.0
_FIRST_DELAY_SECONDS = 0.05
_LONGEST_DELAY_SECONDS = 30.0
_STEADY_SECONDS = 60.0

# A server whose parent was killed shuts down cleanly, so give it time to do so. Backends left by a
# killed postmaster must be killed: one in a long computation wouldn't notice.
_ORPHAN_SECONDS = 60.0
_BACKEND_SECONDS = 0.5

_STOP_STEPS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))


class EmbeddedPostgres:
    """A running embedded PostgreSQL, which `start` creates and `stop` ends.

    `host` is the socket folder, and `port` is part of the socket's name. `restarts` counts unexpected exits;
    the socket folder and passwords stay the same when PostgreSQL is restarted.
    """

    def __init__(
        self,
        data: Path,
        programs: Programs,
        settings: ClusterSettings,
        log_path: Path,
        report: Report,
    ) -> None:
        """Create a supervisor that hasn't started anything. Use `start` instead."""
        # A cluster's processes are recognized by their working folder, which has no symlinks.
        self.data = data.resolve()
        self.host = Path()
        self.port = PORT
        self.superuser = SUPERUSER
        self.superuser_password = random_bytes(32).hex()
        self.restarts = 0
        self.log_path = log_path
        self.programs = programs
        self._settings = settings
        self._report = report
        self._owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._launching = threading.Lock()
        self._started: Future[None] = Future()
        # The kernel ties the death signal to the thread that starts a process, so that thread must live as
        # long as the server. One thread therefore does everything.
        self._thread = threading.Thread(target=self._run, name="embedded-postgres", daemon=True)

    @classmethod
    async def start(
        cls,
        data: Path,
        *,
        binaries: Path | None = None,
        shared_buffers: str = "128MB",
        max_connections: int = 100,
        fsync: bool = True,
        log_path: Path | None = None,
        report: Report | None = None,
    ) -> Self:
        """Start PostgreSQL on the folder `data`, and return when it accepts connections.

        A missing or empty `data` becomes a new cluster. Crash recovery has no time limit; `report` is called
        with progress lines from the supervisor's thread. The log is written to `log_path`, by default next to
        `data`. Raises EmbeddedPostgresError if another process uses the data, if the programs can't run, or
        if PostgreSQL gives up.
        """
        postgres = cls(
            data,
            await asyncio.to_thread(find_programs, binaries),
            ClusterSettings(shared_buffers, max_connections, fsync),
            log_path or data.with_name(f"{data.name}.log"),
            report or _say_nothing,
        )
        # A started future can't be canceled, so the thread can always set its result.
        postgres._started.set_running_or_notify_cancel()
        postgres._thread.start()
        atexit.register(postgres._stop_at_exit)
        try:
            await asyncio.wrap_future(postgres._started)
        except asyncio.CancelledError:
            await asyncio.shield(postgres.stop())
            raise
        return postgres

    def dsn(self, *, user: str, password: str, database: str) -> str:
        """Return the URL for a login role, for asyncpg and psycopg. It contains the password."""
        place = urlencode({"host": str(self.host), "port": self.port})
        return (
            f"postgresql://{quote(user, '')}:{quote(password, '')}@/{quote(database, '')}?{place}"
        )

    async def stop(self) -> None:
        """Stop PostgreSQL (with a fast shutdown first) and release its folders. Idempotent."""
        await asyncio.to_thread(self._stop)

    @property
    def pid(self) -> int | None:
        """The postmaster's process ID, or None if there is none."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    @property
    def alive(self) -> bool:
        """Whether a postmaster is running; False for a moment after an unexpected exit."""
        return self.pid is not None

    def _stop_at_exit(self) -> None:
        """Stop a database that is still running, so that it shuts down cleanly and leaves no folder.

        A fork of this process inherits the exit handler, and must not stop its parent's database.
        """
        if os.getpid() == self._owner:
            self._stop()

    def _stop(self) -> None:
        atexit.unregister(self._stop_at_exit)
        with self._launching:
            self._stopping.set()
        for last_word, patience in _STOP_STEPS:
            process = self._process
            if process is not None:
                with suppress(ProcessLookupError):
                    process.send_signal(last_word)
            self._thread.join(patience)
            if not self._thread.is_alive():
                return
        raise EmbeddedPostgresError(
            f"PostgreSQL on {self.data} is still running, even after it was killed"
        )

    def _run(self) -> None:
        try:
            with ExitStack() as folders:
                lock = DataLock(self.data)
                folders.callback(lock.release)
                self.host = folder.make_socket_folder()
                folders.callback(folder.remove_socket_folder, self.host)
                lock.remember(self.host)
                self._first_launch()
                self._started.set_result(None)
                self._keep_alive()
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    def _first_launch(self) -> None:
        if folder.is_cluster(self.data):
            folder.check_cluster(self.data, self.programs.major)
            folder.clear_leftovers(self.data, grace=_ORPHAN_SECONDS)
            self._set_password()
        else:
            self._make_cluster()
        self._launch()

    def _make_cluster(self) -> None:
        """Run initdb in a sibling folder and rename it, so that a killed initdb leaves no partial cluster."""
        self._report("creating a new database")
        place = folder.make_sibling(self.data, "new")
        try:
            new = place / "data"
            self._step(
                "initdb",
                f"--pgdata={new}",
                f"--username={SUPERUSER}",
                "--auth=scram-sha-256",
                "--pwfile=/dev/stdin",
                "--data-checksums",
                "--locale=C.UTF-8",
                "--encoding=UTF8",
                *([] if self._settings.fsync else ["--no-sync"]),
                line=self.superuser_password,
            )
            new.rename(self.data)
            folder.sync_folder(self.data.parent)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _set_password(self) -> None:
        """Set a new superuser password in single-user mode, which needs no login and no socket.

        This also recovers the cluster after a crash. The program's exit status doesn't show errors.
        """
        settings = as_arguments({**QUIET, "log_min_messages": "error"})
        verifier = scram_verifier(self.superuser_password)
        statement = f"alter role {SUPERUSER} with login password '{verifier}'"
        output = self._step(
            "postgres", "--single", "-D", str(self.data), *settings, "postgres", line=statement
        )
        if "ERROR:" in output:
            raise self._failure("PostgreSQL didn't accept a new superuser password", output)

    def _step(self, program: str, *arguments: str, line: str) -> str:
        """Run a program to completion with `line` as its standard input, and return its log."""
        begin = self._log_size()
        process = self._spawn(program, *arguments, on_parent_death="TERM", stdin=subprocess.PIPE)
        if process.stdin is not None:
            with suppress(BrokenPipeError), process.stdin as stdin:
                stdin.write(f"{line}\n".encode())
        status = self._wait(process, lambda: process.poll() is not None)
        output = self._logged_since(begin)
        if status != 0:
            raise self._failure(f"{program} exited with status {status}", output)
        return output

    def _launch(self) -> None:
        """Start the server and wait until it accepts connections."""
        self.host.mkdir(mode=0o700, exist_ok=True)
        folder.clear_socket_folder(self.host)
        begin = self._log_size()
        process = self._spawn(
            "postgres",
            "-D",
            str(self.data),
            *self._settings.arguments(self.host),
            on_parent_death="INT",
            stdin=subprocess.DEVNULL,
        )
        status = self._wait(process, lambda: self._is_ready(process.pid))
        if status is not None:
            raise self._failure(
                f"PostgreSQL exited with status {status} during startup", self._logged_since(begin)
            )

    def _spawn(
        self, program: str, *arguments: str, on_parent_death: str, stdin: int
    ) -> subprocess.Popen[bytes]:
        """Start a program in a new session, so that Ctrl-C in a terminal reaches only this process."""
        log = folder.open_log(self.log_path)
        try:
            with self._launching:
                if self._stopping.is_set():
                    raise EmbeddedPostgresError("PostgreSQL was stopped during startup")
                self._process = subprocess.Popen(  # noqa: S603 - the command is ours
                    self.programs.command(program, *arguments, on_parent_death=on_parent_death),
                    stdin=stdin,
                    stdout=log,
                    stderr=log,
                    env=environment(),
                    start_new_session=True,
                )
                return self._process
        finally:
            os.close(log)

    def _is_ready(self, process: int) -> bool:
        return self._state(process) == "ready"

    def _state(self, process: int) -> str | None:
        """Return line 8 of the postmaster's pid file, which `pg_ctl -w` also reads."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        told = [line.strip() for line in (*lines[:1], *lines[7:8])]
        return told[1] if len(told) > 1 and told[0] == str(process) else None

    def _wait(self, process: subprocess.Popen[bytes], done: Callable[[], bool]) -> int | None:
        """Wait for `done` or for `process` to exit, without a limit: recovery can take a long time."""
        waited = 0.0
        while not done():
            with suppress(subprocess.TimeoutExpired):
                return process.wait(_POLL_SECONDS)
            waited += _POLL_SECONDS
            if waited >= _PROGRESS_SECONDS:
                waited = 0.0
                self._report("still waiting for PostgreSQL, which may be recovering from a crash")
        return process.poll()

    def _keep_alive(self) -> None:
        """Restart the server after unexpected exits, and return once `stop` has been called."""
        delay = _FIRST_DELAY_SECONDS
        while self._process is not None:
            began = time.monotonic()
            status = self._wait_for_exit(self._process)
            if time.monotonic() - began > _STEADY_SECONDS:
                delay = _FIRST_DELAY_SECONDS
            if self._stopping.wait(delay):
                return
            delay = min(2 * delay, _LONGEST_DELAY_SECONDS)
            self.restarts += 1
            self._report(f"PostgreSQL exited unexpectedly with status {status}; restarting it")
            try:
                folder.clear_leftovers(self.data, grace=_BACKEND_SECONDS)
                self._launch()
            except (EmbeddedPostgresError, OSError) as error:
                self._report(str(error))

    def _wait_for_exit(self, process: subprocess.Popen[bytes]) -> int:
        """Return the exit status. End a shutdown that waits for our own connections, which would never close.

        `kill` without options asks for such a "smart" shutdown, during which PostgreSQL rejects connections.
        """
        while True:
            with suppress(subprocess.TimeoutExpired):
                return process.wait(_LOOK_SECONDS)
            if self._state(process.pid) == "stopping" and not self._stopping.is_set():
                self._report("PostgreSQL was asked to stop; closing its connections")
                process.send_signal(signal.SIGINT)

    def _log_size(self) -> int:
        return self.log_path.stat().st_size if self.log_path.exists() else 0

    def _logged_since(self, begin: int) -> str:
        with self.log_path.open("rb") as log:
            log.seek(begin)
            return log.read().decode(errors="replace")

    def _failure(self, what: str, output: str) -> EmbeddedPostgresError:
        told = [
            line
            for line in output.splitlines()
            if any(word in line for word in ("FATAL:", "PANIC:", "ERROR:", "error:"))
        ]
        reason = f" ({told[-1].strip()})" if told else ""
        return EmbeddedPostgresError(f"{what}{reason}; see {self.log_path}")


def _say_nothing(_line: str) -> None:
    pass
