"""What a running server finds when `doctor` asks it: itself, its settings, its database, its root."""

from __future__ import annotations

import asyncio
import hmac
import os
from typing import TYPE_CHECKING

from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.operate.examine import Examined, examine
from strongroom_core.operate.finding import Finding, ok, problem, warning
from strongroom_server import root_check
from strongroom_server.examine.process import examine_process

if TYPE_CHECKING:
    from strongroom_api.process import Process
    from strongroom_core.operate.root_facts import RootFacts
    from strongroom_core.settings import Settings
    from strongroom_server.data_folder import DataFolder
    from strongroom_server.serving.http_server import Certificate

PATIENCE_SECONDS = 20.0
ROOT = "root"


async def examine_server(
    process: Process,
    settings: Settings,
    *,
    folder: DataFolder | None,
    certificate: Certificate | None,
) -> list[Finding]:
    """Examine this process. `folder` has the copy of what recognises the root, if there is one."""
    findings = [_state(process), *examine_process(os.environ, settings, certificate)]
    if process.core is None:
        return findings
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            examined = await examine(process.core.database)
    except TimeoutError:
        says = f"it did not answer within {PATIENCE_SECONDS:.0f} s"
        examined = Examined([problem("database", says, "see what PostgreSQL is busy with")])
    findings += examined.findings
    if folder is not None and examined.root is not None:
        findings.append(compare_root(folder, examined.root))
    return findings


def compare_root(folder: DataFolder, facts: RootFacts) -> Finding:
    """Compare the folder's copy of what recognises the root with what the database says."""
    try:
        kept = root_check.read(folder)
    except (StrongroomError, OSError):
        hint = "move it away; `serve` writes a new one from the database"
        return problem(ROOT, f"{folder.root_check} cannot be read", hint)
    if kept is None:
        hint = "restart the server, which writes it from the database"
        return warning(ROOT, f"{folder.root_check} is missing", hint)
    same = (kept.deployment, kept.version) == (facts.deployment, facts.version)
    if same and hmac.compare_digest(kept.check_value, facts.check_value):
        return ok(ROOT, f"{folder.root_check} and the database want the same root")
    return problem(
        ROOT,
        f"{folder.root_check} wants another root than the database",
        "see that the folder and its database are of one installation; if so, move the file away and"
        " restart",
    )


def _state(process: Process) -> Finding:
    if process.core is not None and not process.core.sealed:
        return ok("server", "it runs, unsealed")
    if process.core is not None:
        return warning("server", "it runs, sealed", "give the root: `strongroom-server unseal`")
    if process.problem is not None:
        return problem("server", f"it runs, and waits: {process.problem}", "see its log")
    hint = "run `strongroom-server init`"
    return problem("server", "it runs, and is not initialised", hint)
