"""A cache of prepared, stopped clusters, so that a new installation or a test starts instantly.

A cached cluster has a schema and nothing else. It must not contain a secret, because every installation of
this user would share that secret. The cluster's superuser password isn't such a secret: it is never written
to disk and changes on every start. Other roles' passwords must be set after `ensure_cluster`. Copies share
the template's system identifier, which matters only for physical replication, which embedded clusters don't
use.
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
    """Make `data` a prepared cluster, from the cache if possible; leave an existing cluster alone.

    `key` identifies what `prepare` does (a hash of the schema; letters, digits, `-` and `_`); PostgreSQL's
    version is added to it. `prepare` runs on a started, empty cluster and must not leave anything
    secret in it. A failed or killed `prepare` leaves neither data nor cache. With `fsync`, the result
    is durable when this returns. Raises EmbeddedPostgresError as `EmbeddedPostgres.start` does, and
    anything `prepare` raises.
    """
    if _KEY.fullmatch(key) is None:
        raise ValueError("a template key must be 1–64 characters: letters, digits, '-' or '_'")
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
                    # Without a cache, everything works, only more slowly. A full disk or another user's
                    # folder must not prevent a start.
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
    """Create a cluster and prepare it, without fsync, because only the renamed result has to be durable."""
    postgres = await EmbeddedPostgres.start(
        new, binaries=binaries, log_path=log_path, report=report, fsync=False
    )
    try:
        await prepare(postgres)
    finally:
        await postgres.stop()


def _is_trusted(template: Path) -> bool:
    """Whether there is a template that no other user could have written."""
    if not (template / "PG_VERSION").is_file():
        return False
    for folder in (template.parent, template):
        status = folder.stat()
        if status.st_uid != os.geteuid() or status.st_mode & 0o022:
            return False
    return True


def _keep(made: Path, template: Path) -> None:
    """Copy a stopped cluster into the cache; if another process has already done so, keep its copy.

    Raises OSError or EmbeddedPostgresError if the cache can't be written.
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
    """Copy a cluster, sharing blocks if the file system supports it."""
    copied = subprocess.run(  # noqa: S603 - the command is ours
        [system_program("cp"), "--archive", "--reflink=auto", "--", source, target],
        env=environment(),
        capture_output=True,
        check=False,
        text=True,
    )
    if copied.returncode != 0:
        raise EmbeddedPostgresError(
            f"couldn't copy a database to {target.parent}: {copied.stderr.strip()}"
        )


def _sync(programs: Programs, data: Path) -> None:
    """Flush all files of a stopped cluster to disk."""
    synced = subprocess.run(  # noqa: S603 - the command is ours
        programs.command("initdb", "--sync-only", f"--pgdata={data}", on_parent_death="TERM"),
        env=environment(),
        capture_output=True,
        check=False,
        text=True,
    )
    if synced.returncode != 0:
        raise EmbeddedPostgresError(
            f"couldn't flush {data} to disk: {synced.stderr.strip() or 'initdb gave no reason'}"
        )
