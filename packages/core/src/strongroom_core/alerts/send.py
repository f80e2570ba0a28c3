"""Sends deliveries: at least once each, always with the same ID, and up to eight times (N-2)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from strongroom_core.access import gate
from strongroom_core.access.actions.alerts import DELIVERY_SEND
from strongroom_core.alerts.stored_secrets import open_secrets
from strongroom_core.alerts.templates import with_key
from strongroom_core.alerts.views import Template
from strongroom_core.alerts.webhooks import MOST_FAILURES
from strongroom_core.crypto.random import random_below
from strongroom_core.crypto.webhook_secret import sign_delivery
from strongroom_core.kernel.errors import Conflict
from strongroom_core.kernel.ids import DeliveryId, VaultId, WebhookId
from strongroom_core.outbound.sender import NotSent, Reason

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import System

USER_AGENT = "Strongroom-Webhook/1.0"

WAITS = (5, 30, 2 * 60, 10 * 60, 3600, 4 * 3600, 12 * 3600)
"""The delays in seconds before the second to eighth attempts. Each varies randomly by up to a fifth."""

CLAIM = timedelta(seconds=30)
"""How long a process has to send the deliveries that it has claimed. After that, another process can claim
it."""

AT_ONCE, AT_ONCE_FAILING = 32, 8
"""The maximum numbers of deliveries at once per process: to working receivers, and to failing ones."""

AT_ONCE_VAULT, AT_ONCE_VAULT_FAILING, AT_ONCE_EACH = 8, 2, 4
"""The maximum numbers of deliveries at once: to a vault's working and failing receivers, and to one."""

_CROWDED_AGAIN = timedelta(seconds=1)
_SUCCESS = range(200, 300)

_HIDDEN = frozenset({Reason.UNRESOLVED, Reason.DENIED_ADDRESS, Reason.UNREACHABLE, Reason.BAD_URL})
"""Reasons that look the same to people, because the difference would reveal which private hosts exist."""

_CLAIMED = """
select d.webhook, d.body, d.event, d.round, w.template
from delivery d join webhook w on w.vault = d.vault and w.id = d.webhook
where d.id = $1 and d.state = 'sending'
"""

_RECORD = """
update delivery set attempts = attempts + 1, round = round + 1, tries = tries || $2::jsonb,
    state = $3, due_at = $4, ended_at = $5
where id = $1 and state = 'sending' returning webhook
"""

_COUNT = """
update webhook set failures = case when $2 then 0 else failures + 1 end where id = $1
returning failures, enabled
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this process may send now. `failing` means that the webhook's last attempt failed."""

    vault: VaultId
    id: DeliveryId
    failing: bool


@dataclass(frozen=True, slots=True)
class _Result:
    status: int | None
    reason: str | None
    milliseconds: int | None

    @property
    def arrived(self) -> bool:
        return self.status is not None and self.status in _SUCCESS


async def due_deliveries(core: Core, *, most: int, most_failing: int) -> list[Claim]:
    """Claim deliveries that are due, of vaults in turn. No other process gets them before the claim ends."""
    now = core.clock.now()
    async with core.database.transaction(None) as connection:
        rows = await connection.fetch(
            "select * from claim_deliveries($1, $2, $3, $4, $5, $6, $7)",
            *(now, now + CLAIM, most, most_failing),
            *(AT_ONCE_VAULT, AT_ONCE_VAULT_FAILING, AT_ONCE_EACH),
        )
    return [Claim(VaultId(row["vault"]), DeliveryId(row["id"]), row["failing"]) for row in rows]


async def send_delivery(core: Core, caller: System, delivery: DeliveryId) -> WebhookId | None:
    """Send a claimed delivery and record the attempt.

    Returns the webhook if it must be disabled now. Raises `Conflict` if the delivery is no longer claimed.
    """
    async with gate.perform(core, caller, DELIVERY_SEND) as act:
        row = await act.connection.fetchrow(_CLAIMED, delivery)
        if row is None:
            raise Conflict("this delivery has ended, or its webhook was deleted")
        opened = await open_secrets(core, act, row["webhook"])
    body = with_key(Template(row["template"]), row["body"].encode(), opened.target.key)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "X-Strongroom-Event": row["event"],
        "X-Strongroom-Delivery-Id": delivery,
        **sign_delivery(opened.signing, delivery, int(core.clock.now().timestamp()), body),
    }
    result = await _send(core, opened.target.url, headers, body)
    async with gate.perform(core, caller, DELIVERY_SEND) as act:
        if result is None:
            await act.connection.execute(
                "update delivery set state = 'waiting', due_at = $2 where id = $1 and state = 'sending'",
                *(delivery, act.at + _CROWDED_AGAIN),
            )
            return None
        return await _record(act, delivery, row["round"], result)


async def _send(core: Core, url: str, headers: dict[str, str], body: bytes) -> _Result | None:
    """Send one attempt. Returns None if this process is sending too much at the moment."""
    began = asyncio.get_running_loop().time()
    try:
        reply = await core.sender.send("POST", url, headers=headers, body=body)
    except NotSent as error:
        if error.reason is Reason.CROWDED:
            return None
        shown = Reason.UNREACHABLE if error.reason in _HIDDEN else error.reason
        return _Result(None, shown.value, None)
    took = asyncio.get_running_loop().time() - began
    return _Result(reply.status, None, round(took * 1000))


async def _record(
    act: gate.Act, delivery: DeliveryId, rounds: int, result: _Result
) -> WebhookId | None:
    last = rounds >= len(WAITS)
    state = "delivered" if result.arrived else "failed" if last else "waiting"
    tried = {
        "at": act.at,
        "status": result.status,
        "reason": result.reason,
        "milliseconds": result.milliseconds,
    }
    due = act.at if state != "waiting" else _next(act.at, rounds)
    webhook = await act.connection.fetchval(
        _RECORD,
        *(delivery, msgspec.json.encode([tried]).decode(), state, due),
        act.at if state != "waiting" else None,
    )
    if webhook is None:
        return None
    counted = await act.connection.fetchrow(_COUNT, webhook, result.arrived)
    if counted is None or not counted["enabled"] or counted["failures"] < MOST_FAILURES:
        return None
    return WebhookId(webhook)


def _next(at: datetime, rounds: int) -> datetime:
    """Return the time of the next attempt, with jitter, so that receivers aren't hit by all at once."""
    return at + timedelta(seconds=WAITS[rounds] * (0.8 + random_below(4001) / 10_000))
