"""Every format of `export` reads back as the same values (D-3)."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path

import pytest
import yaml
from dotenv import dotenv_values, load_dotenv
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom_cli.dotenv import Unwritable, dotenv_line
from strongroom_cli.exits import Failure
from strongroom_cli.export_formats import FORMATS
from strongroom_cli.variables import Source, Variable

from .stage import Stage
from .terminal import PROGRAMS

NODE = str(PROGRAMS / "node")

PLAIN_FORMS = {
    "empty": "",
    "blank": " ",
    "blanks around": "  two words\t",
    "newline": "line\nbreak",
    "newlines at the ends": "\nline\n",
    "single quote": "it's",
    "double quote": 'say "x"',
    "both quotes": 'it\'s "x"',
    "backticks": "`id`",
    "all quotes": "a'b\"c`d",
    "dollar": "$HOME $$ $(id)",
    "backslashes": "a\\b\\nc",
    "backslash at the end": "a\\",
    "hash": "a #b",
    "hash at the front": "#a",
    "equals": "a=b=c",
    "quote at the front": "'a",
    "quoted": "'a'",
    "double quoted": '"a"',
    "unicode": "ünïcödé ñ 漢字",
    "emoji": "🗝️ 👩‍💻",
    "no-break space": "\u00a0a\u00a0",
    "line separator": "a\u2028b\u2029c\u0085d",
    "byte order mark": "\ufeffa",
    "controls": "\x01\x1b[31m\x7f",
    "json": '{"a": "b\\n"}',
    "url": "postgres://u:p%40ss@host:5432/db?x=1&y=2#z",
    "pem": "-----BEGIN KEY-----\nMIIB+/=\n-----END KEY-----\n",
    "yes": "yes",
    "number": "0123",
    "null": "null",
    "percent": "%s %(a)s %%",
    "export": "export A=b",
    "colon": "a: b",
    "dash": "- a",
    "ampersand": "&a *b !c |d >e",
    "tilde": "~",
    "comma": "[a, b]",
}
CARRIED_BY_ALL_BUT_DOTENV = {
    "crlf": "line\r\nbreak",
    "carriage return": "a\rb",
    "expanded": "${HOME}",
    "expanded with a default": "${A:-b}",
    "both quotes and a newline": 'it\'s "x"\n',
}
NASTY = {**PLAIN_FORMS, **CARRIED_BY_ALL_BUT_DOTENV}

characters = st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")
values = st.text(characters, max_size=40) | st.text("ab '\"`\\\n#=$\t{}nr:-", max_size=12)
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def variables_of(texts: Sequence[str]) -> list[Variable]:
    """Variables V0, V1, … of these values."""
    return [
        Variable(f"V{number}", Source(f"sk_{number}", f"v{number}", None), text)
        for number, text in enumerate(texts)
    ]


def written(form: str, variables: Sequence[Variable]) -> str:
    """What `export` would write."""
    return FORMATS[form](variables, "billing")


def python_dotenv(text: str) -> dict[str, str | None]:
    """Read as python-dotenv does by itself."""
    return dict(dotenv_values(stream=StringIO(text)))


def node(text: str) -> dict[str, str]:
    """Read as `node --env-file` does."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / ".env"
        file.write_bytes(text.encode())
        script = "process.stdout.write(JSON.stringify(process.env))"
        done = subprocess.run(
            [NODE, f"--env-file={file}", "-e", script], capture_output=True, check=True, env={}
        )
    return json.loads(done.stdout)


def shell(text: str) -> dict[str, str]:
    """Read as a POSIX shell does, with `set -a; . file`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "vars.sh"
        file.write_bytes(text.encode())
        done = subprocess.run(
            ["sh", "-c", f"set -a; . {file}; exec env -0"], capture_output=True, check=True, env={}
        )
    pairs = (entry.split("=", 1) for entry in done.stdout.decode().split("\0") if entry)
    return dict(pairs)  # pyright: ignore[reportArgumentType]


def kubernetes(text: str) -> dict[str, str]:
    """Read as kubectl does."""
    manifest = yaml.safe_load(text)

    assert ("v1", "Secret", "Opaque") == (
        manifest["apiVersion"],
        manifest["kind"],
        manifest["type"],
    )
    return {name: base64.b64decode(data).decode() for name, data in manifest["data"].items()}


READERS: list[tuple[str, Callable[[str], dict[str, str]]]] = [
    ("json", json.loads),
    ("yaml", yaml.safe_load),
    ("shell", shell),
    ("k8s-secret", kubernetes),
]


@pytest.mark.parametrize(("form", "read"), READERS, ids=[form for form, _ in READERS])
def test_what_is_nasty_survives(form: str, read: Callable[[str], dict[str, str]]) -> None:
    """D-3: newlines, quotes, dollars, backslashes, blanks, unicode, as they were."""
    variables = variables_of(list(NASTY.values()))
    found = read(written(form, variables))

    assert {each.name: each.value for each in variables} == {
        name: found[name] for name in (each.name for each in variables)
    }


@pytest.mark.parametrize(("form", "read"), READERS, ids=[form for form, _ in READERS])
def test_anything_survives(form: str, read: Callable[[str], dict[str, str]]) -> None:
    """D-3: whatever a value holds."""

    @many
    @given(st.lists(values, min_size=1, max_size=40))
    def survives(texts: list[str]) -> None:
        variables = variables_of(texts)
        found = read(written(form, variables))

        assert texts == [found[each.name] for each in variables]

    survives()


@pytest.mark.parametrize("name", NASTY)
def test_dotenv_writes_what_both_readers_can_read(name: str) -> None:
    """D-3: what is refused is known, and is refused for a reason that names no value."""
    if name in CARRIED_BY_ALL_BUT_DOTENV:
        with pytest.raises(Unwritable) as refused:
            dotenv_line("V", NASTY[name])

        assert NASTY[name].strip() not in str(refused.value)
    else:
        text = dotenv_line("V", NASTY[name]) + "\n"

        assert NASTY[name] == python_dotenv(text)["V"]
        assert NASTY[name] == node(text)["V"]


@many
@given(st.lists(values, min_size=1, max_size=60))
def test_both_readers_of_dotenv_agree(texts: list[str]) -> None:
    """D-3: python-dotenv and Node read the same file as the same values, none of which moves."""
    kept: dict[str, str] = {}
    lines: list[str] = []
    for number, text in enumerate(texts):
        try:
            lines.append(dotenv_line(f"V{number}", text) + "\n")
        except Unwritable:
            continue
        kept[f"V{number}"] = text
    by_python, by_node = python_dotenv("".join(lines)), node("".join(lines))

    assert kept == by_python
    assert kept == {name: by_node[name] for name in kept}


@given(st.text("ab '\"`#=$\t:-é", max_size=30))
def test_dotenv_refuses_seldom(text: str) -> None:
    """D-3: one line without backslash is, unless both quotes are in it and it cannot go without."""
    needs_quotes = "#" in text or text != text.strip() or text[:1] in ("'", '"', "`")
    if "'" in text and '"' in text and needs_quotes:
        with pytest.raises(Unwritable):
            dotenv_line("V", text)
    else:
        assert dotenv_line("V", text).startswith("V=")


def test_a_refusal_names_the_variable_and_not_the_value() -> None:
    """D-3: nothing is written, and the hint says what carries it."""
    variables = variables_of(["fine", "hidden ${HOME}"])
    with pytest.raises(Failure, match=r"^V1 \(from v1\) cannot be written as dotenv") as refused:
        written("dotenv", variables)

    assert "--format json" in refused.value.hint
    assert "hidden" not in refused.value.message
    with pytest.raises(Failure, match="NUL"):
        written("shell", variables_of(["a\0b"]))


async def test_programs_read_the_file(stage: Stage) -> None:
    """D-3: from server to program, through a file."""
    tricky = "it's a #\n`trick`\t" + stage.world.markers.value()
    await stage.add(stage.projects["billing"], "TRICKY", value=tricky)
    await stage.grant_all()
    done = await stage.terminal.strongroom("export", "-p", "billing", "-O", ".env")
    file = stage.terminal.folder / ".env"

    assert 0 == done.status, done.err
    assert tricky == dotenv_values(file)["TRICKY"]
    assert tricky == node(file.read_text())["TRICKY"]
    try:
        load_dotenv(file)
        assert tricky == os.environ["TRICKY"]
    finally:
        for name in dotenv_values(file):
            os.environ.pop(name, None)
    for form, read in READERS:
        done = await stage.terminal.strongroom("export", "-p", "billing", "--format", form)
        found = read(done.out)

        assert tricky == found["TRICKY"], form
        assert await stage.value("billing/API_KEY") == found["API_KEY"], form


async def test_a_failed_write_leaves_the_old_file(stage: Stage) -> None:
    """D-3: whole or not at all, and no second copy beside it."""
    file = stage.terminal.folder / ".env"
    file.write_text("OLD=1\n")
    file.chmod(0o600)
    await stage.add(stage.projects["billing"], "BAD", value="${X}" + stage.world.markers.value())
    await stage.grant_all()
    done = await stage.terminal.strongroom("export", "-p", "billing", "-O", ".env")

    assert 1 == done.status
    assert "OLD=1\n" == file.read_text()
    assert [file] == list(stage.terminal.folder.iterdir())
