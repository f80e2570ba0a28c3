"""Valid email addresses and usernames, and the form used to compare them (A-1)."""

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
    """A-6: the folded email is used both to look up accounts and to count failures."""
    assert fold(text) == folded
    assert fold(fold(text)) == folded


@pytest.mark.parametrize(
    "text", ["ada@example.org", "a+b@x", "ädä@exämple.org", "!#$%@x.y", " a@b "]
)
def test_valid_email_addresses(text: str) -> None:
    """A-1: every well-formed address is accepted; the server can't check whether the address exists."""
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
    """A-1: an address is rejected if it would break a header or could be taken for two addresses."""
    with pytest.raises(Invalid) as caught:
        require_email(text)

    assert caught.value.field == "email"


@pytest.mark.parametrize(
    "text",
    [
        "ada@straße.example",
        "ſam@example.org",
        "ada@ſhop.example",
        "ada@οδος.example",
        "ａda@example.org",
        "ada@ﬁsh.example",
    ],
)
def test_addresses_that_are_equal_to_another_ones(text: str) -> None:
    """A-1, A-6: an address is rejected if folding makes it equal to one that isn't the same."""
    with pytest.raises(Invalid, match="mistaken for another"):
        require_email(text)


def test_an_address_is_stored_in_one_form() -> None:
    """A-6: a letter and its accent are one character, however they were typed; capitals are kept."""
    assert require_email("A\u0308da@EXÄMPLE.org") == "Äda@EXÄMPLE.org"
    assert require_email("ada@\u212aelvin.example") == "ada@Kelvin.example"


@pytest.mark.parametrize("text", ["ada", "Ada.Lovelace", "a-b_c.9", "a" * 32])
def test_valid_usernames(text: str) -> None:
    """A-1: a username is 3 to 32 characters from a-z, 0-9, dot, underscore and hyphen, in any case."""
    assert require_username(text) == text


@pytest.mark.parametrize(
    "text", ["", "ab", "a" * 33, "a b", "ada!", "ädä", "ada\n", "аda", "ada\u200b", "１２３"]
)
def test_usernames_that_cannot_be(text: str) -> None:
    """A-1: lookalikes are rejected: names in other alphabets or with hidden characters."""
    with pytest.raises(Invalid) as caught:
        require_username(text)

    assert caught.value.field == "username"
