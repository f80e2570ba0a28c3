#!/bin/sh
# SnapPass shows a one-time secret to several people who open its link at the same time.
#
# Packages: snappass 1.6.2, redis-server 7.0 of the system.
#
# Input: 300 secrets, each created with the form of its start page; the links of each opened by four clients at once
# with the button of the page. Redis and Flask's own server, which the command `snappass` starts, run on this machine.
#
# Expected: one of the four gets the secret, and the others are told that it has expired. The page says: "You can only
# reveal the secret once!"
#
# Seen: many of the secrets are shown to two or more of the four. `get_password` reads the key with GET and deletes it
# with a separate DEL; Redis 6.2 and later have GETDEL, which does both at once.
#
# Here: a share is opened by one conditional statement, and the value leaves after its commit. `./run bench snappass`
# opens the shares of both in the same way.
set -eu
command -v redis-server >/dev/null || exit 2
folder=$(mktemp -d)
store=
site=
finish() {
    for each in "$site" "$store"; do
        [ -z "$each" ] || { kill "$each" && wait "$each"; } 2>/dev/null || true
    done
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check snappass==1.6.2 setuptools==80.9.0 || exit 2
# shellcheck disable=SC2046 # two words
set -- $(python3 -c 'import socket
both = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(each.getsockname()[1] for each in both))')
redis-server --port "$1" --bind 127.0.0.1 --dir "$folder" --save "" >"$folder/store" 2>&1 &
store=$!
NO_SSL=True REDIS_PORT=$1 "$folder/venv/bin/flask" --app snappass.main run --port "$2" >"$folder/site" 2>&1 &
site=$!

python3 - "http://127.0.0.1:$2" <<'END'
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

url = sys.argv[1]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def post(address, **form):
    """Return the response's text, or "" if the link has expired."""
    data = urllib.parse.urlencode(form).encode()
    try:
        with opener.open(urllib.request.Request(address, data), timeout=60) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return ""


def link_of(secret):
    page = post(url, password=secret, ttl="Hour")
    return next(part for part in page.split('"') if part.startswith(f"{url}/snappass"))


for _ in range(300):
    try:
        link_of("ready")
        break
    except OSError:
        time.sleep(0.1)
else:
    sys.exit(2)
seen = []
for number in range(300):
    secret, shown, together = f"secret-{number}-", [], threading.Barrier(4)
    link = link_of(secret)

    def view(link=link, shown=shown, secret=secret, together=together):
        together.wait()
        shown.append(secret in post(link))

    viewers = [threading.Thread(target=view) for _ in range(4)]
    for each in viewers:
        each.start()
    for each in viewers:
        each.join()
    seen.append(sum(shown))
twice = sum(times > 1 for times in seen)
print(f"of {len(seen)} secrets opened by four clients at once, {twice} were shown more than once")
sys.exit(not twice)
END
