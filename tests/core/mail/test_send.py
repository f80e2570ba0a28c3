"""The email queue: each email is sent once, retried or given up, and never stored with a secret in it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from strongroom_core.access import gate
from strongroom_core.access.actions.projects import PROJECT_CREATE
from strongroom_core.access.callers import system
from strongroom_core.alerts.rules import KEEP_STATE, read_alert_rules
from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.mail.kinds import MailKind
from strongroom_core.mail.put import put_mail
from strongroom_core.mail.send import MailDelayed, due_mail, send_mail
from strongroom_core.mail.state import MailState, mail_state, send_test_mail
from strongroom_core.maintain import sweep
from strongroom_testkit.mail_server import MailServer, mail_server, settings_for
from strongroom_testkit.people import Person
from strongroom_testkit.world import World, entries_of

FACTS = {"username": "ada", "at": "now", "address": "127.0.0.1"}
CLOSED = MailKind.ACCOUNT_CLOSED
ALERT = {
    "severity": "Critical",
    "headline": "A canary was read",
    "sentence": "A canary was read",
    "at": "now",
    "actor": "web",
    "target": "KEY",
    "address": "127.0.0.1",
    "vault": "Ada's",
}


@pytest.fixture
async def mails(core: Core) -> AsyncIterator[MailServer]:
    """The mail server."""
    async with mail_server(MailServer()) as server:
        core.settings = replace(core.settings, **settings_for(server))
        yield server


async def queue(core: Core, *addresses: str) -> None:
    async with core.database.transaction(INSTALLATION) as connection:
        for address in addresses:
            await put_mail(connection, CLOSED, at=core.clock.now(), address=address, facts=FACTS)


async def work(core: Core) -> None:
    for due in await due_mail(core):
        await send_mail(core, system("send_mail", due.vault), due.id)


async def state_of(core: Core) -> MailState:
    async with core.database.transaction(INSTALLATION) as connection:
        return await mail_state(core, connection)


async def test_mail_is_rolled_back_with_its_act(
    core: Core, world: World, mails: MailServer
) -> None:
    """A-1: email is queued in the act's transaction, in any vault, so an act that fails sends nothing."""
    with pytest.raises(ZeroDivisionError):
        async with gate.perform(core, world.owner, PROJECT_CREATE) as act:
            await put_mail(
                act.connection, CLOSED, at=act.at, address="a@b.example", vault=act.vault
            )
            raise ZeroDivisionError
    async with gate.perform(core, world.owner, PROJECT_CREATE) as act:
        await put_mail(
            act.connection,
            CLOSED,
            at=act.at,
            account=world.person.account,
            facts=FACTS,
            vault=act.vault,
        )
    await work(core)

    assert mails.recipients == [[world.person.email]]


async def test_several_workers_send_each_mail_once(
    core: Core, owner: Person, mails: MailServer
) -> None:
    """A-1: each email is sent by only one worker, no matter how many there are."""
    await queue(core, *(f"a{number}@example.org" for number in range(10)))
    due = await due_mail(core)
    await asyncio.gather(
        *(send_mail(core, system("send_mail", each.vault), each.id) for each in due * 5)
    )

    assert sorted(mails.recipients) == sorted([f"a{number}@example.org"] for number in range(10))
    assert (await state_of(core)).sent == 10


async def test_vaults_take_turns_after_accounts(
    core: Core, world: World, other_world: World, clock: MovableClock
) -> None:
    """A-1, N-1: a vault's many emails delay neither links for signing in nor other vaults' emails."""
    for vault, number in (
        (world.person.vault, 40),
        (other_world.person.vault, 2),
        (INSTALLATION, 3),
    ):
        async with core.database.transaction(vault) as connection:
            for _ in range(number):
                await put_mail(
                    connection, CLOSED, at=clock.now(), address="a@example.org", vault=vault
                )
        clock.move(timedelta(seconds=1))
    vaults = [due.vault for due in await due_mail(core, most=10)]

    assert [INSTALLATION] * 3 == vaults[:3]
    assert [world.person.vault, other_world.person.vault] * 2 == vaults[3:7]
    assert [world.person.vault] * 3 == vaults[7:]


async def test_a_worker_that_was_killed(
    core: Core, owner: Person, mails: MailServer, clock: MovableClock, administrator: OpenConnection
) -> None:
    """A-1: an email that a worker had claimed when it was killed is sent by another, three minutes later."""
    await queue(core, "a@example.org")
    [due] = await due_mail(core)
    mails.drops = "DATA"
    with pytest.raises(MailDelayed):
        await send_mail(core, system("send_mail", due.vault), due.id)
    # This is how a claim leaves the row.
    await administrator.execute(
        "update mail set problem = null, due_at = $1", clock.now() + timedelta(minutes=3)
    )
    mails.drops = ""
    await work(core)
    early = len(mails.mails)
    clock.move(timedelta(minutes=3))
    await work(core)

    assert (early, len(mails.mails)) == (0, 1)


async def test_a_server_that_is_away_is_tried_again_for_a_day(
    core: Core, owner: Person, mails: MailServer, clock: MovableClock
) -> None:
    """A-1: the administrator sees the problem in words; waits grow to an hour, and end after a day."""
    await queue(core, "a@example.org")
    core.settings = replace(core.settings, smtp_port=1)
    waits: list[float] = []
    began = clock.now()
    for _ in range(60):
        due = await due_mail(core)
        if not due:
            clock.move(timedelta(seconds=5))
            continue
        waits.append((clock.now() - began).total_seconds())
        with pytest.raises(MailDelayed):
            await work(core)
        if len(waits) == 4:
            break
    seen = await state_of(core)
    clock.move(timedelta(hours=24))
    await work(core)
    given_up = await state_of(core)
    [entry] = await entries_of(core, INSTALLATION, "mail_fail")

    assert waits == [0, 10, 50, 210]
    assert (seen.queued, seen.retrying, seen.failed) == (1, 1, 0)
    assert "can't be reached" in (seen.problem or "")
    assert (given_up.queued, given_up.failed) == (0, 1)
    assert json.loads(str(entry["detail"]))["problem"] == "unreachable"
    assert "a@example.org" not in str(entry)


async def test_a_rejected_address_is_not_tried_again(
    core: Core, owner: Person, mails: MailServer
) -> None:
    """A-1: an email that the server rejects permanently doesn't delay the others."""
    mails.reply_to["RCPT"] = "550 5.1.1 a@example.org has moved to b@example.org"
    await queue(core, "a@example.org")
    await work(core)
    mails.reply_to.clear()
    await queue(core, "c@example.org")
    await work(core)
    state = await state_of(core)

    assert mails.recipients == [["c@example.org"]]
    assert (state.sent, state.failed, state.queued) == (1, 1, 0)
    assert state.problem == "the mail server rejected the recipient's address (reply 550)"


async def test_without_a_mail_server_mail_is_dropped(core: Core, owner: Person) -> None:
    """A-12: nothing piles up on a server without email, and the administrator sees why nothing is sent."""
    await queue(core, "a@example.org")
    await work(core)
    state = await state_of(core)

    assert (state.configured, state.queued, state.dropped) == (False, 0, 1)
    assert "STRONGROOM_SMTP_HOST" in (await send_test_mail(core, "a@example.org") or "")


async def test_a_mail_server_that_was_away_for_an_hour(
    core: Core, world: World, mails: MailServer, clock: MovableClock
) -> None:
    """N-1: after an outage, a critical alert arrives within five minutes; until then, *Alerts* says so."""
    mails.reply_to["MAIL"] = "451 4.3.0 later"
    async with gate.perform(core, world.owner, PROJECT_CREATE) as act:
        await act.connection.execute(KEEP_STATE, act.vault)
        await put_mail(
            act.connection,
            MailKind.ALERT,
            at=act.at,
            account=world.person.account,
            subject="00000000-0000-0000-0000-000000000000",
            facts=ALERT,
            vault=act.vault,
        )
    for _ in range(60):
        with contextlib.suppress(MailDelayed):
            await work(core)
        clock.move(timedelta(minutes=1))
    meanwhile = await read_alert_rules(core, world.owner)
    mails.reply_to.clear()
    minutes = 0
    while not mails.mails and minutes < 60:
        clock.move(timedelta(minutes=1))
        minutes += 1
        await work(core)
    after = await read_alert_rules(core, world.owner)

    assert meanwhile.mail_waiting == 1
    assert meanwhile.mail_problem == "the mail server can't accept the email now (reply 451)"
    assert minutes <= 5
    assert mails.recipients == [[world.person.email]]
    assert (after.mail_waiting, after.mail_problem) == (0, None)


async def test_a_test_mail(core: Core, owner: Person, mails: MailServer) -> None:
    """A-1: the administrator's test email is sent immediately, and any problem is described."""
    well = await send_test_mail(core, owner.email)
    mails.reply_to["DATA"] = "451 4.3.0 later"
    badly = await send_test_mail(core, owner.email)

    assert (well, len(mails.mails)) == (None, 1)
    assert badly == "the mail server can't accept the email now (reply 451)"


async def test_sent_mail_is_deleted_after_a_week(
    core: Core, owner: Person, mails: MailServer, clock: MovableClock, administrator: OpenConnection
) -> None:
    """A-1: recipients' addresses aren't kept longer than a week."""
    await queue(core, "a@example.org")
    await work(core)
    clock.move(timedelta(days=6))
    await sweep(core)
    kept = await administrator.fetchval("select count(*) from mail")
    clock.move(timedelta(days=2))
    await sweep(core)

    assert kept == 1
    assert await administrator.fetchval("select count(*) from mail") == 0
