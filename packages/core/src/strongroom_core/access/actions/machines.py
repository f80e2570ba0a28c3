"""Actions on machines and on their access, and actions that machines perform on themselves."""

from strongroom_core.access.action import (
    JOBS,
    MACHINES,
    STRANGERS,
    Action,
    Lock,
    ObjectKind,
    view,
)
from strongroom_core.access.entry import Severity
from strongroom_core.kernel.authority import ProjectCapability, VaultCapability

MACHINES_VIEW = view("machines_view", needs=VaultCapability.MACHINES_VIEW)
MACHINE_VIEW = view("machine_view", ObjectKind.MACHINE, VaultCapability.MACHINES_VIEW)
MACHINE_BOOTSTRAP = Action(
    name="machine_bootstrap",
    severity=Severity.MEDIUM,
    needs=VaultCapability.MACHINES_MANAGE,
    done="created a registration token",
)
MACHINE_REGISTER = Action(
    name="machine_register",
    severity=Severity.MEDIUM,
    planes=STRANGERS | JOBS,
    done="registered and is waiting for approval",
    by_target=True,
)
ENROLLMENT_TOKENS_VIEW = view("enrollment_tokens_view", needs=VaultCapability.ENROLLMENT_VIEW)
ENROLLMENT_TOKEN_VIEW = view(
    "enrollment_token_view", ObjectKind.ENROLLMENT_TOKEN, VaultCapability.ENROLLMENT_VIEW
)
ENROLLMENT_TOKEN_CREATE = Action(
    name="enrollment_token_create",
    severity=Severity.HIGH,
    needs=VaultCapability.ENROLLMENT_MANAGE,
    done="created the enrollment token",
)
ENROLLMENT_TOKEN_REVOKE = Action(
    name="enrollment_token_revoke",
    severity=Severity.MEDIUM,
    about=ObjectKind.ENROLLMENT_TOKEN,
    needs=VaultCapability.ENROLLMENT_MANAGE,
    lock=Lock.CHANGE,
    done="revoked the enrollment token",
)
MACHINE_ENROLL = Action(
    name="machine_enroll",
    severity=Severity.MEDIUM,
    planes=STRANGERS | JOBS,
    about=ObjectKind.ENROLLMENT_TOKEN,
    lock=Lock.CHANGE,
    done="enrolled with a token",
    refused="turned a machine away",
    by_target=True,
)
MACHINE_PROVISION = Action(
    name="machine_provision",
    severity=Severity.HIGH,
    needs=VaultCapability.MACHINES_MANAGE,
    done="created the machine",
    done_to="with a key file",
)
MACHINE_BUNDLE_DOWNLOAD = Action(
    name="machine_bundle_download",
    severity=Severity.HIGH,
    planes=STRANGERS | JOBS,
    about=ObjectKind.MACHINE,
    lock=Lock.CHANGE,
    done="downloaded the key file of",
)
MACHINE_BUNDLE_DESTROY = Action(
    name="machine_bundle_destroy",
    severity=Severity.MEDIUM,
    planes=JOBS,
    about=ObjectKind.MACHINE,
    lock=Lock.CHANGE,
    done="deleted the unused key file of",
)
MACHINE_EXPIRE = Action(
    name="machine_expire",
    severity=Severity.LOW,
    planes=JOBS,
    about=ObjectKind.MACHINE,
    lock=Lock.CHANGE,
    done="disabled",
    done_to="because it expired",
)
MACHINE_TIDY = Action(
    name="machine_tidy",
    severity=Severity.LOW,
    planes=JOBS,
    about=ObjectKind.MACHINE,
    lock=Lock.CHANGE,
    stops_reads=True,
    done="deleted",
    done_to="30 days after its expiry",
)
TRUSTS_VIEW = view("trusts_view", needs=VaultCapability.ENROLLMENT_VIEW)
TRUST_VIEW = view("trust_view", ObjectKind.TRUST, VaultCapability.ENROLLMENT_VIEW)
TRUST_CREATE = Action(
    name="trust_create",
    severity=Severity.HIGH,
    needs=VaultCapability.ENROLLMENT_MANAGE,
    done="created the trusted issuer",
)
TRUST_REVOKE = Action(
    name="trust_revoke",
    severity=Severity.MEDIUM,
    about=ObjectKind.TRUST,
    needs=VaultCapability.ENROLLMENT_MANAGE,
    lock=Lock.CHANGE,
    done="revoked the trusted issuer",
)
MACHINE_IDENTIFY = Action(
    name="machine_identify",
    severity=Severity.MEDIUM,
    planes=STRANGERS | JOBS,
    about=ObjectKind.TRUST,
    lock=Lock.CHANGE,
    done="enrolled with an ID token",
    refused="turned a job away",
    by_target=True,
)
ALLOWLIST_VIEW = view("allowlist_view", needs=VaultCapability.IP_ALLOWLIST_VIEW)
ALLOWLIST_ADD = Action(
    name="allowlist_add",
    severity=Severity.HIGH,
    needs=VaultCapability.IP_ALLOWLIST_MANAGE,
    done="added",
    done_to="to the IP allowlist",
)
ALLOWLIST_REMOVE = Action(
    name="allowlist_remove",
    severity=Severity.HIGH,
    about=ObjectKind.ALLOWLIST_ENTRY,
    needs=VaultCapability.IP_ALLOWLIST_MANAGE,
    lock=Lock.CHANGE,
    done="removed",
    done_to="from the IP allowlist",
)
ALLOWLIST_ENABLE = Action(
    name="allowlist_enable",
    severity=Severity.HIGH,
    needs=VaultCapability.IP_ALLOWLIST_MANAGE,
    done="turned the IP allowlist on",
)
ALLOWLIST_DISABLE = Action(
    name="allowlist_disable",
    severity=Severity.HIGH,
    needs=VaultCapability.IP_ALLOWLIST_MANAGE,
    done="turned the IP allowlist off",
)


def _managed(name: str, severity: Severity, done: str, *, stops_reads: bool = False) -> Action:
    return Action(
        name=name,
        severity=severity,
        about=ObjectKind.MACHINE,
        needs=VaultCapability.MACHINES_MANAGE,
        lock=Lock.CHANGE,
        stops_reads=stops_reads,
        done=done,
    )


MACHINE_APPROVE = _managed("machine_approve", Severity.HIGH, "approved", stops_reads=True)
MACHINE_DENY = _managed("machine_deny", Severity.MEDIUM, "denied")
MACHINE_DISABLE = _managed("machine_disable", Severity.MEDIUM, "disabled", stops_reads=True)
MACHINE_ENABLE = _managed("machine_enable", Severity.MEDIUM, "enabled")
MACHINE_RENAME = _managed("machine_rename", Severity.LOW, "renamed")
MACHINE_REVOKE = _managed("machine_revoke", Severity.HIGH, "revoked", stops_reads=True)
MACHINE_EXTEND = _managed("machine_extend", Severity.HIGH, "extended the lifetime of")
MACHINE_EXTENSION_REVERT = _managed(
    "machine_extension_revert", Severity.MEDIUM, "reverted the extension of", stops_reads=True
)
MACHINE_GUARDRAILS_SET = _managed(
    "machine_guardrails_set", Severity.HIGH, "changed the guardrails of", stops_reads=True
)
MACHINE_ROTATE_KEY = Action(
    name="machine_rotate_key",
    severity=Severity.MEDIUM,
    planes=MACHINES,
    done="rotated its key",
)

MACHINE_ATTACH = Action(
    name="machine_attach",
    severity=Severity.MEDIUM,
    about=ObjectKind.PROJECT,
    needs=ProjectCapability.MACHINES_ATTACH,
    lock=Lock.SHARE,
    done="attached a machine to",
)
MACHINE_DETACH = Action(
    name="machine_detach",
    severity=Severity.MEDIUM,
    about=ObjectKind.PROJECT,
    needs=ProjectCapability.MACHINES_DETACH,
    lock=Lock.SHARE,
    stops_reads=True,
    done="detached a machine from",
)
GRANTS_SET = Action(
    name="grants_set",
    severity=Severity.MEDIUM,
    about=ObjectKind.PROJECT,
    needs=ProjectCapability.GRANTS_MANAGE,
    includes=MACHINE_ATTACH,
    lock=Lock.SHARE,
    stops_reads=True,
    done="changed a machine's access in",
)
GRANTS_CHANGE = Action(
    name="grants_change",
    severity=Severity.MEDIUM,
    about=ObjectKind.PROJECT,
    needs=ProjectCapability.GRANTS_MANAGE,
    includes=MACHINE_ATTACH,
    lock=Lock.SHARE,
    stops_reads=True,
    done="changed access to",
)

# No use case performs this action: the gate logs it next to the failure that triggered it.
LOCKOUT_STARTED = Action(
    name="lockout_started", severity=Severity.HIGH, planes=STRANGERS, done="was locked out"
)
