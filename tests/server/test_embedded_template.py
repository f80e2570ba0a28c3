"""A prepared cluster is created once and then copied."""

import os
import stat
from pathlib import Path

import psycopg
import pytest

from strongroom_server.embedded.postgres import EmbeddedPostgres
from strongroom_server.embedded.template import ensure_cluster

_NAMED = os.environ.get("STRONGROOM_PG_BIN")
BINARIES = Path(_NAMED) if _NAMED else None


class Preparation:
    """A preparation that creates one table and counts how often it ran."""

    def __init__(self) -> None:
        self.runs = 0
        self.passwords: list[str] = []

    async def __call__(self, postgres: EmbeddedPostgres) -> None:
        """Create the table."""
        self.runs += 1
        self.passwords.append(postgres.superuser_password)
        execute(postgres, f"create table prepared as select {self.runs} as run")


def execute(postgres: EmbeddedPostgres, statement: str) -> object:
    dsn = postgres.dsn(
        user=postgres.superuser, password=postgres.superuser_password, database="postgres"
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


async def prepared_run(data: Path) -> object:
    postgres = await EmbeddedPostgres.start(data, binaries=BINARIES, fsync=False)
    try:
        return execute(postgres, "select run from prepared")
    finally:
        await postgres.stop()


async def ensure(data: Path, cache: Path | None, prepare: Preparation, key: str = "schema") -> None:
    await ensure_cluster(
        data, cache=cache, key=key, prepare=prepare, binaries=BINARIES, report=print
    )


async def test_the_second_cluster_is_a_copy_of_the_first(tmp_path: Path) -> None:
    """Preparation runs once per key; each copy starts on its own and contains what was prepared."""
    prepare = Preparation()
    cache = tmp_path / "cache"
    await ensure(tmp_path / "one", cache, prepare)
    await ensure(tmp_path / "two", cache, prepare)
    runs_with_one_key = prepare.runs
    await ensure(tmp_path / "three", cache, prepare, key="other-schema")

    assert runs_with_one_key == 1
    assert prepare.runs == 2
    assert [await prepared_run(tmp_path / name) for name in ("one", "two", "three")] == [1, 1, 2]


async def test_an_existing_cluster_is_left_alone(tmp_path: Path) -> None:
    """An existing cluster was prepared earlier, regardless of the current key."""
    prepare = Preparation()
    await ensure(tmp_path / "one", None, prepare)
    await ensure(tmp_path / "one", tmp_path / "cache", prepare, key="other-schema")

    assert prepare.runs == 1
    assert not (tmp_path / "cache").exists()


async def test_a_failed_preparation(tmp_path: Path) -> None:
    """Neither the data folder nor the cache contains a half-prepared cluster, and no folder remains."""

    async def fail(postgres: EmbeddedPostgres) -> None:
        execute(postgres, "select * from nowhere")

    with pytest.raises(psycopg.errors.UndefinedTable):
        await ensure_cluster(
            tmp_path / "one",
            cache=tmp_path / "cache",
            key="schema",
            prepare=fail,
            binaries=BINARIES,
        )

    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.lock", "one.log"]


async def test_the_cache_is_private(tmp_path: Path) -> None:
    """Cache and template have mode 0700, and don't contain the preparation's password."""
    prepare = Preparation()
    cache = tmp_path / "cache"
    await ensure(tmp_path / "one", cache, prepare)
    (template,) = cache.iterdir()
    cached = [path.read_bytes() for path in template.rglob("*") if path.is_file()]

    assert [stat.S_IMODE(path.stat().st_mode) for path in (cache, template)] == [0o700, 0o700]
    assert any(b"prepared" in content for content in cached)
    assert not any(prepare.passwords[0].encode() in content for content in cached)
    assert not (template / "postmaster.pid").exists()


async def test_a_template_others_could_change_is_not_used(tmp_path: Path) -> None:
    """Anyone who can write to the cache could plant a role or a function, so such a cache is ignored."""
    prepare = Preparation()
    cache = tmp_path / "cache"
    await ensure(tmp_path / "one", cache, prepare)
    cache.chmod(0o777)
    await ensure(tmp_path / "two", cache, prepare)

    assert prepare.runs == 2
    assert await prepared_run(tmp_path / "two") == 2


async def test_an_unwritable_cache(tmp_path: Path) -> None:
    """Without a cache everything works, but more slowly, and the progress output explains why."""
    (tmp_path / "cache").write_text("a file where the folder would be")
    lines: list[str] = []
    await ensure_cluster(
        tmp_path / "one",
        cache=tmp_path / "cache",
        key="schema",
        prepare=Preparation(),
        binaries=BINARIES,
        report=lines.append,
    )

    assert await prepared_run(tmp_path / "one") == 1
    assert [line for line in lines if line.startswith("the prepared database was not cached")] != []


@pytest.mark.parametrize("key", ["", "../elsewhere", "a/b", ".", "x" * 65])
async def test_a_key_that_is_a_path_is_rejected(tmp_path: Path, key: str) -> None:
    """A key can name only a folder in the cache, and nothing outside it."""
    with pytest.raises(ValueError, match="a template key must be"):
        await ensure(tmp_path / "one", tmp_path / "cache", Preparation(), key=key)
