"""A webhook's delivery log: listing, replaying, and test deliveries (N-2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.alerts import DELIVERY_REPLAY, WEBHOOK_TEST, WEBHOOK_VIEW
from strongroom_core.access.entry import Severity
from strongroom_core.access.visible import VISIBLE, only_of
from strongroom_core.alerts.alert import example
from strongroom_core.alerts.read import room_of
from strongroom_core.alerts.rules import KEEP_STATE
from strongroom_core.alerts.templates import body_of
from strongroom_core.alerts.views import DeliveryState, DeliveryTry, DeliveryView
from strongroom_core.alerts.webhooks import webhook_in
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conditions import Conditions
from strongroom_core.db.listing import Key, Listing, fetch_counted
from strongroom_core.kernel.errors import CapReached, Conflict, NotFound
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.usage import limits_row

if TYPE_CHECKING:
    from strongroom_core.alerts.views import WebhookView
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import DeliveryId, WebhookId
    from strongroom_core.kernel.page import CountedPage, PageRequest

# A body is an entry in another form, so it is empty for a user who can't see the entry. `{only}` is the
# placeholder of the only account whose entries the caller can see.
DELIVERIES = Listing(
    columns=f"""
        d.id, d.webhook as webhook_id, d.entry as entry_id, d.event, d.severity, d.state, d.attempts, d.tries,
        case when d.entry is null or exists (
            select from audit_entry e
            where e.vault = d.vault and e.id = d.entry and {VISIBLE.format("{only}")}
        ) then d.body else '' end as body,
        case when d.ended_at is null then d.due_at end as due_at, d.created_at, d.ended_at
    """,
    source="delivery d",
    id=Key("d.id"),
    sorts={"createdAt": (Key("d.created_at", "timestamptz"),)},
    default="-createdAt",
)

_REPLAY = """
update delivery set state = 'waiting', round = 0, due_at = $3, ended_at = null
where id = $1 and webhook = $2 and state in ('delivered', 'failed') returning id, event
"""

_TEST = """
insert into delivery (vault, id, webhook, event, severity, body, state, due_at, created_at)
values ($1, $2, $3, $4, $5, $6, 'waiting', $7, $7)
"""


async def list_deliveries(
    core: Core,
    caller: Human,
    webhook: WebhookId,
    page: PageRequest,
    *,
    state: DeliveryState | None = None,
) -> CountedPage[DeliveryView]:
    """Return a webhook's deliveries from the last 30 days, newest first. Raises `NotFound`."""
    async with gate.perform(core, caller, WEBHOOK_VIEW, webhook) as act:
        conditions = Conditions()
        conditions.add("d.webhook = {0}", webhook)
        if state is not None:
            conditions.add("d.state = {0}", state.value)
        listing = _seen_by(caller, conditions)
        return await fetch_counted(act.connection, listing, page, conditions, _view)


async def replay_delivery(
    core: Core, caller: Human, webhook: WebhookId, delivery: DeliveryId
) -> DeliveryView:
    """Send a delivery again, with the same ID and a new signature.

    Raises `NotFound`, `Conflict` for a delivery that hasn't ended, and `CapReached`.
    """
    async with gate.perform(core, caller, DELIVERY_REPLAY, webhook) as act:
        await _require_enabled(act, webhook)
        before = await _delivery_in(act, caller, webhook, delivery)
        await _count_one(act)
        if await act.connection.fetchval(_REPLAY, delivery, webhook, act.at) is None:
            raise Conflict("this delivery hasn't ended yet; wait until it has")
        act.record(delivery=delivery, event=before.event)
        return await _delivery_in(act, caller, webhook, delivery)


async def send_test_delivery(core: Core, caller: Human, webhook: WebhookId) -> DeliveryView:
    """Send a delivery about a made-up event. Raises `Conflict` for a disabled webhook, and `CapReached`."""
    async with gate.perform(core, caller, WEBHOOK_TEST, webhook) as act:
        view = await _require_enabled(act, webhook)
        await _count_one(act)
        delivery = new_id("dlv")
        actor_kind, actor_id, actor_name = act.actor
        alert = replace(
            example(core.settings.public_url, act.at),
            delivery=delivery,
            actor_kind=actor_kind,
            actor_id=actor_id,
            actor_name=actor_name,
            address=caller.origin.address,
            target_kind=ObjectKind.WEBHOOK.value,
            target_id=webhook,
            target_name=view.name,
            project_id=None,
            project_name=None,
            event=WEBHOOK_TEST.name,
            severity=Severity.INFO,
            vault=act.vault,
            sentence=f"{actor_name} sent a test delivery to {view.name}",
            url=f"{core.settings.public_url}/alerts/webhooks?webhook={webhook}&vault={act.vault}",
            detail={"test": True},
        )
        body = body_of(view.template, alert).decode()
        values = (act.vault, delivery, webhook, alert.event, alert.severity.value, body, act.at)
        await act.connection.execute(_TEST, *values)
        act.record(delivery=delivery)
        return await _delivery_in(act, caller, webhook, delivery)


async def _require_enabled(act: gate.Act, webhook: str) -> WebhookView:
    view = await webhook_in(act.connection, webhook, act.at)
    if not view.enabled:
        raise Conflict("this webhook is disabled; enable it first")
    return view


async def _count_one(act: gate.Act) -> None:
    """Count one more delivery today. Raises `CapReached`. The count is exact under the vault's lock (Q-2)."""
    await act.connection.execute(KEEP_STATE, act.vault)
    state = await act.connection.fetchrow(
        "select day, deliveries from alert_state where vault = $1 for update", act.vault
    )
    limits = await limits_row(act.connection, act.vault)
    most: int | None = limits["deliveries_per_day"]
    room = None if state is None else room_of(state, act.at, most)
    if room == 0 and most is not None:
        cap = Cap.DELIVERIES_PER_DAY
        raise CapReached(cap.value, cap.noun, used=most, most=most, plan=limits["name"])
    await act.connection.execute(
        "update alert_state set deliveries = case when day = $2 then deliveries else 0 end + 1,"
        " capped = capped and day = $2, day = $2 where vault = $1",
        *(act.vault, act.at.date()),
    )


def _seen_by(caller: Human, conditions: Conditions) -> Listing:
    return DELIVERIES.filled(only=conditions.bind(only_of(caller), "text"))


async def _delivery_in(act: gate.Act, caller: Human, webhook: str, delivery: str) -> DeliveryView:
    conditions = Conditions()
    conditions.add("d.id = {0} and d.webhook = {1}", delivery, webhook)
    listing = _seen_by(caller, conditions)
    row = await act.connection.fetchrow(
        f"select {listing.columns} from {listing.source} where {conditions.text}",
        *conditions.arguments,
    )
    if row is None:
        raise NotFound("delivery")
    return _view(row)


def _view(row: Row) -> DeliveryView:
    tries = msgspec.json.decode(row["tries"], type=list[DeliveryTry])
    return DeliveryView.of_row(row, tries=tries)
