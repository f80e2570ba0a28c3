"""Enrollment tokens (M-5)."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from strongroom_api.answers import ETAG, single
from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.human.lists import PAGED, Paged
from strongroom_core.access.actions.machines import (
    ENROLLMENT_TOKEN_CREATE,
    ENROLLMENT_TOKEN_REVOKE,
    ENROLLMENT_TOKEN_VIEW,
    ENROLLMENT_TOKENS_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.grants.scope import Scope
from strongroom_core.kernel.page import CountedPage
from strongroom_core.kernel.view import View
from strongroom_core.machines.enrollment import (
    NewToken,
    create_enrollment_token,
    list_enrollment_tokens,
    read_enrollment_token,
    revoke_enrollment_token,
)
from strongroom_core.machines.terms import Terms
from strongroom_core.machines.views import EnrollmentTokenView


class NewEnrollmentToken(Body, kw_only=True, frozen=True):
    """A new token, and what the machines that enroll with it get. None of it can be changed later."""

    name: str
    description: str | None = None
    project_ids: list[str] = msgspec.field(default_factory=list[str])
    secret_ids: list[str] = msgspec.field(default_factory=list[str])
    token_lifetime_seconds: int
    machine_lifetime_seconds: int
    max_uses: int
    hostname_pattern: str | None = None
    source_cidrs: list[str] = msgspec.field(default_factory=list[str])
    name_template: str | None = None


class EnrollmentTokenAnswer(View):
    """A new enrollment token, shown once, and the command that enrolls a machine with it."""

    token: str
    cli_command: str
    enrollment_token: EnrollmentTokenView

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


@post(
    "/enrollment-tokens",
    operation_id="createEnrollmentToken",
    opt={"operation": people(ENROLLMENT_TOKEN_CREATE)},
    status_code=201,
)
async def create(request: ApiRequest, data: JSONBody[NewEnrollmentToken]) -> EnrollmentTokenAnswer:
    """Create an enrollment token. Machines that enroll with it are approved at once and get this access."""
    wanted = NewToken(
        name=data.name,
        description=data.description,
        lifetime=data.token_lifetime_seconds,
        terms=Terms(
            scope=Scope(data.project_ids, data.secret_ids),
            machine_lifetime=data.machine_lifetime_seconds,
            max_uses=data.max_uses,
            source_cidrs=data.source_cidrs,
            hostname_pattern=data.hostname_pattern or None,
            name_template=data.name_template or None,
        ),
    )
    made = await create_enrollment_token(request.core, request.person, wanted)
    return EnrollmentTokenAnswer(
        token=made.token,
        cli_command=f"strongroom enroll {request.core.settings.public_url} {request.person.vault}",
        enrollment_token=made.view,
    )


@get(
    "/enrollment-tokens",
    operation_id="listEnrollmentTokens",
    opt={"operation": people(ENROLLMENT_TOKENS_VIEW)},
    dependencies=PAGED,
)
async def list_all(request: ApiRequest, *, page: Paged) -> CountedPage[EnrollmentTokenView]:
    """List enrollment tokens, last created first. `sort` is one of createdAt, name, expiresAt, uses."""
    return await list_enrollment_tokens(request.core, request.person, page)


@get(
    "/enrollment-tokens/{token_id:str}",
    operation_id="readEnrollmentToken",
    opt={"operation": people(ENROLLMENT_TOKEN_VIEW)},
    response_headers=ETAG,
)
async def read(request: ApiRequest, token_id: FromPath[str]) -> Response[EnrollmentTokenView]:
    """Return one enrollment token, without its text."""
    return single(await read_enrollment_token(request.core, request.person, token_id))


@post(
    "/enrollment-tokens/{token_id:str}/revoke",
    operation_id="revokeEnrollmentToken",
    opt={"operation": people(ENROLLMENT_TOKEN_REVOKE)},
    status_code=200,
    response_headers=ETAG,
)
async def revoke(request: ApiRequest, token_id: FromPath[str]) -> Response[EnrollmentTokenView]:
    """Stop new enrollments with a token. Machines that enrolled with it keep their access."""
    return single(await revoke_enrollment_token(request.core, request.person, token_id))


HANDLERS: list[Any] = [create, list_all, read, revoke]
