"""The installation: the deployment, its root keys' check values (never the keys) and its system keys."""

from piccolo.columns import UUID, Bytea, DoublePrecision, Integer, Varchar

from strongroom_core.db.columns import (
    TenantTable,
    optional_text,
    optional_time,
    required_text,
    required_time,
)


class Deployment(TenantTable, tablename="deployment"):
    """The only row; it identifies this installation. `incarnation` goes up with every restore.

    `cluster` identifies the PostgreSQL cluster in which this incarnation began.
    """

    id = Varchar(length=40, primary_key=True, null=False, default=None)
    incarnation = Integer(null=False, default=1)
    cluster = optional_text(32)
    nonce_floor = optional_time()
    created_at = required_time()


class RootKey(TenantTable, tablename="root_key"):
    """How to recognize a root key. `kdf` contains the passphrase parameters; it is null for a random key."""

    version = Integer(primary_key=True, null=False, default=None)
    check_value = Bytea(null=False, default=None)
    kdf = optional_text(200)
    state = required_text(16)
    created_at = required_time()


class SystemKey(TenantTable, tablename="system_key"):
    """A key of the server itself, for one purpose, wrapped with a root key."""

    id = UUID(primary_key=True, null=False, default=None)
    purpose = required_text(32)
    number = Integer(null=False, default=None)
    root_version = Integer(null=False, default=None)
    wrapped = Bytea(null=False, default=None)
    state = required_text(16)
    created_at = required_time()


class ClockReading(TenantTable, tablename="clock_reading"):
    """What the database's clock showed when a machine had been running for a given number of seconds."""

    boot = Varchar(length=64, primary_key=True, null=False, default=None)
    seconds = DoublePrecision(null=False, default=None)
    at = required_time()


class ClockDoubt(TenantTable, tablename="clock_doubt"):
    """When a machine found the clock wrong, and by how many seconds (negative if it was behind)."""

    boot = Varchar(length=64, primary_key=True, null=False, default=None)
    since = required_time()
    apart = DoublePrecision(null=False, default=None)
    ended_at = optional_time()


class InstallationSetting(TenantTable, tablename="installation_setting"):
    """A setting that the administrator changed while the installation was running."""

    name = Varchar(length=32, primary_key=True, null=False, default=None)
    value = required_text(200)
