"""Programs that read the output of `export`, and values that are difficult to represent.

Readers that can't be run here are reimplemented from their documentation.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values
from ruamel.yaml import YAML

from strongroom_cli.export_formats import FORMATS
from strongroom_cli.failures import Failure
from strongroom_cli.variables import Source, Variable

from .terminal import PROGRAMS

MARK = "MARK"
"""A file that the values below create if a reader runs them as commands."""

NODE = PROGRAMS / "node"
JS_YAML, YAML_JS = "js-yaml@4.1.0", "yaml@2.8.1"

Read = Callable[[str], dict[str, Any]]

CARRIED = {
    "empty": "",
    "blank": " ",
    "blanks around": "  two words\t",
    "newline": "line\nbreak",
    "newlines at the ends": "\nline\n",
    "single quote": "it's",
    "double quote": 'say "x"',
    "backticks": "`id`",
    "dollar": "$HOME $$ $(id)",
    "a command": f"$(touch {MARK}) `touch {MARK}`",
    "backslashes": "a\\b\\nc",
    "hash": "a #b",
    "hash at the front": "#a",
    "equals": "a=b=c",
    "equals at the front": "=ls",
    "equals after a colon": "a:=ls",
    "tilde": "~",
    "home": "~root/x:~/y",
    "glob": "* ? [a-z]*",
    "braces": "{a,b}",
    "history": "!! !$",
    "semicolon": f"a; touch {MARK}",
    "pipe": f"a | touch {MARK} & touch {MARK} && touch {MARK}",
    "redirect": f"a > {MARK}",
    "newline and a command": f"a\ntouch {MARK}\nexport B=c",
    "unicode": "ünïcödé ñ 漢字",
    "emoji": "🗝️ 👩‍💻",
    "no-break space": "\u00a0a\u00a0",
    "line separator": "a\u2028b\u2029c\u0085d",
    "controls": "\x01\x1b[31m\x7f",
    "json": '{"a": "b\\n"}',
    "url": "postgres://u:p%40ss@host:5432/db?x=1&y=2#z",
    "pem": "-----BEGIN KEY-----\nMIIB+/=\n-----END KEY-----\n",
    "percent": "%s %(a)s %%",
    "export": "export A=b",
    "colon": "a: b",
    "dash": "- a",
    "ampersand": "&a *b !c |d >e",
    "comma": "[a, b]",
    "heredoc": "END_OF_SECRET\nEND_OF_SECRET_\n<<END",
    "document": "---\na\n...\n",
    **{
        text: text
        for text in (
            *("25921e05", "03190301", "1.5e3", "1E6", "0o17", "+1e3", "-1e3", ".5e3", "1.e3"),
            *("0e1234", "0x1F", "0b11", "1_000", "12:30:45", "0123", "0.10", "1.", ".inf", "-.INF"),
            *(".nan", "y", "Y", "n", "N", "yes", "No", "on", "OFF", "true", "null", "<<", "="),
            *("2026-11-28", "2026-11-28T10:00:00Z", "!!int 1", "&a", "*a", "?", "@a", "%a"),
        )
    },
}
REFUSED_BY_DOTENV = {
    "crlf": "line\r\nbreak",
    "carriage return": "a\rb",
    "expanded": "${HOME}",
    "expanded with a default": "${A:-b}",
    "both quotes": 'it\'s "x"',
    "all quotes": "a'b\"c`d",
    "both quotes and a newline": 'it\'s "x"\n',
    "a quote and a command": f"it's $(touch {MARK})",
    "a quote and backticks": f"it's `touch {MARK}`",
    "the other quote and a command": f"x\"$(touch {MARK})\"''",
    "backslash at the end": "a\\",
    "two backslashes": "\\\\server\\share",
    "a quote and a backslash": "it\\'s",
    "byte order mark": "\ufeffa",
    "noncharacter": "a\ufffe",
}
NASTY = {**CARRIED, **REFUSED_BY_DOTENV}


def many_values() -> list[str]:
    """Return two hundred values: those above, and combinations of special fragments."""
    pieces = ("'", '"', "\\", "$(touch MARK)", "`touch MARK`", "\n", "#", " ", "a=", "\r", "${A}")
    pairs = (first + "x" + second for first, second in product(pieces, pieces))
    return list(dict.fromkeys([*NASTY.values(), *pairs]))[:200]


def variables_of(texts: Sequence[str]) -> list[Variable]:
    """Variables V0, V1, … with these values."""
    return [
        Variable(f"V{number}", Source(f"sk_{number}", f"v{number}", None), text)
        for number, text in enumerate(texts)
    ]


def carried(form: str, texts: Sequence[str]) -> list[Variable]:
    """Return the variables that a format can represent. The others must each be rejected by name."""
    return [each for each in variables_of(texts) if not _is_refused(form, each)]


def _is_refused(form: str, variable: Variable) -> bool:
    name = f"{variable.name} (from {variable.source})"
    try:
        FORMATS[form]([variable], "billing")
    except Failure as refused:
        if not refused.message.startswith(f"{name} can't be written as {form}: "):
            raise
        return True
    return False


def python_dotenv(text: str) -> dict[str, str | None]:
    """Read as python-dotenv does by default."""
    return dict(dotenv_values(stream=StringIO(text)))


def node(text: str) -> dict[str, str]:
    """Read as `node --env-file` does."""
    script = "process.stdout.write(JSON.stringify(process.env))"
    return json.loads(_read(text, [str(NODE), "--env-file=FILE", "-e", script]))


def sourced_by(shell: str) -> Read:
    """Read as a shell does, with `set -a; . file`. Raises if a value was run as a command."""

    def read(text: str) -> dict[str, str]:
        done = _read(text, [shell, "-c", "set -a; . ./FILE; exec env -0"])
        return dict(each.split("=", 1) for each in done.split("\0") if each)  # pyright: ignore[reportArgumentType]

    return read


def yaml_1_1(text: str) -> dict[str, Any]:
    """Read as PyYAML does, which implements YAML 1.1."""
    return yaml.safe_load(text)


def yaml_1_2(text: str) -> dict[str, Any]:
    """Read as ruamel.yaml does, which implements YAML 1.2."""
    return YAML(typ="safe", pure=True).load(text)  # pyright: ignore[reportUnknownMemberType]


def data_of(read: Read) -> Read:
    """Read a Kubernetes secret with a YAML reader."""

    def read_manifest(text: str) -> dict[str, str]:
        manifest = read(text)

        assert "billing" == manifest["metadata"]["name"]
        return {name: base64.b64decode(data).decode() for name, data in manifest["data"].items()}

    return read_manifest


def javascript(package: str, call: str) -> Read:
    """Read with an npm package."""

    def read(text: str) -> dict[str, Any]:
        name = package.split("@", 1)[0]
        script = (
            f"const yaml = require('{_installed(package)}/node_modules/{name}');"
            "const text = require('fs').readFileSync('FILE', 'utf8');"
            f"process.stdout.write(JSON.stringify({call}))"
        )
        return json.loads(_read(text, [str(NODE), "-e", script]))

    return read


def kubectl(text: str) -> dict[str, Any]:
    """Read as kubectl does, without a cluster."""
    command = ("kubectl", "label", "--local", "-o", "json", "read=yes")
    return json.loads(_read(text, [*command, "-f", "FILE"]))


def docker(text: str) -> dict[str, str]:
    """Read as `docker run --env-file` is documented: one per line, comments start with #, no unquoting."""
    found: dict[str, str] = {}
    for raw in text.removesuffix("\n").split("\n"):
        line = raw.removesuffix("\r").lstrip(" \t")
        assert len(raw.encode()) < 64 * 1024
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            assert not any(each.isspace() for each in name), "an invalid name"
            found[name] = value
    return found


def github(text: str) -> dict[str, str]:
    """Read as `$GITHUB_ENV` is documented: NAME=value, or NAME<<END with lines up to END."""
    found: dict[str, str] = {}
    lines = iter(text.removesuffix("\n").split("\n"))
    for line in lines:
        name, heredoc, end = line.partition("<<")
        if not heredoc or "=" in name:
            name, _, found[name] = line.partition("=")
            continue
        value: list[str] = []
        while (each := next(lines)) != end:
            value.append(each)
        found[name] = "\n".join(value)
    return found


def systemd(text: str) -> dict[str, str]:
    """Read as `EnvironmentFile=` is documented in systemd.exec(5)."""
    assert not any(
        each == "\ufeff" or "\ufdd0" <= each <= "\ufdef" or ord(each) & 0xFFFE == 0xFFFE
        for each in text
    ), "an invalid character"
    found: dict[str, str] = {}
    characters = iter(text)
    while name := _systemd_name(characters):
        if name[0] not in ";#" and "=" in name:
            found[name.removesuffix("=")] = _systemd_value(characters)
    return found


def _systemd_name(characters: Iterator[str]) -> str:
    name = ""
    for each in characters:
        if each == "\n":
            return name or "#"
        name += each
        if each == "=" and not name.startswith((";", "#")):
            return name
    return name


def _systemd_value(characters: Iterator[str]) -> str:
    """Return the text unquoted as in a shell, but with quotes after the first character kept."""
    value, quoted, blanks = "", "", ""
    for each in characters:
        if quoted:
            if each == quoted:
                quoted = ""
            elif each == "\\" and quoted == '"':
                after = next(characters)
                value += "" if after == "\n" else after if after in '"\\`$' else each + after
            else:
                value += each
        elif each == "\n":
            return value
        elif each in "'\"" and not value:
            quoted = each
        elif each == "\\":
            after = next(characters)
            value, blanks = value + blanks + ("" if after == "\n" else after), ""
        elif each in " \t\r":
            blanks += each if value else ""
        else:
            value, blanks = value + blanks + each, ""
    return value


READERS: list[tuple[str, str, Read]] = [
    ("dotenv", "python-dotenv", python_dotenv),
    ("dotenv", "node", node),
    ("dotenv", "systemd", systemd),
    *[(form, shell, sourced_by(shell)) for form in ("dotenv", "shell") for shell in ("sh", "bash")],
    ("docker-env", "docker", docker),
    ("github-env", "github", github),
    ("json", "json", json.loads),
    ("yaml", "yaml-1.1", yaml_1_1),
    ("yaml", "yaml-1.2", yaml_1_2),
    ("k8s-secret", "yaml-1.1", data_of(yaml_1_1)),
    ("k8s-secret", "yaml-1.2", data_of(yaml_1_2)),
]
"""Format, name and reader. These are available wherever the tests run, except for Node."""

MORE_READERS: list[tuple[str, str, Read]] = [
    *[(form, "zsh", sourced_by("zsh")) for form in ("dotenv", "shell")],
    ("yaml", JS_YAML, javascript(JS_YAML, "yaml.load(text)")),
    ("yaml", YAML_JS, javascript(YAML_JS, "yaml.parse(text)")),
    ("yaml", f"{YAML_JS} as 1.1", javascript(YAML_JS, "yaml.parse(text, {version: '1.1'})")),
    ("k8s-secret", "kubectl", data_of(kubectl)),
]
"""For `./run prove exports`."""


def is_missing(reader: str) -> bool:
    """Return whether a reader is a program that isn't installed on this machine."""
    if reader.startswith(("node", "js-yaml", "yaml@")):
        return not NODE.exists()
    return reader in ("zsh", "kubectl") and shutil.which(reader) is None


def _read(text: str, command: Sequence[str]) -> str:
    """Run a reader in a separate folder, on a file with this text."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "FILE").write_bytes(text.encode())
        found = shutil.which(command[0]) or command[0]
        done = subprocess.run(
            [found, *command[1:]], capture_output=True, check=True, env={}, cwd=folder
        )

        assert ["FILE"] == [each.name for each in Path(folder).iterdir()], "a command ran"
    return done.stdout.decode()


def _installed(package: str) -> Path:
    """Install an npm package once, and return its folder."""
    folder = Path(tempfile.gettempdir()) / f"strongroom-readers-{package}"
    if not folder.exists():
        npm = [str(PROGRAMS / "npm"), "install", "--silent", "--no-save", "--ignore-scripts"]
        subprocess.run([*npm, "--prefix", str(folder), package], check=True, capture_output=True)
    return folder
