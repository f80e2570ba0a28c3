"""The query parameters that all lists share."""

from typing import Annotated, TypeAlias

from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter, SkipValidation

from strongroom_core.kernel.page import PageRequest

Sought: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        description="Any part of a word, ignoring case, or the beginning of an ID. One or two characters"
        " match only the beginning of a word. All words must match."
    ),
]
Sort: TypeAlias = Annotated[
    str | None,
    QueryParameter(description="A field to sort by; a leading - sorts in descending order."),
]


def page_of(
    *,
    sort: Sort = None,
    limit: FromQuery[int | None] = None,
    cursor: FromQuery[str | None] = None,
) -> PageRequest:
    """Return the page that a query requests. Raises `Invalid`."""
    return PageRequest.parse(limit=limit, cursor=cursor, sort=sort)


PAGED = {"page": Provide(page_of, sync_to_thread=False)}
Paged: TypeAlias = NamedDependency[SkipValidation[PageRequest]]
