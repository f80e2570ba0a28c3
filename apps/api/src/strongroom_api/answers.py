"""From a view to bytes: what leaves is what these structs name, and nothing else a view may hold."""

import re
from typing import Annotated, Any, Generic, Protocol, TypeAlias, TypeVar

import msgspec
from litestar import Response
from litestar.datastructures import ResponseHeader
from litestar.params import HeaderParameter

from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.page import Page

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
        name="Location", documentation_only=True, description="The address of the new object."
    ),
)

IfMatch: TypeAlias = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description="The ETag of the object as you saw it: if it changed since, nothing is done.",
    ),
]


class Answer(msgspec.Struct, rename="camel", kw_only=True, frozen=True):
    """What every answer is."""


AnswerT = TypeVar("AnswerT", bound=Answer)


class PageAnswer(Answer, Generic[AnswerT], kw_only=True, frozen=True):
    """Some items, and the cursor of the next ones; null when these were the last."""

    items: list[AnswerT]
    next_cursor: str | None


class Revised(Protocol):
    """A view of an object that counts its changes."""

    @property
    def revision(self) -> int:
        """How often the object has changed."""
        ...


def single(view: Revised, kind: type[AnswerT], *, made_at: str | None = None) -> Response[AnswerT]:
    """Answer with one object and its ETag; `made_at` is the path of a new one."""
    headers = {"ETag": f'"{view.revision}"'}
    if made_at is not None:
        headers["Location"] = made_at
    return Response(msgspec.convert(view, kind, from_attributes=True), headers=headers)


def several(page: Page[Any], kind: type[AnswerT]) -> PageAnswer[AnswerT]:
    """Answer with one page of a list."""
    items = msgspec.convert(page.items, list[kind], from_attributes=True)
    return PageAnswer(items=items, next_cursor=page.next_cursor)


def revision(if_match: str | None) -> int | None:
    """Read `If-Match`: one of our ETags, or `*` and absence for *whatever it is now*.

    Raises `Invalid` for anything else. Weak tags never match here (RFC 9110, 13.1.1), so they are
    refused rather than compared.
    """
    if if_match is None or if_match == "*":
        return None
    if not re.fullmatch(REVISION, if_match, re.ASCII):
        raise Invalid('If-Match is one ETag as it was sent, such as "3"', field="If-Match")
    return int(if_match.strip('"'))
