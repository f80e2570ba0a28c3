"""The audit log of a small vault with a history, as seen by both roles that read it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from strongroom_core.core import Core
from strongroom_core.kernel.authority import Authority, VaultCapability
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.create import create_project
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.runtime.start import blind_core
from strongroom_testkit.machine import TestMachine, granted_machine
from strongroom_testkit.world import World

if TYPE_CHECKING:
    from strongroom_core.kernel.ids import SecretId


@pytest.fixture(params=["app", "blind"])
def viewing_core(core: Core, request: pytest.FixtureRequest) -> Core:
    """The core that reads the log: the API's or the dashboard's."""
    return core if request.param == "app" else blind_core(core)


def with_rights(person: Human, *held: VaultCapability) -> Human:
    """Return the person with only these capabilities in their vault role."""
    return replace(person, authority=Authority("tested", frozenset(held), person.authority.access))


async def read(world: World, machine: TestMachine, secret: SecretId, address: str) -> None:
    """Have the machine request a secret from an address, and ignore the result."""
    with suppress(StrongroomError):
        await read_secret_value(world.core, await machine.caller(world, address=address), secret)


@pytest.fixture
async def history(world: World, other_world: World) -> dict[str, Any]:
    """Two projects, two machines, three secrets; reads and denials from four addresses."""
    application = await create_application(
        world.core, world.owner, name="shop", environments=["live"]
    )
    billing = await world.project("billing")
    orders = await create_project(
        world.core, world.owner, name="orders", application=application.id, environment="production"
    )
    stripe, geo = await world.secret(billing, "STRIPE_KEY"), await world.secret(orders, "GEO_KEY")
    hidden = await world.secret(orders, "HIDDEN")
    web = await granted_machine(world, billing, stripe, hostname="web-1")
    cron = await granted_machine(world, orders, geo, hostname="cron-1")
    await read(world, web, stripe.id, "10.1.2.3")
    await read(world, web, stripe.id, "10.1.9.9")
    await read(world, web, hidden.id, "10.2.0.1")
    await read(world, cron, geo.id, "2001:db8:1::7")
    theirs = await other_world.project("theirs")
    await other_world.secret(theirs, "STRIPE_KEY")
    return {
        "billing": billing.id,
        "orders": orders.id,
        "stripe": stripe.id,
        "geo": geo.id,
        "web": str(web.id),
        "cron": str(cron.id),
        "account": world.person.account,
        "machine": web,
        "theirs": theirs.id,
    }
