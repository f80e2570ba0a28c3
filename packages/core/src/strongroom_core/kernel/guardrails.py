"""A temporary machine's guardrails: where and when it can be used (M-7). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from strongroom_core.kernel.errors import Guardrail, Invalid
from strongroom_core.kernel.networks import covers, require_networks
from strongroom_core.kernel.time_windows import TimeWindow, is_open, require_time_window

if TYPE_CHECKING:
    from datetime import datetime

_COUNTRY = re.compile(r"[A-Z]{2}")
MOST_COUNTRIES = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrails:
    """Networks, countries as ISO 3166 codes, and a time window. Empty ones don't restrict anything."""

    cidrs: Sequence[str] = ()
    countries: Sequence[str] = ()
    window: TimeWindow | None = None

    @classmethod
    def of_json(cls, stored: str | None) -> Guardrails | None:
        """Return stored guardrails, or None if the machine has none."""
        return None if stored is None else _decoded(stored)

    def to_json(self) -> str | None:
        """Return the guardrails as stored (JSON), or None if nothing is restricted."""
        return msgspec.json.encode(self).decode() if self != Guardrails() else None


def require_guardrails(wanted: Guardrails) -> Guardrails:
    """Return the guardrails in canonical form. Raises `Invalid`, naming the guardrail."""
    countries = list(dict.fromkeys(wanted.countries))
    if len(countries) > MOST_COUNTRIES or not all(map(_COUNTRY.fullmatch, countries)):
        raise Invalid("countries must be two-letter ISO 3166 codes, such as NO", field="countries")
    window = wanted.window
    return Guardrails(
        cidrs=require_networks(wanted.cidrs, field="cidrs"),
        countries=countries,
        window=None if window is None else require_time_window(window, field="window"),
    )


def failing_guardrail(
    guardrails: Guardrails, *, address: str, country: str | None, now: datetime
) -> Guardrail | None:
    """Return the first guardrail that a request fails, or None. An unknown country (None) fails."""
    if guardrails.cidrs and not covers(guardrails.cidrs, address):
        return Guardrail.ADDRESS
    if guardrails.countries and country not in guardrails.countries:
        return Guardrail.COUNTRY
    if guardrails.window is not None and not is_open(guardrails.window, now):
        return Guardrail.TIME
    return None


@lru_cache(maxsize=4096)
def _decoded(stored: str) -> Guardrails:
    return msgspec.json.decode(stored, type=Guardrails)
