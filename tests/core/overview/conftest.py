"""A vault as seen by both roles that read it, and users who can see less of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strongroom_core.core import Core
from strongroom_core.kernel.authority import Access, Authority, VaultCapability
from strongroom_core.kernel.caller import Human
from strongroom_core.runtime.start import blind_core


@pytest.fixture(params=["app", "blind"])
def viewing_core(core: Core, request: pytest.FixtureRequest) -> Core:
    """The core that reads the vault: the API's or the dashboard's."""
    return core if request.param == "app" else blind_core(core)


def member(owner: Human, access: Access | None, *held: VaultCapability) -> Human:
    """Return the person with this access role and these capabilities only."""
    return replace(owner, authority=Authority("tested", frozenset(held), access))
