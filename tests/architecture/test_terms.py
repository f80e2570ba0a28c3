"""Screens, README and guides use one word for each thing: the glossary's."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

DASHBOARD = Path("apps/dashboard/src/strongroom_dashboard")

SYNONYMS = {
    "access": r"may (?:not )?read|let (?:it|them) read",
    "administrator": r"operator",
    "audit log": r"(?:the|on) record\b(?!ed)",
    "create": r"ma(?:ke|de) (?:a|an|the|your) (?:account|command|key|machine|project|secret|token)",
    "denied": r"refus(?:e|es|ed|al|als)",
    "disable": r"switch(?:es|ed)? off",
    "email": r"e-mail",
    "enable": r"switch(?:es|ed)? on",
    "Esc": r"(?:press|with) Escape|Escape (?:again|closes|to)",
    "event": r"entr(?:y|ies)",
    "ID": r"ids?",
    "keyboard shortcuts": r"hotkeys?|keys that work",
    "pending approval": r"waits for you|wants to join|has called",
    "permanently delete": r"destroy(?:s|ed)?|erased?",
    "root key": r"root(?! (?:access|key))",
    "setup": r"set-up",
    "sign in": r"log(?:s|ged|ging)?[ -]in|log-ins?",
    "sign out": r"log(?:s|ged|ging)?[ -]?out",
    "standalone": r"stands? alone",
    "unfreeze": r"lift(?:s|ed|ing)? (?:the|a) freeze|thaw(?:s|ed)?",
    "unknown client": r"strangers?",
}
"""The word to use, and its unwanted synonyms."""

PAGES = ("README.md", "docs/quickstart.md", "docs/operate/start.md")

EXCEPTIONS = {
    # The user root.
    ("docs/operate/start.md", "root key"),
    # Commands that people may type; the page never shows them.
    ("commands.py", "sign out"),
    ("commands.py", "unfreeze"),
}

_CODE = re.compile(r"^```.*?^```|`[^`\n]+`|https?://\S+", re.MULTILINE | re.DOTALL)
_JAVASCRIPT_TEXT = re.compile(r'"([A-Z][^"\n]*|[^"\n]* [^"\n]*)"|`([A-Z][^`\n]*)`')
_ID_LIKE = re.compile(r"[\w./:?=#{}|\[\]-]*")


def texts() -> Iterator[tuple[str, str]]:
    """Yield each file's name and each text in it that people read."""
    for name in PAGES:
        yield name, _CODE.sub("", Path(name).read_text())
    for folder in ("screens", "components"):
        for path in sorted((DASHBOARD / folder).rglob("*.py")):
            for text in _shown_in(ast.parse(path.read_text())):
                yield path.name, text
    for path in sorted((DASHBOARD / "assets/js").glob("*.js")):
        for match in _JAVASCRIPT_TEXT.finditer(path.read_text()):
            yield path.name, match[1] or match[2]


def _shown_in(tree: ast.Module) -> Iterator[str]:
    """Yield the strings of a module that people read: no docstrings, identifiers or URLs."""
    documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        text = node.value
        named = _ID_LIKE.fullmatch(text.lower()) and not text[:1].isupper()
        if id(node) not in documented and not named:
            yield text


def find(text: str) -> list[str]:
    """Return the words that should be used in a text instead."""
    return [
        word
        for word, others in SYNONYMS.items()
        if re.search(
            rf"(?<![\w-])(?:{others})(?![\w-])", text, 0 if word == "ID" else re.IGNORECASE
        )
    ]


def test_one_word_for_each_thing() -> None:
    """Texts use the same words, so if a screen says *disabled*, the README doesn't say *switched off*."""
    found = {
        f"{name}: {word}, in {text[:80]!r}"
        for name, text in texts()
        for word in find(text)
        if (name, word) not in EXCEPTIONS
    }

    assert found == set()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("You were logged out.", ["sign out"]),
        ("Switched off", ["disable"]),
        ("Recorded as machine_revoke", []),
        ("The root key", []),
    ],
)
def test_synonyms_are_found(text: str, words: list[str]) -> None:
    """Any form of the word is found, but not inside other words."""
    assert find(text) == words
