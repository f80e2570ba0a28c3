"""Checks what a process needs from its machine and can run out: disk space, and a valid certificate."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.crypto.certificate import ends_at
from strongroom_core.doctor.finding import Finding, ok, problem, warning
from strongroom_core.kernel.clock import wall_clock

if TYPE_CHECKING:
    from pathlib import Path

DISK, CERTIFICATE = "disk", "certificate"
FREE_WARNING, FREE_PROBLEM = 2 << 30, 512 << 20
"""Free bytes. PostgreSQL stops if it can't write its WAL, and every read writes an event."""
CERTIFICATE_WARNING, CERTIFICATE_PROBLEM = 21.0, 3.0
"""Days until expiry. Ninety-day certificates are usually renewed when thirty days are left."""


def examine_disk(folder: Path) -> Finding:
    """Check the free space of the disk that contains a folder."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return warning(
            DISK,
            f"can't check the disk of {folder}: {error.strerror}",
            "check the free space manually",
        )
    says = f"{free / (1 << 30):.1f} GiB free for {folder}"
    hint = "free some space; if events can't be written, no values are returned"
    if free < FREE_PROBLEM:
        return problem(DISK, says, hint)
    return warning(DISK, says, hint) if free < FREE_WARNING else ok(DISK, says)


def examine_certificate(chain: Path) -> Finding:
    """Check when a certificate expires. `chain` is a PEM file, with the server's own certificate first."""
    hint = "renew it; `serve` reloads the files automatically"
    try:
        ends = ends_at(chain.read_bytes())
    except (OSError, ValueError) as error:
        says = f"can't read {chain} as a certificate ({type(error).__name__})"
        return problem(
            CERTIFICATE, says, "pass the PEM chain to --certificate, with the server's own first"
        )
    days = (ends - wall_clock()) / timedelta(days=1)
    if days <= 0:
        return problem(CERTIFICATE, f"{chain} expired on {ends:%Y-%m-%d %H:%M} UTC", hint)
    says = f"{chain} expires in {days:.0f} days"
    if days < CERTIFICATE_PROBLEM:
        return problem(CERTIFICATE, says, hint)
    if days < CERTIFICATE_WARNING:
        return warning(CERTIFICATE, says, hint)
    return ok(CERTIFICATE, says)
