"""Enrollment tokens, and the ephemeral machines that enroll with them (M-5, M-6)."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from nacl.signing import SigningKey

from strongroom_core.core import Core
from strongroom_core.crypto.random import random_bytes
from strongroom_core.db.connection import Connection
from strongroom_core.grants.scope import Scope
from strongroom_core.kernel.authority import Access, ProjectCapability, SecretKind
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import (
    Conflict,
    Invalid,
    MachineExpired,
    NotFound,
    Refused,
    StrongroomError,
)
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.enrollment import (
    NewToken,
    create_enrollment_token,
    enroll_machine,
    list_enrollment_tokens,
    revoke_enrollment_token,
)
from strongroom_core.machines.listing import read_machine
from strongroom_core.machines.terms import Terms
from strongroom_core.machines.views import EnrollmentTokenMade, Registered
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.secrets.trash import delete_secret
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.machine import TestMachine
from strongroom_testkit.people import visitor
from strongroom_testkit.waiting import until_waiting
from strongroom_testkit.world import World

PAGE = PageRequest.parse(limit=None, cursor=None)
TERMS = Terms(machine_lifetime=3600, max_uses=10)
MOMENT = timedelta(microseconds=1)


async def made(
    world: World, terms: Terms = TERMS, *, lifetime: int = 86_400
) -> EnrollmentTokenMade:
    """Create a token, recorded as a secret."""
    wanted = NewToken(name="autoscaling", lifetime=lifetime, terms=terms)
    token = await create_enrollment_token(world.core, world.owner, wanted)
    world.markers.note(token.token)
    return token


async def enroll(
    world: World,
    token: str,
    *,
    core: Core | None = None,
    key: SigningKey | None = None,
    **says: Any,
) -> Registered:
    """Enroll a machine with a new key."""
    key = key or SigningKey(random_bytes(32))
    address = says.pop("address", "127.0.3.1")
    return await enroll_machine(
        core or world.core,
        visitor(address),
        says.pop("vault", world.person.vault),
        token,
        public_key=b64encode(bytes(key.verify_key)).decode(),
        hostname=says.pop("hostname", "runner-7"),
        **says,
    )


async def test_an_enrolled_machine_reads_at_once_and_only_what_the_token_gives(
    world: World, clock: MovableClock
) -> None:
    """M-5, M-6: an enrolled machine is approved and has its access until exactly the end of its lifetime."""
    project = await world.project("checkout")
    given, other = await world.secret(project, "GIVEN"), await world.secret(project, "OTHER")
    token = await made(world, replace(TERMS, scope=Scope([project.id], [given.id])))
    key = SigningKey(random_bytes(32))
    registered = await enroll(world, token.token, key=key)
    machine = TestMachine(registered.machine, key)
    read = await read_secret_value(world.core, await machine.caller(world), given.id)
    with pytest.raises(Refused, match="isn't granted"):
        await read_secret_value(world.core, await machine.caller(world), other.id)
    clock.move(timedelta(hours=1) - MOMENT)
    await read_secret_value(world.core, await machine.caller(world), given.id)
    clock.move(MOMENT)
    with pytest.raises(MachineExpired):
        await read_secret_value(world.core, await machine.caller(world), given.id)
    view = await read_machine(world.core, world.owner, str(registered.machine))

    assert await world.open_value(given.id) == read.value.reveal().decode()
    assert ("ephemeral", "runner-7", token.view.id) == (
        view.enrolled_by,
        view.name,
        view.enrolled_with,
    )
    assert registered.expires_at == view.expires_at
    (entry,) = await world.entries("machine_enroll")
    assert str(registered.machine) == entry["target_id"]
    assert '"given": ["checkout/GIVEN"]' in str(entry["detail"])
    (creation,) = await world.entries("enrollment_token_create")
    assert '"given": ["checkout/GIVEN"]' in str(creation["detail"])


@pytest.mark.parametrize(
    ("terms", "says", "code"),
    [
        ({"source_cidrs": ["10.20.0.0/16"]}, {"address": "10.21.0.1"}, "enrollment_address"),
        ({"source_cidrs": ["10.20.0.0/16"]}, {"address": "local"}, "enrollment_address"),
        ({"hostname_pattern": "run"}, {}, "enrollment_hostname"),
        ({"hostname_pattern": "runner-[0-9]"}, {"hostname": "runner-77"}, "enrollment_hostname"),
        ({"max_uses": 1}, {}, "enrollment_used_up"),
    ],
)
async def test_each_term_denies_with_its_reason_and_an_event(
    world: World, terms: Mapping[str, Any], says: Mapping[str, Any], code: str
) -> None:
    """M-5: a wrong network, a hostname that doesn't match completely, and one use too many are denied."""
    token = await made(world, replace(TERMS, **terms))
    if code == "enrollment_used_up":
        await enroll(world, token.token)
    with pytest.raises(Refused) as denied:
        await enroll(world, token.token, **says)
    *_, entry = await world.entries("machine_enroll")

    assert code == denied.value.code
    assert ("refused", code, token.view.id) == (
        entry["outcome"],
        entry["reason"],
        entry["target_id"],
    )


async def test_a_token_works_until_it_expires_or_is_revoked(
    world: World, clock: MovableClock
) -> None:
    """M-5: a token works until a microsecond before it expires; revoking it doesn't affect machines."""
    token, other = await made(world, lifetime=600), await made(world)
    enrolled = await enroll(world, other.token)
    await revoke_enrollment_token(world.core, world.owner, other.view.id)
    with pytest.raises(Refused) as revoked:
        await enroll(world, other.token)
    with pytest.raises(Conflict):
        await revoke_enrollment_token(world.core, world.owner, other.view.id)
    clock.move(timedelta(seconds=600) - MOMENT)
    await enroll(world, token.token)
    clock.move(MOMENT)
    with pytest.raises(Refused) as expired:
        await enroll(world, token.token)
    listed = await list_enrollment_tokens(world.core, world.owner, PAGE)
    view = await read_machine(world.core, world.owner, str(enrolled.machine))

    denied = [each for each in await world.entries("machine_enroll") if each["reason"]]

    assert ["enrollment_revoked", "enrollment_expired"] == [revoked.value.code, expired.value.code]
    assert [revoked.value.code, expired.value.code] == [each["reason"] for each in denied]
    assert {token.view.id: "expired", other.view.id: "revoked"} == {
        each.id: each.state for each in listed.items
    }
    assert view.enabled


async def test_tokens_that_dont_exist_here_look_alike(world: World, other_world: World) -> None:
    """V-7: an unknown token, a mistyped one, and one of another vault are not found."""
    token = await made(world)
    for text, vault in (
        (token.token, other_world.person.vault),
        (token.token[:-1], world.person.vault),
        ("sre_" + "A" * 48, world.person.vault),
        ("", world.person.vault),
    ):
        with pytest.raises(NotFound, match="enrollment token not found"):
            await enroll(world, text, vault=vault)

    assert [] == await world.entries("machine_enroll")


async def test_parallel_enrollments_use_a_token_exactly_up_to_its_limit(
    world: World, cluster: Cluster
) -> None:
    """M-5: of 40 simultaneous enrollments over two pools, the token allows exactly ten."""
    token = await made(world, replace(TERMS, max_uses=10_000))
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute("update enrollment_token set uses = 9990")
    second = await open_core(world.core.settings)
    await unseal(second, cluster.root)
    try:
        results = await asyncio.gather(
            *(
                enroll(world, token.token, core=core)
                for _ in range(20)
                for core in (world.core, second)
            ),
            return_exceptions=True,
        )
    finally:
        await second.database.close()
    denied = [each.code for each in results if isinstance(each, StrongroomError)]

    assert ["enrollment_used_up"] * 30 == denied
    assert 10 == sum(isinstance(each, Registered) for each in results)


async def test_names_follow_the_template(world: World) -> None:
    """M-5: the template determines the name, otherwise the machine's request, otherwise its hostname."""
    token = await made(world, replace(TERMS, name_template="ci-{hostname}-{n}-{uuid8}"))
    plain = await made(world)
    names = [(await enroll(world, token.token, name="mine")).name for _ in range(2)]
    own = (await enroll(world, plain.token, name="mine")).name

    assert ["ci-runner-7-1", "ci-runner-7-2"] == [name.rpartition("-")[0] for name in names]
    assert names[0][-8:] != names[1][-8:]
    assert "mine" == own


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"hostname_pattern": "a(?=b)"}, "hostnamePattern"),
        ({"hostname_pattern": r"(a)\1"}, "hostnamePattern"),
        ({"hostname_pattern": "(" * 10}, "hostnamePattern"),
        ({"hostname_pattern": "a" * 256}, "hostnamePattern"),
        ({"name_template": "{other}"}, "nameTemplate"),
        ({"name_template": "{n"}, "nameTemplate"),
        ({"name_template": "{}"}, "nameTemplate"),
        ({"source_cidrs": ["10.0.0.1/8"]}, "sourceCidrs"),
        ({"source_cidrs": ["example.com"]}, "sourceCidrs"),
        ({"source_cidrs": ["10.0.0.0/8"] * 101}, "sourceCidrs"),
        ({"machine_lifetime": 299}, "machineLifetimeSeconds"),
        ({"machine_lifetime": 366 * 86_400 + 1}, "machineLifetimeSeconds"),
        ({"machine_lifetime": 10**30}, "machineLifetimeSeconds"),
        ({"source_cidrs": ["fe80::1%eth0"]}, "sourceCidrs"),
        ({"max_uses": 0}, "maxUses"),
        ({"max_uses": 10_001}, "maxUses"),
    ],
)
async def test_invalid_terms(world: World, changes: Mapping[str, Any], field: str) -> None:
    """M-5: unsupported patterns, templates with other braces, and numbers out of range are rejected."""
    with pytest.raises(Invalid) as invalid:
        await made(world, replace(TERMS, **changes))

    assert field == invalid.value.field
    assert "(a)" not in invalid.value.message


async def test_a_scope_needs_the_rights_it_gives(world: World, other_world: World) -> None:
    """O-3, V-7: the projects and secrets must exist, and the person must be able to grant them."""
    project = await world.project("checkout")
    secret = await world.secret(project, "GIVEN")
    foreign = await other_world.project("foreign")
    for scope, error in (
        (Scope([foreign.id], []), NotFound),
        (Scope([project.id], ["sk_aaaaaaaaaaaaaaaa"]), NotFound),
        (Scope([project.id, project.id], []), Invalid),
    ):
        with pytest.raises(error):
            await made(world, replace(TERMS, scope=scope))
    attacher = replace(
        world.owner,
        authority=replace(
            world.owner.authority,
            access=Access(
                everywhere=True,
                rights=frozenset({(ProjectCapability.MACHINES_ATTACH, SecretKind.SINGLE)}),
            ),
        ),
    )
    wanted = NewToken(
        name="x", lifetime=600, terms=replace(TERMS, scope=Scope([project.id], [secret.id]))
    )
    with pytest.raises(Refused, match=r"grants\.manage"):
        await create_enrollment_token(world.core, attacher, wanted)


async def test_deleted_secrets_are_not_granted(world: World) -> None:
    """S-7: a token gives no access to a secret in the trash, and the enrollment succeeds."""
    project = await world.project("checkout")
    gone, kept = await world.secret(project, "GONE"), await world.secret(project, "KEPT")
    token = await made(world, replace(TERMS, scope=Scope([project.id], [gone.id, kept.id])))
    await delete_secret(world.core, world.owner, gone.id)
    registered = await enroll(world, token.token)
    view = await read_machine(world.core, world.owner, str(registered.machine))

    assert (1, 1) == (view.projects, view.grants)


async def test_a_key_enrolls_once(world: World) -> None:
    """M-1: the second attempt is a conflict, and doesn't count as a use of the token."""
    token, key = await made(world), SigningKey(random_bytes(32))
    await enroll(world, token.token, key=key)
    with pytest.raises(Conflict):
        await enroll(world, token.token, key=key)
    listed = await list_enrollment_tokens(world.core, world.owner, PAGE)

    assert [1] == [each.uses for each in listed.items]


async def test_a_token_that_expires_while_its_row_is_locked_is_expired(
    world: World, clock: MovableClock, administrator: Connection
) -> None:
    """M-5: the time is taken after waiting for others, so the expiry is exact."""
    token = await made(world, lifetime=3600)
    await administrator.execute("begin")
    await administrator.execute("select from enrollment_token for update")
    waiting = asyncio.create_task(enroll(world, token.token))
    await until_waiting(administrator)
    clock.move(timedelta(hours=1))
    await administrator.execute("commit")

    with pytest.raises(Refused, match="has expired"):
        await waiting
