"""Adding machines in other ways: enrollment tokens, key files, temporary machines (M-4 to M-7)."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get, post, put
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
    MACHINE_BOOTSTRAP,
    MACHINE_EXTEND,
    MACHINE_EXTENSION_REVERT,
    MACHINE_GUARDRAILS_SET,
    MACHINE_PROVISION,
    MACHINE_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.grants.scope import Scope
from strongroom_core.kernel.guardrails import Guardrails
from strongroom_core.kernel.page import CountedPage, Items
from strongroom_core.kernel.time_windows import TimeWindow
from strongroom_core.kernel.view import View
from strongroom_core.machines.enrollment import (
    NewToken,
    create_enrollment_token,
    list_enrollment_tokens,
    read_enrollment_token,
    revoke_enrollment_token,
)
from strongroom_core.machines.provision import DEFAULT_FOLDER, provision_machine
from strongroom_core.machines.temporary import (
    NewTemporary,
    create_temporary_token,
    extend_machine,
    list_extensions,
    revert_extension,
    set_guardrails,
)
from strongroom_core.machines.terms import Terms
from strongroom_core.machines.views import EnrollmentTokenView, ExtensionView, MachineView


class NewEnrollmentToken(Body, kw_only=True, frozen=True):
    """A new token, and the access of machines that enroll with it. None of this can be changed later."""

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


class NewMachine(Body, kw_only=True, frozen=True):
    """A machine whose key the server generates, and the folder in which its key file will be mounted."""

    name: str
    project_ids: list[str] = msgspec.field(default_factory=list[str])
    secret_ids: list[str] = msgspec.field(default_factory=list[str])
    folder: str = DEFAULT_FOLDER


class KeyFileAnswer(View):
    """A new machine, and the link to its key file, which is shown once and works once until `expires_at`."""

    url: str
    expires_at: datetime
    machine: MachineView

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class WindowBody(Body, kw_only=True, frozen=True):
    """A time window: from `start` to `end` (HH:mm), in an IANA time zone, on days from 1 (Monday) to 7."""

    start: str
    end: str
    zone: str
    days: list[int]


class GuardrailsBody(Body, kw_only=True, frozen=True):
    """Where and when a temporary machine can be used. An empty member doesn't restrict anything."""

    cidrs: list[str] = msgspec.field(default_factory=list[str])
    countries: list[str] = msgspec.field(default_factory=list[str])
    window: WindowBody | None = None

    def to_core(self) -> Guardrails:
        """Return the core's form."""
        window = self.window
        return Guardrails(
            cidrs=self.cidrs,
            countries=self.countries,
            window=None
            if window is None
            else TimeWindow(start=window.start, end=window.end, zone=window.zone, days=window.days),
        )


class NewTemporaryToken(Body, kw_only=True, frozen=True):
    """A registration token for one temporary machine, and the machine's lifetime and guardrails."""

    name: str | None = None
    machine_lifetime_seconds: int
    token_lifetime_seconds: int = 86_400
    guardrails: GuardrailsBody | None = None


class TemporaryTokenAnswer(View):
    """A new registration token, shown once, and the commands that use it."""

    token: str
    command: str
    powershell_command: str
    cli_command: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class Extension(Body, kw_only=True, frozen=True):
    """The new expiry, at most 12 months from now, and the reason."""

    expires_at: datetime
    reason: str


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
    """Create an enrollment token. Machines that use it are approved automatically, with this access."""
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
    """List enrollment tokens, newest first. `sort` is one of createdAt, name, expiresAt, uses."""
    return await list_enrollment_tokens(request.core, request.person, page)


@get(
    "/enrollment-tokens/{token_id:str}",
    operation_id="readEnrollmentToken",
    opt={"operation": people(ENROLLMENT_TOKEN_VIEW)},
    response_headers=ETAG,
)
async def read(request: ApiRequest, token_id: FromPath[str]) -> Response[EnrollmentTokenView]:
    """Return one enrollment token, without the token itself."""
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


@post(
    "/machines",
    operation_id="createMachine",
    opt={"operation": people(MACHINE_PROVISION)},
    status_code=201,
)
async def provision(request: ApiRequest, data: JSONBody[NewMachine]) -> KeyFileAnswer:
    """Create an approved machine with a key file, which can be downloaded once within 15 minutes."""
    made = await provision_machine(
        request.core,
        request.person,
        name=data.name,
        scope=Scope(data.project_ids, data.secret_ids),
        folder=data.folder,
    )
    return KeyFileAnswer(
        url=f"{request.core.settings.public_url}/v1/provision/{made.token}",
        expires_at=made.expires_at,
        machine=made.machine,
    )


@post(
    "/temporary-machine-tokens",
    operation_id="createTemporaryMachineToken",
    opt={"operation": people(MACHINE_BOOTSTRAP)},
    status_code=201,
)
async def create_temporary(
    request: ApiRequest, data: JSONBody[NewTemporaryToken]
) -> TemporaryTokenAnswer:
    """Create a registration token for one temporary machine, which expires and has guardrails."""
    wanted = NewTemporary(
        name=data.name or None,
        lifetime=data.machine_lifetime_seconds,
        token_lifetime=data.token_lifetime_seconds,
        guardrails=(data.guardrails or GuardrailsBody()).to_core(),
    )
    made = await create_temporary_token(request.core, request.person, wanted)
    url = request.core.settings.public_url
    address = f"{url}/v1/{request.person.vault}/temp-bootstrap/{made.token}"
    return TemporaryTokenAnswer(
        token=made.token,
        command=f"curl -sSL {address} | sh",
        powershell_command=f"irm {address}/ps | iex",
        cli_command=f"strongroom bootstrap {address}",
        expires_at=made.expires_at,
    )


@get(
    "/machines/{machine_id:str}/extensions",
    operation_id="listExtensions",
    opt={"operation": people(MACHINE_VIEW)},
)
async def extensions(request: ApiRequest, machine_id: FromPath[str]) -> Items[ExtensionView]:
    """List a temporary machine's extensions and reverts, latest first."""
    found = await list_extensions(request.core, request.person, machine_id)
    return Items(items=found)


@post(
    "/machines/{machine_id:str}/extend",
    operation_id="extendMachine",
    opt={"operation": people(MACHINE_EXTEND)},
    status_code=200,
    response_headers=ETAG,
)
async def extend(
    request: ApiRequest, machine_id: FromPath[str], data: JSONBody[Extension]
) -> Response[MachineView]:
    """Extend a temporary machine's lifetime."""
    view = await extend_machine(
        request.core, request.person, machine_id, until=data.expires_at, reason=data.reason
    )
    return single(view)


@post(
    "/machines/{machine_id:str}/revert-extension",
    operation_id="revertExtension",
    opt={"operation": people(MACHINE_EXTENSION_REVERT)},
    status_code=200,
    response_headers=ETAG,
)
async def revert(request: ApiRequest, machine_id: FromPath[str]) -> Response[MachineView]:
    """Revert the latest extension that hasn't been reverted, which restores the previous expiry."""
    return single(await revert_extension(request.core, request.person, machine_id))


@put(
    "/machines/{machine_id:str}/guardrails",
    operation_id="setGuardrails",
    opt={"operation": people(MACHINE_GUARDRAILS_SET)},
    response_headers=ETAG,
)
async def guard(
    request: ApiRequest, machine_id: FromPath[str], data: JSONBody[GuardrailsBody]
) -> Response[MachineView]:
    """Replace a temporary machine's guardrails. This takes effect on its next request."""
    view = await set_guardrails(request.core, request.person, machine_id, data.to_core())
    return single(view)


HANDLERS: list[Any] = [
    *(create, list_all, read, revoke),
    *(provision, create_temporary, extensions, extend, revert, guard),
]
