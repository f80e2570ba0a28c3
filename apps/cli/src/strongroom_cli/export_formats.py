"""Variables as text for other programs. Each format reads back as exactly the same values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from strongroom_cli.exits import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from strongroom_cli.variables import Variable

MOST_NAME_CHARACTERS = 253
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


def as_dotenv(variables: Sequence[Variable], _name: str) -> str:
    """Return a `.env` file. Raises `Failure` for a value that its readers would not agree on."""
    from strongroom_cli.dotenv import Unwritable, dotenv_line  # noqa: PLC0415 -- one format of five

    lines: list[str] = []
    for variable in variables:
        try:
            lines.append(dotenv_line(variable.name, variable.value))
        except Unwritable as unwritable:
            raise Failure(
                f"{variable.name} (from {variable.source}) cannot be written as dotenv:"
                f" {unwritable}",
                f"use --format json or --format shell, or leave it out with --except {variable.name}",
            ) from None
    return "".join(f"{line}\n" for line in lines)


def as_json(variables: Sequence[Variable], _name: str) -> str:
    """Return one JSON object."""
    import json  # noqa: PLC0415 -- one format of five

    return json.dumps(_plain(variables), ensure_ascii=False, indent=2) + "\n"


def as_yaml(variables: Sequence[Variable], _name: str) -> str:
    """Return one YAML mapping of strings."""
    return _yaml(_plain(variables))


def as_shell(variables: Sequence[Variable], _name: str) -> str:
    """Return `export` statements for any POSIX shell. Raises `Failure` for a NUL."""
    from strongroom_cli.variables import require_no_nul  # noqa: PLC0415 -- loaded already

    require_no_nul(variables)
    # Between single quotes nothing has a meaning but their end.
    return "".join(
        "export {}='{}'\n".format(each.name, each.value.replace("'", "'\\''")) for each in variables
    )


def as_kubernetes_secret(variables: Sequence[Variable], name: str) -> str:
    """Return a manifest of kind Secret. Raises `Failure` when `name` is none for Kubernetes."""
    from base64 import b64encode  # noqa: PLC0415 -- one format of five

    if len(name) > MOST_NAME_CHARACTERS or not _NAME.fullmatch(name):
        raise Failure(
            f"{name} is no name for a Kubernetes secret",
            "give one of a–z, 0–9, . and - with --name",
        )
    data = {each.name: b64encode(each.value.encode()).decode() for each in variables}
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "type": "Opaque",
        "data": data,
    }
    return _yaml(manifest)


FORMATS: dict[str, Callable[[Sequence[Variable], str], str]] = {
    "dotenv": as_dotenv,
    "json": as_json,
    "yaml": as_yaml,
    "shell": as_shell,
    "k8s-secret": as_kubernetes_secret,
}


def kubernetes_name(address: str) -> str:
    """Return a name for a Kubernetes secret made of a project's address."""
    name = _NOT_IN_NAMES.sub("-", address.lower()).strip("-")
    return name[:MOST_NAME_CHARACTERS].rstrip("-") or "strongroom"


def _plain(variables: Sequence[Variable]) -> dict[str, str]:
    return {each.name: each.value for each in variables}


def _yaml(content: object) -> str:
    import yaml  # noqa: PLC0415 -- two formats of five

    class Dumper(yaml.SafeDumper):
        """Puts what cannot be seen into double quotes, where it is escaped."""

    def represent(_dumper: Dumper, text: str) -> yaml.ScalarNode:
        # In the other forms a reader takes U+0085 and its like for line breaks and folds them.
        style = None if text.isprintable() else '"'
        return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, represent)
    return yaml.dump(
        content, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=float("inf")
    )
