"""A person's vaults, and the current vault's settings, plan and deletion (A-8, V-1, V-8, Q-1)."""

from typing import Any

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from strongroom_api.answers import ETAG, IfMatch, revision, single
from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.cookies import session_cookie
from strongroom_api.human.projects import ConfirmName
from strongroom_core.access.actions.plans import PLAN_CHOOSE, PLAN_VIEW
from strongroom_core.access.actions.vaults import (
    VAULT_CONVERT,
    VAULT_CREATE,
    VAULT_DELETE,
    VAULT_ENTER,
    VAULT_RESTORE,
    VAULT_UPDATE,
    VAULT_VIEW,
    VAULTS_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.limits.plans import choose_plan, read_vault_plan
from strongroom_core.limits.views import VaultPlanView
from strongroom_core.vaults.deletion import delete_vault, restore_vault
from strongroom_core.vaults.own import create_vault, enter_vault, list_own_vaults
from strongroom_core.vaults.settings import (
    convert_vault,
    read_vault,
    read_what_stops,
    update_vault,
)
from strongroom_core.vaults.views import OwnVault, VaultView, WouldStop


class NamedVault(Body, kw_only=True, frozen=True):
    """A vault's name."""

    name: str


class ChosenPlan(Body, kw_only=True, frozen=True):
    """A plan. `acceptLoss` confirms that whatever the plan doesn't keep is deleted a day later."""

    plan_id: str
    accept_loss: bool = False


@get("/vaults", operation_id="listOwnVaults", opt={"operation": people(VAULTS_VIEW)})
async def list_them(request: ApiRequest) -> list[OwnVault]:
    """Return your vaults. Deleted ones come last; they can be restored for 30 days."""
    return await list_own_vaults(request.core, request.person)


@post(
    "/vaults",
    operation_id="createVault",
    opt={"operation": people(VAULT_CREATE)},
    status_code=201,
)
async def create(request: ApiRequest, data: JSONBody[NamedVault]) -> OwnVault:
    """Create another vault that you own."""
    return await create_vault(request.core, request.person, name=data.name)


@post(
    "/vaults/{vault_id:str}/enter",
    operation_id="enterVault",
    opt={"operation": people(VAULT_ENTER)},
    status_code=200,
)
async def enter(request: ApiRequest, vault_id: FromPath[str]) -> Response[OwnVault]:
    """Switch to another of your vaults. Returns a new session cookie."""
    entered = await enter_vault(request.core, request.person, vault_id)
    return Response(entered.vault, cookies=[session_cookie(request.core.settings, entered.token)])


@get(
    "/vaults/{vault_id:str}",
    operation_id="readVault",
    opt={"operation": people(VAULT_VIEW)},
    response_headers=ETAG,
)
async def read(request: ApiRequest, vault_id: FromPath[str]) -> Response[VaultView]:
    """Return the settings of the vault in which you act."""
    return single(await read_vault(request.core, request.person, vault_id))


@get(
    "/vaults/{vault_id:str}/would-stop",
    operation_id="readWhatStops",
    opt={"operation": people(VAULT_VIEW)},
)
async def would_stop(request: ApiRequest, vault_id: FromPath[str]) -> WouldStop:
    """Return how much stops immediately when the vault is deleted."""
    return await read_what_stops(request.core, request.person, vault_id)


@patch(
    "/vaults/{vault_id:str}",
    operation_id="updateVault",
    opt={"operation": people(VAULT_UPDATE)},
    response_headers=ETAG,
)
async def update(
    request: ApiRequest,
    vault_id: FromPath[str],
    data: JSONBody[NamedVault],
    if_match: IfMatch = None,
) -> Response[VaultView]:
    """Rename the vault in which you act."""
    view = await update_vault(
        request.core, request.person, vault_id, name=data.name, if_match=revision(if_match)
    )
    return single(view)


@post(
    "/vaults/{vault_id:str}/convert",
    operation_id="convertVault",
    opt={"operation": people(VAULT_CONVERT)},
    status_code=200,
    response_headers=ETAG,
)
async def convert(
    request: ApiRequest, vault_id: FromPath[str], data: JSONBody[NamedVault]
) -> Response[VaultView]:
    """Turn a personal vault into an organization. This can't be undone, and needs step-up authentication."""
    return single(await convert_vault(request.core, request.person, vault_id, name=data.name))


@delete(
    "/vaults/{vault_id:str}",
    operation_id="deleteVault",
    opt={"operation": people(VAULT_DELETE)},
    status_code=200,
    response_headers=ETAG,
)
async def remove(
    request: ApiRequest,
    vault_id: FromPath[str],
    confirm_name: ConfirmName,
    if_match: IfMatch = None,
) -> Response[VaultView]:
    """Delete the vault in which you act. Its machines are denied immediately. It can be restored for 30 days.

    Needs step-up authentication.
    """
    view = await delete_vault(
        request.core,
        request.person,
        vault_id,
        confirm_name=confirm_name,
        if_match=revision(if_match),
    )
    return single(view)


@post(
    "/vaults/{vault_id:str}/restore",
    operation_id="restoreVault",
    opt={"operation": people(VAULT_RESTORE)},
    status_code=200,
    response_headers=ETAG,
)
async def restore(request: ApiRequest, vault_id: FromPath[str]) -> Response[VaultView]:
    """Restore the deleted vault in which you act."""
    return single(await restore_vault(request.core, request.person, vault_id))


@get("/plan", operation_id="readVaultPlan", opt={"operation": people(PLAN_VIEW)})
async def plan(request: ApiRequest) -> VaultPlanView:
    """Return the vault's plan, how much of it is used, and the plans that you can choose."""
    return await read_vault_plan(request.core, request.person)


@post(
    "/plan/choose",
    operation_id="choosePlan",
    opt={"operation": people(PLAN_CHOOSE)},
    status_code=200,
)
async def choose(request: ApiRequest, data: JSONBody[ChosenPlan]) -> VaultPlanView:
    """Choose a different plan for the vault, from those marked self-service."""
    return await choose_plan(
        request.core, request.person, data.plan_id, accept_loss=data.accept_loss
    )


HANDLERS: list[Any] = [
    *(list_them, create, enter, read, would_stop, update, convert, remove, restore),
    *(plan, choose),
]
