"""Decodes request bodies more strictly than JSON requires.

In addition to bad syntax, this module rejects invalid UTF-8, duplicate members, more than 32 levels of
nesting, NaN and infinities, and NUL and lone surrogates in any string. Parsers disagree about all of these,
and the database can't store the last two.
"""

import json
from enum import Enum
from functools import partial
from typing import Any, NoReturn, TypeVar, get_args

import msgspec

from strongroom_api.errors import explain
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.names import is_storable

MOST_LEVELS = 32
USUAL_SIZE = 256 * 1024
VALUE_SIZE = 512 * 1024
"""The limit, in bytes, for a body that contains a value of up to 64 KiB. JSON can turn one byte into six."""

T = TypeVar("T")


class Body(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True, frozen=True):
    """The base class of all bodies: immutable, no unknown members, and a repr that hides the contents."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


def given(text: str | msgspec.UnsetType | None) -> str | None:
    """Translate a member of a change: if absent, it is unchanged (None); null or empty removes it ("")."""
    if text is msgspec.UNSET:
        return None
    return text or ""


def decode_body(body: bytes, wanted: type[T]) -> T:
    """Return the struct. Raises `Invalid`, which contains the member's name but never its value."""
    try:
        return msgspec.convert(_parse(body), wanted)
    except msgspec.ValidationError as error:
        problem, name = explain(str(error), partial(_members, wanted), partial(_accepted, wanted))
    raise Invalid(problem, field=name)


def _members(wanted: Any, inside: str | None) -> list[str]:
    """Return the names of the members of a struct or, given a member's name, of the structs inside it."""
    structs = _structs(wanted)
    if inside is not None:
        members = [each for struct in structs for each in msgspec.structs.fields(struct)]
        structs = [
            struct
            for each in members
            if each.encode_name == inside
            for struct in _structs(each.type)
        ]
    return [each.encode_name for struct in structs for each in msgspec.structs.fields(struct)]


def _accepted(wanted: Any, member: str | None) -> list[str]:
    """Return the words that a top-level member accepts, or none for other members."""
    kinds = [
        each.type
        for struct in _structs(wanted)
        for each in msgspec.structs.fields(struct)
        if each.encode_name == member
    ]
    return [word for kind in kinds for word in _words(kind)]


def _words(kind: Any) -> list[str]:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [str(each.value) for each in kind]
    if isinstance(kind, str):
        return [kind]
    return [word for part in get_args(kind) for word in _words(part)]


def _structs(kind: Any) -> list[type[msgspec.Struct]]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [kind]
    return [struct for part in get_args(kind) for struct in _structs(part)]


def require_clean(text: str) -> None:
    """Raise `Invalid` for NUL or a lone surrogate."""
    if not is_storable(text):
        raise Invalid("a string contains NUL or isn't valid Unicode")


def _parse(body: bytes) -> object:
    try:
        tree = json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        tree = _Unreadable
    if tree is _Unreadable:
        raise Invalid("the body is not valid JSON in UTF-8")
    _require_bounded(tree)
    return tree


class _Unreadable:
    """A marker for a failed parse, so that the parser's message isn't kept as the error's context."""


def _object(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) < len(members):
        raise Invalid("the body has a duplicate member")
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
            raise Invalid(f"the body has more than {MOST_LEVELS} levels of nesting")
        level = [child for node in containers for child in _children(node)]


def _children(node: dict[str, Any] | list[Any]) -> list[Any]:
    return [*node, *node.values()] if isinstance(node, dict) else node
