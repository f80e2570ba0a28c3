"""What an address and a username may be, and the one form in which they are compared (A-1)."""

from __future__ import annotations

import pytest

from strongroom_core.accounts.identity import fold, require_email, require_username
from strongroom_core.kernel.errors import Invalid


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("  ada@example.org ", "ada@example.org"),
        ("ａｄａ＠example.org", "ada@example.org"),
        ("straße@example.org", "strasse@example.org"),
        ("ÄDA@example.org", "äda@example.org"),
        ("a\u0308da@example.org", "äda@example.org"),
        ("ﬁ@example.org", "fi@example.org"),
    ],
)
def test_addresses_are_folded_once(text: str, folded: str) -> None:
    """A-6: what looks up an account and what counts its failures are the same form."""
    assert fold(text) == folded
    assert fold(fold(text)) == folded


@pytest.mark.parametrize(
    "text", ["ada@example.org", "a+b@x", "ädä@exämple.org", "!#$%@x.y", " a@b "]
)
def test_addresses_that_may_be(text: str) -> None:
    """A-1: whether an address exists is shown by mail that arrives."""
    assert require_email(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@",
        "ada@",
        "@example.org",
        "a@b@c",
        "a b@c",
        "a\n@b",
        "ada@example.org\0",
        "a\u200bda@example.org",
        "<ada@example.org>",
        "a" * 65 + "@example.org",
        "a@" + "b" * 186,
        "a,b@c",
        "a;b@c",
        '"a b"@c',
    ],
)
def test_addresses_that_cannot_be(text: str) -> None:
    """A-1: an address that would break a header or be read as two is refused."""
    with pytest.raises(Invalid) as caught:
        require_email(text)

    assert caught.value.field == "email"


@pytest.mark.parametrize("text", ["ada", "Ada.Lovelace", "a-b_c.9", "a" * 32])
def test_usernames_that_may_be(text: str) -> None:
    """A-1: 3 to 32 of a-z, 0-9, dot, underscore and hyphen, in any case."""
    assert require_username(text) == text


@pytest.mark.parametrize(
    "text", ["", "ab", "a" * 33, "a b", "ada!", "ädä", "ada\n", "аda", "ada\u200b", "１２３"]
)
def test_usernames_that_cannot_be(text: str) -> None:
    """A-1: nothing that looks like another name, in another alphabet or with hidden characters."""
    with pytest.raises(Invalid) as caught:
        require_username(text)

    assert caught.value.field == "username"
