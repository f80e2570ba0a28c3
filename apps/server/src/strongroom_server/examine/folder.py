"""What `doctor` finds of the data folder: whose it is, who else may look into it, and its headroom."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

from strongroom_core.operate.finding import Finding, ok, problem, warning

if TYPE_CHECKING:
    from pathlib import Path

    from strongroom_server.data_folder import DataFolder

CHECK, DISK = "data folder", "disk"
OTHERS = 0o077
FREE_WARNING, FREE_PROBLEM = 2 << 30, 512 << 20
"""Bytes free. PostgreSQL stops when it cannot write its log, and every read writes an entry."""


def examine_folder(folder: DataFolder, *, embedded: bool) -> list[Finding]:
    """Look at the folder's owner, modes and free space. `embedded`: a database belongs into it."""
    path = folder.path
    try:
        there = path.stat()
    except FileNotFoundError:
        return [_missing(path, embedded=embedded)]
    except OSError as error:
        hint = "run `doctor` as the user the server runs as, or as root"
        return [problem(CHECK, f"{path} cannot be looked at: {error.strerror}", hint)]
    findings = [*_owner(folder, there), *_modes(folder, there)]
    if not findings:
        findings = [ok(CHECK, f"{path} is there, and its user's alone")]
    return [*findings, _disk(path)]


def _missing(path: Path, *, embedded: bool) -> Finding:
    if not embedded:
        return ok(CHECK, f"{path} is not there yet; `serve` makes it")
    return problem(
        CHECK,
        f"there is no data folder {path}",
        "name it with --data, or make it with `strongroom-server init`",
    )


def _owner(folder: DataFolder, there: os.stat_result) -> list[Finding]:
    path, user = folder.path, os.geteuid()
    if not stat.S_ISDIR(there.st_mode):
        return [problem(CHECK, f"{path} is no folder", "name another with --data")]
    if user not in (there.st_uid, 0):
        says = f"{path} belongs to user {there.st_uid}, and this is user {user}"
        return [problem(CHECK, says, "run `doctor` as the user the server runs as, or as root")]
    try:
        foreign = sorted(
            each.name for each in path.iterdir() if each.lstat().st_uid != there.st_uid
        )
    except OSError as error:
        hint = "run `doctor` as the user the server runs as, or as root"
        return [problem(CHECK, f"{path} cannot be listed: {error.strerror}", hint)]
    if foreign:
        says = f"{', '.join(foreign)} in {path} belongs to another user than the folder"
        return [problem(CHECK, says, f"chown -R {there.st_uid} {path}")]
    return []


def _modes(folder: DataFolder, there: os.stat_result) -> list[Finding]:
    findings: list[Finding] = []
    if there.st_mode & OTHERS:
        says = f"others may enter {folder.path} (mode {stat.S_IMODE(there.st_mode):04o})"
        findings.append(problem(CHECK, says, f"chmod 700 {folder.path}"))
    for path in (folder.root_check, folder.admin_socket, folder.database):
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError:
            continue
        # PostgreSQL itself starts on a folder that its group may read.
        forbidden = 0o027 if path == folder.database else OTHERS
        if mode & forbidden:
            says = f"others may use {path} (mode {mode:04o})"
            findings.append(problem(CHECK, says, f"chmod go= {path}"))
    return findings


def _disk(path: Path) -> Finding:
    try:
        free = shutil.disk_usage(path).free
    except OSError as error:
        return warning(DISK, f"the disk of {path} cannot be asked: {error.strerror}", "look at it")
    says = f"{free / (1 << 30):.1f} GiB are free for {path}"
    hint = "make room: without it no value is delivered, because no entry can be written"
    if free < FREE_PROBLEM:
        return problem(DISK, says, hint)
    return warning(DISK, says, hint) if free < FREE_WARNING else ok(DISK, says)
