"""The reader of the audit log skips nothing, sends nothing twice, and logs gaps (N-1, N-4)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from strongroom_core.access.callers import system
from strongroom_core.alerts.deliveries import send_test_delivery
from strongroom_core.alerts.read import DIGEST, URGENT, mail_due, read_alerts, room_of
from strongroom_core.alerts.rules import (
    list_templates,
    mute_alerts,
    read_alert_rules,
    update_alert_rules,
)
from strongroom_core.alerts.webhooks import WebhookWish, delete_webhook, update_webhook
from strongroom_core.db.connection import connect
from strongroom_core.kernel.errors import CapReached, Changed, Invalid
from strongroom_core.kernel.ids import VaultId, WebhookId
from strongroom_core.limits.plans import read_vault_plan
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.secrets.canaries import CanaryAlerts, drill_canary, update_canary
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.plans import set_limits
from strongroom_worker import jobs

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.clock import MovableClock
    from strongroom_core.settings import Settings
    from strongroom_testkit.world import World

    from .conftest import Receiver


async def mailed(world: World) -> list[tuple[str, bool]]:
    """Return the actions of alerts, and whether each is emailed alone instead of waiting for a digest."""
    async with world.core.database.transaction(world.person.vault) as connection:
        rows = await connection.fetch(
            "select e.action, false as alone from mail_alert m join audit_entry e on e.id = m.entry"
            " union all select facts->>'event', true from mail where kind = 'alert' order by 1"
        )
    return [(row["action"], row["alone"]) for row in rows]


async def details(world: World, action: str) -> list[dict[str, Any]]:
    return [msgspec.json.decode(str(each["detail"])) for each in await world.entries(action)]


async def test_an_event_is_told_once(world: World, receiver: Receiver) -> None:
    """N-4: two simultaneous readers, and later runs, create only one delivery of each event."""
    await receiver.webhook("project_create")
    for number in range(5):
        await world.project(f"project-{number}")
    await asyncio.gather(*(jobs.alert(world.core) for _ in range(4)))
    await jobs.alert(world.core)
    await receiver.send()

    names = [each["data"]["detail"]["targetName"] for each in receiver.bodies()]
    assert [f"project-{number}" for number in range(5)] == sorted(names)


async def test_an_event_that_commits_late_is_not_skipped(
    world: World, receiver: Receiver, settings: Settings
) -> None:
    """N-4: events after a transaction that is still running wait for it, so that none is skipped."""
    await receiver.webhook("project_create")
    await jobs.alert(world.core)
    holder = await connect(settings.owner_database_url or "")
    try:
        await holder.execute("begin")
        await holder.fetchval("select pg_current_xact_id()")
        await world.project("billing")
        await receiver.run()
        meanwhile = len(receiver.bodies())
        await holder.execute("commit")
    finally:
        await holder.close()
    await receiver.run()

    assert (0, 1) == (meanwhile, len(receiver.bodies()))


async def test_rules_are_saved_together(world: World, receiver: Receiver) -> None:
    """N-1: all channels are saved together; the event lists what was added to and removed from each."""
    core, owner = world.core, world.owner
    made = await receiver.webhook("project_create")
    hook = made.webhook.id
    before = await read_alert_rules(core, owner)
    wanted = ["mail severity:critical", f"{hook} project_freeze", f"{hook} severity:high"]
    after = await update_alert_rules(core, owner, wanted, if_match=before.revision)
    [detail] = await details(world, "alerts_update")

    assert {"mail severity:critical", "mail severity:high", f"{hook} project_create"} == set(
        before.rules
    )
    assert set(wanted) == set(after.rules)
    assert {
        "given": ["ops: project_freeze", "ops: severity:high"],
        "taken": ["mail: severity:high", "ops: project_create"],
    } == detail
    with pytest.raises(Changed):
        await update_alert_rules(core, owner, wanted, if_match=before.revision)
    for wrong in ("mail no_such_action", "hook_aaaaaaaaaaaaaaaa project_freeze", "mail"):
        with pytest.raises(Invalid):
            await update_alert_rules(core, owner, [wrong])


async def test_a_severity_stands_for_its_actions(world: World, receiver: Receiver) -> None:
    """N-1: by default, the owner gets an email about everything that is high or critical."""
    project = await world.project("billing")
    await world.freeze(project)
    await receiver.run()

    assert [("project_freeze", False)] == await mailed(world)


async def test_a_canarys_own_channels(world: World, receiver: Receiver) -> None:
    """C-3: a canary's alerts go where its settings say or, without any, where the rules say."""
    core, owner = world.core, world.owner
    rules = await receiver.webhook("severity:critical", name="rules", path="/rules")
    own = await receiver.webhook(name="own", path="/own")
    project = await world.project("billing")
    machine = await granted_machine(world, project)
    [first, second] = [
        await world.canary(project, name, machines=[str(machine.id)]) for name in ("A", "B")
    ]
    chosen = CanaryAlerts([own.webhook.id])
    changed = await update_canary(core, owner, first.id, alerts=chosen, freeze=False)
    with pytest.raises(Invalid):
        await update_canary(core, owner, first.id, alerts=CanaryAlerts(["hook_aaaaaaaaaaaaaaaa"]))
    with pytest.raises(Invalid, match="at least one channel"):
        await update_canary(core, owner, first.id, alerts=CanaryAlerts([]))
    await read_secret_value(core, await machine.caller(world), first.id)
    await read_secret_value(core, await machine.caller(world), second.id)
    await receiver.run()
    told = [each["data"]["detail"]["targetName"] for each in receiver.bodies("/own")]
    by_rules = [each["data"]["detail"]["targetName"] for each in receiver.bodies("/rules")]

    assert [own.webhook.id] == changed.alert_channels
    assert (["A"], ["B"]) == (told, by_rules)
    assert ("canary_triggered", True) in await mailed(world)
    assert rules.webhook.id not in (changed.alert_channels or [])


@pytest.mark.parametrize("deleted", [True, False])
async def test_a_canary_without_a_working_webhook_is_mailed(
    world: World, receiver: Receiver, *, deleted: bool
) -> None:
    """C-3: if all of a canary's own webhooks are disabled or deleted, its alerts are sent by email."""
    core, owner = world.core, world.owner
    hook = WebhookId((await receiver.webhook(name="own", path="/own")).webhook.id)
    project = await world.project("billing")
    machine = await granted_machine(world, project)
    canary = await world.canary(project, "A", machines=[str(machine.id)])
    await update_canary(core, owner, canary.id, alerts=CanaryAlerts([hook]), freeze=False)
    if deleted:
        await delete_webhook(core, owner, hook)
    else:
        await update_webhook(core, owner, hook, WebhookWish(enabled=False))
    drill = await drill_canary(core, owner, canary.id)
    await read_secret_value(core, await machine.caller(world), canary.id)
    await receiver.run()

    assert ["mail"] == drill.alerts_to
    assert {("canary_drill", True), ("canary_triggered", True)} <= set(await mailed(world))


async def test_a_drill_goes_where_the_alarm_would(world: World, receiver: Receiver) -> None:
    """C-5: a drill's alert says *drill*, and is sent the same way as a real one, by webhook and email."""
    await receiver.webhook("canary_triggered")
    project = await world.project("billing")
    canary = await world.canary(project)
    await drill_canary(world.core, world.owner, canary.id)
    await receiver.run()
    [body] = receiver.bodies()

    assert ("canary_drill", True) == (body["event"], body["data"]["detail"]["drill"])
    assert ("canary_drill", True) in await mailed(world)


@pytest.fixture
async def few(world: World) -> None:
    """A plan with ten deliveries a day."""
    await set_limits(world.core, deliveries_per_day=10)


@pytest.mark.usefixtures("few")
async def test_the_days_deliveries(world: World, receiver: Receiver) -> None:
    """Q-2: the cap is exact for simultaneous readers, and one event and one email report it."""
    hook = await receiver.webhook("project_create", "severity:critical")
    for number in range(14):
        await world.project(f"project-{number}")
    await asyncio.gather(*(jobs.alert(world.core) for _ in range(3)))
    await receiver.run()
    rules = await read_alert_rules(world.core, world.owner)
    plan = await read_vault_plan(world.core, world.owner)
    [use] = [each for each in plan.usage if each.cap == "deliveries_per_day"]
    with pytest.raises(CapReached) as error:
        await send_test_delivery(world.core, world.owner, WebhookId(hook.webhook.id))

    assert (10, 10, True) == (use.used, use.most, use.nearly)
    assert (
        "the Default plan's limit has been reached: 10 of 10 webhook deliveries a day (UTC) used; try again"
        " later, or see Settings → Plan for a larger plan"
    ) == error.value.message
    assert 10 == len(receiver.bodies())
    assert [{"deliveries": 10}] == await details(world, "alerts_capped")
    assert rules.capped
    assert 1 == [action for action, _ in await mailed(world)].count("alerts_capped")


@pytest.mark.usefixtures("few")
async def test_a_critical_alert_without_room_is_mailed(world: World, receiver: Receiver) -> None:
    """Q-2: when the day's deliveries are used up, a webhook's critical alert is sent by email instead."""
    made = await receiver.webhook("project_create", "severity:critical")
    hook = made.webhook.id
    rules = [f"{hook} project_create", f"{hook} severity:critical"]
    await update_alert_rules(world.core, world.owner, rules)
    project = await world.project("billing")
    machine = await granted_machine(world, project)
    canary = await world.canary(project, machines=[str(machine.id)])
    for number in range(10):
        await world.project(f"project-{number}")
    await read_secret_value(world.core, await machine.caller(world), canary.id)
    await receiver.run()

    assert 10 == len(receiver.bodies())
    assert ("canary_triggered", True) in await mailed(world)


async def test_the_count_begins_anew_each_day() -> None:
    """Q-2: yesterday's deliveries don't count."""
    at = datetime.fromisoformat("2026-11-30T00:00:01+00:00")
    state = {"day": at.date() - timedelta(days=1), "deliveries": 10_000}

    today = state | {"day": at.date()}

    assert (10_000, 0) == (room_of(state, at, 10_000), room_of(today, at, 10_000))


async def test_a_restored_backup_is_said(core: Core, world: World, receiver: Receiver) -> None:
    """N-4: after a restore, one event says that alerts may be missing; the backup's events cause alerts."""
    await receiver.webhook("project_create")
    await world.project("before")
    await receiver.run()
    await world.project("in-the-backup")
    async with core.database.transaction(world.person.vault) as connection:
        await connection.execute("update alert_state set told = told - 1")
    await receiver.run()
    await receiver.run()

    assert [{"gap": "restored"}] == await details(world, "alerts_gap")
    assert 2 == len(receiver.bodies())


async def test_pruned_events_are_said(
    core: Core, world: World, receiver: Receiver, settings: Settings
) -> None:
    """N-4: if events were removed before they were read, one event says so, and reading continues."""
    await receiver.webhook("project_create")
    await world.project("read")
    await receiver.run()
    await world.project("pruned")
    owner = await connect(settings.owner_database_url or "")
    try:
        await owner.execute("alter table audit_entry disable trigger append_only")
        await owner.execute(f"delete from audit_entry where vault = '{world.person.vault}'")
        await owner.execute("alter table audit_entry enable trigger append_only")
    finally:
        await owner.close()
    await world.project("after")
    await receiver.run()
    await receiver.run()
    names = [each["data"]["detail"]["targetName"] for each in receiver.bodies()]

    assert [{"gap": "pruned"}] == await details(world, "alerts_gap")
    assert ["read", "after"] == names
    assert ("alerts_gap", False) in await mailed(world)
    assert core.incarnation == 1


async def test_other_vaults_are_not_read(
    world: World, other_world: World, receiver: Receiver
) -> None:
    """N-1: a vault's rules apply to its own events."""
    await receiver.webhook("project_create")
    await other_world.project("theirs")
    await receiver.run()
    read = await read_alerts(world.core, system("read_alerts", VaultId(other_world.person.vault)))

    assert [] == receiver.bodies()
    assert 0 == read.events


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, "2026-11-30T10:05:00"),
        ({"muted_until": "2026-11-30T12:00:00"}, "2026-11-30T12:00:00"),
        ({"quiet_from": 22 * 60, "quiet_until": 7 * 60}, "2026-11-30T10:05:00"),
        ({"quiet_from": 10 * 60, "quiet_until": 11 * 60}, "2026-11-30T11:00:00"),
        (
            {"muted_until": "2026-11-30T23:00:00", "quiet_from": 22 * 60, "quiet_until": 7 * 60},
            "2026-12-01T07:00:00",
        ),
        (
            {"muted_until": "9999-12-31T22:00:00", "quiet_from": 12 * 60, "quiet_until": 60},
            "2026-12-30T10:00:00",
        ),
    ],
)
def test_when_alerts_are_mailed(state: dict[str, Any], expected: str) -> None:
    """N-1: alerts are sent with the digest, but not before muting and quiet hours have ended."""
    at = datetime.fromisoformat("2026-11-30T10:00:00+00:00")
    whole: dict[str, Any] = {"muted_until": None, "quiet_from": None, "quiet_until": None, **state}
    if whole["muted_until"] is not None:
        whole["muted_until"] = datetime.fromisoformat(f"{whole['muted_until']}+00:00")

    assert f"{expected}+00:00" == mail_due(whole, at, at + DIGEST).isoformat()


async def test_muting(world: World, receiver: Receiver) -> None:
    """N-1: muting and quiet hours are settings of the vault, and each change is an event."""
    until = world.core.clock.now() + timedelta(hours=8)
    muted = await mute_alerts(
        world.core, world.owner, until=until, quiet_from=22 * 60, quiet_until=7 * 60
    )

    assert (until, 22 * 60, 7 * 60) == (muted.muted_until, muted.quiet_from, muted.quiet_until)
    assert 1 == len(await world.entries("alerts_mute"))
    for hours in ((None, 3), (3, None), (-1, 3), (3, 1440)):
        with pytest.raises(Invalid):
            await mute_alerts(
                world.core, world.owner, until=None, quiet_from=hours[0], quiet_until=hours[1]
            )
    now = world.core.clock.now()
    for late in (now + timedelta(days=31), datetime(9999, 12, 31, 22, tzinfo=UTC)):
        with pytest.raises(Invalid):
            await mute_alerts(
                world.core, world.owner, until=late, quiet_from=12 * 60, quiet_until=60
            )
    assert receiver.outside.received == []


async def test_examples_of_templates(world: World) -> None:
    """N-2: each template is shown with an example before it is chosen."""
    examples = await list_templates(world.core, world.owner)

    assert 6 == len(examples)
    assert all(msgspec.json.decode(each.body) for each in examples)


async def queued(world: World) -> list[tuple[str, dict[str, str], str | None]]:
    """Return the emails that are queued in the vault: kind, facts and subject."""
    async with world.core.database.transaction(world.person.vault) as connection:
        rows = await connection.fetch("select kind, facts, subject from mail order by id")
    return [(row["kind"], msgspec.json.decode(row["facts"]), row["subject"]) for row in rows]


async def test_many_alerts_become_one_digest(
    world: World, receiver: Receiver, clock: MovableClock
) -> None:
    """N-1: 500 alerts within a minute cause one email; critical ones are emailed immediately."""
    core, owner = world.core, world.owner
    await update_alert_rules(core, owner, ["mail project_create", "mail severity:critical"])
    project = await world.project("billing")
    machine = await granted_machine(world, project)
    canary = await world.canary(project, machines=[str(machine.id)])
    async with core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            "insert into audit_entry (vault, id, at, incarnation, action, severity, outcome, actor_kind,"
            " actor_name, target_name, address, request_id, salt)"
            " select $1, gen_random_uuid(), $2, $3, 'project_create', 'low', 'done', 'system', 'a job',"
            " 'project-' || n, 'local', 'req', decode(repeat('00', 16), 'hex')"
            " from generate_series(1, 499) n",
            *(world.person.vault, clock.now(), core.incarnation),
        )
    await read_secret_value(core, await machine.caller(world), canary.id)
    await receiver.run()
    at_once = await queued(world)
    clock.move(timedelta(minutes=5, seconds=1))
    await receiver.run()
    both = await queued(world)
    [(entry, _)] = [(each["id"], each) for each in await world.entries("canary_triggered")]

    assert [("alert", str(entry))] == [(kind, subject) for kind, _, subject in at_once]
    facts = at_once[0][1]
    assert ("Critical", "canary_triggered", "ROOT_PASSWORD") == tuple(
        facts[name] for name in ("severity", "event", "target")
    )
    assert "read the canary ROOT_PASSWORD" in facts["headline"]
    assert ["alert", "alert_digest"] == [kind for kind, _, _ in both]
    digest = both[1][1]
    assert ("500 alerts", "And 480 more.") == (digest["alerts"], digest["line20"])
    assert [("canary_triggered", True)] == await mailed(world)


async def add_reads_of_canaries(
    world: World, number: int, action: str = "canary_triggered"
) -> None:
    core, vault = world.core, world.person.vault
    async with core.database.transaction(vault) as connection:
        await connection.execute(
            "insert into audit_entry (vault, id, at, incarnation, action, severity, outcome, actor_kind,"
            " actor_name, target_name, address, request_id, salt)"
            " select $1, gen_random_uuid(), $2, $3, $4, 'critical', 'done', 'system', 'a job',"
            " 'BAIT', 'local', 'req', decode(repeat('00', 16), 'hex') from generate_series(1, $5)",
            *(vault, core.clock.now(), core.incarnation, action, number),
        )


async def test_very_many_critical_alerts_become_digests(
    world: World, receiver: Receiver, clock: MovableClock
) -> None:
    """N-1, N-4: 20 critical alerts an hour are emailed at once, and all others in one digest per 5 minutes.

    The first one about another action is never delayed. After an hour, alerts are emailed at once again.
    """
    await world.project("billing")
    await receiver.run()
    for _ in range(3):
        await add_reads_of_canaries(world, 10)
        await receiver.run()
        clock.move(timedelta(minutes=1))
    await add_reads_of_canaries(world, 2, "certificate_problem")
    await add_reads_of_canaries(world, 290)
    await receiver.run()
    at_once = [facts["event"] for kind, facts, _ in await queued(world) if kind == "alert"]
    for _ in range(5):
        clock.move(timedelta(minutes=1))
        await receiver.run()
    digests = [facts for kind, facts, _ in await queued(world) if kind == "alert_digest"]
    clock.move(timedelta(hours=1))
    await add_reads_of_canaries(world, 1)
    await receiver.run()
    after = [kind for kind, _, _ in await queued(world)]

    assert [*["canary_triggered"] * URGENT, "certificate_problem"] == at_once
    assert ["301 alerts (301 critical)"] == [facts["alerts"] for facts in digests]
    assert digests[0]["line00"].endswith("(300 times)")
    assert "line02" not in digests[0]
    assert "alert" == after[-1]
    assert URGENT + 2 == after.count("alert")


async def test_alerts_over_some_minutes_become_one_digest(
    world: World, receiver: Receiver, clock: MovableClock
) -> None:
    """N-1: the alerts of five minutes are one digest, however they are spread over this time."""
    await update_alert_rules(world.core, world.owner, ["mail project_create"])
    for number in range(5):
        await world.project(f"project-{number}")
        await receiver.run()
        clock.move(timedelta(minutes=1))
    for _ in range(6):
        await receiver.run()
        clock.move(timedelta(minutes=1))

    assert ["5 alerts"] == [facts["alerts"] for _, facts, _ in await queued(world)]
