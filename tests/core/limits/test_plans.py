"""Plans: choosing and changing them, and pruning what they no longer keep (Q-1, Q-2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from strongroom_core.access.callers import system
from strongroom_core.kernel.errors import (
    CapReached,
    Conflict,
    Invalid,
    NameTaken,
    NotFound,
    Refused,
)
from strongroom_core.kernel.ids import SecretId
from strongroom_core.limits.caps import DEFAULT_PLAN, NAMES, Limits
from strongroom_core.limits.plans import (
    choose_plan,
    create_plan,
    delete_plan,
    give_plan,
    list_plans,
    read_vault_plan,
    update_plan,
)
from strongroom_core.limits.prune import (
    lowered_vaults,
    prune_events,
    prune_versions,
    vaults_with_old_events,
)
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.replace import replace_secret
from strongroom_testkit.plans import set_limits
from strongroom_testkit.world import entries_of

if TYPE_CHECKING:
    from strongroom_core.db.connection import OpenConnection
    from strongroom_core.kernel.caller import Human
    from strongroom_core.limits.views import PlanView
    from strongroom_testkit.world import World

UNLIMITED: dict[str, Any] = dict.fromkeys(NAMES)


@pytest.fixture
def operator(world: World) -> Human:
    """The administrator."""
    return replace(world.owner, operator=True)


async def plan(world: World, operator: Human, name: str, **limits: int | None) -> PlanView:
    """Define a plan that owners can choose. Limits that aren't given are those of the default plan."""
    return await create_plan(
        world.core, operator, name=name, limits=Limits(**limits), self_service=True
    )


async def with_versions(world: World, number: int) -> str:
    """Create a secret with this many versions."""
    secret = await world.secret(await world.project("app"), "KEY")
    for _ in range(number - 1):
        value = Content(value=world.markers.value("KEY"))
        await replace_secret(world.core, world.owner, SecretId(secret.id), value)
    return secret.id


async def kept(administrator: OpenConnection, secret: str) -> list[int]:
    """Return the numbers of the versions that are stored."""
    rows = await administrator.fetch(
        "select number from secret_version where secret = $1 order by number", secret
    )
    return [row["number"] for row in rows]


async def test_the_default_plan(world: World) -> None:
    """Q-1: a new installation has the default plan, and every vault has it."""
    view = await read_vault_plan(world.core, world.owner)

    assert view.name == "Default"
    assert view.limits == Limits(
        machines=500,
        projects=200,
        secrets=50_000,
        members=100,
        versions=50,
        retention_days=365,
        webhooks=20,
        deliveries_per_day=10_000,
        agents=50,
        shares_per_day=200,
    )


async def test_the_error_names_cap_use_and_remedy(world: World) -> None:
    """Q-2: the error shows the plan, the cap, its usage and where to change it."""
    await world.project("one")
    await set_limits(world.core, projects=1)
    with pytest.raises(CapReached) as error:
        await world.project("two")

    assert error.value.message == (
        "the Default plan's limit has been reached: 1 of 1 projects in use; remove some, or see"
        " Settings → Plan for a larger plan"
    )


async def test_use_is_shown_from_80_percent(world: World) -> None:
    """Q-2: once 80% of a cap is used, a warning is shown."""
    await set_limits(world.core, projects=5, webhooks=0)
    told = []
    for n in range(5):
        await world.project(f"p{n}")
        view = await read_vault_plan(world.core, world.owner)
        told += [each.nearly for each in view.usage if each.cap == "projects"]
    view = await read_vault_plan(world.core, world.owner)
    none = [each.nearly for each in view.usage if each.cap == "webhooks"]

    assert none == [False], "what a plan doesn't include isn't nearly used up"
    assert told == [False, False, False, True, True]


async def test_a_cap_that_is_empty_is_no_limit(world: World) -> None:
    """Q-1: a cap can be empty, which means that there is no limit."""
    await set_limits(world.core, **UNLIMITED)
    await with_versions(world, 3)
    view = await read_vault_plan(world.core, world.owner)

    assert {each.most for each in view.usage} == {None}


async def test_an_owner_chooses_among_self_service_plans(world: World, operator: Human) -> None:
    """Q-1: an owner can choose a plan only if it is marked as self-service."""
    small = await plan(world, operator, "Small", projects=3)
    hidden = await create_plan(world.core, operator, name="Hidden", limits=Limits())
    with pytest.raises(NotFound):
        await choose_plan(world.core, world.owner, hidden.id)
    view = await choose_plan(world.core, world.owner, small.id)
    refused, entry = await world.entries("plan_choose")

    assert view.name == "Small"
    assert view.limits.projects == 3
    assert [each.current for each in view.choices] == [True]
    assert (refused["outcome"], entry["outcome"]) == ("refused", "done")
    assert entry["target_name"] == "Small"


async def test_a_lower_plan_says_first_what_would_go(
    world: World, operator: Human, administrator: OpenConnection
) -> None:
    """Q-1: a plan that keeps less is rejected, listing what it would delete, until the owner accepts that."""
    secret = await with_versions(world, 5)
    small = await plan(world, operator, "Small", versions=2)
    with pytest.raises(Conflict, match=r"3 versions and 0 events would be permanently deleted"):
        await choose_plan(world.core, world.owner, small.id)
    await choose_plan(world.core, world.owner, small.id, accept_loss=True)
    job = system("prune_versions", world.person.vault)

    assert await kept(administrator, secret) == [1, 2, 3, 4, 5]
    assert await lowered_vaults(world.core) == []

    await administrator.execute("update vault_plan set lowered_at = now() - interval '25 hours'")
    due = await lowered_vaults(world.core)
    done = await prune_versions(world.core, job)

    assert due == [world.person.vault]
    assert done
    assert await kept(administrator, secret) == [4, 5]
    assert await administrator.fetchval("select count(*) from secret_material") == 2
    assert await lowered_vaults(world.core) == []


async def test_a_change_within_the_day_drops_nothing(
    world: World, operator: Human, administrator: OpenConnection
) -> None:
    """Q-1: for a day after a plan was lowered, a new version doesn't remove any old one."""
    secret = await with_versions(world, 5)
    await update_plan(
        world.core, operator, DEFAULT_PLAN, limits=Limits(versions=2), accept_loss=True
    )
    await replace_secret(
        world.core, world.owner, SecretId(secret), Content(value=world.markers.value("KEY"))
    )

    assert await kept(administrator, secret) == [1, 2, 3, 4, 5, 6]


async def test_going_back_within_the_day_keeps_everything(
    world: World, operator: Human, administrator: OpenConnection
) -> None:
    """Q-1: what a plan keeps is decided during pruning, so nothing is lost if it is raised again before."""
    secret = await with_versions(world, 5)
    for versions in (2, 50):
        await update_plan(
            world.core, operator, DEFAULT_PLAN, limits=Limits(versions=versions), accept_loss=True
        )
    await administrator.execute("update vault_plan set lowered_at = now() - interval '25 hours'")
    await prune_versions(world.core, system("prune_versions", world.person.vault))

    assert await kept(administrator, secret) == [1, 2, 3, 4, 5]


async def test_old_events_are_deleted(
    world: World, operator: Human, administrator: OpenConnection
) -> None:
    """L-5: events that are too old for the plan are deleted; newer ones and other vaults' aren't."""
    await world.project("app")
    await administrator.execute("alter table audit_entry disable trigger append_only")
    await administrator.execute(
        "update audit_entry set at = at - interval '40 days' where vault = $1", world.person.vault
    )
    await administrator.execute("alter table audit_entry enable trigger append_only")
    await world.project("newer")
    old = len(await world.entries()) - 1
    with pytest.raises(Conflict, match=f"0 versions and {old} events would be permanently deleted"):
        await update_plan(world.core, operator, DEFAULT_PLAN, limits=Limits(retention_days=30))
    await update_plan(
        world.core, operator, DEFAULT_PLAN, limits=Limits(retention_days=30), accept_loss=True
    )
    at_once = await vaults_with_old_events(world.core)
    await administrator.execute("update vault_plan set lowered_at = now() - interval '25 hours'")
    (due,) = await vaults_with_old_events(world.core)
    await prune_events(world.core, system("prune_events", due.vault), due.before)

    assert at_once == []
    assert due.vault == world.person.vault
    assert [each["action"] for each in await world.entries()] == [
        "project_create",
        "plan_update",
        "audit_prune",
    ]
    assert (await world.entries("audit_prune"))[0]["detail"] == (
        f'{{"before": "{due.before.isoformat()}", "events": {old}}}'
    )


async def test_the_audit_log_stays_append_only(administrator: OpenConnection, world: World) -> None:
    """L-5: except by pruning, not even the table's owner can delete an event."""
    await world.project("app")
    with pytest.raises(Exception, match="append-only"):
        await administrator.execute("delete from audit_entry")


async def test_the_operators_acts_on_plans_are_recorded(world: World, operator: Human) -> None:
    """Q-3: the administrator's acts are in the logs of the installation and of the affected vault."""
    large = await plan(world, operator, "Large", machines=1000)
    await give_plan(world.core, operator, world.person.vault, large.id)
    await update_plan(world.core, operator, large.id, name="Larger", limits=Limits(machines=2000))
    actions = ["plan_create", "plan_give", "plan_update"]
    told = [
        [
            each["action"]
            for each in await entries_of(world.core, vault)
            if each["action"] in actions
        ]
        for vault in ("installation", world.person.vault)
    ]

    assert told == [actions, actions[1:]]
    assert (await read_vault_plan(world.core, world.owner)).limits.machines == 2000


async def test_only_the_operator_defines_plans(world: World) -> None:
    """Q-3: an owner who isn't the administrator can't see all plans or change any."""
    for act in (
        list_plans(world.core, world.owner),
        create_plan(world.core, world.owner, name="Mine", limits=Limits()),
        update_plan(world.core, world.owner, DEFAULT_PLAN, name="Mine"),
        delete_plan(world.core, world.owner, DEFAULT_PLAN),
        give_plan(world.core, world.owner, world.person.vault, DEFAULT_PLAN),
    ):
        with pytest.raises(Refused, match="administrator"):
            await act


async def test_plans_that_are_refused(world: World, operator: Human) -> None:
    """Q-1: names are unique, limits must make sense, and a plan in use can't be deleted."""
    large = await plan(world, operator, "Large")
    await give_plan(world.core, operator, world.person.vault, large.id)
    with pytest.raises(NameTaken):
        await plan(world, operator, "Large")
    for limits in (Limits(versions=0), Limits(machines=-1), Limits(secrets=2**31)):
        with pytest.raises(Invalid):
            await create_plan(world.core, operator, name="Odd", limits=limits)
    with pytest.raises(Conflict, match="1 vault has this plan"):
        await delete_plan(world.core, operator, large.id)
    with pytest.raises(Conflict, match="default plan"):
        await delete_plan(world.core, operator, DEFAULT_PLAN)
    with pytest.raises(NotFound):
        await give_plan(world.core, operator, "vault_aaaaaaaaaaaaaaaa", large.id)
    await give_plan(world.core, operator, world.person.vault, DEFAULT_PLAN)
    await delete_plan(world.core, operator, large.id)

    assert [each.name for each in await list_plans(world.core, operator)] == ["Default"]
