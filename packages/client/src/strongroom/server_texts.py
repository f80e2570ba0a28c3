"""The words of a server that are repeated to people only in the form they are known to have.

Whatever answers in a server's place could otherwise write to the terminal of whoever reads the error.
Names are different: they may be any text, stay as they are, and are for programs to print or not.
"""

import re

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CODE = re.compile(r"[a-z_]{1,64}")


def request_id(text: object) -> str | None:
    """Return a request's id, or None for what is none."""
    return text if isinstance(text, str) and _REQUEST_ID.fullmatch(text) else None


def code(text: object) -> str | None:
    """Return the code of a refusal or a state, or None for what is none."""
    return text if isinstance(text, str) and _CODE.fullmatch(text) else None
