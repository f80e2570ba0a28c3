"""A cache of prepared, stopped clusters, so that a new installation or a test starts in no time.

What is cached is a cluster with its schema and nothing else: it must hold no secret, because every
installation of this user would share it. The superuser password of the cluster is no such secret:
it was never written down and changes at every start. Passwords of other roles must be set after
`ensure_cluster`. Copies share the system identifier of the template, which matters only to physical
replication, and an embedded cluster takes no part in that.
"""

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from strongroom_server.embedded.folder import is_cluster, locked, make_sibling, sync_folder
from strongroom_server.embedded.postgres import EmbeddedPostgres, Report
from strongroom_server.embedded.programs import (
    EmbeddedPostgresError,
    Programs,
    environment,
    find_programs,
    system_program,
)

Prepare = Callable[[EmbeddedPostgres], Awaitable[None]]

_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


async def ensure_cluster(
    data: Path,
    *,
    cache: Path | None,
    key: str,
    prepare: Prepare,
    binaries: Path | None = None,
    report: Report | None = None,
    fsync: bool = True,
) -> None:
    """Make `data` a prepared cluster, from the cache where it can; leave an existing one alone.

    `key` names what `prepare` does (a hash of the schema; letters, digits, `-` and `_`); the
    version of PostgreSQL is added to it. `prepare` runs against a started, empty cluster and must
    leave nothing secret in it. A failed or killed `prepare` leaves neither data nor cache. With
    `fsync` the result is on disk when this returns. Raises EmbeddedPostgresError as
    `EmbeddedPostgres.start` does, and whatever `prepare` raises.
    """
    if _KEY.fullmatch(key) is None:
        raise ValueError("a template key has 1 to 64 letters, digits, '-' and '_'")
    data = await asyncio.to_thread(data.resolve)
    programs = await asyncio.to_thread(find_programs, binaries)
    with locked(data):
        if is_cluster(data):
            return
        place = await asyncio.to_thread(make_sibling, data, "template")
        try:
            new = place / "data"
            template = cache / f"{key}-pg{programs.version}" if cache is not None else None
            if template is not None and _is_trusted(template):
                await asyncio.to_thread(_copy, template, new)
            else:
                await _make(new, data.with_name(f"{data.name}.log"), binaries, prepare, report)
                if template is not None:
                    # Without a cache everything works, only slower: a full disk or a folder that
                    # belongs to somebody else must not stop a start.
                    try:
                        await asyncio.to_thread(_keep, new, template)
                    except (OSError, EmbeddedPostgresError) as error:
                        if report is not None:
                            report(f"the prepared database was not cached: {error}")
            if fsync:
                await asyncio.to_thread(_sync, programs, new)
            new.rename(data)
            sync_folder(data.parent)
        finally:
            await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)


async def _make(
    new: Path, log_path: Path, binaries: Path | None, prepare: Prepare, report: Report | None
) -> None:
    """Make a cluster and prepare it. Without fsync: nothing counts before it was renamed."""
    postgres = await EmbeddedPostgres.start(
        new, binaries=binaries, log_path=log_path, report=report, fsync=False
    )
    try:
        await prepare(postgres)
    finally:
        await postgres.stop()


def _is_trusted(template: Path) -> bool:
    """Whether there is a template nobody but us can have written."""
    if not (template / "PG_VERSION").is_file():
        return False
    for folder in (template.parent, template):
        status = folder.stat()
        if status.st_uid != os.geteuid() or status.st_mode & 0o022:
            return False
    return True


def _keep(made: Path, template: Path) -> None:
    """Copy a stopped cluster into the cache; when somebody else was faster, theirs stays.

    Raises OSError or EmbeddedPostgresError when the cache cannot be written.
    """
    template.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=".new-", dir=template.parent))
    try:
        copy = place / "data"
        _copy(made, copy)
        try:
            copy.rename(template)
        except OSError:
            if not template.is_dir():
                raise
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    """Copy a cluster, sharing its blocks where the file system can."""
    copied = subprocess.run(  # noqa: S603 - the command is ours
        [system_program("cp"), "--archive", "--reflink=auto", "--", source, target],
        env=environment(),
        capture_output=True,
        check=False,
        text=True,
    )
    if copied.returncode != 0:
        raise EmbeddedPostgresError(
            f"copying a database to {target.parent} failed: {copied.stderr.strip()}"
        )


def _sync(programs: Programs, data: Path) -> None:
    """Put every file of a stopped cluster on disk."""
    synced = subprocess.run(  # noqa: S603 - the command is ours
        programs.command("initdb", "--sync-only", f"--pgdata={data}", on_parent_death="TERM"),
        env=environment(),
        capture_output=True,
        check=False,
        text=True,
    )
    if synced.returncode != 0:
        raise EmbeddedPostgresError(
            f"writing {data} to disk failed: {synced.stderr.strip() or 'initdb gave no reason'}"
        )
