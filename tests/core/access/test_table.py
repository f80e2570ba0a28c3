"""What the table says beyond its page: locks, what stops reads, and whose record it is (D-4, H-3)."""

from __future__ import annotations

from strongroom_core.access.actions import RULES, Lock
from strongroom_core.access.operations import OPERATIONS

CHANGES = """
application_delete application_update
machine_approve machine_deny machine_disable machine_enable machine_rename machine_revoke
project_delete project_freeze project_move project_purge project_restore project_unfreeze
project_update
secret_delete secret_purge secret_replace secret_restore secret_rollback secret_rotate secret_update
"""
"""Acts on an object that exclude every other one on the same object until they have ended."""

SHARES = "grants_set machine_attach machine_detach project_explain secret_create"
"""Acts that put something into a project, or take it out: the project must stay meanwhile."""

STOPS_READS = """
grants_set machine_approve machine_detach machine_disable machine_revoke
project_delete project_freeze secret_delete
"""
"""After these a machine must not read what it could read before: no read commits after them.

Approving is one of them, since the machine may replace another, which is revoked thereby.
"""

OF_THE_INSTALLATION = """
account_login auth_failure installation_init installation_link installation_restored
installation_setup installation_sweep installation_unseal session_end session_step_up
"""
"""What concerns no vault, and is recorded in the reserved one."""

RETURN_VALUES = {"readSecretValue", "exportSecrets"}


def actions_with(lock: Lock) -> set[str]:
    return {action.value for action, rule in RULES.items() if rule.lock is lock}


def test_changes_exclude_each_other() -> None:
    """H-3: each act on one object holds its row, and those inside a project hold the project."""
    assert actions_with(Lock.CHANGE) == set(CHANGES.split())
    assert actions_with(Lock.SHARE) == set(SHARES.split())


def test_what_takes_a_right_away_stops_reads() -> None:
    """M-8, V-4: each act after which something is not readable any more waits for the readers."""
    stopping = {action.value for action, rule in RULES.items() if rule.stops_reads}

    assert stopping == set(STOPS_READS.split())


def test_what_concerns_no_vault_is_recorded_for_the_installation() -> None:
    """A-11, L-1: account events and the operator's acts are in the installation's record."""
    recorded = {action.value for action, rule in RULES.items() if rule.installation}

    assert recorded == set(OF_THE_INSTALLATION.split())


def test_two_operations_return_values() -> None:
    """S-2: values leave by the machine plane only."""
    returning = {name for name, operation in OPERATIONS.items() if operation.returns_value}

    assert returning == RETURN_VALUES
