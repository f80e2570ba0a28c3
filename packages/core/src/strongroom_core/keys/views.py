"""The views that the keys feature returns."""

from datetime import datetime
from enum import StrEnum

from strongroom_core.kernel.ids import KeyId, ProjectId, VaultId
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


class SuggestedKey(View):
    """What a program suggests for its key. What it didn't suggest is null.

    `vault` is what the program calls it, and `vault_id` that vault of this person, if there is one.
    `other_vault` tells that the session is in another vault, and `unknown_vault` that the person has none of
    this name. `projects` are those that the person can see in the session's vault, and `unknown_projects`
    what the program calls the others.
    """

    name: str | None
    lifetime_seconds: int | None
    looking: bool
    vault: str | None
    vault_id: VaultId | None
    other_vault: bool
    unknown_vault: bool
    projects: list[ProjectId] | None
    unknown_projects: list[str]


class FoundRequest(View):
    """A request for a key, as shown to the person who entered its code.

    `other_address` and `other_country` are true if the program's differ from this person's. `suggested` fills
    in the form; only what is sent with the approval decides what the key can do.
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
    suggested: SuggestedKey
    created_at: datetime
    expires_at: datetime
