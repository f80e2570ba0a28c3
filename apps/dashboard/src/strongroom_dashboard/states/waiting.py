"""A machine that waits for a person, as its card shows it, on its own page and above the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strongroom_core.machines.views import MachineView


@dataclass(frozen=True)
class Waiting:
    """Who asks to come in, and what a person compares. `replaces` is empty where nothing is replaced."""

    id: str = ""
    href: str = ""
    name: str = ""
    fingerprint: str = ""
    hostname: str = ""
    address: str = ""
    since: str = ""
    place: str = ""
    replaces: str = ""
    replaces_name: str = ""


def waiting_of(machine: MachineView, *, place: str = "") -> Waiting:
    """Return the card of a machine; `place` says which of how many it is."""
    return Waiting(
        id=str(machine.id),
        href=f"/machines/{machine.id}",
        name=machine.name,
        fingerprint=machine.fingerprint,
        hostname=machine.hostname,
        address=machine.registered_from,
        since=machine.registered_at.isoformat(),
        place=place,
        replaces=str(machine.replaces) if machine.replaces is not None else "",
        replaces_name=machine.replaces_name or "",
    )
