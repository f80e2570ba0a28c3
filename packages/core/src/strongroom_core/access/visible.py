"""Decides in SQL what a user can see: projects, applications, secrets, and audit log entries (L-4, O-1).

Each function adds the arguments of a condition and returns its text, with the alias of the table that it is
about. The rules are those of `Access` and `decide`, which decide about single objects. Every statement that
lists or counts objects in projects, and every query for entries, uses this module.

The gate has already checked `audit.view`. Without `audit.view_others`, users see only what they did
themselves. With it, they see every entry in the vault, no matter what their access role covers.
"""

import json

from strongroom_core.db.conditions import Conditions
from strongroom_core.kernel.authority import (
    Access,
    Authority,
    Place,
    ProjectCapability,
    Right,
    SecretKind,
    VaultCapability,
)
from strongroom_core.kernel.caller import Caller, Human

NO_ACCESS = (
    "you have no access role in this vault, so you see no projects; ask the vault's owner for one"
)
"""Why everything is empty for a member without an access role."""

VISIBLE = "({0}::text is null or (e.actor_kind = 'user' and e.actor_id = {0}))"
"""The condition, for use in a constant statement. `{0}` is the parameter whose value is `only_of(caller)`."""

_NOWHERE = Access()
_SERVER = Access(
    everywhere=True,
    rights=frozenset((capability, kind) for capability in ProjectCapability for kind in SecretKind),
)


def project_exists(conditions: Conditions, caller: Caller, p: str = "p") -> str:
    """Return the condition that the project `p` exists for the caller. For the server, every project does."""
    access = _access_of(caller)
    if access.unlimited:
        return "true"
    parts: list[str] = ["true"] if access.everywhere else []
    if access.projects:
        projects = conditions.bind(sorted(access.projects), "varchar[]")
        parts.append(f"{p}.id = any({projects})")
    if access.applications:
        applications = conditions.bind(sorted(access.applications), "varchar[]")
        parts.append(f"coalesce({p}.application = any({applications}), false)")
    covered = f"({' or '.join(parts)})" if parts else "false"
    if access.only is None:
        return covered
    only = conditions.bind(sorted(access.only), "varchar[]")
    return f"({p}.id = any({only}) and {covered})"


def application_exists(conditions: Conditions, caller: Caller, a: str = "a") -> str:
    """Return the condition that the application `a` exists for the caller.

    It does if the access role covers the application itself or any of its live projects.
    """
    access = _access_of(caller)
    if access.unlimited:
        return "true"
    inside = (
        f"exists (select from project reached where reached.vault = {a}.vault"
        f" and reached.application = {a}.id and reached.trashed_at is null"
        f" and {project_exists(conditions, caller, 'reached')})"
    )
    if not access.applications or access.only is not None:
        return inside
    applications = conditions.bind(sorted(access.applications), "varchar[]")
    return f"({a}.id = any({applications}) or {inside})"


def secret_exists(
    conditions: Conditions,
    caller: Caller,
    *,
    s: str = "s",
    p: str = "p",
    needs: ProjectCapability = ProjectCapability.SECRETS_VIEW,
) -> str:
    """Return the condition that the caller has the capability for the secret `s` in the project `p`."""
    access, project = _access_of(caller), project_exists(conditions, caller, p)
    if access.overrides:
        return f"({project} and {_kinds(conditions, access, needs, p)} ? {s}.kind)"
    kinds = _kinds_among(access.rights, needs)
    if len(kinds) == len(SecretKind):
        return project
    # Unlike the operator for JSON, this comparison can use an index.
    return f"({project} and {s}.kind = any({conditions.bind(kinds, 'varchar[]')}))"


def is_capable(
    conditions: Conditions, caller: Caller, needs: ProjectCapability, p: str = "p"
) -> str:
    """Return the condition that the caller has the capability in the project `p` for some kind of secret."""
    project = project_exists(conditions, caller, p)
    return f"({project} and {_kinds(conditions, _access_of(caller), needs, p)} <> '[]')"


def kinds_seen(conditions: Conditions, caller: Caller, p: str = "p") -> str:
    """Return the expression for the kinds of secrets that the caller can see in the project `p`, as `text[]`.

    The project must exist for the caller.
    """
    kinds = _kinds(conditions, _access_of(caller), ProjectCapability.SECRETS_VIEW, p)
    return f"array(select jsonb_array_elements_text({kinds}))"


def kinds_at(
    caller: Caller,
    place: Place | None,
    needs: ProjectCapability = ProjectCapability.SECRETS_VIEW,
) -> list[str]:
    """Return the kinds of secrets for which the caller has the capability in one known project."""
    return sorted(_access_of(caller).kinds(needs, place)) if place is not None else []


def sees_others(caller: Human) -> bool:
    """Whether the caller can see what others did, both people and machines."""
    return VaultCapability.AUDIT_VIEW_OTHERS in caller.authority.vault


def only_of(caller: Human) -> str | None:
    """Return the only account whose entries the caller can see, or None if they can see all entries."""
    return None if sees_others(caller) else caller.account


def can_see_entry(
    authority: Authority, account: str, *, actor_kind: str, actor_id: str | None
) -> bool:
    """Whether a member with this authority can see an entry. The same rule, for an entry that is known."""
    if VaultCapability.AUDIT_VIEW not in authority.vault:
        return False
    own = actor_kind == "user" and actor_id == account
    return own or can_see_others(authority)


def can_see_others(authority: Authority) -> bool:
    """Whether a member with this authority can see everyone's entries."""
    return {VaultCapability.AUDIT_VIEW, VaultCapability.AUDIT_VIEW_OTHERS} <= authority.vault


def narrow_to_visible(conditions: Conditions, caller: Human) -> None:
    """Add the same condition to a dynamically built statement."""
    if not sees_others(caller):
        conditions.add("e.actor_kind = 'user' and e.actor_id = {0}", caller.account)


def _access_of(caller: Caller) -> Access:
    if not isinstance(caller, Human):
        return _SERVER
    return caller.authority.access or _NOWHERE


def _kinds(conditions: Conditions, access: Access, needs: ProjectCapability, p: str) -> str:
    """Return the expression for the kinds with the capability, as a JSON array. `p` gives the environment."""
    usual = conditions.bind(json.dumps(_kinds_among(access.rights, needs)), "text")
    if not access.overrides:
        return f"{usual}::jsonb"
    overrides = {name: _kinds_among(rights, needs) for name, rights in access.overrides.items()}
    other = conditions.bind(json.dumps(overrides), "text")
    return f"coalesce({other}::jsonb -> {p}.environment::text, {usual}::jsonb)"


def _kinds_among(rights: frozenset[Right], needs: ProjectCapability) -> list[str]:
    return sorted(kind for held, kind in rights if held is needs)
