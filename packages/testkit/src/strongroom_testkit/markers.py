"""Secret values that can be found wherever they leak.

Every value, password and token in a test is unique and recorded here. At the end of a run, dumps, folders and
logs can be searched for all of them, in every form that they could take.
"""

import base64
import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from ahocorasick_rs import BytesAhoCorasick

from strongroom_core.crypto.random import random_bytes

GZIP = b"\x1f\x8b"


class Markers:
    """The secrets of one run."""

    def __init__(self) -> None:
        self._noted: set[str] = set()

    def value(self, hint: str = "value") -> str:
        """Return and record a new secret value."""
        return self.note(f"MARKER-{hint}-{random_bytes(9).hex()}")

    def password(self) -> str:
        """Return and record a new valid password."""
        return self.note(f"marker pass {random_bytes(9).hex()} phrase")

    def note(self, secret: str) -> str:
        """Record a secret generated elsewhere, such as a token, and return it."""
        self._noted.add(secret)
        return secret

    @property
    def noted(self) -> frozenset[str]:
        """All secrets of the run."""
        return frozenset(self._noted)

    def save(self, path: Path) -> None:
        """Append the recorded secrets to a file, so that another process can search for them."""
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{secret.encode().hex()}\n" for secret in sorted(self._noted))

    @staticmethod
    def load(path: Path) -> frozenset[str]:
        """Read what `save` wrote."""
        return frozenset(
            bytes.fromhex(line).decode() for line in path.read_text().splitlines() if line
        )


def forms_of(secret: str) -> Iterator[tuple[str, bytes]]:
    """Yield the forms that a leaked secret can have: plain, base64 at three offsets, hex, UTF-16, URL."""
    plain = secret.encode()
    yield "plain", plain
    yield "utf-16", secret.encode("utf-16-le")
    yield "hex", plain.hex().encode()
    yield "HEX", plain.hex().upper().encode()
    yield "url", quote(secret, safe="").encode()
    for offset in range(3):
        padded = b"\0" * offset + plain
        # The characters at both ends also contain bits of adjacent data.
        inner = base64.b64encode(padded)[(offset * 8 + 5) // 6 : (len(padded) * 8) // 6]
        yield f"base64+{offset}", inner
        yield f"base64url+{offset}", inner.translate(bytes.maketrans(b"+/", b"-_"))


def search(paths: Iterable[Path], secrets: Iterable[str]) -> list[str]:
    """Search files and folders for secrets; return one line per hit, without the secret."""
    needles = _Needles(secrets)
    hits: list[str] = []
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and not file.is_symlink():
                hits += [f"{file}: {form}" for form in needles.found_in(file)]
    return hits


class _Needles:
    """All forms of all secrets, for finding them in one pass over each file (Aho–Corasick).

    Searching for one form at a time would take too long: a run has thousands of forms and gigabytes to
    search.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        labelled = {
            needle: f"secret {number} as {form}"
            for number, secret in enumerate(secrets)
            for form, needle in forms_of(secret)
        }
        self._labels = list(labelled.values())
        self._automaton = BytesAhoCorasick(list(labelled))

    def found_in(self, file: Path) -> list[str]:
        data = file.read_bytes()
        if data[:2] == GZIP:
            data += gzip.decompress(data)
        matches = self._automaton.find_matches_as_indexes(data)
        return list(dict.fromkeys(self._labels[index] for index, _, _ in matches))
