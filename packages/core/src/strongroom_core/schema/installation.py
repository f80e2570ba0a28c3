"""What exists once: the deployment, its root keys (never the root itself) and its system keys."""

from piccolo.columns import UUID, Bytea, Integer, Varchar

from strongroom_core.db.columns import (
    TenantTable,
    optional_text,
    optional_time,
    required_text,
    required_time,
)


class Deployment(TenantTable, tablename="deployment"):
    """The one row that names this installation. `incarnation` is raised by every restore."""

    id = Varchar(length=40, primary_key=True, null=False, default=None)
    incarnation = Integer(null=False, default=1)
    nonce_floor = optional_time()
    created_at = required_time()


class RootKey(TenantTable, tablename="root_key"):
    """By what a root is recognised. `kdf` says how a passphrase becomes one; a random root has none."""

    version = Integer(primary_key=True, null=False, default=None)
    check_value = Bytea(null=False, default=None)
    kdf = optional_text(200)
    state = required_text(16)
    created_at = required_time()


class SystemKey(TenantTable, tablename="system_key"):
    """A key of the server's own, for one purpose, wrapped by a root key."""

    id = UUID(primary_key=True, null=False, default=None)
    purpose = required_text(32)
    number = Integer(null=False, default=None)
    root_version = Integer(null=False, default=None)
    wrapped = Bytea(null=False, default=None)
    state = required_text(16)
    created_at = required_time()
