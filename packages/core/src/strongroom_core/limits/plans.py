"""Plans: what a vault's owner can see and choose, and what the administrator can define (Q-1).

A plan that keeps less than the previous one doesn't delete anything by itself. The change is rejected until
the caller accepts the loss, and even then the data is deleted only a day later (`prune`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.operator import (
    OPERATOR_PLANS_VIEW,
    PLAN_CREATE,
    PLAN_DELETE,
    PLAN_GIVE,
    PLAN_UPDATE,
)
from strongroom_core.access.actions.plans import PLAN_CHOOSE, PLAN_VIEW
from strongroom_core.access.targets import is_id_of
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.db.query import revise
from strongroom_core.kernel.errors import Conflict, Invalid, NotFound
from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_core.kernel.names import folded, require_name
from strongroom_core.limits.caps import DEFAULT_PLAN, NAMES, Limits, keeps_less
from strongroom_core.limits.usage import limits_in, limits_row, usage_of
from strongroom_core.limits.views import PlanChoice, PlanView, VaultPlanView
from strongroom_core.schema.vaults import Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human

MOST_PLANS = 50
LARGEST = 2**31 - 1
_TAKEN = "a plan with this name already exists; choose another name"
_FEWEST = {"members": 1, "versions": 1, "retention_days": 1}

_PLANS = """
select p.*, (select count(*) from vaults_with_plan(p.id)) as vaults from plan p order by p.name_folded, p.id
"""


async def read_vault_plan(core: Core, caller: Human) -> VaultPlanView:
    """Return the plan of the caller's vault, its usage, and the plans its owner can choose."""
    async with gate.perform(core, caller, PLAN_VIEW) as act:
        return await _vault_plan(act)


async def choose_plan(
    core: Core, caller: Human, plan: str, *, accept_loss: bool = False
) -> VaultPlanView:
    """Change the vault's plan to another one that its owner is allowed to choose.

    Raises `NotFound` for any other plan, and `Conflict` if the new plan doesn't keep everything, unless
    `accept_loss`.
    """
    async with gate.perform(core, caller, PLAN_CHOOSE) as act:
        chosen = {row["id"]: row for row in await _choices(act.connection)}.get(plan)
        if chosen is None:
            raise NotFound("plan")
        await _give(act, act.vault, chosen, accept_loss=accept_loss)
        act.concerns(ObjectKind.PLAN, plan, chosen["name"])
        return await _vault_plan(act)


async def list_plans(core: Core, caller: Human) -> list[PlanView]:
    """Return all plans, by name."""
    async with gate.perform(core, caller, OPERATOR_PLANS_VIEW) as act:
        return [_view(row) for row in await act.connection.fetch(_PLANS)]


async def create_plan(
    core: Core, caller: Human, *, name: str, limits: Limits, self_service: bool = False
) -> PlanView:
    """Define a plan. Raises `Invalid` and `NameTaken`."""
    require_name(name, field="name", most=NAME_LENGTH)
    values = require_limits(limits)
    async with gate.perform(core, caller, PLAN_CREATE) as act:
        if await act.connection.fetchval("select count(*) from plan") >= MOST_PLANS:
            raise Conflict(f"there can be at most {MOST_PLANS} plans; delete one first")
        made = Plan(
            vault=act.vault,
            id=new_id("plan"),
            name=name,
            name_folded=folded(name),
            self_service=self_service,
            created_at=act.at,
            **values,
        )
        with name_taken_as(_TAKEN):
            await act.run(Plan.insert(made))
        act.concerns(ObjectKind.PLAN, made.id, name)
        act.record(self_service=self_service, **values)
        return await _plan_in(act.connection, made.id)


async def update_plan(
    core: Core,
    caller: Human,
    plan: str,
    *,
    name: str | None = None,
    limits: Limits | None = None,
    self_service: bool | None = None,
    accept_loss: bool = False,
    if_match: int | None = None,
) -> PlanView:
    """Change a plan for all vaults that have it. None leaves a part unchanged.

    Raises `Invalid`, `NameTaken`, and `Conflict` if the plan would keep less, unless `accept_loss`.
    """
    if name is not None:
        require_name(name, field="name", most=NAME_LENGTH)
    values = {} if limits is None else require_limits(limits)
    async with gate.perform(core, caller, PLAN_UPDATE, plan) as act:
        act.require_revision(if_match)
        before = await _plan_in(act.connection, plan)
        vaults = await _vaults_with(act.connection, plan)
        lowered = limits is not None and keeps_less(limits, before.limits)
        if limits is not None and lowered:
            await _require_accepted(act, vaults, limits, accept_loss=accept_loss)
        changed = {getattr(Plan, each): value for each, value in values.items()}
        if self_service is not None:
            changed[Plan.self_service] = self_service
        with name_taken_as(_TAKEN):
            await act.run(revise(Plan, plan, changed, name=name))
        if lowered:
            await act.connection.execute(
                "select give_plan(vault, $1, true, $2) from unnest($3::varchar[]) vault",
                plan,
                act.at,
                vaults,
            )
        if values:
            act.told.extend(vaults)
        act.record(self_service=self_service, **values)
        if name is not None and name != before.name:
            act.record(renamed_from=before.name, renamed_to=name)
        return await _plan_in(act.connection, plan)


async def delete_plan(core: Core, caller: Human, plan: str) -> None:
    """Delete a plan. Raises `Conflict` for the default plan, and for a plan that vaults have."""
    async with gate.perform(core, caller, PLAN_DELETE, plan) as act:
        if plan == DEFAULT_PLAN:
            raise Conflict("the default plan can't be deleted; change its limits instead")
        having = len(await _vaults_with(act.connection, plan))
        if having:
            some = "1 vault has" if having == 1 else f"{having:,} vaults have"
            raise Conflict(f"{some} this plan; change their plan first")
        await act.run(Plan.delete().where(Plan.id == plan))


async def give_plan(
    core: Core, caller: Human, vault: str, plan: str, *, accept_loss: bool = False
) -> None:
    """Change a vault's plan. Raises `NotFound`, and `Conflict` as `choose_plan` does."""
    async with gate.perform(core, caller, PLAN_GIVE, plan) as act:
        known = is_id_of(ObjectKind.VAULT, vault) and await act.connection.fetchval(
            "select vault_exists($1)", vault
        )
        row = await act.connection.fetchrow("select * from plan where id = $1", plan)
        if not known or row is None:
            raise NotFound("vault")
        await _give(act, VaultId(vault), row, accept_loss=accept_loss)
        act.record(vault=vault)
        act.told.append(VaultId(vault))


async def insert_default_plan(act: gate.Act) -> None:
    """Insert the default plan, for `init`."""
    made = Plan(
        vault=act.vault,
        id=DEFAULT_PLAN,
        name="Default",
        name_folded="default",
        created_at=act.at,
        **require_limits(Limits()),
    )
    await act.run(Plan.insert(made))


def require_limits(limits: Limits) -> dict[str, Any]:
    """Return the limits by name. Raises `Invalid` if one is too small or too large."""
    values = {name: getattr(limits, name) for name in NAMES}
    for name, value in values.items():
        fewest = _FEWEST.get(name, 0)
        if value is not None and not fewest <= value <= LARGEST:
            head, *rest = name.split("_")
            field = head + "".join(map(str.title, rest))
            raise Invalid(
                f"{field} must be {fewest}–{LARGEST:,}, or empty for no limit", field=field
            )
    return values


async def _vault_plan(act: gate.Act) -> VaultPlanView:
    row = await limits_row(act.connection, act.vault)
    limits = limits_in(row)
    return VaultPlanView(
        name=row["name"],
        limits=limits,
        usage=await usage_of(act.connection, limits, act.at),
        choices=[
            PlanChoice(
                id=each["id"],
                name=each["name"],
                current=each["id"] == row["id"],
                limits=limits_in(each),
            )
            for each in await _choices(act.connection)
        ],
        lowered_at=row["lowered_at"],
    )


async def _choices(connection: Connection) -> list[Row]:
    return await connection.fetch("select * from plans_to_choose() order by name_folded, id")


async def _give(act: gate.Act, vault: VaultId, plan: Row, *, accept_loss: bool) -> None:
    before, new = limits_in(await limits_row(act.connection, vault)), limits_in(plan)
    lowered = keeps_less(new, before)
    if lowered:
        await _require_accepted(act, [vault], new, accept_loss=accept_loss)
    await act.connection.execute(
        "select give_plan($1, $2, $3, $4)", vault, plan["id"], lowered, act.at
    )
    act.record(lowered=lowered)


async def _require_accepted(
    act: gate.Act, vaults: Sequence[str], limits: Limits, *, accept_loss: bool
) -> None:
    """Raise `Conflict` with what would be deleted, unless that is nothing or the caller accepts it."""
    row = await act.connection.fetchrow(
        "select coalesce(sum(n.versions), 0)::bigint as versions,"
        " coalesce(sum(n.events), 0)::bigint as events"
        " from unnest($1::varchar[]) vault cross join lateral not_kept(vault, $2, $3, $4) n",
        vaults,
        limits.versions,
        limits.retention_days,
        act.at,
    )
    if row is None or not row["versions"] + row["events"]:
        return
    act.record(versions_lost=row["versions"], events_lost=row["events"])
    if not accept_loss:
        raise Conflict(
            f"this plan keeps less: a day from now, {row['versions']:,} versions and {row['events']:,}"
            " events would be permanently deleted; confirm that to continue"
        )


async def _vaults_with(connection: Connection, plan: str) -> list[VaultId]:
    rows = await connection.fetch("select v as id from vaults_with_plan($1) v order by v", plan)
    return [VaultId(row["id"]) for row in rows]


async def _plan_in(connection: Connection, plan: str) -> PlanView:
    row = await connection.fetchrow(
        "select p.*, (select count(*) from vaults_with_plan(p.id)) as vaults from plan p where id = $1",
        plan,
    )
    if row is None:
        raise NotFound("plan")
    return _view(row)


def _view(row: Row) -> PlanView:
    return PlanView(
        id=row["id"],
        name=row["name"],
        default=row["id"] == DEFAULT_PLAN,
        self_service=row["self_service"],
        limits=limits_in(row),
        vaults=row["vaults"],
        revision=row["revision"],
    )
