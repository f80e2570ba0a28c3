"""Generates `docs/errors.md`: all error codes, from the table that clients and server share."""

from strongroom_api.reference.error_codes import status_of
from strongroom_wire.errors import Code, Met

_HEAD = """\
# Errors

Generated from `strongroom_wire.errors` by `just docs`; do not edit.

An error response is a problem detail (RFC 9457): `code` is stable and meant for programs, `detail`
is a sentence for people. The audit log and the metrics use the code as the reason for a denied
action: `strongroom_reads_refused_total` counts denied reads by code.

| code | status | who gets it | meaning |
|---|---|---|---|
"""

_MET = {
    Met.PEOPLE: "people",
    Met.MACHINES: "machines",
    Met.READING: "reads",
}


def render() -> str:
    """Return the page: all codes, with their status, who gets them, and their meaning."""
    rows = sorted((status_of(code), code.value, code) for code in Code)
    return _HEAD + "".join(
        f"| `{text}` | {status} | {', '.join(_MET[each] for each in code.met)} | {code.meaning} |\n"
        for status, text, code in rows
    )
