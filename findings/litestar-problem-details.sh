#!/bin/sh
# Litestar's problem details swap title and detail.
#
# Packages: litestar 2.25.0.
#
# Input: `ProblemDetailsConfig(enable_for_all_http_exceptions=True)`, and a handler that raises
# `HTTPException(detail="the shelf is empty", status_code=409)`.
#
# Expected: title "Conflict", detail "the shelf is empty". RFC 9457, section 3.1: the title "SHOULD NOT change
# from occurrence to occurrence", the detail is "specific to this occurrence".
#
# Seen: title "the shelf is empty", detail "Conflict".
#
# Here: we don't use the plug-in; one of our own modules turns errors into problem details.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    litestar==2.25.0 httpx==0.28.1 || exit 2
"$folder/venv/bin/python" - <<'END'
import logging
import sys

from litestar import Litestar, get
from litestar.exceptions import HTTPException
from litestar.plugins.problem_details import ProblemDetailsConfig, ProblemDetailsPlugin
from litestar.testing import TestClient

logging.disable()


@get("/")
async def handler() -> None:
    raise HTTPException(detail="the shelf is empty", status_code=409)


plugin = ProblemDetailsPlugin(ProblemDetailsConfig(enable_for_all_http_exceptions=True))
with TestClient(Litestar([handler], plugins=[plugin])) as client:
    answer = client.get("/")
print(answer.headers["content-type"], answer.json())
swapped = {"status": 409, "title": "the shelf is empty", "detail": "Conflict"}
sys.exit(answer.json() != swapped)
END
