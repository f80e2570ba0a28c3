"""The embedded PostgreSQL starts, survives crashes and stops as documented."""

import asyncio
import importlib.metadata
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
import psycopg
import pytest

from strongroom_core.crypto.random import random_bytes
from strongroom_server.embedded.folder import SOCKET_PATH_BYTES, make_socket_folder, socket_path
from strongroom_server.embedded.postgres import EmbeddedPostgres
from strongroom_server.embedded.programs import PACKAGE, EmbeddedPostgresError

_NAMED = os.environ.get("STRONGROOM_PG_BIN")
BINARIES = Path(_NAMED) if _NAMED else None
"""PostgreSQL's programs for the tests; if unset, those installed with Strongroom."""

GENEROUS_SECONDS = 60.0

PARENT = """
import asyncio, sys
from pathlib import Path
from strongroom_server.embedded.postgres import EmbeddedPostgres

async def main():
    binaries = Path(sys.argv[2]) if sys.argv[2] else None
    postgres = await EmbeddedPostgres.start(Path(sys.argv[1]), binaries=binaries)
    print(postgres.pid, postgres.host, flush=True)
    await asyncio.sleep(float(sys.argv[3]))

asyncio.run(main())
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "postgres"


@asynccontextmanager
async def running(
    data: Path, report: Callable[[str], None] | None = None
) -> AsyncGenerator[EmbeddedPostgres]:
    postgres = await EmbeddedPostgres.start(data, binaries=BINARIES, fsync=False, report=report)
    try:
        yield postgres
    finally:
        await postgres.stop()


def superuser_dsn(postgres: EmbeddedPostgres) -> str:
    return postgres.dsn(
        user=postgres.superuser, password=postgres.superuser_password, database="postgres"
    )


def ask(postgres: EmbeddedPostgres, statement: str) -> object:
    with psycopg.connect(superuser_dsn(postgres), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


async def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GENEROUS_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail("timed out")
        await asyncio.sleep(0.02)


def answers(postgres: EmbeddedPostgres) -> bool:
    try:
        return ask(postgres, "select 1") == 1
    except psycopg.OperationalError:
        return False


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def files_with(folder: Path, marker: str) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and marker.encode() in path.read_bytes()
    ]


def start_parent(data: Path, seconds: int = 3600) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PARENT, data, _NAMED or "", str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
    )


async def test_data_survives_a_restart(data: Path) -> None:
    """A first start creates a cluster with checksums, in UTF-8, and a second one finds its rows."""
    async with running(data) as postgres:
        ask(postgres, "create table kept as select 'kept' as word")
        made = [ask(postgres, f"show {name}") for name in ("data_checksums", "server_encoding")]
        first_password = postgres.superuser_password
        first_host = postgres.host
    async with running(data) as postgres:
        word = ask(postgres, "select word from kept")

        assert made == ["on", "UTF8"]
        assert word == "kept"
        assert postgres.restarts == 0
        assert postgres.alive
        assert first_password != postgres.superuser_password

    assert not first_host.exists()
    assert not postgres.host.exists()
    assert not postgres.alive


async def test_the_dsn_is_understood_by_asyncpg(data: Path) -> None:
    """The URL can contain a user, password and database with any characters, for asyncpg too."""
    async with running(data) as postgres:
        ask(postgres, "create role \"o'k/@:\" login password 'p/@:?&# %'")
        ask(postgres, 'create database "d/?b"')
        dsn = postgres.dsn(user="o'k/@:", password="p/@:?&# %", database="d/?b")
        connection = await asyncpg.connect(dsn)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        by_asyncpg: object = await connection.fetchval("select current_database()")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        await connection.close()  # pyright: ignore[reportUnknownMemberType]
        with psycopg.connect(dsn) as other:
            by_psycopg = other.info.dbname

    assert by_asyncpg == "d/?b"
    assert by_psycopg == "d/?b"


async def test_a_second_start_on_the_same_data_fails(data: Path) -> None:
    """The error says which process is using the data and what to do, and that process isn't affected."""
    async with running(data) as postgres:
        with pytest.raises(EmbeddedPostgresError) as refusal:
            await EmbeddedPostgres.start(data, binaries=BINARIES)

        assert f"process {os.getpid()}" in refusal.value.message
        assert "DATABASE_URL" in refusal.value.message
        assert ask(postgres, "select 1") == 1


async def test_the_socket_requires_the_password(data: Path) -> None:
    """The socket requires SCRAM of every user, including the superuser and the local user."""
    async with running(data) as postgres:
        wrong = postgres.dsn(user=postgres.superuser, password="wrong", database="postgres")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
        methods = ask(postgres, "select array_agg(distinct auth_method) from pg_hba_file_rules")
        hash_kind = ask(postgres, "select left(rolpassword, 14) from pg_authid where rolcanlogin")

        assert methods == ["scram-sha-256"]
        assert hash_kind == "SCRAM-SHA-256$"


async def test_only_the_owner_can_access_the_socket(data: Path) -> None:
    """The socket and its folder are accessible to their owner only, and nothing listens on the network."""
    async with running(data) as postgres:
        modes = [
            stat.S_IMODE(path.stat().st_mode)
            for path in (postgres.host, socket_path(postgres.host))
        ]
        addresses = ask(postgres, "show listen_addresses")

        assert modes == [0o700, 0o700]
        assert addresses == ""
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert stat.S_IMODE(postgres.log_path.stat().st_mode) == 0o600


async def test_the_superuser_password_is_nowhere_to_be_read(data: Path, tmp_path: Path) -> None:
    """The password is in no file, command line or environment, nor in the repr."""
    passwords: list[str] = []
    for _ in range(2):
        async with running(data) as postgres:
            process = Path(f"/proc/{postgres.pid}")
            seen = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            passwords.append(postgres.superuser_password)

            assert str(postgres.host).encode() in seen
            assert postgres.superuser_password.encode() not in seen
            assert postgres.superuser_password not in repr(postgres)
            assert files_with(tmp_path, postgres.superuser_password) == []
    left = [path for password in passwords for path in files_with(tmp_path, password)]

    assert left == []
    assert files_with(tmp_path, "ready to accept connections") != []


async def test_no_value_of_a_statement_is_logged(data: Path) -> None:
    """Errors, their details, parameters and a crash during a statement log no value."""
    marker = f"marker{random_bytes(12).hex()}"
    async with running(data) as postgres:
        ask(postgres, "create table words (word text primary key)")
        ask(postgres, f"insert into words values ('{marker}')")
        with psycopg.connect(superuser_dsn(postgres), autocommit=True) as connection:
            for statement, parameters in (
                ("insert into words values (%s)", (marker,)),
                ("select %s::text::int", (marker,)),
                (f"select '{marker}' from nowhere", ()),
                (f"do $$ begin raise '{marker}'; end $$", ()),
            ):
                with pytest.raises(psycopg.Error, match=marker):
                    connection.execute(statement.encode(), parameters or None)
        connection = psycopg.connect(superuser_dsn(postgres), autocommit=True)
        busy = asyncio.create_task(
            asyncio.to_thread(connection.execute, f"select pg_sleep(60), '{marker}'".encode())
        )
        found = f"select pid from pg_stat_activity where query like '%pg_sleep(60), ''{marker}%'"
        found += " and pid <> pg_backend_pid()"
        await eventually(lambda: ask(postgres, found) is not None)
        backend = ask(postgres, found)
        assert isinstance(backend, int)
        os.kill(backend, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            await busy
        await eventually(lambda: answers(postgres))
        log = postgres.log_path.read_text()

        assert "was terminated by signal 9" in log
        assert marker not in log
        assert postgres.restarts == 0


async def test_a_killed_postmaster_is_restarted(data: Path) -> None:
    """After kill -9 the same address and password work again, with every committed row."""
    lines: list[str] = []
    async with running(data, lines.append) as postgres:
        ask(postgres, "create table kept as select 0 as round")
        dsn = superuser_dsn(postgres)
        for restarts in (1, 2, 3):
            killed = postgres.pid
            assert killed is not None
            os.kill(killed, signal.SIGKILL)
            await eventually(lambda expected=restarts: postgres.restarts == expected)
            await eventually(lambda: answers(postgres))
            kept = ask(postgres, f"update kept set round = {restarts} returning round")

            assert kept == restarts
            assert postgres.pid not in {None, killed}
            assert dsn == superuser_dsn(postgres)

    assert len([line for line in lines if "exited unexpectedly with status -9" in line]) == 3


async def test_a_smart_shutdown_is_completed_and_postgresql_restarted(data: Path) -> None:
    """H-2: after a plain `kill`, PostgreSQL would reject connections for as long as ours stay open."""
    lines: list[str] = []
    async with running(data, lines.append) as postgres:
        asked = postgres.pid
        assert asked is not None
        with psycopg.connect(superuser_dsn(postgres), autocommit=True) as held:
            os.kill(asked, signal.SIGTERM)
            await eventually(lambda: postgres.restarts == 1)
            with pytest.raises(psycopg.OperationalError):
                held.execute("select 1")
        await eventually(lambda: answers(postgres))

        assert postgres.pid not in {None, asked}

    assert "PostgreSQL was asked to stop; closing its connections" in lines


async def test_an_orphaned_backend_is_killed_before_the_restart(
    data: Path,
) -> None:
    """A backend in a long computation doesn't notice its postmaster's death, so we kill it."""
    async with running(data) as postgres:
        connection = psycopg.connect(superuser_dsn(postgres), autocommit=True)
        backend = connection.info.backend_pid
        endless = b"do $$ declare i bigint := 0; begin loop i := i + 1; end loop; end $$"
        busy = asyncio.create_task(asyncio.to_thread(connection.execute, endless))
        running_now = f"select 1 from pg_stat_activity where pid = {backend} and state = 'active'"
        await eventually(lambda: ask(postgres, running_now) == 1)
        killed = postgres.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        await eventually(lambda: not is_running(killed))
        outlived = is_running(backend)
        await eventually(lambda: answers(postgres))
        with pytest.raises(psycopg.OperationalError):
            await busy

        assert outlived
        assert not is_running(backend)
        assert postgres.restarts == 1


async def test_a_stale_pid_file_of_an_unrelated_process_does_not_matter(
    data: Path, tmp_path: Path
) -> None:
    """Process IDs are reused: one that now belongs to `sleep`, or to another cluster, blocks nothing."""
    pid_file = data / "postmaster.pid"
    async with running(data) as postgres:
        ask(postgres, "create table kept as select 'kept' as word")
        _, *rest = pid_file.read_text().splitlines()
    with subprocess.Popen(["sleep", "600"]) as sleep:
        async with running(tmp_path / "other") as other:
            for unrelated in (sleep.pid, other.pid):
                pid_file.write_text("\n".join([str(unrelated), *rest]))
                async with running(data) as postgres:
                    word = ask(postgres, "select word from kept")

                    assert word == "kept"

            assert ask(other, "select 1") == 1
            assert other.restarts == 0
        unharmed = sleep.poll() is None
        sleep.kill()

    assert unharmed


async def test_a_killed_parent_stops_postgresql(data: Path) -> None:
    """After kill -9 of the embedding process, PostgreSQL exits on its own, and recovers."""
    with start_parent(data) as parent:
        assert parent.stdout is not None
        line = await asyncio.to_thread(parent.stdout.readline)
        postmaster, host = line.split()
        ran = is_running(int(postmaster))
        parent.kill()
        began = time.monotonic()
        await eventually(lambda: not is_running(int(postmaster)))
        took = time.monotonic() - began

    assert ran
    assert took < 5
    assert Path(host).exists()

    async with running(data) as postgres:
        assert ask(postgres, "select 1") == 1
        assert not Path(host).exists(), "the socket folder of the killed server was removed"


async def test_a_parent_that_exits_stops_postgresql(data: Path) -> None:
    """A program that simply exits has stopped PostgreSQL cleanly and removed the socket folder."""
    with start_parent(data, seconds=0) as parent:
        assert parent.stdout is not None
        postmaster, host = (await asyncio.to_thread(parent.stdout.readline)).split()
        status = await asyncio.to_thread(parent.wait)
    log = data.with_name("postgres.log").read_text()

    assert status == 0
    assert not is_running(int(postmaster))
    assert not Path(host).exists()
    assert log.rstrip().endswith("database system is shut down")


async def test_a_start_right_after_the_parent_was_killed_waits_for_the_old_server(
    data: Path,
) -> None:
    """The old server may still be shutting down when the new process starts; they never overlap."""
    with start_parent(data) as parent:
        assert parent.stdout is not None
        postmaster = int((await asyncio.to_thread(parent.stdout.readline)).split()[0])
        os.kill(postmaster, signal.SIGSTOP)
        parent.kill()
        await asyncio.to_thread(parent.wait)
        starting = asyncio.create_task(EmbeddedPostgres.start(data, binaries=BINARIES))
        await asyncio.sleep(1)
        waited = not starting.done()
        os.kill(postmaster, signal.SIGCONT)
        postgres = await starting
        gone = not is_running(postmaster)
        await postgres.stop()

    assert waited
    assert gone


async def test_a_killed_first_start_leaves_no_partial_cluster(data: Path, tmp_path: Path) -> None:
    """The data folder appears completely or not at all, and the next start removes leftovers."""
    with start_parent(data) as parent:
        await eventually(lambda: list(tmp_path.glob(".postgres.new-*/data/base")) != [])
        parent.kill()
    half_made = data.exists()
    (tmp_path / ".postgres.new-left").mkdir(exist_ok=True)
    async with running(data) as postgres:
        assert not half_made
        assert ask(postgres, "select 1") == 1
    await eventually(lambda: list(tmp_path.glob(".postgres.new-*")) == [])


async def test_ctrl_c_in_the_terminal_does_not_reach_postgresql(data: Path) -> None:
    """PostgreSQL runs in a separate session, so Ctrl-C stops the server before its database."""
    async with running(data) as postgres:
        assert postgres.pid is not None
        assert os.getsid(postgres.pid) == postgres.pid


async def test_stopping_twice_is_harmless(data: Path) -> None:
    """A second stop has nothing to do, and the data folder is free for the next start."""
    async with running(data) as postgres:
        await postgres.stop()

        assert not postgres.alive
    async with running(data) as postgres:
        assert ask(postgres, "select 1") == 1


async def test_a_canceled_start(data: Path) -> None:
    """After a canceled start, neither a process nor a lock is left."""
    made: asyncio.Event = asyncio.Event()
    loop = asyncio.get_running_loop()
    starting = asyncio.create_task(
        EmbeddedPostgres.start(
            data, binaries=BINARIES, report=lambda _: loop.call_soon_threadsafe(made.set) and None
        )
    )
    await made.wait()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    async with running(data) as postgres:
        assert ask(postgres, "select 1") == 1


async def test_a_place_too_long_for_a_socket_is_passed_over(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket path has at most 107 bytes; a location with a longer path is skipped."""
    deep = tmp_path / ("d" * SOCKET_PATH_BYTES)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    async with running(data) as postgres:
        assert ask(postgres, "select 1") == 1
        assert deep not in postgres.host.parents
        assert list(deep.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root can always write to /run")
async def test_a_deep_temporary_folder_is_passed_over(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If runtime and temporary folders are too long, the system's own temporary folder is used."""
    deep = tmp_path / ("d" * SOCKET_PATH_BYTES)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    async with running(data) as postgres:
        assert ask(postgres, "select 1") == 1
        assert list(deep.iterdir()) == []


def test_no_place_for_a_socket_is_a_clear_error(tmp_path: Path) -> None:
    """If every location is too long or missing, the error names the variables to set."""
    deep = tmp_path / ("d" * SOCKET_PATH_BYTES)
    deep.mkdir()
    with pytest.raises(EmbeddedPostgresError, match="XDG_RUNTIME_DIR or TMPDIR"):
        make_socket_folder([tmp_path / "absent", deep])

    assert list(deep.iterdir()) == []


async def test_a_long_data_path_works(tmp_path: Path) -> None:
    """The socket is elsewhere, so the data folder can be arbitrarily deep."""
    data = tmp_path / ("d" * 120) / ("e" * 120) / "postgres"
    async with running(data) as postgres:
        assert ask(postgres, "select 1") == 1


async def test_a_folder_with_something_else_is_left_alone(data: Path) -> None:
    """A data folder that is neither empty nor a cluster is rejected and left unchanged."""
    data.mkdir()
    (data / "letters.txt").write_text("dear")
    with pytest.raises(EmbeddedPostgresError, match="neither empty nor a PostgreSQL data folder"):
        await EmbeddedPostgres.start(data, binaries=BINARIES)

    assert [path.name for path in data.iterdir()] == ["letters.txt"]


async def test_a_cluster_of_another_version_is_rejected(data: Path) -> None:
    """The error names both versions, before PostgreSQL sees the folder."""
    data.mkdir()
    (data / "PG_VERSION").write_text("13\n")
    with pytest.raises(EmbeddedPostgresError, match="was created by PostgreSQL 13, but this is"):
        await EmbeddedPostgres.start(data, binaries=BINARIES)


async def test_another_minor_release_can_use_the_cluster(data: Path, tmp_path: Path) -> None:
    """Minor releases keep the data format, so only the major version has to match."""
    async with running(data) as postgres:
        ask(postgres, "create table kept as select 'kept' as word")
        programs = postgres.programs
    other = tmp_path / "bin"
    other.mkdir()
    (other / "postgres").write_text(
        "#!/bin/sh\n"
        f'[ "$1" = --version ] && exec echo "postgres (PostgreSQL) {programs.major}.99"\n'
        f'exec "{programs.folder}/postgres" "$@"\n'
    )
    (other / "postgres").chmod(0o755)
    postgres = await EmbeddedPostgres.start(data, binaries=other, fsync=False)
    try:
        assert postgres.programs.version == f"{programs.major}.99"
        assert ask(postgres, "select word from kept") == "kept"
    finally:
        await postgres.stop()


def test_the_bundled_programs_have_the_locked_version() -> None:
    """The package's version starts with PostgreSQL's, and none of its Python code runs."""
    find = (
        "import sys; from strongroom_server.embedded.programs import PACKAGE, find_programs;"
        "print(find_programs().version, PACKAGE in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", find], check=True, capture_output=True, text=True
    )
    locked, _, _ = importlib.metadata.version(PACKAGE).rpartition(".")

    assert answer.stdout.split() == [locked, "False"]


async def test_missing_programs(data: Path, tmp_path: Path) -> None:
    """The error states the path and the remedy."""
    with pytest.raises(EmbeddedPostgresError, match=r"postgres doesn't run .* DATABASE_URL"):
        await EmbeddedPostgres.start(data, binaries=tmp_path)


async def test_a_damaged_cluster_is_a_clear_error(data: Path) -> None:
    """The error gives PostgreSQL's reason and names the log, and the lock is released."""
    async with running(data):
        pass
    control = data / "global" / "pg_control"
    kept = control.read_bytes()
    control.write_bytes(b"\0" * len(kept))
    with pytest.raises(EmbeddedPostgresError, match=r"(FATAL|PANIC): .* see .*postgres\.log"):
        await EmbeddedPostgres.start(data, binaries=BINARIES)
    control.write_bytes(kept)
    async with running(data) as postgres:
        assert ask(postgres, "select 1") == 1


async def test_a_long_log_is_emptied_at_the_next_start(data: Path) -> None:
    """The log doesn't grow with every start."""
    async with running(data) as postgres:
        log = postgres.log_path
    with log.open("ab") as file:
        file.write(b"x" * 5_000_001)
    async with running(data):
        size = log.stat().st_size

    assert 0 < size < 100_000
