"""What the queue calls: ask core for what is due, and run one act for each item.

An item that fails does not hold up the others. A database that is away ends the run instead: nothing
can be done then, and the next run begins where this one stopped.
"""

import structlog

from strongroom_core.core import Core
from strongroom_core.kernel.errors import NotFound, Unavailable
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.operate.nonces import drop_old_nonces
from strongroom_core.operate.sweep import due_purges
from strongroom_core.operate.tally import tally_reads
from strongroom_core.outbox.drain import due_notes, postpone, settle
from strongroom_worker.jobs.item import Item
from strongroom_worker.jobs.registry import JOBS

_log = structlog.get_logger()


async def drain(core: Core) -> None:
    """Do what the outbox asks for. A note is forgotten when its work is done, else postponed."""
    for note in await due_notes(core):
        if await _succeeds(core, note.kind.value, Item(note.vault, note.subject)):
            await settle(core, note)
        else:
            await postpone(core, note)


async def purge(core: Core) -> None:
    """Purge what has lain in the trash for 30 days. What fails is due again at the next run."""
    for due in await due_purges(core):
        await _succeeds(core, f"purge_{due.kind.value}", Item(due.vault, due.id))


async def sweep(core: Core) -> None:
    """Delete expired rows of the installation."""
    await JOBS["sweep"](core, Item(INSTALLATION, ""))


async def _succeeds(core: Core, name: str, item: Item) -> bool:
    """Whether the work is done, by this run or by another that was faster.

    Raises `Unavailable`. The message of any other error may quote a row, so only its type is logged.
    """
    try:
        await JOBS[name](core, item)
    except Unavailable:
        raise
    except NotFound:
        _log.info("job_found_nothing", job=name, vault=item.vault, subject=item.subject)
    except Exception as error:  # noqa: BLE001 -- whatever one item does, the others go on
        _log.warning(
            "job_failed",
            job=name,
            vault=item.vault,
            subject=item.subject,
            error=type(error).__name__,
        )
        return False
    return True


async def tally(core: Core) -> None:
    """Add what machines have read to the figures of secrets and machines (S-9)."""
    await tally_reads(core)


async def forget_nonces(core: Core) -> None:
    """Drop the nonces of requests that are too old by now."""
    await drop_old_nonces(core)
