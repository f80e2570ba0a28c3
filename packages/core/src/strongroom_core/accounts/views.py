"""The views that the accounts feature returns."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from strongroom_core.access.entry import Detail, Outcome, Severity
from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.view import View


class SetUp(View):
    """The administrator's account and the personal vault created with it."""

    username: str
    vault_id: VaultId


class Asked(View):
    """What a person without a session should do next. `sent` is true if this server sends emails."""

    sent: bool
    next: str


class EmailAsked(Asked):
    """What to do next to change an email address. `link` is set only if the server doesn't send email."""

    link: str | None


class AccountView(View):
    """A person's own account. `sends_mail` is true if this server sends emails.

    `recovery_due_at` is when its recovery ends, if one has been started.
    """

    email: str
    username: str
    operator: bool
    sends_mail: bool
    created_at: datetime
    recovery_due_at: datetime | None


class VaultLeft(View):
    """A vault that would be left without an owner, and how many machines would stop working."""

    id: VaultId
    name: str
    machines: int


class Closing(View):
    """The vaults that would be left without an owner if the account were closed."""

    vaults: list[VaultLeft]


class Renamed(View):
    """The account that was changed, by its current username."""

    username: str


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A new session. Both tokens go into cookies and nowhere else."""

    username: str
    vault: VaultId
    expires_at: datetime
    token: str = field(repr=False)
    device_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FactorNeeded:
    """A sign-in that needs a second factor, and its kinds. The token goes into a cookie."""

    methods: list[str]
    token: str = field(repr=False)


class SessionView(View):
    """Who is signed in, and in which vault they act."""

    username: str
    vault_id: VaultId
    vault_name: str
    operator: bool
    authenticated_at: datetime
    expires_at: datetime
    second_factors: list[str]
    """The kinds of second factor that the person has: `code`, `passkey`."""


@dataclass(frozen=True, slots=True)
class SteppedUp:
    """A confirmed identity; the session continues with a new token."""

    authenticated_at: datetime
    expires_at: datetime
    token: str = field(repr=False)


class OwnSession(View):
    """One of the person's sessions. `browser` is what the client called itself; `current` is this session."""

    id: str
    browser: str
    address: str
    country: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    second_factor: bool
    current: bool


class SessionsEnded(View):
    """How many sessions have ended."""

    ended: int


class DeviceView(View):
    """A browser with which the person has signed in. Other clients' failures can't lock it out."""

    id: str
    browser: str
    address: str
    country: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


class PasskeyView(View):
    """A passkey. `copied_at` is when its counter went back. After that, it isn't accepted anymore."""

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None
    copied_at: datetime | None


class Requirement(View):
    """Whether one of the person's vaults requires a second factor."""

    vault_id: str
    vault_name: str
    second_factor: bool


class VaultRequirement(View):
    """Whether the vault requires a second factor."""

    required: bool


class FactorsView(View):
    """How the person can sign in, besides their password. `app_added_at` is None if there is no app."""

    second_factor: bool
    app_added_at: datetime | None
    app_used_at: datetime | None
    recovery_codes_left: int
    passkeys: list[PasskeyView]
    passkeys_possible: bool
    vaults: list[Requirement]


@dataclass(frozen=True, slots=True)
class NewApp:
    """The secret of an authenticator app, which is shown once: as text, and as the link in a QR code."""

    secret: str = field(repr=False)
    link: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FactorChanged:
    """The result of changing a factor: the session's new token, and new recovery codes, if any."""

    token: str = field(repr=False)
    codes: list[str] = field(repr=False)


class AccountEvent(View):
    """An event about the person's account."""

    id: UUID
    at: datetime
    action: str
    severity: Severity
    outcome: Outcome
    reason: str | None
    actor_kind: str
    actor_name: str
    target_kind: str | None
    target_id: str | None
    target_name: str | None
    address: str
    country: str | None
    detail: Detail
