"""The rules of delegation, as properties over generated roles (O-3)."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom_core.access.delegation import (
    can_manage,
    holds_all,
    is_below,
    refuse_access,
    refuse_capabilities,
    refuse_managing,
    refuse_role,
)
from strongroom_core.access.roles import BUILT_IN, OWNER, OWNER_ONLY, RIGHT_NAMES, rights_named
from strongroom_core.kernel.authority import (
    Access,
    Authority,
    Place,
    ProjectCapability,
    SecretKind,
    VaultCapability,
)
from strongroom_core.kernel.ids import ApplicationId, ProjectId

PROJECTS = [ProjectId(f"proj_{letter}") for letter in "abcd"]
APPLICATIONS = [ApplicationId("app_a"), ApplicationId("app_b")]
ENVIRONMENTS = ["production", "staging"]

capabilities = st.frozensets(st.sampled_from(list(VaultCapability)))
few = st.frozensets(st.sampled_from(list(VaultCapability)[:4]))
rights = st.frozensets(
    st.tuples(st.sampled_from(list(ProjectCapability)[:3]), st.sampled_from(list(SecretKind)))
)
accesses = st.builds(
    Access,
    everywhere=st.booleans(),
    applications=st.frozensets(st.sampled_from(APPLICATIONS)),
    projects=st.frozensets(st.sampled_from(PROJECTS)),
    rights=rights,
    overrides=st.dictionaries(st.sampled_from(ENVIRONMENTS), rights),
)
applications = st.dictionaries(st.sampled_from(PROJECTS), st.sampled_from(APPLICATIONS))


def holding(vault: frozenset[VaultCapability], access: Access | None = None) -> Authority:
    return Authority("vrole_a", vault, access)


@given(few, few, few)
def test_below_is_a_strict_partial_order(
    first: frozenset[VaultCapability],
    second: frozenset[VaultCapability],
    third: frozenset[VaultCapability],
) -> None:
    """O-3: no role is below itself; two are never below each other; below is transitive."""
    assert not is_below(first, holding(first))
    assert not (is_below(first, holding(second)) and is_below(second, holding(first)))
    if is_below(first, holding(second)) and is_below(second, holding(third)):
        assert is_below(first, holding(third))


@given(capabilities, capabilities)
def test_nobody_gives_a_capability_that_they_lack(
    own: frozenset[VaultCapability], given_away: frozenset[VaultCapability]
) -> None:
    """O-3: a role that someone can assign or manage has only capabilities that they have, and fewer."""
    allowed = refuse_role(holding(own), given_away) is None

    assert allowed is (given_away <= own and given_away != own)
    assert allowed is (refuse_managing(holding(own), "vrole_b", given_away) is None)


def test_the_built_in_roles_are_in_order() -> None:
    """O-1: each built-in role is below the ones before it, and nobody but an owner manages owners."""
    ranks = list(BUILT_IN.values())
    for higher, lower in pairwise(ranks):
        assert is_below(lower, holding(higher))
    for role, held in BUILT_IN.items():
        assert can_manage(OWNER, role, held)
        assert not can_manage(holding(held), "owner", BUILT_IN["owner"])
        assert not can_manage(holding(held), role, held)


def test_an_owner_of_a_deleted_vault_manages_nobody() -> None:
    """V-8: in a deleted vault, an owner can only restore it."""
    deleted = Authority("owner", frozenset({VaultCapability.VAULT_DELETE}), None)

    assert not can_manage(deleted, "owner", BUILT_IN["owner"])
    assert not can_manage(deleted, "developer", BUILT_IN["developer"])


@settings(max_examples=400)
@given(accesses, accesses, applications)
def test_what_is_covered_gives_nothing_anywhere(
    held: Access, wanted: Access, belongs: dict[ProjectId, ApplicationId]
) -> None:
    """O-3: if a role can be assigned, its author has each of its rights in each project and environment.

    Also in projects and environments that don't exist yet.
    """
    if not holds_all(held, wanted, belongs):
        return
    for project in [*PROJECTS, ProjectId("proj_new")]:
        for application in {belongs.get(project)} | (
            {*APPLICATIONS, None} if project == "proj_new" else set()
        ):
            for environment in [None, *ENVIRONMENTS, "one that nobody named"]:
                place = Place(project, application, environment)
                for capability in ProjectCapability:
                    assert wanted.kinds(capability, place) <= held.kinds(capability, place)


@given(accesses, applications)
def test_everyone_holds_their_own_role(
    held: Access, belongs: dict[ProjectId, ApplicationId]
) -> None:
    """O-3: covering is reflexive; everything covers all roles, and every role covers nothing."""
    assert holds_all(held, held, belongs)
    assert holds_all(OWNER.access, held, belongs)
    assert holds_all(held, None, belongs)
    assert not holds_all(None, held, belongs)


@given(accesses, accesses, accesses, applications)
def test_covering_is_transitive(
    first: Access, second: Access, third: Access, belongs: dict[ProjectId, ApplicationId]
) -> None:
    """O-3: what was passed on twice was held by the first person."""
    if holds_all(first, second, belongs) and holds_all(second, third, belongs):
        assert holds_all(first, third, belongs)


def test_everything_is_never_part_of_a_list() -> None:
    """O-3: a list of all applications and projects still doesn't cover everything."""
    every = rights_named(RIGHT_NAMES)
    listed = Access(
        applications=frozenset(APPLICATIONS), projects=frozenset(PROJECTS), rights=every
    )

    assert not holds_all(listed, Access(everywhere=True), {})
    assert holds_all(Access(everywhere=True, rights=every), listed, {})


def test_an_override_that_takes_a_right_is_compared() -> None:
    """O-3: a right that an override removes in one environment can't be given for all of them."""
    view = rights_named(["secrets.view:single"])
    own = Access(everywhere=True, rights=view, overrides={"production": frozenset()})
    plain = Access(everywhere=True, rights=view)
    same = Access(everywhere=True, rights=view, overrides={"production": frozenset()})
    more = Access(everywhere=True, overrides={"staging": view})

    assert not holds_all(own, plain, {})
    assert holds_all(own, same, {})
    assert holds_all(own, more, {})
    assert refuse_access(holding(frozenset(), own), plain, {}) is not None


def test_a_key_for_some_projects_hands_nothing_on() -> None:
    """D-5: a key that is limited to projects covers no role, no matter what its owner's role covers."""
    narrow = Access(everywhere=True, only=frozenset(PROJECTS[:1]))

    assert not holds_all(narrow, Access(projects=frozenset(PROJECTS[:1])), {})


def test_some_capabilities_are_the_owners() -> None:
    """O-1: no custom role can delete or convert the vault, or transfer its ownership."""
    assert {each.value for each in OWNER_ONLY} == {
        "vault.convert",
        "vault.delete",
        "ownership.transfer",
    }
    for each in VaultCapability:
        assert (refuse_capabilities(frozenset({each})) is not None) is (each in OWNER_ONLY)
