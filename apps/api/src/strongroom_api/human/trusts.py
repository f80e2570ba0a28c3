"""Trusted issuers: enrollment by workload identity (M-11)."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from strongroom_api.answers import CREATED, ETAG, single
from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.human.lists import PAGED, Paged
from strongroom_core.access.actions.machines import (
    TRUST_CREATE,
    TRUST_REVOKE,
    TRUST_VIEW,
    TRUSTS_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.grants.scope import Scope
from strongroom_core.kernel.page import CountedPage
from strongroom_core.machines.claims import Template
from strongroom_core.machines.terms import Terms
from strongroom_core.machines.trusts import (
    NewTrust,
    check_token,
    create_trust,
    list_trusts,
    read_trust,
    revoke_trust,
)
from strongroom_core.machines.views import TokenCheck, TrustView


class NewTrustBody(Body, kw_only=True, frozen=True):
    """An issuer to trust.

    `conditions` maps each claim to the pattern that its value must match; `*` matches any characters. `keys`
    is a JSON Web Key Set; without it, the keys are found by discovery. Without an `audience`, tokens must be
    bound to the machine's key. `maxMachines` is how many machines can exist at once.
    """

    name: str
    description: str | None = None
    template: Template
    issuer: str
    keys: str | None = None
    audience: str | None = None
    conditions: dict[str, str]
    project_ids: Sequence[str] = ()
    secret_ids: Sequence[str] = ()
    machine_lifetime_seconds: int
    max_machines: int
    source_cidrs: Sequence[str] = ()
    name_template: str | None = None


class TokenToCheck(Body, kw_only=True, frozen=True):
    """An ID token, or its claims as JSON."""

    token: str


@get(
    "/trusts", operation_id="listTrusts", opt={"operation": people(TRUSTS_VIEW)}, dependencies=PAGED
)
async def list_all(request: ApiRequest, *, page: Paged) -> CountedPage[TrustView]:
    """List trusted issuers, newest first. `sort` is one of createdAt, name, uses."""
    return await list_trusts(request.core, request.person, page)


@post(
    "/trusts",
    operation_id="createTrust",
    opt={"operation": people(TRUST_CREATE)},
    status_code=201,
    response_headers=CREATED,
)
async def create(request: ApiRequest, data: JSONBody[NewTrustBody]) -> Response[TrustView]:
    """Trust an issuer. Jobs that meet the conditions get machines without approval."""
    wanted = NewTrust(
        name=data.name,
        description=data.description,
        template=data.template,
        issuer=data.issuer,
        keys=data.keys or None,
        audience=data.audience or None,
        conditions=data.conditions,
        terms=Terms(
            scope=Scope(data.project_ids, data.secret_ids),
            machine_lifetime=data.machine_lifetime_seconds,
            max_uses=data.max_machines,
            source_cidrs=data.source_cidrs,
            name_template=data.name_template or None,
        ),
    )
    view = await create_trust(request.core, request.person, wanted)
    return single(view, made_at=f"/api/trusts/{view.id}")


@get(
    "/trusts/{trust_id:str}",
    operation_id="readTrust",
    opt={"operation": people(TRUST_VIEW)},
    response_headers=ETAG,
)
async def read(request: ApiRequest, trust_id: FromPath[str]) -> Response[TrustView]:
    """Return one trusted issuer."""
    return single(await read_trust(request.core, request.person, trust_id))


@post(
    "/trusts/{trust_id:str}/revoke",
    operation_id="revokeTrust",
    opt={"operation": people(TRUST_REVOKE)},
    status_code=200,
)
async def revoke(request: ApiRequest, trust_id: FromPath[str]) -> TrustView:
    """Stop new enrollments by this issuer's jobs. Machines that have enrolled aren't affected."""
    return await revoke_trust(request.core, request.person, trust_id)


@post(
    "/trusts/{trust_id:str}/check",
    operation_id="checkToken",
    opt={"operation": people(TRUST_VIEW)},
    status_code=200,
)
async def check(
    request: ApiRequest, trust_id: FromPath[str], data: JSONBody[TokenToCheck]
) -> TokenCheck:
    """Return which conditions an ID token meets. Nothing is stored, and no machine is created."""
    return await check_token(request.core, request.person, trust_id, data.token)


HANDLERS: list[Any] = [list_all, create, read, revoke, check]
