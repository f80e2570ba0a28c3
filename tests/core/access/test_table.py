"""Properties of the table of actions that aren't in the generated page, such as locks (D-4, H-3)."""

from __future__ import annotations

from strongroom_core.access.action import Lock
from strongroom_core.access.action_table import ACTIONS
from strongroom_server.operations import authorization_table

CHANGES = """
canary_drill canary_replant canary_update
application_delete application_update drop_box_use enrollment_token_revoke
machine_approve machine_bundle_destroy machine_bundle_download machine_deny machine_disable machine_enable
machine_enroll machine_expire machine_extend machine_extension_revert machine_guardrails_set machine_rename
machine_revoke machine_tidy
allowlist_remove machine_identify trust_revoke
invitation_decline
webhook_delete webhook_disable webhook_rotate webhook_update
policy_apply policy_delete policy_enforce policy_remove policy_shadow policy_suspend policy_update
project_delete project_freeze project_move project_purge project_restore project_unfreeze
project_update
passkey_remove
share_revoke session_revoke device_forget key_rename key_revoke
account_reactivate account_suspend recovery_start recovery_stop plan_delete plan_give plan_update
vault_convert vault_delete vault_restore vault_update
rotation_queue rotation_delete rotation_set
secret_delete secret_purge secret_replace secret_restore secret_rollback secret_rotate secret_update
"""
"""Acts that exclude all others on the same object until they have ended."""

SHARES = """
canary_plant drop_box_create drop_box_revoke
grants_change grants_set machine_attach machine_detach policy_create project_explain
project_share secret_create
delivery_replay webhook_test
"""
"""Acts that add something to a project or remove something; the project must exist throughout."""

STOPS_READS = """
canary_plant canary_update
grants_change grants_set machine_approve machine_detach machine_disable
machine_extension_revert machine_guardrails_set machine_revoke machine_tidy
policy_apply policy_delete policy_enforce policy_remove policy_shadow policy_suspend policy_update
project_delete project_freeze rotation_delete secret_delete secret_restore
"""
"""Acts that take away a machine's access; no read that relied on it may commit afterwards.

Approving is one of them, because the machine can replace another, which is then revoked. Restoring
is one because it must not run concurrently with other changes of grants. Planting a canary gives grants, and
arming one changes which locks a read needs.
"""

OF_THE_INSTALLATION = """
account_close account_create account_disown account_email_ask account_email_change account_login
account_password account_rename account_reset account_reset_ask account_reset_link
account_sign_up account_sign_up_link
certificate_problem certificate_warning disk_problem disk_warning
auth_failure installation_clock installation_init installation_link
installation_restored installation_setup installation_sweep installation_unseal session_end session_step_up
device_forget session_revoke sessions_revoke
recovery_cancel recovery_finish recovery_start recovery_stop
account_reactivate account_suspend mail_test operation_view operator_accounts_view operator_log_view
operator_plans_view operator_vaults_view plan_create plan_delete plan_give plan_update
sign_up_close sign_up_open vault_create vault_enter
key_approve key_ask key_deny key_end key_find key_poll key_rename key_revoke
invitation_open
account_first_step app_add app_remove app_start codes_create
passkey_add passkey_ask passkey_copied passkey_remove passkey_start
"""
"""Actions that concern no vault, and are logged in the reserved one."""

RETURN_VALUES = {"readSecretValue", "exportSecrets"}


def actions_with(lock: Lock) -> set[str]:
    return {action.name for action in ACTIONS.values() if action.lock is lock}


def test_changes_exclude_each_other() -> None:
    """H-3: each act locks its object's row; acts inside a project lock the project too."""
    assert actions_with(Lock.CHANGE) == set(CHANGES.split())
    assert actions_with(Lock.SHARE) == set(SHARES.split())


def test_acts_that_take_away_access_wait_for_readers() -> None:
    """M-8, V-4: each act that takes away access to a value waits for readers."""
    stopping = {action.name for action in ACTIONS.values() if action.stops_reads}

    assert stopping == set(STOPS_READS.split())


def test_events_without_a_vault_are_logged_for_the_installation() -> None:
    """A-11, L-1: account events and the administrator's acts are in the installation's audit log."""
    recorded = {action.name for action in ACTIONS.values() if action.installation}

    assert recorded == set(OF_THE_INSTALLATION.split())


def test_two_operations_return_values() -> None:
    """S-2: only the machine plane returns values."""
    returning = {
        name for name, operation in authorization_table().items() if operation.returns_value
    }

    assert returning == RETURN_VALUES
