r"""Writes variables in formats for other programs. A value that couldn't be read back unchanged is rejected.

No grammar exists for `.env` files, and programs that read them disagree about escapes, `#` and quotes. Our
files are written for python-dotenv, Node's `--env-file` and systemd's `EnvironmentFile`. Because people
source these files, a shell must read the same values without running anything. Each value is therefore
written in the first of these forms that all of these programs read back unchanged, and is rejected if no form
works:

- bare, if it has only letters, digits and characters that aren't special to any of them;
- in single quotes, which all read literally, except that python-dotenv turns `\\` and `\'` into one
  character;
- in double quotes, without `$`, backtick, backslash or double quote, on which they disagree.

Node and python-dotenv drop carriage returns, python-dotenv expands `${…}` inside any quotes, and
systemd rejects a file with a byte order mark or a noncharacter.
"""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING

from strongroom_cli.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from strongroom_cli.variables import Variable

MOST_NAME_CHARACTERS = 253
MOST_DOCKER_BYTES = 64 * 1024 - 1
"""The longest line in an env file: Docker reads lines with a 64 KiB buffer."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")

_EXPANDED = re.compile(r"\$\{[^}:]*(?::-[^}]*)?\}")
"""What python-dotenv expands, unless called with `interpolate=False`."""

_BARE = re.compile(r"(?!=)(?:[A-Za-z0-9_./@%+,-]|:(?!=)|=)+")
"""At the start of a word or after a colon, zsh expands `=NAME` to the path of the program NAME."""
_IN_NO_FILE = re.compile(
    "[\ufeff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
"""A byte order mark, and Unicode's noncharacters."""

_SINGLE_ESCAPES = re.compile(r"\\[\\']")


class Unwritable(ValueError):
    """The format can't represent this value. The message gives the reason, never the value."""


def dotenv_line(name: str, value: str) -> str:
    """Return `NAME=value` in a form that all readers parse in the same way. Raises `Unwritable`."""
    if "\r" in value:
        raise Unwritable("it contains a carriage return, which dotenv readers drop")
    if _EXPANDED.search(value):
        raise Unwritable("it contains ${…}, which python-dotenv would expand")
    if _IN_NO_FILE.search(value):
        raise Unwritable("it contains a character that systemd rejects")
    if _BARE.fullmatch(value):
        return f"{name}={value}\n"
    if "'" not in value and not value.endswith("\\") and not _SINGLE_ESCAPES.search(value):
        return f"{name}='{value}'\n"
    if not any(each in value for each in '"\\$`'):
        return f'{name}="{value}"\n'
    raise Unwritable("dotenv readers disagree about its quotes, backslashes or dollar signs")


def docker_line(name: str, value: str) -> str:
    """Return a line for `docker run --env-file`, which has neither quotes nor escapes.

    Raises `Unwritable`.
    """
    if "\n" in value or "\r" in value:
        raise Unwritable("it contains a line break, which Docker's env files can't contain")
    line = f"{name}={value}\n"
    if len(line.encode()) > MOST_DOCKER_BYTES:
        raise Unwritable("it is longer than the longest line that Docker reads")
    return line


def github_lines(name: str, value: str) -> str:
    """Return a `$GITHUB_ENV` entry: the value between two delimiters that it doesn't contain.

    Raises `Unwritable`.
    """
    if value.endswith("\r"):
        raise Unwritable("it ends with a carriage return, which Windows runners drop")
    end = "END_OF_SECRET"
    while end in value:
        end += "_"
    return f"{name}<<{end}\n{value}\n{end}\n"


def shell_line(name: str, value: str) -> str:
    """Return an `export` statement for any POSIX shell."""
    # Inside single quotes, only the closing quote is special.
    return "export {}='{}'\n".format(name, value.replace("'", "'\\''"))


def as_json(variables: Sequence[Variable], _name: str) -> str:
    """Return one JSON object."""
    return json.dumps(_plain(variables), ensure_ascii=False, indent=2) + "\n"


def as_yaml(variables: Sequence[Variable], _name: str) -> str:
    """Return one YAML mapping of strings."""
    return _yaml(_plain(variables)) or "{}\n"


def as_kubernetes_secret(variables: Sequence[Variable], name: str) -> str:
    """Return a manifest of kind Secret. Raises `Failure` if `name` isn't valid in Kubernetes."""
    from base64 import b64encode  # noqa: PLC0415 -- one of several formats

    if len(name) > MOST_NAME_CHARACTERS or not _NAME.fullmatch(name):
        raise Failure(
            f"{name} is not a valid name for a Kubernetes secret",
            "use --name to choose a name made of a–z, 0–9, . and -",
        )
    data = _yaml(
        {each.name: b64encode(each.value.encode()).decode() for each in variables}, indent="  "
    )
    return f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: {_quoted(name)}\ntype: Opaque\n" + (
        f"data:\n{data}" if data else "data: {}\n"
    )


def _as_lines(
    form: str, line: Callable[[str, str], str], variables: Sequence[Variable], _name: str
) -> str:
    """Return the lines of a format that has one entry per value.

    Raises `Failure` for a value it can't represent.
    """
    lines: list[str] = []
    for variable in variables:
        try:
            _require_no_nul(variable.value)
            lines.append(line(variable.name, variable.value))
        except Unwritable as unwritable:
            others = "--format json" if form == "shell" else "--format shell or --format json"
            raise Failure(
                f"{variable.name} (from {variable.source}) can't be written as {form}:"
                f" {unwritable}",
                f"use {others}, or exclude it with --except {variable.name}",
            ) from None
    return "".join(lines)


def _require_no_nul(value: str) -> None:
    if "\0" in value:
        raise Unwritable("it contains a NUL character")


FORMATS: dict[str, Callable[[Sequence[Variable], str], str]] = {
    "dotenv": partial(_as_lines, "dotenv", dotenv_line),
    "json": as_json,
    "yaml": as_yaml,
    "shell": partial(_as_lines, "shell", shell_line),
    "docker-env": partial(_as_lines, "docker-env", docker_line),
    "github-env": partial(_as_lines, "github-env", github_lines),
    "k8s-secret": as_kubernetes_secret,
}


def kubernetes_name(address: str) -> str:
    """Return a name for a Kubernetes secret, derived from a project's path."""
    name = _NOT_IN_NAMES.sub("-", address.lower()).strip("-")
    return name[:MOST_NAME_CHARACTERS].rstrip("-") or "strongroom"


def _plain(variables: Sequence[Variable]) -> dict[str, str]:
    return {each.name: each.value for each in variables}


def _yaml(content: Mapping[str, str], *, indent: str = "") -> str:
    """Return the lines of a mapping, with every string in double quotes.

    Without quotes, some readers would parse `03190301` and `25921e05` as numbers and `y` as a boolean.
    """
    return "".join(f"{indent}{_quoted(name)}: {_quoted(text)}\n" for name, text in content.items())


def _quoted(text: str) -> str:
    """Return the text in double quotes.

    Invisible characters are escaped: some readers fold U+0085 and similar characters, or reject them.
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    shown = (each if each.isprintable() else f"\\U{ord(each):08x}" for each in escaped)
    return f'"{"".join(shown)}"'
