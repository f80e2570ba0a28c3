"""From paths to secrets, and from secrets to variables: edge cases."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from strongroom import SecretInfo
from strongroom_cli.addresses import match_secret
from strongroom_cli.export_formats import kubernetes_name
from strongroom_cli.failures import NOT_FOUND, USAGE, Failure
from strongroom_cli.phrases import near
from strongroom_cli.settings import Setting, seconds_of
from strongroom_cli.variables import Rules, name_variables
from strongroom_wire.dangerous_names import ORDINARY, PREFIXES, REASONS, danger_of

NO_PROJECT = Setting(None, "not set")
TAKE_OVER = """
STRONGROOM_VAULT STRONGROOM_PROJECT SSLKEYLOGFILE GLIBC_TUNABLES GIT_SEQUENCE_EDITOR GIT_DIR
GIT_SSL_NO_VERIFY MANPAGER PIP_INDEX_URL UV_INDEX_URL RUSTC CC CARGO_HOME BUNDLE_GEMFILE GEM_HOME
CORECLR_PROFILER COR_PROFILER JAVA_HOME ERL_FLAGS R_PROFILE_USER JULIA_LOAD_PATH VIMINIT FPATH
GTK_MODULES GIO_EXTRA_MODULES QT_PLUGIN_PATH BASH_LOADABLES_PATH NO_PROXY XDG_CONFIG_HOME TERMINFO
LD_DEBUG_OUTPUT DYLD_X GIT_CONFIG_COUNT NPM_CONFIG_REGISTRY
"""


def secret(
    number: int, name: str, project: str, application: str | None = None, *fields: str
) -> SecretInfo:
    """A listed secret."""
    return SecretInfo(
        f"sk_{number:010}",
        name,
        fields or None,
        f"proj_{project}",
        project,
        None if application is None else f"app_{application}",
        application,
        "structured" if fields else "secret",
    )


def test_an_ambiguous_path_is_rejected() -> None:
    """D-3: an application and a standalone project can have the same path; IDs distinguish them."""
    listed = [secret(1, "KEY", "live", "shop"), secret(2, "live/KEY", "shop")]
    with pytest.raises(Failure, match="is ambiguous") as refused:
        match_secret(listed, "shop/live/KEY", NO_PROJECT)

    assert "sk_0000000001" in refused.value.hint
    assert "sk_0000000002" in refused.value.hint
    assert "sk_0000000002" == match_secret(listed, "live/KEY", Setting("shop", "--project")).id


def test_a_name_with_a_hash_sign() -> None:
    """D-3: a name can itself contain a hash sign."""
    listed = [secret(1, "A#b", "p"), secret(2, "A", "p", None, "b", "c")]

    assert ("sk_0000000001", None) == _found(listed, "p/A#b")
    assert ("sk_0000000002", "c") == _found(listed, "p/A#c")
    assert ("sk_0000000002", None) == _found(listed, "p/A#")


@pytest.mark.parametrize(
    ("typed", "project", "code"),
    [("p/B", None, NOT_FOUND), ("B", "p", NOT_FOUND), ("A", None, USAGE), ("A", "q", NOT_FOUND)],
)
def test_unknown_names(typed: str, project: str | None, code: int) -> None:
    """D-3: a bare name without a project is a usage error; other unknown names are not found."""
    with pytest.raises(Failure) as refused:
        match_secret([secret(1, "A", "p")], typed, Setting(project, "--project"))

    assert code == refused.value.exit_code
    assert refused.value.hint


def test_colliding_names() -> None:
    """D-3: the error names both secrets, even for a field and a secret, or two IDs with the same name."""
    fields = secret(1, "DB", "p", None, "host")
    with pytest.raises(Failure, match=r"DB#host and db_host$"):
        name_variables([fields, secret(2, "db_host", "p")], Rules())
    with pytest.raises(Failure, match=r"A \(sk_0000000001\) and A \(sk_0000000002\)"):
        name_variables([secret(1, "A", "p"), secret(2, "A", "p")], Rules())

    assert ["DB_HOST"] == list(
        name_variables([fields, secret(2, "db_host", "p")], Rules(without=("db_host",)))
    )


@pytest.mark.parametrize("name", [*REASONS, *(f"{prefix}ANYTHING" for prefix in PREFIXES)])
def test_dangerous_names_are_rejected(name: str) -> None:
    """D-3: each dangerous name is rejected, unless it is allowed by name."""
    with pytest.raises(Failure, match=f"^{name} .*dangerous"):
        name_variables([secret(1, name, "p")], Rules())
    with pytest.raises(Failure):
        name_variables([secret(1, name, "p")], Rules(allowed=frozenset({"PATHS"})))

    assert [name] == list(name_variables([secret(1, name, "p")], Rules(allowed=frozenset({name}))))
    assert danger_of(name.lower()) == danger_of(name)


@pytest.mark.parametrize("name", TAKE_OVER.split())
def test_names_that_take_a_program_over(name: str) -> None:
    """D-3: each dangerous name has a reason."""
    assert danger_of(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "API_KEY",
            "PATHS",
            "MY_PATH",
            "LD",
            "HOMEPAGE",
            "GITHUB_TOKEN",
            "PIP",
            "UV_PUBLISH_TOKEN",
        ),
        *("KUBECONFIG", "DOCKER_HOST", "DATABASE_URL", "PGHOST", "AWS_ENDPOINT_URL", "NPM_TOKEN"),
        *("CARGO_REGISTRY_TOKEN", "COMPOSER_AUTH", "YARN_NPM_AUTH_TOKEN"),
        *sorted(ORDINARY),
    ],
)
def test_other_names_are_not(name: str) -> None:
    """D-3: a name that only looks dangerous is accepted, and so are names of ordinary secrets."""
    assert danger_of(name) is None


def test_all_dangerous_names_are_listed() -> None:
    """D-3: the error lists all dangerous names at once, with their secrets."""
    secrets = [secret(1, "path", "p"), secret(2, "ENV", "p"), secret(3, "A", "p")]
    with pytest.raises(Failure, match=r"ENV \(from ENV\): .*; PATH \(from path\): ") as refused:
        name_variables(secrets, Rules())

    assert "--except ENV,PATH, " in refused.value.hint
    assert ["A"] == list(name_variables(secrets, Rules(without=("ENV", "PATH"))))
    allowed = frozenset({"ENV"})
    with pytest.raises(Failure, match=r"^PATH \(from path\) is a dangerous variable"):
        name_variables(secrets, Rules(allowed=allowed))


def test_durations() -> None:
    """D-3: durations can be given in seconds, minutes, hours or days."""
    assert [90, 90, 900, 43200, 604800] == [
        seconds_of(each) for each in ("90", "90s", "15m", "12h", "7d")
    ]
    for wrong in ("", "h", "-1", "1.5h", "1w", "٣h"):
        with pytest.raises(Failure, match="invalid duration"):
            seconds_of(wrong)


def test_hints_are_near() -> None:
    """D-3: a hint suggests similar names only, not just any name that exists."""
    known = ["billing/API_KEY", "billing/DATABASE", "shop/live/STRIPE"]

    assert "did you mean billing/API_KEY?" == near("billing/API_KYE", known)
    assert "did you mean billing/API_KEY?" == near("Billing/api_key", known)
    assert "see `strongroom list`" == near("zebra", known)
    assert "see `strongroom list`" == near("shop/production/NOPE", ["shop/production/DB_URL"])
    assert "did you mean KEY_1 or KEY_2?" == near("KEY_3", ["KEY_1", "KEY_2", "B"])
    assert "nothing" == near("x", [], otherwise="nothing")


@pytest.mark.parametrize(
    ("address", "expected"),
    [("shop/Production EU", "shop-production-eu"), ("🗝", "strongroom"), ("-a-", "a")],
)
def test_names_of_kubernetes_secrets(address: str, expected: str) -> None:
    """D-3: the variable's name is built from the project's path."""
    assert expected == kubernetes_name(address)


def _found(listed: list[SecretInfo], typed: str) -> tuple[str, str | None]:
    found = match_secret(listed, typed, NO_PROJECT)
    return found.id, found.field


def _printed_at_terminal(program: str, *arguments: str) -> str:
    """Run a Python program in a terminal of 80 columns, and return what it printed."""
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-c", program, *arguments],
        stdout=theirs,
        env={**os.environ, "COLUMNS": "80", "TERM": "xterm"},
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    return shown


@pytest.mark.programs
@pytest.mark.parametrize("length", [36, 90])
def test_paths_are_not_wrapped(length: int) -> None:
    """D-3: in a terminal of 80 columns, a path in a table can be copied."""
    path = "shop/production/" + "D" * (length - 16)
    program = "import sys; from strongroom_cli.output import _write_table as write;"
    program += (
        "write(['path', 'kind', 'fields'], [[sys.argv[1], 'structured', 'host, password, port']])"
    )
    shown = _printed_at_terminal(program, path)

    assert path in shown
    assert "structured" in shown


@pytest.mark.programs
def test_a_fingerprint_stays_on_one_line() -> None:
    """D-3: in a terminal of 80 columns, a fingerprint gets a separate line, so that it is not broken."""
    fingerprint = " ".join(["0a1b"] * 16)
    program = "import sys; from strongroom_cli.choices import Choices;"
    program += "from strongroom_cli.output import write_facts;"
    program += "write_facts(Choices(), {'machine': 'web-7', 'fingerprint': sys.argv[1]})"
    shown = _printed_at_terminal(program, fingerprint)

    assert ["machine:     web-7", "fingerprint:", fingerprint] == shown.splitlines()
