"""The administrator: suspending accounts, closing sign-up, and what they never see (A-9, Q-3)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from strongroom_core.accounts.login import log_in
from strongroom_core.accounts.sessions import authenticate_person
from strongroom_core.audit.filter import EntryFilter
from strongroom_core.db.scope import Role
from strongroom_core.kernel.errors import (
    Conflict,
    NotAuthenticated,
    NotFound,
    Refused,
    WrongCredentials,
)
from strongroom_core.kernel.origin import Origin
from strongroom_core.kernel.page import PageRequest
from strongroom_core.operator.accounts import (
    list_accounts,
    reactivate_account,
    read_overseen_account,
    suspend_account,
)
from strongroom_core.operator.installation import (
    in_installation,
    list_installation_entries,
    list_vaults,
    read_installation,
    send_operator_test_mail,
)
from strongroom_core.operator.sign_up import close_sign_up, open_sign_up
from strongroom_core.operator.views import AccountStatus
from strongroom_core.reading.batch import read_secret_value
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.people import visitor
from strongroom_testkit.world import entries_of

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_testkit.world import World

ORIGIN = Origin("127.0.0.9", "req_a")
PAGE = PageRequest()


@pytest.fixture
def operator(world: World) -> Human:
    """The administrator, as a caller."""
    return replace(world.owner, operator=True)


async def test_a_suspended_account_stops_at_once(
    core: Core, operator: Human, other_world: World
) -> None:
    """A-9: the next request is denied, and so are machines without an active owner, as was announced."""
    project = await other_world.project("app")
    secret = await other_world.secret(project, "KEY")
    machine = await granted_machine(other_world, project, secret)
    person = other_world.person
    made = await log_in(
        core, visitor(), email=person.email, password=person.password, device_token=None
    )
    other_world.markers.note(made.token)
    before = await read_overseen_account(core, operator, person.account)
    await suspend_account(core, operator, person.account, reason="left the company")
    with pytest.raises(NotAuthenticated):
        await authenticate_person(core, made.token, ORIGIN)
    with pytest.raises(WrongCredentials):
        await log_in(
            core, visitor(), email=person.email, password=person.password, device_token=None
        )
    with pytest.raises(Refused):
        await read_secret_value(core, await machine.caller(other_world), secret.id)
    await reactivate_account(core, operator, person.account)
    read = await read_secret_value(core, await machine.caller(other_world), secret.id)
    with pytest.raises(NotAuthenticated):
        await authenticate_person(core, made.token, ORIGIN)

    assert (before.machines_stopping, [each.machines for each in before.vaults]) == (1, [1])
    assert read.version == 1
    for vault in ("installation", person.vault):
        acts = [each["action"] for each in await entries_of(core, vault)]
        wanted = ["account_suspend", "account_reactivate"]
        assert [each for each in acts if each in wanted] == wanted
    addresses = [
        [entry["address"] for entry in await entries_of(core, vault, "account_suspend")]
        for vault in ("installation", person.vault)
    ]
    assert addresses == [[operator.origin.address], ["hidden"]]


async def test_accounts_that_cannot_be_suspended(
    core: Core, operator: Human, other_world: World
) -> None:
    """A-9: administrators' accounts, and those that aren't active or don't exist, can't be suspended."""
    other = other_world.person.account
    with pytest.raises(Conflict, match="administrator"):
        await suspend_account(core, operator, operator.account, reason="x")
    await suspend_account(core, operator, other, reason="x")
    with pytest.raises(Conflict, match="isn't active"):
        await suspend_account(core, operator, other, reason="x")
    with pytest.raises(NotFound):
        await suspend_account(core, operator, "acc_aaaaaaaaaaaaaaaa", reason="x")
    found = await list_accounts(core, operator, PAGE, status=AccountStatus.SUSPENDED)

    assert [each.username for each in found.items] == ["grace"]


async def test_nobody_else_learns_whether_an_account_exists(
    core: Core, world: World, other_world: World
) -> None:
    """Q-3, A-7: for anyone but the administrator, an existing account looks like a missing one."""
    told = set[str]()
    for account in (other_world.person.account, "acc_aaaaaaaaaaaaaaaa", "x"):
        with pytest.raises(Refused) as error:
            await suspend_account(core, world.owner, account, reason="x")
        told.add(error.value.message)

    assert told == {"only the server's administrator can do this"}


async def test_the_operator_sees_nothing_inside_a_vault(
    core: Core, operator: Human, other_world: World
) -> None:
    """Q-3: the administrator's views contain no names of secrets, projects or machines, or members' acts."""
    project = await other_world.project("hidden-project")
    secret = await other_world.secret(project, "HIDDEN_SECRET")
    await granted_machine(other_world, project, secret, hostname="hidden-machine")
    told = [
        await read_installation(core, operator),
        await list_accounts(core, operator, PAGE, search="grace"),
        await list_vaults(core, operator, PAGE, search="grace"),
        await read_overseen_account(core, operator, other_world.person.account),
        await list_installation_entries(core, operator, PAGE, EntryFilter()),
    ]
    text = str(told).lower()

    assert "hidden" not in text
    assert "grace's vault" in text
    assert "secret_create" not in text


async def test_the_dashboard_can_read_it_without_keys(
    core: Core, operator: Human, other_world: World
) -> None:
    """G-1, Q-3: the administrator's pages use functions, because *blind* can't read people's rows."""
    blind = replace_database(core)
    caller = in_installation(operator)
    accounts = await list_accounts(blind, caller, PAGE)
    vaults = await list_vaults(blind, caller, PAGE)
    state = await read_installation(blind, caller)
    detail = await read_overseen_account(blind, caller, other_world.person.account)

    assert [each.username for each in accounts.items] == ["ada", "grace"]
    assert [each.name for each in vaults.items] == ["ada's vault", "grace's vault"]
    assert (state.vaults, state.accounts) == (2, 2)
    assert detail.account.username == "grace"


async def test_closing_sign_up_is_recorded(core: Core, operator: Human) -> None:
    """A-1, Q-3: the administrator can close and open sign-up, which the installation's log records."""
    await close_sign_up(core, operator)
    closed = (await read_installation(core, operator)).sign_up_closed
    await open_sign_up(core, operator)
    opened = (await read_installation(core, operator)).sign_up_closed
    told = [each["action"] for each in await entries_of(core, "installation")]

    assert (closed, opened) == (True, False)
    assert [each for each in told if str(each).startswith("sign_up")] == [
        "sign_up_close",
        "sign_up_open",
    ]


async def test_a_test_mail_without_a_mail_server(core: Core, operator: Human) -> None:
    """A-12: without a mail server, the administrator sees what to configure."""
    with pytest.raises(Conflict, match="STRONGROOM_SMTP_HOST"):
        await send_operator_test_mail(core, operator)


def replace_database(core: Core) -> Core:
    """Return a core like the dashboard's."""
    return replace(core, database=core.database.taking_on(Role.BLIND))
