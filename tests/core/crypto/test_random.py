"""All randomness comes from one module."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import RFC_4122, UUID

import pytest

import strongroom_core.crypto as crypto_package
from strongroom_core.crypto.random import (
    new_id,
    new_key_id,
    new_uuid,
    random_below,
    random_bytes,
    random_uuid_text,
)
from strongroom_core.kernel.ids import is_id

SOURCES = ("secrets", "random", "uuid1", "uuid4", "urandom", "getrandbits")


def test_ids_have_the_shape_and_do_not_repeat() -> None:
    """IDs are well formed, and ten thousand of them are all different."""
    made = {new_id("proj") for _ in range(10_000)}

    assert len(made) == 10_000
    assert all(is_id(made_id, "proj") for made_id in made)


def test_key_ids_are_version_4() -> None:
    """Key IDs are random UUIDs that don't repeat."""
    made = [new_key_id() for _ in range(1_000)]

    assert len(set(made)) == 1_000
    assert {made_id.version for made_id in made} == {4}


def test_row_ids_are_version_7_and_follow_time() -> None:
    """RFC 9562: row IDs start with the time, followed by random bits, and sort by time."""
    start = datetime(2026, 11, 22, 12, 0, 0, 1_000, tzinfo=UTC)
    made = [new_uuid(start + timedelta(milliseconds=n)) for n in range(1_000)]

    assert {(each.version, each.variant) for each in made} == {(7, RFC_4122)}
    assert made == sorted(made)
    assert made[0].int >> 80 == int(start.timestamp() * 1_000)
    assert len({new_uuid(start) for _ in range(10_000)}) == 10_000


def test_random_numbers_stay_below_their_bound_and_reach_it() -> None:
    """Every number below the bound occurs, and no other."""
    assert {random_below(5) for _ in range(1_000)} == set(range(5))


def test_uuid_values_are_uuids() -> None:
    """A generated UUID is version 4, in the usual notation."""
    text = random_uuid_text()

    assert str(UUID(text)) == text
    assert UUID(text).version == 4


def test_the_length_is_exact() -> None:
    """The length is exact, and a length of zero raises an error."""
    assert [len(random_bytes(n)) for n in (1, 12, 32)] == [1, 12, 32]
    with pytest.raises(ValueError, match="at least 1"):
        random_bytes(0)


def test_no_other_module_has_a_source_of_randomness() -> None:
    """Within `crypto`, only `random.py` imports or mentions a random generator."""
    folder = Path(next(iter(crypto_package.__path__)))
    modules = sorted(folder.glob("*.py"))
    offenders = [
        f"{path.name}: {name}"
        for path in modules
        if path.name != "random.py"
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _names(node)
        if name in SOURCES
    ]

    assert "aead.py" in {path.name for path in modules}
    assert offenders == []


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "", *(alias.name for alias in node.names)]
    return [node.attr] if isinstance(node, ast.Attribute) else []
