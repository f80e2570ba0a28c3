"""The details that a notice to a person contains about the request that caused it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.kernel.browser import describe_browser

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.kernel.origin import Origin


def facts_of(core: Core, origin: Origin, at: datetime, username: str) -> dict[str, str]:
    """Return the details of a request to include in a notice: the account, time, origin and browser."""
    country = core.countries.country_of(origin.address)
    return {
        "username": username,
        "at": f"{at:%-d %B %Y, %H:%M} UTC",
        "address": origin.address if country is None else f"{origin.address} ({country})",
        "browser": describe_browser(origin.user_agent),
    }
