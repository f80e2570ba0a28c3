"""From the bytes of a body to a struct, more strictly than JSON itself asks.

Refused besides bad syntax: what is not UTF-8, a member given twice, more than 32 levels, NaN and
infinities, NUL and lone surrogates in any text. Parsers disagree about all of these, and the database
cannot store the last two.
"""

import json
from typing import Any, NoReturn, TypeVar

import msgspec

from strongroom_api.errors import explain
from strongroom_core.kernel.errors import Invalid

MOST_LEVELS = 32
USUAL_SIZE = 256 * 1024
VALUE_SIZE = 512 * 1024
"""Bytes of a body that carries a value: 64 KiB, of which JSON may write each as six."""

T = TypeVar("T")


class Body(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What every body is: closed, immutable, and silent about its contents."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


def given(text: str | msgspec.UnsetType | None) -> str | None:
    """Translate a member of a change: absent leaves as it is (None), null or empty removes ("")."""
    if text is msgspec.UNSET:
        return None
    return text or ""


def decode_body(body: bytes, wanted: type[T]) -> T:
    """Return the struct. Raises `Invalid` naming the member, never its value."""
    try:
        return msgspec.convert(_parse(body), wanted)
    except msgspec.ValidationError as error:
        problem, name = explain(str(error))
    raise Invalid(problem if name is None else f"{name}: {problem}", field=name)


def require_clean(text: str) -> None:
    """Raise `Invalid` for NUL or half of a surrogate pair, which no text of ours can hold."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Invalid("a text contains NUL or is not valid Unicode")


def _parse(body: bytes) -> object:
    try:
        tree = json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        tree = _Unreadable
    if tree is _Unreadable:
        raise Invalid("the body is not JSON in UTF-8")
    _require_bounded(tree)
    return tree


class _Unreadable:
    """Stands for what did not parse, so that the parser's text is not kept as a context."""


def _object(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) < len(members):
        raise Invalid("the body names a member twice")
    return found


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError


def _require_bounded(tree: object) -> None:
    level: list[Any] = [tree]
    levels = 0
    while level:
        for text in level:
            if isinstance(text, str):
                require_clean(text)
        containers: list[Any] = [node for node in level if isinstance(node, (dict, list))]
        levels += bool(containers)
        if levels > MOST_LEVELS:
            raise Invalid(f"the body is nested more than {MOST_LEVELS} levels deep")
        level = [child for node in containers for child in _children(node)]


def _children(node: dict[str, Any] | list[Any]) -> list[Any]:
    return [*node, *node.values()] if isinstance(node, dict) else node
