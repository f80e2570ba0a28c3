"""The conditions of a trust for an ID token's claims, and whether a token meets them. Pure (M-11).

The same functions decide about real tokens and explain a pasted one in the dashboard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from strongroom_core.kernel.errors import Invalid

LEEWAY = timedelta(minutes=1)
"""How far ahead an issuer's clock can be. There is no tolerance for a token's expiry."""

MOST_CONDITIONS = 20
CLAIM_LENGTH = 128
PATTERN_LENGTH = 512
MOST_STARS = 8

_CLAIM = re.compile(r"[^\s\x00-\x1f\x7f]+")
_DECIDED_ELSEWHERE = frozenset({"iss", "aud", "exp", "iat", "nbf", "jti"})
_NUMERIC_DATES, _WHOLE = 1 << 40, 1 << 64


class Problem(StrEnum):
    """Why a token was rejected. This is logged in the vault, but never sent to the client."""

    MALFORMED = "token_malformed"
    ALGORITHM = "token_algorithm"
    UNKNOWN_ISSUER = "token_unknown_issuer"
    KEYS_UNAVAILABLE = "token_keys_unavailable"
    UNKNOWN_KEY = "token_unknown_key"
    SIGNATURE = "token_signature"
    MISSING_CLAIM = "token_missing_claim"
    CLAIM_TYPE = "token_claim_type"
    EXPIRED = "token_expired"
    NOT_YET_VALID = "token_not_yet_valid"
    AUDIENCE = "token_audience"
    CONDITION = "token_condition"
    ADDRESS = "token_address"


class Template(StrEnum):
    """The kind of issuer that a trust is for."""

    GITHUB = "github"
    GITLAB = "gitlab"
    KUBERNETES = "kubernetes"
    OTHER = "other"


IDENTIFYING: Mapping[Template, Mapping[str, str]] = {
    Template.GITHUB: {
        "repository": "OWNER/",
        "repository_id": "",
        "repository_owner": "",
        "repository_owner_id": "",
        "sub": "repo:OWNER/",
    },
    Template.GITLAB: {
        "namespace_id": "",
        "namespace_path": "GROUP/",
        "project_id": "",
        "project_path": "GROUP/",
        "sub": "project_path:GROUP/",
    },
    Template.KUBERNETES: {"sub": "system:serviceaccount:NAMESPACE:"},
}
"""One of these claims must be limited, because anyone can get a token from these issuers.

The value must be exact, or begin with this text, in which words in capitals stand for a name. A pattern such
as `acme*` isn't enough, because anyone can create an account whose name begins with `acme`.
"""

PUBLIC_HOSTS: Mapping[str, Template] = {
    "gitlab.com": Template.GITLAB,
    "token.actions.githubusercontent.com": Template.GITHUB,
}
"""Issuers that must be limited as their template requires, even if the trust has another template."""

_NAME = re.compile("[A-Z]+")


@dataclass(frozen=True, slots=True)
class Condition:
    """A claim and the pattern that its value must match; `*` matches any characters.

    A claim inside an object is written as a path with `/`, such as `kubernetes.io/namespace`.
    """

    claim: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a token meets one condition. `got` is None if the claim is missing or isn't text."""

    claim: str
    pattern: str
    meets: bool
    got: str | None


def require_conditions(template: Template, issuer: str, conditions: Sequence[Condition]) -> None:
    """Raise `Invalid` for conditions that can't be met, or that would trust everyone at the issuer."""
    if len(conditions) > MOST_CONDITIONS:
        raise Invalid(f"a trust can have at most {MOST_CONDITIONS} conditions", field="conditions")
    names = [each.claim for each in conditions]
    if len(set(names)) < len(names):
        raise Invalid("a claim has two conditions; use one with *", field="conditions")
    for each in conditions:
        if not (0 < len(each.claim) <= CLAIM_LENGTH and _CLAIM.fullmatch(each.claim)):
            raise Invalid(
                "a claim's name must be 1–128 characters without spaces", field="conditions"
            )
        if each.claim in _DECIDED_ELSEWHERE:
            raise Invalid(f"{each.claim} is checked for every token", field="conditions")
        if not 0 < len(each.pattern) <= PATTERN_LENGTH or each.pattern.count("*") > MOST_STARS:
            raise Invalid(
                f"a value must be 1–{PATTERN_LENGTH} characters with at most {MOST_STARS} *",
                field="conditions",
            )
    host = issuer.removeprefix("https://").partition("/")[0]  # as in real tokens
    template = PUBLIC_HOSTS.get(host, template)
    # Nothing is known about other issuers, except that anyone with an account there can get a token.
    forms = IDENTIFYING.get(template) or dict.fromkeys(names, "")
    if not any(
        each.claim in forms and _is_limited(each.pattern, forms[each.claim]) for each in conditions
    ):
        listed = ", ".join(f"{name} ({form}…)" if form else name for name, form in forms.items())
        raise Invalid(
            f"limit {'one of ' if len(forms) > 1 else ''}{listed or 'one claim'} to an exact value, or one"
            " that begins as shown before its first *; otherwise anyone with an account at the issuer"
            " could register",
            field="conditions",
        )


def _is_limited(pattern: str, form: str) -> bool:
    start, star, _ = pattern.partition("*")
    begins = re.compile(_NAME.sub("[^/:]+", form))
    return not star or (form != "" and begins.match(start) is not None)


def find_conditions(conditions: Sequence[Condition], claims: Mapping[str, Any]) -> list[Finding]:
    """Compare each condition with the claims."""
    found: list[Finding] = []
    for each in conditions:
        got = text_of(claims, each.claim)
        meets = got is not None and is_match(each.pattern, got)
        found.append(Finding(each.claim, each.pattern, meets, got))
    return found


def text_of(claims: Mapping[str, Any], path: str) -> str | None:
    """Return a claim as text: a string, a whole number, or a boolean. Lists and objects aren't text."""
    value: Any = claims.get(path)
    if path not in claims:
        value = claims
        for name in path.split("/"):
            value = value.get(name) if isinstance(value, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) and abs(value) < _WHOLE else None


def is_match(pattern: str, text: str) -> bool:
    """Whether the text matches the pattern, in which `*` matches any number of characters, including none.

    Each part is searched for once, so each `*` takes time proportional to the length of the text.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    *middle, last = rest
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    position, end = len(first), len(text) - len(last)
    for part in middle:
        position = text.find(part, position, end)
        if position < 0:
            return False
        position += len(part)
    return True


def decide_times(claims: Mapping[str, Any], now: datetime) -> Problem | None:
    """Return what is wrong with the times in the claims, if anything. `exp` and `iat` are required."""
    for name in ("exp", "iat", "nbf"):
        value = claims.get(name)
        if name not in claims:
            if name != "nbf":
                return Problem.MISSING_CLAIM
        elif (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not 0 <= value < _NUMERIC_DATES
        ):
            return Problem.CLAIM_TYPE
    seconds, leeway = now.timestamp(), LEEWAY.total_seconds()
    if claims["exp"] <= seconds:
        return Problem.EXPIRED
    if max(claims["iat"], claims.get("nbf", 0)) > seconds + leeway:
        return Problem.NOT_YET_VALID
    return None


def decide_audience(claims: Mapping[str, Any], expected: str) -> Problem | None:
    """Return what is wrong with the audience, if anything. A token for several audiences is rejected."""
    if "aud" not in claims:
        return Problem.MISSING_CLAIM
    audience = claims["aud"]
    if isinstance(audience, list):
        listed: list[Any] = audience  # pyright: ignore[reportUnknownVariableType]
        if len(listed) != 1:
            return Problem.AUDIENCE
        audience = listed[0]
    if not isinstance(audience, str):
        return Problem.CLAIM_TYPE
    return None if audience == expected else Problem.AUDIENCE
