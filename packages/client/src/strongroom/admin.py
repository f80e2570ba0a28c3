"""Manage a vault as a person: secrets, projects, machines, grants, shares and the audit log.

Requests are signed with a person's key, made by `strongroom login`, so a script needs no password and no
bearer token. The key can never do more than the person can at that moment. ::

    from strongroom.admin import Admin

    with Admin() as admin:
        secret = admin.set_secret("shop/production/API_KEY", value="k3y-9f2c")
        for each in admin.each(admin.list_secrets, secret.project_id):
            print(each.name, each.version)

`Admin()` uses the profile that `strongroom login` wrote; `AsyncAdmin` has the same methods as coroutines. No
method returns a value: only machines read values. An action that a person must confirm in the browser raises
`StepUpRequired`, whose `url` is the page for it.
"""

from typing import TYPE_CHECKING, Any

from strongroom._internal.admin_bodies import AccessChange, Generate, Suggestions
from strongroom._internal.admin_client import Admin
from strongroom._internal.admin_views import (
    Application,
    Attachment,
    Entry,
    Grant,
    GrantsChanged,
    Machine,
    NewShare,
    OwnKey,
    Page,
    Project,
    Reader,
    RegistrationToken,
    Secret,
    SecretVersion,
    Share,
)
from strongroom._internal.log_in import LogIn
from strongroom._internal.person_key import (
    PersonKey,
    Profile,
    new_profile_name,
    require_profile_name,
)

if TYPE_CHECKING:
    from strongroom._internal.admin_async_client import AsyncAdmin

__all__ = [
    "AccessChange",
    "Admin",
    "Application",
    "AsyncAdmin",
    "Attachment",
    "Entry",
    "Generate",
    "Grant",
    "GrantsChanged",
    "LogIn",
    "Machine",
    "NewShare",
    "OwnKey",
    "Page",
    "PersonKey",
    "Profile",
    "Project",
    "Reader",
    "RegistrationToken",
    "Secret",
    "SecretVersion",
    "Share",
    "Suggestions",
    "new_profile_name",
    "require_profile_name",
]


def __getattr__(name: str) -> Any:
    """Import `AsyncAdmin` when it is first used, because asyncio is slow to import."""
    if name != "AsyncAdmin":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from strongroom._internal.admin_async_client import AsyncAdmin  # noqa: PLC0415 -- see above

    globals()[name] = AsyncAdmin
    return AsyncAdmin
