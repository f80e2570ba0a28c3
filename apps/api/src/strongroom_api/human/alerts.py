"""Alerts: rules, webhooks and their deliveries (N-1, N-2)."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from strongroom_api.answers import ETAG, IfMatch, revision, single
from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.human.lists import PAGED, Paged
from strongroom_core.access.actions.alerts import (
    ALERTS_MUTE,
    ALERTS_UPDATE,
    ALERTS_VIEW,
    DELIVERY_REPLAY,
    WEBHOOK_CREATE,
    WEBHOOK_DELETE,
    WEBHOOK_ROTATE,
    WEBHOOK_TEST,
    WEBHOOK_UPDATE,
    WEBHOOK_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.alerts.deliveries import (
    list_deliveries,
    replay_delivery,
    send_test_delivery,
)
from strongroom_core.alerts.rules import (
    list_templates,
    mute_alerts,
    read_alert_rules,
    update_alert_rules,
)
from strongroom_core.alerts.views import (
    AlertRules,
    DeliveryState,
    DeliveryView,
    NewWebhook,
    Template,
    TemplateExample,
    WebhookView,
)
from strongroom_core.alerts.webhooks import (
    LONGEST_OVERLAP,
    USUAL_OVERLAP,
    WebhookWish,
    create_webhook,
    delete_webhook,
    list_webhooks,
    rotate_webhook,
    update_webhook,
)
from strongroom_core.kernel.ids import DeliveryId, WebhookId
from strongroom_core.kernel.limits import ALERT_RECIPIENTS
from strongroom_core.kernel.page import CountedPage, Items

Rules = Annotated[list[str], msgspec.Meta(max_length=10_000)]


class NewWebhookBody(Body, kw_only=True, frozen=True):
    """A webhook to create. `key` is PagerDuty's integration key, or ntfy's topic.

    `actions` contains actions from the audit log, or `severity:` followed by a severity.
    """

    name: str
    template: Template
    url: str
    key: str | None = None
    actions: Rules = msgspec.field(default_factory=list[str])


class WebhookChanges(Body, kw_only=True, frozen=True):
    """What to change. Absent means unchanged. A new `url` needs a new `key` if the receiver needs one."""

    name: str | None = None
    url: str | None = None
    key: str | None = None
    actions: Rules | None = None
    enabled: bool | None = None


class SecretRotation(Body, kw_only=True, frozen=True):
    """How long deliveries are also signed with the previous secret."""

    overlap_seconds: Annotated[int, msgspec.Meta(ge=0, le=int(LONGEST_OVERLAP.total_seconds()))] = (
        int(USUAL_OVERLAP.total_seconds())
    )


class RulesBody(Body, kw_only=True, frozen=True):
    """All rules, as `CHANNEL ACTION` pairs: `mail` or a webhook's ID, then an action or `severity:high`.

    `mailMembers` are the members who get the emails besides the owners. Absent means unchanged.
    """

    rules: Rules
    mail_members: Annotated[list[str], msgspec.Meta(max_length=ALERT_RECIPIENTS)] | None = None


class Quiet(Body, kw_only=True, frozen=True):
    """When alerts that aren't critical are sent by email. Quiet hours are minutes of the day, in UTC."""

    muted_until: datetime | None = None
    quiet_from: Annotated[int, msgspec.Meta(ge=0, lt=1440)] | None = None
    quiet_until: Annotated[int, msgspec.Meta(ge=0, lt=1440)] | None = None


@get(
    "/alerts",
    operation_id="readAlertRules",
    opt={"operation": people(ALERTS_VIEW)},
    response_headers=ETAG,
)
async def read_rules(request: ApiRequest) -> Response[AlertRules]:
    """Return which events are sent as alerts, and to which channels."""
    return single(await read_alert_rules(request.core, request.person))


@put(
    "/alerts/rules",
    operation_id="setAlertRules",
    opt={"operation": people(ALERTS_UPDATE)},
    response_headers=ETAG,
)
async def set_rules(
    request: ApiRequest, data: JSONBody[RulesBody], if_match: IfMatch = None
) -> Response[AlertRules]:
    """Choose which events are sent as alerts, for all channels at once."""
    return single(
        await update_alert_rules(
            request.core,
            request.person,
            data.rules,
            mail_members=data.mail_members,
            if_match=revision(if_match),
        )
    )


@post(
    "/alerts/mute",
    operation_id="muteAlerts",
    opt={"operation": people(ALERTS_MUTE)},
    status_code=200,
    response_headers=ETAG,
)
async def mute(request: ApiRequest, data: JSONBody[Quiet]) -> Response[AlertRules]:
    """Choose when alerts that aren't critical are emailed. Absent means no muting and no quiet hours."""
    changed = await mute_alerts(
        request.core,
        request.person,
        until=data.muted_until,
        quiet_from=data.quiet_from,
        quiet_until=data.quiet_until,
    )
    return single(changed)


@get("/alerts/templates", operation_id="listAlertTemplates", opt={"operation": people(ALERTS_VIEW)})
async def templates(request: ApiRequest) -> Items[TemplateExample]:
    """Show what deliveries look like for each kind of receiver."""
    return Items(items=await list_templates(request.core, request.person))


@get("/webhooks", operation_id="listWebhooks", opt={"operation": people(ALERTS_VIEW)})
async def list_all(request: ApiRequest) -> Items[WebhookView]:
    """List the vault's webhooks, by name."""
    return Items(items=await list_webhooks(request.core, request.person))


@post(
    "/webhooks",
    operation_id="createWebhook",
    opt={"operation": people(WEBHOOK_CREATE)},
    status_code=201,
)
async def create(request: ApiRequest, data: JSONBody[NewWebhookBody]) -> NewWebhook:
    """Create a webhook. Its signing secret is returned only once."""
    wish = WebhookWish(name=data.name, url=data.url, key=data.key, actions=data.actions)
    return await create_webhook(request.core, request.person, wish, template=data.template)


@patch(
    "/webhooks/{webhook_id:str}",
    operation_id="updateWebhook",
    opt={"operation": people(WEBHOOK_UPDATE)},
    response_headers=ETAG,
)
async def update(
    request: ApiRequest,
    webhook_id: FromPath[str],
    data: JSONBody[WebhookChanges],
    if_match: IfMatch = None,
) -> Response[WebhookView]:
    """Rename, redirect, enable or disable a webhook, or change its actions."""
    wish = WebhookWish(
        name=data.name,
        url=data.url or None,
        key=data.key or None,
        actions=data.actions,
        enabled=data.enabled,
    )
    view = await update_webhook(
        request.core,
        request.person,
        WebhookId(webhook_id),
        wish,
        if_match=revision(if_match),
    )
    return single(view)


@delete(
    "/webhooks/{webhook_id:str}",
    operation_id="deleteWebhook",
    opt={"operation": people(WEBHOOK_DELETE)},
)
async def remove(request: ApiRequest, webhook_id: FromPath[str]) -> None:
    """Delete a webhook with its delivery log. Waiting deliveries aren't sent."""
    await delete_webhook(request.core, request.person, WebhookId(webhook_id))


@post(
    "/webhooks/{webhook_id:str}/rotate",
    operation_id="rotateWebhook",
    opt={"operation": people(WEBHOOK_ROTATE)},
    status_code=200,
)
async def rotate(
    request: ApiRequest, webhook_id: FromPath[str], data: JSONBody[SecretRotation]
) -> NewWebhook:
    """Give a webhook a new signing secret. Until the overlap ends, deliveries have both signatures."""
    overlap = timedelta(seconds=data.overlap_seconds)
    return await rotate_webhook(
        request.core, request.person, WebhookId(webhook_id), overlap=overlap
    )


@post(
    "/webhooks/{webhook_id:str}/test",
    operation_id="testWebhook",
    opt={"operation": people(WEBHOOK_TEST)},
    status_code=200,
)
async def test(request: ApiRequest, webhook_id: FromPath[str]) -> DeliveryView:
    """Send a test delivery. The delivery log shows its result."""
    return await send_test_delivery(request.core, request.person, WebhookId(webhook_id))


@get(
    "/webhooks/{webhook_id:str}/deliveries",
    operation_id="listDeliveries",
    opt={"operation": people(WEBHOOK_VIEW)},
    dependencies=PAGED,
)
async def deliveries(
    request: ApiRequest,
    webhook_id: FromPath[str],
    *,
    page: Paged,
    in_state: Annotated[DeliveryState | None, QueryParameter(name="state")] = None,
) -> CountedPage[DeliveryView]:
    """List a webhook's deliveries from the last 30 days, newest first. `sort` is createdAt."""
    return await list_deliveries(
        request.core, request.person, WebhookId(webhook_id), page, state=in_state
    )


@post(
    "/webhooks/{webhook_id:str}/deliveries/{delivery_id:str}/replay",
    operation_id="replayDelivery",
    opt={"operation": people(DELIVERY_REPLAY)},
    status_code=200,
)
async def replay(
    request: ApiRequest, webhook_id: FromPath[str], delivery_id: FromPath[str]
) -> DeliveryView:
    """Send a delivery again, with the same ID and a new signature."""
    return await replay_delivery(
        request.core, request.person, WebhookId(webhook_id), DeliveryId(delivery_id)
    )


HANDLERS: list[Any] = [
    *(read_rules, set_rules, mute, templates),
    *(list_all, create, update, remove, rotate, test, deliveries, replay),
]
