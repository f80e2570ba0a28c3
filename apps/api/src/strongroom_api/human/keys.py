"""A person's keys: approving, listing, renaming and revoking them (D-5)."""

from typing import Any

from litestar import get, patch, post
from litestar.params import FromPath, JSONBody

from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_core.access.actions.accounts import ACCOUNT_VIEW
from strongroom_core.access.actions.keys import (
    KEY_APPROVE,
    KEY_DENY,
    KEY_END,
    KEY_FIND,
    KEY_RENAME,
    KEY_REVOKE,
    KEY_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.kernel.page import Items
from strongroom_core.keys import approve, manage
from strongroom_core.keys.suggestions import USUAL
from strongroom_core.keys.views import FoundRequest, KeyView, OwnKey


class KeyCode(Body, kw_only=True, frozen=True):
    """The eight letters that the program shows. Case, spaces and hyphens don't matter."""

    code: str


class KeyApproval(Body, kw_only=True, frozen=True):
    """The code again, and what the key is for.

    `lifetimeSeconds` is from 28,800 (8 hours) to 7,776,000 (90 days). With `looking`, the key can only read.
    With `projects`, it is limited to these projects. Without a name, it gets that of the host.
    """

    code: str
    name: str | None = None
    lifetime_seconds: int = int(USUAL.total_seconds())
    looking: bool = False
    projects: list[ProjectId] | None = None


class KeyName(Body, kw_only=True, frozen=True):
    """The key's new name."""

    name: str


@post(
    "/login-requests/find",
    operation_id="findLoginRequest",
    opt={"operation": people(KEY_FIND)},
    status_code=200,
)
async def find(request: ApiRequest, data: JSONBody[KeyCode]) -> FoundRequest:
    """Return the program that shows this code, to compare it before you approve its key."""
    return await approve.find_key_request(request.core, request.person, data.code)


@post(
    "/login-requests/{request_id:str}/approve",
    operation_id="approveLoginRequest",
    opt={"operation": people(KEY_APPROVE)},
    status_code=200,
)
async def approve_request(
    request: ApiRequest, request_id: FromPath[str], data: JSONBody[KeyApproval]
) -> OwnKey:
    """Approve a program's key. It then acts for you in the session's vault, with at most your rights."""
    wanted = approve.Approval(
        code=data.code,
        name=data.name,
        lifetime=data.lifetime_seconds,
        looking=data.looking,
        projects=data.projects,
    )
    return await approve.approve_key_request(request.core, request.person, request_id, wanted)


@post(
    "/login-requests/{request_id:str}/deny",
    operation_id="denyLoginRequest",
    opt={"operation": people(KEY_DENY)},
    status_code=204,
)
async def deny(request: ApiRequest, request_id: FromPath[str], data: JSONBody[KeyCode]) -> None:
    """Deny a program's request for a key. The program learns this from its next poll."""
    await approve.deny_key_request(request.core, request.person, request_id, code=data.code)


@get("/keys", operation_id="listKeys", opt={"operation": people(ACCOUNT_VIEW)})
async def list_all(request: ApiRequest) -> Items[KeyView]:
    """Return your keys that work, in all your vaults, most recently used first."""
    return await manage.list_keys(request.core, request.person)


@patch(
    "/keys/{key_id:str}",
    operation_id="updateKey",
    opt={"operation": people(KEY_RENAME)},
    status_code=204,
)
async def rename(request: ApiRequest, key_id: FromPath[str], data: JSONBody[KeyName]) -> None:
    """Rename one of your keys."""
    await manage.rename_key(request.core, request.person, key_id, name=data.name)


@post(
    "/keys/{key_id:str}/revoke",
    operation_id="revokeKey",
    opt={"operation": people(KEY_REVOKE)},
    status_code=204,
)
async def revoke(request: ApiRequest, key_id: FromPath[str]) -> None:
    """Revoke one of your keys. Its next request is rejected."""
    await manage.revoke_key(request.core, request.person, key_id)


@get("/own-key", operation_id="readOwnKey", opt={"operation": people(KEY_VIEW)})
async def read_own(request: ApiRequest) -> OwnKey:
    """Return the key that signed this request: whose it is, for which vault, and until when."""
    return await manage.read_own_key(request.core, request.person)


@post(
    "/own-key/revoke",
    operation_id="revokeOwnKey",
    opt={"operation": people(KEY_END)},
    status_code=204,
)
async def end_own(request: ApiRequest) -> None:
    """Revoke the key that signed this request, as `strongroom logout` does."""
    await manage.end_own_key(request.core, request.person)


HANDLERS: list[Any] = [find, approve_request, deny, list_all, rename, revoke, read_own, end_own]
