"""Recovery of an account: by the link *That wasn't me*, and by the administrator (A-7, A-12)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from strongroom_core.access.callers import system
from strongroom_core.accounts.factors import read_factors
from strongroom_core.accounts.passkeys import add_passkey, start_passkey
from strongroom_core.accounts.reset_link import make_reset_link
from strongroom_core.accounts.sessions import authenticate_person
from strongroom_core.kernel.errors import Conflict
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.origin import Origin
from strongroom_testkit.authenticator import Authenticator
from strongroom_testkit.mail_server import text_of
from strongroom_testkit.people import make_person
from strongroom_testkit.world import entries_of
from strongroom_worker import jobs

if TYPE_CHECKING:
    import httpx

    from strongroom_core.core import Core
    from strongroom_core.db.connection import OpenConnection
    from strongroom_core.kernel.clock import MovableClock
    from strongroom_testkit.mail_server import MailServer
    from strongroom_testkit.markers import Markers
    from strongroom_testkit.people import Person

    from .conftest import Delivering

DAY = timedelta(hours=24)
THIEF = "thief@evil.example"
NEW_SIGN_IN = "New sign-in to your account"
ADDRESS_CHANGED = "Your email address was changed"
FACTORS_CHANGED = "Your sign-in methods were changed"
STARTED = "Your account is being recovered"


class Story:
    """A server with mail, and what people do there."""

    def __init__(
        self, core: Core, connect: Any, app: Any, mails: MailServer, deliver: Delivering
    ) -> None:
        self.core, self.mails, self.deliver = core, mails, deliver
        self._connect, self._app = connect, app

    async def client(self) -> httpx.AsyncClient:
        """Return a new browser."""
        return await self._connect(self._app)

    async def sign_in(self, email: str, password: str) -> httpx.AsyncClient:
        """Sign in with a new browser."""
        client = await self.client()
        answer = await client.post("/api/session", json={"email": email, "password": password})
        assert answer.status_code == 200
        return client

    async def add_passkey(self, client: httpx.AsyncClient, name: str) -> Authenticator:
        """Add a passkey in a browser's session."""
        made, origin = Authenticator(), Origin("127.0.0.9", "req_a")
        caller = await authenticate_person(self.core, client.cookies["strongroom"], origin)
        options = await start_passkey(self.core, caller)
        changed = await add_passkey(self.core, caller, name=name, credential=made.create(options))
        client.cookies.set("strongroom", changed.token, domain="localhost.local")
        return made

    async def use_passkey(self, made: Authenticator) -> httpx.Response:
        """Sign in with a passkey alone, in a new browser; return the answer."""
        client = await self.client()
        options = (await client.post("/api/session/passkey-options")).json()
        return await client.post("/api/session/passkey", json={"passkey": made.use(options)})

    async def steal(self, owner: Person) -> Authenticator:
        """Have someone who knows the password add a passkey and change the address."""
        await self.deliver()
        thief = await self.sign_in(owner.email, owner.password)
        made = await self.add_passkey(thief, "thief's key")
        asked = await thief.post("/api/account/change-email", json={"email": THIEF})
        assert asked.status_code == 202, asked.text
        await self.deliver()
        body = {"token": self.token("Confirm your new email address", THIEF)}
        assert (await thief.post("/api/email/confirm", json=body)).status_code == 200
        await self.deliver()
        return made

    def token(self, subject: str, to: str) -> str:
        """Return the token of the link in the newest email with this subject to an address."""
        found = [
            self.mails.link_in(mail).partition("#")[2]
            for mail, recipients in zip(self.mails.mails, self.mails.recipients, strict=True)
            if mail["Subject"] == subject and recipients == [to]
        ]
        return found[-1]

    def sent(self, subject: str) -> list[str]:
        """Return to whom the emails with this subject were sent."""
        pairs = zip(self.mails.mails, self.mails.recipients, strict=True)
        return [recipients[0] for mail, recipients in pairs if mail["Subject"] == subject]


@pytest.fixture
def story(core: Core, connect: Any, app: Any, mails: MailServer, deliver: Delivering) -> Story:
    return Story(core, connect, app, mails, deliver)


@pytest.mark.parametrize("link", [NEW_SIGN_IN, FACTORS_CHANGED, ADDRESS_CHANGED])
async def test_what_someone_with_the_password_changed_is_undone(
    core: Core,
    owner: Person,
    story: Story,
    administrator: OpenConnection,
    clock: MovableClock,
    markers: Markers,
    problem: Any,
    link: str,
) -> None:
    """A-7, A-12: *That wasn't me*, in each email to the old address, undoes a new passkey and address.

    They stop working immediately; 24 hours later, they are gone, and the owner chooses a new password.
    """
    made = await story.steal(owner)
    someone = await story.client()
    body = {"token": story.token(link, owner.email)}
    reported = await someone.post("/api/session/disown", json=body)
    for address in (THIEF, owner.email):
        await someone.post("/api/password/forgot", json={"email": address})
    await story.deliver()
    at_once = await story.use_passkey(made)
    before = story.sent("Choose a new password")
    clock.move(DAY - timedelta(minutes=1))
    await jobs.recover(core)
    early = await administrator.fetchval("select email from account where id = $1", owner.account)
    clock.move(timedelta(minutes=1))
    await jobs.recover(core)
    await someone.post("/api/password/forgot", json={"email": THIEF})
    await someone.post("/api/password/forgot", json={"email": owner.email})
    await story.deliver()
    password = markers.password()
    body = {"token": story.token("Choose a new password", owner.email), "password": password}
    reset = await someone.post("/api/password/reset", json=body)
    await story.sign_in(owner.email, password)

    assert "undone in 24 hours" in reported.json()["next"]
    problem(at_once, 401, "wrong_credentials")
    assert before == []
    assert early == THIEF
    assert story.sent("Choose a new password") == [owner.email]
    assert reset.status_code == 200
    problem(await story.use_passkey(made), 401, "wrong_credentials")
    [entry] = await entries_of(core, INSTALLATION, "recovery_finish")
    wanted = {"passkeys_removed": ["thief's key"], "app_removed": False, "address_restored": True}
    assert wanted.items() <= json.loads(str(entry["detail"])).items()
    for action in ("account_disown", "recovery_finish"):
        assert len(await entries_of(core, owner.vault, action)) == 1


async def test_the_newest_email_undoes_an_earlier_change(owner: Person, story: Story) -> None:
    """A-7: the report of a later sign-in also undoes the change of address before it."""
    made = await story.steal(owner)
    signed_in = await story.use_passkey(made)
    await story.deliver()
    someone = await story.client()
    body = {"token": story.token(NEW_SIGN_IN, owner.email)}
    reported = await someone.post("/api/session/disown", json=body)
    await story.deliver()

    assert signed_in.is_success
    assert reported.is_success
    assert owner.email in story.sent(STARTED)
    assert story.sent("Choose a new password") == []


async def test_only_addresses_from_before_can_cancel_or_report(
    owner: Person, story: Story, problem: Any
) -> None:
    """A-12: every address gets an email; the new one gets no link to cancel, and its reports don't work."""
    await story.steal(owner)
    someone = await story.client()
    body = {"token": story.token(NEW_SIGN_IN, owner.email)}
    await someone.post("/api/session/disown", json=body)
    await story.deliver()
    with_link = [
        recipients[0]
        for mail, recipients in zip(story.mails.mails, story.mails.recipients, strict=True)
        if mail["Subject"] == STARTED and "/cancel-recovery#" in str(mail)
    ]
    body = {"token": story.token(ADDRESS_CHANGED, THIEF)}
    refused = await someone.post("/api/session/disown", json=body)
    body = {"token": story.token(STARTED, owner.email)}
    canceled = await someone.post("/api/recovery/cancel", json=body)
    again = await someone.post("/api/recovery/cancel", json=body)

    assert sorted(story.sent(STARTED)) == sorted([owner.email, THIEF])
    assert with_link == [owner.email]
    problem(refused, 403, "account_link")
    assert (canceled.status_code, canceled.json()) == (200, {"username": "ada"})
    problem(again, 403, "account_link")


async def test_a_passkey_from_before_still_signs_in(
    core: Core, owner: Person, client: httpx.AsyncClient, story: Story, clock: MovableClock
) -> None:
    """A-12: during the recovery, the owner signs in with a passkey that they already had, and cancels it."""
    own = await story.add_passkey(client, "laptop")
    await story.deliver()
    clock.move(timedelta(minutes=1))
    answer = await story.use_passkey(own)
    assert answer.status_code == 200
    await story.deliver()
    # What the reported session did: it was opened with the owner's passkey, and changed the address.
    session = {"strongroom": answer.cookies["strongroom"]}
    changing = await story.client()
    changing.cookies.update(session)
    await changing.post("/api/account/change-email", json={"email": THIEF})
    await story.deliver()
    body = {"token": story.token("Confirm your new email address", THIEF)}
    await changing.post("/api/email/confirm", json=body)
    await story.deliver()
    body = {"token": story.token(ADDRESS_CHANGED, owner.email)}
    await changing.post("/api/session/disown", json=body)
    back = await story.use_passkey(own)
    within = await story.client()
    within.cookies.update({"strongroom": back.cookies["strongroom"]})
    account = (await within.get("/api/account")).json()
    canceled = await within.post("/api/account/cancel-recovery")
    clock.move(DAY)
    await jobs.recover(core)

    assert account["recoveryDueAt"] is not None
    assert canceled.status_code == 204
    assert await entries_of(core, INSTALLATION, "recovery_finish") == []


async def test_returning_to_an_address_ends_the_rights_of_those_between(
    owner: Person,
    story: Story,
    client: httpx.AsyncClient,
    problem: Any,
    administrator: OpenConnection,
) -> None:
    """A-12: after the owner changes the address back, the other address can't report anything anymore.

    For 30 days, it still gets the notices, with the advice to tell the administrator in place of the link.
    """
    for address in (THIEF, owner.email):
        await client.post("/api/account/change-email", json={"email": address})
        await story.deliver()
        body = {"token": story.token("Confirm your new email address", address)}
        await client.post("/api/email/confirm", json=body)
        await story.deliver()
    to_thief = [
        mail
        for mail, recipients in zip(story.mails.mails, story.mails.recipients, strict=True)
        if mail["Subject"] == ADDRESS_CHANGED and recipients == [THIEF]
    ]
    body = {"token": story.mails.link_in(to_thief[0]).partition("#")[2]}
    refused = await client.post("/api/session/disown", json=body)
    confirmed = await administrator.fetchval(
        "select email_confirmed from account where id = $1", owner.account
    )

    problem(refused, 403, "account_link")
    assert story.sent(ADDRESS_CHANGED) == [owner.email, THIEF, THIEF, owner.email]
    assert "/not-me#" not in str(to_thief[1])
    assert "administrator immediately" in text_of(to_thief[1])
    assert confirmed  # O-4: a link that was emailed to an address confirms it.


async def test_an_address_in_between_cannot_cancel_a_recovery(
    core: Core, owner: Person, client: httpx.AsyncClient, story: Story, markers: Markers
) -> None:
    """A-12: the link that cancels the administrator's recovery isn't sent to an address returned from."""
    lin = await make_person(core, "lin", markers)
    theirs = await story.sign_in(lin.email, lin.password)
    for address in (THIEF, lin.email):
        await theirs.post("/api/account/change-email", json={"email": address})
        await story.deliver()
        body = {"token": story.token("Confirm your new email address", address)}
        await theirs.post("/api/email/confirm", json=body)
    await story.add_passkey(theirs, "lost key")
    path = f"/api/operator/accounts/{lin.account}/start-recovery"
    await client.post(path, json={"reason": "checked their badge"})
    await story.deliver()

    assert {(lin.email, True), (THIEF, False)} == {
        (recipient, "/cancel-recovery#" in str(mail))
        for mail, [recipient] in zip(story.mails.mails, story.mails.recipients, strict=True)
        if mail["Subject"] == STARTED
    }


async def test_no_reset_link_while_a_report_is_being_settled(
    core: Core, owner: Person, story: Story
) -> None:
    """A-12: no command creates a link for a new password, because the thief could get the link."""
    await story.steal(owner)
    body = {"token": story.token(NEW_SIGN_IN, owner.email)}
    await (await story.client()).post("/api/session/disown", json=body)

    with pytest.raises(Conflict, match="reported a sign-in"):
        await make_reset_link(core, system("reset-link"), THIEF)


async def test_someone_who_lost_every_factor(
    core: Core,
    owner: Person,
    client: httpx.AsyncClient,
    story: Story,
    markers: Markers,
    clock: MovableClock,
    problem: Any,
) -> None:
    """A-12: the administrator starts a recovery; 24 hours later, the password alone is enough to sign in.

    Each address gets an email, and each of the person's vaults shows the recovery and its end.
    """
    lin = await make_person(core, "lin", markers)
    theirs = await story.sign_in(lin.email, lin.password)
    plain = await client.post(
        f"/api/operator/accounts/{lin.account}/start-recovery", json={"reason": "x"}
    )
    made = await story.add_passkey(theirs, "lost key")
    path = f"/api/operator/accounts/{lin.account}"
    reason = {"reason": "checked their badge"}
    started = await client.post(f"{path}/start-recovery", json=reason)
    twice = await client.post(f"{path}/start-recovery", json=reason)
    overview = (await theirs.get("/api/overview")).json()
    await story.deliver()
    during = await (await story.client()).post(
        "/api/session", json={"email": lin.email, "password": lin.password}
    )
    clock.move(DAY)
    await jobs.recover(core)
    await jobs.recover(core)
    entered = await story.sign_in(lin.email, lin.password)
    await story.deliver()

    problem(plain, 409, "conflict")
    assert started.json()["account"]["recoveryDueAt"] is not None
    problem(twice, 409, "conflict")
    assert [each["username"] for each in overview["recoveries"]] == ["lin"]
    assert story.sent(STARTED) == [lin.email]
    assert during.json()["secondFactors"] == ["passkey"]
    assert (await entered.get("/api/session")).json()["username"] == "lin"
    problem(await story.use_passkey(made), 401, "wrong_credentials")
    assert story.sent("Your account was recovered") == [lin.email]
    for action in ("recovery_start", "recovery_finish"):
        [entry] = await entries_of(core, lin.vault, action)
        assert entry["target_name"] == "lin"
    assert json.loads(str(entry["detail"]))["passkeys_removed"] == ["lost key"]


@pytest.mark.parametrize("who", ["the person", "their link", "the administrator"])
async def test_a_recovery_can_be_canceled(
    core: Core,
    owner: Person,
    client: httpx.AsyncClient,
    story: Story,
    markers: Markers,
    clock: MovableClock,
    who: str,
) -> None:
    """A-12: the person cancels it in a session or with the link in the email; the administrator can, too."""
    lin = await make_person(core, "lin", markers)
    theirs = await story.sign_in(lin.email, lin.password)
    await story.add_passkey(theirs, "key")
    path = f"/api/operator/accounts/{lin.account}"
    begun = await client.post(f"{path}/start-recovery", json={"reason": "asked by phone"})
    assert begun.is_success, begun.text
    await story.deliver()
    if who == "the person":
        answer = await theirs.post("/api/account/cancel-recovery")
    elif who == "their link":
        body = {"token": story.token(STARTED, lin.email)}
        answer = await (await story.client()).post("/api/recovery/cancel", json=body)
    else:
        answer = await client.post(f"{path}/stop-recovery")
    clock.move(DAY)
    await jobs.recover(core)
    caller = replace(lin.caller(core), vault=lin.vault)

    assert answer.is_success, answer.text
    assert len((await read_factors(core, caller)).passkeys) == 1
    action = "recovery_stop" if who == "the administrator" else "recovery_cancel"
    assert len(await entries_of(core, lin.vault, action)) == 1


async def test_starting_a_recovery_needs_step_up(
    core: Core,
    owner: Person,
    client: httpx.AsyncClient,
    markers: Markers,
    clock: MovableClock,
    problem: Any,
) -> None:
    """A-5: a session that was left open can't start a recovery."""
    lin = await make_person(core, "lin", markers)
    clock.move(timedelta(minutes=11))
    path = f"/api/operator/accounts/{lin.account}/start-recovery"
    refused = await client.post(path, json={"reason": "x"})

    problem(refused, 403, "step_up_required")
