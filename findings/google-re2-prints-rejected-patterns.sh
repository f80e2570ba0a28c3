#!/bin/sh
# google-re2 prints every pattern it rejects to standard error, in addition to raising an exception.
#
# Packages: google-re2 1.1.20251105.
#
# Input: `re2.compile("runner-(?=7)")`, a pattern that Python's `re` accepts, in a `try` that catches `re2.error`.
#
# Expected: the exception, as from `re.compile`, and nothing on standard error. Libraries let their
# callers decide what is logged, and a pattern that someone typed may be private.
#
# Seen: the exception, and a line from RE2's logger on standard error that quotes the whole pattern.
#
# Here: patterns are compiled with `Options.log_errors = False`, so they don't get into the server's log.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check google-re2==1.1.20251105 || exit 2
cat >"$folder/try.py" <<'END'
import sys

import re2

options = re2.Options()
if sys.argv[1] == "quiet":
    options.log_errors = False
try:
    re2.compile("runner-(?=7)", options)
except re2.error:
    sys.exit(0)
sys.exit(3)
END
for way in default quiet; do
    "$folder/venv/bin/python" "$folder/try.py" "$way" 2>"$folder/$way" || exit 1
    echo "$way, on standard error: $(cat "$folder/$way")"
done
grep -q 'runner-(?=7)' "$folder/default" || exit 1
[ ! -s "$folder/quiet" ] || exit 1
