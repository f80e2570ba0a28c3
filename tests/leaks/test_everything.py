"""After the server has stopped, no secret remains anywhere (E-5)."""

from __future__ import annotations

import gzip
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from strongroom_core.db.connection import connect
from strongroom_core.install.administer import DATABASE
from strongroom_server.embedded.postgres import EmbeddedPostgres
from strongroom_testkit.markers import Markers, forms_of, search
from strongroom_testkit.programs import Programs, root_in
from tests.requests import REQUESTS

from .accounts_walk import walk_account
from .members_walk import walk_members
from .mishaps import Mishaps, mistake_at_the_socket
from .walkthrough import NOT_AGAIN, ONLY_REFUSED, VISIBLE, Walkthrough, from_address


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    """The server's programs; their output is outside the folders that are searched."""
    searched, outside = tmp_path / "searched", tmp_path / "outside"
    searched.mkdir()
    outside.mkdir()
    programs = Programs(searched, outside)
    yield programs
    programs.end_all()


async def test_no_secret_is_left_anywhere(programs: Programs) -> None:
    """E-5: after every operation and every failure, no value, password, token or key is left anywhere.

    The search covers the database's rows, heap, WAL and logs, the server's logs, temporary files,
    the cache of prepared databases, and the admin socket's folder, for every form of each secret.
    """
    markers = Markers()
    data = programs.folder / "data"
    done, statuses, root, email, password = _develop(programs, data, markers)
    answers = _serve(programs, data, markers, root, email, password)
    dump = programs.folder / "rows.dump"
    tables = await _dump(data, dump)
    hits = search([programs.folder], markers.noted)
    control = [path for path in programs.folder.rglob("*") if _holds(path, VISIBLE.encode())]
    size = sum(path.stat().st_size for path in programs.folder.rglob("*") if path.is_file())
    print(
        f"\n{len(markers.noted)} secrets in 10 forms, {len(done)} operations,"
        f" {statuses.total()} mishaps ({dict(sorted(statuses.items()))}), {tables} tables,"
        f" {size >> 20} MiB searched: {len(hits)} hits"
    )

    assert done == REQUESTS.keys() - ONLY_REFUSED
    assert not [status for status in statuses if status >= 500 and status != 503]
    assert not hits, "\n".join(hits)
    assert not [answer for answer in answers if _any_in(answer, markers)]
    # Harmless text was found in rows, heap and WAL, which shows that the search covered them.
    assert dump in control
    assert any("pg_wal" in path.parts for path in control)
    assert any("base" in path.parts for path in control)


def test_the_search_finds_every_form(tmp_path: Path) -> None:
    """E-5: negative control: a secret planted in any form, even compressed, is found."""
    markers = Markers()
    planted = markers.value("planted +/&")
    forms = dict(forms_of(planted))
    for number, form in enumerate(forms.values()):
        (tmp_path / f"plain-{number}").write_bytes(b"before" + form + b"after")
        (tmp_path / f"packed-{number}").write_bytes(gzip.compress(b"before" + form + b"after"))
    hits = search([tmp_path], markers.noted)
    files = {hit.split(":")[0] for hit in hits}

    assert len(forms) == 11
    assert files == {str(path) for path in tmp_path.iterdir()}
    assert not [hit for hit in hits if planted in hit]
    assert search([tmp_path], [Markers().value()]) == []


def _develop(programs: Programs, data: Path, markers: Markers) -> tuple[Any, Any, str, str, str]:
    """Run `dev`, perform every operation, cause every failure, and stop the server."""
    dev = programs.start("dev", "--port", "0", "--keep", data)
    ready = dev.ready()
    email, password = ready["owner"]["email"], markers.note(ready["owner"]["password"])
    root = markers.note(root_in(dev.said))
    markers.note(root.replace("-", ""))
    for secret in ready["secrets"].values():
        found = secret["value"]
        for text in [found] if isinstance(found, str) else found.values():
            # The demo's host names and ports aren't secret.
            if len(text) > 20 and ".example" not in text:
                markers.note(text)
    for file in Path(ready["home"]).parent.rglob("*"):
        for line in file.read_text().splitlines() if file.suffix == ".pem" else []:
            if len(line) > 40 and "-----" not in line:
                markers.note(line)
    markers.note(ready["webhook"]["secret"])
    walkthrough = Walkthrough(ready["url"], markers, ready["webhook"]["url"])
    walkthrough.go(email, password)
    with (
        from_address(ready["url"], "127.0.0.4") as person,
        from_address(ready["url"], "127.0.0.5") as other,
    ):
        walkthrough.done |= walk_account(person, other, markers)
    with (
        from_address(ready["url"], "127.0.0.6") as owner,
        from_address(ready["url"], "127.0.0.7") as guest,
    ):
        walkthrough.done |= walk_members(ready, owner, guest, markers)
    walkthrough.enter(email, password)
    mishaps = Mishaps(ready["url"], walkthrough.vault, walkthrough.client.cookies, markers)
    mishaps.late()
    mishaps.all()
    walkthrough.client.close()

    assert dev.end() == 0

    printed = dev.said.read_bytes()
    shown = {password, root, root.replace("-", "")}
    shown |= {each["password"] for each in (*ready["people"], *ready["organization"]["members"])}

    assert not [1 for secret in markers.noted - shown if secret.encode() in printed]

    return walkthrough.done, mishaps.statuses, root, email, password


def _serve(
    programs: Programs, data: Path, markers: Markers, root: str, email: str, password: str
) -> list[bytes]:
    """Run `serve` on the same folder, unseal the server after failed attempts, use it, and kill it."""
    server = programs.start("serve", "--data", data, "--port", "0")
    url = server.ready()["url"]
    answers = mistake_at_the_socket(data / "admin.sock", markers)
    wrong = programs.run("unseal", "--data", data, given=f"{markers.value('root')}\n")
    right = programs.run("unseal", "--data", data, given=f"{root}\n")

    assert wrong.returncode != 0
    assert right.returncode == 0, right.stderr

    answers += [each.encode() for each in (wrong.stdout, wrong.stderr, right.stdout, right.stderr)]
    walkthrough = Walkthrough(url, markers, skipped=NOT_AGAIN)
    walkthrough.go(email, password)
    walkthrough.client.close()
    server.end(signal.SIGKILL)
    return answers


async def _dump(data: Path, to: Path) -> int:
    """Copy every row of every table to a file, as `pg_dump` would; return the number of tables."""
    postgres = await EmbeddedPostgres.start(data / "postgres")
    try:
        url = postgres.dsn(
            user=postgres.superuser, password=postgres.superuser_password, database=DATABASE
        )
        connection: Any = await connect(url)
        tables = await connection.fetch(
            "select format('%I.%I', n.nspname, c.relname) as name from pg_class c"
            " join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'm')"
            " and n.nspname not in ('pg_toast', 'pg_catalog', 'information_schema')"
        )
        with to.open("wb") as file:
            for table in tables:
                await connection.copy_from_query(f"select * from {table['name']}", output=file)
        await connection.close()
    finally:
        await postgres.stop()
    return len(tables)


def _holds(path: Path, text: bytes) -> bool:
    return path.is_file() and not path.is_symlink() and text in path.read_bytes()


def _any_in(answer: bytes, markers: Markers) -> bool:
    return any(secret.encode() in answer for secret in markers.noted)
