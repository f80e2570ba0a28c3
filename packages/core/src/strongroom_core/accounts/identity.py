"""Email addresses and usernames: which are valid, and their canonical form."""

import re
import unicodedata

from strongroom_core.kernel.errors import Invalid

_USERNAME = re.compile(r"[a-z0-9._-]{3,32}", re.IGNORECASE | re.ASCII)
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,185}")


EMAIL_LENGTH = 254
"""RFC 5321's limit for an address, and the column's limit for a folded address."""


def fold(text: str) -> str:
    """Return the one form in which accounts are compared, counted and looked up.

    If two places used different forms, a lockout could be bypassed (CVE-2025-6004).
    """
    return unicodedata.normalize("NFKC", text).casefold().strip()


def as_looked_up(email: str) -> str:
    """Return the folded address, or an empty one for text that can't be an account's address.

    An attempt with such text must cost as much and count the same as any other, and must not fail in the
    database.
    """
    folded = fold(email)[:EMAIL_LENGTH]
    try:
        folded.encode()
    except UnicodeEncodeError:
        return ""
    return "" if "\0" in folded else folded


def require_email(text: str) -> str:
    """Return the address without surrounding spaces. Raises `Invalid` if it can't be one.

    Only a delivered email proves that an address exists, so only RFC 5321's limits are checked. Addresses are
    compared by their folded form, in which `straße.example` equals `strasse.example`, although these are two
    domains. So only addresses that folding changes no more than lower-case letters would are accepted.
    """
    address = unicodedata.normalize("NFC", text.strip())
    fits = _EMAIL.fullmatch(address) and len(fold(address)) <= EMAIL_LENGTH
    if not fits or not address.isprintable():
        raise Invalid("enter a valid email, such as ada@example.org", field="email")
    if fold(address) != address.lower():
        raise Invalid(
            "this email contains a character that can be mistaken for another one, such as ß for ss; use an"
            " address without it",
            field="email",
        )
    return address


def require_username(text: str) -> str:
    """Return the username. Raises `Invalid` unless it is 3–32 characters: a-z, 0-9, `.`, `_` or `-`."""
    if not _USERNAME.fullmatch(text):
        raise Invalid("username must be 3–32 characters: a-z, 0-9, . _ and -", field="username")
    return text
