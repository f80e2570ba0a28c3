"""Members: roles, suspension, removal, leaving and ownership (O-3, O-5, O-6)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from strongroom_core.access import gate
from strongroom_core.access.actions.accounts import ACCOUNT_CLOSE
from strongroom_core.access.actions.members import MEMBER_LEAVE
from strongroom_core.access.callers import new_request_id
from strongroom_core.accounts.close import close_account, read_closing
from strongroom_core.accounts.sessions import authenticate_person
from strongroom_core.kernel.errors import (
    Changed,
    Conflict,
    Invalid,
    NotAuthenticated,
    NotFound,
    Refused,
    StepUpRequired,
    StrongroomError,
)
from strongroom_core.kernel.origin import Origin
from strongroom_core.kernel.page import PageRequest
from strongroom_core.members.access_roles import AccessRoleWish, create_access_role
from strongroom_core.members.listing import (
    list_holders,
    list_members,
    list_project_members,
    read_member,
)
from strongroom_core.members.locked import lock_members, require_other_owner
from strongroom_core.members.manage import (
    MemberChanges,
    remove_member,
    resume_member,
    suspend_member,
    update_member,
)
from strongroom_core.members.ownership import leave_vault, transfer_ownership
from strongroom_core.members.vault_roles import create_vault_role
from strongroom_core.members.views import MemberStatus
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.shares.drop_boxes import create_drop_box
from strongroom_core.shares.hand_in import use_drop_box
from strongroom_core.vaults.own import enter_vault, list_own_vaults
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.members import (
    access_role,
    add_member,
    caller_of,
    make_guest,
    member_id,
    organize,
    outsider,
)
from strongroom_testkit.people import make_person, visitor
from strongroom_testkit.sign_in import log_in
from strongroom_testkit.waiting import until_waiting

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import OpenConnection
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.clock import MovableClock
    from strongroom_core.kernel.ids import AccountId
    from strongroom_core.settings import Settings
    from strongroom_testkit.cluster import Cluster
    from strongroom_testkit.world import World

ALL = PageRequest()


@pytest.fixture
async def shop(world: World) -> World:
    """The owner's vault, as an organization."""
    await organize(world)
    return world


async def joined(world: World, name: str, role: str, access: str | None = None) -> Human:
    """Add a member, and return them as a caller."""
    account = await add_member(world, name, role, access)
    return await now(world, account, name)


async def now(world: World, account: AccountId, name: str) -> Human:
    caller = await caller_of(world, account, name)

    assert caller is not None

    return caller


async def refused(what: str, call: object) -> None:
    with pytest.raises(Refused, match=what):
        await call  # pyright: ignore[reportGeneralTypeIssues]


async def test_members_are_listed_with_roles_and_status(core: Core, shop: World) -> None:
    """O-1, U-2: the list shows each member's roles and status, filtered and sorted in the database."""
    role = await access_role(shop, "Payments")
    nina = await joined(shop, "nina", "admin", role.id)
    rosa = await joined(shop, "rosa", "developer")
    await suspend_member(core, shop.owner, await member_id(shop, rosa.account))
    page = await list_members(core, nina, ALL)
    facts = [
        (each.username, each.vault_role, each.access_role_name, each.status.value)
        for each in page.items
    ]

    assert facts == [
        ("ada", "owner", None, "active"),
        ("nina", "admin", "Payments", "active"),
        ("rosa", "developer", None, "suspended"),
    ]
    assert [(each.you, each.manageable) for each in page.items] == [
        (False, False),
        (True, False),
        (False, True),
    ]
    for wanted, names in [
        ({"q": "IN"}, ["nina"]),
        ({"status": MemberStatus.SUSPENDED}, ["rosa"]),
        ({"status": MemberStatus.ACTIVE}, ["ada", "nina"]),
        ({"vault_role": "admin"}, ["nina"]),
        ({"access_role": role.id}, ["nina"]),
        ({"access_role": "none"}, ["rosa"]),
    ]:
        found = await list_members(core, nina, ALL, **wanted)  # pyright: ignore[reportArgumentType]
        assert [each.username for each in found.items] == names
    first = await list_members(core, nina, PageRequest(limit=2, sort="-vaultRole"))
    rest = await list_members(
        core, nina, PageRequest.parse(cursor=first.next_cursor, sort="-vaultRole")
    )
    assert [each.username for each in (*first.items, *rest.items)] == ["ada", "rosa", "nina"]


async def test_a_change_holds_from_the_next_request(core: Core, shop: World) -> None:
    """O-6: the next request has the new capabilities and rights, and no others."""
    role = await access_role(shop, "Viewer", rights=["secrets.view:single"])
    rosa = await joined(shop, "rosa", "developer")
    member = await member_id(shop, rosa.account)
    view = await update_member(
        core, shop.owner, member, MemberChanges(vault_role="admin", access_role=role.id)
    )
    after = await now(shop, rosa.account, "rosa")
    [entry] = await shop.entries("member_update")

    assert (view.vault_role, view.access_role_name, view.revision) == ("admin", "Viewer", 2)
    assert "machines.manage" in after.authority.vault
    assert after.authority.access is not None
    detail = str(entry["detail"])
    for said in (
        "Developer",
        "Admin",
        "Viewer",
        "machines.manage",
        "everything",
        "secrets.view:single",
    ):
        assert said in detail
    await update_member(core, shop.owner, member, MemberChanges(access_role=""))
    assert (await now(shop, rosa.account, "rosa")).authority.access is None


async def test_nobody_reaches_higher_than_their_role(core: Core, shop: World) -> None:
    """O-3: one step too high is refused, and changes nothing; so is changing your own role."""
    nina = await joined(shop, "nina", "admin")
    other = await joined(shop, "olga", "admin")
    rosa = await joined(shop, "rosa", "developer")
    ids = {each.username: await member_id(shop, each.account) for each in (nina, other, rosa)}
    ids["ada"] = await member_id(shop, shop.person.account)
    admin, wide = MemberChanges(vault_role="admin"), await access_role(shop, "Everything")
    for target in ("olga", "ada"):
        await refused("below yours", suspend_member(core, nina, ids[target]))
        await refused("below yours", remove_member(core, nina, ids[target]))
        await refused("below yours", update_member(core, nina, ids[target], MemberChanges()))
    await refused("own role", update_member(core, nina, ids["nina"], MemberChanges()))
    await refused("own role", update_member(core, shop.owner, ids["ada"], admin))
    await refused("less than yours", update_member(core, nina, ids["rosa"], admin))
    given = MemberChanges(access_role=wide.id)
    await refused("only rights you have", update_member(core, nina, ids["rosa"], given))
    with pytest.raises(Invalid, match="transfer of ownership"):
        await update_member(core, shop.owner, ids["rosa"], MemberChanges(vault_role="owner"))
    with pytest.raises(NotFound):
        await update_member(core, nina, ids["rosa"], MemberChanges(vault_role="vrole_x"))
    with pytest.raises(Changed):
        await update_member(core, nina, ids["rosa"], MemberChanges(), if_match=7)
    lower = await update_member(
        core, nina, ids["rosa"], MemberChanges(vault_role="collaborator"), if_match=1
    )

    assert lower.vault_role == "collaborator"
    assert {each.vault_role for each in (await list_members(core, nina, ALL)).items} == {
        "owner",
        "admin",
        "collaborator",
    }


async def test_a_role_that_was_lost_meanwhile_decides(core: Core, shop: World) -> None:
    """O-6: a request that began before its sender was demoted is decided with the new role."""
    nina = await joined(shop, "nina", "admin")
    rosa = await joined(shop, "rosa", "developer")
    nina_member, rosa_member = [await member_id(shop, each.account) for each in (nina, rosa)]
    await update_member(core, shop.owner, nina_member, MemberChanges(vault_role="developer"))
    await refused("you need members.manage", suspend_member(core, nina, rosa_member))
    await suspend_member(core, shop.owner, nina_member)
    with pytest.raises(NotAuthenticated):
        await suspend_member(core, nina, rosa_member)


async def test_suspension_cuts_the_session_and_can_be_undone(core: Core, shop: World) -> None:
    """O-5: a suspended member's next request is denied; once resumed, they have the same access as before."""
    grace = await make_person(core, "grace", shop.markers)
    account = grace.account
    async with core.database.transaction(shop.person.vault) as connection:
        await connection.execute(
            "insert into member (vault, id, account, vault_role, status, joined_at)"
            " values ($1, 'mem_aaaaaaaaaaaaaaaa', $2, 'developer', 'active', $3)",
            shop.person.vault,
            account,
            core.clock.now(),
        )
    opened = await log_in(
        core, visitor(), email=grace.email, password=grace.password, device_token=None
    )
    origin = Origin("127.0.0.9", new_request_id())
    caller = await authenticate_person(core, opened.token, origin)
    entered = await enter_vault(core, caller, shop.person.vault)
    shop.markers.note(opened.token)
    shop.markers.note(entered.token)
    inside = await authenticate_person(core, entered.token, origin)
    assert inside.authority.role == "developer"
    await suspend_member(core, shop.owner, "mem_aaaaaaaaaaaaaaaa", reason="on leave")
    with pytest.raises(NotAuthenticated):
        await authenticate_person(core, entered.token, origin)
    with pytest.raises(Conflict, match="already suspended"):
        await suspend_member(core, shop.owner, "mem_aaaaaaaaaaaaaaaa")
    await resume_member(core, shop.owner, "mem_aaaaaaaaaaaaaaaa")
    assert (await authenticate_person(core, entered.token, origin)).authority.role == "developer"
    with pytest.raises(Conflict, match="isn't suspended"):
        await resume_member(core, shop.owner, "mem_aaaaaaaaaaaaaaaa")


async def test_giving_roles_back_needs_the_right_to_assign_them(core: Core, shop: World) -> None:
    """O-3: to resume a member or to extend a membership, one must have every right of the access role."""
    wide = await access_role(shop, "Everything")
    nina = await joined(shop, "nina", "admin")
    rosa = await joined(shop, "rosa", "developer", wide.id)
    member, at = await member_id(shop, rosa.account), core.clock.now()
    ends, later = at + timedelta(hours=1), at + timedelta(hours=2)
    await suspend_member(core, nina, member)
    await refused("only rights you have", resume_member(core, nina, member))
    await resume_member(core, shop.owner, member)
    await update_member(core, nina, member, MemberChanges(ends_at=later))
    await update_member(core, nina, member, MemberChanges(ends_at=ends))
    for extended in (MemberChanges(ends_at=later), MemberChanges(endless=True)):
        await refused("only rights you have", update_member(core, nina, member, extended))
    changed = MemberChanges(access_role="", endless=True)
    assert (await update_member(core, nina, member, changed)).ends_at is None


async def test_who_has_no_second_factor_is_told_to_few(
    core: Core, shop: World, administrator: OpenConnection
) -> None:
    """A-3, O-1: only someone who manages members sees who has a second factor; everyone sees their own."""
    nina = await joined(shop, "nina", "admin")
    rosa = await joined(shop, "rosa", "collaborator")
    await administrator.execute(
        "insert into totp (vault, id, account, secret, confirmed, last_step, created_at)"
        " values ('installation', 'totp_a', $1, '', true, 0, now())",
        nina.account,
    )
    seen = {
        caller.username: [
            each.second_factors for each in (await list_members(core, caller, ALL)).items
        ]
        for caller in (shop.owner, nina, rosa)
    }
    shown = await read_member(core, rosa, await member_id(shop, nina.account))

    assert seen["ada"] == seen["nina"] == [[], ["code"], []]
    assert seen["rosa"] == [None, None, []]
    assert shown.member.second_factors is None


async def test_a_membership_ends_by_the_clock(core: Core, shop: World, clock: MovableClock) -> None:
    """O-5: at its end, a membership grants nothing; it no longer counts, and can be extended."""
    rosa = await joined(shop, "rosa", "developer")
    member = await member_id(shop, rosa.account)
    end = core.clock.now() + timedelta(hours=1)
    await update_member(core, shop.owner, member, MemberChanges(ends_at=end))
    assert await caller_of(shop, rosa.account, "rosa") is not None
    clock.move(timedelta(hours=1))
    assert await caller_of(shop, rosa.account, "rosa") is None
    detail = await read_member(core, shop.owner, member)
    assert detail.member.status is MemberStatus.ENDED
    with pytest.raises(Invalid, match="future"):
        await update_member(core, shop.owner, member, MemberChanges(ends_at=end))
    await update_member(core, shop.owner, member, MemberChanges(endless=True))
    assert await caller_of(shop, rosa.account, "rosa") is not None


async def test_removal_keeps_the_account_and_the_entries(core: Core, shop: World) -> None:
    """O-5: removed members keep their account and get an empty vault; entries and machines are kept."""
    role = await access_role(shop, "All")
    project = await shop.project("billing")
    secret = await shop.secret(project, "API_KEY")
    machine = await granted_machine(shop, project, secret)
    rosa = await joined(shop, "rosa", "developer", role.id)
    box = await create_drop_box(core, rosa, secret.id, overwrite=True)
    mine = await create_drop_box(core, rosa, secret.id, overwrite=True)
    for each in (box, mine):
        shop.markers.note(each.key)
    member = await member_id(shop, rosa.account)
    hanging = (await read_member(core, shop.owner, member)).hanging
    assert (hanging.drop_boxes, hanging.shares, hanging.machines_approved) == (2, 0, 0)
    removed = await remove_member(core, shop.owner, member, take_over=True)
    assert (removed.username, removed.drop_boxes) == ("rosa", 2)
    assert await caller_of(shop, rosa.account, "rosa") is None
    [own] = await list_own_vaults(core, outsider(core, rosa.account, "rosa"))
    assert (own.shape, own.role) == ("personal", "owner")
    await use_drop_box(
        core, visitor(), locator=box.locator, key=box.key, value=shop.markers.value("new")
    )
    value = await read_secret_value(core, await machine.caller(shop), secret.id)
    assert value
    assert [e["actor_name"] for e in await shop.entries("drop_box_create")] == ["rosa", "rosa"]
    [entry] = await shop.entries("member_remove")
    assert '"drop_boxes_taken_over": 2' in str(entry["detail"])


async def test_nobody_is_left_without_a_vault(
    core: Core, shop: World, administrator: OpenConnection
) -> None:
    """O-5: people who lose their only vault, even temporarily, get an empty one so that they can sign in."""
    for name, change in (("rosa", suspend_member), ("sam", remove_member)):
        person = await joined(shop, name, "developer")
        member = await member_id(shop, person.account)
        await administrator.execute(
            "delete from member where account = $1 and id <> $2", person.account, member
        )
        await change(core, shop.owner, member)
        [own] = await list_own_vaults(core, outsider(core, person.account, name))
        assert (own.name, own.role) == ("New vault", "owner")


async def test_a_removed_members_drop_boxes_end(core: Core, shop: World) -> None:
    """T-6, O-5: a removed member's drop boxes no longer work, unless the remover takes them over."""
    role = await access_role(shop, "All")
    secret = await shop.secret(await shop.project("billing"), "API_KEY")
    rosa = await joined(shop, "rosa", "developer", role.id)
    box = await create_drop_box(core, rosa, secret.id, overwrite=True)
    shop.markers.note(box.key)
    await remove_member(core, shop.owner, await member_id(shop, rosa.account))
    with pytest.raises(StrongroomError, match="link"):
        await use_drop_box(
            core, visitor(), locator=box.locator, key=box.key, value=shop.markers.value("new")
        )


async def test_the_last_owner_stays(core: Core, shop: World) -> None:
    """O-3: the last active owner can't leave or be demoted; ownership moves in one step."""
    with pytest.raises(Conflict, match="last active owner"):
        await leave_vault(core, shop.owner)
    rosa = await joined(shop, "rosa", "developer")
    member = await member_id(shop, rosa.account)
    stale = replace(shop.owner, authenticated_at=core.clock.now() - timedelta(minutes=11))
    with pytest.raises(StepUpRequired):
        await transfer_ownership(core, stale, member)
    made = await transfer_ownership(core, shop.owner, member)
    ada = await now(shop, shop.person.account, "ada")
    owner = await now(shop, rosa.account, "rosa")
    own = await member_id(shop, shop.person.account)

    assert made.vault_role == "owner"
    assert (ada.authority.role, ada.authority.access) == ("admin", None)
    with pytest.raises(Conflict, match="last active owner"):
        await leave_vault(core, owner)
    await refused("below yours", suspend_member(core, ada, member))
    await transfer_ownership(core, owner, own, stay_owner=True)
    await suspend_member(core, owner, own)
    with pytest.raises(Conflict, match="last active owner"):
        await leave_vault(core, owner)
    await resume_member(core, owner, own)
    await leave_vault(core, owner)
    assert await caller_of(shop, rosa.account, "rosa") is None


async def test_an_owner_whose_account_is_suspended_does_not_count(
    core: Core, shop: World, administrator: OpenConnection
) -> None:
    """A-9, O-3: an owner can't leave if the only other owner's account is suspended."""
    rosa = await joined(shop, "rosa", "developer")
    await transfer_ownership(core, shop.owner, await member_id(shop, rosa.account), stay_owner=True)
    await administrator.execute(
        "update account set status = 'suspended' where id = $1", rosa.account
    )
    with pytest.raises(Conflict, match="last active owner"):
        await leave_vault(core, shop.owner)


async def test_an_owner_cannot_close_their_account_while_the_other_leaves(
    core: Core, shop: World, administrator: OpenConnection
) -> None:
    """O-3, V-8: the closing waits for the other owner's leaving, and then decides again."""
    account = await add_member(shop, "rosa", "developer")
    await transfer_ownership(core, shop.owner, await member_id(shop, account), stay_owner=True)
    rosa = await now(shop, account, "rosa")
    own = [each.id for each in (await read_closing(core, rosa)).vaults]
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def leave() -> None:
        async with gate.perform(core, shop.owner, MEMBER_LEAVE) as act:
            await lock_members(act, shop.owner)
            await require_other_owner(act, shop.owner.account)
            inside.set()
            await go_on.wait()
            await act.connection.execute(
                "delete from member where account = $1", shop.owner.account
            )

    leaving = asyncio.create_task(leave())
    await inside.wait()
    closing = asyncio.create_task(close_account(core, rosa, vaults=own))
    await until_waiting(administrator)
    go_on.set()
    await leaving
    with pytest.raises(Conflict, match="have changed"):
        await closing

    assert len(own) == 1  # Only the personal vault: the other owner was still there.
    assert await caller_of(shop, account, "rosa") is not None


async def test_the_last_two_administrators_cannot_close_their_accounts_at_once(
    core: Core, shop: World, administrator: OpenConnection
) -> None:
    """A-9: the second closing waits for the first one, and then finds that there is no other."""
    grace = await make_guest(core, "grace")
    await administrator.execute("update account set operator = true where id = $1", grace.account)
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def close() -> None:
        async with gate.perform(core, grace, ACCOUNT_CLOSE) as act:
            await act.connection.execute(
                "update account set status = 'closed' where id = $1", grace.account
            )
            inside.set()
            await go_on.wait()

    other = asyncio.create_task(close())
    await inside.wait()
    caller = replace(shop.owner, operator=True)
    closing = asyncio.create_task(close_account(core, caller, vaults=[shop.person.vault]))
    await until_waiting(administrator)
    go_on.set()
    await other
    with pytest.raises(Conflict, match="only administrator"):
        await closing


async def test_a_vault_with_two_owners_keeps_one_whatever_races(
    core: Core, shop: World, settings: Settings, cluster: Cluster
) -> None:
    """O-3, H-3: two nodes: both owners leave, or suspend each other, at once; exactly one succeeds."""
    other = await open_core(settings)
    await unseal(other, cluster.root)
    try:
        rosa = await joined(shop, "rosa", "developer")
        for _ in range(6):
            ids = {
                "ada": await member_id(shop, shop.person.account),
                "rosa": await member_id(shop, rosa.account),
            }
            ada = await now(shop, shop.person.account, "ada")
            rosa = await now(shop, rosa.account, "rosa")
            first, second = (ada, rosa) if ada.authority.role == "owner" else (rosa, ada)
            if {ada.authority.role, rosa.authority.role} != {"owner"}:
                await transfer_ownership(core, first, ids[second.username], stay_owner=True)
                ada = await now(shop, shop.person.account, "ada")
                rosa = await now(shop, rosa.account, "rosa")
            developer = MemberChanges(vault_role="developer")
            done = await asyncio.gather(
                update_member(core, ada, ids["rosa"], developer),
                update_member(other, rosa, ids["ada"], developer),
                return_exceptions=True,
            )
            assert sum(not isinstance(each, BaseException) for each in done) == 1, done
            async with core.database.transaction(shop.person.vault) as connection:
                owners = await connection.fetchval("select count(*) from owners_in_scope()")
            assert owners == 1
    finally:
        await other.database.close()


async def test_a_personal_vault_has_one_member(core: Core, world: World) -> None:
    """V-1: a personal vault says that it must be converted to have members."""
    with pytest.raises(Conflict, match="convert it"):
        await leave_vault(core, world.owner)
    with pytest.raises(Conflict, match="convert it"):
        await create_vault_role(core, world.owner, name="x", capabilities=["audit.view"])


async def test_who_can_do_what_and_where(core: Core, shop: World) -> None:
    """U-1: for a capability, the members who have it; for a project, the members who can open it."""
    billing, web = await shop.project("billing"), await shop.project("web")
    narrow = await access_role(
        shop, "Billing", rights=["secrets.view:single"], projects=[billing.id]
    )
    wide = await access_role(shop, "Wide", rights=["secrets.view:single", "grants.manage"])
    await joined(shop, "nina", "admin", wide.id)
    rosa = await joined(shop, "rosa", "developer", narrow.id)
    await joined(shop, "sam", "developer")
    managers = await list_holders(core, shop.owner, "machines.manage")
    viewers = await list_holders(core, shop.owner, "secrets.view")
    of_billing = await list_project_members(core, rosa, billing.id)

    assert [each.username for each in managers] == ["ada", "nina"]
    assert [(each.username, each.everywhere, each.places) for each in viewers] == [
        ("ada", True, []),
        ("nina", True, []),
        ("rosa", False, ["billing"]),
    ]
    assert [(each.username, each.rights) for each in of_billing][1:] == [
        ("nina", ["grants.manage", "secrets.view:single"]),
        ("rosa", ["secrets.view:single"]),
    ]
    with pytest.raises(NotFound):
        await list_project_members(core, rosa, web.id)
    with pytest.raises(Invalid, match="unknown capability"):
        await list_holders(core, rosa, "everything")
    detail = await read_member(core, shop.owner, await member_id(shop, rosa.account))
    assert (detail.opens, detail.projects) == (1, 2)


async def test_a_name_among_ten_that_does_not_exist_changes_nothing(
    core: Core, shop: World
) -> None:
    """V-7, O-3: a list of ten with one unknown ID is refused as a whole."""
    projects = [(await shop.project(f"p{n}")).id for n in range(9)]
    wish = AccessRoleWish(name="Ten", projects=[*projects, "proj_aaaaaaaaaaaaaaaa"])
    with pytest.raises(NotFound, match="project"):
        await create_access_role(core, shop.owner, wish)
    async with core.database.transaction(shop.person.vault) as connection:
        assert await connection.fetchval("select count(*) from access_role") == 0
