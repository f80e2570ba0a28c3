"""Generates decoys: values that look like credentials, but that no provider has ever issued (C-1)."""

from __future__ import annotations

import base64

from strongroom_core.crypto.random import random_below, random_bytes
from strongroom_core.kernel.plaintext import Plaintext
from strongroom_core.secrets.generate import Charset, Recipe, generate
from strongroom_core.secrets.values import structured_value
from strongroom_core.secrets.views import Decoy

KEY_ID, SECRET_KEY = "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"
"""The fields of a cloud key, as AWS names them."""

_FIRST_IMPOSSIBLE_ACCOUNT = 10**12
"""AWS account numbers have twelve digits."""


def new_decoy(decoy: Decoy) -> tuple[Plaintext, list[str]]:
    """Return a new value and the names of its fields. A single value has none."""
    match decoy:
        case Decoy.CLOUD_KEY:
            fields = {KEY_ID: _access_key_id(), SECRET_KEY: _secret_access_key()}
            return structured_value(fields), list(fields)
        case Decoy.DATABASE_URL:
            return Plaintext.from_text(_database_url()), []
        case Decoy.ENV_FILE:
            return Plaintext.from_text(_env_file()), []
        case Decoy.PASSWORD:
            return generate(Recipe(24)), []


def _access_key_id() -> str:
    """Return an AWS access key ID that can't exist.

    After `AKIA`, an ID is 80 bits in base32: a one, the 40 bits of the account number, and 39 others (found
    by T. Be'ery, "A short note on AWS KEY ID", 2023). 40 bits can encode numbers with 13 digits, but account
    numbers have 12, so this ID contains a number that no account can have.
    """
    account = _FIRST_IMPOSSIBLE_ACCOUNT + random_below((1 << 40) - _FIRST_IMPOSSIBLE_ACCOUNT)
    bits = 1 << 79 | account << 39 | random_below(1 << 39)
    return "AKIA" + base64.b32encode(bits.to_bytes(10, "big")).decode()


def _secret_access_key() -> str:
    """Return 40 characters of base64, as AWS does."""
    return base64.b64encode(random_bytes(30)).decode()


def _database_url() -> str:
    """Return a PostgreSQL URL. Names under `.internal` never resolve on the public Internet (ICANN, 2024)."""
    host = f"db-{1 + random_below(8)}.prod.internal"
    return f"postgresql://app_admin:{_word(28)}@{host}:5432/app?sslmode=require"


def _env_file() -> str:
    """Return the text of a `.env` file that looks like a program's production settings."""
    lines = {
        "APP_ENV": "production",
        "SECRET_KEY": _word(48),
        "DATABASE_URL": _database_url(),
        "REDIS_URL": f"redis://:{_word(32)}@cache.prod.internal:6379/0",
        "SMTP_HOST": "mail.prod.internal",
        "SMTP_PASSWORD": _word(20),
        "ADMIN_EMAIL": "admin@prod.internal",
        "ADMIN_PASSWORD": _word(20),
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def _word(length: int) -> str:
    """Return a random word of letters and digits, which needs no escaping."""
    return generate(Recipe(length, Charset.ALPHANUMERIC)).reveal().decode()
