"""Machines and what keeps their requests honest."""

from piccolo.columns import UUID, Boolean, Bytea, Integer, Varchar

from strongroom_core.db.columns import (
    TenantTable,
    optional_time,
    required_text,
    required_time,
)


class PublicKey(TenantTable, tablename="public_key"):
    """Every key ever enrolled, so that none is taken twice."""

    key = Bytea(primary_key=True, null=False, default=None)
    taken_at = required_time()


class Machine(TenantTable, tablename="machine"):
    """A program that proves itself by a key. Two switches: `approved_at` and `enabled`."""

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
    """What a machine was called before."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    machine = UUID(null=False, default=None)
    name = required_text(100)
    changed_at = required_time()
    changed_by = required_text(64)


class MachineToken(TenantTable, tablename="machine_token"):
    """A bootstrap token: single use, ten minutes, stored as a hash."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    token_hash = Bytea(null=False, default=None)
    created_at = required_time()
    created_by = required_text(64)
    expires_at = required_time()
    used_at = optional_time()


class RequestNonce(TenantTable, tablename="request_nonce"):
    """A nonce that was used. The key is (identity, nonce); Piccolo is told of one column only."""

    identity = UUID(null=False, default=None)
    nonce = Varchar(length=128, primary_key=True, null=False, default=None)
    expires_at = required_time()


class KnownPair(TenantTable, tablename="known_pair"):
    """A machine and a network it proved itself from. The key is both."""

    machine = UUID(primary_key=True, null=False, default=None)
    network = required_text(64)
    verified_at = required_time()


class Lockout(TenantTable, tablename="lockout"):
    """A network's failures, and until when it is locked out."""

    network = Varchar(length=64, primary_key=True, null=False, default=None)
    failures = Integer(null=False, default=None)
    window_start = required_time()
    locked_until = optional_time()
