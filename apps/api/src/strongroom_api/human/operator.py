"""What the installation's administrator can see and do (Q-3)."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from strongroom_api.answers import CREATED, ETAG, IfMatch, revision, single
from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.human.lists import PAGED, Paged, Sought
from strongroom_api.human.record import FILTER, Order, Wanted
from strongroom_core.access.actions.accounts import ACCOUNT_SIGN_UP_LINK
from strongroom_core.access.actions.operator import (
    ACCOUNT_REACTIVATE,
    ACCOUNT_SUSPEND,
    MAIL_TEST,
    OPERATION_VIEW,
    OPERATOR_ACCOUNTS_VIEW,
    OPERATOR_LOG_VIEW,
    OPERATOR_PLANS_VIEW,
    OPERATOR_VAULTS_VIEW,
    PLAN_CREATE,
    PLAN_DELETE,
    PLAN_GIVE,
    PLAN_UPDATE,
    RECOVERY_START,
    RECOVERY_STOP,
    SIGN_UP_CLOSE,
    SIGN_UP_OPEN,
)
from strongroom_core.access.operations import people
from strongroom_core.accounts.sign_up import make_sign_up_link
from strongroom_core.audit.views import EntryView
from strongroom_core.kernel.page import CountedPage, Page, PageRequest
from strongroom_core.kernel.view import View
from strongroom_core.limits.caps import Limits
from strongroom_core.limits.plans import (
    create_plan,
    delete_plan,
    give_plan,
    list_plans,
    update_plan,
)
from strongroom_core.limits.views import PlanView
from strongroom_core.mail.link import Purpose, url_of
from strongroom_core.operator.accounts import (
    list_accounts,
    reactivate_account,
    read_overseen_account,
    suspend_account,
)
from strongroom_core.operator.installation import (
    list_installation_entries,
    list_vaults,
    read_installation,
    send_operator_test_mail,
)
from strongroom_core.operator.recovery import start_recovery, stop_recovery
from strongroom_core.operator.sign_up import close_sign_up, open_sign_up
from strongroom_core.operator.views import (
    AccountInDetail,
    AccountStatus,
    InstallationState,
    OverseenAccount,
    OverseenVault,
)

Limit = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None


class LimitsBody(Body, kw_only=True, frozen=True):
    """All limits of a plan. Null means no limit."""

    machines: Limit
    projects: Limit
    secrets: Limit
    members: Limit
    versions: Limit
    retention_days: Limit
    webhooks: Limit
    deliveries_per_day: Limit
    agents: Limit
    shares_per_day: Limit

    def to_core(self) -> Limits:
        """Return the core's form."""
        return Limits(**msgspec.structs.asdict(self))


class NewPlan(Body, kw_only=True, frozen=True):
    """A plan to define. Owners can choose a `selfService` plan themselves."""

    name: str
    limits: LimitsBody
    self_service: bool = False


class PlanChanges(Body, kw_only=True, frozen=True):
    """Changes to a plan. `acceptLoss` confirms that data the plan doesn't keep is deleted a day later."""

    name: str | None = None
    limits: LimitsBody | None = None
    self_service: bool | None = None
    accept_loss: bool = False


class Receiver(Body, kw_only=True, frozen=True):
    """The vault whose plan to change. `acceptLoss` works as in a change to a plan."""

    vault_id: str
    accept_loss: bool = False


class Why(Body, kw_only=True, frozen=True):
    """A reason, for the audit log."""

    reason: str


class SignUpAddress(Body, kw_only=True, frozen=True):
    """The email address of someone who signed up."""

    email: str


class SignUpLinkMade(View):
    """The link of someone who signed up. It works once, until `expiresAt`, and can't be read again."""

    link: str
    expires_at: datetime


class MailSent(View):
    """The address to which a test email was sent."""

    address: str


@get("/operator", operation_id="readInstallation", opt={"operation": people(OPERATION_VIEW)})
async def read(request: ApiRequest) -> InstallationState:
    """Return the installation's counts, and the state of its queue and emails."""
    return await read_installation(request.core, request.person)


@get(
    "/operator/accounts",
    operation_id="listAccounts",
    opt={"operation": people(OPERATOR_ACCOUNTS_VIEW)},
    dependencies=PAGED,
)
async def accounts(
    request: ApiRequest,
    *,
    page: Paged,
    q: Sought = None,
    status: FromQuery[AccountStatus | None] = None,
) -> CountedPage[OverseenAccount]:
    """List the installation's accounts."""
    return await list_accounts(request.core, request.person, page, search=q, status=status)


@get(
    "/operator/accounts/{account_id:str}",
    operation_id="readOverseenAccount",
    opt={"operation": people(OPERATOR_ACCOUNTS_VIEW)},
)
async def account(request: ApiRequest, account_id: FromPath[str]) -> AccountInDetail:
    """Return an account, its vaults, and how many of their machines would stop working without it."""
    return await read_overseen_account(request.core, request.person, account_id)


@post(
    "/operator/accounts/{account_id:str}/suspend",
    operation_id="suspendAccount",
    opt={"operation": people(ACCOUNT_SUSPEND)},
    status_code=200,
)
async def suspend(
    request: ApiRequest, account_id: FromPath[str], data: JSONBody[Why]
) -> AccountInDetail:
    """Suspend an account. Machines in vaults with no other active owner are denied immediately."""
    return await suspend_account(request.core, request.person, account_id, reason=data.reason)


@post(
    "/operator/accounts/{account_id:str}/reactivate",
    operation_id="reactivateAccount",
    opt={"operation": people(ACCOUNT_REACTIVATE)},
    status_code=200,
)
async def reactivate(request: ApiRequest, account_id: FromPath[str]) -> AccountInDetail:
    """Reactivate a suspended account."""
    return await reactivate_account(request.core, request.person, account_id)


@post(
    "/operator/accounts/{account_id:str}/start-recovery",
    operation_id="startRecovery",
    opt={"operation": people(RECOVERY_START)},
    status_code=200,
)
async def begin_recovery(
    request: ApiRequest, account_id: FromPath[str], data: JSONBody[Why]
) -> AccountInDetail:
    """Start the recovery of someone who has lost all second factors. They are removed 24 hours later.

    Every address of the account gets an email, and the person can cancel the recovery.
    """
    return await start_recovery(request.core, request.person, account_id, reason=data.reason)


@post(
    "/operator/accounts/{account_id:str}/stop-recovery",
    operation_id="stopRecovery",
    opt={"operation": people(RECOVERY_STOP)},
    status_code=200,
)
async def end_recovery(request: ApiRequest, account_id: FromPath[str]) -> AccountInDetail:
    """Cancel the recovery of an account."""
    return await stop_recovery(request.core, request.person, account_id)


@get(
    "/operator/vaults",
    operation_id="listVaults",
    opt={"operation": people(OPERATOR_VAULTS_VIEW)},
    dependencies=PAGED,
)
async def vaults(
    request: ApiRequest, *, page: Paged, q: Sought = None
) -> CountedPage[OverseenVault]:
    """List the installation's vaults, with their owners, plan and counts."""
    return await list_vaults(request.core, request.person, page, search=q)


@get(
    "/operator/plans",
    operation_id="listPlans",
    opt={"operation": people(OPERATOR_PLANS_VIEW)},
)
async def plans(request: ApiRequest) -> list[PlanView]:
    """Return all plans."""
    return await list_plans(request.core, request.person)


@post(
    "/operator/plans",
    operation_id="createPlan",
    opt={"operation": people(PLAN_CREATE)},
    status_code=201,
    response_headers=CREATED,
)
async def make_plan(request: ApiRequest, data: JSONBody[NewPlan]) -> Response[PlanView]:
    """Define a plan."""
    view = await create_plan(
        request.core,
        request.person,
        name=data.name,
        limits=data.limits.to_core(),
        self_service=data.self_service,
    )
    return single(view, made_at=f"/api/operator/plans/{view.id}")


@patch(
    "/operator/plans/{plan_id:str}",
    operation_id="updatePlan",
    opt={"operation": people(PLAN_UPDATE)},
    response_headers=ETAG,
)
async def change_plan(
    request: ApiRequest,
    plan_id: FromPath[str],
    data: JSONBody[PlanChanges],
    if_match: IfMatch = None,
) -> Response[PlanView]:
    """Change a plan for all vaults that have it."""
    view = await update_plan(
        request.core,
        request.person,
        plan_id,
        name=data.name,
        limits=None if data.limits is None else data.limits.to_core(),
        self_service=data.self_service,
        accept_loss=data.accept_loss,
        if_match=revision(if_match),
    )
    return single(view)


@delete(
    "/operator/plans/{plan_id:str}",
    operation_id="deletePlan",
    opt={"operation": people(PLAN_DELETE)},
    status_code=204,
)
async def remove_plan(request: ApiRequest, plan_id: FromPath[str]) -> None:
    """Delete a plan that no vault has."""
    await delete_plan(request.core, request.person, plan_id)


@post(
    "/operator/plans/{plan_id:str}/give",
    operation_id="givePlan",
    opt={"operation": people(PLAN_GIVE)},
    status_code=204,
)
async def give(request: ApiRequest, plan_id: FromPath[str], data: JSONBody[Receiver]) -> None:
    """Change a vault's plan."""
    await give_plan(
        request.core, request.person, data.vault_id, plan_id, accept_loss=data.accept_loss
    )


@post(
    "/operator/sign-up/close",
    operation_id="closeSignUp",
    opt={"operation": people(SIGN_UP_CLOSE)},
    status_code=204,
)
async def close(request: ApiRequest) -> None:
    """Stop people from signing up, except those with an invitation."""
    await close_sign_up(request.core, request.person)


@post(
    "/operator/sign-up/open",
    operation_id="openSignUp",
    opt={"operation": people(SIGN_UP_OPEN)},
    status_code=204,
)
async def open_again(request: ApiRequest) -> None:
    """Allow people to sign up again."""
    await open_sign_up(request.core, request.person)


@post(
    "/operator/sign-up/link",
    operation_id="createSignUpLink",
    opt={"operation": people(ACCOUNT_SIGN_UP_LINK)},
    status_code=201,
)
async def sign_up_link(request: ApiRequest, data: JSONBody[SignUpAddress]) -> SignUpLinkMade:
    """Create a link for someone who signed up, if the server can't send it by email.

    The account is created when they open the link and enter the password they chose.
    """
    made = await make_sign_up_link(request.core, request.person, data.email)
    link = url_of(request.core.settings.public_url, Purpose.VERIFY, made.token)
    return SignUpLinkMade(link=link, expires_at=made.expires_at)


@post(
    "/operator/mail/test",
    operation_id="testMail",
    opt={"operation": people(MAIL_TEST)},
    status_code=200,
)
async def mail(request: ApiRequest) -> MailSent:
    """Send a test email to your own address, and wait for the mail server's reply."""
    return MailSent(address=await send_operator_test_mail(request.core, request.person))


@get(
    "/operator/log",
    operation_id="listInstallationEntries",
    opt={"operation": people(OPERATOR_LOG_VIEW)},
    dependencies=FILTER,
)
async def log(
    request: ApiRequest,
    *,
    wanted: Wanted,
    order: FromQuery[Order] = "newest",
    limit: FromQuery[int | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Page[EntryView]:
    """List the installation's own events, newest first."""
    page = PageRequest.parse(limit=limit, cursor=cursor)
    return await list_installation_entries(
        request.core, request.person, page, wanted, oldest_first=order == "oldest"
    )


HANDLERS: list[Any] = [
    *(read, accounts, account, suspend, reactivate, vaults),
    *(begin_recovery, end_recovery),
    *(plans, make_plan, change_plan, remove_plan, give),
    *(close, open_again, sign_up_link, mail, log),
]
