"""A server's text is shown, but can't control the terminal (D-3)."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom_cli.escape import escape, escape_json

from .cli_world import CliWorld
from .scripted_server import Answer, scripted

ESCAPES = "\x1b]0;OWNED\x07\x1b[31mRED\x1b[0m\rOVER\n\tNEW\x7f\x9b2J\u202egnp\u2028\u2066x"
VALUE = f"v{ESCAPES}\x00"
SECRET = "sk_aaaaaaaaaaaa"
COMMANDS = [
    ("list",),
    ("list", "-f", "plain"),
    ("list", "-f", "table"),
    ("list", "-f", "json"),
    ("whoami",),
    ("whoami", "-f", "json"),
    ("status",),
    ("doctor", "-p", "x"),
    ("doctor", "-f", "json"),
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
    ("cache", "show", "-f", "json"),
    ("--debug", "list"),
]


def bad(text: str) -> list[str]:
    """Text that would control a terminal, except line ends and the tabs between cells."""
    return [
        each
        for each in text
        if (unicodedata.category(each) in {"Cc", "Cf", "Zl", "Zp"} and each not in "\n\t")
    ]


def say_evil(_method: str, path: str, _headers: dict[str, str], _body: bytes) -> Answer:
    """Respond correctly, with names that would move a cursor."""
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
        return 200, {
            "vaultName": ESCAPES,
            "projects": [one, {**one, "projectId": "proj_bbbbbbbbbbbb"}],
        }
    return 200, {"secrets": [one]}


def refuse(_method: str, _path: str, _headers: dict[str, str], _body: bytes) -> Answer:
    """Deny the request, with a message that would move a cursor."""
    return 403, {"error": ESCAPES, "code": ESCAPES, "requestId": ESCAPES, "detail": ESCAPES}


@pytest.mark.parametrize("script", [say_evil, refuse])
async def test_output_cannot_move_the_cursor(cli_world: CliWorld, script: object) -> None:
    """D-3: no command's stdout or stderr can move the cursor; no line or cell can be forged."""
    with scripted(script) as evil:  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
        identity = cli_world.identity / "identity.json"
        identity.write_text(identity.read_text().replace(cli_world.url, evil.url))
        for command in COMMANDS:
            done = await cli_world.terminal.strongroom(*command)

            assert [] == bad(done.out + done.err), command
            assert "\n\tNEW" not in done.out + done.err, command
            assert "internal error" not in done.err, command
            if script is say_evil and command == ("list", "-f", "plain"):
                assert [3] == [line.count("\t") for line in done.out.splitlines()]


async def test_at_a_terminal_too(cli_world: CliWorld) -> None:
    """D-3: the same applies to `list`, which draws a table, and to `connect`, which offers a choice."""
    cli_world.terminal.variables["NO_COLOR"] = "1"
    with scripted(say_evil) as evil:
        identity = cli_world.identity / "identity.json"
        identity.write_text(identity.read_text().replace(cli_world.url, evil.url))
        for line in ("strongroom list", "strongroom whoami", "strongroom connect"):
            done = await cli_world.terminal.type(f"script -qec '{line}' /dev/null", given="1\n")
            told = done.out.replace("\r\n", "\n")

            assert "\\x1b" in told, line
            assert [] == bad(told), line


async def test_values_are_exact(cli_world: CliWorld) -> None:
    """D-3: a value is printed exactly, including control characters."""
    with scripted(say_evil) as evil:
        identity = cli_world.identity / "identity.json"
        identity.write_text(identity.read_text().replace(cli_world.url, evil.url))
        got = await cli_world.terminal.strongroom("get", SECRET)
        as_json = await cli_world.terminal.strongroom("get", SECRET, "-f", "json")
        exported = await cli_world.terminal.strongroom(
            "export", "-p", "proj_aaaaaaaaaaaa", "--format", "json"
        )

    assert VALUE == got.out
    assert VALUE == json.loads(as_json.out)["value"]
    assert [] == bad(as_json.out)
    assert [VALUE] == list(json.loads(exported.out).values())


@given(st.text())
def test_control_characters_are_escaped(text: str) -> None:
    """D-3: no control character remains, and harmless text is unchanged."""
    made = escape(text)

    assert "\n" not in made
    assert "\t" not in made
    assert [] == [each for each in bad(made) if unicodedata.category(each) != "Cf"]
    made.encode()  # raises if half a character is left
    if text.isprintable():
        assert text == made


@given(st.text())
def test_escaped_json_parses_to_the_same_data(text: str) -> None:
    """D-3: JSON is escaped differently, but parses to the same data."""
    made = escape_json(json.dumps([text, {text: text}], ensure_ascii=False, indent=2))

    assert [text, {text: text}] == json.loads(made)
    made.encode()


def test_examples() -> None:
    """D-3: control characters are shown in the usual notation."""
    assert "a\\x1b[31mb" == escape("a\x1b[31mb")
    assert "\\x9b\\u202e\\x0a\\x09\\x7f" == escape("\x9b\u202e\n\t\x7f")
    assert "\\ud800" == escape("\ud800")
    assert "ünïcödé 🗝 👩‍💻 漢字" == escape("ünïcödé 🗝 👩‍💻 漢字")


async def test_a_list_without_end(cli_world: CliWorld) -> None:
    """D-3: for a list that is too long, the hint is about lists, and doesn't advise exporting less."""

    def script(_method: str, _path: str, _headers: dict[str, str], _body: bytes) -> Answer:
        return 200, b" " * (17 << 20)

    with scripted(script) as evil:
        identity = cli_world.identity / "identity.json"
        identity.write_text(identity.read_text().replace(cli_world.url, evil.url))
        done = await cli_world.terminal.strongroom("list")

    assert (1, "") == (done.status, done.out)
    assert done.err.startswith("strongroom: the answer is larger than ")
    assert done.err.endswith("  hint: is this the right server? see `strongroom doctor`\n")
