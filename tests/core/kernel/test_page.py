"""Pages and their cursors."""

from __future__ import annotations

import base64

import pytest

from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.page import Cursor, PageRequest


@pytest.mark.parametrize(
    "key",
    [
        ("a",),
        ("name", "sk_a"),
        ("", ""),
        ('quo"te', "\\"),
        ("ünï 🔑", "x"),
        ("x\u1680y", "z"),
        ("\u3000",),
        (None, "x"),
    ],
)
def test_returned_cursors_are_accepted(key: tuple[str | None, ...]) -> None:
    """U-2: a list accepts every cursor that it has returned, no matter which characters the names contain."""
    for cursor in (Cursor("-name", key), Cursor("name", key, backward=True)):
        text = cursor.encode()

        assert PageRequest.parse(cursor=text).cursor == cursor
        assert text.isascii()
        assert not set(text) & set("+/=&?# ")


@pytest.mark.parametrize("limit", [0, -1, 201, 10**9])
def test_limits_out_of_range(limit: int) -> None:
    """U-2: a limit must be 1 to 200 rows."""
    with pytest.raises(Invalid) as caught:
        PageRequest.parse(limit=limit, cursor=None)

    assert caught.value.field == "limit"


@pytest.mark.parametrize(("limit", "rows"), [(None, 50), (1, 1), (200, 200)])
def test_limits(limit: int | None, rows: int) -> None:
    """U-2: the default limit is 50."""
    assert PageRequest.parse(limit=limit, cursor=None).limit == rows


def encoded(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "!!!!",
        "ä",
        "\0",
        "\ud800",
        encoded(b"null"),
        encoded(b"{}"),
        encoded(b"[]"),
        encoded(b'["name"]'),
        encoded(b'["name",false]'),
        encoded(b'["name",["a"],false]'),
        encoded(b'["name",0,["a"]]'),
        encoded(b'[1,false,["a"]]'),
        encoded(b'["name",false,["a",1]]'),
        encoded(b'["name",false,"ab"]'),
        encoded(b'["name",false,["a",["b"]]]'),
        encoded(b'["name",false,["a","\\u0000"]]'),
        encoded(b'["name",false,["a","\\ud800"]]'),
        encoded(b'["name",false,["a","b"]'),
        encoded(b"\xff\xfe"),
        encoded(b"[" * 100_000),
    ],
    ids=repr,
)
def test_other_cursors_are_rejected(cursor: str) -> None:
    """U-2: any other cursor is rejected before it reaches the database."""
    with pytest.raises(Invalid) as caught:
        PageRequest.parse(limit=None, cursor=cursor)

    assert caught.value.field == "cursor"
