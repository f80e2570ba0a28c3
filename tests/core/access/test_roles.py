"""The built-in roles against PRODUCT's table, and how stored roles become an authority (O-1, O-2)."""

from __future__ import annotations

import json

import pytest

from strongroom_core.access.roles import (
    BUILT_IN,
    OWNER,
    PRESETS,
    RIGHT_NAMES,
    authority_of,
    right_names,
    rights_named,
)
from strongroom_core.kernel.authority import ProjectCapability, SecretKind, VaultCapability

TABLE = """
machines.view            owner admin developer
machines.manage          owner admin
enrollment.view          owner admin developer
enrollment.manage        owner admin
audit.view               owner admin developer collaborator
audit.view_others        owner admin
alerts.view              owner admin developer
alerts.manage            owner admin
ip_allowlist.view        owner admin
ip_allowlist.manage      owner admin
members.view             owner admin developer collaborator
members.invite           owner admin
members.manage           owner admin
roles.assign             owner admin
access_roles.author      owner admin
vault_roles.author       owner
projects.create          owner admin developer
projects.delete          owner admin
projects.freeze          owner admin developer
projects.unfreeze        owner
shares.create            owner admin developer collaborator
trash.manage             owner admin
plan.view                owner admin
plan.manage              owner
vault.settings           owner admin
vault.convert            owner
vault.delete             owner
ownership.transfer       owner
"""
"""PRODUCT's table of capabilities, without those of features that don't exist yet."""

WHO = {name: roles for name, *roles in (line.split() for line in TABLE.strip().splitlines())}


def test_the_table_has_every_capability() -> None:
    """O-1: a new capability can't be added without its row."""
    assert set(WHO) == {each.value for each in VaultCapability}


@pytest.mark.parametrize("capability", WHO)
def test_the_built_in_roles_are_the_products(capability: str) -> None:
    """O-1: each built-in role has exactly the capabilities of the product's table."""
    held = {role for role, names in BUILT_IN.items() if capability in names}

    assert held == set(WHO[capability])


def stored(role: str, **more: object) -> str:
    return json.dumps({"role": role, "capabilities": None, "access": None, **more})


ACCESS = {
    "everywhere": False,
    "applications": ["app_a"],
    "projects": ["proj_a"],
    "rights": ["secrets.view:single", "from.the_future:single"],
    "overrides": {"production": ["grants.manage", "secrets.view:hologram"]},
}


def test_stored_roles_become_an_authority() -> None:
    """O-1, O-2: a custom role has its own capabilities; unknown ones of a newer release grant nothing."""
    custom = authority_of(
        stored("vrole_a", capabilities=["machines.view", "time.travel"], access=ACCESS)
    )

    assert custom.vault == {VaultCapability.MACHINES_VIEW}
    assert custom.access is not None
    assert custom.access.rights == {(ProjectCapability.SECRETS_VIEW, SecretKind.SINGLE)}
    assert custom.access.overrides == {"production": rights_named(["grants.manage"])}
    assert (custom.access.everywhere, custom.access.projects) == (False, {"proj_a"})


def test_a_custom_role_never_has_what_only_owners_have() -> None:
    """O-1: even if the stored role had such a capability, it would grant nothing."""
    everything = [each.value for each in VaultCapability]
    held = authority_of(stored("vrole_a", capabilities=everything)).vault

    assert set(everything) - held == {"vault.convert", "vault.delete", "ownership.transfer"}


def test_a_deleted_vault_leaves_only_its_restoration() -> None:
    """V-8: in a deleted vault, an owner can restore it, and nobody else can do anything."""
    for role in BUILT_IN:
        left = authority_of(stored(role, access=ACCESS), deleted=True)
        assert left.vault == ({VaultCapability.VAULT_DELETE} if role == "owner" else set())
        assert left.access is None


def test_without_a_required_factor_nothing_is_left() -> None:
    """A-3: a session without the second factor that the vault requires can't do anything there."""
    for role in BUILT_IN:
        left = authority_of(stored(role, access=ACCESS), lacks_factor=True)
        assert (left.vault, left.access, left.lacks_factor) == (frozenset(), None, True)


def test_owners_have_every_right_whatever_is_stored() -> None:
    """O-1: nothing in a vault is out of its owners' reach."""
    assert authority_of(stored("owner", access=ACCESS)) is OWNER


def test_rights_have_names() -> None:
    """O-2: names and rights translate both ways; only rights about secrets are per kind."""
    for name in RIGHT_NAMES:
        assert right_names(rights_named([name])) == [name]
    assert len(rights_named(["grants.manage"])) == len(SecretKind)
    assert len(rights_named(["secrets.view:single"])) == 1
    with pytest.raises(ValueError, match="unknown right"):
        rights_named(["secrets.view"])


def test_the_presets() -> None:
    """O-2: Full access has every right, Member can view, create and replace, and Viewer can view."""
    said = {name: right_names(rights) for name, rights in PRESETS.items()}

    assert said["full_access"] == sorted(RIGHT_NAMES)
    assert said["viewer"] == ["secrets.view:single", "secrets.view:structured"]
    assert said["member"] == [
        f"secrets.{verb}:{kind}"
        for verb in ("create", "replace", "view")
        for kind in ("single", "structured")
    ]
