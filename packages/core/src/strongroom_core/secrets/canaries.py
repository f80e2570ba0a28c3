"""Plants canaries, changes, re-plants and lists them, and runs drills (C-1 to C-5).

A canary is a secret whose value is a decoy. Machines can't distinguish it from other secrets, and people can
do so only if they can manage canaries: a secret's view says nothing about it. `reading/decide.py` defines
what happens when it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.secrets import (
    CANARIES_VIEW,
    CANARY_DRILL,
    CANARY_PLANT,
    CANARY_REPLANT,
    CANARY_TRIGGERED,
    CANARY_UPDATE,
)
from strongroom_core.access.targets import is_id_of
from strongroom_core.access.visible import kinds_at, project_exists
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conditions import Conditions
from strongroom_core.grants.changes import machines_named, readers_of
from strongroom_core.kernel.authority import ProjectCapability
from strongroom_core.kernel.errors import Conflict, Invalid, NotFound
from strongroom_core.secrets.change import Labels, require_label_allowed, require_secret_name
from strongroom_core.secrets.create import insert_secret
from strongroom_core.secrets.decoys import new_decoy
from strongroom_core.secrets.drills import last_drills
from strongroom_core.secrets.material import store_value
from strongroom_core.secrets.versions import VersionOrigin, advance
from strongroom_core.secrets.views import CanaryDrill, CanaryView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.access.action import Action
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ProjectId, SecretId
    from strongroom_core.secrets.views import Decoy

NAMED = 5
"""How many projects to name in a drill's summary."""

MOST_CANARIES = 50
"""The maximum per project. An export reads all of them in one batch, which has room for 64."""

_CANARIES = """
select s.id, s.project as project_id, s.name, s.decoy, s.field_names, s.current_version as version,
       s.armed as enabled, s.freezes as freeze, s.cascades as cascade, s.tripped_at,
       case when s.alert_mail then array['mail']::varchar[] else '{}' end || s.alert_webhooks
           as alert_channels,
       (select count(*) from secret_grant g where g.secret = s.id) as readers,
       s.created_at, s.changed_at as planted_at, s.changed_by as planted_by, s.revision
from secret s where s.decoy is not null and s.trashed_at is null and
"""

_ARM = """
update secret set decoy = $2, armed = true, freezes = $3, cascades = $4 where id = $1
"""

_UPDATE = """
update secret set armed = $2, freezes = $3, cascades = $4, revision = revision + 1 where id = $1
"""

_ALERT = "update secret set alert_mail = $2, alert_webhooks = $3 where id = $1"

_ALARM = [CANARY_TRIGGERED.name, f"severity:{CANARY_TRIGGERED.severity.value}"]
"""The rules that select the event of a canary that was read."""

_ALERTS_TO = """
select w.name from secret s join webhook w on w.vault = s.vault
where s.id = $1 and w.enabled
  and case when s.alert_mail is null then w.actions && $2::varchar[] else w.id = any(s.alert_webhooks) end
order by lower(w.name)
"""

# Until someone chooses rules, critical events are sent by email. So are a canary's alerts while all of its
# own webhooks are disabled.
_MAILED = """
select case when s.alert_mail is null then coalesce(a.mail_actions && $2::varchar[], true)
            else s.alert_mail or (s.alert_webhooks <> '{}' and not exists (
                select from webhook w
                where w.vault = s.vault and w.enabled and w.id = any(s.alert_webhooks))) end
from secret s left join alert_state a on a.vault = s.vault where s.id = $1
"""

_GIVE = """
insert into secret_grant (vault, id, machine, secret, project, granted_at, granted_by)
select $1, t.id, a.machine, $2, a.project, $3, $4
from unnest($5::varchar[], $6::uuid[]) as t(id, machine)
join attachment a on a.vault = $1 and a.machine = t.machine and a.project = $7 returning machine
"""

_OTHERS = """
select distinct concat_ws('/', a.name, p.name) as path
from secret_grant g join attachment t on t.machine = g.machine and t.project <> g.project
join project p on p.vault = t.vault and p.id = t.project and p.trashed_at is null
left join application a on a.vault = p.vault and a.id = p.application
where g.secret = {secret} and {seen} order by 1
"""


@dataclass(frozen=True, slots=True)
class Trap:
    """What happens when a canary is read. Without `freeze`, it is only logged; `cascade` needs `freeze`."""

    freeze: bool = True
    cascade: bool = False

    def __post_init__(self) -> None:
        if self.cascade and not self.freeze:
            raise Invalid("cascade needs freeze: only a freeze can cascade", field="cascade")


@dataclass(frozen=True, slots=True)
class CanaryAlerts:
    """Where a canary's alerts go: `mail` and IDs of webhooks. If None, the vault's rules decide (C-3)."""

    channels: Sequence[str] | None = None


async def plant_canary(
    core: Core,
    caller: Human,
    project: ProjectId,
    *,
    name: str,
    decoy: Decoy,
    trap: Trap,
    labels: Labels,
    machines: Sequence[str] = (),
) -> CanaryView:
    """Create an armed canary with a generated value, and grant it to these machines in the project.

    Raises `Invalid` for invalid input and for a machine that isn't attached, `NameTaken` for a name or
    variable in use, `Conflict` if the project has 50 canaries, and `Refused` for `cascade` if the caller
    couldn't freeze every project.
    """
    require_secret_name(name)
    value, field_names = new_decoy(decoy)
    async with gate.perform(core, caller, CANARY_PLANT, project, kind=decoy.kind) as act:
        require_label_allowed(act.target, labels.environment)
        if machines:
            act.require_part(CANARY_PLANT, "machineIds")
        if trap.cascade:
            _require_cascade(act, CANARY_PLANT)
        planted = await act.connection.fetchval(
            "select count(*) from secret where project = $1 and decoy is not null", project
        )
        if planted >= MOST_CANARIES:
            raise Conflict(
                f"a project can have {MOST_CANARIES} canaries, counting those in the trash;"
                " permanently delete one first"
            )
        secret = await insert_secret(
            core, act, project, name, decoy.kind, labels, value=value, field_names=field_names
        )
        await act.connection.execute(_ARM, secret, decoy.value, trap.freeze, trap.cascade)
        await _give(act, project, secret, machines)
        act.record(
            decoy=decoy.value,
            freeze=trap.freeze,
            cascade=trap.cascade,
            version=1,
            **_given(await readers_of(act.connection, secret)),
        )
        return await _canary_in(act.connection, secret)


async def list_canaries(core: Core, caller: Human, project: ProjectId) -> list[CanaryView]:
    """Return a project's canaries of the kinds that the caller can manage, by name. There are at most 50."""
    async with gate.perform(core, caller, CANARIES_VIEW, project) as act:
        kinds = kinds_at(caller, act.target.place, ProjectCapability.CANARIES_MANAGE)
        sql = f"{_CANARIES} s.project = $1 and s.kind = any($2) order by s.name_folded, s.id"
        rows = await act.connection.fetch(sql, project, kinds)
        return await _views(act.connection, rows)


async def _others(act: gate.Act, secret: SecretId) -> list[Row]:
    conditions = Conditions()
    wanted, seen = conditions.place(secret), project_exists(conditions, act.caller)
    sql = _OTHERS.format(secret=wanted, seen=seen)
    return await act.connection.fetch(sql, *conditions.arguments)


async def update_canary(
    core: Core,
    caller: Human,
    secret: SecretId,
    *,
    enabled: bool | None = None,
    freeze: bool | None = None,
    cascade: bool | None = None,
    alerts: CanaryAlerts | None = None,
    if_match: int | None = None,
) -> CanaryView:
    """Arm or disarm a canary, or change what happens when it is read. None leaves a setting unchanged.

    Raises `Conflict` for any other secret, and `Invalid` for `cascade` without `freeze`, for a webhook that
    doesn't exist, and if no channel is set, because nobody would be alerted. Raises `Refused` for a new
    `cascade` if the caller couldn't freeze every project.
    """
    async with gate.perform(core, caller, CANARY_UPDATE, secret) as act:
        act.require_revision(if_match)
        canary = await _require_canary(act)
        armed = canary.enabled if enabled is None else enabled
        trap = Trap(
            canary.freeze if freeze is None else freeze,
            canary.cascade if cascade is None else cascade,
        )
        if trap.cascade and not canary.cascade:
            _require_cascade(act, CANARY_UPDATE)
        await act.connection.execute(_UPDATE, secret, armed, trap.freeze, trap.cascade)
        act.record(enabled=armed, freeze=trap.freeze, cascade=trap.cascade)
        if alerts is not None:
            await _redirect(act, secret, alerts)
        return await _canary_in(act.connection, secret)


def _require_cascade(act: gate.Act, action: Action) -> None:
    """Deny it to anyone who couldn't freeze all the projects that a cascade can reach."""
    act.require_part(action, "cascade")
    act.require_whole("the vault", "a cascade can freeze any project")


async def replant_canary(
    core: Core, caller: Human, secret: SecretId, *, if_match: int | None = None
) -> CanaryView:
    """Give a canary a new decoy of the same kind, as a new version. It stays armed or disarmed.

    The version looks like any generated one. Raises `Conflict` for any other secret.
    """
    async with gate.perform(core, caller, CANARY_REPLANT, secret) as act:
        act.require_revision(if_match)
        canary = await _require_canary(act)
        value, field_names = new_decoy(canary.decoy)
        material = await store_value(core, act, canary.project_id, secret, value)
        await advance(act, secret, material, VersionOrigin.ROTATE, field_names)
        await act.connection.execute("update secret set tripped_at = null where id = $1", secret)
        return await _canary_in(act.connection, secret)


async def drill_canary(core: Core, caller: Human, secret: SecretId) -> CanaryDrill:
    """Test a canary: log a drill, and return what would happen if the canary were read. Nothing is frozen.

    Raises `Conflict` for any other secret.
    """
    async with gate.perform(core, caller, CANARY_DRILL, secret) as act:
        canary = await _require_canary(act)
        readers = await readers_of(act.connection, secret)
        others = await _others(act, secret) if canary.cascade else []
        fires = canary.enabled and bool(readers) and not act.target.frozen
        act.record(
            drill=True,
            enabled=canary.enabled,
            freeze=canary.freeze,
            cascade=canary.cascade,
            **machines_named(readers),
        )
        drill = CanaryDrill(
            summary="",
            fires=fires,
            enabled=canary.enabled,
            frozen=act.target.frozen,
            freeze=canary.freeze,
            readers=[row["name"] for row in readers],
            cascades_to=[row["path"] for row in others],
            alerts_to=await _alerts_to(act.connection, secret),
        )
    return msgspec.structs.replace(drill, summary=_summary(drill))


async def _alerts_to(connection: Connection, secret: SecretId) -> list[str]:
    """Return the channels that get this canary's alerts, including this drill's."""
    names = [row["name"] for row in await connection.fetch(_ALERTS_TO, secret, _ALARM)]
    mail = await connection.fetchval(_MAILED, secret, _ALARM)
    return ["mail", *names] if mail else names


def _summary(drill: CanaryDrill) -> str:
    """Return the result of a drill, in sentences."""
    channels = ", ".join("email" if each == "mail" else each for each in drill.alerts_to)
    alerts = (
        f"An alert marked as a drill goes to {channels}."
        if channels
        else "No alert is sent, because no rule selects a canary that is read."
    )
    return f"{_effects(drill)} {alerts}"


def _effects(drill: CanaryDrill) -> str:
    if not drill.enabled:
        return "This was a drill. The canary is disabled, so nothing would happen if it were read."
    if not drill.readers:
        return "This was a drill. No machine has access to the canary, so it can't be tripped."
    if drill.frozen:
        return "This was a drill. The project is frozen, so the canary can't be read until it is unfrozen."
    number = len(drill.readers)
    by = f"any of {number:,} machines" if number > 1 else drill.readers[0]
    if not drill.freeze:
        return f"This was a drill. A read by {by} would be logged as critical."
    others = ", ".join(drill.cascades_to[:NAMED])
    more = len(drill.cascades_to) - NAMED
    also = f", and up to {len(drill.cascades_to):,} more: {others}" if others else ""
    also += f" and {more:,} more" if more > 0 else ""
    return f"This was a drill. A read by {by} would freeze this project{also}."


async def _give(
    act: gate.Act, project: ProjectId, secret: SecretId, machines: Sequence[str]
) -> None:
    wanted = list(dict.fromkeys(machines))
    if not wanted:
        return
    given: list[Row] = []
    if all(is_id_of(ObjectKind.MACHINE, each) for each in wanted):
        ids, machine_ids = [new_id("gra") for _ in wanted], [UUID(each) for each in wanted]
        given = await act.connection.fetch(
            _GIVE, act.vault, secret, act.at, act.actor[2], ids, machine_ids, project
        )
    if len(given) < len(wanted):
        raise Invalid(
            "machineIds contains a machine that isn't attached to this project; attach it first",
            field="machineIds",
        )


async def _redirect(act: gate.Act, secret: SecretId, alerts: CanaryAlerts) -> None:
    """Choose where a canary's alerts go."""
    if alerts.channels is None:
        await act.connection.execute(_ALERT, secret, None, None)
        act.record(alerts=None)
        return
    if not alerts.channels:
        raise Invalid(
            "choose at least one channel for this canary's alerts, or let the rules decide",
            field="alertChannels",
        )
    mail = "mail" in alerts.channels
    wanted = sorted({each for each in alerts.channels if each != "mail"})
    # Locked, so that none of them is deleted before this commits.
    rows = await act.connection.fetch(
        "select id, name from webhook where id = any($1::varchar[]) order by id for share", wanted
    )
    if len(rows) < len(wanted):
        raise Invalid("alertChannels contains an unknown webhook", field="alertChannels")
    await act.connection.execute(_ALERT, secret, mail, wanted)
    act.record(alerts=[*(["mail"] if mail else []), *(row["name"] for row in rows)])


def _given(readers: Sequence[Row]) -> dict[str, list[str]]:
    return {
        "given": [row["name"] for row in readers],
        "machine_ids": [str(row["id"]) for row in readers],
    }


async def _require_canary(act: gate.Act) -> CanaryView:
    if not act.target.canary:
        raise Conflict("this secret isn't a canary")
    return await _canary_in(act.connection, act.target.id)


async def _canary_in(connection: Connection, secret: str) -> CanaryView:
    row = await connection.fetchrow(f"{_CANARIES} s.id = $1", secret)
    if row is None:
        raise NotFound("canary")
    [view] = await _views(connection, [row])
    return view


async def _views(connection: Connection, rows: Sequence[Row]) -> list[CanaryView]:
    drills = await last_drills(connection, [row["id"] for row in rows])
    return [CanaryView.of_row(row, last_drill=drills.get(row["id"])) for row in rows]
