"""The files, recipes and variables that the pages mention exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from strongroom_core.settings import known_variables

PAGES = sorted(map(str, [*Path().glob("*.md"), *Path("docs").rglob("*.md")]))

_QUOTED = re.compile(r"`([^`\n]+)`")
_FILE = re.compile(r"[\w./-]+\.(?:py|sql|js|css|md)")
_MODULE = re.compile(
    r"(?:access|accounts|audit|components|crypto|db|doctor|grants|install|kernel|machines|outbox|overview"
    r"|projects|runtime|schema|secrets|strongroom_\w+)(?:/[a-z_]+)+"
)
_RECIPE = re.compile(r"(?:just|\./run) ([a-z][a-z-]*)")
_VARIABLE = re.compile(r"STRONGROOM_[A-Z_]*[A-Z]")

NOT_OURS = {"rxconfig.py"}
"""What Reflex would read."""


def _named(pattern: re.Pattern[str]) -> set[tuple[str, str]]:
    """Return everything in backticks that matches a pattern, with its page."""
    return {
        (page, text)
        for page in PAGES
        for text in _QUOTED.findall(Path(page).read_text())
        if pattern.fullmatch(text)
    }


def _tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True)
    return [f"/{name}" for name in listed.stdout.splitlines()]


def test_the_files_that_pages_name_exist() -> None:
    """This test fails if a file is moved and a page still mentions the old path."""
    tracked = _tracked()
    named = {each for each in _named(_FILE) | _named(_MODULE) if each[1] not in NOT_OURS}
    missing = {
        (page, name)
        for page, name in named
        if not any(
            path.endswith((f"/{name}", f"/{name}.py")) or f"/{name}/" in path for path in tracked
        )
    }

    assert missing == set()
    assert len(named) > 60


def test_the_recipes_that_pages_name_exist() -> None:
    """Everything that a page says to run with `just` or `./run` is in the justfile."""
    recipes = set(
        re.findall(r"^([a-z][a-z-]*)[^=\n]*:(?!=)", Path("justfile").read_text(), re.MULTILINE)
    )
    named = {
        name
        for page in PAGES
        for name in _RECIPE.findall("\n".join(_QUOTED.findall(Path(page).read_text())))
    }

    assert named - recipes == set()
    assert len(named) > 5


def test_the_variables_that_pages_name_are_read() -> None:
    """Every environment variable on a page is read somewhere; setting any other would have no effect."""
    source = "".join(
        path.read_text()
        for root in ("packages", "apps", "tests")
        for path in Path(root).rglob("*.py")
        if "node_modules" not in path.parts
    )
    named = {(page, name) for page in PAGES for name in _VARIABLE.findall(Path(page).read_text())}
    read = set(re.findall(r"STRONGROOM_[A-Z_]*[A-Z]", source))
    read |= set(known_variables())

    assert {each for each in named if each[1] not in read} == set()
    assert len(named) > 15


def test_each_prove_recipe_selects_a_test() -> None:
    """Every `-k` in a proof still selects some tests; it might not after they are renamed."""
    proofs = re.findall(r"pytest ((?:tests/\S+ )+).*-k (\w+)", Path("justfile").read_text())
    missing: list[str] = []
    for places, word in proofs:
        files = [
            file
            for place in places.split()
            for file in ([Path(place)] if Path(place).is_file() else Path(place).rglob("test_*.py"))
        ]
        # Functions are separated by two blank lines.
        parts = [part for file in files for part in file.read_text().split("\n\n\n")]
        proofs_in_files = [part for part in parts if "pytest.mark.prove" in part]
        named = any(re.search(rf"def \w*{word}", part) for part in proofs_in_files)
        if not named and not any(word in file.stem for file in files):
            missing.append(word)

    assert [] == missing
    assert len(proofs) > 4
