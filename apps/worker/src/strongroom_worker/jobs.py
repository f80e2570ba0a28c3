"""The worker's jobs: the functions that the queue calls, and the action for each due item.

A failed item doesn't delay the others. If the database is unavailable, the run ends, because nothing can be
done. The next run continues where this one stopped.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from strongroom_core import maintain
from strongroom_core.access.actions.accounts import RECOVERY_FINISH
from strongroom_core.access.actions.alerts import (
    ALERTS_CAPPED,
    ALERTS_GAP,
    ALERTS_READ,
    CAP_NEAR,
    CAP_REACHED,
    CERTIFICATE_PROBLEM,
    CERTIFICATE_WARNING,
    DELIVERY_SEND,
    DISK_PROBLEM,
    DISK_WARNING,
    ENROLLMENT_TOKEN_EXPIRING,
    MACHINE_EXPIRING,
    NOTICES_READ,
    WEBHOOK_DISABLE,
)
from strongroom_core.access.actions.installation import INSTALLATION_SWEEP
from strongroom_core.access.actions.machines import (
    MACHINE_BUNDLE_DESTROY,
    MACHINE_EXPIRE,
    MACHINE_TIDY,
)
from strongroom_core.access.actions.mail import MAIL_SEND
from strongroom_core.access.actions.plans import AUDIT_PRUNE, VERSIONS_PRUNE
from strongroom_core.access.actions.projects import PROJECT_ERASE, PROJECT_PURGE
from strongroom_core.access.actions.secrets import SECRET_DESTROY, SECRET_PURGE, SECRET_ROTATE
from strongroom_core.access.actions.shares import SHARE_EXPIRE
from strongroom_core.access.actions.vaults import VAULT_PURGE
from strongroom_core.access.callers import system
from strongroom_core.access.clock_check import check_clock
from strongroom_core.access.operations import job, require_listed, table_of
from strongroom_core.accounts.recovery import due_recoveries, finish_recovery
from strongroom_core.alerts.foresee import (
    announce_cap_near,
    announce_cap_reached,
    announce_machine,
    announce_token,
    foresee,
    vaults_to_foresee,
)
from strongroom_core.alerts.mail import due_mail_alerts, mail_alerts
from strongroom_core.alerts.notices import NoticeKind
from strongroom_core.alerts.read import due_alert_vaults, read_alerts, record_cap, record_gap
from strongroom_core.alerts.send import send_delivery
from strongroom_core.alerts.webhooks import disable_failing_webhook
from strongroom_core.core import Core
from strongroom_core.doctor.announce import Announcement, Host, announce_finding, examine_host
from strongroom_core.kernel.errors import Conflict, Frozen, NotFound, StrongroomError, Unavailable
from strongroom_core.kernel.ids import (
    INSTALLATION,
    AccountId,
    DeliveryId,
    ProjectId,
    SecretId,
    ShareId,
    VaultId,
    WebhookId,
)
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.prune import (
    lowered_vaults,
    prune_events,
    prune_versions,
    vaults_with_old_events,
)
from strongroom_core.machines.provision import destroy_key_file
from strongroom_core.machines.tidy import expire_machine, tidy_machine
from strongroom_core.mail.send import due_mail, send_mail
from strongroom_core.outbound.sender import NotSent
from strongroom_core.outbox.drain import due_notes, postpone, settle
from strongroom_core.policies.destroy import destroy_secret, due_secrets
from strongroom_core.projects.trash import erase_project, purge_project
from strongroom_core.secrets.replace import perform_rotation, postpone_rotation
from strongroom_core.secrets.rotation import due_rotations
from strongroom_core.secrets.trash import purge_secret
from strongroom_core.shares.listing import due_shares, expire_share
from strongroom_core.vaults.deletion import due_vaults, purge_vault

_log = structlog.get_logger()

_ASK_CLOCK = "see `strongroom-server clock`"


@dataclass(frozen=True, slots=True)
class Item:
    """One object in one vault. A job gets nothing else."""

    vault: VaultId
    subject: str


Job = Callable[[Core, Item], Awaitable[None]]
"""One action on one item, or one per batch. It is idempotent, so it can run again after any failure."""


async def _erase_project(core: Core, item: Item) -> None:
    caller = system("erase_project", item.vault)
    while not await erase_project(core, caller, ProjectId(item.subject)):
        pass


async def _purge_project(core: Core, item: Item) -> None:
    await purge_project(core, system("purge_project", item.vault), ProjectId(item.subject))


async def _purge_secret(core: Core, item: Item) -> None:
    await purge_secret(core, system("purge_secret", item.vault), SecretId(item.subject))


async def _purge_vault(core: Core, item: Item) -> None:
    caller = system("purge_vault", item.vault)
    while not await purge_vault(core, caller):
        pass


async def _destroy_secret(core: Core, item: Item) -> None:
    await destroy_secret(core, system("destroy_secret", item.vault), SecretId(item.subject))


async def _rotate_secret(core: Core, item: Item) -> None:
    caller = system("rotate_secret", item.vault)
    try:
        with suppress(
            Conflict
        ):  # Another process has performed it, or the value has been replaced.
            await perform_rotation(core, caller, SecretId(item.subject))
    except StrongroomError as failure:
        if not isinstance(failure, Unavailable | NotFound | Frozen):
            await postpone_rotation(core, caller, SecretId(item.subject))
        raise


async def _expire_share(core: Core, item: Item) -> None:
    await expire_share(core, system("expire_share", item.vault), ShareId(item.subject))


async def _delete_machine(core: Core, item: Item) -> None:
    await tidy_machine(core, system("delete_machine", item.vault), item.subject)


async def _expire_machine(core: Core, item: Item) -> None:
    await expire_machine(core, system("expire_machine", item.vault), item.subject)


async def _destroy_machine(core: Core, item: Item) -> None:
    await destroy_key_file(core, system("destroy_key_file", item.vault), item.subject)


async def _finish_recovery(core: Core, item: Item) -> None:
    await finish_recovery(core, system("finish_recovery", item.vault), AccountId(item.subject))


async def _send_mail(core: Core, item: Item) -> None:
    await send_mail(core, system("send_mail", item.vault), UUID(item.subject))


async def _read_alerts(core: Core, item: Item) -> None:
    caller = system("read_alerts", item.vault)
    while True:
        read = await read_alerts(core, caller)
        if read.gap is not None:
            await JOBS["record_gap"](core, item)
        if read.capped:
            await JOBS["record_cap"](core, item)
        if not read.more and read.gap is None:
            return


async def _mail_alerts(core: Core, item: Item) -> None:
    await mail_alerts(core, system("mail_alerts", item.vault))


async def _foresee(core: Core, item: Item) -> None:
    for each in await foresee(core, system("foresee", item.vault)):
        until = "" if each.until is None else each.until.isoformat()
        await _succeeds(
            core, f"announce_{each.kind.value}", Item(item.vault, f"{each.object} {until}")
        )


async def _announce_machine(core: Core, item: Item) -> None:
    machine, _, until = item.subject.partition(" ")
    with suppress(Conflict):  # Another process has announced it.
        caller = system("announce_machine", item.vault)
        await announce_machine(core, caller, machine, datetime.fromisoformat(until))


async def _announce_token(core: Core, item: Item) -> None:
    token, _, until = item.subject.partition(" ")
    with suppress(Conflict):
        caller = system("announce_enrollment_token", item.vault)
        await announce_token(core, caller, token, datetime.fromisoformat(until))


async def _announce_cap_near(core: Core, item: Item) -> None:
    with suppress(Conflict):
        caller = system("announce_cap_near", item.vault)
        await announce_cap_near(core, caller, Cap(item.subject.strip()))


async def _announce_cap_reached(core: Core, item: Item) -> None:
    with suppress(Conflict):
        caller = system("announce_cap_reached", item.vault)
        await announce_cap_reached(core, caller, Cap(item.subject.strip()))


async def _announce_finding(kind: NoticeKind, core: Core, item: Item) -> None:
    subject, _, says = item.subject.partition(" ")
    with suppress(Conflict):
        caller = system(f"announce_{kind}", item.vault)
        await announce_finding(core, caller, Announcement(kind, subject, says))


async def _record_gap(core: Core, item: Item) -> None:
    with suppress(Conflict):  # Another process has recorded it.
        await record_gap(core, system("record_gap", item.vault))


async def _record_cap(core: Core, item: Item) -> None:
    with suppress(Conflict):
        await record_cap(core, system("record_cap", item.vault))


async def _send_delivery(core: Core, item: Item) -> None:
    with suppress(Conflict):  # The delivery has ended, or its webhook was deleted.
        caller = system("send_delivery", item.vault)
        failing = await send_delivery(core, caller, DeliveryId(item.subject))
        if failing is not None:
            await JOBS["disable_webhook"](core, Item(item.vault, failing))


async def _disable_webhook(core: Core, item: Item) -> None:
    with suppress(Conflict):
        caller = system("disable_webhook", item.vault)
        await disable_failing_webhook(core, caller, WebhookId(item.subject))


async def _prune_events(core: Core, item: Item) -> None:
    caller, before = system("prune_events", item.vault), datetime.fromisoformat(item.subject)
    while not await prune_events(core, caller, before):
        pass


async def _prune_versions(core: Core, item: Item) -> None:
    caller = system("prune_versions", item.vault)
    while not await prune_versions(core, caller):
        pass


async def _sweep(core: Core, _item: Item) -> None:
    await maintain.sweep(core)


JOBS: Mapping[str, Job] = {
    "announce_cap_near": _announce_cap_near,
    "announce_cap_reached": _announce_cap_reached,
    "announce_certificate_problem": partial(_announce_finding, NoticeKind.CERTIFICATE_PROBLEM),
    "announce_certificate_warning": partial(_announce_finding, NoticeKind.CERTIFICATE_WARNING),
    "announce_disk_problem": partial(_announce_finding, NoticeKind.DISK_PROBLEM),
    "announce_disk_warning": partial(_announce_finding, NoticeKind.DISK_WARNING),
    "announce_enrollment_token": _announce_token,
    "announce_machine": _announce_machine,
    "delete_machine": _delete_machine,
    "destroy_machine": _destroy_machine,
    "destroy_secret": _destroy_secret,
    "disable_webhook": _disable_webhook,
    "expire_machine": _expire_machine,
    "erase_project": _erase_project,
    "expire_share": _expire_share,
    "finish_recovery": _finish_recovery,
    "foresee": _foresee,
    "prune_events": _prune_events,
    "prune_versions": _prune_versions,
    "purge_project": _purge_project,
    "purge_secret": _purge_secret,
    "purge_vault": _purge_vault,
    "rotate_secret": _rotate_secret,
    "send_mail": _send_mail,
    "mail_alerts": _mail_alerts,
    "read_alerts": _read_alerts,
    "record_cap": _record_cap,
    "record_gap": _record_gap,
    "send_delivery": _send_delivery,
    "sweep": _sweep,
}
"""Every job, by its name in `OPERATIONS`."""

OPERATIONS = table_of(
    {
        "announce_cap_near": job(CAP_NEAR),
        "announce_cap_reached": job(CAP_REACHED),
        "announce_certificate_problem": job(CERTIFICATE_PROBLEM),
        "announce_certificate_warning": job(CERTIFICATE_WARNING),
        "announce_disk_problem": job(DISK_PROBLEM),
        "announce_disk_warning": job(DISK_WARNING),
        "announce_enrollment_token": job(ENROLLMENT_TOKEN_EXPIRING),
        "announce_machine": job(MACHINE_EXPIRING),
        "delete_machine": job(MACHINE_TIDY),
        "destroy_machine": job(MACHINE_BUNDLE_DESTROY),
        "destroy_secret": job(SECRET_DESTROY),
        "disable_webhook": job(WEBHOOK_DISABLE),
        "expire_machine": job(MACHINE_EXPIRE),
        "erase_project": job(PROJECT_ERASE),
        "expire_share": job(SHARE_EXPIRE),
        "finish_recovery": job(RECOVERY_FINISH),
        "foresee": job(NOTICES_READ),
        "prune_events": job(AUDIT_PRUNE),
        "prune_versions": job(VERSIONS_PRUNE),
        "purge_project": job(PROJECT_PURGE),
        "purge_secret": job(SECRET_PURGE),
        "purge_vault": job(VAULT_PURGE),
        "rotate_secret": job(SECRET_ROTATE),
        "send_mail": job(MAIL_SEND),
        "mail_alerts": job(ALERTS_READ),
        "read_alerts": job(ALERTS_READ),
        "record_cap": job(ALERTS_CAPPED),
        "record_gap": job(ALERTS_GAP),
        "send_delivery": job(DELIVERY_SEND),
        "sweep": job(INSTALLATION_SWEEP),
    }.items()
)


def require_jobs_listed() -> None:
    """Raise `TableMismatch` unless exactly these jobs are in the operations table."""
    require_listed(JOBS, OPERATIONS)


async def drain(core: Core) -> None:
    """Process the transactional outbox. A note is deleted if its work was done; otherwise it is postponed."""
    for note in await due_notes(core):
        if await _succeeds(core, note.kind.value, Item(note.vault, note.subject)):
            await settle(core, note)
        else:
            await postpone(core, note)


async def alert(core: Core) -> None:
    """Read vaults' new events, and create the deliveries and emails that their rules ask for."""
    for vault in await due_alert_vaults(core):
        await _succeeds(core, "read_alerts", Item(vault, ""))
    for vault in await due_mail_alerts(core):
        await _succeeds(core, "mail_alerts", Item(vault, ""))


async def attempt(core: Core, name: str, vault: VaultId, subject: str) -> bool:
    """Run one job on one item, outside the queue. Returns whether it is done."""
    return await _succeeds(core, name, Item(vault, subject))


async def purge(core: Core) -> None:
    """Permanently delete objects that have been in the trash for 30 days. The next run retries failures."""
    for due in await maintain.due_purges(core):
        await _succeeds(core, f"purge_{due.kind.value}", Item(due.vault, due.id))
    for vault in await due_vaults(core):
        await _succeeds(core, "purge_vault", Item(vault, ""))


async def prune(core: Core) -> None:
    """Delete the versions and events that vaults' plans no longer keep (S-6, L-5)."""
    for vault in await lowered_vaults(core):
        await _succeeds(core, "prune_versions", Item(vault, ""))
    for each in await vaults_with_old_events(core):
        await _succeeds(core, "prune_events", Item(each.vault, each.before.isoformat()))


async def expire(core: Core) -> None:
    """Delete the content of expired shares, and secrets whose time to live has expired.

    Neither can be read anymore, whether or not this has run. While the clock is in doubt, nothing is deleted.
    """
    for vault, secret in await due_secrets(core):
        await _succeeds(core, "destroy_secret", Item(vault, secret))
    if (await check_clock(core)).is_right:
        for vault, share in await due_shares(core):
            await _succeeds(core, "expire_share", Item(vault, share))


async def rotate(core: Core) -> None:
    """Perform queued rotations. Those of a frozen project wait until it is unfrozen."""
    for vault, secret in await due_rotations(core):
        await _succeeds(core, "rotate_secret", Item(vault, secret))


async def tidy(core: Core) -> None:
    """Delete expired machines and key files. Requests don't depend on this."""
    for due in await maintain.due_machines(core):
        await _succeeds(core, f"{due.what}_machine", Item(due.vault, due.id))


async def recover(core: Core) -> None:
    """Finish the recoveries of accounts whose 24 hours are over."""
    for due in await due_recoveries(core):
        await _succeeds(core, "finish_recovery", Item(INSTALLATION, due.account))


async def send(core: Core) -> None:
    """Send emails that are due. If the mail server has a problem, the rest wait for the next run."""
    for due in await due_mail(core):
        if not await _succeeds(core, "send_mail", Item(due.vault, str(due.id))):
            return


async def sweep(core: Core) -> None:
    """Delete the installation's expired rows."""
    await JOBS["sweep"](core, Item(INSTALLATION, ""))


async def look_ahead(core: Core) -> None:
    """Announce what expires soon, and limits that are nearly used. Each is announced once (N-1)."""
    if (await check_clock(core)).is_right:
        for vault in await vaults_to_foresee(core):
            await _succeeds(core, "foresee", Item(vault, ""))


async def check_host(core: Core, host: Host) -> None:
    """Announce that this machine's disk is nearly full, or that its certificate ends soon (N-1)."""
    for each in await examine_host(core, system("check_host"), host):
        subject = f"{each.object} {each.says}"
        await _succeeds(core, f"announce_{each.kind.value}", Item(INSTALLATION, subject))


async def heartbeat(core: Core) -> None:
    """Tell the monitor that the server works. Its URL can be a credential, so it isn't logged."""
    try:
        await maintain.send_heartbeat(core)
    except NotSent as failure:
        _log.warning("heartbeat_failed", reason=failure.reason.value)


async def tally(core: Core) -> None:
    """Add new reads to the counters of secrets and machines (S-9)."""
    await maintain.tally_reads(core)


async def forget_nonces(core: Core) -> None:
    """Drop nonces that replay protection no longer needs, and log any problem with the clock."""
    check = await check_clock(core)
    if check.is_right:
        await maintain.drop_old_nonces(core)
        if let_in := await maintain.rejected_until(core):
            _log.warning("machines_shut_out", until=let_in.isoformat(), remedy=_ASK_CLOCK)
        return
    _log.warning(
        "clock_in_doubt",
        ahead_seconds=round(check.ahead.total_seconds()),
        remedy=f"expired data isn't being deleted; {_ASK_CLOCK}",
    )


async def _succeeds(core: Core, name: str, item: Item) -> bool:
    """Whether the work has been done, by this run or by a faster one.

    Raises `Unavailable`. Other errors' messages could quote a row, so only the type is logged.
    """
    try:
        await JOBS[name](core, item)
    except Unavailable:
        raise
    except NotFound:
        _log.info("job_found_nothing", job=name, vault=item.vault, subject=item.subject)
    except Exception as error:  # noqa: BLE001 -- one failed item must not stop the others
        _log.warning(
            "job_failed",
            job=name,
            vault=item.vault,
            subject=item.subject,
            error=type(error).__name__,
        )
        return False
    return True
