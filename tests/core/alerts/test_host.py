"""A disk that is filling up and a certificate that ends soon are announced to administrators (N-1)."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import pytest

from strongroom_core.crypto.certificate import issue_certificate
from strongroom_core.doctor.announce import Host
from strongroom_core.kernel.clock import wall_clock
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_testkit.world import entries_of
from strongroom_worker import jobs
from strongroom_worker.watch import watch

if TYPE_CHECKING:
    from pathlib import Path

    from strongroom_core.core import Core
    from strongroom_core.kernel.clock import MovableClock
    from strongroom_testkit.world import World

    from .conftest import Receiver

KINDS = ("disk_warning", "disk_problem", "certificate_warning", "certificate_problem")
MINUTES = timedelta(minutes=5)
OVER_AN_HOUR = timedelta(minutes=61)


class Usage(NamedTuple):
    """What `shutil.disk_usage` returns, in bytes."""

    total: int
    used: int
    free: int


@dataclass
class Disk:
    """The disk of every folder, with as many GiB of free space as a test wants."""

    free: float = 10.0

    def usage(self, _path: object) -> Usage:
        """Return the disk's space."""
        return Usage(100 << 30, 0, int(self.free * (1 << 30)))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """A disk with 10 GiB of free space."""
    made = Disk()
    monkeypatch.setattr(shutil, "disk_usage", made.usage)
    return made


@pytest.fixture
def host(tmp_path: Path, disk: Disk) -> Host:
    """A machine with this disk, and without a certificate."""
    return Host("node-1", tmp_path)


def expire_in(host: Host, days: float) -> Host:
    """Give the machine a certificate that expires in a number of days, which is at most 30."""
    chain = host.folder / "chain.pem"
    chain.write_bytes(issue_certificate("h.example", wall_clock() - timedelta(days=30 - days))[0])
    return Host(host.name, host.folder, chain)


async def announced(core: Core, vault: str = INSTALLATION) -> list[str]:
    """Return which findings a log contains, oldest first, with their severity."""
    return [
        f"{each['action']} {each['severity']}"
        for each in await entries_of(core, vault)
        if each["action"] in KINDS
    ]


async def check(core: Core, *hosts: Host) -> list[str]:
    """Let two processes check each machine at once; return what the installation's log contains."""
    await asyncio.gather(*(jobs.check_host(core, host) for host in hosts for _ in range(2)))
    return await announced(core)


async def test_a_disk_that_fills_up(
    core: Core, world: World, clock: MovableClock, host: Host, disk: Disk
) -> None:
    """N-1: a warning and a problem are announced once each, and again after they were gone for an hour."""
    found: list[list[str]] = []
    # At each step: minutes later, so many GiB are free.
    for later, free in (
        (MINUTES, 10.0),
        (MINUTES, 1.9),
        (MINUTES, 1.9),
        (MINUTES, 2.1),
        (MINUTES, 1.9),
        (MINUTES, 0.4),
        (OVER_AN_HOUR, 0.4),
        (MINUTES, 1.9),
        (MINUTES, 0.4),
        (MINUTES, 10.0),
        (OVER_AN_HOUR, 10.0),
        (MINUTES, 0.4),
        (MINUTES, 1.9),
    ):
        clock.move(later)
        disk.free = free
        found.append(await check(core, host))
    [first, *_] = await entries_of(core, INSTALLATION, "disk_warning")
    warning, problem = "disk_warning high", "disk_problem critical"

    assert [[], *[[warning]] * 4] == found[:5]
    assert [[warning, problem]] * 6 == found[5:11]
    assert [[warning, problem, problem]] * 2 == found[11:]
    assert ("system", "announce_disk_warning") == (first["actor_kind"], first["actor_name"])
    assert {"reason": f"node-1: 1.9 GiB free for {host.folder}"} == msgspec.json.decode(
        str(first["detail"])
    )


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (29.0, []),
        (20.0, ["certificate_warning high"]),
        (2.0, ["certificate_problem critical"]),
        (-1.0, ["certificate_problem critical"]),
    ],
)
async def test_a_certificate_that_ends(
    core: Core, world: World, host: Host, days: float, expected: list[str]
) -> None:
    """N-1: a certificate is announced three weeks before it expires, and urgently three days before."""
    host = expire_in(host, days)
    first = await check(core, host)
    again = await check(core, host)

    assert expected == first == again


async def test_a_renewed_certificate(
    core: Core, world: World, clock: MovableClock, host: Host
) -> None:
    """N-1: after a certificate was renewed, the end of the new one is announced again."""
    first = await check(core, expire_in(host, 20.0))
    clock.move(OVER_AN_HOUR)
    renewed = await check(core, expire_in(host, 30.0))
    clock.move(MINUTES)
    last = await check(core, expire_in(host, 20.0))

    assert ["certificate_warning high"] == first == renewed
    assert [*first, *first] == last


async def test_each_machine_is_announced(
    core: Core, world: World, host: Host, disk: Disk, tmp_path: Path
) -> None:
    """N-1: a second node with the same folder is another machine."""
    disk.free = 1.0

    assert ["disk_warning high"] * 2 == await check(core, host, Host("node-2", tmp_path))


async def test_the_administrators_are_alerted(
    receiver: Receiver, world: World, other_world: World, host: Host, disk: Disk
) -> None:
    """N-1: administrators get an email by default, and their webhooks an alert; other vaults get nothing."""
    core = world.core
    await receiver.webhook("disk_problem")
    disk.free = 0.4
    await check(core, host)
    await receiver.run()
    async with core.database.transaction(world.person.vault) as connection:
        mails = await connection.fetch("select account, facts from mail where kind = 'alert'")
    [mail] = mails
    bodies = receiver.bodies()
    said = f"The server found a problem with its disk (node-1: 0.4 GiB free for {host.folder})"

    assert [("disk_problem", "critical")] == [(each["event"], each["severity"]) for each in bodies]
    assert world.owner.account == mail["account"]
    assert said in str(mail["facts"])
    assert ["disk_problem critical"] == await announced(core, world.person.vault)
    assert [] == await announced(core, other_world.person.vault)


async def test_a_process_checks_its_machine(
    core: Core, world: World, host: Host, disk: Disk
) -> None:
    """N-1: a process checks as soon as it starts, unless it is sealed."""
    disk.free = 1.0
    core.sealed = True
    task = asyncio.create_task(watch(core, host))
    await asyncio.sleep(0.2)
    task.cancel()
    core.sealed = False
    sealed = await announced(core)
    task = asyncio.create_task(watch(core, host))
    async with asyncio.timeout(30):
        while not await announced(core):
            await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert [] == sealed
    assert ["disk_warning high"] == await announced(core)
