"""Policies: conditions for reads that are applied to secrets (P-1 to P-3)."""

from typing import Any

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from strongroom_api.answers import CREATED, ETAG, IfMatch, revision, single
from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_core.access.actions.policies import (
    POLICIES_VIEW,
    POLICY_APPLY,
    POLICY_CREATE,
    POLICY_DELETE,
    POLICY_ENFORCE,
    POLICY_REMOVE,
    POLICY_SHADOW,
    POLICY_SUSPEND,
    POLICY_UPDATE,
    POLICY_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.kernel.ids import PolicyId, ProjectId
from strongroom_core.kernel.page import Items
from strongroom_core.kernel.policies import Conditions
from strongroom_core.policies.apply import apply_policy, remove_policy
from strongroom_core.policies.listing import (
    describe_policy,
    list_policies,
    list_policy_secrets,
    read_policy,
)
from strongroom_core.policies.manage import create_policy, delete_policy, update_policy
from strongroom_core.policies.modes import enforce_policy, shadow_policy, suspend_policy
from strongroom_core.policies.report import report_policy
from strongroom_core.policies.views import (
    PolicyApplied,
    PolicyReport,
    PolicySecret,
    PolicyView,
    Words,
)

ONE = "/policies/{policy_id:str}"
OF_PROJECT = "/projects/{project_id:str}/policies"


class NewPolicy(Body, kw_only=True, frozen=True):
    """A policy to create."""

    name: str
    conditions: Conditions


class PolicyChanges(Body, kw_only=True, frozen=True):
    """What to change. Absent means unchanged; `conditions` replaces all conditions."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    conditions: Conditions | msgspec.UnsetType = msgspec.UNSET


class ConditionsToDescribe(Body, kw_only=True, frozen=True):
    """Conditions that aren't stored yet."""

    conditions: Conditions


class Suspension(Body, kw_only=True, frozen=True):
    """Why the policy is suspended, for the audit log."""

    reason: str


class PolicySecrets(Body, kw_only=True, frozen=True):
    """Secrets of the policy's project."""

    secret_ids: list[str]


@get(OF_PROJECT, operation_id="listPolicies", opt={"operation": people(POLICIES_VIEW)})
async def list_all(request: ApiRequest, project_id: FromPath[str]) -> Items[PolicyView]:
    """List a project's policies, by name."""
    found = await list_policies(request.core, request.person, ProjectId(project_id))
    return Items(items=found)


@post(
    OF_PROJECT,
    operation_id="createPolicy",
    opt={"operation": people(POLICY_CREATE)},
    status_code=201,
    response_headers=CREATED,
)
async def create(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[NewPolicy]
) -> Response[PolicyView]:
    """Create a policy in shadow mode. It doesn't deny anything, and no secret has it yet."""
    view = await create_policy(
        request.core,
        request.person,
        ProjectId(project_id),
        name=data.name,
        conditions=data.conditions,
    )
    return single(view, made_at=f"/api/policies/{view.id}")


@post(
    f"{OF_PROJECT}/describe",
    operation_id="describePolicy",
    opt={"operation": people(POLICIES_VIEW)},
    status_code=200,
)
async def describe(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[ConditionsToDescribe]
) -> Words:
    """Check conditions and describe them in words. Nothing is stored."""
    return await describe_policy(
        request.core, request.person, ProjectId(project_id), data.conditions
    )


@get(
    ONE,
    operation_id="readPolicy",
    opt={"operation": people(POLICY_VIEW)},
    response_headers=ETAG,
)
async def read(request: ApiRequest, policy_id: FromPath[str]) -> Response[PolicyView]:
    """Return one policy, with its conditions in words."""
    return single(await read_policy(request.core, request.person, PolicyId(policy_id)))


@patch(
    ONE,
    operation_id="updatePolicy",
    opt={"operation": people(POLICY_UPDATE)},
    response_headers=ETAG,
)
async def update(
    request: ApiRequest,
    policy_id: FromPath[str],
    data: JSONBody[PolicyChanges],
    if_match: IfMatch = None,
) -> Response[PolicyView]:
    """Rename a policy, or replace its conditions. Changes take effect from the next read."""
    view = await update_policy(
        request.core,
        request.person,
        PolicyId(policy_id),
        name=None if data.name is msgspec.UNSET else data.name,
        conditions=None if data.conditions is msgspec.UNSET else data.conditions,
        if_match=revision(if_match),
    )
    return single(view)


@delete(ONE, operation_id="deletePolicy", opt={"operation": people(POLICY_DELETE)}, status_code=204)
async def remove(request: ApiRequest, policy_id: FromPath[str], if_match: IfMatch = None) -> None:
    """Delete a policy that no secret has."""
    await delete_policy(
        request.core, request.person, PolicyId(policy_id), if_match=revision(if_match)
    )


@post(
    f"{ONE}/enforce",
    operation_id="enforcePolicy",
    opt={"operation": people(POLICY_ENFORCE)},
    status_code=200,
    response_headers=ETAG,
)
async def enforce(request: ApiRequest, policy_id: FromPath[str]) -> Response[PolicyView]:
    """Enforce a policy. It denies reads from now on, so check `readPolicyReport` first."""
    return single(await enforce_policy(request.core, request.person, PolicyId(policy_id)))


@post(
    f"{ONE}/shadow",
    operation_id="shadowPolicy",
    opt={"operation": people(POLICY_SHADOW)},
    status_code=200,
    response_headers=ETAG,
)
async def shadow(request: ApiRequest, policy_id: FromPath[str]) -> Response[PolicyView]:
    """Put a policy in shadow mode. It doesn't deny anything, and only reports what it would deny."""
    return single(await shadow_policy(request.core, request.person, PolicyId(policy_id)))


@post(
    f"{ONE}/suspend",
    operation_id="suspendPolicy",
    opt={"operation": people(POLICY_SUSPEND)},
    status_code=200,
    response_headers=ETAG,
)
async def suspend(
    request: ApiRequest, policy_id: FromPath[str], data: JSONBody[Suspension]
) -> Response[PolicyView]:
    """Suspend an enforced policy in an incident. Needs a reason and step-up authentication."""
    view = await suspend_policy(
        request.core, request.person, PolicyId(policy_id), reason=data.reason
    )
    return single(view)


@get(f"{ONE}/secrets", operation_id="listPolicySecrets", opt={"operation": people(POLICY_VIEW)})
async def list_secrets(request: ApiRequest, policy_id: FromPath[str]) -> Items[PolicySecret]:
    """List the secrets that have a policy, by name, including those in the trash."""
    found = await list_policy_secrets(request.core, request.person, PolicyId(policy_id))
    return Items(items=found)


@post(
    f"{ONE}/apply",
    operation_id="applyPolicy",
    opt={"operation": people(POLICY_APPLY)},
    status_code=200,
)
async def apply(
    request: ApiRequest, policy_id: FromPath[str], data: JSONBody[PolicySecrets]
) -> PolicyApplied:
    """Apply a policy to secrets in its project, all or nothing. A secret can have at most one policy."""
    return await apply_policy(
        request.core, request.person, PolicyId(policy_id), secrets=data.secret_ids
    )


@post(
    f"{ONE}/remove",
    operation_id="removePolicy",
    opt={"operation": people(POLICY_REMOVE)},
    status_code=200,
)
async def take_off(
    request: ApiRequest, policy_id: FromPath[str], data: JSONBody[PolicySecrets]
) -> PolicyApplied:
    """Remove a policy from secrets, all or nothing. They can then be read without conditions."""
    return await remove_policy(
        request.core, request.person, PolicyId(policy_id), secrets=data.secret_ids
    )


@get(f"{ONE}/report", operation_id="readPolicyReport", opt={"operation": people(POLICY_VIEW)})
async def report(request: ApiRequest, policy_id: FromPath[str]) -> PolicyReport:
    """Report which reads of the last seven days the policy would have denied, by machine."""
    return await report_policy(request.core, request.person, PolicyId(policy_id))


HANDLERS: list[Any] = [
    list_all,
    create,
    describe,
    read,
    update,
    remove,
    enforce,
    shadow,
    suspend,
    list_secrets,
    apply,
    take_off,
    report,
]
