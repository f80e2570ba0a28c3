"""Explanations agree with real reads, leave no trace, and say what would have to change (P-3, P-4)."""

# ruff: noqa: TID251 -- cases that can be repeated

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from strongroom_core.db.connection import OpenConnection
from strongroom_core.grants.attachments import detach_machine, list_attachments
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Invalid, NotFound, StrongroomError
from strongroom_core.kernel.guardrails import Guardrails
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.lifecycle import disable_machine, enable_machine
from strongroom_core.policies.modes import shadow_policy
from strongroom_core.projects.freeze import freeze_project, unfreeze_project
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.reading.checks import POLICY_CHECKS, SECRET_CHECKS, refuse_read
from strongroom_core.reading.explain import (
    CHECKS,
    explain_own_read,
    explain_read,
    list_machine_access,
    list_project_access,
    list_secret_access,
)
from strongroom_core.secrets.listing import read_secret
from strongroom_core.secrets.trash import delete_secret
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.contents import contents
from strongroom_testkit.machine import (
    TestMachine,
    approved_machine,
    grant,
    granted_machine,
    temporary_machine,
)
from strongroom_testkit.people import make_person
from strongroom_testkit.policies import enforced
from strongroom_testkit.world import World

ROUNDS = int(os.environ.get("STRONGROOM_ROUNDS", "15"))
ALL_ROUNDS = int(os.environ.get("STRONGROOM_ROUNDS", "1000"))
VAULTS = 4
ALL_VAULTS = int(os.environ.get("STRONGROOM_VAULTS", "1000"))
NOON = datetime(2027, 3, 3, 12, tzinfo=UTC)
WORKDAYS: dict[str, Any] = {
    "time_window_enabled": True,
    "time_window_start": "06:00",
    "time_window_end": "20:00",
    "time_window_timezone": "Europe/Berlin",
    "time_window_days": [1, 2, 3, 4, 5],
}
LEFT = ("request_nonce", "known_pair")
"""What a machine's request for an explanation of its own access changes."""


@pytest.fixture
def noon(clock: MovableClock) -> MovableClock:
    """The clock, at noon on a Wednesday."""
    clock.move(NOON - clock.now())
    return clock


async def really(
    world: World, machine: TestMachine, secret: SecretView, address: str
) -> str | None:
    """Read a secret, and return the reason for a denial, or None."""
    try:
        caller = await machine.caller(world, address=address)
        await read_secret_value(world.core, caller, secret.id)
    except StrongroomError as error:
        return error.logged_as
    return None


async def agree(world: World, clock: MovableClock, rounds: int) -> dict[str | None, int]:
    """Change who can read what at random, and compare explanations with reads."""
    draw = random.Random(7)
    core = world.core
    project = await world.project("billing")
    secrets = [await world.secret(project, name) for name in "ABCD"]
    machines = [await approved_machine(world, f"web-{number}") for number in range(3)]
    machines.append(await temporary_machine(world, guardrails=Guardrails(cidrs=["127.0.0.0/24"])))
    for machine in machines:
        await grant(world, machine, project, *secrets)
    await enforced(world, project, secrets[0], **WORKDAYS)
    await enforced(
        world,
        project,
        secrets[1],
        co_sign_enabled=True,
        co_sign_machine_id=str(machines[0].id),
        co_sign_window_seconds=7200,
        ip_allowlist_enabled=True,
        ip_allowlist_cidrs=["127.0.0.0/16"],
    )
    await enforced(
        world, project, secrets[2], rate_cap_enabled=True, max_reads_per_minute=2, ttl_max_reads=60
    )
    seen: dict[str | None, int] = {}
    frozen = False
    for _ in range(rounds):
        clock.move(timedelta(minutes=draw.choice((0, 0, 1, 30, 600))))
        machine, secret = draw.choice(machines), draw.choice(secrets)
        match draw.randrange(8):
            case 0:
                await disable_machine(core, world.owner, str(machine.id))
            case 1 | 2:
                await enable_machine(core, world.owner, str(machine.id))
            case 3:
                await grant(world, machine, project, *draw.sample(secrets, draw.randrange(1, 5)))
            case 4 if not frozen:
                await freeze_project(core, world.owner, project.id, reason="a test")
                frozen = True
            case 5 | 6 if frozen:
                await unfreeze_project(core, world.owner, project.id, reason="a test")
                frozen = False
            case _:
                pass
        address = draw.choice(("127.0.0.9", "127.0.1.9", "127.1.0.9"))
        try:
            told = await explain_read(
                core, world.owner, secret.id, machine=str(machine.id), address=address
            )
        except NotFound:
            assert secret is secrets[2]
            secrets = [each for each in secrets if each is not secret]
            continue
        listed = await list_secret_access(core, world.owner, secret.id)
        mine = [each for each in listed if each.machine_id == machine.id]
        known = mine[0].address if mine else address
        there = await explain_read(
            core, world.owner, secret.id, machine=str(machine.id), address=known
        )
        assert [each.allowed for each in mine] == ([there.allowed] if mine else [])
        assert told.allowed is all(step.state == "passed" for step in told.steps)
        reason = await really(world, machine, secret, address)
        assert (told.reason, told.allowed) == (reason, reason is None)
        seen[reason] = seen.get(reason, 0) + 1
    return seen


async def test_explanations_agree_with_reads(world: World, noon: MovableClock) -> None:
    """P-3, P-4: in every state, both the explanation and the list match the outcome of the next read."""
    seen = await agree(world, noon, ROUNDS)

    assert {None, "frozen", "machine_disabled"} <= set(seen)


@pytest.mark.prove
async def test_explanations_agree_with_reads_in_many_states(
    world: World, noon: MovableClock
) -> None:
    """P-3, P-4: the same is true in 1,000 random states."""
    seen = await agree(world, noon, ALL_ROUNDS)
    print(f"\n{sum(seen.values())} reads, 0 differences: {seen}")


def test_explanations_run_the_checks_of_reads() -> None:
    """P-3: explanations use the same functions as reads, in the same order."""
    assert CHECKS[-len(POLICY_CHECKS) :] == POLICY_CHECKS
    assert CHECKS[-len(POLICY_CHECKS) - len(SECRET_CHECKS) : -len(POLICY_CHECKS)] == SECRET_CHECKS
    assert refuse_read.__module__ == SECRET_CHECKS[0].__module__


async def test_a_dry_run_says_what_would_have_to_change(world: World, noon: MovableClock) -> None:
    """P-3: for another time and address, each step is passed, failed or not reached."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    await enforced(
        world,
        project,
        secret,
        **WORKDAYS,
        ip_allowlist_enabled=True,
        ip_allowlist_cidrs=["10.0.0.0/8"],
    )
    core, owner = world.core, world.owner
    night = datetime(2027, 3, 4, 23, 58, tzinfo=UTC)
    told = await explain_read(
        core, owner, secret.id, machine=str(machine.id), at=night, address="10.1.1.1"
    )
    steps = {step.name: (step.state, step.detail) for step in told.steps}

    assert (told.allowed, told.reason, told.policy_name) == (False, "policy_time", "policy-0")
    assert steps["The machine has access to the secret"] == ("passed", None)
    assert steps["Time window"] == (
        "failed",
        "It is Friday 00:58 in Berlin. Reads are allowed Monday to Friday, 06:00 to 20:00 in Berlin.",
    )
    assert steps["IP allowlist"] == ("not_reached", None)
    assert [(each.text, each.needs) for each in told.remedies] == [
        ("Read within the time window", None),
        ("Change the policy policy-0", "policies.author"),
        ("Remove the policy policy-0 from the secret", "policies.author"),
    ]
    day = await explain_read(
        core, owner, secret.id, machine=str(machine.id), at=NOON, address="10.1.1.1"
    )
    assert day.allowed
    assert "✓ IP allowlist. Reads are allowed from 10.0.0.0/8." in day.summary
    assert told.policy_id is not None
    await shadow_policy(core, owner, told.policy_id)  # pyright: ignore[reportArgumentType]
    shadow = await explain_read(core, owner, secret.id, machine=str(machine.id))
    assert shadow.allowed
    assert shadow.note == "The policy policy-0 is in shadow mode and isn't checked."


async def test_explaining_leaves_no_trace(
    world: World, noon: MovableClock, administrator: OpenConnection
) -> None:
    """P-3: nothing is counted, logged or changed; a machine's own request uses up only its nonce."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    await enforced(world, project, secret, rate_cap_enabled=True, max_reads_per_minute=1)
    assert await really(world, machine, secret, "127.0.0.20") is None
    before = await contents(administrator, *LEFT)
    for _ in range(3):
        told = await explain_read(world.core, world.owner, secret.id, machine=str(machine.id))
        own = await explain_own_read(world.core, await machine.caller(world), secret=secret.id)
        await list_project_access(world.core, world.owner, project.id)
        assert (told.reason, own.reason) == ("policy_rate", "policy_rate")

    assert before == await contents(administrator, *LEFT)


async def test_a_machine_learns_only_what_a_read_would_tell(
    world: World, other_world: World, noon: MovableClock
) -> None:
    """V-7, P-3: without access, neither a secret's name nor its policy is in the explanation."""
    project = await world.project("billing")
    secret = await world.secret(project, "HIDDEN_NAME")
    theirs = await other_world.secret(await other_world.project("theirs"), "THEIRS")
    machine = await approved_machine(world)
    await grant(world, machine, project)
    await enforced(world, project, secret, **WORKDAYS)
    told = [
        await explain_own_read(world.core, await machine.caller(world), secret=each)
        for each in (secret.id, theirs.id, "sk_aaaaaaaaaaaaaaaa", "pasted")
    ]

    assert [each.reason for each in told] == ["no_grant", "not_found", "not_found", "not_found"]
    assert not any(text in str(told) for text in ("HIDDEN_NAME", "THEIRS", "policy-0", "pasted"))
    assert [each.name for each in told[1].steps] == [each.name for each in told[2].steps]
    assert told[0].steps[-1].name == "The machine has access to the secret"


async def test_lists_are_each_others_transpose(world: World, noon: MovableClock) -> None:
    """P-4: who can read a secret, what a machine can read, and a project's list all agree."""
    project, other = await world.project("billing"), await world.project("shop")
    secrets = [await world.secret(project, name) for name in "AB"]
    elsewhere = await world.secret(other, "C")
    first = await granted_machine(world, project, *secrets)
    second = await granted_machine(world, project, secrets[0], hostname="web-2")
    await grant(world, second, other, elsewhere)
    detached = await granted_machine(world, project, secrets[0], hostname="web-3")
    core, owner = world.core, world.owner
    await detach_machine(core, owner, project.id, machine=str(detached.id))
    await enforced(world, project, secrets[1], time_window_enabled=False, ttl_max_reads=1)
    await disable_machine(core, owner, str(second.id))
    gone = await world.secret(project, "GONE")
    await delete_secret(core, owner, gone.id)

    def pairs(found: Any) -> set[tuple[Any, ...]]:
        return {(each.machine_id, each.secret_id, each.allowed, each.reason) for each in found}

    by_secret = set[Any]().union(
        *[pairs(await list_secret_access(core, owner, each.id)) for each in [*secrets, elsewhere]]
    )
    by_machine = set[Any]().union(
        *[
            pairs(await list_machine_access(core, owner, str(each.id)))
            for each in (first, second, detached)
        ]
    )
    by_project = pairs(await list_project_access(core, owner, project.id)) | pairs(
        await list_project_access(core, owner, other.id)
    )

    assert by_secret == by_machine == by_project
    assert by_secret == {
        (first.id, secrets[0].id, True, None),
        (first.id, secrets[1].id, True, None),
        (second.id, secrets[0].id, False, "machine_disabled"),
        (second.id, elsewhere.id, False, "machine_disabled"),
    }


async def random_vault(
    world: World, draw: random.Random
) -> tuple[list[TestMachine], list[SecretView]]:
    """Fill a vault with machines, grants, policies, canaries and states, all at random."""
    core, owner = world.core, world.owner
    machines = [await approved_machine(world, f"web-{number}") for number in range(3)]
    machines.append(await temporary_machine(world, guardrails=Guardrails(cidrs=["127.0.0.0/24"])))
    secrets: list[SecretView] = []
    for name in ("billing", "shop"):
        project = await world.project(name)
        inside = [await world.secret(project, f"{name}-{letter}") for letter in "AB"]
        for machine in machines:
            if draw.random() < 0.8:
                granted = draw.sample(inside, draw.randrange(len(inside) + 1))
                await grant(world, machine, project, *granted)
                if draw.random() < 0.1:
                    await detach_machine(core, owner, project.id, machine=str(machine.id))
        if draw.random() < 0.3:
            inside_it = await attached(world, project.id, machines)
            canary = await world.canary(project, machines=[str(m.id) for m in inside_it[:1]])
            inside.append(await read_secret(core, owner, canary.id))
        if draw.random() < 0.7:
            conditions = draw.choice(
                (
                    {**WORKDAYS, "time_window_start": draw.choice(("06:00", "16:00"))},
                    {"ip_allowlist_enabled": True, "ip_allowlist_cidrs": ["127.0.0.0/28"]},
                    {
                        "co_sign_enabled": True,
                        "co_sign_machine_id": str(draw.choice(machines).id),
                        "co_sign_window_seconds": 60,
                    },
                    {"rate_cap_enabled": True, "max_reads_per_minute": draw.choice((1, 2))},
                    {"ttl_max_reads": draw.choice((1, 2))},
                )
            )
            # A co-signer must be attached to the project.
            with suppress(Invalid):
                await enforced(world, project, draw.choice(inside[:2]), **conditions)
        if draw.random() < 0.2:
            await freeze_project(core, owner, project.id, reason="a test")
        if draw.random() < 0.2:
            await delete_secret(core, owner, inside[0].id)
        secrets += inside
    if draw.random() < 0.3:
        await disable_machine(core, owner, str(draw.choice(machines).id))
    return machines, secrets


async def attached(
    world: World, project: str, machines: Sequence[TestMachine]
) -> list[TestMachine]:
    """Return those of the machines that are attached to a project."""
    page = await list_attachments(world.core, world.owner, ProjectId(project), PageRequest())
    ids = {each.machine_id for each in page.items}
    return [machine for machine in machines if machine.id in ids]


async def readers(world: World, secret: SecretView) -> dict[UUID, tuple[bool, str]]:
    """Return for each machine with a grant whether the list says that it can read, and from which address."""
    try:
        listed = await list_secret_access(world.core, world.owner, secret.id)
    except NotFound:
        return {}
    return {each.machine_id: (each.allowed, each.address) for each in listed}


async def compare_vaults(world: World, count: int) -> tuple[int, int]:
    """Compare lists with reads in this many random vaults. Return how many reads there were and succeeded."""
    draw = random.Random(count)
    reads = allowed = 0
    for number in range(count):
        person = await make_person(world.core, f"person-{number}", world.markers)
        each = replace(world, person=person)
        machines, secrets = await random_vault(each, draw)
        by_secret = {
            (machine, secret.id)
            for secret in secrets
            for machine, (can, _) in (await readers(each, secret)).items()
            if can
        }
        by_machine = {
            (machine.id, access.secret_id)
            for machine in machines
            for access in await list_machine_access(each.core, each.owner, str(machine.id))
            if access.allowed
        }
        assert by_secret == by_machine
        for machine, secret in draw.sample(
            [*product(machines, secrets)], len(machines) * len(secrets)
        ):
            told, address = (await readers(each, secret)).get(machine.id, (False, "127.0.0.9"))
            reason = await really(each, machine, secret, address)
            assert told is (reason is None), (reason, address)
            reads += 1
            allowed += told
    return reads, allowed


async def test_who_can_read_is_who_really_reads(world: World, noon: MovableClock) -> None:
    """P-4: a secret's list contains exactly the machines whose read succeeds; machines' lists agree."""
    reads, allowed = await compare_vaults(world, VAULTS)

    assert 0 < allowed < reads


@pytest.mark.prove
async def test_who_can_read_in_many_random_vaults(world: World, noon: MovableClock) -> None:
    """P-4: the same in 1,000 random vaults."""
    reads, allowed = await compare_vaults(world, ALL_VAULTS)
    print(f"\n{ALL_VAULTS:,} vaults, {reads:,} reads, {allowed:,} of them allowed: 0 differences")


async def test_wrong_times_and_addresses(world: World, noon: MovableClock) -> None:
    """P-3: a time without a zone, and text that isn't an address, are rejected."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    core, owner = world.core, world.owner
    with pytest.raises(Invalid, match="time zone"):
        await explain_read(
            core,
            owner,
            secret.id,
            machine=str(machine.id),
            at=datetime(2027, 1, 1),  # noqa: DTZ001 -- the mistake
        )
    with pytest.raises(Invalid, match="address"):
        await explain_read(core, owner, secret.id, machine=str(machine.id), address="10.0.0.0/8")
    with pytest.raises(NotFound):
        await explain_read(core, owner, secret.id, machine="nonsense")
