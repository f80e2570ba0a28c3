"""The views that the keys feature returns."""

from datetime import datetime
from enum import StrEnum

from strongroom_core.kernel.ids import KeyId, VaultId
from strongroom_core.kernel.view import View


class KeyAsked(View):
    """A request for a key. A person enters `code` at `url`; `link` is the same page with the code filled in.

    The program polls every `poll_seconds`, with requests that its key signs under the request's `id`.
    """

    id: str
    code: str
    url: str
    link: str
    fingerprint: str
    poll_seconds: int
    expires_at: datetime


class KeyView(View):
    """A person's key. Without `projects`, it isn't limited to any."""

    id: KeyId
    name: str
    hostname: str
    client: str
    fingerprint: str
    vault_id: VaultId
    vault_name: str
    looking: bool
    projects: list[str] | None
    created_at: datetime
    created_from: str
    expires_at: datetime
    last_used_at: datetime | None
    last_used_from: str | None
    last_used_country: str | None


class OwnKey(View):
    """What a program needs to know about its key: whose it is, for which vault and server, and until when."""

    id: KeyId
    name: str
    username: str
    vault_id: VaultId
    vault_name: str
    server: str
    looking: bool
    projects: list[str] | None
    expires_at: datetime


class Answered(StrEnum):
    """The status of a request for a key."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"


class KeyAnswer(View):
    """The answer to a poll. `key` is set once a person has approved the request."""

    status: Answered
    key: OwnKey | None


class FoundRequest(View):
    """A request for a key, as shown to the person who entered its code.

    `other_address` and `other_country` are true if the program's differ from this person's.
    """

    id: str
    code: str
    hostname: str
    client: str
    fingerprint: str
    address: str
    country: str | None
    own_address: str
    own_country: str | None
    other_address: bool
    other_country: bool
    created_at: datetime
    expires_at: datetime
