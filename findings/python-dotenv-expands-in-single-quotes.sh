#!/bin/sh
# Single quotes don't prevent python-dotenv from expanding ${NAME}.
#
# Packages: python-dotenv 1.2.1.
#
# Input: a .env file with the line A='${NOWHERE}x'. The package's README lists single-quoted values
# as supported.
#
# Expected: the text ${NOWHERE}x. POSIX shells (section 2.2.2), systemd's EnvironmentFile and Node's
# --env-file expand nothing between single quotes.
#
# Seen: x. ${NAME} is expanded inside any quotes, and can't be escaped. Only `interpolate=False`, which the program
# that reads the file has to pass, keeps the text. $NAME without braces is not expanded.
#
# Here: `strongroom export --format dotenv` rejects a value that contains ${…} and names its variable.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-dotenv==1.2.1 || exit 2
unset NOWHERE
"$folder/venv/bin/python" - <<'END'
import io
import sys

from dotenv import dotenv_values

TEXT = "A='${NOWHERE}x'\nB='$NOWHEREx'\n"
read = dotenv_values(stream=io.StringIO(TEXT))
plain = dotenv_values(stream=io.StringIO(TEXT), interpolate=False)
print("quoted:", read["A"], "- without interpolation:", plain["A"], "- without braces:", read["B"])
sys.exit(0 if (read["A"], plain["A"], read["B"]) == ("x", "${NOWHERE}x", "$NOWHEREx") else 1)
END
