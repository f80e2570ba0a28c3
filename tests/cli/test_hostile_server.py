"""What a server says is shown, and obeyed by no terminal (D-3)."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom_cli.shown import shown, shown_in_json

from .scripted_server import Answer, scripted
from .stage import Stage

ESCAPES = "\x1b]0;OWNED\x07\x1b[31mRED\x1b[0m\rOVER\n\tNEW\x7f\x9b2J\u202egnp\u2028\u2066x"
VALUE = f"v{ESCAPES}\x00"
SECRET = "sk_aaaaaaaaaaaa"
COMMANDS = [
    ("list",),
    ("list", "-o", "plain"),
    ("list", "-o", "table"),
    ("list", "-o", "json"),
    ("whoami",),
    ("whoami", "-o", "json"),
    ("status",),
    ("doctor", "-p", "x"),
    ("doctor", "-o", "json"),
    ("connect",),
    ("connect", "x"),
    ("get", "x/y"),
    ("get", f"{SECRET}#field"),
    ("run", "-p", "x", "--", "true"),
    ("run", "-p", "proj_aaaaaaaaaaaa", "--", "true"),
    ("run", "-p", "proj_aaaaaaaaaaaa", "--dry-run"),
    ("export", "-p", "proj_aaaaaaaaaaaa"),
    ("cache", "fill"),
    ("cache", "show"),
    ("cache", "show", "-o", "json"),
    ("--debug", "list"),
]


def bad(text: str) -> list[str]:
    """What a terminal would obey, but for the ends of lines and the tabs between cells."""
    return [
        each
        for each in text
        if (unicodedata.category(each) in {"Cc", "Cf", "Zl", "Zp"} and each not in "\n\t")
    ]


def say_evil(_method: str, path: str, _headers: dict[str, str], _body: bytes) -> Answer:
    """Answer well, with names that would move a cursor."""
    one = {
        "id": SECRET,
        "name": f"N{ESCAPES}",
        "fieldNames": None,
        "projectId": "proj_aaaaaaaaaaaa",
        "projectName": f"P{ESCAPES}",
        "applicationId": "app_aaaaaaaaaaaa",
        "applicationName": f"A{ESCAPES}",
        "type": f"secret{ESCAPES}",
        "value": VALUE,
        "version": 1,
    }
    if path == "/health":
        return 200, {"status": ESCAPES}
    if path == "/v1/verify-access":
        return 200, {"valid": False, "projectName": ESCAPES, "error": ESCAPES}
    if path.startswith("/v1/secret/"):
        return 200, {"value": VALUE, "version": 1}
    if path == "/v1/cli/projects":
        return 200, {"projects": [one, {**one, "projectId": "proj_bbbbbbbbbbbb"}]}
    return 200, {"secrets": [one]}


def refuse(_method: str, _path: str, _headers: dict[str, str], _body: bytes) -> Answer:
    """Refuse, in words that would move a cursor."""
    return 403, {"error": ESCAPES, "code": ESCAPES, "requestId": ESCAPES, "detail": ESCAPES}


@pytest.mark.parametrize("script", [say_evil, refuse])
async def test_nothing_it_says_moves_a_cursor(stage: Stage, script: object) -> None:
    """D-3: on stdout and on stderr, of every command, and no line or cell can be forged."""
    with scripted(script) as evil:  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
        identity = stage.identity / "identity.json"
        identity.write_text(identity.read_text().replace(stage.url, evil.url))
        for command in COMMANDS:
            done = await stage.terminal.strongroom(*command)

            assert [] == bad(done.out + done.err), command
            assert "\n\tNEW" not in done.out + done.err, command
            assert "should not happen" not in done.err, command
            if script is say_evil and command == ("list", "-o", "plain"):
                assert [3] == [line.count("\t") for line in done.out.splitlines()]


async def test_at_a_terminal_too(stage: Stage) -> None:
    """D-3: where `list` draws a table and `connect` lets choose."""
    stage.terminal.variables["NO_COLOR"] = "1"
    with scripted(say_evil) as evil:
        identity = stage.identity / "identity.json"
        identity.write_text(identity.read_text().replace(stage.url, evil.url))
        for line in ("strongroom list", "strongroom whoami", "strongroom connect"):
            done = await stage.terminal.type(f"script -qec '{line}' /dev/null", given="1\n")
            told = done.out.replace("\r\n", "\n")

            assert "\\x1b" in told, line
            assert [] == bad(told), line


async def test_values_are_exact(stage: Stage) -> None:
    """D-3: what a value holds, controls among them, is the value."""
    with scripted(say_evil) as evil:
        identity = stage.identity / "identity.json"
        identity.write_text(identity.read_text().replace(stage.url, evil.url))
        got = await stage.terminal.strongroom("get", SECRET)
        as_json = await stage.terminal.strongroom("get", SECRET, "-o", "json")
        exported = await stage.terminal.strongroom(
            "export", "-p", "proj_aaaaaaaaaaaa", "--format", "json"
        )

    assert VALUE == got.out
    assert VALUE == json.loads(as_json.out)["value"]
    assert [] == bad(as_json.out)
    assert [VALUE] == list(json.loads(exported.out).values())


@given(st.text())
def test_whatever_is_shown_has_a_line_of_its_own(text: str) -> None:
    """D-3: nothing that a terminal obeys is left, and what is harmless stays as it is."""
    made = shown(text)

    assert "\n" not in made
    assert "\t" not in made
    assert [] == [each for each in bad(made) if unicodedata.category(each) != "Cf"]
    made.encode()  # raises where a half of a character is left
    if text.isprintable():
        assert text == made


@given(st.text())
def test_json_stays_the_same_data(text: str) -> None:
    """D-3: escaped differently, and read back as it was."""
    made = shown_in_json(json.dumps([text, {text: text}], ensure_ascii=False, indent=2))

    assert [text, {text: text}] == json.loads(made)
    made.encode()


def test_examples() -> None:
    """D-3: in the form that people know."""
    assert "a\\x1b[31mb" == shown("a\x1b[31mb")
    assert "\\x9b\\u202e\\x0a\\x09\\x7f" == shown("\x9b\u202e\n\t\x7f")
    assert "\\ud800" == shown("\ud800")
    assert "ünïcödé 🗝 👩‍💻 漢字" == shown("ünïcödé 🗝 👩‍💻 漢字")


async def test_a_list_without_end(stage: Stage) -> None:
    """D-3: the hint is about lists, and does not advise to export less."""

    def script(_method: str, _path: str, _headers: dict[str, str], _body: bytes) -> Answer:
        return 200, b" " * (17 << 20)

    with scripted(script) as evil:
        identity = stage.identity / "identity.json"
        identity.write_text(identity.read_text().replace(stage.url, evil.url))
        done = await stage.terminal.strongroom("list")

    assert (1, "") == (done.status, done.out)
    assert done.err.startswith("strongroom: the answer is larger than ")
    assert done.err.endswith("  hint: is this the server? see `strongroom doctor`\n")
