"""Every action against every kind of caller, with the expected decision written out independently.

`ROWS` is written from the product's tables, not from `access/actions.py`. A rule that is loosened
by mistake therefore differs from its row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from strongroom_core.access.action import ObjectKind
from strongroom_core.access.action_table import ACTIONS
from strongroom_core.access.actions.projects import PROJECT_CREATE
from strongroom_core.access.actions.secrets import SECRET_CREATE, SECRET_REPLACE
from strongroom_core.access.decide import decide, sees_share
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
    """Who can call the action, the capability that users need, and the kind of object it acts on."""

    who: str
    needs: str | None = None
    about: str | None = None
    fresh: bool = False
    frozen_stops: bool = False
    operator: bool = False
    """Whether only the administrator can call it. In that case, the tests' user is the administrator."""


ROWS: Mapping[str, Row] = {
    "access_role_create": Row(PEOPLE, "access_roles.author"),
    "access_role_delete": Row(PEOPLE, "access_roles.author", "access_role"),
    "access_role_update": Row(PEOPLE, "access_roles.author", "access_role"),
    "access_role_view": Row(PEOPLE, "members.view", "access_role"),
    "invitation_accept": Row(PEOPLE, None, "invitation"),
    "invitation_create": Row(PEOPLE, "members.invite"),
    "invitation_decline": Row(PEOPLE, None, "invitation"),
    "invitation_open": Row(STRANGERS),
    "invitation_resend": Row(PEOPLE, "members.invite", "invitation"),
    "invitation_withdraw": Row(PEOPLE, "members.invite", "invitation"),
    "invitations_view": Row(PEOPLE, "members.invite"),
    "member_leave": Row(PEOPLE),
    "member_remove": Row(PEOPLE, "members.manage", "member"),
    "member_resume": Row(PEOPLE, "members.manage", "member"),
    "member_suspend": Row(PEOPLE, "members.manage", "member"),
    "member_update": Row(PEOPLE, "roles.assign", "member"),
    "member_view": Row(PEOPLE, "members.view", "member"),
    "members_view": Row(PEOPLE, "members.view"),
    "own_invitations_view": Row(PEOPLE),
    "ownership_transfer": Row(PEOPLE, "ownership.transfer", "member", fresh=True),
    "project_members_view": Row(PEOPLE, "members.view", "project"),
    "roles_view": Row(PEOPLE, "members.view"),
    "vault_role_create": Row(PEOPLE, "vault_roles.author"),
    "vault_role_delete": Row(PEOPLE, "vault_roles.author", "vault_role"),
    "vault_role_update": Row(PEOPLE, "vault_roles.author", "vault_role"),
    "vault_role_view": Row(PEOPLE, "members.view", "vault_role"),
    "account_close": Row(PEOPLE, fresh=True),
    "account_create": Row(STRANGERS),
    "account_disown": Row(STRANGERS),
    "account_email_ask": Row(PEOPLE, fresh=True),
    "account_email_change": Row(STRANGERS),
    "account_reactivate": Row(PEOPLE, None, "account", operator=True),
    "account_suspend": Row(PEOPLE, None, "account", fresh=True, operator=True),
    "recovery_cancel": Row("people strangers"),
    "recovery_finish": Row(JOBS),
    "recovery_start": Row(PEOPLE, None, "account", fresh=True, operator=True),
    "recovery_stop": Row(PEOPLE, None, "account", operator=True),
    "audit_prune": Row(JOBS),
    "mail_test": Row(PEOPLE, operator=True),
    "operation_view": Row(PEOPLE, operator=True),
    "operator_accounts_view": Row(PEOPLE, operator=True),
    "operator_log_view": Row(PEOPLE, operator=True),
    "operator_plans_view": Row(PEOPLE, operator=True),
    "operator_vaults_view": Row(PEOPLE, operator=True),
    "plan_choose": Row(PEOPLE, "plan.manage"),
    "plan_create": Row(PEOPLE, operator=True),
    "plan_delete": Row(PEOPLE, None, "plan", operator=True),
    "plan_give": Row(PEOPLE, None, "plan", operator=True),
    "plan_update": Row(PEOPLE, None, "plan", operator=True),
    "plan_view": Row(PEOPLE, "plan.view"),
    "sign_up_close": Row(PEOPLE, operator=True),
    "sign_up_open": Row(PEOPLE, operator=True),
    "vault_convert": Row(PEOPLE, "vault.convert", "vault", fresh=True),
    "vault_create": Row(PEOPLE),
    "vault_delete": Row(PEOPLE, "vault.delete", "vault", fresh=True),
    "vault_enter": Row(PEOPLE),
    "vault_purge": Row(JOBS),
    "vault_restore": Row(PEOPLE, "vault.delete", "vault"),
    "vault_update": Row(PEOPLE, "vault.settings", "vault"),
    "vault_view": Row(PEOPLE, None, "vault"),
    "vaults_view": Row(PEOPLE),
    "versions_prune": Row(JOBS),
    "account_login": Row(STRANGERS),
    "account_password": Row(PEOPLE, fresh=True),
    "account_rename": Row(PEOPLE),
    "account_reset": Row(STRANGERS),
    "account_reset_ask": Row(STRANGERS),
    "account_sign_up": Row(STRANGERS),
    "account_reset_link": Row(JOBS),
    "account_sign_up_link": Row("people jobs", operator=True),
    "account_first_step": Row(STRANGERS),
    "account_view": Row(PEOPLE),
    "allowlist_add": Row(PEOPLE, "ip_allowlist.manage"),
    "allowlist_disable": Row(PEOPLE, "ip_allowlist.manage"),
    "allowlist_enable": Row(PEOPLE, "ip_allowlist.manage"),
    "allowlist_remove": Row(PEOPLE, "ip_allowlist.manage", "allowlist_entry"),
    "allowlist_view": Row(PEOPLE, "ip_allowlist.view"),
    "app_add": Row(PEOPLE, fresh=True),
    "app_remove": Row(PEOPLE, fresh=True),
    "app_start": Row(PEOPLE, fresh=True),
    "application_create": Row(PEOPLE, "projects.create"),
    "application_delete": Row(PEOPLE, "projects.delete", "application"),
    "application_update": Row(PEOPLE, "projects.create", "application"),
    "application_view": Row(PEOPLE, None, "application"),
    "audit_export": Row(PEOPLE, "audit.view"),
    "audit_follow": Row("people jobs"),
    "audit_view": Row(PEOPLE, "audit.view"),
    "auth_failure": Row(STRANGERS),
    "canaries_view": Row(PEOPLE, "canaries.manage", "project"),
    "canary_drill": Row(PEOPLE, "canaries.manage", "secret"),
    "canary_plant": Row(PEOPLE, "canaries.manage", "project"),
    "canary_replant": Row(PEOPLE, "canaries.manage", "secret"),
    "canary_triggered": Row(MACHINES),
    "canary_update": Row(PEOPLE, "canaries.manage", "secret"),
    "codes_create": Row(PEOPLE, fresh=True),
    "device_forget": Row(PEOPLE, None, "device"),
    "enrollment_token_create": Row(PEOPLE, "enrollment.manage"),
    "enrollment_token_revoke": Row(PEOPLE, "enrollment.manage", "enrollment_token"),
    "enrollment_token_view": Row(PEOPLE, "enrollment.view", "enrollment_token"),
    "enrollment_tokens_view": Row(PEOPLE, "enrollment.view"),
    "factor_require": Row(PEOPLE, "vault.settings", fresh=True),
    "grants_change": Row(PEOPLE, "grants.manage", "project"),
    "grants_set": Row(PEOPLE, "grants.manage", "project"),
    "installation_clock": Row(JOBS),
    "installation_init": Row(JOBS),
    "installation_link": Row(JOBS),
    "installation_restored": Row(JOBS),
    "installation_setup": Row(STRANGERS),
    "installation_sweep": Row(JOBS),
    "installation_unseal": Row(JOBS),
    "integrity_failure": Row("people machines strangers jobs"),
    "key_approve": Row(PEOPLE, fresh=True),
    "key_ask": Row(STRANGERS),
    "key_deny": Row(PEOPLE),
    "key_end": Row(PEOPLE),
    "key_find": Row(PEOPLE),
    "key_poll": Row(STRANGERS),
    "key_rename": Row(PEOPLE, None, "key"),
    "key_revoke": Row(PEOPLE, None, "key"),
    "key_view": Row(PEOPLE),
    "lockout_started": Row(STRANGERS),
    "machine_approve": Row(PEOPLE, "machines.manage", "machine"),
    "machine_attach": Row(PEOPLE, "machines.attach", "project"),
    "machine_bootstrap": Row(PEOPLE, "machines.manage"),
    "machine_deny": Row(PEOPLE, "machines.manage", "machine"),
    "machine_detach": Row(PEOPLE, "machines.detach", "project"),
    "machine_disable": Row(PEOPLE, "machines.manage", "machine"),
    "machine_enable": Row(PEOPLE, "machines.manage", "machine"),
    "machine_enroll": Row("strangers jobs", about="enrollment_token"),
    "machine_identify": Row("strangers jobs", about="trust"),
    "machine_bundle_destroy": Row(JOBS, None, "machine"),
    "machine_bundle_download": Row("strangers jobs", None, "machine"),
    "machine_expire": Row(JOBS, None, "machine"),
    "machine_extend": Row(PEOPLE, "machines.manage", "machine"),
    "machine_extension_revert": Row(PEOPLE, "machines.manage", "machine"),
    "machine_guardrails_set": Row(PEOPLE, "machines.manage", "machine"),
    "machine_provision": Row(PEOPLE, "machines.manage"),
    "machine_tidy": Row(JOBS, None, "machine"),
    "machine_register": Row("strangers jobs"),
    "machine_rename": Row(PEOPLE, "machines.manage", "machine"),
    "machine_revoke": Row(PEOPLE, "machines.manage", "machine"),
    "machine_rotate_key": Row(MACHINES),
    "mail_fail": Row(JOBS),
    "mail_send": Row(JOBS),
    "machine_view": Row(PEOPLE, "machines.view", "machine"),
    "machines_view": Row(PEOPLE, "machines.view"),
    "overview_view": Row(PEOPLE),
    "passkey_add": Row(PEOPLE, fresh=True),
    "passkey_ask": Row("people strangers"),
    "passkey_copied": Row(JOBS),
    "passkey_remove": Row(PEOPLE, None, "passkey", fresh=True),
    "passkey_start": Row(PEOPLE, fresh=True),
    "policies_view": Row(PEOPLE, "secrets.view", "project"),
    "policy_apply": Row(PEOPLE, "policies.author", "policy"),
    "policy_create": Row(PEOPLE, "policies.author", "project"),
    "policy_delete": Row(PEOPLE, "policies.author", "policy"),
    "policy_enforce": Row(PEOPLE, "policies.author", "policy"),
    "policy_remove": Row(PEOPLE, "policies.author", "policy"),
    "policy_shadow": Row(PEOPLE, "policies.author", "policy"),
    "policy_suspend": Row(PEOPLE, "projects.unfreeze", "policy", fresh=True),
    "policy_update": Row(PEOPLE, "policies.author", "policy"),
    "policy_view": Row(PEOPLE, "secrets.view", "policy"),
    "project_create": Row(PEOPLE, "projects.create"),
    "project_delete": Row(PEOPLE, "projects.delete", "project"),
    "project_erase": Row(JOBS),
    "project_explain": Row(PEOPLE, "projects.freeze", "project"),
    "project_freeze": Row(PEOPLE, "projects.freeze", "project"),
    "project_move": Row(PEOPLE, "projects.create", "project"),
    "project_purge": Row("people jobs", "trash.manage", "project", fresh=True),
    "project_share": Row(PEOPLE, "shares.create", "project"),
    "project_restore": Row(PEOPLE, "trash.manage", "project"),
    "project_unfreeze": Row(PEOPLE, "projects.unfreeze", "project", fresh=True),
    "project_update": Row(PEOPLE, "projects.create", "project"),
    "project_view": Row(PEOPLE, None, "project"),
    "projects_view": Row(PEOPLE),
    "read_explain": Row(MACHINES),
    "secret_create": Row(PEOPLE, "secrets.create", "project"),
    "secret_delete": Row(PEOPLE, "secrets.delete", "secret"),
    "secret_destroy": Row("machines jobs"),
    "secret_purge": Row("people jobs", "trash.manage", "secret", fresh=True),
    "secret_read": Row(MACHINES),
    "secret_read_denied": Row(MACHINES),
    "secret_replace": Row(PEOPLE, "secrets.replace", "secret"),
    "secret_restore": Row(PEOPLE, "trash.manage", "secret"),
    "secret_rollback": Row(PEOPLE, "secrets.rollback", "secret"),
    "rotation_queue": Row("people machines", "secrets.rotate", "secret"),
    "rotation_delete": Row(PEOPLE, "rotation.manage", "secret"),
    "rotation_set": Row(PEOPLE, "rotation.manage", "secret"),
    "secret_rotate": Row("people jobs", "secrets.rotate", "secret", frozen_stops=True),
    "secret_update": Row(PEOPLE, "secrets.rename", "secret"),
    "secret_view": Row(PEOPLE, "secrets.view", "secret"),
    "secrets_export": Row(MACHINES),
    "secrets_list": Row(MACHINES),
    "secrets_poll": Row(MACHINES),
    "secrets_view": Row(PEOPLE, "secrets.view", "project"),
    "session_end": Row(PEOPLE),
    "session_revoke": Row(PEOPLE, None, "session"),
    "sessions_revoke": Row(PEOPLE),
    "session_step_up": Row(PEOPLE),
    "session_view": Row(PEOPLE),
    "drop_box_create": Row(PEOPLE, "secrets.replace", "secret"),
    "drop_box_revoke": Row(PEOPLE, "secrets.replace", "secret"),
    "drop_box_use": Row("people strangers", "secrets.replace", "secret"),
    "drop_boxes_view": Row(PEOPLE, "secrets.replace", "secret"),
    "share_create": Row(PEOPLE, "shares.create"),
    "share_expire": Row(JOBS),
    "share_fail": Row("strangers jobs"),
    "share_open": Row("strangers jobs"),
    "share_revoke": Row(PEOPLE, None, "share"),
    "share_view": Row(PEOPLE, None, "share"),
    "shares_view": Row(PEOPLE),
    "alerts_capped": Row(JOBS),
    "cap_near": Row(JOBS),
    "cap_reached": Row(JOBS),
    "certificate_problem": Row(JOBS),
    "certificate_warning": Row(JOBS),
    "disk_problem": Row(JOBS),
    "disk_warning": Row(JOBS),
    "enrollment_token_expiring": Row(JOBS, None, "enrollment_token"),
    "machine_expiring": Row(JOBS, None, "machine"),
    "notices_read": Row(JOBS),
    "alerts_gap": Row(JOBS),
    "alerts_mute": Row(PEOPLE, "alerts.manage", fresh=True),
    "alerts_read": Row(JOBS),
    "alerts_update": Row(PEOPLE, "alerts.manage", fresh=True),
    "alerts_view": Row(PEOPLE, "alerts.view"),
    "delivery_replay": Row(PEOPLE, "alerts.manage", "webhook"),
    "delivery_send": Row(JOBS),
    "webhook_create": Row(PEOPLE, "alerts.manage", fresh=True),
    "webhook_delete": Row(PEOPLE, "alerts.manage", "webhook", fresh=True),
    "webhook_disable": Row(JOBS, None, "webhook"),
    "webhook_rotate": Row(PEOPLE, "alerts.manage", "webhook", fresh=True),
    "webhook_test": Row(PEOPLE, "alerts.manage", "webhook"),
    "webhook_update": Row(PEOPLE, "alerts.manage", "webhook", fresh=True),
    "webhook_view": Row(PEOPLE, "alerts.view", "webhook"),
    "trash_view": Row(PEOPLE, "trash.manage"),
    "vault_search": Row(PEOPLE),
    "trust_create": Row(PEOPLE, "enrollment.manage"),
    "trust_revoke": Row(PEOPLE, "enrollment.manage", "trust"),
    "trust_view": Row(PEOPLE, "enrollment.view", "trust"),
    "trusts_view": Row(PEOPLE, "enrollment.view"),
}

NAMES = sorted(ROWS)
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
    """Return a user's authority with exactly one capability, for all kinds of secrets where kinds matter."""
    vault = frozenset(each for each in VaultCapability if each.value == capability)
    rights = frozenset(
        (each, kind)
        for each in ProjectCapability
        if each.value == capability
        for kind in SecretKind
    )
    return Authority("custom", vault, Access(everywhere=True, rights=rights) if reach else None)


OF_THE_VAULT = frozenset(
    {
        "access_role",
        "account",
        "allowlist_entry",
        "application",
        "enrollment_token",
        "invitation",
        "machine",
        "member",
        "plan",
        "share",
        "trust",
        "vault",
        "vault_role",
        "webhook",
    }
)
"""Objects that are in no project."""


def target_of(about: str | None, *, frozen: bool = False) -> Target | None:
    match about:
        case None:
            return None
        case _ if about in OF_THE_VAULT:
            return Target(ObjectKind(about), "id", "name", 1)
        case "device" | "key" | "passkey" | "session":
            return Target(ObjectKind(about), "id", "name", 1, holder=AccountId("acc_a"))
        case "project" | "policy":
            return Target(ObjectKind(about), "id", "name", 1, place=PLACE, frozen=frozen)
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
    """Return `yes` or the code of the denial."""
    row = ROWS[action]
    kind = SecretKind.SINGLE if action == "secret_create" else None
    if row.operator and isinstance(caller, Human):
        caller = replace(caller, operator=True)
    refusal = decide(
        caller, ACTIONS[action], target_of(row.about, frozen=frozen), now=NOW, kind=kind
    )
    return "yes" if refusal is None else refusal.code


def test_the_table_has_every_action() -> None:
    """Every action is listed here; a new one can't be added without a row."""
    assert set(ROWS) == set(ACTIONS)


@pytest.mark.parametrize("action", NAMES)
def test_actions_belong_to_one_plane(action: str) -> None:
    """G-1, O-7: planes don't mix; an action of one plane is denied on every other."""
    row = ROWS[action]
    answers = {who: answer(caller, action) for who, caller in OTHERS.items()}
    answers[PEOPLE] = answer(person(OWNER), action)
    expected = {
        who: "yes" if who in row.who.split() else "wrong_plane"
        for who in (PEOPLE, MACHINES, STRANGERS, JOBS)
    }

    assert answers == expected


@pytest.mark.parametrize("action", NAMES)
def test_one_capability_allows_exactly_its_actions(action: str) -> None:
    """O-1, O-2: a single capability allows exactly the actions that need it or need none."""
    row = ROWS[action]
    expected = dict.fromkeys(CAPABILITIES, "no_capability")
    if PEOPLE not in row.who.split():
        expected = dict.fromkeys(CAPABILITIES, "wrong_plane")
    elif row.needs is None:
        expected = dict.fromkeys(CAPABILITIES, "yes")
    else:
        expected[row.needs] = "yes"

    assert {each: answer(person(holding(each)), action) for each in CAPABILITIES} == expected


@pytest.mark.parametrize("action", NAMES)
def test_projects_outside_the_access_role_are_not_found(action: str) -> None:
    """O-1, V-7: objects outside an access role don't exist for the user, regardless of the vault role."""
    row = ROWS[action]
    held = row.needs or "projects.create"
    # `shares.create` is both: it applies to a share outside projects and to one in a project.
    is_of_project = held not in [each.value for each in VaultCapability]
    if PEOPLE not in row.who.split():
        expected = "wrong_plane"
    elif row.about in ("project", "secret", "policy"):
        expected = "not_found"
    else:
        expected = "no_capability" if is_of_project else "yes"

    assert answer(person(holding(held, reach=False)), action) == expected


@pytest.mark.parametrize("action", NAMES)
def test_a_member_without_capabilities(action: str) -> None:
    """O-1: without capabilities, a member can only view basic pages and sign out."""
    row = ROWS[action]
    nobody = person(Authority("nobody", frozenset(), Access(everywhere=True)))
    if PEOPLE not in row.who.split():
        expected = "wrong_plane"
    else:
        expected = "yes" if row.needs is None else "no_capability"

    assert answer(nobody, action) == expected


@pytest.mark.parametrize("action", NAMES)
def test_step_up_is_valid_for_ten_minutes(action: str) -> None:
    """A-5: a step-up is valid for exactly 10 minutes, and not at all if its time is in the future."""
    row = ROWS[action]
    if PEOPLE not in row.who.split():
        return
    at_the_edge = person(OWNER, age=timedelta(minutes=10))
    after_it = person(OWNER, age=timedelta(minutes=10, microseconds=1))

    not_yet = person(OWNER, age=-timedelta(minutes=1, microseconds=1))

    assert answer(at_the_edge, action) == "yes"
    assert answer(not_yet, action) == ("step_up_required" if row.fresh else "yes")
    assert answer(after_it, action) == ("step_up_required" if row.fresh else "yes")


def test_actions_that_need_step_up() -> None:
    """A-5: these actions need step-up: account changes and actions with far-reaching effects."""
    fresh = {action for action, row in ROWS.items() if row.fresh}

    assert fresh == {
        "account_close",
        "account_email_ask",
        "account_password",
        "account_suspend",
        "alerts_mute",
        "alerts_update",
        "app_add",
        "app_remove",
        "app_start",
        "codes_create",
        "factor_require",
        "key_approve",
        "ownership_transfer",
        "passkey_add",
        "passkey_remove",
        "passkey_start",
        "policy_suspend",
        "project_purge",
        "project_unfreeze",
        "recovery_start",
        "secret_purge",
        "vault_convert",
        "vault_delete",
        "webhook_create",
        "webhook_delete",
        "webhook_rotate",
        "webhook_update",
    }


def test_the_operators_actions_are_for_the_operator() -> None:
    """Q-3: no role in a vault allows what only the administrator can do."""
    denied = {
        name
        for name in NAMES
        if decide(person(OWNER), ACTIONS[name], target_of(ROWS[name].about), now=NOW) is not None
        and PEOPLE in ROWS[name].who.split()
    }

    assert denied == {name for name, row in ROWS.items() if row.operator}


@pytest.mark.parametrize("action", NAMES)
def test_a_freeze_blocks_only_rotation(action: str) -> None:
    """V-4: a freeze blocks manual rotation, but not replacing, rolling back or any other action."""
    row = ROWS[action]
    if PEOPLE not in row.who.split():
        return

    assert answer(person(OWNER), action, frozen=True) == ("frozen" if row.frozen_stops else "yes")


def test_a_missing_capability_is_reported_first() -> None:
    """A-5, V-4: a missing capability is reported before a missing step-up or a freeze."""
    stale = timedelta(hours=1)

    assert answer(person(holding("secrets.view"), age=stale), "secret_purge") == "no_capability"
    assert answer(person(holding("secrets.view")), "secret_rotate", frozen=True) == "no_capability"
    assert (
        answer(person(holding("trash.manage", reach=False), age=stale), "secret_purge")
        == "not_found"
    )


def test_jobs_need_no_step_up() -> None:
    """S-7: the worker can purge items after 30 days without step-up, because it has no password to enter."""
    assert answer(OTHERS[JOBS], "secret_purge") == "yes"
    assert answer(OTHERS[JOBS], "project_purge") == "yes"


def test_a_denial_names_the_missing_capability() -> None:
    """U-4: the message says which capability is missing and who can grant it."""
    refusal = decide(person(holding("secrets.view")), PROJECT_CREATE, None, now=NOW)

    assert str(refusal) == "you need projects.create; ask the vault's owner"


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
        "an application and a standalone project",
        Access(applications=frozenset({ApplicationId("app_a")}), rights=REPLACE),
        ALONE,
        "not_found",
    ),
    (
        "an environment override removes the capability",
        Access(everywhere=True, rights=REPLACE, overrides={"production": VIEW}),
        PLACE,
        "no_capability",
    ),
    (
        "an environment override adds the capability",
        Access(everywhere=True, rights=VIEW, overrides={"production": REPLACE}),
        PLACE,
        "yes",
    ),
    (
        "an override for another environment has no effect",
        Access(everywhere=True, rights=REPLACE, overrides={"staging": VIEW}),
        PLACE,
        "yes",
    ),
    (
        "an override doesn't apply without an environment",
        Access(everywhere=True, rights=REPLACE, overrides={"production": VIEW}),
        replace(ALONE, environment=None),
        "yes",
    ),
    (
        "an override doesn't extend the scope",
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
    """O-2: a role covers everything, or certain applications or projects, with overrides per environment."""
    target = Target(ObjectKind.SECRET, "id", "name", 1, place=place, secret_kind=SecretKind.SINGLE)
    caller = person(Authority("custom", frozenset(), access))
    refusal = decide(caller, SECRET_REPLACE, target, now=NOW)
    told = "yes" if refusal is None else refusal.code

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
def test_capabilities_apply_per_kind(held: SecretKind, asked: SecretKind, expected: str) -> None:
    """O-2: a capability for one kind of secret doesn't apply to another, for existing or new secrets."""
    rights = frozenset(
        {(ProjectCapability.SECRETS_REPLACE, held), (ProjectCapability.SECRETS_CREATE, held)}
    )
    caller = person(Authority("custom", frozenset(), Access(everywhere=True, rights=rights)))
    secret = Target(ObjectKind.SECRET, "id", "name", 1, place=PLACE, secret_kind=asked)
    project = Target(ObjectKind.PROJECT, "id", "name", 1, place=PLACE)
    replaced = decide(caller, SECRET_REPLACE, secret, now=NOW)
    created = decide(caller, SECRET_CREATE, project, now=NOW, kind=asked)

    assert ["yes" if each is None else each.code for each in (replaced, created)] == [
        expected,
        expected,
    ]


SHARES_IN = Access(
    projects=frozenset({PLACE.project}),
    rights=frozenset({(ProjectCapability.SHARES_CREATE, SecretKind.SINGLE)}),
)
ELSEWHERE = Place(ProjectId("proj_b"), None, None)
ONLY_HERE = replace(SHARES_IN, only=frozenset({PLACE.project}))


@pytest.mark.parametrize(
    ("own", "place", "access", "vault", "expected"),
    [
        (True, None, None, frozenset(), True),
        (True, ELSEWHERE, SHARES_IN, frozenset(), True),
        (False, None, SHARES_IN, frozenset(), False),
        (False, None, None, frozenset({VaultCapability.AUDIT_VIEW_OTHERS}), True),
        (False, PLACE, SHARES_IN, frozenset(), True),
        (False, PLACE, replace(SHARES_IN, rights=frozenset()), frozenset(), False),
        (False, ELSEWHERE, SHARES_IN, frozenset({VaultCapability.AUDIT_VIEW_OTHERS}), False),
        (True, PLACE, ONLY_HERE, frozenset(), True),
        (True, ELSEWHERE, ONLY_HERE, frozenset(), False),
        (True, None, ONLY_HERE, frozenset(), False),
    ],
)
def test_whose_shares_exist(
    own: bool,
    place: Place | None,
    access: Access | None,
    vault: frozenset[VaultCapability],
    expected: bool,
) -> None:
    """O-2, D-5: one's own shares, those of projects in which one can share, and, for a key, only these."""
    caller = person(Authority("custom", vault, access))
    creator = caller.account if own else AccountId("acc_other")

    assert sees_share(caller, creator, place) is expected


def test_an_unknown_role_grants_nothing() -> None:
    """O-1: a role that is in the database but unknown to this release grants nothing."""
    assert authority_of('{"role": "owner"}') is OWNER
    with pytest.raises(ValueError, match="unknown vault role"):
        authority_of('{"role": "Owner"}')
