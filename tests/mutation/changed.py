"""The lines of `access/` that have changed since a commit."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from .trial import ACCESS, CORE

_HUNK = re.compile(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@")


def changed_lines(commit: str) -> Mapping[str, frozenset[int]]:
    """Return the numbers of new and changed lines by module, including uncommitted ones.

    A module that was moved inside core is compared with its old version.
    """
    options = ("--unified=0", "--no-prefix", "--find-renames", "--no-ext-diff", "--no-color")
    changed = lines_of(_git("diff", *options, commit, "--", str(CORE)))
    for path in _git("ls-files", "--others", "--exclude-standard", "--", str(ACCESS)).splitlines():
        changed[path] = frozenset(range(1, len(Path(path).read_text().splitlines()) + 1))
    return {
        str(Path(path).relative_to(ACCESS)): lines
        for path, lines in changed.items()
        if ACCESS in Path(path).parents
    }


def lines_of(diff: str) -> dict[str, frozenset[int]]:
    """Return the line numbers from a diff without context, by file."""
    found: dict[str, frozenset[int]] = {}
    file = ""
    for line in diff.splitlines():
        if line.startswith("+++ "):
            file = line.removeprefix("+++ ")
        elif hunk := _HUNK.match(line):
            first, number = int(hunk[1]), int(hunk[2] or 1)
            found[file] = found.get(file, frozenset[int]()) | frozenset(
                range(first, first + number)
            )
    return found


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout
