"""Views are built by name, checked against their row, and serialized to JSON in camelCase."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.view import View
from strongroom_core.secrets.views import Facet, SecretView

AT = datetime(2026, 1, 1, tzinfo=UTC)
ROW: dict[str, Any] = {
    "id": "sk_a",
    "project_id": "proj_a",
    "kind": "structured",
    "name": "KEY",
    "environment": None,
    "note": None,
    "tags": [],
    "field_names": ["user"],
    "version": 1,
    "changed_at": AT,
    "changed_by": "ada",
    "last_read_at": None,
    "last_read_by": None,
    "read_count": 0,
    "readers": 0,
    "rotation": None,
    "policy_id": None,
    "policy_name": None,
    "created_at": AT,
    "revision": 1,
}


def test_the_order_of_columns_does_not_matter() -> None:
    """S-2: columns become fields by name, and strings become the types that the fields declare."""
    view = SecretView.of_row(dict(reversed(ROW.items())))

    assert view.kind is SecretKind.STRUCTURED
    assert ROW == {name: getattr(view, name) for name in SecretView.__struct_fields__}


@pytest.mark.parametrize(
    ("change", "error", "named"),
    [
        ({"revision": ...}, TypeError, "SecretView and its row differ in revision"),
        ({"value": "v"}, TypeError, "SecretView and its row differ in value"),
        ({"version": "1"}, msgspec.ValidationError, "version"),
        ({"kind": "other"}, msgspec.ValidationError, "kind"),
        ({"name": None}, msgspec.ValidationError, "name"),
    ],
)
def test_an_unexpected_row_is_rejected(
    change: dict[str, Any], error: type[Exception], named: str
) -> None:
    """S-2: missing or surplus columns and wrong types raise errors."""
    row = {name: value for name, value in (ROW | change).items() if value is not ...}

    with pytest.raises(error, match=named):
        SecretView.of_row(row)


def test_columns_are_left_out_and_fields_added_by_name() -> None:
    """Omitted columns must be named, and so must fields that come from elsewhere."""
    row = {"name": "db", "position": 3}

    assert Facet.of_row(row, without=["position"], secrets=2) == Facet(name="db", secrets=2)


def test_a_view_is_not_built_by_position() -> None:
    """Fields can't be given by position, because swapped strings would go unnoticed."""
    with pytest.raises(TypeError):
        Facet("db", 2)  # pyright: ignore[reportCallIssue]


def test_a_view_is_serialized_as_json() -> None:
    """D-4: a view is serialized unchanged, with names in camelCase."""

    class Made(View):
        made_at: datetime

    view = Made(made_at=AT)

    assert msgspec.json.encode(view) == b'{"madeAt":"2026-01-01T00:00:00Z"}'
    with pytest.raises(AttributeError):
        view.made_at = AT  # pyright: ignore[reportAttributeAccessIssue]
