"""Machines, and the data for authenticating their requests."""

from piccolo.columns import UUID, Boolean, Bytea, Integer, Varchar

from strongroom_core.db.columns import (
    TenantTable,
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
    approved_by = Varchar(length=64, null=True, default=None)
    enabled = Boolean(null=False, default=True)
    expires_at = optional_time()
    last_seen_at = optional_time()
    revision = Integer(null=False, default=1)
    authz_epoch = Integer(null=False, default=0)
    row_mac = Bytea(null=True, default=None)
    min_signature = Integer(null=False, default=1)


class MachineName(TenantTable, tablename="machine_name"):
    """A machine's former name."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    machine = UUID(null=False, default=None)
    name = required_text(100)
    changed_at = required_time()
    changed_by = required_text(64)


class MachineToken(TenantTable, tablename="machine_token"):
    """A registration token. It works once, within ten minutes, and is stored as a hash."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    token_hash = Bytea(null=False, default=None)
    created_at = required_time()
    created_by = required_text(64)
    expires_at = required_time()
    used_at = optional_time()


class RequestNonce(TenantTable, tablename="request_nonce"):
    """A used nonce (replay protection). The key is (identity, nonce); Piccolo supports only one column."""

    identity = UUID(null=False, default=None)
    nonce = Varchar(length=128, primary_key=True, null=False, default=None)
    expires_at = required_time()


class KnownPair(TenantTable, tablename="known_pair"):
    """A machine and a network it authenticated from. The two form the key."""

    machine = UUID(primary_key=True, null=False, default=None)
    network = required_text(64)
    verified_at = required_time()


class Lockout(TenantTable, tablename="lockout"):
    """A network's failed authentications, and when its lockout ends."""

    network = Varchar(length=64, primary_key=True, null=False, default=None)
    failures = Integer(null=False, default=None)
    window_start = required_time()
    locked_until = optional_time()
