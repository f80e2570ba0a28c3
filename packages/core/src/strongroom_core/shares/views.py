"""The views that shares and drop boxes return."""

from datetime import datetime
from enum import StrEnum

from strongroom_core.kernel.view import View


class ShareKind(StrEnum):
    """The kind of a share's content."""

    TEXT = "text"
    FILE = "file"


class ShareState(StrEnum):
    """A share's state: pending until it ends in one of the other four."""

    PENDING = "pending"
    OPENED = "opened"
    DESTROYED = "destroyed"
    """Deleted after too many wrong passphrases."""
    EXPIRED = "expired"
    REVOKED = "revoked"


class DropBoxState(StrEnum):
    """A drop box's state: pending until it ends in one of the other three."""

    PENDING = "pending"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


class ShareView(View):
    """A share. `ended_at` is when it was opened, destroyed or revoked, or when it expired.

    `ended_from` is the address from which it was opened or destroyed, and `ended_country` its country.
    """

    id: str
    label: str | None
    kind: ShareKind
    state: ShareState
    project_id: str | None
    project_name: str | None
    tries: int
    tries_left: int
    created_by: str
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_from: str | None
    ended_country: str | None
    mine: bool


class ShareCounts(View):
    """The number of shares in each state."""

    pending: int
    opened: int
    destroyed: int
    expired: int
    revoked: int


class NewShare(View):
    """A new share, with the two parts of its link and its passphrase. They are returned only once."""

    share: ShareView
    locator: str
    key: str
    passphrase: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class OpenedShare(View, omit_defaults=True):
    """A share's content: a text value, or a file's name and its content in base64 (WIRE 3)."""

    value: str | None = None
    filename: str | None = None
    base64: str | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class DropBoxView(View):
    """A secret's drop box. `ended_from` is the address from which it was used."""

    id: str
    secret_id: str
    state: DropBoxState
    created_by: str
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_from: str | None


class NewDropBox(View):
    """A new drop box, with the two parts of its link. They are returned only once."""

    drop_box: DropBoxView
    locator: str
    key: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"
