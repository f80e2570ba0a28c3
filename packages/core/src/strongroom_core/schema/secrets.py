"""Secrets and their versions and, in a separate table, the material that only *app* can read."""

from piccolo.columns import JSONB, UUID, Array, BigInt, Boolean, Bytea, Integer, Varchar

from strongroom_core.db.columns import (
    NamedTable,
    TenantTable,
    optional_text,
    optional_time,
    required_text,
    required_time,
)


class Secret(NamedTable, tablename="secret"):
    """A secret's metadata. The current version is the one numbered `current_version`.

    A canary has a `decoy`. If it is `armed`, reading it is logged as critical; if it also `freezes`, it
    freezes its project and, if it `cascades`, the machine's other projects. `tripped_at` is when it was last
    read, unless it has been re-planted since then. `alert_mail` and `alert_webhooks` say where its alerts go,
    instead of the vault's rules.
    """

    name = required_text(255)
    project = required_text(32)
    kind = required_text(16)
    environment = optional_text(100)
    note = optional_text(10_000)
    tags = Array(Varchar(length=64), null=False, default=list)
    field_names = Array(Varchar(length=255), null=False, default=list)
    current_version = Integer(null=False, default=1)
    changed_at = required_time()
    changed_by = required_text(64)
    last_read_at = optional_time()
    last_read_by = optional_text(255)
    read_count = BigInt(null=False, default=0)
    trashed_at = optional_time()
    trashed_by = optional_text(64)
    former_grants = JSONB(null=True, default=None)
    decoy = optional_text(32)
    armed = Boolean(null=False, default=False)
    freezes = Boolean(null=False, default=False)
    cascades = Boolean(null=False, default=False)
    tripped_at = optional_time()
    alert_mail = Boolean(null=True, default=None)
    alert_webhooks = Array(base_column=Varchar(length=32), null=True, default=None)
    policy = optional_text(32)
    created_at = required_time()


class SecretMaterial(TenantTable, tablename="secret_material"):
    """An encrypted value and its data key (DEK). *Blind* can insert it but never select it.

    This is a separate table because column privileges would break `select *` and `returning *`.
    """

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    project = required_text(32)
    secret = required_text(32)
    project_key = UUID(null=False, default=None)
    data_key = Bytea(null=False, default=None)
    ciphertext = Bytea(null=False, default=None)
    created_at = required_time()


class Rotation(TenantTable, tablename="rotation"):
    """How a secret's next value is generated. A rotation is queued while `queued_version` is current.

    `retry_at` is when a rotation that failed will be tried again.
    """

    secret = Varchar(length=32, primary_key=True, null=False, default=None)
    length = Integer(null=False, default=None)
    charset = required_text(16)
    fields = Array(Varchar(length=255), null=False, default=list)
    set_at = required_time()
    set_by = required_text(64)
    queued_version = Integer(null=True, default=None)
    queued_at = optional_time()
    queued_by = optional_text(255)
    retry_at = optional_time()


class SecretVersion(TenantTable, tablename="secret_version"):
    """One version and a reference to its material. A rollback's version refers to older material."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    secret = required_text(32)
    number = Integer(null=False, default=None)
    material = required_text(32)
    origin = required_text(16)
    restored = Integer(null=True, default=None)
    field_names = Array(Varchar(length=255), null=False, default=list)
    actor_kind = required_text(16)
    actor_id = optional_text(64)
    actor_name = required_text(255)
    created_at = required_time()
