"""Invitations: sending, answering, and what they reveal (O-4, A-7, A-12, Q-2)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from strongroom_core.access.callers import system
from strongroom_core.accounts.opening import put_sign_up_open
from strongroom_core.accounts.sign_up import sign_up
from strongroom_core.kernel.errors import (
    CapReached,
    Conflict,
    Invalid,
    NotFound,
    Refused,
    TooMany,
)
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.page import PageRequest
from strongroom_core.limits.plans import read_vault_plan
from strongroom_core.mail.send import due_mail, send_mail
from strongroom_core.members.access_roles import delete_access_role
from strongroom_core.members.invite import (
    invite_member,
    list_invitations,
    resend_invitation,
    withdraw_invitation,
)
from strongroom_core.members.joining import (
    accept_invitation,
    decline_invitation,
    list_own_invitations,
    open_invitation,
)
from strongroom_core.members.listing import list_members
from strongroom_core.members.manage import MemberChanges, suspend_member, update_member
from strongroom_core.members.vault_roles import create_vault_role
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_testkit.mail_server import MailServer, mail_server, settings_for
from strongroom_testkit.members import (
    access_role,
    add_member,
    caller_of,
    make_guest,
    member_id,
    organize,
)
from strongroom_testkit.people import confirm_address, visitor
from strongroom_testkit.plans import set_limits

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.clock import MovableClock
    from strongroom_core.members.views import Invited
    from strongroom_core.settings import Settings
    from strongroom_testkit.cluster import Cluster
    from strongroom_testkit.world import World

ALL = PageRequest()


@pytest.fixture
async def shop(world: World) -> World:
    """The owner's vault, as an organization."""
    await organize(world)
    return world


@pytest.fixture
async def mails(core: Core) -> AsyncIterator[MailServer]:
    """The mail server."""
    async with mail_server(MailServer()) as server:
        core.settings = replace(core.settings, **settings_for(server))
        yield server


async def work(core: Core) -> None:
    for due in await due_mail(core):
        await send_mail(core, system("send_mail", due.vault), due.id)


async def invited(
    shop: World, name: str, role: str = "developer", access_role: str | None = None
) -> Invited:
    sent = await invite_member(
        shop.core,
        shop.owner,
        address=f"{name}@example.org",
        vault_role=role,
        access_role=access_role,
    )
    if sent.token is not None:
        shop.markers.note(sent.token)
    return sent


async def guest(shop: World, name: str) -> Human:
    return await make_guest(shop.core, name)


async def test_accepting_gives_exactly_the_roles(core: Core, shop: World) -> None:
    """O-4, L-6: the invited address joins with the invitation's roles, and the log lists what it gave."""
    role = await access_role(shop, "Viewer", rights=["secrets.view:single"])
    lin = await guest(shop, "lin")
    sent = await invited(shop, "LIN", access_role=role.id)
    [own] = await list_own_invitations(core, lin)
    assert (own.id, own.vault_name, own.inviter) == (sent.invitation.id, "ada's vault", "ada")
    made = await accept_invitation(core, lin, sent.invitation.id, sent.token)
    member = await caller_of(shop, lin.account, "lin")

    assert member is not None
    assert made.vault_id == shop.person.vault
    assert member.authority.role == "developer"
    assert member.authority.access is not None
    [entry] = await shop.entries("invitation_accept")
    assert (entry["actor_name"], entry["target_name"]) == ("lin", "LIN@example.org")
    for said in ("machines.view", "everything", "secrets.view:single"):
        assert said in str(entry["detail"])
    assert await list_own_invitations(core, lin) == []
    with pytest.raises(NotFound):
        await accept_invitation(core, lin, sent.invitation.id)


async def test_an_invitation_is_for_its_address(
    core: Core, shop: World, other_world: World
) -> None:
    """O-4: nobody else sees, accepts or declines it, not even its author; a refusal is logged."""
    sent = await invited(shop, "lin")
    for who in (other_world.owner, shop.owner):
        for answer in (accept_invitation, decline_invitation):
            with pytest.raises(NotFound):
                await answer(core, who, sent.invitation.id)
    assert len((await list_invitations(core, shop.owner, ALL)).items) == 1
    assert [e["outcome"] for e in await other_world.entries("invitation_accept")] == ["refused"]


async def test_an_address_that_nobody_confirmed_needs_the_link(core: Core, shop: World) -> None:
    """O-4, A-12: an account that only claims the invited address can't answer without the newest link.

    The attempt is in the vault's log. An address that was confirmed by email needs no link.
    """
    eve = await guest(shop, "eve")
    earlier = await invited(shop, "eve")
    again = await resend_invitation(core, shop.owner, earlier.invitation.id)
    other = await invited(shop, "lin")
    shop.markers.note(again.token or "")
    for token in (None, "", "srl_x", earlier.token, other.token):
        for answer in (accept_invitation, decline_invitation):
            with pytest.raises(Refused, match="with its link"):
                await answer(core, eve, again.invitation.id, token)
    # These were ten attempts. More of them would fill the log of a vault that isn't eve's.
    with pytest.raises(TooMany):
        await accept_invitation(core, eve, again.invitation.id)
    assert [each.needs_link for each in await list_own_invitations(core, eve)] == [True]
    denied = await shop.entries("invitation_accept")
    assert {(each["actor_name"], each["reason"]) for each in denied} == {("eve", "account_link")}
    await confirm_address(core, eve.account)
    assert [each.needs_link for each in await list_own_invitations(core, eve)] == [False]
    await accept_invitation(core, eve, again.invitation.id)


async def test_declining_ends_it(core: Core, shop: World) -> None:
    """O-4: a declined invitation is gone, and its vault's log says so."""
    lin = await guest(shop, "lin")
    sent = await invited(shop, "lin")
    await decline_invitation(core, lin, sent.invitation.id, sent.token)
    assert (await list_invitations(core, shop.owner, ALL)).items == []
    assert [e["actor_name"] for e in await shop.entries("invitation_decline")] == ["lin"]


async def test_an_invitation_expires_and_can_be_resent(
    core: Core, shop: World, clock: MovableClock
) -> None:
    """O-4: after seven days it can't be accepted; resending gives it seven more and a new link."""
    lin = await guest(shop, "lin")
    sent = await invited(shop, "lin")
    assert sent.token is not None
    assert (await open_invitation(core, visitor(), sent.token)).address == "lin@example.org"
    clock.move(timedelta(days=7))
    with pytest.raises(NotFound):
        await accept_invitation(core, lin, sent.invitation.id)
    with pytest.raises(Refused):
        await open_invitation(core, visitor(), sent.token)
    assert (await list_invitations(core, shop.owner, ALL)).items[0].expired
    again = await resend_invitation(core, shop.owner, sent.invitation.id)
    assert again.token is not None
    shop.markers.note(again.token)
    with pytest.raises(Refused):
        await open_invitation(core, visitor(), sent.token)
    assert (await open_invitation(core, visitor(), again.token)).id == sent.invitation.id
    await accept_invitation(core, lin, sent.invitation.id, again.token)


async def test_an_expired_one_is_replaced_and_a_live_one_isnt(
    core: Core, shop: World, clock: MovableClock
) -> None:
    """O-4: an address has one invitation per vault."""
    first = await invited(shop, "lin")
    with pytest.raises(Conflict, match="already has an invitation"):
        await invited(shop, "Lin")
    clock.move(timedelta(days=8))
    second = await invited(shop, "lin", "collaborator")
    items = (await list_invitations(core, shop.owner, ALL)).items
    assert [each.id for each in items] == [second.invitation.id] != [first.invitation.id]
    await withdraw_invitation(core, shop.owner, second.invitation.id)
    with pytest.raises(NotFound):
        await withdraw_invitation(core, shop.owner, second.invitation.id)


async def test_an_author_hands_out_only_what_they_have(core: Core, shop: World) -> None:
    """O-3, O-4: an admin can't invite admins or owners, or give an access role with more rights."""
    wide = await access_role(shop, "Everything")
    account = await add_member(shop, "nina", "admin")
    nina = await caller_of(shop, account, "nina")
    assert nina is not None
    with pytest.raises(Refused, match="less than yours"):
        await invite_member(core, nina, address="x@example.org", vault_role="admin")
    for author in (nina, shop.owner):
        with pytest.raises(Invalid, match="transfer ownership"):
            await invite_member(core, author, address="x@example.org", vault_role="owner")
    with pytest.raises(Refused, match="only rights you have"):
        await invite_member(
            core, nina, address="x@example.org", vault_role="developer", access_role=wide.id
        )
    with pytest.raises(NotFound):
        await invite_member(
            core,
            shop.owner,
            address="x@example.org",
            vault_role="developer",
            access_role="arole_aaaaaaaaaaaaaaaa",
        )
    assert (await list_invitations(core, shop.owner, ALL)).items == []


async def test_acceptance_checks_the_author_again(core: Core, shop: World) -> None:
    """O-4: an invitation whose author could no longer send it can't be accepted, until someone resends it."""
    account = await add_member(shop, "nina", "admin")
    nina, lin = await caller_of(shop, account, "nina"), await guest(shop, "lin")
    assert nina is not None
    sent = await invite_member(core, nina, address="lin@example.org", vault_role="developer")
    shop.markers.note(sent.token or "")
    member = await member_id(shop, account)
    for change in (
        update_member(core, shop.owner, member, MemberChanges(vault_role="developer")),
        suspend_member(core, shop.owner, member),
    ):
        await change
        with pytest.raises(Refused, match="can no longer"):
            await accept_invitation(core, lin, sent.invitation.id, sent.token)
    again = await resend_invitation(core, shop.owner, sent.invitation.id)
    shop.markers.note(again.token or "")
    assert again.invitation.inviter == "ada"
    await accept_invitation(core, lin, sent.invitation.id, again.token)


async def test_a_role_in_an_invitation_is_in_use(core: Core, shop: World) -> None:
    """O-2: a role can't be deleted while an invitation names it; the error says which."""
    role = await access_role(shop, "Viewer")
    await invited(shop, "lin", access_role=role.id)
    with pytest.raises(Conflict, match=r"the invitation to lin@example\.org"):
        await delete_access_role(core, shop.owner, role.id)


async def test_only_who_can_invite_learns_who_is_invited(core: Core, shop: World) -> None:
    """O-4: someone who can write roles but not list invitations learns only how many name a role."""
    wide = await access_role(shop, "Everything")
    viewer = await access_role(shop, "Viewer", rights=["secrets.view:single"])
    author = await create_vault_role(
        core, shop.owner, name="Author", capabilities=["access_roles.author", "members.view"]
    )
    account = await add_member(shop, "nina", author.id, wide.id)
    nina = await caller_of(shop, account, "nina")
    assert nina is not None
    await invited(shop, "lin", access_role=viewer.id)
    with pytest.raises(Conflict, match="in use by 1 invitation;"):
        await delete_access_role(core, nina, viewer.id)


async def test_withdrawing_is_for_those_who_could_invite(core: Core, shop: World) -> None:
    """O-3: an invitation can't be withdrawn by someone whose role isn't above the invitation's."""
    account = await add_member(shop, "nina", "admin")
    nina = await caller_of(shop, account, "nina")
    assert nina is not None
    high, low = await invited(shop, "high", "admin"), await invited(shop, "low")
    with pytest.raises(Refused, match="less than yours"):
        await withdraw_invitation(core, nina, high.invitation.id)
    await withdraw_invitation(core, nina, low.invitation.id)
    left = (await list_invitations(core, shop.owner, ALL)).items
    assert [each.id for each in left] == [high.invitation.id]
    member = await member_id(shop, account)
    await update_member(core, shop.owner, member, MemberChanges(vault_role="developer"))
    with pytest.raises(Refused, match=r"you need members\.invite"):
        await withdraw_invitation(core, nina, high.invitation.id)


async def test_a_member_can_not_join_again(core: Core, shop: World) -> None:
    """O-4: a member's address can be invited, which reveals nothing, but they can't accept."""
    lin = await guest(shop, "lin")
    first = await invited(shop, "lin")
    await accept_invitation(core, lin, first.invitation.id, first.token)
    sent = await invited(shop, "lin")
    own = (await list_own_invitations(core, lin))[0]
    with pytest.raises(Conflict, match="already a member"):
        await accept_invitation(core, lin, own.id, sent.token)


async def test_one_address_is_not_flooded(core: Core, shop: World) -> None:
    """A-10: an address gets at most five invitations in an hour."""
    for _ in range(5):
        sent = await invited(shop, "lin")
        await withdraw_invitation(core, shop.owner, sent.invitation.id)
    with pytest.raises(TooMany):
        await invited(shop, "lin")
    other = await invited(shop, "other")
    for _ in range(4):
        again = await resend_invitation(core, shop.owner, other.invitation.id)
        shop.markers.note(again.token or "")
    with pytest.raises(TooMany):
        await resend_invitation(core, shop.owner, other.invitation.id)


@pytest.mark.parametrize("limit", ["INVITED_BY_ONE", "INVITED_TO_VAULT"])
async def test_many_addresses_are_not_flooded(
    core: Core,
    shop: World,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
) -> None:
    """A-10: by withdrawing, too, a person or a vault can send only a limited number of invitations an hour.

    Another person is only affected by the vault's limit. Someone who can't invite uses up nothing.
    """
    monkeypatch.setattr(f"strongroom_core.access.mail_limits.{limit}", 4)
    grace = await caller_of(shop, await add_member(shop, "grace", "admin"), "grace")
    lin = await caller_of(shop, await add_member(shop, "lin", "collaborator"), "lin")
    assert grace is not None
    assert lin is not None
    for name in ("a", "b"):
        sent = await invited(shop, name)
        with pytest.raises(Refused):
            await invite_member(core, lin, address="c@example.org", vault_role="collaborator")
        if name == "a":
            await withdraw_invitation(core, shop.owner, sent.invitation.id)
    calls = (
        lambda: invited(shop, "c"),
        lambda: resend_invitation(core, shop.owner, sent.invitation.id),
    )
    for call in calls:
        with pytest.raises(TooMany) as wait:
            await call()
        assert 0 < wait.value.retry_after <= 3601
    by_other = invite_member(core, grace, address="d@example.org", vault_role="developer")
    if limit == "INVITED_TO_VAULT":
        with pytest.raises(TooMany):
            await by_other
    else:
        shop.markers.note((await by_other).token or "")
    clock.move(timedelta(hours=1))
    await invited(shop, "c")


async def test_mail_carries_the_link(core: Core, shop: World, mails: MailServer) -> None:
    """O-4: with mail, the response has no link; the email has it, in text and HTML; resending replaces it."""
    sent = await invited(shop, "lin")
    assert sent.token is None
    await work(core)
    again = await resend_invitation(core, shop.owner, sent.invitation.id)
    assert again.token is None
    await work(core)
    links = [re.findall(r"/invitation#(srl_[\w-]+)", text) for text in texts(mails)]
    [first, second] = [set(found) for found in links]
    for token in first | second:
        shop.markers.note(token)

    assert mails.recipients == [["lin@example.org"]] * 2
    assert (len(first), len(second)) == (1, 1)
    with pytest.raises(Refused):
        await open_invitation(core, visitor(), *first)
    assert (await open_invitation(core, visitor(), *second)).vault_role_name == "Developer"
    for said in ("ada", "Developer", "sign up"):
        assert said in texts(mails)[0]


def texts(mails: MailServer) -> list[str]:
    return [
        "".join(
            part.get_content() for part in message.walk() if part.get_content_maintype() == "text"
        )
        for message in mails.mails
    ]


async def test_no_mail_for_an_invitation_that_ended(
    core: Core, shop: World, mails: MailServer
) -> None:
    """O-4: an invitation that was withdrawn before its email was sent causes none."""
    sent = await invited(shop, "lin")
    await withdraw_invitation(core, shop.owner, sent.invitation.id)
    await work(core)
    assert mails.recipients == []


async def test_an_invitation_opens_sign_up_for_its_address(core: Core, shop: World) -> None:
    """O-4: while sign-up is closed, the link lets exactly its address sign up."""
    sent = await invited(shop, "lin")
    async with core.database.transaction(INSTALLATION) as connection:
        await put_sign_up_open(connection, is_open=False)

    async def try_it(address: str, token: str | None) -> None:
        await sign_up(
            core,
            visitor(),
            email=address,
            username=f"someone-{address[:3]}",
            password=shop.markers.password(),
            invitation=token,
        )

    for address, token in [
        ("lin@example.org", None),
        ("lin@example.org", "srl_x"),
        ("eve@example.org", sent.token),
    ]:
        with pytest.raises(Refused, match="closed"):
            await try_it(address, token)
    await try_it("Lin@example.org", sent.token)
    await withdraw_invitation(core, shop.owner, sent.invitation.id)
    with pytest.raises(Refused, match="closed"):
        await try_it("lin@example.org", sent.token)


async def test_the_cap_counts_pending_invitations(
    core: Core, shop: World, clock: MovableClock
) -> None:
    """Q-2: members and pending invitations together are limited; expired ones don't count."""
    await set_limits(core, members=3)
    lin = await guest(shop, "lin")
    first = await invited(shop, "lin")
    await invited(shop, "two")
    with pytest.raises(CapReached, match="3 of 3 members in use"):
        await invited(shop, "three")
    await accept_invitation(core, lin, first.invitation.id, first.token)
    with pytest.raises(CapReached):
        await invited(shop, "three")
    plan = await read_vault_plan(core, shop.owner)
    assert [each.used for each in plan.usage if each.cap == "members"] == [3]
    clock.move(timedelta(days=8))
    await invited(shop, "three")


async def test_the_cap_is_exact_from_two_processes(
    core: Core, shop: World, settings: Settings, cluster: Cluster
) -> None:
    """Q-2, H-3: two nodes invite at once; together they never pass the limit."""
    await set_limits(core, members=6)
    other = await open_core(settings)
    await unseal(other, cluster.root)
    try:
        done = await asyncio.gather(
            *(
                invite_member(
                    (core, other)[n % 2],
                    shop.owner,
                    address=f"guest-{n}@example.org",
                    vault_role="developer",
                )
                for n in range(12)
            ),
            return_exceptions=True,
        )
    finally:
        await other.database.close()
    for each in done:
        if not isinstance(each, BaseException):
            shop.markers.note(each.token or "")

    assert sum(isinstance(each, CapReached) for each in done) == 7
    assert (await list_invitations(core, shop.owner, ALL)).total == 5
    assert (await list_members(core, shop.owner, ALL)).total == 1
