"""Runs the commands on a documentation page as a reader would: block by block, in one shell."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

GENEROUS_SECONDS = 300

_BLOCK = re.compile(
    r"(?:<!-- (?:not run: (?P<reason>[^>]+)|(?P<goes_on>goes on)) -->\n)?"
    r"```(?P<language>\w+)\n(?P<text>.*?)```",
    re.DOTALL,
)

_GO_ON = """
( {text} ) >> "$PAGE_LOG" 2>&1 &
STARTED=$!
trap 'kill "$STARTED"; wait "$STARTED" || true' EXIT
until curl -sS -o /dev/null "$PAGE_ALIVE" 2> /dev/null; do
    kill -0 "$STARTED" || {{ cat "$PAGE_LOG" >&2; exit 1; }}
    sleep 0.1
done
"""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. `reason` explains why it isn't run, if that is the case; `goes_on` marks a server."""

    language: str
    text: str
    reason: str | None
    goes_on: bool

    @property
    def script(self) -> str:
        """Return the block as part of a bash script."""
        if self.language == "python":
            return f"python - <<'PYTHON'\n{self.text}PYTHON\n"
        return _GO_ON.format(text=self.text) if self.goes_on else self.text


def blocks_of(page: Path, *languages: str) -> list[Block]:
    """Return a page's blocks in these languages, in order."""
    found = [
        Block(match["language"], match["text"], match["reason"], match["goes_on"] is not None)
        for match in _BLOCK.finditer(page.read_text())
    ]
    return [block for block in found if block.language in languages]


def run_blocks(
    blocks: list[Block],
    folder: Path,
    environment: Mapping[str, str],
    *,
    instead: Mapping[str, str],
    typed: str = "",
) -> str:
    """Run blocks in one bash, which stops at the first command that fails, and return its output.

    `instead` replaces text on the page, such as a port, with what the test uses instead. `typed` is the
    reader's input.
    """
    parts = [block.script for block in blocks if block.reason is None]
    script = "\n".join(["set -euo pipefail", *parts])
    for old, new in instead.items():
        assert old in script, f"the page no longer contains {old}"
        script = script.replace(old, new)
    file = folder / "page.sh"
    file.write_text(script)
    done = subprocess.run(
        ["bash", str(file)],
        env={**environment, "PAGE_LOG": str(folder / "page.log")},
        input=typed,
        capture_output=True,
        text=True,
        timeout=GENEROUS_SECONDS,
        check=False,
    )

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr
