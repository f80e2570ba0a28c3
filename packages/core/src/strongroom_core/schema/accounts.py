"""Users. All rows belong to the installation; `session.acting_vault` is the vault in which a user acts."""

from piccolo.columns import Array, BigInt, Boolean, Bytea, Integer, Varchar

from strongroom_core.db.columns import (
    TenantTable,
    optional_text,
    optional_time,
    required_text,
    required_time,
)


class Account(TenantTable, tablename="account"):
    """A user. The folded columns ensure uniqueness; the other columns contain what the user typed.

    `email_confirmed` means that they opened a link that was sent to this address by email.
    """

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    email = required_text(254)
    email_folded = required_text(254)
    username = required_text(32)
    username_folded = required_text(32)
    password_hash = required_text(200)
    status = required_text(16)
    operator = Boolean(null=False, default=False)
    created_at = required_time()
    email_confirmed = Boolean(null=False, default=False)


class AccountToken(TenantTable, tablename="account_token"):
    """A one-time link. Only its token's hash is stored. `mailed` ones were emailed and shown to nobody."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    purpose = required_text(32)
    token_hash = Bytea(null=False, default=None)
    account = optional_text(32)
    created_at = required_time()
    expires_at = required_time()
    used_at = optional_time()
    subject = optional_text(64)
    email = optional_text(254)
    since = optional_time()
    mailed = Boolean(null=False, default=False)


class SignUp(TenantTable, tablename="sign_up"):
    """Someone who wants an account but hasn't confirmed their email address yet."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    email = required_text(254)
    email_folded = required_text(254)
    username = required_text(32)
    password_hash = required_text(200)
    created_at = required_time()
    expires_at = required_time()


class Session(TenantTable, tablename="session"):
    """A session. `authenticated_at` is when the person last proved who they are, for step-up."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    token_hash = Bytea(null=False, default=None)
    account = required_text(32)
    acting_vault = required_text(32)
    authenticated_at = required_time()
    created_at = required_time()
    last_used_at = required_time()
    expires_at = required_time()
    address = required_text(64)
    user_agent = required_text(255)
    second_factor = Boolean(null=False, default=False)


class Device(TenantTable, tablename="device"):
    """A browser that has signed in before. Failures by other clients can't lock it out."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    token_hash = Bytea(null=False, default=None)
    account = required_text(32)
    created_at = required_time()
    expires_at = required_time()
    address = Varchar(length=64, null=False, default="")
    user_agent = Varchar(length=255, null=False, default="")
    last_used_at = optional_time()


class Totp(TenantTable, tablename="totp"):
    """An authenticator app. `secret` is encrypted; `last_step` is the time step of the last accepted code."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    account = required_text(32)
    secret = Bytea(null=False, default=None)
    confirmed = Boolean(null=False, default=False)
    last_step = BigInt(null=False, default=0)
    created_at = required_time()
    last_used_at = optional_time()


class RecoveryCode(TenantTable, tablename="recovery_code"):
    """A code that replaces a second factor once. Only a keyed digest of it is stored."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    account = required_text(32)
    code_hash = Bytea(null=False, default=None)
    created_at = required_time()
    used_at = optional_time()


class Passkey(TenantTable, tablename="passkey"):
    """A passkey. `copied_at` is when its counter went back, which happens if a second copy of it exists."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    account = required_text(32)
    name = required_text(100)
    credential_id = Bytea(null=False, default=None)
    public_key = Bytea(null=False, default=None)
    algorithm = Integer(null=False, default=None)
    sign_count = BigInt(null=False, default=0)
    created_at = required_time()
    last_used_at = optional_time()
    copied_at = optional_time()


class PersonKey(TenantTable, tablename="person_key"):
    """A key with which a program signs requests for a person. `projects` is None if it isn't limited to any.

    `created_from` is the address of the program that asked for it, and `network` is that of its last use.
    """

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    account = required_text(32)
    acting_vault = required_text(32)
    member = required_text(32)
    name = required_text(100)
    hostname = required_text(253)
    client = required_text(64)
    public_key = Bytea(null=False, default=None)
    looking = Boolean(null=False, default=None)
    projects = Array(base_column=Varchar(length=32), null=True, default=None)
    second_factor = Boolean(null=False, default=None)
    created_at = required_time()
    created_from = required_text(64)
    expires_at = required_time()
    last_used_at = optional_time()
    last_used_from = optional_text(64)
    network = required_text(64)
    ended_at = optional_time()
    ended_by = optional_text(16)


class LoginRequest(TenantTable, tablename="login_request"):
    """A program's request for a key. Until `decided_at`, a person can approve it; then `key` is the key.

    What the program suggests is stored as it was sent. `suggested_projects` is None if it suggests no limit.
    """

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    code_hash = Bytea(null=False, default=None)
    public_key = Bytea(null=False, default=None)
    hostname = required_text(253)
    client = required_text(64)
    address = required_text(64)
    network = required_text(64)
    created_at = required_time()
    expires_at = required_time()
    decided_at = optional_time()
    key = optional_text(32)
    suggested_name = optional_text(100)
    suggested_lifetime = Integer(null=True, default=None)
    suggested_looking = Boolean(null=False, default=False)
    suggested_vault = optional_text(100)
    suggested_projects = Array(base_column=Varchar(length=201), null=True, default=None)


class FormerAddress(TenantTable, tablename="former_address"):
    """An address that was replaced. It gets the account's notices for 30 days.

    After a return to an earlier address, those in between are `returned_from`: they can undo nothing.
    """

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    account = required_text(32)
    email = required_text(254)
    email_folded = required_text(254)
    replaced_at = required_time()
    returned_from = Boolean(null=False, default=False)


class Recovery(TenantTable, tablename="recovery"):
    """A recovery that hasn't ended. Without `since`, it removes all second factors."""

    account = Varchar(length=32, primary_key=True, null=False, default=None)
    since = optional_time()
    started_at = required_time()
    due_at = required_time()


class RateCount(TenantTable, tablename="rate_count"):
    """How often something happened in one window of time (rate limiting).

    `key` contains an email address only as a keyed digest.
    """

    key = Varchar(length=120, primary_key=True, null=False, default=None)
    expires_at = required_time()
    hits = Integer(null=False, default=0)
