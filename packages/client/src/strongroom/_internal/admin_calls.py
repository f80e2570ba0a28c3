"""The table of people's operations, and how to parse their responses into the classes of `admin_views`.

A test compares the table with the server's OpenAPI document: paths, parameters, members and their types.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, cast, get_args, get_origin, get_type_hints
from urllib.parse import quote, urlencode

from strongroom._internal.admin_views import (
    Application,
    Attachment,
    Entry,
    Grants,
    GrantsChanged,
    Items,
    KeyAnswer,
    KeyAsked,
    Machine,
    NewShare,
    OwnKey,
    Page,
    Project,
    Reader,
    RegistrationToken,
    Secret,
    SecretVersion,
    Share,
)
from strongroom._internal.calls import CREATED, OK, BoundCall, Call
from strongroom._internal.sanitize import listed, text
from strongroom._internal.value import Value

T = TypeVar("T")
NO_CONTENT = 204
_PLACEHOLDER = re.compile(r"\{\w+\}")
_WORD = re.compile(r"_([a-z])")


@dataclass(frozen=True, slots=True)
class PeoplesCall(Generic[T]):
    """One operation of the OpenAPI document. `query` and `body` list the members that it can be sent.

    `page` is the page of the dashboard where a person can do the same, with the placeholders of `path`.
    """

    method: str
    path: str
    kind: type[T]
    status: int = OK
    query: tuple[str, ...] = ()
    body: tuple[str, ...] | None = None
    repeatable: bool = True
    page: str = "/"

    def bind(
        self,
        *parts: str,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> BoundCall[T]:
        """Return the call with its IDs, its query and its body. Members that are None aren't sent."""
        asked = {name: each for name, each in (query or {}).items() if each is not None}
        sent = {name: each for name, each in (body or {}).items() if each is not None}
        if not asked.keys() <= set(self.query) or not sent.keys() <= set(self.body or ()):
            raise ValueError("a member that the operation doesn't have")
        path = _filled(self.path, parts)
        if asked:
            path += "?" + urlencode({name: _word(each) for name, each in asked.items()})
        content = b"" if self.body is None else json.dumps(sent, separators=(",", ":")).encode()
        call = Call(self.method, self.path, self._read, self.status, self.repeatable)
        return BoundCall(call, path, content)

    def page_of(self, *parts: str) -> str:
        """Return the path of the dashboard's page for these IDs."""
        names = dict(zip(_PLACEHOLDER.findall(self.path), parts, strict=True))
        return _PLACEHOLDER.sub(lambda found: quote(names[found[0]], safe=""), self.page)

    def _read(self, found: Any) -> Any:
        return parse(self.kind, found)


def _filled(path: str, parts: tuple[str, ...]) -> str:
    """Return a path with its IDs, quoted: an ID that someone typed must not change the path."""
    rest = iter(parts)
    return _PLACEHOLDER.sub(lambda _: quote(next(rest), safe=""), path)


def _word(given: object) -> str:
    if isinstance(given, bool):
        return "true" if given else "false"
    return given.isoformat() if isinstance(given, datetime) else str(given)


_SIMPLE: dict[Any, Callable[[str], object]] = {Value: Value, datetime: datetime.fromisoformat}


def parse(kind: Any, found: Any) -> Any:
    """Parse decoded JSON as a class of `admin_views`, or a type in one.

    Raises `KeyError`, `TypeError` or `ValueError` if the shape is wrong.
    """
    origin, inside = get_origin(kind), get_args(kind)
    whole = origin or kind
    if origin is UnionType:
        (wanted,) = (each for each in inside if each is not NoneType)
        return None if found is None else parse(wanted, found)
    if origin is tuple:
        return tuple(parse(inside[0], each) for each in listed(found))
    if kind in _SIMPLE:
        return _SIMPLE[kind](text(found))
    if whole in (str, int, bool, dict):
        if type(found) is not whole:
            raise TypeError
        return cast("object", found)
    return whole(**{name: parse(each, found[camel(name)]) for name, each in members(kind).items()})


@cache
def members(kind: Any) -> dict[str, Any]:
    """Return the members of a class and their types. For a page, `items` has the type of its items."""
    whole = get_origin(kind) or kind
    hints = get_type_hints(whole)
    known = {each.name: hints[each.name] for each in fields(whole)}
    inside = get_args(kind)
    return known | ({"items": tuple[inside[0], ...]} if inside else {})


def camel(name: str) -> str:
    """Return a name as JSON spells it."""
    return _WORD.sub(lambda found: found[1].upper(), name)


_PAGED = ("cursor", "limit", "sort")
_CONTENT = ("value", "fields", "generate")
_SHARED = ("value", "fileName", "fileContent", "generate", "label", "lifetimeSeconds", "tries")
_PROJECT, _MACHINE, _SECRET = "/projects/{projectId}", "/machines/{machineId}", "/projects"

READ_OWN_KEY = PeoplesCall("GET", "/api/own-key", OwnKey, page="/security")
REVOKE_OWN_KEY = PeoplesCall(
    "POST", "/api/own-key/revoke", NoneType, NO_CONTENT, repeatable=False, page="/security"
)

LIST_APPLICATIONS = PeoplesCall(
    "GET", "/api/applications", Page[Application], query=(*_PAGED, "q"), page="/projects"
)
LIST_PROJECTS = PeoplesCall(
    "GET",
    "/api/projects",
    Page[Project],
    query=(*_PAGED, "application", "standalone", "environment", "frozen", "q"),
    page="/projects",
)
READ_PROJECT = PeoplesCall("GET", "/api/projects/{projectId}", Project, page=_PROJECT)
READ_PROJECT_BY_PATH = PeoplesCall(
    "GET", "/api/projects/by-path", Project, query=("path",), page="/projects"
)
CREATE_PROJECT = PeoplesCall(
    "POST",
    "/api/projects",
    Project,
    CREATED,
    body=("name", "applicationId", "environment", "description"),
    repeatable=False,
    page="/projects",
)
FREEZE_PROJECT = PeoplesCall(
    "POST",
    "/api/projects/{projectId}/freeze",
    Project,
    body=("reason",),
    repeatable=False,
    page="/projects/{projectId}/settings",
)
UNFREEZE_PROJECT = PeoplesCall(
    "POST",
    "/api/projects/{projectId}/unfreeze",
    Project,
    body=("reason",),
    repeatable=False,
    page="/projects/{projectId}/frozen",
)

LIST_SECRETS = PeoplesCall(
    "GET",
    "/api/projects/{projectId}/secrets",
    Page[Secret],
    query=(*_PAGED, "environment", "kind", "tag", "q", "lastRead", "variable"),
    page=_PROJECT,
)
READ_SECRET = PeoplesCall("GET", "/api/secrets/{secretId}", Secret, page=_SECRET)
READ_SECRET_BY_PATH = PeoplesCall(
    "GET", "/api/secrets/by-path", Secret, query=("path",), page=_SECRET
)
CREATE_SECRET = PeoplesCall(
    "POST",
    "/api/projects/{projectId}/secrets",
    Secret,
    CREATED,
    body=("name", "kind", *_CONTENT, "note", "tags", "environment"),
    repeatable=False,
    page=_PROJECT,
)
UPDATE_SECRET = PeoplesCall(
    "PATCH",
    "/api/secrets/{secretId}",
    Secret,
    body=("name", "note", "tags", "environment"),
    repeatable=False,
    page=_SECRET,
)
REPLACE_SECRET = PeoplesCall(
    "POST",
    "/api/secrets/{secretId}/replace",
    Secret,
    body=(*_CONTENT, "removeFields"),
    repeatable=False,
    page=_SECRET,
)
ROTATE_SECRET = PeoplesCall(
    "POST",
    "/api/secrets/{secretId}/rotate",
    Secret,
    body=("length", "charset", "fields"),
    repeatable=False,
    page=_SECRET,
)
ROLL_BACK_SECRET = PeoplesCall(
    "POST",
    "/api/secrets/{secretId}/rollback",
    Secret,
    body=("version",),
    repeatable=False,
    page=_SECRET,
)
DELETE_SECRET = PeoplesCall(
    "DELETE",
    "/api/secrets/{secretId}",
    NoneType,
    NO_CONTENT,
    repeatable=False,
    page=_SECRET,
)
LIST_VERSIONS = PeoplesCall(
    "GET",
    "/api/secrets/{secretId}/versions",
    Page[SecretVersion],
    query=_PAGED,
    page=_SECRET,
)
LIST_READERS = PeoplesCall(
    "GET",
    "/api/secrets/{secretId}/readers",
    Page[Reader],
    query=(*_PAGED, "q"),
    page=_SECRET,
)

LIST_MACHINES = PeoplesCall(
    "GET",
    "/api/machines",
    Page[Machine],
    query=(*_PAGED, "pending", "state", "enrolledBy", "expired", "q"),
    page="/machines",
)
READ_MACHINE = PeoplesCall("GET", "/api/machines/{machineId}", Machine, page=_MACHINE)
CREATE_REGISTRATION_TOKEN = PeoplesCall(
    "POST",
    "/api/registration-tokens",
    RegistrationToken,
    CREATED,
    repeatable=False,
    page="/machines",
)
APPROVE_MACHINE = PeoplesCall(
    "POST",
    "/api/machines/{machineId}/approve",
    Machine,
    body=("replaces",),
    repeatable=False,
    page=_MACHINE,
)
DENY_MACHINE = PeoplesCall(
    "POST",
    "/api/machines/{machineId}/deny",
    NoneType,
    NO_CONTENT,
    repeatable=False,
    page=_MACHINE,
)
ENABLE_MACHINE = PeoplesCall(
    "POST", "/api/machines/{machineId}/enable", Machine, repeatable=False, page=_MACHINE
)
DISABLE_MACHINE = PeoplesCall(
    "POST", "/api/machines/{machineId}/disable", Machine, repeatable=False, page=_MACHINE
)
REVOKE_MACHINE = PeoplesCall(
    "POST",
    "/api/machines/{machineId}/revoke",
    NoneType,
    NO_CONTENT,
    repeatable=False,
    page=_MACHINE,
)

LIST_ATTACHMENTS = PeoplesCall(
    "GET",
    "/api/projects/{projectId}/machines",
    Page[Attachment],
    query=(*_PAGED, "q"),
    page="/projects/{projectId}/machines",
)
LIST_PROJECTS_OF_MACHINE = PeoplesCall(
    "GET", "/api/machines/{machineId}/projects", Items[Attachment], page=_MACHINE
)
ATTACH_MACHINE = PeoplesCall(
    "PUT",
    "/api/projects/{projectId}/machines/{machineId}",
    Attachment,
    page="/projects/{projectId}/machines",
)
DETACH_MACHINE = PeoplesCall(
    "DELETE",
    "/api/projects/{projectId}/machines/{machineId}",
    NoneType,
    NO_CONTENT,
    repeatable=False,
    page="/projects/{projectId}/machines",
)
LIST_GRANTS = PeoplesCall(
    "GET",
    "/api/projects/{projectId}/machines/{machineId}/grants",
    Grants,
    page="/projects/{projectId}/machines",
)
UPDATE_GRANTS = PeoplesCall(
    "PATCH",
    "/api/projects/{projectId}/grants",
    GrantsChanged,
    body=("changes",),
    page="/projects/{projectId}/access",
)

LIST_ENTRIES = PeoplesCall(
    "GET",
    "/api/audit",
    Page[Entry],
    query=(
        *("action", "severity", "outcome", "actor", "target", "machine", "project", "address"),
        *("q", "since", "until", "order", "limit", "cursor"),
    ),
    page="/audit",
)

LIST_SHARES = PeoplesCall(
    "GET", "/api/shares", Page[Share], query=(*_PAGED, "state", "project", "q"), page="/shares"
)
CREATE_SHARE = PeoplesCall(
    "POST", "/api/shares", NewShare, CREATED, body=_SHARED, repeatable=False, page="/shares"
)
CREATE_PROJECT_SHARE = PeoplesCall(
    "POST",
    "/api/projects/{projectId}/shares",
    NewShare,
    CREATED,
    body=_SHARED,
    repeatable=False,
    page="/shares",
)
REVOKE_SHARE = PeoplesCall(
    "POST", "/api/shares/{shareId}/revoke", Share, repeatable=False, page="/shares"
)

# Before a person has approved the key ---------------------------------------------------------------

CREATE_LOGIN_REQUEST = PeoplesCall(
    "POST",
    "/api/login-requests",
    KeyAsked,
    CREATED,
    body=("publicKey", "hostname", "client", "suggested"),
    repeatable=False,
)
POLL_LOGIN_REQUEST = PeoplesCall("POST", "/api/login-requests/poll", KeyAnswer)
