"""A use case takes the core and a caller, and passes the gate exactly once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

CORE = Path("packages/core/src/strongroom_core")
FEATURES = (
    "accounts",
    "alerts",
    "audit",
    "grants",
    "machines",
    "mail",
    "overview",
    "projects",
    "reading",
    "secrets",
    "shares",
)

AUTHENTICATORS = {
    "accounts/sessions.py:authenticate_person",
    "accounts/sessions.py:authenticate_session",
    "accounts/sessions.py:session_of",
    "accounts/throttle.py:admit",
    "accounts/throttle.py:count_failure",
    "machines/authenticate.py:authenticate_machine",
    "machines/authenticate.py:refuse_malformed",
    "machines/bootstrap.py:is_bootstrap_token",
    "machines/provision.py:is_key_file",
    "machines/failures.py:locked_until",
    "machines/identify.py:audience_form",
    "machines/failures.py:note_failure",
}
"""They create callers or count unknown clients before that, so the gate never sees their denials."""

BATCHED = {
    "reading/batch.py:read_secret_value": "handed to the next batch, which performs for all its callers",
    "reading/batch.py:read_batch": "performs for several requests, each with its own caller",
    "reading/deliver.py:deliver": "decrypts what a batch has committed",
    "reading/export.py:export_secrets": "records the export, and then each read in a batch",
}
"""Reads of values: one signature can cover many, and one transaction serves many callers."""

IN_STEPS = {
    "accounts/recovery.py:due_recoveries": "finds what is due, for a job",
    "alerts/mail.py:due_mail_alerts": "finds vaults with alerts to mail, for a job",
    "alerts/read.py:due_alert_vaults": "finds vaults with new events, for a job",
    "alerts/foresee.py:vaults_to_foresee": "finds vaults, for a job",
    "alerts/send.py:due_deliveries": "claims what is due, in any vault, for the worker",
    "alerts/send.py:send_delivery": "sends between two acts, because no transaction waits for a receiver",
    "mail/send.py:due_mail": "finds what is due, in any vault, for a job",
    "mail/send.py:send_mail": "claims the mail before it is sent, and performs with the result",
    "mail/state.py:mail_state": "a part of an act",
    "mail/state.py:send_test_mail": "speaks to the mail server, before an act",
    "secrets/replace.py:postpone_rotation": "postpones a rotation that failed, for a job",
    "secrets/rotation.py:due_rotations": "finds what is queued, in any vault, for a job",
    "shares/listing.py:due_shares": "finds what has expired, in any vault, for a job",
    "shares/create.py:create_share": "decided once before the work of Argon2, and again with the effect",
    "shares/open.py:open_share": "either opens the share or uses up a try, after a lookup without a vault",
}
"""Use cases whose acts are in separate functions, and a lookup that comes before an act."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
NAMES_OF_VISIBILITY = {"sees_others", "only_of", "narrow_to_visible"}


@cache
def _modules() -> dict[str, ast.Module]:
    paths = [path for feature in FEATURES for path in sorted((CORE / feature).glob("*.py"))]
    return {path.relative_to(CORE).as_posix(): ast.parse(path.read_text()) for path in paths}


def _public_functions() -> Iterator[tuple[str, Function]]:
    """Return all functions and methods, including coroutines and generators."""
    for module, tree in _modules().items():
        for node in tree.body:
            if isinstance(node, Function) and not node.name.startswith("_"):
                yield f"{module}:{node.name}", node
            if isinstance(node, ast.ClassDef):
                for method in node.body:
                    if isinstance(method, Function) and not method.name.startswith("_"):
                        yield f"{module}:{node.name}.{method.name}", method


def _parameters(node: Function) -> list[str]:
    return [argument.arg for argument in node.args.args]


@cache
def _use_cases() -> dict[str, Function]:
    """Public coroutines whose first parameter is the core; parts of an act take the act instead."""
    return {
        name: node
        for name, node in _public_functions()
        if _parameters(node)[:1] == ["core"]
        and isinstance(node, ast.AsyncFunctionDef)
        and "act" not in _parameters(node)
    }


def _calls(node: ast.AST) -> list[str]:
    return [ast.unparse(each.func) for each in ast.walk(node) if isinstance(each, ast.Call)]


def _performs(node: ast.AST) -> int:
    return sum(name in ("gate.perform", "gate.perform_batch") for name in _calls(node))


def test_a_use_case_performs_exactly_once() -> None:
    """Every use case passes the gate, and none needs two acts."""
    found = {name: _performs(node) for name, node in _use_cases().items()}
    wrong = {
        name: n
        for name, n in found.items()
        if n != 1 and name not in AUTHENTICATORS | BATCHED.keys() | IN_STEPS.keys()
    }

    assert wrong == {}
    assert {"reading/batch.py:read_secret_value": 0, "reading/batch.py:read_batch": 1} == {
        name: found[name] for name in BATCHED if name.startswith("reading/batch.py")
    }
    assert len(found) > 40


def test_a_use_case_calls_no_other() -> None:
    """No use case calls another: those would be two acts, and the second could fail after the first."""
    names = {name.split(":")[1] for name in _use_cases()}
    nested = {
        name: sorted(names.intersection(_calls(node)))
        for name, node in _use_cases().items()
        if name not in BATCHED and name not in AUTHENTICATORS
    }

    assert {name: called for name, called in nested.items() if called} == {}


def test_use_cases_take_the_core_and_the_caller_first() -> None:
    """There is no ambient state: the caller is the second argument of every use case."""
    wrong = [
        name
        for name, node in _use_cases().items()
        if name not in AUTHENTICATORS
        and name not in BATCHED
        and name not in IN_STEPS
        and _parameters(node)[:2] != ["core", "caller"]
    ]

    assert wrong == []


def test_parts_of_an_act_do_not_perform() -> None:
    """A function that gets an act or a connection works inside it and opens no other."""
    use_cases = _use_cases()
    parts = {name: node for name, node in _public_functions() if name not in use_cases}
    wrong = [
        name
        for name, node in parts.items()
        if _performs(node) or any(call.endswith("database.transaction") for call in _calls(node))
    ]

    assert wrong == []
    assert any("." in name.split(":")[1] for name in parts), "no method was looked at"


def test_exceptions_are_for_existing_functions() -> None:
    """Every exception is for an existing function; otherwise it would apply to the next one of that name."""
    assert AUTHENTICATORS | set(BATCHED) | set(IN_STEPS) <= set(_use_cases())


def _used_by(tree: ast.Module) -> dict[str, set[str]]:
    """For each top-level name in a module, all names that it uses, directly or indirectly."""
    direct: dict[str, set[str]] = {}
    for node in tree.body:
        if isinstance(node, Function):
            defined = [node.name]
        elif isinstance(node, ast.Assign):
            defined = [target.id for target in node.targets if isinstance(target, ast.Name)]
        else:
            continue
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        if any(
            isinstance(each, ast.Constant)
            and isinstance(each.value, str)
            and "audit_entry" in each.value
            for each in ast.walk(node)
        ):
            names.add("audit_entry")
        for name in defined:
            direct[name] = names
    changed = True
    while changed:
        changed = False
        for name, names in direct.items():
            more = set().union(*(direct.get(each, set()) for each in names)) - names
            changed = changed or bool(more)
            direct[name] = names | more
    return direct


NARROWED = {"entry_rows"}
"""They check visibility themselves."""

FROM_ELSEWHERE = {"ENTRIES"} | NARROWED
"""Names that lead to events although they are declared in another module."""

TELLS_NO_ENTRY = {"find_changes", "latest_entry"}
"""They reveal only how far the log has grown, which isn't hidden from any member."""

OF_THE_SERVER = {"list_committed", "mail_alerts", "read_alerts", "record_gap"}
"""The server itself calls them, for the person who runs it and to send alerts according to the rules."""


@pytest.mark.parametrize("module", sorted(_modules()))
def test_every_query_of_events_checks_visibility(module: str) -> None:
    """L-4: `access/visible` decides which events a person sees, wherever events are read."""
    tree = _modules()[module]
    blind = [
        name
        for name, used in _used_by(tree).items()
        if f"{module}:{name}" in _use_cases()
        and name not in TELLS_NO_ENTRY | OF_THE_SERVER
        and ("audit_entry" in used or used & FROM_ELSEWHERE)
        and not used & NAMES_OF_VISIBILITY
        and not used & NARROWED
    ]

    assert blind == []


def test_queries_of_events_are_found() -> None:
    """The test above isn't empty: these are the use cases that read events."""
    found = {
        name
        for module, tree in _modules().items()
        for name, used in _used_by(tree).items()
        if f"{module}:{name}" in _use_cases() and ("audit_entry" in used or used & FROM_ELSEWHERE)
    }

    assert found >= {
        "list_entries",
        "export_entries",
        "read_entry",
        "read_recovery",
        "reads_over_time",
        "read_overview",
        "read_machine_use",
        "list_readers",
        "weigh_project",
        "find_changes",
        "list_committed",
    }


FOR_THE_PROCESS = {"latest", "find_changes", "list_offered", "read_kept_versions"}
"""The dashboard uses these to decide when to redraw a page, and to fill a form with one query; other programs
list events, projects, secrets and versions."""


def _called_in(app: str) -> set[str]:
    """The use cases that modules of an app import by name."""
    known = {name.partition(":")[2] for name in set(_use_cases()) - AUTHENTICATORS}
    return {
        alias.name
        for path in Path("apps", app).glob("src/**/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("strongroom_core.")
        for alias in node.names
        if alias.name in known
    }


def test_the_api_offers_every_use_case_that_a_screen_calls() -> None:
    """D-4: a program can request everything that the dashboard shows."""
    screens = _called_in("dashboard")

    assert screens - _called_in("api") == FOR_THE_PROCESS
    assert len(screens) > 20
