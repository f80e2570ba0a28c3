"""Canaries: planting, listing, changing and re-planting them, and drills (C-1 to C-5)."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, patch, post
from litestar.params import FromPath, JSONBody

from strongroom_api.answers import CREATED, ETAG, IfMatch, revision, single
from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_core.access.actions.secrets import (
    CANARIES_VIEW,
    CANARY_DRILL,
    CANARY_PLANT,
    CANARY_REPLANT,
    CANARY_UPDATE,
)
from strongroom_core.access.operations import people
from strongroom_core.kernel.ids import ProjectId, SecretId
from strongroom_core.kernel.page import Items
from strongroom_core.secrets.canaries import (
    CanaryAlerts,
    Trap,
    drill_canary,
    list_canaries,
    plant_canary,
    replant_canary,
    update_canary,
)
from strongroom_core.secrets.change import Labels
from strongroom_core.secrets.views import CanaryDrill, CanaryView, Decoy


class NewCanary(Body, kw_only=True, frozen=True):
    """A canary to plant: what it imitates, what happens when it is read, and which machines can read it.

    The machines must be attached to the project.
    """

    name: str
    decoy: Decoy
    freeze: bool = True
    cascade: bool = False
    machine_ids: Annotated[list[str], msgspec.Meta(max_length=2000)] = msgspec.field(
        default_factory=list[str]
    )
    note: str | None = None
    tags: list[str] = msgspec.field(default_factory=list[str])
    environment: str | None = None


class CanaryChanges(Body, kw_only=True, frozen=True):
    """What to change. Absent means unchanged.

    Alerts go to `alertChannels`: `mail`, and the IDs of webhooks. If `ownAlerts` is false, the vault's rules
    determine where they go.
    """

    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    freeze: bool | msgspec.UnsetType = msgspec.UNSET
    cascade: bool | msgspec.UnsetType = msgspec.UNSET
    own_alerts: bool | msgspec.UnsetType = msgspec.UNSET
    alert_channels: Annotated[list[str], msgspec.Meta(max_length=21)] = msgspec.field(
        default_factory=list[str]
    )


@get(
    "/projects/{project_id:str}/canaries",
    operation_id="listCanaries",
    opt={"operation": people(CANARIES_VIEW)},
)
async def list_all(request: ApiRequest, project_id: FromPath[str]) -> Items[CanaryView]:
    """List a project's canaries, by name. There are at most 50."""
    found = await list_canaries(request.core, request.person, ProjectId(project_id))
    return Items(items=found)


@post(
    "/projects/{project_id:str}/canaries",
    operation_id="createCanary",
    opt={"operation": people(CANARY_PLANT)},
    status_code=201,
    response_headers=CREATED,
)
async def plant(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[NewCanary]
) -> Response[CanaryView]:
    """Plant an armed canary: a secret with a generated decoy. Reading it freezes the project."""
    view = await plant_canary(
        request.core,
        request.person,
        ProjectId(project_id),
        name=data.name,
        decoy=data.decoy,
        trap=Trap(freeze=data.freeze, cascade=data.cascade),
        labels=Labels.parse(note=data.note, tags=data.tags, environment=data.environment),
        machines=data.machine_ids,
    )
    return single(view, made_at=f"/api/secrets/{view.id}")


@patch(
    "/canaries/{secret_id:str}",
    operation_id="updateCanary",
    opt={"operation": people(CANARY_UPDATE)},
    response_headers=ETAG,
)
async def update(
    request: ApiRequest,
    secret_id: FromPath[str],
    data: JSONBody[CanaryChanges],
    if_match: IfMatch = None,
) -> Response[CanaryView]:
    """Enable or disable a canary, or change what happens when it is read."""

    def given(flag: bool | msgspec.UnsetType) -> bool | None:
        return None if flag is msgspec.UNSET else flag

    view = await update_canary(
        request.core,
        request.person,
        SecretId(secret_id),
        enabled=given(data.enabled),
        freeze=given(data.freeze),
        cascade=given(data.cascade),
        alerts=_alerts(data),
        if_match=revision(if_match),
    )
    return single(view)


def _alerts(data: CanaryChanges) -> CanaryAlerts | None:
    if data.own_alerts is msgspec.UNSET:
        return CanaryAlerts(data.alert_channels) if data.alert_channels else None
    return CanaryAlerts(data.alert_channels if data.own_alerts else None)


@post(
    "/canaries/{secret_id:str}/replant",
    operation_id="replantCanary",
    opt={"operation": people(CANARY_REPLANT)},
    status_code=200,
    response_headers=ETAG,
)
async def replant(
    request: ApiRequest, secret_id: FromPath[str], if_match: IfMatch = None
) -> Response[CanaryView]:
    """Give a canary a new decoy, as a new version. It stays armed."""
    view = await replant_canary(
        request.core, request.person, SecretId(secret_id), if_match=revision(if_match)
    )
    return single(view)


@post(
    "/canaries/{secret_id:str}/drill",
    operation_id="drillCanary",
    opt={"operation": people(CANARY_DRILL)},
    status_code=200,
)
async def drill(request: ApiRequest, secret_id: FromPath[str]) -> CanaryDrill:
    """Test a canary: log a drill, and return what would happen if it were read. Nothing is frozen."""
    return await drill_canary(request.core, request.person, SecretId(secret_id))


HANDLERS: list[Any] = [list_all, plant, update, replant, drill]
