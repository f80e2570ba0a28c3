"""Which machine can read which secrets in which project."""

from piccolo.columns import UUID, Array, Bytea, Integer, Varchar

from strongroom_core.db.columns import TenantTable, required_text, required_time


class Attachment(TenantTable, tablename="attachment"):
    """A machine attached to a project. The attachment itself grants nothing."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    machine = UUID(null=False, default=None)
    project = required_text(32)
    attached_at = required_time()
    attached_by = required_text(64)


class SecretGrant(TenantTable, tablename="secret_grant"):
    """A machine can read a secret, or some of its fields. `seen_version` is the version that it last read."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    machine = UUID(null=False, default=None)
    secret = required_text(32)
    project = required_text(32)
    fields = Array(Varchar(length=255), null=True, default=None)
    seen_version = Integer(null=True, default=None)
    granted_at = required_time()
    granted_by = required_text(64)
    authz_epoch = Integer(null=False, default=0)
    row_mac = Bytea(null=True, default=None)
