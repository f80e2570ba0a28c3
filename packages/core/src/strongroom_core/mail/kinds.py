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
    FACTORS_CHANGED = "factors_changed"
    RECOVERY_STARTED = "recovery_started"
    RECOVERY_NOTICE = "recovery_notice"
    RECOVERY_CANCELED = "recovery_canceled"
    RECOVERY_DONE = "recovery_done"
    ACCOUNT_CLOSED = "account_closed"
    ALERT = "alert"
    ALERT_DIGEST = "alert_digest"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What an email says. `button` is the text of its link, and `after` is the text after the link.

    `page` can contain the email's subject and vault in braces. `longest_wait` is the longest time between
    attempts. With `lines`, the facts whose names begin with `line` are separate paragraphs, in order.
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

_UNDOES = (
    "The link ends all sessions and stops the password from working. Sign-in methods that were added in that"
    " session and a change of the email address are undone 24 hours later."
)

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
            "If it was you, you don't need to do anything.",
        ),
        button="That wasn't me",
        after=(_UNDOES,),
        purpose=Purpose.NOT_ME,
    ),
    MailKind.PASSWORD_CHANGED: Words(
        subject="Your password was changed",
        paragraphs=(
            (
                "The password of the account {username} at {server} was changed at {at},"
                " from the address {address}. All other sessions have ended."
            ),
            "If it was you, you don't need to do anything.",
        ),
        button="That wasn't me",
        after=(_UNDOES,),
        purpose=Purpose.NOT_ME,
    ),
    MailKind.FACTORS_CHANGED: Words(
        subject="Your sign-in methods were changed",
        paragraphs=(
            (
                "The sign-in methods of the account {username} at {server} were changed at {at},"
                " from the address {address}: {change}."
            ),
            "If it was you, you don't need to do anything.",
        ),
        button="That wasn't me",
        after=(_UNDOES,),
        purpose=Purpose.NOT_ME,
    ),
    MailKind.RECOVERY_STARTED: Words(
        subject="Your account is being recovered",
        paragraphs=(
            "Recovery of the account {username} at {server} was started at {at}.",
            "At {due}, {effect}. You don't need to do anything if you asked for this.",
        ),
        button="Cancel the recovery",
        after=("If you didn't ask for this, cancel it, and tell this server's administrator.",),
        purpose=Purpose.CANCEL_RECOVERY,
    ),
    MailKind.RECOVERY_NOTICE: Words(
        subject="Your account is being recovered",
        paragraphs=(
            "Recovery of the account {username} at {server} was started at {at}.",
            "At {due}, {effect}.",
            "If you didn't ask for this, tell this server's administrator immediately.",
        ),
    ),
    MailKind.RECOVERY_CANCELED: Words(
        subject="The recovery of your account was canceled",
        paragraphs=(
            "The recovery of the account {username} at {server} was canceled at {at}.",
            "If it wasn't you, tell this server's administrator.",
        ),
    ),
    MailKind.RECOVERY_DONE: Words(
        subject="Your account was recovered",
        paragraphs=(
            "The recovery of the account {username} at {server} ended at {at}. All sessions have ended.",
            "Sign in with your password, or choose a new one. Then add a second factor under Your security.",
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
        after=(_UNDOES,),
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
        button="That wasn't me",
        after=("The link ends all keys.", _UNDOES),
        purpose=Purpose.NOT_ME,
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
        page="/audit?entry={subject}&vault={vault}",
        after=("To choose which events send an email, go to Alerts.",),
        patience=timedelta(days=3),
        longest_wait=timedelta(minutes=4),
    ),
    MailKind.ALERT_DIGEST: Words(
        subject="{alerts} in {vault}",
        paragraphs=("These events caused alerts:",),
        lines=True,
        button="Open the audit log",
        page="/audit?vault={vault}",
        after=("To choose which events send an email, go to Alerts.",),
        patience=timedelta(days=3),
        longest_wait=timedelta(minutes=4),
    ),
    MailKind.TEST: Words(
        subject="Test email",
        paragraphs=("This email shows that {server} can send emails.",),
    ),
}

ADMINISTRATOR = "If it wasn't you, tell this server's administrator immediately."
"""The text in place of the link *That wasn't me*, for an address that can't undo anything."""

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
