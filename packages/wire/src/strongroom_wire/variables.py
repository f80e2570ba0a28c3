"""Names the environment variables that programs get from secrets.

The server uses this to reject a secret whose variable the project already has, and the CLI uses it to set
variables. The same rule exists in the database, as the function `variables_of`, and in the dashboard's
`names.js`.
"""

import re
from collections.abc import Sequence

_OTHER = re.compile(r"[^A-Za-z0-9_]")


def variable_name(*parts: str) -> str:
    """Return the variable for a secret, or for a secret and its field: A–Z, 0–9 and _ only.

    Every other character becomes one underscore, regardless of its case or script.
    """
    name = _OTHER.sub("_", "_".join(parts)).upper()
    # Shells don't accept a name that starts with a digit.
    return f"_{name}" if name[:1].isdigit() else name


def variables_of(name: str, field_names: Sequence[str]) -> list[str]:
    """Return the variables of a secret: one for each field, in order, or one if it has no fields."""
    if not field_names:
        return [variable_name(name)]
    return [variable_name(name, each) for each in field_names]
