"""An email's two versions say the same, and what people typed stays plain text."""

from __future__ import annotations

import re
import string
from datetime import UTC, datetime
from email.message import EmailMessage
from uuid import UUID

import pytest

from strongroom_core.mail.kinds import HAVE_ONE, WORDS, MailKind, Words
from strongroom_core.mail.render import Envelope, plain, render
from strongroom_testkit.mail_server import html_of, text_of

URL = "https://vault.example.org"
LINK = f"{URL}/verify#srl_token"
AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


def made(words: Words, facts: dict[str, str], *, to: str = "ada@example.net") -> EmailMessage:
    envelope = Envelope(UUID(int=1), AT, "strongroom@example.org", to)
    link = LINK if words.button else None
    return render(envelope, words, facts, public_url=URL, link=link)


def facts_of(words: Words) -> dict[str, str]:
    texts = " ".join((words.subject, *words.paragraphs, *words.after))
    names = {name for _, name, _, _ in string.Formatter().parse(texts) if name}
    return {name: f"the-{name}" for name in names}


@pytest.mark.parametrize("words", [*WORDS.values(), HAVE_ONE], ids=lambda each: each.subject)
def test_both_versions_say_the_same(words: Words) -> None:
    """A-1: each kind of email has a text and an HTML version with the same sentences and the same link."""
    message = made(words, facts_of(words))
    text = " ".join(text_of(message).split())
    html = " ".join(re.sub(r"<[^>]+>", " ", html_of(message)).replace("&#39;", "'").split())
    filled = {**facts_of(words), "server": "vault.example.org"}

    for each in (*words.paragraphs, *words.after):
        assert each.format_map(filled) in text
        assert each.format_map(filled) in html
    assert (LINK in text) == (f'href="{LINK}"' in html_of(message)) == (words.button is not None)
    assert message["To"] == "ada@example.net"
    assert message["Auto-Submitted"] == "auto-generated"


def test_every_kind_has_words() -> None:
    """A-1: only kinds of email that the worker can send can be queued."""
    assert set(WORDS) == set(MailKind)


@pytest.mark.parametrize(
    "typed",
    ["ada\r\nBcc: eve@example.net", "ada\nSubject: other", "ada\x0bX: y", "a\u2028b", "a\x00b"],
)
def test_a_name_cannot_add_a_header(typed: str) -> None:
    """A-1: any line breaks in what people typed become spaces, even in the subject."""
    words = Words(subject="About {username}", paragraphs=("Hello {username}.",))
    message = made(words, {"username": typed})

    assert set(message.keys()) == {
        "Subject",
        "From",
        "To",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    }
    assert message["Subject"].startswith("About a")
    assert message["Bcc"] is None
    assert len(message.get_all("Subject", [])) == 1


@pytest.mark.parametrize("to", ["ada@example.net\r\nBcc: eve@example.net", "ada@example.net\nX: y"])
def test_an_address_cannot_add_a_header(to: str) -> None:
    """A-1: no message is built for an address with a line break."""
    with pytest.raises(ValueError, match=r"CR or LF|invalid|linefeed"):
        made(WORDS[MailKind.TEST], {}, to=to)


def test_names_do_not_become_links_or_markup() -> None:
    """A-1: what people typed is escaped in HTML, and isn't recognized as a link by mail programs."""
    words = WORDS[MailKind.SIGN_UP]
    message = made(words, {"username": "<b>https://evil.example/x www.evil.example"})

    assert "<b>" not in html_of(message)
    assert "&lt;b&gt;" in html_of(message)
    for body in (text_of(message), html_of(message)):
        assert "https://evil" not in body
        assert "www.evil" not in body


def test_long_names_are_cut() -> None:
    """A-1: nobody can fill an email with a long name."""
    assert len(plain("x" * 5000)) == 200
