"""The content of a share: text or one file, at most 100 KB."""

from __future__ import annotations

import base64
import binascii

import msgspec

from strongroom_core.kernel.errors import IntegrityFailure, Invalid
from strongroom_core.kernel.names import require_name
from strongroom_core.kernel.plaintext import Plaintext
from strongroom_core.secrets.generate import Recipe, generate
from strongroom_core.shares.views import OpenedShare, ShareKind

MOST_BYTES = 100 * 1000
FILE_NAME_LENGTH = 255


class NewContent(msgspec.Struct, kw_only=True, frozen=True):
    """A new share's content: exactly one of text, a file in base64, and settings for a generated value."""

    text: str | None = None
    file_name: str | None = None
    file_content: str | None = None
    recipe: Recipe | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class _File(msgspec.Struct, frozen=True):
    name: str
    content: bytes


def plaintext_of(content: NewContent) -> tuple[ShareKind, Plaintext]:
    """Return the bytes to encrypt. Raises `Invalid` for none, several, empty content, or more than 100 KB."""
    given = [content.text, content.file_content, content.recipe]
    if sum(each is not None for each in given) != 1:
        raise Invalid(
            "pass exactly one: a value, a file, or settings for a generated value", field="value"
        )
    if content.recipe is not None:
        return ShareKind.TEXT, generate(content.recipe)
    if content.file_content is not None:
        return ShareKind.FILE, _file(content.file_name or "", content.file_content)
    return ShareKind.TEXT, Plaintext(_text(content.text or ""))


def opened(kind: ShareKind, plaintext: Plaintext) -> OpenedShare:
    """Return decrypted content for the recipient."""
    raw = plaintext.reveal()
    if kind is ShareKind.TEXT:
        return OpenedShare(value=raw.decode())
    try:
        file = msgspec.msgpack.decode(raw, type=_File)
    except msgspec.DecodeError:
        raise IntegrityFailure from None
    return OpenedShare(filename=file.name, base64=base64.b64encode(file.content).decode())


def _text(text: str) -> bytes:
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise Invalid("the value isn't valid Unicode", field="value") from None
    return _bounded(encoded, "value")


def _file(name: str, content: str) -> Plaintext:
    require_name(name, field="fileName", most=FILE_NAME_LENGTH)
    if "/" in name or "\\" in name:
        raise Invalid("fileName must be a name without folders", field="fileName")
    try:
        raw = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("fileContent must be base64", field="fileContent") from None
    return Plaintext(msgspec.msgpack.encode(_File(name, _bounded(raw, "fileContent"))))


def _bounded(raw: bytes, field: str) -> bytes:
    if not raw:
        raise Invalid("there is nothing to share; enter a value", field=field)
    if len(raw) > MOST_BYTES:
        raise Invalid(
            f"a share can contain at most {MOST_BYTES:,} bytes, and this is {len(raw):,}",
            field=field,
        )
    return raw
