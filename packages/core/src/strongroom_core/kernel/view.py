"""The base class of core's results: immutable, built from keyword arguments, serialized in camelCase."""

from collections.abc import Collection, Mapping
from typing import Any, Self, dataclass_transform

import msgspec


class _ByName(msgspec.StructMeta):
    """Makes the fields of every view keyword-only, because structs don't inherit that."""

    def __new__(
        cls, name: str, bases: tuple[type, ...], body: dict[str, Any], /, **options: Any
    ) -> "_ByName":
        return super().__new__(cls, name, bases, body, kw_only=True, **options)


@dataclass_transform(frozen_default=True, kw_only_default=True)
class View(msgspec.Struct, metaclass=_ByName, rename="camel", frozen=True):
    """A use case's result, which the API returns unchanged, so every field is public.

    Anything that must not be returned, such as a session token, doesn't belong in a view.
    """

    @classmethod
    def of_row(
        cls, row: Mapping[str, Any], /, *, without: Collection[str] = (), **beside: Any
    ) -> Self:
        """Build the view from a row whose columns, except those in `without`, are the view's fields.

        `beside` adds fields or replaces columns. Strings become the enums that the fields declare. Raises
        `TypeError` if a field is missing or a column is left over, `msgspec.ValidationError` if a value
        doesn't fit its field.
        """
        values = {name: value for name, value in row.items() if name not in without} | beside
        members = dict(zip(cls.__struct_fields__, cls.__struct_encode_fields__, strict=True))
        if values.keys() != members.keys():
            differing = ", ".join(sorted(values.keys() ^ members.keys()))
            raise TypeError(f"{cls.__name__} and its row differ in {differing}")
        return msgspec.convert({members[name]: value for name, value in values.items()}, cls)
