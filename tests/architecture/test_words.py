"""Texts are plain English, without the words that made ours read like a translation."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

WORDS = {
    "anew": "again",
    "whoever": "anyone who, or name them",
    "whosoever": "anyone who",
    "shall": "will, should or can",
    "is told": "gets, sees, is notified",
    "are told": "get, see, are notified",
    "had back": "restored",
    "hangs? on": "depends on, belongs to",
    "holds? from": "takes effect",
    "of its own": "its own, separate",
    "of their own": "their own, separate",
    "so be it": "leave it out",
    "stands for itself": "is taken literally",
    "stands for": "is, means",
    "on the record": "in the audit log",
    "the record": "the audit log",
    "rims?": "adapters",
    "strangers?": "unknown clients",
    "log-ins?": "sign in, sign-in; login for a database role",
    "print-?outs?": "output",
    "set-up": "setup",
    "e-mails?": "email",
}
"""Words to avoid, and what to write instead."""

EXCEPTIONS: dict[str, set[str]] = {}
"""Files in which a word is right or isn't ours to change. A page that needs many is badly written."""

_CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(r"`[^`\n]+`|https?://\S+")
# Rows that name a file follow the code, whose words may still change.
_MAP_ROW = re.compile(r"^\|.*`(?:packages|apps|tests|e2e)/.*$", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|\s)# .*$", re.MULTILINE)


def find(text: str) -> list[str]:
    """Return the listed words that occur in a text, with repetitions."""
    plain = " ".join(text.split())
    return [
        word
        for word in WORDS
        for _ in re.findall(rf"(?<![\w-]){word}(?![\w-])", plain, re.IGNORECASE)
    ]


def _tracked(*patterns: str) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", *patterns], capture_output=True, text=True, check=True
    ).stdout
    return listed.splitlines()


def texts() -> Iterator[tuple[str, str]]:
    """Yield each file's name and its text for people, without quotations."""
    for name in _tracked("*.md", "deploy/*"):
        text = _MAP_ROW.sub("", _CODE_BLOCK.sub("", Path(name).read_text()))
        yield name, _QUOTED.sub("", text)
    for name in _tracked("packages/*.py", "apps/*.py"):
        yield name, "\n".join(_said_in(Path(name).read_text()))
    for name in _tracked("tests/*.py", "e2e/*.py", "benchmarks/*.py"):
        yield name, "\n".join(_prose_in(Path(name).read_text()))
    for name in _tracked("apps/*.js", "packages/*.sql"):
        yield name, Path(name).read_text()


def _said_in(source: str) -> list[str]:
    """Return every text in a module: docstrings, other strings, comments."""
    strings = [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [*strings, *_COMMENT.findall(source)]


def _prose_in(source: str) -> list[str]:
    """Return a module's docstrings and comments. Other strings in a test may be examples."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]
    return [*(ast.get_docstring(node) or "" for node in nodes), *_COMMENT.findall(source)]


def test_texts_are_plain_english() -> None:
    """No text contains a listed word, so that readers find plain sentences and standard terms."""
    found = {
        f"{name}: {word} (write: {WORDS[word]})"
        for name, text in texts()
        for word in find(text)
        if word not in EXCEPTIONS.get(name, set())
    }

    assert found == set()


def test_every_exception_is_needed() -> None:
    """Every exception is needed; an unneeded one would hide the next mistake."""
    have = {name: set(find(text)) for name, text in texts()}
    unused = {
        f"{name}: {word}"
        for name, words in EXCEPTIONS.items()
        if words != set(WORDS)
        for word in words - have[name]
    }

    assert unused == set()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It begins anew.", ["anew"]),
        ("Whoever asks\nis told so.", ["whoever", "is told"]),
        ("A log-in, and two log-ins.", ["log-ins?", "log-ins?"]),
        ("renewed, shallow, a trim, primary", []),
    ],
)
def test_the_words_are_found(text: str, words: list[str]) -> None:
    """Words are found in any case and across line breaks, but not inside other words."""
    assert find(text) == words


def test_docstrings_texts_and_comments_are_read() -> None:
    """Docstrings, texts in code, and comments are all read."""
    said = " ".join(_said_in('"""Docstring."""\nx = "shown"  # comment\ny = f"{x} here"'))

    assert all(word in said for word in ("Docstring", "shown", "comment", "here"))
