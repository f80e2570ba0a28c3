"""A use case takes the core and a caller, and passes the one door exactly once."""

import ast
from collections.abc import Iterator
from pathlib import Path

CORE = Path("packages/core/src/strongroom_core")
FEATURES = ("accounts", "grants", "machines", "overview", "projects", "record", "secrets")

AUTHENTICATORS = {
    "accounts/sessions.py:authenticate_person",
    "accounts/sessions.py:authenticate_session",
    "accounts/sessions.py:session_of",
    "accounts/throttle.py:admit",
    "machines/authenticate.py:authenticate_machine",
    "machines/authenticate.py:refuse_malformed",
    "machines/bootstrap.py:is_bootstrap_token",
    "machines/failures.py:locked_until",
    "machines/failures.py:note_failure",
}
"""They make callers, or count strangers before there is one: what they refuse, the gate never sees."""


BATCHED = {"secrets/read.py:read_secret", "secrets/read.py:read_batch"}
"""A read is handed to the next batch of its vault, and the batch performs for all its callers."""


def _public_coroutines() -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    for feature in FEATURES:
        for path in sorted((CORE / feature).glob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_"):
                    yield f"{path.relative_to(CORE)}:{node.name}", node


def _use_cases() -> dict[str, ast.AsyncFunctionDef]:
    """Public coroutines whose first parameter is the core; parts of an act take the act instead."""
    return {
        name: node
        for name, node in _public_coroutines()
        if node.args.args
        and node.args.args[0].arg == "core"
        and "act" not in [argument.arg for argument in node.args.args]
    }


def _performs(node: ast.AST) -> int:
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    doors = ("gate.perform", "gate.perform_reads")
    return sum(ast.unparse(call.func) in doors for call in calls)


def test_a_use_case_performs_exactly_once() -> None:
    """No effect without the gate, and no act that needs two."""
    found = {name: _performs(node) for name, node in _use_cases().items()}
    excepted = AUTHENTICATORS | BATCHED
    wrong = {name: n for name, n in found.items() if n != 1 and name not in excepted}

    assert wrong == {}
    assert {"secrets/read.py:read_secret": 0, "secrets/read.py:read_batch": 1} == {
        name: found[name] for name in BATCHED
    }
    assert len(found) > 40


def test_a_use_case_takes_the_core_and_the_caller_first() -> None:
    """Nothing is ambient: who acts is the second argument of every use case."""
    wrong = [
        name
        for name, node in _use_cases().items()
        if name not in AUTHENTICATORS | BATCHED
        and [a.arg for a in node.args.args][:2] != ["core", "caller"]
    ]

    assert wrong == []


def test_parts_of_an_act_do_not_perform() -> None:
    """A function that is handed an act or a connection works inside it and opens no other."""
    parts = {name: node for name, node in _public_coroutines() if name not in _use_cases()}
    wrong = [name for name, node in parts.items() if _performs(node)]

    assert wrong == []
    assert parts


def test_the_list_of_authenticators_names_what_exists() -> None:
    """An exception for a function that is gone would cover the next one of its name."""
    assert AUTHENTICATORS <= set(_use_cases())
