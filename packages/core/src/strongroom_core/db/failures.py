"""What a database failure means for the caller, in one table by SQLSTATE.

A database that is full, read-only, down or inaccessible to us isn't a defect in our code, and the request can
be retried. SQLSTATE classes decide, so unforeseen states are covered too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

from strongroom_core.db.turns import LONGEST_LOOK
from strongroom_core.kernel.errors import Busy, Invalid, StrongroomError, TooLarge, Unavailable


@dataclass(frozen=True, slots=True)
class Failure:
    """One state of the database: its name in the log, and what to tell the administrator.

    `writes` means that only writes are affected; reads may still work.
    """

    kind: str
    reason: str
    remedy: str
    writes: bool = False

    def error(self, *, unsure: bool = False) -> Unavailable:
        """Return the error to raise for this failure."""
        return Unavailable(reason=self.reason, remedy=self.remedy, unsure=unsure)


AWAY = Failure(
    "away",
    "the database is unreachable",
    "check that PostgreSQL is running, and that its URL is right",
)
SILENT = Failure(
    "silent",
    "the database doesn't respond in time",
    "find out what keeps PostgreSQL and its disk busy",
)
LOGIN_DENIED = Failure(
    "login_denied",
    "the database rejects the login",
    "check the user and password in the URL (write % in a password as %25), that the role has LOGIN, and that"
    " pg_hba.conf allows it",
)
NO_DATABASE = Failure(
    "no_database", "the URL's database doesn't exist", "check the last part of the URL"
)
MISCONFIGURED = Failure(
    "misconfigured",
    "the database URL has an unusable parameter",
    "check the part after ? in the URL, and the files named there",
)
READ_ONLY = Failure(
    "read_only",
    "the database is read-only",
    "if it is a standby now, point the URL at the primary; otherwise check default_transaction_read_only",
    writes=True,
)
DISK_FULL = Failure(
    "disk_full", "the database's disk is full", "free up space on PostgreSQL's disk", writes=True
)
NO_CONNECTION_LEFT = Failure(
    "no_connection_left",
    "the database has no connections left",
    "raise max_connections or the role's limit, or lower STRONGROOM_DATABASE_CONNECTIONS",
)
SHORT_OF_RESOURCES = Failure(
    "short_of_resources",
    "the database is out of memory or another resource",
    "check PostgreSQL's log",
    writes=True,
)
FILES = Failure(
    "files",
    "the database can't use its files",
    "check PostgreSQL's log, and whether its disk is damaged or mounted read-only",
    writes=True,
)
POOLED = Failure(
    "pooled",
    "a connection pooler such as PgBouncer rejects the connection",
    "point the URL at PostgreSQL itself: the server pools its connections",
)
BUSY = Failure("busy", "the database is busy", "check for held locks and slow queries")

_STATES = {
    "08": AWAY,
    "08P01": POOLED,
    "25006": READ_ONLY,
    "25P03": AWAY,
    "25P04": BUSY,
    "28": LOGIN_DENIED,
    "3D000": NO_DATABASE,
    "40": BUSY,
    "53": SHORT_OF_RESOURCES,
    "53100": DISK_FULL,
    "53300": NO_CONNECTION_LEFT,
    "55P03": BUSY,
    "57": AWAY,
    "57014": BUSY,
    "58": FILES,
}
"""The failures by SQLSTATE or by SQLSTATE class, which is the first two characters."""

_OF_STORAGE = frozenset(
    {"buffile.c", "copydir.c", "fd.c", "md.c", "relmapper.c", "slru.c", "xlog.c", "xlogutils.c"}
)
"""PostgreSQL reports 42501 for a missing privilege and, from these source files, a read-only file system."""


TOO_SLOW = (
    f"this takes longer than {LONGEST_LOOK} seconds;"
    " narrow the search, for example to a shorter time range"
)


class UnplannedFailure(RuntimeError):
    """A statement failed unexpectedly, because of a defect in our code or changed privileges.

    Contains the kind of failure and the constraint, for the log, but nothing from the row.
    """

    def __init__(self, error: asyncpg.PostgresError) -> None:
        constraint = getattr(error, "constraint_name", None)
        where = f" by {constraint}" if constraint else ""
        super().__init__(f"the database rejected a statement: {type(error).__name__}{where}")


def failure_of(error: BaseException) -> Failure | None:
    """Return the database's state for a driver's error, or None if the error doesn't indicate one."""
    # asyncpg raises the second error once per statement if a table was changed while this server was running.
    if isinstance(error, (TimeoutError, asyncpg.InvalidCachedStatementError)):
        return BUSY
    if isinstance(error, asyncpg.PostgresError):
        state = str(getattr(error, "sqlstate", None) or "")
        if state == "42501" and getattr(error, "server_source_filename", None) in _OF_STORAGE:
            return FILES
        return _STATES.get(state) or _STATES.get(state[:2])
    if isinstance(error, asyncpg.ClientConfigurationError):
        return MISCONFIGURED
    # asyncpg raises the last two errors if a connection was closed while in use.
    if isinstance(error, (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)):
        return AWAY
    return None


def _ignore(_failure: Failure) -> None:
    pass


class translated:  # noqa: N801 -- reads as a statement
    """Translate the block's PostgreSQL and network errors into our own.

    PostgreSQL's messages quote the offending row (`DETAIL: Key (name)=(…)`), so none of them may be passed
    on.
    """

    def __init__(
        self,
        note: Callable[[Failure], None] = _ignore,
        *,
        reads: bool = False,
        looks: bool = False,
    ) -> None:
        """`note` is called with each state; `reads` means that the transaction is read-only anyway.

        If it `looks`, its statements have a short time limit, and the error says so.
        """
        self._note = note
        self._reads = reads
        self._looks = looks

    def __enter__(self) -> None:
        return

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if error is None or isinstance(error, StrongroomError):
            return
        if self._looks and isinstance(error, asyncpg.QueryCanceledError):
            raise TooLarge(TOO_SLOW) from None
        failure = failure_of(error)
        if failure is READ_ONLY and self._reads:
            failure = None
        if failure is not None:
            self._note(failure)
            if failure is BUSY:
                raise Busy from None
            raise failure.error() from None
        if isinstance(error, asyncpg.DataError):
            raise Invalid("the request contains text or a number that can't be stored") from None
        if isinstance(error, asyncpg.PostgresError):
            raise UnplannedFailure(error) from None
