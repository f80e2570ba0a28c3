"""Decoys look like credentials, and no provider ever issued one (C-1)."""

from __future__ import annotations

import base64
import re
from urllib.parse import urlsplit

import msgspec
import pytest

from strongroom_core.secrets.decoys import new_decoy
from strongroom_core.secrets.views import Decoy


def decoy(of: Decoy) -> str:
    return new_decoy(of)[0].reveal().decode()


def test_a_cloud_key_belongs_to_no_account() -> None:
    """C-1: it looks like an AWS key, but encodes an account number of 13 digits; real ones have 12."""
    for _ in range(200):
        fields = msgspec.json.decode(decoy(Decoy.CLOUD_KEY), type=dict[str, str])
        key, secret = fields["ACCESS_KEY_ID"], fields["SECRET_ACCESS_KEY"]
        account = int.from_bytes(base64.b32decode(key[4:])[:6], "big") >> 7 & (1 << 40) - 1

        assert re.fullmatch(r"AKIA[A-Z2-7]{16}", key)
        assert re.fullmatch(r"[A-Za-z0-9+/]{40}", secret)
        assert 13 == len(str(account))


def test_a_database_url_leads_nowhere() -> None:
    """C-1: the URL is complete, and its host can't exist on the public Internet."""
    parts = urlsplit(decoy(Decoy.DATABASE_URL))

    assert ("postgresql", "app_admin", 5432) == (parts.scheme, parts.username, parts.port)
    assert (parts.hostname or "").endswith(".internal")
    assert 28 == len(parts.password or "")


def test_an_env_file_can_be_read_as_one() -> None:
    """C-1: every line of the file is an assignment."""
    lines = decoy(Decoy.ENV_FILE).splitlines()

    assert all(re.fullmatch(r"[A-Z_]+=\S+", line) for line in lines)
    assert {"DATABASE_URL", "ADMIN_PASSWORD"} <= {line.partition("=")[0] for line in lines}


@pytest.mark.parametrize("of", list(Decoy))
def test_every_decoy_is_new(of: Decoy) -> None:
    """C-4: two decoys never have the same value."""
    assert 50 == len({decoy(of) for _ in range(50)})
