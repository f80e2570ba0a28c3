"""Reads of secrets with a policy: denials, exact counts, the end of a secret, and reports (P-1 to P-3)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from strongroom_core.access.callers import system
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import (
    Conflict,
    NotFound,
    PolicyDenied,
    RateCapped,
    StrongroomError,
)
from strongroom_core.kernel.page import PageRequest
from strongroom_core.kernel.policies import Conditions
from strongroom_core.policies.apply import apply_policy, remove_policy
from strongroom_core.policies.destroy import destroy_secret, due_secrets
from strongroom_core.policies.listing import list_policy_secrets
from strongroom_core.policies.manage import delete_policy, update_policy
from strongroom_core.policies.modes import enforce_policy, shadow_policy, suspend_policy
from strongroom_core.policies.report import report_policy
from strongroom_core.policies.views import PolicyReport
from strongroom_core.projects.trash import erase_project, purge_project
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.reading.export import export_secrets
from strongroom_core.secrets.listing import list_secrets, read_secret
from strongroom_core.secrets.trash import delete_secret, purge_secret
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.machine import TestMachine, grant, granted_machine
from strongroom_testkit.policies import enforced, policy
from strongroom_testkit.world import World

NOON = datetime(2027, 3, 3, 12, tzinfo=UTC)
"""A Wednesday."""

NEVER: dict[str, Any] = {
    "time_window_enabled": True,
    "time_window_start": "02:00",
    "time_window_end": "03:00",
    "time_window_timezone": "UTC",
    "time_window_days": [1],
}


@pytest.fixture
def noon(clock: MovableClock) -> MovableClock:
    """The clock, at noon on a Wednesday."""
    clock.move(NOON - clock.now())
    return clock


async def outcome(
    world: World, machine: TestMachine, secret: SecretView, *, address: str = "127.0.0.20"
) -> str:
    """Read a secret; return "read", or the reason in the audit log."""
    try:
        caller = await machine.caller(world, address=address)
        await read_secret_value(world.core, caller, secret.id)
    except StrongroomError as error:
        return error.logged_as
    return "read"


async def rows(world: World, table: str, secret: str) -> int:
    """Return how many rows of a table belong to a secret."""
    column = "id" if table == "secret" else "secret"
    async with world.core.database.transaction(world.person.vault) as connection:
        return await connection.fetchval(
            f"select count(*) from {table} where {column} = $1", secret
        )


AT_ONCE = 40
"""How many secrets are read at once."""

TABLES = ("secret", "secret_material", "secret_version", "secret_grant", "policy_use")


async def test_each_condition_denies_and_is_named(world: World, noon: MovableClock) -> None:
    """P-2: the first condition that fails determines the error, and is logged with the policy's name."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    signer = await granted_machine(world, project, secret, hostname="signer")
    made = await enforced(world, project, secret, **NEVER)
    core, owner, told = world.core, world.owner, list[str]()
    hours = {**NEVER, "time_window_start": "12:00", "time_window_days": [3]}
    conditions: dict[str, Any] = {}
    for more in (
        NEVER,
        {**hours, "ip_allowlist_enabled": True, "ip_allowlist_cidrs": ["10.0.0.0/8"]},
        {
            "ip_allowlist_cidrs": ["127.0.0.0/8"],
            "co_sign_enabled": True,
            "co_sign_machine_id": str(signer.id),
            "co_sign_window_seconds": 60,
        },
    ):
        conditions |= more
        wanted = Conditions(**conditions)
        await update_policy(core, owner, made.id, conditions=wanted)
        told.append(await outcome(world, machine, secret))
    told.append(await outcome(world, signer, secret))
    told.append(await outcome(world, machine, secret))
    conditions |= {"rate_cap_enabled": True, "max_reads_per_minute": 2}
    await update_policy(core, owner, made.id, conditions=Conditions(**conditions))
    told.append(await outcome(world, machine, secret))

    assert told == ["policy_time", "policy_ip", "policy_cosign", "read", "read", "policy_rate"]
    denied = await world.entries("secret_read_denied")
    assert [each["reason"] for each in denied] == [each for each in told if each != "read"]
    named = {"policy": made.id, "policy_name": made.name}
    assert [msgspec.json.decode(str(each["detail"])) for each in denied] == [named] * 4
    assert [each["target_name"] for each in denied] == ["API_KEY"] * 4


async def test_co_sign_within_at_and_after_its_window(world: World, noon: MovableClock) -> None:
    """P-2: the co-signer's read counts for exactly the length of the window, and only for the same secret."""
    project = await world.project("billing")
    secret, other = await world.secret(project, "A"), await world.secret(project, "B")
    machine = await granted_machine(world, project, secret, other)
    signer = await granted_machine(world, project, secret, other, hostname="signer")
    conditions = {
        "co_sign_enabled": True,
        "co_sign_machine_id": str(signer.id),
        "co_sign_window_seconds": 300,
    }
    await outcome(world, signer, secret)
    noon.move(timedelta(seconds=100))
    await enforced(world, project, secret, other, **conditions)
    told = []
    # The co-signer's read before the policy was enforced counts too.
    for seconds in (0, 200, 0.001):
        noon.move(timedelta(seconds=seconds))
        told.append(await outcome(world, machine, secret))
    told.append(await outcome(world, machine, other))

    assert told == ["read", "read", "policy_cosign", "policy_cosign"]


async def test_caps_at_the_end_of_a_minute_and_a_day(world: World, noon: MovableClock) -> None:
    """P-2: minutes and days are in UTC; denied reads don't count; the message says how long to wait."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    conditions = {"rate_cap_enabled": True, "max_reads_per_minute": 2, "max_reads_per_day": 3}
    await enforced(world, project, secret, **conditions)
    noon.move(datetime(2027, 3, 3, 23, 58, 59, 900_000, tzinfo=UTC) - noon.now())
    told, wait = list[str](), 0
    for seconds in (0, 0, 0, 0.1, 0, 59.9, 0, 0):
        noon.move(timedelta(seconds=seconds))
        told.append(await outcome(world, machine, secret))
        if told[-1] == "policy_rate":
            with pytest.raises(RateCapped) as capped:
                await read_secret_value(world.core, await machine.caller(world), secret.id)
            wait = capped.value.retry_after
    noon.move(timedelta(seconds=wait))

    assert told[:5] == ["read", "read", "policy_rate", "read", "policy_rate"]
    assert told[5:] == ["policy_rate", "policy_rate", "policy_rate"]
    assert wait == 1
    assert await outcome(world, machine, secret) == "read"


async def test_caps_are_exact_within_a_batch(world: World, noon: MovableClock) -> None:
    """P-2: of 40 simultaneous reads of each of two secrets, exactly as many succeed as the cap allows."""
    project = await world.project("billing")
    secrets = [await world.secret(project, name) for name in "AB"]
    machine = await granted_machine(world, project, *secrets)
    await enforced(world, project, *secrets, rate_cap_enabled=True, max_reads_per_minute=7)
    told = await asyncio.gather(
        *(outcome(world, machine, secret) for _ in range(40) for secret in secrets)
    )

    assert Counter(told) == {"read": 14, "policy_rate": 66}
    assert 14 == len(await world.entries("secret_read"))


async def test_secrets_without_a_policy_are_listed(world: World) -> None:
    """P-1: however many secrets have a policy, those without one can be found."""
    project = await world.project("billing")
    secret, _ = await world.secret(project, "BOUND"), await world.secret(project, "FREE")
    await enforced(world, project, secret, ttl_max_reads=3)
    found = await list_secrets(
        world.core, world.owner, project.id, PageRequest(limit=1), unbound=True
    )

    assert (["FREE"], 1) == ([each.name for each in found.items], found.total)


async def test_the_last_read_gets_the_value_and_deletes_the_secret(
    world: World, noon: MovableClock
) -> None:
    """P-2: after N reads nothing of the secret is left; of simultaneous readers, exactly N get the value."""
    project = await world.project("billing")
    value = world.markers.value()
    secret = await world.secret(project, "API_KEY", value)
    machine = await granted_machine(world, project, secret)
    made = await enforced(world, project, secret, ttl_max_reads=3)
    first = await read_secret_value(world.core, await machine.caller(world), secret.id)
    (left,) = await list_policy_secrets(world.core, world.owner, made.id)
    told = await asyncio.gather(*(outcome(world, machine, secret) for _ in range(20)))

    assert first.value.reveal().decode() == value
    assert left.reads_left == 2
    assert Counter(told)["read"] == 2
    assert set(told) <= {"read", "policy_ttl", "not_found"}
    assert await outcome(world, machine, secret) == "not_found"
    assert [await rows(world, table, secret.id) for table in TABLES] == [0] * len(TABLES)
    (entry,) = await world.entries("secret_destroy")
    assert (entry["actor_name"], entry["target_name"], entry["severity"]) == (
        "web-1",
        "API_KEY",
        "high",
    )
    assert msgspec.json.decode(str(entry["detail"])) == {
        "policy": made.id,
        "policy_name": made.name,
        "reads": 3,
    }
    assert (await list_secrets(world.core, world.owner, project.id, PageRequest())).items == []


@pytest.mark.parametrize("trashed", [False, True])
async def test_the_worker_deletes_what_has_expired(
    world: World, noon: MovableClock, trashed: bool
) -> None:
    """P-2: once its time to live has expired, a secret isn't found; the worker then deletes it."""
    project = await world.project("billing")
    secret, kept = await world.secret(project, "A"), await world.secret(project, "B")
    machine = await granted_machine(world, project, secret, kept)
    ends = NOON + timedelta(minutes=5)
    await enforced(world, project, secret, ttl_expires_at=ends)
    await policy(world, project, ttl_expires_at=ends)
    told = [await outcome(world, machine, secret)]
    noon.move(timedelta(minutes=5, microseconds=-1))
    told.append(await outcome(world, machine, secret))
    early = await due_secrets(world.core)
    noon.move(timedelta(microseconds=1))
    told.append(await outcome(world, machine, secret))
    if trashed:
        await delete_secret(world.core, world.owner, secret.id)

    assert told == ["read", "read", "policy_ttl"]
    assert early == []
    assert await due_secrets(world.core) == [(world.person.vault, secret.id)]
    job = system("destroy_secret", world.person.vault)
    await destroy_secret(world.core, job, secret.id)
    assert [await rows(world, table, secret.id) for table in TABLES] == [0] * len(TABLES)
    assert [1] * 4 == [await rows(world, table, kept.id) for table in TABLES[:4]]
    assert await due_secrets(world.core) == []
    with pytest.raises(NotFound):
        await destroy_secret(world.core, job, kept.id)
    (entry,) = [e for e in await world.entries("secret_destroy") if e["outcome"] == "done"]
    assert (entry["actor_kind"], entry["target_name"]) == ("system", "A")


async def test_shadow_and_suspension_deny_nothing(world: World, noon: MovableClock) -> None:
    """P-3: a new policy denies nothing until it is enforced, and neither does a suspended one."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    made = await policy(world, project, **NEVER)
    core, owner, told = world.core, world.owner, list[str]()
    await apply_policy(core, owner, made.id, secrets=[secret.id])
    told.append(await outcome(world, machine, secret))
    await enforce_policy(core, owner, made.id)
    told.append(await outcome(world, machine, secret))
    suspended = await suspend_policy(core, owner, made.id, reason="an incident")
    told.append(await outcome(world, machine, secret))
    await enforce_policy(core, owner, made.id)
    told.append(await outcome(world, machine, secret))
    await shadow_policy(core, owner, made.id)
    told.append(await outcome(world, machine, secret))
    with pytest.raises(Conflict):
        await suspend_policy(core, owner, made.id, reason="an incident")

    assert told == ["read", "policy_time", "read", "policy_time", "read"]
    assert (suspended.mode, suspended.mode_reason) == ("suspended", "an incident")
    (entry,) = await world.entries("policy_suspend")
    detail = msgspec.json.decode(str(entry["detail"]))
    assert detail["reason"] == "an incident"
    assert detail["secret_ids"] == [secret.id]
    assert detail["sentence"] == "These secrets can be read Monday, 02:00 to 03:00 UTC."


async def test_the_count_begins_when_a_policy_is_enforced(world: World, noon: MovableClock) -> None:
    """P-2, P-3: reads in shadow mode aren't counted; a suspension doesn't restart the count."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    made = await policy(world, project, rate_cap_enabled=True, max_reads_per_day=2)
    core, owner = world.core, world.owner
    await apply_policy(core, owner, made.id, secrets=[secret.id])
    told = [await outcome(world, machine, secret) for _ in range(3)]
    await enforce_policy(core, owner, made.id)
    told.append(await outcome(world, machine, secret))
    await suspend_policy(core, owner, made.id, reason="an incident")
    told += [await outcome(world, machine, secret) for _ in range(2)]
    await enforce_policy(core, owner, made.id)
    told += [await outcome(world, machine, secret) for _ in range(2)]

    assert told == ["read"] * 7 + ["policy_rate"]


async def test_an_export_leaves_out_what_a_policy_denies(world: World, noon: MovableClock) -> None:
    """R-6: each secret of an export is decided and counted separately."""
    project = await world.project("billing")
    secrets = [await world.secret(project, name) for name in ("A", "B", "C")]
    machine = await granted_machine(world, project, *secrets)
    await enforced(world, project, secrets[0], **NEVER)
    await enforced(world, project, secrets[1], rate_cap_enabled=True, max_reads_per_minute=1)
    first = await export_secrets(world.core, await machine.caller(world))
    second = await export_secrets(world.core, await machine.caller(world))

    assert [each.name for each in first] == ["B", "C"]
    assert [each.name for each in second] == ["C"]
    reasons = [each["reason"] for each in await world.entries("secret_read_denied")]
    assert sorted(map(str, reasons)) == ["policy_rate", "policy_time", "policy_time"]


async def test_a_secret_has_one_policy(world: World, noon: MovableClock) -> None:
    """P-1: a policy is applied or removed completely or not at all, with one event, from the next read on."""
    project, elsewhere = await world.project("billing"), await world.project("shop")
    secret, other = await world.secret(project, "A"), await world.secret(project, "B")
    foreign = await world.secret(elsewhere, "C")
    machine = await granted_machine(world, project, secret, other)
    first, second = await policy(world, project, **NEVER), await policy(world, project, **NEVER)
    core, owner = world.core, world.owner
    await enforce_policy(core, owner, first.id)
    applied = await apply_policy(core, owner, first.id, secrets=[secret.id])
    with pytest.raises(Conflict, match="A has policy-0"):
        await apply_policy(core, owner, second.id, secrets=[other.id, secret.id])
    with pytest.raises(NotFound):
        await apply_policy(core, owner, first.id, secrets=[other.id, foreign.id])
    with pytest.raises(Conflict, match="1 secret has this policy"):
        await delete_policy(core, owner, first.id)

    assert (applied.changed, applied.policy.secrets) == (1, 1)
    assert (await read_secret(core, owner, secret.id)).policy_name == first.name
    assert (await read_secret(core, owner, other.id)).policy_id is None
    assert await outcome(world, machine, secret) == "policy_time"
    assert await outcome(world, machine, other) == "read"
    removed = await remove_policy(core, owner, first.id, secrets=[secret.id, other.id])
    assert (removed.changed, removed.policy.secrets) == (1, 0)
    assert await outcome(world, machine, secret) == "read"
    assert [("given", ["A"]), ("taken", ["A"])] == [
        (key, msgspec.json.decode(str(entry["detail"]))[key])
        for action, key in (("policy_apply", "given"), ("policy_remove", "taken"))
        for entry in await world.entries(action)
        if entry["outcome"] == "done"
    ]
    await delete_policy(core, owner, first.id)


async def test_deleting_for_good_takes_the_counts_along(world: World, noon: MovableClock) -> None:
    """S-7, V-3: secrets with a policy, and projects with policies, can be purged."""
    project = await world.project("billing")
    secret, other = await world.secret(project, "A"), await world.secret(project, "B")
    await enforced(world, project, secret, other, ttl_max_reads=5)
    core, owner = world.core, world.owner
    await delete_secret(core, owner, secret.id)
    await purge_secret(core, owner, secret.id)
    gone = await world.trashed_project("old")
    async with core.database.transaction(world.person.vault) as connection:
        await connection.execute("update project set trashed_at = null where id = $1", gone.id)
    await enforced(world, gone, await world.secret(gone, "C"), ttl_max_reads=5)
    async with core.database.transaction(world.person.vault) as connection:
        await connection.execute("update project set trashed_at = now() where id = $1", gone.id)
    await purge_project(core, owner, gone.id)

    assert await erase_project(core, system("erase", world.person.vault), gone.id)
    assert await rows(world, "policy_use", secret.id) == 0
    assert await rows(world, "policy_use", other.id) == 1


async def shadow(
    world: World, noon: MovableClock, names: Sequence[str], steps: int, within: timedelta
) -> tuple[PolicyReport, Counter[tuple[str, str]]]:
    """Read secrets with a policy in shadow mode, and equal ones with the same policy enforced.

    There are `steps` reads of each, spread over the time `within`. Returns the report, and the denials by
    machine and reason.
    """
    shadowed, strict = await world.project("shadowed"), await world.project("strict")
    pairs = [(await world.secret(shadowed, n), await world.secret(strict, n)) for n in names]
    machines = []
    for name in ("web-1", "web-2"):
        machine = await granted_machine(
            world, shadowed, *(pair[0] for pair in pairs), hostname=name
        )
        await grant(world, machine, strict, *(pair[1] for pair in pairs))
        machines.append(machine)
    conditions = {
        "time_window_enabled": True,
        "time_window_start": "06:00",
        "time_window_end": "20:00",
        "time_window_timezone": "Europe/Berlin",
        "time_window_days": [1, 2, 3, 4, 5],
        "ip_allowlist_enabled": True,
        "ip_allowlist_cidrs": ["127.0.0.0/24"],
        "co_sign_enabled": True,
        "co_sign_machine_id": str(machines[0].id),
        "co_sign_window_seconds": 7200,
        "rate_cap_enabled": True,
        "max_reads_per_day": 4,
        "ttl_max_reads": 12,
    }
    made = await policy(world, shadowed, **conditions)
    ids = [pair[0].id for pair in pairs]
    await apply_policy(world.core, world.owner, made.id, secrets=ids)
    await enforced(world, strict, *(pair[1] for pair in pairs), **conditions)
    denied: Counter[tuple[str, str]] = Counter()

    async def read_both(number: int, pair: tuple[SecretView, SecretView]) -> None:
        machine = machines[number % 5 % 2]
        address = "127.0.1.1" if number % 7 == 0 else "127.0.0.9"
        assert "read" == await outcome(world, machine, pair[0], address=address)
        told = await outcome(world, machine, pair[1], address=address)
        # Once a secret is gone, the machine doesn't learn why, but the report shows it.
        told = "policy_ttl" if told == "not_found" else told
        if told != "read":
            denied[str(machine.id), told] += 1

    for step in range(steps):
        noon.move(within / steps)
        for first in range(0, len(pairs), AT_ONCE):
            some = enumerate(pairs[first : first + AT_ONCE], first)
            # Secrets differ in who reads them when, unless there are only a few.
            await asyncio.gather(*(read_both(step + i // AT_ONCE, pair) for i, pair in some))
    return await report_policy(world.core, world.owner, made.id), denied


def check_report(report: PolicyReport, denied: Counter[tuple[str, str]], reads: int) -> None:
    assert (report.reads, report.complete) == (reads, True)
    assert report.denied == sum(denied.values())
    assert denied == {(str(each.machine_id), each.reason): each.reads for each in report.machines}


async def test_the_report_is_what_enforcing_would_have_denied(
    world: World, noon: MovableClock
) -> None:
    """P-3: a policy in shadow mode reports exactly the reads that it denies when it is enforced."""
    within = timedelta(hours=1, minutes=37) * 80
    report, denied = await shadow(world, noon, "ABC", 80, within)

    check_report(report, denied, 240)
    assert {reason for _, reason in denied} == {
        "policy_time",
        "policy_ip",
        "policy_cosign",
        "policy_rate",
        "policy_ttl",
    }
    assert {"A", "B", "C"} == {name for each in report.machines for name in each.secrets}


@pytest.mark.prove
async def test_the_report_about_a_thousand_secrets_and_a_week(
    world: World, noon: MovableClock
) -> None:
    """P-3: the same with 1,000 secrets and 48 reads of each within a week."""
    names = [f"KEY_{number}" for number in range(1000)]
    report, denied = await shadow(world, noon, names, 48, timedelta(days=6, hours=23))
    check_report(report, denied, 48_000)
    print(f"\n{report.reads:,} reads, {report.denied:,} denied: 0 differences from enforcing")


async def test_a_policy_change_waits_for_reads(world: World, noon: MovableClock) -> None:
    """R-5, P-1: after an edit has committed, no read that it denies commits."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    made = await enforced(world, project, secret, ttl_max_reads=1000)
    callers = [await machine.caller(world) for _ in range(30)]
    reads = [
        asyncio.create_task(read_secret_value(world.core, caller, secret.id)) for caller in callers
    ]
    await asyncio.sleep(0)
    await update_policy(world.core, world.owner, made.id, conditions=Conditions(**NEVER))
    outcomes = await asyncio.gather(*reads, return_exceptions=True)
    denied = sum(isinstance(each, PolicyDenied) for each in outcomes)
    (changed,) = await world.entries("policy_update")

    assert len(outcomes) == denied + sum(not isinstance(each, Exception) for each in outcomes)
    assert await outcome(world, machine, secret) == "policy_time"
    delivered = await world.entries("secret_read")
    assert all(int(str(each["tx"])) < int(str(changed["tx"])) for each in delivered)
