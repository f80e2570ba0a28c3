"""Machines, and the data for authenticating their requests."""

from piccolo.columns import JSONB, UUID, Array, Boolean, Bytea, Integer, Varchar

from strongroom_core.db.columns import (
    TenantTable,
    optional_text,
    optional_time,
    required_text,
    required_time,
)


class PublicKey(TenantTable, tablename="public_key"):
    """A key that has been registered. Rows are kept, so that no key is used twice."""

    key = Bytea(primary_key=True, null=False, default=None)
    taken_at = required_time()


class Machine(TenantTable, tablename="machine"):
    """A program that authenticates with a key. Its state consists of `approved_at` and `enabled`."""

    id = UUID(primary_key=True, null=False, default=None)
    name = required_text(100)
    public_key = Bytea(null=False, default=None)
    enrolled_by = required_text(16)
    hostname = required_text(253)
    registered_from = required_text(64)
    registered_at = required_time()
    approved_at = optional_time()
    approved_by = optional_text(64)
    enabled = Boolean(null=False, default=True)
    expires_at = optional_time()
    last_seen_at = optional_time()
    revision = Integer(null=False, default=1)
    authz_epoch = Integer(null=False, default=0)
    row_mac = Bytea(null=True, default=None)
    min_signature = Integer(null=False, default=1)
    enrolled_with = optional_text(32)
    guardrails = JSONB(null=True, default=None)
    bundle_expires_at = optional_time()
    delivered_at = optional_time()


class MachineName(TenantTable, tablename="machine_name"):
    """A machine's former name."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    machine = UUID(null=False, default=None)
    name = required_text(100)
    changed_at = required_time()
    changed_by = required_text(64)


class MachineToken(TenantTable, tablename="machine_token"):
    """A registration token. It works once and is stored as a hash.

    If it has a `lifetime`, in seconds, it registers a temporary machine.
    """

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    token_hash = Bytea(null=False, default=None)
    created_at = required_time()
    created_by = required_text(64)
    expires_at = required_time()
    used_at = optional_time()
    lifetime = Integer(null=True, default=None)
    name = optional_text(100)
    guardrails = JSONB(null=True, default=None)


class EnrollmentToken(TenantTable, tablename="enrollment_token"):
    """A reusable token that registers ephemeral machines. Their access never grows."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    token_hash = Bytea(null=False, default=None)
    name = required_text(100)
    description = optional_text(1000)
    projects = Array(base_column=Varchar(length=32), null=False, default=list)
    secrets = Array(base_column=Varchar(length=32), null=False, default=list)
    machine_lifetime = Integer(null=False, default=None)
    max_uses = Integer(null=False, default=None)
    uses = Integer(null=False, default=0)
    hostname_pattern = optional_text(255)
    source_cidrs = Array(base_column=Varchar(length=49), null=False, default=list)
    name_template = optional_text(100)
    created_at = required_time()
    created_by = required_text(64)
    expires_at = required_time()
    revoked_at = optional_time()
    revoked_by = optional_text(64)
    revision = Integer(null=False, default=1)


class MachineBundle(TenantTable, tablename="machine_bundle"):
    """A private key that the server generated, until it is downloaded. Only the link can decrypt it."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    machine = UUID(null=False, default=None)
    token_hash = Bytea(null=False, default=None)
    ciphertext = Bytea(null=False, default=None)
    folder = required_text(255)
    created_at = required_time()
    expires_at = required_time()


class MachineExtension(TenantTable, tablename="machine_extension"):
    """One extension of a temporary machine's lifetime, and whether it was reverted."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    machine = UUID(null=False, default=None)
    extended_at = required_time()
    extended_by = required_text(64)
    reason = required_text(500)
    from_at = required_time()
    to_at = required_time()
    reverted_at = optional_time()
    reverted_by = optional_text(64)


class Trust(TenantTable, tablename="trust"):
    """An OpenID Connect issuer whose jobs get machines. Without `audience`, tokens are bound to the key."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    name = required_text(100)
    description = optional_text(1000)
    template = required_text(16)
    issuer = required_text(512)
    keys = optional_text(65_536)
    audience = optional_text(255)
    conditions = JSONB(null=False, default=None)
    projects = Array(base_column=Varchar(length=32), null=False, default=list)
    secrets = Array(base_column=Varchar(length=32), null=False, default=list)
    machine_lifetime = Integer(null=False, default=None)
    max_machines = Integer(null=False, default=None)
    uses = Integer(null=False, default=0)
    source_cidrs = Array(base_column=Varchar(length=49), null=False, default=list)
    name_template = optional_text(100)
    created_at = required_time()
    created_by = required_text(64)
    revoked_at = optional_time()
    revoked_by = optional_text(64)
    revision = Integer(null=False, default=1)


class IdentityToken(TenantTable, tablename="identity_token"):
    """An ID token with which a machine was created, identified by a digest of its vault, issuer and ID."""

    digest = Bytea(primary_key=True, null=False, default=None)
    machine = UUID(null=False, default=None)
    public_key = Bytea(null=False, default=None)
    expires_at = required_time()


class RequestNonce(TenantTable, tablename="request_nonce"):
    """A used nonce (replay protection). The key is (identity, nonce); Piccolo supports only one column."""

    identity = UUID(null=False, default=None)
    nonce = Varchar(length=128, primary_key=True, null=False, default=None)
    expires_at = required_time()


class KnownPair(TenantTable, tablename="known_pair"):
    """A machine and a network from which it authenticated. The two form the key."""

    machine = UUID(primary_key=True, null=False, default=None)
    network = required_text(64)
    verified_at = required_time()


class AllowlistEntry(TenantTable, tablename="allowlist_entry"):
    """A network from which machines can connect while the vault's IP allowlist is on. It is in `name`."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    name = required_text(49)
    note = optional_text(200)
    added_at = required_time()
    added_by = required_text(64)
    revision = Integer(null=False, default=1)


class Lockout(TenantTable, tablename="lockout"):
    """A network's failed authentications, and when its lockout ends."""

    network = Varchar(length=64, primary_key=True, null=False, default=None)
    failures = Integer(null=False, default=None)
    window_start = required_time()
    locked_until = optional_time()
