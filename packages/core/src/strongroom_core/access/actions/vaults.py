"""Actions on vaults as a whole (V-1, V-8, A-8)."""

from dataclasses import replace

from strongroom_core.access.action import JOBS, Action, Lock, ObjectKind, view
from strongroom_core.access.entry import Severity
from strongroom_core.kernel.authority import VaultCapability

# A key belongs to one vault, so it doesn't show which others its owner has.
VAULTS_VIEW = replace(view("vaults_view"), in_browser=True)
VAULT_VIEW = view("vault_view", ObjectKind.VAULT)
VAULT_CREATE = Action(
    name="vault_create", severity=Severity.MEDIUM, done="created the vault", installation=True
)
VAULT_ENTER = Action(
    name="vault_enter",
    severity=Severity.INFO,
    installation=True,
    done="switched to another vault",
)
VAULT_UPDATE = Action(
    name="vault_update",
    severity=Severity.MEDIUM,
    about=ObjectKind.VAULT,
    needs=VaultCapability.VAULT_SETTINGS,
    lock=Lock.CHANGE,
    done="changed the settings of the vault",
)
VAULT_CONVERT = Action(
    name="vault_convert",
    severity=Severity.HIGH,
    about=ObjectKind.VAULT,
    needs=VaultCapability.VAULT_CONVERT,
    step_up=True,
    lock=Lock.CHANGE,
    done="converted the vault",
    done_to="to an organization",
)
VAULT_DELETE = Action(
    name="vault_delete",
    severity=Severity.CRITICAL,
    about=ObjectKind.VAULT,
    needs=VaultCapability.VAULT_DELETE,
    step_up=True,
    lock=Lock.CHANGE,
    done="deleted the vault",
)
VAULT_RESTORE = Action(
    name="vault_restore",
    severity=Severity.HIGH,
    about=ObjectKind.VAULT,
    needs=VaultCapability.VAULT_DELETE,
    lock=Lock.CHANGE,
    done="restored the vault",
)
VAULT_PURGE = Action(
    name="vault_purge",
    severity=Severity.CRITICAL,
    planes=JOBS,
    done="permanently deleted part of the vault",
)
