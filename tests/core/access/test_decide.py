"""May they: every action against every kind of caller, written down here a second time.

`ROWS` is written from the product's tables, not from `access/actions.py`: a rule that is loosened by
mistake differs from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from strongroom_core.access.actions import RULES, Action, ObjectKind
from strongroom_core.access.decide import decide
from strongroom_core.access.roles import OWNER, authority_of
from strongroom_core.access.targets import Target
from strongroom_core.kernel.authority import (
    Access,
    Authority,
    Place,
    ProjectCapability,
    SecretKind,
    VaultCapability,
)
from strongroom_core.kernel.caller import Caller, Human, Machine, System, Visitor
from strongroom_core.kernel.errors import Refused, StrongroomError
from strongroom_core.kernel.ids import (
    AccountId,
    ApplicationId,
    ProjectId,
    SessionId,
    VaultId,
)
from strongroom_core.kernel.origin import Origin

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
VAULT = VaultId("vault_a")
ORIGIN = Origin("127.0.0.9", "req_a")
PLACE = Place(ProjectId("proj_a"), ApplicationId("app_a"), "production")

PEOPLE, MACHINES, STRANGERS, JOBS = "people", "machines", "strangers", "jobs"


@dataclass(frozen=True, slots=True)
class Row:
    """Who comes in, which capability people need, and what the action is about."""

    who: str
    needs: str | None = None
    about: str | None = None
    fresh: bool = False
    frozen_stops: bool = False


ROWS: Mapping[str, Row] = {
    "account_login": Row(STRANGERS),
    "application_create": Row(PEOPLE, "projects.create"),
    "application_delete": Row(PEOPLE, "projects.delete", "application"),
    "application_update": Row(PEOPLE, "projects.create", "application"),
    "application_view": Row(PEOPLE, None, "application"),
    "audit_export": Row(PEOPLE, "audit.view"),
    "audit_follow": Row("people jobs"),
    "audit_view": Row(PEOPLE, "audit.view"),
    "auth_failure": Row(STRANGERS),
    "grants_set": Row(PEOPLE, "grants.manage", "project"),
    "installation_init": Row(JOBS),
    "installation_link": Row(JOBS),
    "installation_restored": Row(JOBS),
    "installation_setup": Row(STRANGERS),
    "installation_sweep": Row(JOBS),
    "installation_unseal": Row(JOBS),
    "integrity_failure": Row("people machines strangers jobs"),
    "lockout_started": Row(STRANGERS),
    "machine_approve": Row(PEOPLE, "machines.manage", "machine"),
    "machine_attach": Row(PEOPLE, "machines.attach", "project"),
    "machine_bootstrap": Row(PEOPLE, "machines.manage"),
    "machine_deny": Row(PEOPLE, "machines.manage", "machine"),
    "machine_detach": Row(PEOPLE, "machines.detach", "project"),
    "machine_disable": Row(PEOPLE, "machines.manage", "machine"),
    "machine_enable": Row(PEOPLE, "machines.manage", "machine"),
    "machine_register": Row("strangers jobs"),
    "machine_rename": Row(PEOPLE, "machines.manage", "machine"),
    "machine_revoke": Row(PEOPLE, "machines.manage", "machine"),
    "machine_rotate_key": Row(MACHINES),
    "machine_view": Row(PEOPLE, "machines.view", "machine"),
    "machines_view": Row(PEOPLE, "machines.view"),
    "overview_view": Row(PEOPLE),
    "project_create": Row(PEOPLE, "projects.create"),
    "project_delete": Row(PEOPLE, "projects.delete", "project"),
    "project_erase": Row(JOBS),
    "project_explain": Row(PEOPLE, "projects.freeze", "project"),
    "project_freeze": Row(PEOPLE, "projects.freeze", "project"),
    "project_move": Row(PEOPLE, "projects.create", "project"),
    "project_purge": Row("people jobs", "trash.manage", "project", fresh=True),
    "project_restore": Row(PEOPLE, "trash.manage", "project"),
    "project_unfreeze": Row(PEOPLE, "projects.unfreeze", "project", fresh=True),
    "project_update": Row(PEOPLE, "projects.create", "project"),
    "project_view": Row(PEOPLE, None, "project"),
    "projects_view": Row(PEOPLE),
    "secret_create": Row(PEOPLE, "secrets.create", "project"),
    "secret_delete": Row(PEOPLE, "secrets.delete", "secret"),
    "secret_purge": Row("people jobs", "trash.manage", "secret", fresh=True),
    "secret_read": Row(MACHINES),
    "secret_read_denied": Row(MACHINES),
    "secret_replace": Row(PEOPLE, "secrets.replace", "secret"),
    "secret_restore": Row(PEOPLE, "trash.manage", "secret"),
    "secret_rollback": Row(PEOPLE, "secrets.rollback", "secret"),
    "secret_rotate": Row(PEOPLE, "secrets.rotate", "secret", frozen_stops=True),
    "secret_update": Row(PEOPLE, "secrets.rename", "secret"),
    "secret_view": Row(PEOPLE, "secrets.view", "secret"),
    "secrets_export": Row(MACHINES),
    "secrets_list": Row(MACHINES),
    "secrets_poll": Row(MACHINES),
    "secrets_view": Row(PEOPLE, "secrets.view", "project"),
    "session_end": Row(PEOPLE),
    "session_step_up": Row(PEOPLE),
    "session_view": Row(PEOPLE),
    "trash_view": Row(PEOPLE, "trash.manage"),
    "vault_search": Row(PEOPLE),
}

ACTIONS = sorted(ROWS)
CAPABILITIES = [each.value for each in (*VaultCapability, *ProjectCapability)]


def person(authority: Authority, *, age: timedelta = timedelta(0)) -> Human:
    return Human(
        account=AccountId("acc_a"),
        username="ada",
        session=SessionId("ses_a"),
        vault=VAULT,
        authority=authority,
        authenticated_at=NOW - age,
        expires_at=NOW + timedelta(hours=1),
        operator=False,
        origin=ORIGIN,
    )


OTHERS: Mapping[str, Caller] = {
    STRANGERS: Visitor(ORIGIN),
    JOBS: System("job", VAULT, ORIGIN),
    MACHINES: Machine(UUID(int=1), VAULT, bytes(32), "n" * 32, NOW, ORIGIN),
}


def holding(capability: str, *, reach: bool = True) -> Authority:
    """Somebody who holds one capability and no other, for all kinds where kinds count."""
    vault = frozenset(each for each in VaultCapability if each.value == capability)
    rights = frozenset(
        (each, kind)
        for each in ProjectCapability
        if each.value == capability
        for kind in SecretKind
    )
    return Authority("custom", vault, Access(everywhere=True, rights=rights) if reach else None)


def target_of(about: str | None, *, frozen: bool = False) -> Target | None:
    match about:
        case None:
            return None
        case "application" | "machine":
            return Target(ObjectKind(about), "id", "name", 1)
        case "project":
            return Target(ObjectKind.PROJECT, "id", "name", 1, place=PLACE, frozen=frozen)
        case _:
            return Target(
                ObjectKind.SECRET,
                "id",
                "name",
                1,
                place=PLACE,
                secret_kind=SecretKind.SINGLE,
                frozen=frozen,
            )


def answer(caller: Caller, action: str, *, frozen: bool = False) -> str:
    """`yes`, or the reason of the refusal."""
    row = ROWS[action]
    kind = SecretKind.SINGLE if action == "secret_create" else None
    refusal = decide(
        caller, RULES[Action(action)], target_of(row.about, frozen=frozen), now=NOW, kind=kind
    )
    match refusal:
        case None:
            return "yes"
        case Refused():
            return refusal.reason
        case StrongroomError():
            return refusal.code


def test_the_table_has_every_action() -> None:
    """A new action is decided here too, before it is let in."""
    assert set(ROWS) == {action.value for action in Action}


@pytest.mark.parametrize("action", ACTIONS)
def test_who_comes_in(action: str) -> None:
    """G-1, O-7: the planes do not mix; an action of one is refused on every other."""
    row = ROWS[action]
    answers = {who: answer(caller, action) for who, caller in OTHERS.items()}
    answers[PEOPLE] = answer(person(OWNER), action)
    expected = {
        who: "yes" if who in row.who.split() else "wrong_plane"
        for who in (PEOPLE, MACHINES, STRANGERS, JOBS)
    }

    assert answers == expected


@pytest.mark.parametrize("capability", CAPABILITIES)
@pytest.mark.parametrize("action", ACTIONS)
def test_one_capability_allows_what_needs_it_and_nothing_else(action: str, capability: str) -> None:
    """O-1, O-2: with a single capability, exactly the actions that need it or none are allowed."""
    row = ROWS[action]
    if PEOPLE not in row.who.split():
        expected = "wrong_plane"
    elif row.needs in (None, capability):
        expected = "yes"
    else:
        expected = "no_capability"

    assert answer(person(holding(capability)), action) == expected


@pytest.mark.parametrize("action", ACTIONS)
def test_without_an_access_role_no_project_is_there(action: str) -> None:
    """O-1, V-7: what an access role does not reach is absent, whatever the vault role holds."""
    row = ROWS[action]
    held = row.needs or "projects.create"
    is_of_project = held in [each.value for each in ProjectCapability]
    if PEOPLE not in row.who.split():
        expected = "wrong_plane"
    elif row.about in ("project", "secret"):
        expected = "not_found"
    else:
        expected = "no_capability" if is_of_project else "yes"

    assert answer(person(holding(held, reach=False)), action) == expected


@pytest.mark.parametrize("action", ACTIONS)
def test_a_member_without_any_right_does_nothing_that_needs_one(action: str) -> None:
    """O-1: membership alone lets one look around and log out."""
    row = ROWS[action]
    nobody = person(Authority("nobody", frozenset(), Access(everywhere=True)))
    if PEOPLE not in row.who.split():
        expected = "wrong_plane"
    else:
        expected = "yes" if row.needs is None else "no_capability"

    assert answer(nobody, action) == expected


@pytest.mark.parametrize("action", ACTIONS)
def test_a_fresh_proof_is_good_for_ten_minutes(action: str) -> None:
    """A-5: at exactly 10 minutes it serves, a microsecond later it does not, and only where needed."""
    row = ROWS[action]
    if PEOPLE not in row.who.split():
        return
    at_the_edge = person(OWNER, age=timedelta(minutes=10))
    after_it = person(OWNER, age=timedelta(minutes=10, microseconds=1))

    assert answer(at_the_edge, action) == "yes"
    assert answer(after_it, action) == ("step_up_required" if row.fresh else "yes")


def test_what_needs_a_fresh_proof() -> None:
    """A-5: purging and unfreezing, of what there is today."""
    fresh = {action for action, row in ROWS.items() if row.fresh}

    assert fresh == {"project_purge", "secret_purge", "project_unfreeze"}


@pytest.mark.parametrize("action", ACTIONS)
def test_a_frozen_project_stops_rotation_and_nothing_of_metadata(action: str) -> None:
    """V-4: while frozen, rotating by hand is refused; replacing, rolling back and the rest are open."""
    row = ROWS[action]
    if PEOPLE not in row.who.split():
        return

    assert answer(person(OWNER), action, frozen=True) == ("frozen" if row.frozen_stops else "yes")


def test_a_missing_right_is_told_before_anything_that_would_not_help() -> None:
    """A-5, V-4: who may not, is told that, and not to log in again or to wait for a thaw."""
    stale = timedelta(hours=1)

    assert answer(person(holding("secrets.view"), age=stale), "secret_purge") == "no_capability"
    assert answer(person(holding("secrets.view")), "secret_rotate", frozen=True) == "no_capability"
    assert (
        answer(person(holding("trash.manage", reach=False), age=stale), "secret_purge")
        == "not_found"
    )


def test_jobs_need_no_fresh_proof() -> None:
    """S-7: the worker purges what has lain for 30 days, and cannot type a password."""
    assert answer(OTHERS[JOBS], "secret_purge") == "yes"
    assert answer(OTHERS[JOBS], "project_purge") == "yes"


def test_a_refusal_names_the_missing_right() -> None:
    """U-4: the message says which right is missing and who can give it."""
    refusal = decide(person(holding("secrets.view")), RULES[Action.PROJECT_CREATE], None, now=NOW)

    assert str(refusal) == "your role lacks projects.create: ask the vault's owner for it"


REPLACE = frozenset({(ProjectCapability.SECRETS_REPLACE, SecretKind.SINGLE)})
VIEW = frozenset({(ProjectCapability.SECRETS_VIEW, SecretKind.SINGLE)})
ALONE = replace(PLACE, application=None)

ACCESS_ROLES = [
    ("everywhere", Access(everywhere=True, rights=REPLACE), PLACE, "yes"),
    ("nowhere", Access(rights=REPLACE), PLACE, "not_found"),
    ("this project", Access(projects=frozenset({PLACE.project}), rights=REPLACE), PLACE, "yes"),
    (
        "another project",
        Access(projects=frozenset({ProjectId("proj_b")}), rights=REPLACE),
        PLACE,
        "not_found",
    ),
    (
        "this application",
        Access(applications=frozenset({ApplicationId("app_a")}), rights=REPLACE),
        PLACE,
        "yes",
    ),
    (
        "another application",
        Access(applications=frozenset({ApplicationId("app_b")}), rights=REPLACE),
        PLACE,
        "not_found",
    ),
    (
        "an application, and a project that stands alone",
        Access(applications=frozenset({ApplicationId("app_a")}), rights=REPLACE),
        ALONE,
        "not_found",
    ),
    (
        "an override for the environment takes the right away",
        Access(everywhere=True, rights=REPLACE, overrides={"production": VIEW}),
        PLACE,
        "no_capability",
    ),
    (
        "an override for the environment gives the right",
        Access(everywhere=True, rights=VIEW, overrides={"production": REPLACE}),
        PLACE,
        "yes",
    ),
    (
        "an override for another environment changes nothing",
        Access(everywhere=True, rights=REPLACE, overrides={"staging": VIEW}),
        PLACE,
        "yes",
    ),
    (
        "an override does not apply where there is no environment",
        Access(everywhere=True, rights=REPLACE, overrides={"production": VIEW}),
        replace(ALONE, environment=None),
        "yes",
    ),
    (
        "an override widens no reach",
        Access(overrides={"production": REPLACE}),
        PLACE,
        "not_found",
    ),
    ("another right", Access(everywhere=True, rights=VIEW), PLACE, "no_capability"),
]


@pytest.mark.parametrize(
    ("access", "place", "expected"),
    [row[1:] for row in ACCESS_ROLES],
    ids=[row[0] for row in ACCESS_ROLES],
)
def test_access_roles(access: Access, place: Place, expected: str) -> None:
    """O-2: everything, whole applications or projects; overrides per environment."""
    target = Target(ObjectKind.SECRET, "id", "name", 1, place=place, secret_kind=SecretKind.SINGLE)
    caller = person(Authority("custom", frozenset(), access))
    refusal = decide(caller, RULES[Action.SECRET_REPLACE], target, now=NOW)
    told = "yes" if refusal is None else getattr(refusal, "reason", refusal.code)

    assert told == expected


@pytest.mark.parametrize(
    ("held", "asked", "expected"),
    [
        (SecretKind.SINGLE, SecretKind.SINGLE, "yes"),
        (SecretKind.SINGLE, SecretKind.STRUCTURED, "no_capability"),
        (SecretKind.STRUCTURED, SecretKind.STRUCTURED, "yes"),
        (SecretKind.STRUCTURED, SecretKind.SINGLE, "no_capability"),
    ],
)
def test_rights_are_held_per_kind(held: SecretKind, asked: SecretKind, expected: str) -> None:
    """O-2: a right for one kind of secret is none for the other, for those there are and new ones."""
    rights = frozenset(
        {(ProjectCapability.SECRETS_REPLACE, held), (ProjectCapability.SECRETS_CREATE, held)}
    )
    caller = person(Authority("custom", frozenset(), Access(everywhere=True, rights=rights)))
    secret = Target(ObjectKind.SECRET, "id", "name", 1, place=PLACE, secret_kind=asked)
    project = Target(ObjectKind.PROJECT, "id", "name", 1, place=PLACE)
    replaced = decide(caller, RULES[Action.SECRET_REPLACE], secret, now=NOW)
    created = decide(caller, RULES[Action.SECRET_CREATE], project, now=NOW, kind=asked)

    assert [
        "yes" if each is None else getattr(each, "reason", "") for each in (replaced, created)
    ] == [
        expected,
        expected,
    ]


def test_an_unknown_role_is_no_role() -> None:
    """O-1: a role in the database that this release does not know lets nobody in."""
    assert authority_of("owner") is OWNER
    with pytest.raises(ValueError, match="unknown vault role"):
        authority_of("Owner")
