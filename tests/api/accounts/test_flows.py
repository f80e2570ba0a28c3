"""Accounts from sign-up to closing, through the API and a real mail server (A-1, A-4, A-7, A-9, A-12)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pyotp.totp import TOTP

from strongroom_core.accounts.authenticator_app import confirm_app, start_app
from strongroom_core.accounts.opening import put_sign_up_open
from strongroom_core.accounts.sessions import authenticate_person
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.origin import Origin
from strongroom_testkit.mail_server import html_of, text_of
from strongroom_testkit.people import make_person
from strongroom_testkit.world import entries_of

if TYPE_CHECKING:
    import httpx

    from strongroom_core.core import Core
    from strongroom_core.db.connection import OpenConnection
    from strongroom_core.kernel.clock import MovableClock
    from strongroom_testkit.mail_server import MailServer
    from strongroom_testkit.markers import Markers
    from strongroom_testkit.people import Person

    from .conftest import Delivering


def new_person(markers: Markers, name: str = "lin", **other: str) -> dict[str, str]:
    return {
        "email": f"{name}@example.org",
        "username": name,
        "password": markers.password(),
        **other,
    }


def token_in(link: str) -> str:
    return link.partition("#")[2]


async def sign_in(stranger: Any, body: dict[str, str]) -> Any:
    known = {name: body[name] for name in ("email", "password")}
    return await stranger.post("/api/session", json=known)


async def test_sign_up_then_confirm_then_sign_in(
    core: Core,
    owner: Person,
    stranger: httpx.AsyncClient,
    mails: MailServer,
    deliver: Delivering,
    markers: Markers,
    problem: Any,
    administrator: OpenConnection,
) -> None:
    """A-1: an account with a personal vault is created when the email's link is opened, not before."""
    body = new_person(markers)
    asked = await stranger.post("/api/sign-up", json=body)
    early = await sign_in(stranger, body)
    await deliver()
    link = mails.last_link()
    chosen = {"token": token_in(link), "password": body["password"]}
    made = await stranger.post("/api/sign-up/confirm", json=chosen)
    again = await stranger.post("/api/sign-up/confirm", json=chosen)
    signed_in = await sign_in(stranger, body)

    assert (asked.status_code, asked.json()["sent"]) == (202, True)
    problem(early, 401, "wrong_credentials")
    assert link.startswith(f"{core.settings.public_url}/verify#srl_")
    assert mails.recipients == [["lin@example.org"]]
    assert link in html_of(mails.mails[0])
    assert body["password"] not in text_of(mails.mails[0])
    assert made.status_code == 201
    problem(again, 403, "account_link")
    assert signed_in.json()["vaultId"] == made.json()["vaultId"]
    [entry] = await entries_of(core, INSTALLATION, "account_create")
    assert (entry["target_name"], entry["outcome"]) == ("lin", "done")
    sql = "select email_confirmed from account where username = 'lin'"
    assert await administrator.fetchval(sql)  # O-4


async def test_an_address_with_an_account(
    owner: Person,
    stranger: httpx.AsyncClient,
    mails: MailServer,
    deliver: Delivering,
    markers: Markers,
    administrator: OpenConnection,
) -> None:
    """A-7: only the email's recipient learns that the address has an account, which isn't changed."""
    before = await administrator.fetch("select * from account")
    asked = await stranger.post("/api/sign-up", json=new_person(markers, email="ADA@example.org"))
    await deliver()

    assert asked.status_code == 202
    assert mails.mails[0]["Subject"] == "You already have an account"
    assert mails.last_link().endswith("/forgot")
    assert await administrator.fetch("select * from account") == before


async def test_a_username_that_is_taken(
    owner: Person,
    stranger: httpx.AsyncClient,
    mails: MailServer,
    deliver: Delivering,
    markers: Markers,
    problem: Any,
) -> None:
    """A-1: only the link's page says that a username is taken, and lets the person choose another."""
    body = new_person(markers, username="ADA")
    await stranger.post("/api/sign-up", json=body)
    await deliver()
    chosen = {"token": token_in(mails.last_link()), "password": body["password"]}
    taken = await stranger.post("/api/sign-up/confirm", json=chosen)
    other = await stranger.post("/api/sign-up/confirm", json=chosen | {"username": "lin.other"})

    assert problem(taken, 409, "name_taken")["field"] == "username"
    assert other.json()["username"] == "lin.other"


async def test_who_did_not_choose_the_password_gets_no_account(
    core: Core,
    owner: Person,
    stranger: httpx.AsyncClient,
    mails: MailServer,
    deliver: Delivering,
    markers: Markers,
    problem: Any,
) -> None:
    """A-1, A-6: a sign-up that someone else began can't be confirmed, however often it is tried.

    The person signs up with another password, and the other sign-up is then gone.
    """
    theirs, own = new_person(markers), new_person(markers)
    await stranger.post("/api/sign-up", json=theirs)
    await deliver()
    first = token_in(mails.last_link())
    body = {"token": first, "password": own["password"]}
    tried = [await stranger.post("/api/sign-up/confirm", json=body) for _ in range(6)]
    right = {"token": first, "password": theirs["password"]}
    locked = await stranger.post("/api/sign-up/confirm", json=right)
    await stranger.post("/api/sign-up", json=own)
    await deliver()
    body = {"token": token_in(mails.last_link()), "password": own["password"]}
    made = await stranger.post("/api/sign-up/confirm", json=body)
    gone = await stranger.post("/api/sign-up/confirm", json=right)
    as_chosen = await sign_in(stranger, own)
    as_other = await sign_in(stranger, theirs)

    answers = [{**each.json(), "requestId": ""} for each in tried[:5]]
    problem(tried[0], 401, "wrong_credentials")
    assert answers == answers[:1] * 5
    for each in (tried[5], locked):
        problem(each, 429, "too_many")
    assert made.status_code == 201
    assert gone.status_code in (403, 429)
    assert as_chosen.status_code == 200
    problem(as_other, 401, "wrong_credentials")
    assert [each["outcome"] for each in await entries_of(core, INSTALLATION, "account_create")] == [
        "done"
    ]


async def test_nobody_signs_up_before_setup_or_while_it_is_closed(
    core: Core,
    cluster: Any,
    stranger: httpx.AsyncClient,
    markers: Markers,
    problem: Any,
) -> None:
    """A-1: people can sign up once the setup link has been used, and the administrator can prevent it."""
    early = await stranger.post("/api/sign-up", json=new_person(markers))
    setup = {**new_person(markers, "ada"), "token": cluster.initialised.setup_token}
    await stranger.post("/api/setup", json=setup)
    opened = await stranger.post("/api/sign-up", json=new_person(markers))
    async with core.database.transaction(INSTALLATION) as connection:
        await put_sign_up_open(connection, is_open=False)
    closed = await stranger.post("/api/sign-up", json=new_person(markers))

    problem(early, 403, "sign_up_closed")
    assert opened.status_code == 202
    problem(closed, 403, "sign_up_closed")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": "ab"}, "username"),
        ({"username": "a" * 33}, "username"),
        ({"username": "a b"}, "username"),
        ({"email": "lin@example.org\r\nBcc: eve@example.org"}, "email"),
        ({"email": "lin@example.org>, <eve@example.org"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "passwordpassword"}, "password"),
        ({"password": "lin@example.org"}, "password"),
    ],
)
async def test_what_cannot_sign_up(
    owner: Person,
    stranger: httpx.AsyncClient,
    markers: Markers,
    problem: Any,
    wrong: dict[str, str],
    field: str,
) -> None:
    """A-1, A-2: usernames, addresses and passwords are checked, and an address can't inject a header."""
    refused = await stranger.post("/api/sign-up", json=new_person(markers, **wrong))

    assert problem(refused, 400, "invalid")["field"] == field


async def test_links_expire(
    owner: Person,
    stranger: httpx.AsyncClient,
    mails: MailServer,
    deliver: Delivering,
    markers: Markers,
    clock: MovableClock,
    problem: Any,
) -> None:
    """A-1, A-7: a sign-up link works for 24 hours, and a reset link for 15 minutes after it was sent."""
    lin = new_person(markers)
    await stranger.post("/api/sign-up", json=lin)
    await stranger.post("/api/password/forgot", json={"email": owner.email})
    await deliver()
    verify, reset = [token_in(_link_of(text_of(each))) for each in mails.mails]
    clock.move(timedelta(minutes=15))
    body = {"token": reset, "password": markers.password()}
    late_reset = await stranger.post("/api/password/reset", json=body)
    clock.move(timedelta(hours=24))
    chosen = {"token": verify, "password": lin["password"]}
    late = await stranger.post("/api/sign-up/confirm", json=chosen)

    problem(late_reset, 403, "account_link")
    problem(late, 403, "account_link")


async def test_a_forgotten_password(
    core: Core,
    owner: Person,
    client: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    mails: MailServer,
    deliver: Delivering,
    markers: Markers,
    problem: Any,
) -> None:
    """A-7, A-4: the link sets a new password once, ends all sessions, and doesn't sign anyone in."""
    asked = await stranger.post("/api/password/forgot", json={"email": owner.email})
    await deliver()
    token = token_in(mails.last_link())
    weak = await stranger.post(
        "/api/password/reset", json={"token": token, "password": "aaaaaaaaaaaa"}
    )
    body = {"token": token, "password": markers.password()}
    done = await stranger.post("/api/password/reset", json=body)
    again = await stranger.post("/api/password/reset", json=body)
    ended = await client.get("/api/session")
    old = await sign_in(stranger, {"email": owner.email, "password": owner.password})
    new = await sign_in(stranger, {"email": owner.email, "password": body["password"]})
    await deliver()

    assert asked.status_code == 202
    problem(weak, 400, "invalid")
    assert (done.status_code, done.json()) == (200, {"username": "ada"})
    assert "set-cookie" not in done.headers
    problem(again, 403, "account_link")
    problem(ended, 401, "not_authenticated")
    problem(old, 401, "wrong_credentials")
    assert new.status_code == 200
    assert "Your password was changed" in [each["Subject"] for each in mails.mails]
    [entry] = await entries_of(core, INSTALLATION, "account_reset")
    assert entry["target_id"] == owner.account


async def test_a_forgotten_password_with_a_second_factor(
    core: Core,
    owner: Person,
    client: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    mails: MailServer,
    deliver: Delivering,
    markers: Markers,
    clock: MovableClock,
) -> None:
    """A-7: the link doesn't bypass the second factor: the new password alone opens no session."""
    origin = Origin("127.0.0.9", "req_a")
    person = await authenticate_person(core, client.cookies["strongroom"], origin)
    app = TOTP(markers.note((await start_app(core, person)).secret))
    await confirm_app(core, person, app.at(clock.now()))
    await stranger.post("/api/password/forgot", json={"email": owner.email})
    await deliver()
    body = {"token": token_in(mails.last_link()), "password": markers.password()}
    done = await stranger.post("/api/password/reset", json=body)
    half = await sign_in(stranger, {"email": owner.email, "password": body["password"]})
    session = await stranger.get("/api/session")

    assert done.status_code == 200
    assert half.status_code == 200
    assert half.json()["username"] is None
    assert half.json()["secondFactors"] == ["code"]
    assert session.status_code == 401


async def test_a_reset_for_nobody_sends_nothing(
    owner: Person,
    stranger: httpx.AsyncClient,
    mails: MailServer,
    deliver: Delivering,
    administrator: OpenConnection,
) -> None:
    """A-7: no email is sent to an address without an account, or with a suspended one."""
    await administrator.execute("update account set status = 'suspended'")
    for email in ("nobody@example.org", owner.email, "not an address", "x\0y"):
        answer = await stranger.post("/api/password/forgot", json={"email": email})
        assert answer.status_code in (202, 400)
    await deliver()

    assert mails.mails == []
    assert set(await administrator.fetch("select distinct state from mail")) == {("dropped",)}


async def test_a_new_device_and_that_was_not_me(
    owner: Person,
    client: httpx.AsyncClient,
    connect: Any,
    app: Any,
    mails: MailServer,
    deliver: Delivering,
    markers: Markers,
    problem: Any,
) -> None:
    """A-4: a sign-in from a new browser triggers an email. Its link ends all sessions and the password."""
    await deliver()
    mails.mails.clear()
    known = await sign_in(client, {"email": owner.email, "password": owner.password})
    await deliver()
    unknown = await connect(app)
    await sign_in(unknown, {"email": owner.email, "password": owner.password})
    await deliver()
    [notice] = mails.mails
    link = mails.last_link()
    stranger = await connect(app)
    done = await stranger.post("/api/session/disown", json={"token": token_in(link)})
    await deliver()
    refused = await sign_in(stranger, {"email": owner.email, "password": owner.password})
    body = {"token": token_in(mails.last_link()), "password": markers.password()}
    reset = await stranger.post("/api/password/reset", json=body)

    assert known.status_code == 200
    assert notice["Subject"] == "New sign-in to your account"
    assert re.search(r"Address: 127\.\d+\.\d+\.\d+\r?\n", text_of(notice))
    assert done.status_code == 200
    assert "Choose a new one with the link in your email" in done.json()["next"]
    for each in (client, unknown):
        problem(await each.get("/api/session"), 401, "not_authenticated")
    problem(refused, 401, "wrong_credentials")
    assert reset.status_code == 200


async def test_changing_the_email_address(
    core: Core,
    owner: Person,
    client: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    mails: MailServer,
    deliver: Delivering,
    problem: Any,
) -> None:
    """A-5: the new address confirms the change, both are notified, and an old reset link is invalid."""
    await stranger.post("/api/password/forgot", json={"email": owner.email})
    await deliver()
    reset = token_in(mails.last_link())
    asked = await client.post("/api/account/change-email", json={"email": "ada@new.example"})
    before = (await client.get("/api/account")).json()["email"]
    await deliver()
    to, link = mails.recipients[-1], mails.last_link()
    done = await stranger.post("/api/email/confirm", json={"token": token_in(link)})
    await deliver()
    after = (await client.get("/api/account")).json()["email"]
    void = await stranger.post("/api/password/reset", json={"token": reset, "password": "x" * 12})

    assert (asked.status_code, asked.json()["link"]) == (202, None)
    assert (before, to, after) == (owner.email, ["ada@new.example"], "ada@new.example")
    assert done.status_code == 200
    assert mails.recipients[-2:] == [[owner.email], ["ada@new.example"]]
    assert [each["Subject"] for each in mails.mails[-2:]] == ["Your email address was changed"] * 2
    problem(void, 403, "account_link")


async def test_an_address_of_another_account(
    other_owner: Person,
    client: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    mails: MailServer,
    deliver: Delivering,
    problem: Any,
) -> None:
    """A-7: the response doesn't reveal that another account has the address; the link changes nothing."""
    asked = await client.post("/api/account/change-email", json={"email": other_owner.email})
    await deliver()
    token = token_in(mails.last_link())
    refused = await stranger.post("/api/email/confirm", json={"token": token})

    assert asked.status_code == 202
    problem(refused, 403, "account_link")


async def test_changing_the_password(
    owner: Person, client: httpx.AsyncClient, log_in: Any, markers: Markers, problem: Any
) -> None:
    """A-4, A-5: a new password ends all other sessions, and this one continues with a new token."""
    other = await log_in(owner)
    before = dict(client.cookies)
    common = await client.post("/api/account/change-password", json={"password": "a" * 12})
    done = await client.post("/api/account/change-password", json={"password": markers.password()})

    problem(common, 400, "invalid")
    assert done.status_code == 200
    assert client.cookies["strongroom"] != before["strongroom"]
    assert (await client.get("/api/session")).status_code == 200
    problem(await other.get("/api/session"), 401, "not_authenticated")


@pytest.mark.parametrize("sent", [True, False])
async def test_a_new_password_ends_a_change_of_the_address(
    owner: Person,
    client: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    mails: MailServer,
    deliver: Delivering,
    markers: Markers,
    problem: Any,
    sent: bool,
) -> None:
    """A-4: an attacker who asked for another address can't confirm it after the password has changed."""
    await client.post("/api/account/change-email", json={"email": "eve@example.org"})
    token = ""
    if sent:
        await deliver()
        token = token_in(mails.last_link())
    await client.post("/api/account/change-password", json={"password": markers.password()})
    await deliver()
    refused = await stranger.post("/api/email/confirm", json={"token": token})

    problem(refused, 403, "account_link")
    assert (["eve@example.org"] in mails.recipients) is sent


@pytest.mark.parametrize("path", ["change-password", "change-email", "close"])
async def test_changes_need_step_up(
    client: httpx.AsyncClient, clock: MovableClock, problem: Any, path: str
) -> None:
    """A-5: changing address or password, and closing, require a recently confirmed password."""
    clock.move(timedelta(minutes=11))
    bodies = {
        "change-password": {"password": "four unrelated words here"},
        "change-email": {"email": "ada@new.example"},
        "close": {"vaults": []},
    }
    answer = await client.post(f"/api/account/{path}", json=bodies[path])

    problem(answer, 403, "step_up_required")


async def test_changing_the_username(
    core: Core, owner: Person, other_owner: Person, client: httpx.AsyncClient, problem: Any
) -> None:
    """A-1: the username can be changed to one that is available; earlier events keep the old one."""
    taken = await client.patch("/api/account", json={"username": "GRACE"})
    done = await client.patch("/api/account", json={"username": "ada.l"})
    shown = await client.get("/api/session")
    entries = await entries_of(core, INSTALLATION)

    assert problem(taken, 409, "name_taken")["field"] == "username"
    assert done.status_code == 200
    assert shown.json()["username"] == "ada.l"
    [login] = [each for each in entries if each["action"] == "account_login"]
    assert login["target_name"] == "ada"


async def test_closing_an_account(
    core: Core,
    owner: Person,
    log_in: Any,
    mails: MailServer,
    deliver: Delivering,
    markers: Markers,
    problem: Any,
) -> None:
    """A-9, V-8: closing takes a list of vaults that will have no owner; afterwards nothing works any more."""
    person = await make_person(core, "lin", markers)
    lin, other = await log_in(person), await log_in(person)
    closing = (await lin.get("/api/account/closing")).json()["vaults"]
    unseen = await lin.post("/api/account/close", json={"vaults": []})
    done = await lin.post("/api/account/close", json={"vaults": [person.vault]})
    await deliver()
    again = await sign_in(other, {"email": person.email, "password": person.password})

    assert closing == [{"id": person.vault, "name": "lin's vault", "machines": 0}]
    problem(unseen, 409, "conflict")
    assert done.status_code == 204
    for each in (lin, other):
        problem(await each.get("/api/session"), 401, "not_authenticated")
    problem(again, 401, "wrong_credentials")
    assert mails.mails[-1]["Subject"] == "Your account was closed"
    assert mails.recipients[-1] == [person.email]


async def test_closing_an_account_and_deleting_its_vaults(
    core: Core,
    owner: Person,
    log_in: Any,
    markers: Markers,
    administrator: OpenConnection,
) -> None:
    """V-8: vaults that are left without an owner can be deleted in the same step; their logs show it."""
    kept, deleted = [await make_person(core, name, markers) for name in ("kai", "lin")]
    for person, delete in ((kept, False), (deleted, True)):
        body = {"vaults": [person.vault], "deleteVaults": delete}
        done = await (await log_in(person)).post("/api/account/close", json=body)
        assert done.status_code == 204
    marked = await administrator.fetch(
        "select id, deleted_by from vault where deleted_at is not null"
    )
    [entry] = await entries_of(core, deleted.vault, "account_close")

    assert [tuple(row) for row in marked] == [(deleted.vault, "lin")]
    assert (entry["actor_name"], entry["outcome"]) == ("lin", "done")


async def test_the_only_operator_stays(client: httpx.AsyncClient, problem: Any) -> None:
    """A-9: the only administrator's account can't be closed, because nobody could run the installation."""
    closing = (await client.get("/api/account/closing")).json()["vaults"]
    refused = await client.post(
        "/api/account/close", json={"vaults": [each["id"] for each in closing]}
    )

    problem(refused, 409, "conflict")


async def test_without_a_mail_server(
    core: Core,
    owner: Person,
    client: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    markers: Markers,
) -> None:
    """A-12: without email, the pages say what to do, and a person's own link is shown to them once."""
    signed_up = await stranger.post("/api/sign-up", json=new_person(markers))
    forgot = await stranger.post("/api/password/forgot", json={"email": owner.email})
    asked = await client.post("/api/account/change-email", json={"email": "ada@new.example"})
    token = markers.note(token_in(asked.json()["link"]))
    done = await stranger.post("/api/email/confirm", json={"token": token})

    assert signed_up.json()["sent"] is False
    assert "strongroom-server sign-up-link" in signed_up.json()["next"]
    assert "strongroom-server reset-link" in forgot.json()["next"]
    assert done.status_code == 200
    assert (await client.get("/api/account")).json()["email"] == "ada@new.example"


async def test_the_administrator_creates_the_link_of_someone_who_signed_up(
    core: Core,
    client: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    markers: Markers,
    problem: Any,
    administrator: OpenConnection,
) -> None:
    """A-12: the link is shown once and works once; it is logged, and the address stays unconfirmed."""
    body, path = new_person(markers), "/api/operator/sign-up/link"
    await stranger.post("/api/sign-up", json=body)
    until = await administrator.fetchval("select expires_at from sign_up")
    absent = await client.post(path, json={"email": "eve@example.org"})
    made = await client.post(path, json={"email": "LIN@example.org"})
    chosen = {
        "token": markers.note(token_in(made.json()["link"])),
        "password": body["password"],
    }
    created = await stranger.post("/api/sign-up/confirm", json=chosen)
    again = await stranger.post("/api/sign-up/confirm", json=chosen)
    late = await client.post(path, json={"email": body["email"]})
    entries = await entries_of(core, INSTALLATION, "account_sign_up_link")
    sql = "select email_confirmed from account where username = 'lin'"

    assert (made.status_code, created.status_code) == (201, 201)
    assert made.json()["link"].startswith(f"{core.settings.public_url}/verify#srl_")
    assert datetime.fromisoformat(made.json()["expiresAt"]) == until
    problem(again, 403, "account_link")
    for refused in (absent, late):
        problem(refused, 404, "not_found")
    assert [each["outcome"] for each in entries] == ["refused", "done", "refused"]
    assert {each["actor_name"] for each in entries} == {"ada"}
    assert await administrator.fetchval(sql) is False  # O-4


async def test_five_sign_ups_and_five_resets_an_hour(
    owner: Person,
    stranger: httpx.AsyncClient,
    markers: Markers,
    clock: MovableClock,
    problem: Any,
) -> None:
    """A-10: a network's sixth sign-up or reset within an hour has to wait."""
    for number in range(5):
        body = new_person(markers, f"lin{number}")
        assert (await stranger.post("/api/sign-up", json=body)).status_code == 202
        forgot = await stranger.post("/api/password/forgot", json={"email": body["email"]})
        assert forgot.status_code == 202
    sixth = [
        await stranger.post("/api/sign-up", json=new_person(markers, "lin9")),
        await stranger.post("/api/password/forgot", json={"email": "lin9@example.org"}),
    ]
    clock.move(timedelta(hours=1))
    later = await stranger.post("/api/sign-up", json=new_person(markers, "lin9"))

    for each in sixth:
        problem(each, 429, "too_many")
        assert 0 < int(each.headers["retry-after"]) <= 3601
    assert later.status_code == 202


async def test_an_address_gets_five_mails_an_hour(
    owner: Person,
    connect: Any,
    app: Any,
    mails: MailServer,
    deliver: Delivering,
) -> None:
    """A-10: many networks together can't fill someone's mailbox, and each gets the same response."""
    answers: set[bytes] = set()
    for number in range(7):
        email = owner.email.upper() if number % 2 else owner.email
        answer = await (await connect(app)).post("/api/password/forgot", json={"email": email})
        answers.add(answer.content)
    await deliver()

    assert len(answers) == 1
    assert len(mails.mails) == 5


def _link_of(text: str) -> str:
    return next(word for word in text.split() if word.startswith("http"))
