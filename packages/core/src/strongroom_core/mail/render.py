"""Builds an email's message, as text and HTML, from the words of its kind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from strongroom_core.mail.kinds import Words

FACT_LENGTH = 200

_SENDER = "Strongroom"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")

_PAGES = Environment(
    loader=PackageLoader("strongroom_core.mail"),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The email's ID, time, sender and recipient."""

    id: UUID
    at: datetime
    sender: str
    recipient: str


def render(
    envelope: Envelope,
    words: Words,
    facts: Mapping[str, str],
    *,
    public_url: str,
    link: str | None,
) -> EmailMessage:
    """Return the message. `facts` may contain anything that people typed; they become plain text.

    Raises `ValueError` for an address that could add a header.
    """
    server = urlsplit(public_url).netloc
    known = {name: plain(text) for name, text in facts.items()} | {"server": server}
    subject = plain(words.subject.format_map(known))
    lines = sorted(name for name in known if words.lines and name.startswith("line"))
    parts = {
        "subject": subject,
        "paragraphs": [
            *(each.format_map(known) for each in words.paragraphs),
            *(known[name] for name in lines),
        ],
        "after": [each.format_map(known) for each in words.after],
        "button": words.button,
        "link": link,
        "server": server,
    }
    ascii_only = envelope.recipient.isascii() and envelope.sender.isascii()
    message = EmailMessage(policy=SMTP if ascii_only else SMTPUTF8)
    message["Subject"] = subject
    message["From"] = Address(_SENDER, addr_spec=envelope.sender)
    message["To"] = Address(addr_spec=envelope.recipient)
    message["Date"] = format_datetime(envelope.at)
    message["Message-ID"] = f"<{envelope.id}@{envelope.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_PAGES.get_template("mail.txt").render(parts))
    message.add_alternative(_PAGES.get_template("mail.html").render(parts), subtype="html")
    return message


def plain(text: str) -> str:
    """Return text that people typed as one line that mail programs don't turn into a link.

    Otherwise, a name could add someone else's link to our email.
    """
    line = _CONTROL.sub(" ", text)[:FACT_LENGTH].strip()
    return re.sub(r"(?i)\bwww\.", "www[.]", line.replace("://", "[:]//"))
