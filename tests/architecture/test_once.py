"""Things declared only once: names of functions, limits of fields, error codes."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import strongroom_api.errors
import strongroom_core.install.administer
from strongroom_core.kernel.errors import StrongroomError
from strongroom_wire.errors import READ_REASONS, Code, Met

CORE = Path("packages/core/src/strongroom_core")
DASHBOARD = Path("apps/dashboard/src/strongroom_dashboard")

AT_THE_START = {"from_another_cluster", "wrong_root", "roles_missing", "schema_too_new"}
"""Codes of errors that stop the server before it responds to any request."""


def _errors(kind: type[StrongroomError] = StrongroomError) -> Iterator[type[StrongroomError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _errors(each)


def test_no_two_functions_of_core_share_a_name() -> None:
    """Each function name is unique, so that searching for it finds one function."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(CORE.glob("**/*.py")):
        if "migrations" not in path.parts:
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    found[node.name].append(str(path.relative_to(CORE)))
    public = {name: paths for name, paths in found.items() if not name.startswith("_")}

    assert {name: paths for name, paths in public.items() if len(paths) > 1} == {}
    assert len(public) > 150


def test_every_error_has_a_code_of_the_table() -> None:
    """`strongroom_wire.errors` contains every code that can be returned, and no others."""
    modules = (strongroom_api.errors.__name__, "strongroom_core.")
    kinds = [kind for kind in _errors() if kind.__module__.startswith(modules)]
    sources = [path.read_text() for root in (CORE, Path("apps/api")) for path in root.rglob("*.py")]
    used = {name for text in sources for name in re.findall(r"\bCode\.([A-Z_]+)", text)}

    assert {kind.code for kind in kinds if not isinstance(kind.code, Code)} == AT_THE_START
    assert strongroom_core.install.administer.RolesMissing in kinds
    assert used == {code.name for code in Code}


def test_every_code_is_described_in_a_sentence() -> None:
    """`docs/errors.md` is generated from these descriptions."""
    assert [code for code in Code if not re.fullmatch(r"[A-Z`].+\.", code.meaning)] == []
    assert [code for code in Code if Met.READING in code.met and Met.MACHINES not in code.met] == []
    assert len(READ_REASONS) > 10


def test_the_forms_and_the_alerts_know_codes_of_the_table() -> None:
    """Error codes are right even in other languages, where no type checker would notice a wrong one."""
    scripts = "".join(path.read_text() for path in (DASHBOARD / "assets/js").glob("*.js"))
    forms = set(re.findall(r'\.code === "(\w+)"', scripts))
    alerts = Path("deploy/alerts.yml").read_text()
    counted = {
        code
        for codes in re.findall(r'\b(?:code|reason)=~?"([^"]+)"', alerts)
        for code in codes.split("|")
    }

    assert forms - {code for code in Code if Met.PEOPLE in code.met} == set()
    assert counted - set(Code) == set()
    assert forms
    assert counted


BOUNDS = {"longest", "shortest", "high", "low", "maxlength", "minlength", "max_length"}


def _bounds(path: Path) -> Iterator[tuple[str, ast.expr]]:
    """The limits that a module sets on fields, by keyword or as an attribute."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield from ((each.arg, each.value) for each in node.keywords if each.arg in BOUNDS)
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in BOUNDS:
                    yield str(key.value), value


def test_form_limits_come_from_the_kernel() -> None:
    """Each limit comes from `kernel/limits`, which the use case that checks it also uses."""
    wrong: list[str] = []
    given = 0
    for path in sorted(DASHBOARD.glob("**/*.py")):
        if "gallery" in path.parts:  # made-up fields
            continue
        tree = ast.parse(path.read_text())
        known = {arg.arg for arg in ast.walk(tree) if isinstance(arg, ast.arg)} | {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "strongroom_core.kernel.limits"
            for alias in node.names
        }
        for bound, value in _bounds(path):
            given += 1
            names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)} - {"str"}
            if not names or names - known:
                wrong.append(f"{path}: {bound}={ast.unparse(value)}")

    assert wrong == []
    assert given > 20


def test_no_two_journeys_make_a_project_of_the_same_name() -> None:
    """Journeys use distinct project names, because they share one vault and run in varying order."""
    made: dict[str, list[str]] = defaultdict(list)
    # The pictures are taken in a separate vault, not in the one that journeys share.
    for path in sorted(Path("e2e").glob("test_*.py")):
        text = path.read_text()
        names = re.findall(r'make_project\(\s*\w+, "([^"]+)"', text)
        names += re.findall(r'"/api/projects", \{"name": "([^"]+)"', text)
        for name in names:
            made[name].append(path.name)

    assert {name: places for name, places in made.items() if len(places) > 1} == {}
    assert len(made) > 10
