"""Pages and their cursors."""

from __future__ import annotations

import base64

import pytest

from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.page import PageRequest


def cursor_of(*key: str) -> str:
    page = PageRequest(1).page([0, 1], lambda _: key)
    assert page.next_cursor is not None
    return page.next_cursor


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
    ],
)
def test_a_cursor_comes_back_as_it_went(key: tuple[str, ...]) -> None:
    """V-6: whatever a name holds, the list takes back the position it handed out."""
    cursor = cursor_of(*key)

    assert PageRequest.parse(limit=None, cursor=cursor, keys=len(key)).after == key
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?# ")


@pytest.mark.parametrize("limit", [0, -1, 201, 10**9])
def test_limits_out_of_range(limit: int) -> None:
    """V-6: 1 to 200 rows."""
    with pytest.raises(Invalid) as caught:
        PageRequest.parse(limit=limit, cursor=None, keys=1)

    assert caught.value.field == "limit"


@pytest.mark.parametrize(("limit", "rows"), [(None, 50), (1, 1), (200, 200)])
def test_limits(limit: int | None, rows: int) -> None:
    """V-6: 50 unless asked otherwise."""
    assert PageRequest.parse(limit=limit, cursor=None, keys=1).limit == rows


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
        encoded(b'["a"]'),
        encoded(b'["a","b","c"]'),
        encoded(b'["a",1]'),
        encoded(b'["a",null]'),
        encoded(b'["a",["b"]]'),
        encoded(b'["a","\\u0000"]'),
        encoded(b'["a","\\ud800"]'),
        encoded(b'["a","b"'),
        encoded(b"\xff\xfe"),
        encoded(b"[" * 100_000),
        cursor_of("only one"),
    ],
    ids=repr,
)
def test_what_no_list_handed_out(cursor: str) -> None:
    """V-6: anything else is refused, before it reaches the database."""
    with pytest.raises(Invalid) as caught:
        PageRequest.parse(limit=None, cursor=cursor, keys=2)

    assert caught.value.field == "cursor"


def test_the_surplus_row_only_proves_that_there_is_more() -> None:
    """V-6: of limit + 1 rows the last is not shown; the cursor is that of the last one shown."""
    full = PageRequest(2).page([1, 2, 3], lambda row: (str(row),))
    exact = PageRequest(2).page([1, 2], lambda row: (str(row),))

    assert full.items == [1, 2]
    assert full.next_cursor == cursor_of("2")
    assert exact.items == [1, 2]
    assert exact.next_cursor is None
