"""Documentation and code agree: everything documented exists, and everything that exists is documented."""

import dataclasses
import re
from pathlib import Path

import pytest

from strongroom_api.reference.error_codes import status_of
from strongroom_core.access.action_table import ACTIONS
from strongroom_core.access.actions.accounts import ACCOUNT_FIRST_STEP, AUTH_FAILURE, PASSKEY_COPIED
from strongroom_core.access.actions.audit import AUDIT_FOLLOW
from strongroom_core.access.actions.machines import LOCKOUT_STARTED
from strongroom_core.access.actions.mail import MAIL_FAIL
from strongroom_core.access.actions.secrets import (
    CANARY_TRIGGERED,
    INTEGRITY_FAILURE,
    SECRET_READ_DENIED,
)
from strongroom_core.access.actions.shares import SHARE_FAIL
from strongroom_core.settings import Settings
from strongroom_server.documents import PAGES
from strongroom_server.operations import authorization_table
from strongroom_wire.errors import Code, Met

MAP = Path("ARCHITECTURE.md")


def test_every_path_in_the_map_exists() -> None:
    """Only ARCHITECTURE.md names paths in prose, so moving a file requires editing only one line."""
    paths = re.findall(r"`((?:packages|apps|tests|docs|benchmarks)/[^`*]+)`", MAP.read_text())
    missing = [path for path in paths if not Path(path).exists()]

    assert missing == []
    assert len(paths) > 30


def test_the_ten_questions_are_answered_by_the_map() -> None:
    """Someone who has read only the map can find the file for each question."""
    questions = re.findall(r"^\d+\. (.+)\? → `(.+)`$", MAP.read_text(), re.MULTILINE)

    assert len(questions) == 10
    assert [path for _, path in questions if not Path(path).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_the_generated_documents_are_the_tables(page: Path) -> None:
    """The pages on authorization and errors are generated; run `just docs` after a change."""
    assert page.read_text() == PAGES[page]()


def test_pages_that_list_error_codes_agree_with_the_table() -> None:
    """WIRE 2: the specification lists every code that machines can get, and each page the right statuses."""
    told: dict[str, set[tuple[str, int]]] = {}
    for page in sorted(Path("docs").glob("**/*.md")):
        for row in re.findall(r"^\|(.+)\|$", page.read_text(), re.MULTILINE):
            cells = [cell.strip() for cell in row.split("|")]
            statuses = [int(cell) for cell in cells if re.fullmatch("[45][0-9]{2}", cell)]
            codes = re.findall(r"`([a-z_]+)`", " ".join(c for c in cells if c.startswith("`")))
            for status in statuses:
                told.setdefault(page.as_posix(), set()).update((code, status) for code in codes)
    right = {(code.value, status_of(code)) for code in Code}

    assert {page: found - right for page, found in told.items() if found - right} == {}
    assert told["docs/errors.md"] == right
    assert {code for code, _ in told["docs/spec/wire.md"]} == {
        code for code in Code if Met.MACHINES in code.met
    }
    assert len(told) > 2


def test_every_action_has_a_way_in() -> None:
    """Every action can be performed; one that can't is dead code."""
    performed = {operation.action for operation in authorization_table().values()}

    # The server itself follows each watched vault, gives up on mail, and stops accepting a copied
    # passkey. A sign-in can end after its first step. The others are names that denials are logged
    # under.
    assert set(ACTIONS.values()) - performed == {
        ACCOUNT_FIRST_STEP,
        AUDIT_FOLLOW,
        AUTH_FAILURE,
        CANARY_TRIGGERED,
        INTEGRITY_FAILURE,
        LOCKOUT_STARTED,
        MAIL_FAIL,
        PASSKEY_COPIED,
        SECRET_READ_DENIED,
        SHARE_FAIL,
    }


@pytest.mark.parametrize("setting", [field.name for field in dataclasses.fields(Settings)])
def test_every_setting_is_documented(setting: str) -> None:
    """Every environment variable is in the one list for administrators."""
    assert f"STRONGROOM_{setting.upper()}" in Path("docs/operate/settings.md").read_text()


def test_the_glossary_has_one_line_per_word() -> None:
    """Each word is defined once."""
    words = re.findall(r"^\*\*([^*]+)\*\*", Path("docs/glossary.md").read_text(), re.MULTILINE)

    assert len(words) == len(set(words))
    assert len(words) > 30
