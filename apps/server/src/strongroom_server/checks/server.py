"""Checks a running server from inside: its state, settings, database and root key."""

from __future__ import annotations

import asyncio
import hmac
import os
from typing import TYPE_CHECKING

from strongroom_core.doctor.examine import Examined, examine
from strongroom_core.doctor.finding import Finding, ok, problem, warning
from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.runtime.measure import find_write_problem
from strongroom_server import root_check
from strongroom_server.checks.process import check_process

if TYPE_CHECKING:
    from strongroom_api.process import Process
    from strongroom_core.core import Core
    from strongroom_core.runtime.unseal import RootFacts
    from strongroom_core.settings import Settings
    from strongroom_server.data_folder import DataFolder
    from strongroom_server.serving.http_server import Certificate

PATIENCE_SECONDS = 20.0
ROOT = "root"


async def check_server(
    process: Process,
    settings: Settings,
    *,
    folder: DataFolder | None,
    certificate: Certificate | None,
) -> list[Finding]:
    """Check this process. `folder` contains a copy of the root key's check value, or is None."""
    # In a thread, because it reads all time zones and the file of countries.
    found = await asyncio.to_thread(check_process, os.environ, settings, certificate)
    findings = [_state(process), *found]
    if process.core is None:
        return findings
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            examined = await examine(process.core.database)
    except TimeoutError:
        says = f"it didn't answer within {PATIENCE_SECONDS:.0f} s"
        examined = Examined([problem("database", says, "find out what PostgreSQL is busy with")])
    findings += examined.findings
    findings += await _writes(process.core)
    if folder is not None and examined.root is not None:
        findings.append(_compare_root(folder, examined.root))
    return findings


async def _writes(core: Core) -> list[Finding]:
    """Report whether this server can write, which PostgreSQL's settings alone don't show."""
    found = await find_write_problem(core)
    return [] if found is None else [problem("writes", found.reason, found.remedy)]


def _compare_root(folder: DataFolder, facts: RootFacts) -> Finding:
    """Compare the folder's copy of the root key's check value with the database's."""
    try:
        kept = root_check.read(folder)
    except (StrongroomError, OSError):
        hint = "move it away; `serve` writes a new one from the database"
        return problem(ROOT, f"can't read {folder.root_check}", hint)
    if kept is None:
        hint = "restart the server, which writes it from the database"
        return warning(ROOT, f"{folder.root_check} is missing", hint)
    same = (kept.deployment, kept.version) == (facts.deployment, facts.version)
    if same and hmac.compare_digest(kept.check_value, facts.check_value):
        return ok(ROOT, f"{folder.root_check} and the database expect the same root key")
    return problem(
        ROOT,
        f"{folder.root_check} expects a different root key than the database",
        "check that the folder and its database belong to one installation; if so, move the file away and"
        " restart",
    )


def _state(process: Process) -> Finding:
    if process.core is not None and not process.core.sealed:
        return ok("server", "running, unsealed")
    if process.core is not None:
        return warning("server", "running, sealed", "unseal it with `strongroom-server unseal`")
    if process.problem is not None:
        return problem("server", f"running, waiting: {process.problem}", "see its log")
    hint = "run `strongroom-server init`"
    return problem("server", "running, not initialized", hint)
