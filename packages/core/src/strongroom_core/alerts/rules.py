"""Which events cause alerts, and when alerts are sent by email (N-1)."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.alerts import ALERTS_MUTE, ALERTS_UPDATE, ALERTS_VIEW
from strongroom_core.alerts.alert import DEFAULT_MAIL, MAIL, example
from strongroom_core.alerts.templates import body_of
from strongroom_core.alerts.views import AlertRules, Template, TemplateExample
from strongroom_core.alerts.webhooks import NEEDS_KEY, changes_of, require_rules
from strongroom_core.kernel.errors import Changed, Invalid
from strongroom_core.mail.state import mail_state

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Human

MINUTES = 24 * 60

LONGEST_MUTE = timedelta(days=30)

_STATE = """
select mail_actions, muted_until,
       array(select m.id from member m where m.id = any(mail_members) order by m.id) as mail_members,
       quiet_from, quiet_until, revision,
       capped and day = $1::timestamptz::date as capped,
       (select count(*) from mail_alert where due_at <= $1) + alert_mail_waiting() as due
from alert_state where vault = current_setting('strongroom.vault')
"""

KEEP_STATE = "insert into alert_state (vault) values ($1) on conflict do nothing"
"""A vault's row is created when it is first needed. It begins before the vault's first event."""


async def read_alert_rules(core: Core, caller: Human) -> AlertRules:
    """Return which events are sent as alerts, and to which channels."""
    async with gate.perform(core, caller, ALERTS_VIEW) as act:
        return await _rules_in(core, act.connection, act.at)


async def update_alert_rules(
    core: Core,
    caller: Human,
    rules: Iterable[str],
    *,
    mail_members: Iterable[str] | None = None,
    if_match: int | None = None,
) -> AlertRules:
    """Choose which events are sent as alerts, for all channels at once. `rules` are as in `AlertRules`.

    `mail_members` get the emails in addition to the owners; None leaves them unchanged. Raises `Invalid` for
    an unknown channel, action or member.
    """
    wanted: dict[str, list[str]] = {}
    for rule in rules:
        channel, _, action = rule.partition(" ")
        wanted.setdefault(channel, []).append(action)
    wanted = {channel: require_rules(actions) for channel, actions in wanted.items()}
    async with gate.perform(core, caller, ALERTS_UPDATE) as act:
        await act.connection.execute(KEEP_STATE, act.vault)
        state = await act.connection.fetchrow(
            "select mail_actions, mail_members, revision from alert_state where vault = $1 for update",
            act.vault,
        )
        if state is None or (if_match is not None and if_match != state["revision"]):
            raise Changed
        webhooks = await act.connection.fetch(
            "select id, name, actions from webhook order by id for update"
        )
        unknown = wanted.keys() - {MAIL} - {row["id"] for row in webhooks}
        if unknown:
            raise Invalid("rules contains an unknown channel; list the webhooks", field="rules")
        mail = wanted.get(MAIL, [])
        await act.connection.execute(
            "update alert_state set mail_actions = $2, revision = revision + 1 where vault = $1",
            act.vault,
            mail,
        )
        before = {MAIL: mail_actions(state["mail_actions"])}
        names = {MAIL: MAIL}
        for row in webhooks:
            before[row["id"]], names[row["id"]] = row["actions"], row["name"]
            actions = wanted.get(row["id"], [])
            if sorted(row["actions"]) != actions:
                await act.connection.execute(
                    "update webhook set actions = $2, revision = revision + 1 where id = $1",
                    row["id"],
                    actions,
                )
        act.record(**_recorded(before, wanted, names))
        if mail_members is not None:
            await _choose_members(act, state["mail_members"], mail_members)
        return await _rules_in(core, act.connection, act.at)


async def _choose_members(act: gate.Act, before: list[str], wanted: Iterable[str]) -> None:
    """Choose which members get alerts by email. The event names those that were added and removed."""
    chosen = sorted(set(wanted))
    members = await act.connection.fetch(
        "select id, username from members_in_scope() where id = any($1::varchar[]) order by username_folded",
        [*chosen, *before],
    )
    if set(chosen) - {row["id"] for row in members}:
        raise Invalid(
            "mailMembers contains an unknown member; list the members", field="mailMembers"
        )
    await act.connection.execute(
        "update alert_state set mail_members = $2 where vault = $1", act.vault, chosen
    )
    for kind, changed in changes_of(before, chosen).items():
        names = [row["username"] for row in members if row["id"] in changed]
        if names:
            act.record(**{f"recipients_{kind}": names})


async def mute_alerts(
    core: Core,
    caller: Human,
    *,
    until: datetime | None,
    quiet_from: int | None,
    quiet_until: int | None,
) -> AlertRules:
    """Choose when alerts that aren't critical are sent by email: not before `until`, and not in quiet hours.

    `until` is at most 30 days from now; without a zone, it is in UTC. Quiet hours are minutes of the day, in
    UTC, and can span midnight. Raises `Invalid`.
    """
    if until is not None:
        until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
        if until > core.clock.now() + LONGEST_MUTE:
            raise Invalid("emails can be muted for at most 30 days", field="mutedUntil")
    if (quiet_from is None) != (quiet_until is None):
        raise Invalid("quiet hours need a start and an end", field="quietFrom")
    for minute in (quiet_from, quiet_until):
        if minute is not None and not 0 <= minute < MINUTES:
            raise Invalid("quiet hours are minutes of the day, 0 to 1439", field="quietFrom")
    async with gate.perform(core, caller, ALERTS_MUTE) as act:
        await act.connection.execute(KEEP_STATE, act.vault)
        await act.connection.execute(
            "update alert_state set muted_until = $2, quiet_from = $3, quiet_until = $4,"
            " revision = revision + 1 where vault = $1",
            *(act.vault, until, quiet_from, quiet_until),
        )
        act.record(
            muted_until=None if until is None else until.isoformat(timespec="seconds"),
            quiet_from=quiet_from,
            quiet_until=quiet_until,
        )
        return await _rules_in(core, act.connection, act.at)


async def list_templates(core: Core, caller: Human) -> list[TemplateExample]:
    """Return what deliveries look like for each template, with an example event."""
    async with gate.perform(core, caller, ALERTS_VIEW) as act:
        alert = example(core.settings.public_url, act.at)
    return [
        TemplateExample(
            template=each,
            body=body_of(each, alert, key=NEEDS_KEY.get(each, "").upper() or None).decode(),
        )
        for each in Template
    ]


def mail_actions(stored: list[str] | None) -> list[str]:
    """Return the actions whose alerts are sent by email, as stored or by default."""
    return list(DEFAULT_MAIL) if stored is None else stored


async def _rules_in(core: Core, connection: Connection, at: datetime) -> AlertRules:
    row = await connection.fetchrow(_STATE, at)
    webhooks = await connection.fetch("select id, actions from webhook order by lower(name), id")
    mail = mail_actions(None if row is None else row["mail_actions"])
    state = await mail_state(core, connection)
    return AlertRules(
        rules=[
            *(f"{MAIL} {action}" for action in mail),
            *(f"{each['id']} {action}" for each in webhooks for action in each["actions"]),
        ],
        mail_members=[] if row is None else row["mail_members"],
        muted_until=None if row is None else row["muted_until"],
        quiet_from=None if row is None else row["quiet_from"],
        quiet_until=None if row is None else row["quiet_until"],
        mail_configured=state.configured,
        mail_waiting=0 if row is None else row["due"],
        mail_problem=state.problem if state.retrying else None,
        capped=row is not None and bool(row["capped"]),
        revision=1 if row is None else row["revision"],
    )


def _recorded(
    before: dict[str, list[str]], after: dict[str, list[str]], names: dict[str, str]
) -> dict[str, list[str]]:
    """Return the actions that were added to and removed from each channel, for the event."""
    found: dict[str, list[str]] = {"given": [], "taken": []}
    for channel, actions in before.items():
        for kind, changed in changes_of(actions, after.get(channel, [])).items():
            found[kind] += [f"{names[channel]}: {action}" for action in changed]
    return {kind: texts for kind, texts in found.items() if texts}
