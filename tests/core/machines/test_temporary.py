"""Temporary machines: lifetime, extension and revert, guardrails (M-7)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import product

import pytest

from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Conflict, Invalid, MachineExpired, Refused
from strongroom_core.kernel.guardrails import Guardrails
from strongroom_core.kernel.time_windows import TimeWindow
from strongroom_core.machines.lifecycle import disable_machine
from strongroom_core.machines.listing import list_machines, read_machine
from strongroom_core.machines.temporary import (
    NewTemporary,
    create_temporary_token,
    extend_machine,
    list_extensions,
    revert_extension,
    set_guardrails,
    twelve_months_after,
)
from strongroom_core.reading.batch import read_secret_value
from strongroom_testkit.machine import approved_machine, grant, temporary_machine
from strongroom_testkit.world import World

from .test_enrollment import MOMENT, PAGE

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


async def test_each_expiry_is_exact(world: World, clock: MovableClock) -> None:
    """M-7, R-1: a machine works until a microsecond before it expires, even after an extension."""
    project = await world.project("audit")
    secret = await world.secret(project, "KEY")
    machine = await temporary_machine(world)
    await grant(world, machine, project, secret)
    first = (await read_machine(world.core, world.owner, str(machine.id))).expires_at
    assert first is not None
    for expiry in (first, first + DAY):
        clock.move(expiry - MOMENT - clock.now())
        await read_secret_value(world.core, await machine.caller(world), secret.id)
        clock.move(MOMENT)
        with pytest.raises(MachineExpired):
            await read_secret_value(world.core, await machine.caller(world), secret.id)
        listed = await list_machines(world.core, world.owner, PAGE, expired=True)
        assert [machine.id] == [each.id for each in listed.items]
        if expiry == first:
            await extend_machine(
                world.core, world.owner, str(machine.id), until=first + DAY, reason="more"
            )


@pytest.mark.parametrize(
    "steps",
    [
        [("extend", 2)],
        [("extend", 2), ("revert", None)],
        [("extend", 2), ("extend", 3), ("revert", None)],
        [("extend", 2), ("extend", 3), ("revert", None), ("revert", None)],
        [("extend", 2), ("revert", None), ("extend", 5), ("revert", None)],
        [("extend", 2), ("revert", None), ("revert", None), ("revert", None)],
    ],
    ids=lambda steps: "-".join(step for step, _ in steps),
)
async def test_extensions_and_reverts(
    world: World, clock: MovableClock, steps: list[tuple[str, int | None]]
) -> None:
    """M-7: each revert undoes the latest remaining extension; if none is left, it causes a conflict."""
    machine = str((await temporary_machine(world)).id)  # extended once already
    view = await read_machine(world.core, world.owner, machine)
    assert view.expires_at is not None
    standing = [view.expires_at - HOUR, view.expires_at]
    for step, days in steps:
        clock.move(SECOND)
        if step == "extend":
            until = view.expires_at + timedelta(days=days or 0)
            view_now = await extend_machine(
                world.core, world.owner, machine, until=until, reason="a reason"
            )
            standing.append(until)
        elif len(standing) == 1:
            with pytest.raises(Conflict):
                await revert_extension(world.core, world.owner, machine)
            continue
        else:
            view_now = await revert_extension(world.core, world.owner, machine)
            standing.pop()
        assert standing[-1] == view_now.expires_at
    listed = await list_extensions(world.core, world.owner, machine)

    assert len(standing) - 1 == sum(each.reverted_at is None for each in listed)
    assert all(each.reason and each.extended_by for each in listed)


async def test_an_extension_ends_at_most_twelve_months_from_now(
    world: World, clock: MovableClock
) -> None:
    """M-7: exactly twelve months is accepted; a second more, an earlier end, or no time zone is rejected."""
    machine = str((await temporary_machine(world)).id)
    view = await read_machine(world.core, world.owner, machine)
    assert view.expires_at is not None
    latest = twelve_months_after(clock.now())
    wrong: list[datetime] = [
        latest + SECOND,
        latest + MOMENT,
        view.expires_at,
        view.expires_at - SECOND,
        clock.now() - SECOND,
        datetime(9999, 1, 1),  # noqa: DTZ001 -- without a time zone
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-2))),
    ]
    for until in wrong:
        with pytest.raises(Invalid) as invalid:
            await extend_machine(world.core, world.owner, machine, until=until, reason="x")
        assert "expiresAt" == invalid.value.field
    for until in (latest - SECOND, latest):
        extended = await extend_machine(world.core, world.owner, machine, until=until, reason="x")
        assert until == extended.expires_at
    with pytest.raises(Invalid):
        await extend_machine(world.core, world.owner, machine, until=latest, reason="")


async def test_only_temporary_machines_are_extended_and_guarded(world: World) -> None:
    """M-2: people can't set the lifetime of any other kind of machine."""
    machine = str((await approved_machine(world)).id)
    until = world.core.clock.now() + DAY
    with pytest.raises(Conflict):
        await extend_machine(world.core, world.owner, machine, until=until, reason="x")
    with pytest.raises(Conflict):
        await set_guardrails(world.core, world.owner, machine, Guardrails(cidrs=["10.0.0.0/8"]))
    with pytest.raises(Conflict):
        await revert_extension(world.core, world.owner, machine)


async def test_guardrails_deny_the_next_request_in_their_order(
    world: World, clock: MovableClock
) -> None:
    """M-7: address, country and time are checked in that order; only the event shows which one failed."""
    project = await world.project("audit")
    secret = await world.secret(project, "KEY")
    machine = await temporary_machine(world, lifetime=timedelta(days=300))
    await grant(world, machine, project, secret)
    closed = (clock.now() + timedelta(hours=12)).strftime("%H:%M")
    later = (clock.now() + timedelta(hours=13)).strftime("%H:%M")
    window = TimeWindow(start=closed, end=later, zone="UTC", days=[1, 2, 3, 4, 5, 6, 7])
    wrong, right = ["10.0.0.0/8"], ["127.0.0.20"]
    for cidrs, countries, hours in product((wrong, right), (["NO"], []), (window, None)):
        await set_guardrails(
            world.core,
            world.owner,
            str(machine.id),
            Guardrails(cidrs=cidrs, countries=countries, window=hours),
        )
        expected = (
            "guardrail_address"
            if cidrs is wrong
            else "guardrail_country"
            if countries
            else "guardrail_time"
            if hours
            else None
        )
        if expected is None:
            await read_secret_value(world.core, await machine.caller(world), secret.id)
            continue
        with pytest.raises(Refused) as denied:
            await read_secret_value(world.core, await machine.caller(world), secret.id)
        entry = (await world.entries("secret_read_denied"))[-1]
        assert ("temp_machine_blocked", expected) == (denied.value.code, entry["reason"])
    await disable_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(Refused, match="disabled"):
        await read_secret_value(world.core, await machine.caller(world), secret.id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lifetime": 3599}, "machineLifetimeSeconds"),
        ({"lifetime": 366 * 86_400 + 1}, "machineLifetimeSeconds"),
        ({"lifetime": 10**30}, "machineLifetimeSeconds"),
        ({"token_lifetime": 599}, "tokenLifetimeSeconds"),
        ({"token_lifetime": 30 * 86_400 + 1}, "tokenLifetimeSeconds"),
        ({"token_lifetime": 10**30}, "tokenLifetimeSeconds"),
        ({"name": " x"}, "name"),
        ({"guardrails": Guardrails(countries=["Norway"])}, "countries"),
        ({"guardrails": Guardrails(cidrs=["10.0.0.1/8"])}, "cidrs"),
        (
            {
                "guardrails": Guardrails(
                    window=TimeWindow(start="24:00", end="08:00", zone="UTC", days=[1])
                )
            },
            "window",
        ),
        (
            {
                "guardrails": Guardrails(
                    window=TimeWindow(start="08:00", end="18:00", zone="Mars/Base", days=[1])
                )
            },
            "window",
        ),
        (
            {
                "guardrails": Guardrails(
                    window=TimeWindow(start="08:00", end="18:00", zone="UTC", days=[])
                )
            },
            "window",
        ),
    ],
)
async def test_what_cant_hold_is_invalid(
    world: World, changes: dict[str, object], field: str
) -> None:
    """M-7: lifetimes out of range, and guardrails that can't be checked, are rejected."""
    wanted = {"lifetime": 86_400, "token_lifetime": 3600, **changes}
    with pytest.raises(Invalid) as invalid:
        await create_temporary_token(world.core, world.owner, NewTemporary(**wanted))  # pyright: ignore[reportArgumentType]

    assert field == invalid.value.field
