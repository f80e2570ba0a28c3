"""The rules of delegation: nobody gives, takes or edits more than they hold themselves (O-3). Pure.

*Below* is a strict partial order: a vault role is below another if its capabilities are a strict subset.
Roles that are equal, or of which each has something that the other lacks, are not below each other, so their
members can't manage each other. Owners are the exception: they manage everyone, other owners included.
"""

from collections.abc import Iterable, Mapping

from strongroom_core.access.roles import OWNER_ONLY, OWNER_ROLE
from strongroom_core.kernel.authority import Access, Authority, VaultCapability
from strongroom_core.kernel.errors import Refused
from strongroom_core.kernel.ids import ApplicationId, ProjectId
from strongroom_wire.errors import Code

Capabilities = frozenset[VaultCapability]
Applications = Mapping[ProjectId, ApplicationId]
"""The application of each project that belongs to one."""


def is_owner(authority: Authority) -> bool:
    """Whether this is an owner who can act as one, which they can't in a deleted vault."""
    return authority.role == OWNER_ROLE and authority.access is not None


def is_below(lower: Iterable[VaultCapability], authority: Authority) -> bool:
    """Whether a vault role with these capabilities is below this member's role."""
    return frozenset(lower) < authority.vault


def can_manage(authority: Authority, role: str, capabilities: Capabilities) -> bool:
    """Whether someone can change, suspend or remove a member with this vault role."""
    if role == OWNER_ROLE:
        return is_owner(authority)
    return is_below(capabilities, authority)


def holds_all(held: Access | None, wanted: Access | None, applications: Applications) -> bool:
    """Whether every right that `wanted` gives, anywhere, is among those that `held` gives.

    No list covers a scope of everything, because that includes future projects. Rights are
    compared in every environment that either role names, and in all others.
    """
    if wanted is None:
        return True
    if held is None or held.only is not None or not _covers_scope(held, wanted, applications):
        return False
    environments = {None, *held.overrides, *wanted.overrides}
    return all(wanted.rights_in(each) <= held.rights_in(each) for each in environments)


def _covers_scope(held: Access, wanted: Access, applications: Applications) -> bool:
    if held.everywhere:
        return True
    if wanted.everywhere or not wanted.applications <= held.applications:
        return False
    return all(
        each in held.projects or applications.get(each) in held.applications
        for each in wanted.projects
    )


def refuse_unless_owner(authority: Authority, what: str) -> Refused | None:
    """Return the error for something that an owner requires of everyone, and that only owners can lift."""
    return None if is_owner(authority) else _refused(f"only an owner can {what}")


def refuse_managing(authority: Authority, role: str, capabilities: Capabilities) -> Refused | None:
    """Return the error unless the member with this vault role can be managed."""
    if can_manage(authority, role, capabilities):
        return None
    return _refused("you can only manage members whose role is below yours; ask an owner")


def refuse_role(authority: Authority, capabilities: Capabilities) -> Refused | None:
    """Return the error unless a vault role with these capabilities can be assigned or edited."""
    if is_below(capabilities, authority):
        return None
    return _refused(
        "you can only assign or edit vault roles that can do less than yours; ask an owner"
    )


def refuse_capabilities(capabilities: Capabilities) -> Refused | None:
    """Return the error if a custom role would have a capability that only owners can have."""
    kept = sorted(capabilities & OWNER_ONLY)
    if not kept:
        return None
    return _refused(f"only owners can have {', '.join(kept)}; choose others for this role")


def refuse_access(
    authority: Authority, wanted: Access | None, applications: Applications
) -> Refused | None:
    """Return the error unless an access role can be assigned or edited: all its rights must be held."""
    if holds_all(authority.access, wanted, applications):
        return None
    return _refused(
        "you can only assign or edit access roles that contain only rights you have yourself, in the same"
        " scope;"
        " ask an owner"
    )


def _refused(message: str) -> Refused:
    return Refused(Code.NO_CAPABILITY, message)
