"""Limits on user input. Use cases check them, the API documents them, and forms show them.

Lengths are in characters.
"""

NAME_LENGTH = 100
"""The maximum length of the names of projects, applications, environments and machines."""
DESCRIPTION_LENGTH = 1000
REASON_LENGTH = 500
ALLOWLIST_NOTE_LENGTH = 200
INCIDENT_NOTE_LENGTH = 2000
"""The maximum length of an incident note."""

SECRET_NAME_LENGTH = 255
FIELD_NAME_LENGTH = 255
NOTE_LENGTH = 10_000
TAG_LENGTH = 64
GENERATED_SHORTEST, GENERATED_LONGEST = 1, 1024

PASSWORD_SHORTEST = 12

TYPED_CODE_LENGTH = 64
"""The length of what a person types as a login request's code: eight letters, with hyphens and spaces."""

USES_FEWEST, USES_MOST = 1, 10_000
"""How many machines can enroll with one token."""

READS_A_MINUTE, READS_A_DAY, READS_IN_TOTAL = 100_000, 10_000_000, 1_000_000
"""The highest values for a policy's rate cap and time to live."""
CO_SIGN_LONGEST = 86_400
"""The longest time, in seconds, between a co-signer's read and a read that depends on it."""

ALERT_RECIPIENTS = 50
"""How many members can be chosen to get alerts by email, in addition to the owners."""

NEARLY_USED = 0.9
"""A token counts as nearly used up once this fraction of its uses is gone."""

SEARCH_LENGTH = 100
FILTER_LENGTH = 255
"""The maximum length of a search query."""
