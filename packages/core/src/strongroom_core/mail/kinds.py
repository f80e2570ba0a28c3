"""The kinds of email, with their texts and links.

The text and HTML versions are rendered from the same words, so that they can't differ. The facts in braces
come from `put_mail`; the renderer adds `server`, the hostname of the public URL.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from strongroom_core.mail.link import Purpose


class MailKind(StrEnum):
    """The kinds of email that can be queued."""

    SIGN_UP = "sign_up"
    RESET = "reset"
    INVITATION = "invitation"
    CHANGE_EMAIL = "change_email"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_CHANGED = "password_changed"
    NEW_DEVICE = "new_device"
    NEW_KEY = "new_key"
    ACCOUNT_CLOSED = "account_closed"
    ALERT = "alert"
    ALERT_DIGEST = "alert_digest"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What an email says. `button` is the text of its link, and `after` is the text after the link.

    `page` can contain the email's subject in braces. `longest_wait` is the longest time between attempts.
    With `lines`, the facts whose names begin with `line` are separate paragraphs, in order.
    """

    subject: str
    paragraphs: tuple[str, ...]
    button: str | None = None
    after: tuple[str, ...] = ()
    purpose: Purpose | None = None
    page: str | None = None
    patience: timedelta = timedelta(hours=24)
    longest_wait: timedelta = timedelta(hours=1)
    lines: bool = False


_IGNORE = "If you didn't request this, ignore this email. Nothing will change."

WORDS = {
    MailKind.SIGN_UP: Words(
        subject="Confirm your email address",
        paragraphs=(
            "Someone signed up at {server} with this email address and the username {username}.",
            "If it was you, confirm the address within 24 hours.",
        ),
        button="Confirm my address",
        after=("If it wasn't you, ignore this email. No account will be created.",),
        purpose=Purpose.VERIFY,
    ),
    MailKind.RESET: Words(
        subject="Choose a new password",
        paragraphs=(
            "Someone requested a new password for the account with this email address at {server}.",
            "The link works once, for 15 minutes. It doesn't replace your second factor.",
        ),
        button="Choose a new password",
        after=(_IGNORE,),
        purpose=Purpose.RESET,
        patience=timedelta(hours=1),
    ),
    MailKind.INVITATION: Words(
        subject="Invitation to {vault}",
        paragraphs=(
            "{inviter} invites you to the vault {vault} at {server}, with the role {role}.",
            "The invitation is for this email address, and expires on {until}.",
            "If this address has no account yet, sign up with the link first.",
        ),
        button="Open the invitation",
        after=("If you don't want to join, decline the invitation or ignore this email.",),
        patience=timedelta(days=3),
    ),
    MailKind.CHANGE_EMAIL: Words(
        subject="Confirm your new email address",
        paragraphs=(
            "{username} at {server} wants to use this email address.",
            "If it was you, confirm the address within 24 hours. Until then, the old address stays in use.",
        ),
        button="Confirm my new address",
        after=(_IGNORE,),
        purpose=Purpose.EMAIL,
    ),
    MailKind.EMAIL_CHANGED: Words(
        subject="Your email address was changed",
        paragraphs=(
            (
                "The account {username} at {server} now has a different email address."
                " It was changed at {at}, from the address {address}."
            ),
            "If it wasn't you, tell this server's administrator immediately.",
        ),
    ),
    MailKind.PASSWORD_CHANGED: Words(
        subject="Your password was changed",
        paragraphs=(
            (
                "The password of the account {username} at {server} was changed at {at},"
                " from the address {address}. All other sessions have ended."
            ),
            "If it wasn't you, choose a new password immediately.",
        ),
        button="Choose a new password",
        page="/forgot",
    ),
    MailKind.NEW_DEVICE: Words(
        subject="New sign-in to your account",
        paragraphs=(
            "Someone signed in to the account {username} at {server} from a new browser.",
            "Time: {at}",
            "Address: {address}",
            "Browser: {browser}",
            "If it was you, you don't need to do anything.",
        ),
        button="That wasn't me",
        after=(
            "The link ends that session and all others. After that, you need a new password to sign in.",
        ),
        purpose=Purpose.NOT_ME,
    ),
    MailKind.NEW_KEY: Words(
        subject="New key for your account",
        paragraphs=(
            "A program can now act for the account {username} at {server}, in the vault {vault}.",
            "Time: {at}",
            "Host: {hostname}",
            "Address: {address}",
            "Fingerprint: {fingerprint}",
            "If you approved it, you don't need to do anything.",
        ),
        button="Show my keys",
        page="/security",
        after=(
            "If you didn't, revoke the key there, and change your password: someone else is signed in.",
        ),
    ),
    MailKind.ACCOUNT_CLOSED: Words(
        subject="Your account was closed",
        paragraphs=(
            ("The account {username} at {server} was closed at {at}, from the address {address}."),
            "If it wasn't you, tell this server's administrator immediately.",
        ),
    ),
    MailKind.ALERT: Words(
        subject="{severity}: {headline}",
        paragraphs=(
            "{sentence}",
            "Time: {at}",
            "Actor: {actor}",
            "Object: {target}",
            "Address: {address}",
            "Vault: {vault}",
        ),
        button="Open the event",
        page="/audit?entry={subject}",
        after=("To choose which events cause an email, go to Alerts.",),
        patience=timedelta(days=3),
        longest_wait=timedelta(minutes=4),
    ),
    MailKind.ALERT_DIGEST: Words(
        subject="{alerts} in {vault}",
        paragraphs=("These events caused alerts:",),
        lines=True,
        button="Open the audit log",
        page="/audit",
        after=("To choose which events cause an email, go to Alerts.",),
        patience=timedelta(days=3),
    ),
    MailKind.TEST: Words(
        subject="Test email",
        paragraphs=("This email shows that {server} can send emails.",),
    ),
}

HAVE_ONE = Words(
    subject="You already have an account",
    paragraphs=(
        "Someone signed up at {server} with this email address, which already has an account.",
        "If it was you, sign in. If you have forgotten your password, choose a new one.",
    ),
    button="Choose a new password",
    page="/forgot",
    after=("If it wasn't you, ignore this email. Nothing has changed.",),
)
"""The text of a sign-up email if the address already has an account. Only its recipient learns this (A-7)."""
