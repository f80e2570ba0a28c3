"""Shares, drop boxes and, in a separate table, the content of shares, which only *app* can read."""

from piccolo.columns import Bytea, SmallInt, Varchar

from strongroom_core.db.columns import (
    TenantTable,
    optional_text,
    optional_time,
    required_text,
    required_time,
)


class Share(TenantTable, tablename="share"):
    """A one-time secret. Single statements change `state` and `tries_left`, so both are exact."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    label = optional_text(100)
    kind = required_text(16)
    project = optional_text(32)
    locator_hash = Bytea(null=False, default=None)
    verifier = Bytea(null=False, default=None)
    state = required_text(16)
    tries = SmallInt(null=False, default=None)
    tries_left = SmallInt(null=False, default=None)
    created_by = required_text(32)
    creator_name = required_text(255)
    created_at = required_time()
    expires_at = required_time()
    ended_at = optional_time()
    ended_from = optional_text(64)
    ended_country = optional_text(2)


class ShareMaterial(TenantTable, tablename="share_material"):
    """A pending share's ciphertext. Its key is derived from the link, the passphrase and the system key."""

    share = Varchar(length=32, primary_key=True, null=False, default=None)
    ciphertext = Bytea(null=False, default=None)


class DropBox(TenantTable, tablename="drop_box"):
    """A link with which someone without an account can submit a value for a secret, once."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    secret = required_text(32)
    link_hash = Bytea(null=False, default=None)
    state = required_text(16)
    created_by = required_text(32)
    creator_name = required_text(255)
    created_at = required_time()
    expires_at = required_time()
    ended_at = optional_time()
    ended_from = optional_text(64)
