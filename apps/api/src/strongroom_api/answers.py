"""The headers of a response that contains one object: its ETag and, if the object is new, its location."""

import re
from typing import Annotated, Protocol, TypeAlias, TypeVar

from litestar import Response
from litestar.datastructures import ResponseHeader
from litestar.params import HeaderParameter

from strongroom_core.kernel.errors import Invalid

REVISION = r'"[0-9]{1,18}"'

ETAG = (
    ResponseHeader(
        name="ETag",
        documentation_only=True,
        description="The object's revision, for If-Match.",
    ),
)
CREATED = (
    *ETAG,
    ResponseHeader(
        name="Location", documentation_only=True, description="The path of the new object."
    ),
)

IfMatch: TypeAlias = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description="The object's ETag as you last saw it. If it has changed since then, the request fails.",
    ),
]


class Revised(Protocol):
    """A view of an object with a revision."""

    @property
    def revision(self) -> int:
        """The number of changes to the object."""
        ...


RevisedT = TypeVar("RevisedT", bound=Revised)


def single(view: RevisedT, *, made_at: str | None = None) -> Response[RevisedT]:
    """Respond with one object and its ETag; `made_at` is the path of a new object."""
    headers = {"ETag": f'"{view.revision}"'}
    if made_at is not None:
        headers["Location"] = made_at
    return Response(view, headers=headers)


def revision(if_match: str | None) -> int | None:
    """Read `If-Match` (optimistic locking): one of our ETags, or None for `*` or no header.

    Raises `Invalid` for anything else. Weak tags never match here (RFC 9110, 13.1.1), so they are
    rejected rather than compared.
    """
    if if_match is None or if_match == "*":
        return None
    if not re.fullmatch(REVISION, if_match, re.ASCII):
        raise Invalid('If-Match must be a single ETag as received, such as "3"', field="If-Match")
    return int(if_match.strip('"'))
