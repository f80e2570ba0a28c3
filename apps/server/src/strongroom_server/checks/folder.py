"""Checks the data folder: its owner, modes and free space."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from strongroom_core.doctor.examine_host import examine_disk
from strongroom_core.doctor.finding import Finding, ok, problem

if TYPE_CHECKING:
    from pathlib import Path

    from strongroom_server.data_folder import DataFolder

CHECK = "data folder"
OTHERS = 0o077


def check_folder(folder: DataFolder, *, embedded: bool) -> list[Finding]:
    """Check the folder's owner, modes and free space. If `embedded`, it should contain a database."""
    path = folder.path
    try:
        there = path.stat()
    except FileNotFoundError:
        return [_missing(path, embedded=embedded)]
    except OSError as error:
        hint = "run `doctor` as the server's user, or as root"
        return [problem(CHECK, f"can't access {path}: {error.strerror}", hint)]
    findings = [*_owner(folder, there), *_modes(folder, there)]
    if not findings:
        findings = [ok(CHECK, f"only its owner can access {path}")]
    return [*findings, examine_disk(path)]


def _missing(path: Path, *, embedded: bool) -> Finding:
    if not embedded:
        return ok(CHECK, f"{path} doesn't exist yet; `serve` creates it")
    return problem(
        CHECK,
        f"data folder {path} doesn't exist",
        "pass it with --data, or create it with `strongroom-server init`",
    )


def _owner(folder: DataFolder, there: os.stat_result) -> list[Finding]:
    path, user = folder.path, os.geteuid()
    if not stat.S_ISDIR(there.st_mode):
        return [problem(CHECK, f"{path} is not a folder", "choose another with --data")]
    if user not in (there.st_uid, 0):
        says = f"{path} belongs to user {there.st_uid}, but this is user {user}"
        return [problem(CHECK, says, "run `doctor` as the server's user, or as root")]
    try:
        foreign = sorted(
            each.name for each in path.iterdir() if each.lstat().st_uid != there.st_uid
        )
    except OSError as error:
        hint = "run `doctor` as the server's user, or as root"
        return [problem(CHECK, f"can't list {path}: {error.strerror}", hint)]
    if foreign:
        names = ", ".join(foreign)
        says = (
            f"{path} contains files that belong to a different user than the folder itself: {names}"
        )
        return [problem(CHECK, says, f"chown -R {there.st_uid} {path}")]
    return []


def _modes(folder: DataFolder, there: os.stat_result) -> list[Finding]:
    findings: list[Finding] = []
    if there.st_mode & OTHERS:
        says = f"{folder.path} is accessible to others (mode {stat.S_IMODE(there.st_mode):04o})"
        findings.append(problem(CHECK, says, f"chmod 700 {folder.path}"))
    for path in (folder.root_check, folder.admin_socket, folder.database):
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError:
            continue
        # PostgreSQL itself allows group access to its folder.
        forbidden = 0o027 if path == folder.database else OTHERS
        if mode & forbidden:
            says = f"{path} is accessible to others (mode {mode:04o})"
            findings.append(problem(CHECK, says, f"chmod go= {path}"))
    return findings
