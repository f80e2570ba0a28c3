"""A vault with two projects, a machine that can read them, and a server to read from.

`CliWorld.apply` triggers events by the short names that tests and transcripts use.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_api.process import Process
from strongroom_core.grants.attachments import detach_machine
from strongroom_core.grants.manage import Wanted, set_grants
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.machines.bootstrap import create_bootstrap_token
from strongroom_core.machines.lifecycle import disable_machine, revoke_machine
from strongroom_core.machines.listing import read_machine
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.freeze import freeze_project, unfreeze_project
from strongroom_core.runtime.start import open_core
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.replace import replace_secret
from strongroom_core.secrets.trash import delete_secret
from strongroom_server.serving.http_server import LOCALHOST, take_port
from strongroom_testkit.app import make_app, serving_api
from strongroom_testkit.identity_folder import write_identity
from strongroom_testkit.machine import TestMachine, approved_machine, grant, pending_machine

from .person import log_in
from .terminal import Terminal

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.projects.views import ProjectView
    from strongroom_core.secrets.views import SecretView
    from strongroom_testkit.world import World


@dataclass(slots=True)
class CliWorld:
    """One server on one port, which can stop and start again, and one machine's terminal."""

    world: World
    terminal: Terminal
    port: int = 0
    machine: TestMachine | None = None
    projects: dict[str, ProjectView] = field(default_factory=dict[str, "ProjectView"])
    secrets: dict[str, SecretView] = field(default_factory=dict[str, "SecretView"])
    _serving: AsyncExitStack | None = None

    @property
    def url(self) -> str:
        """The server's URL, whether or not it is running."""
        return f"http://localhost:{self.port}"

    @property
    def identity(self) -> Path:
        """The folder that contains the machine's identity."""
        return self.terminal.home / ".strongroom" / "vaults" / self.world.person.vault

    # The server
    # --------------------------------------------------------------------------------------

    async def start(self, core: Core | None = None) -> None:
        """Start serving, on the same port as before."""
        core = core or self.world.core
        sockets = take_port(LOCALHOST, self.port)
        self.port = sockets[0].getsockname()[1]
        core.settings = replace(core.settings, public_url=self.url)
        self._serving = AsyncExitStack()
        await self._serving.enter_async_context(serving_api(make_app(Process(core)), sockets))

    async def stop(self) -> None:
        """Stop serving: connections are refused from now on."""
        if self._serving is not None:
            await self._serving.aclose()
            self._serving = None

    async def seal(self) -> None:
        """Serve sealed, as after a restart when nobody has entered the root key yet."""
        await self.stop()
        core = await open_core(self.world.core.settings)
        await self.start(core)
        assert self._serving is not None
        self._serving.push_async_callback(core.database.close)

    # The machine's access
    # ----------------------------------------------------------------------------

    async def fill_vault(self) -> None:
        """Create `billing` and `shop/production` with secrets, and a machine with access to all of them."""
        world = self.world
        self.projects["billing"] = billing = await world.project("billing")
        shop = await create_application(
            world.core, world.owner, name="shop", environments=["production"]
        )
        (self.projects["shop/production"],) = shop.projects
        production = self.projects["shop/production"]
        await self.add(billing, "API_KEY")
        await self.add(billing, "DATABASE", "host", "password")
        await self.add(production, "STRIPE_KEY")
        self.machine = await approved_machine(world)
        await self.grant_all()
        self.write_identity(self.machine)

    async def add(
        self, project: ProjectView, name: str, *fields: str, value: str | None = None
    ) -> None:
        """Create a secret; the next `grant_all` grants it."""
        made = (
            await self.world.structured(project, name, *fields)
            if fields
            else await self.world.secret(project, name, value)
        )
        (address,) = (key for key, each in self.projects.items() if each.id == project.id)
        self.secrets[f"{address}/{name}"] = made

    async def grant_all(self, *, without: str = "") -> None:
        """Grant the machine every secret except one, which it loses."""
        assert self.machine is not None
        for address, project in self.projects.items():
            inside = [
                secret
                for name, secret in self.secrets.items()
                if name.startswith(f"{address}/") and name != without
            ]
            await grant(self.world, self.machine, project, *inside)

    def write_identity(self, machine: TestMachine) -> None:
        """Write the identity as registration does."""
        home = self.terminal.home / ".strongroom"
        write_identity(home, machine, vault=self.world.person.vault, url=self.url)

    async def value(self, address: str) -> str:
        """Return a secret's current value."""
        return await self.world.open_value(self.secrets[address].id)

    async def change(self, address: str, value: str | None = None) -> str:
        """Replace a secret's value, and return the new one."""
        value = value or self.world.markers.value("changed")
        content = Content(value=value)
        secret = self.secrets[address]
        await replace_secret(self.world.core, self.world.owner, secret.id, content)
        return value

    async def change_field(self, address: str, name: str, value: str) -> None:
        """Replace one field of a structured secret."""
        content = Content(fields={name: value})
        secret = self.secrets[address]
        await replace_secret(self.world.core, self.world.owner, secret.id, content)

    # Events --------------------------------------------------------------------------------------------

    async def apply(self, what: str) -> None:  # noqa: C901, PLR0912, PLR0915 -- a case per event
        """Trigger one of the events that transcripts contain."""
        word, *rest = what.split()
        core, owner = self.world.core, self.world.owner
        assert self.machine is not None
        machine = str(self.machine.id)
        match word, *rest:
            case ["stop"]:
                await self.stop()
            case ["start"]:
                await self.start()
            case ["seal"]:
                await self.seal()
            case ["freeze", project]:
                await freeze_project(core, owner, self.projects[project].id, reason="a test")
            case ["unfreeze", project]:
                await unfreeze_project(core, owner, self.projects[project].id, reason="it is over")
            case ["detach", project]:
                await detach_machine(core, owner, self.projects[project].id, machine=machine)
            case ["revoke-grant", secret]:
                await self.grant_all(without=secret)
            case ["change", secret]:
                await self.change(secret)
            case ["delete", secret]:
                await delete_secret(core, owner, self.secrets[secret].id)
            case ["disable"]:
                await disable_machine(core, owner, machine)
            case ["revoke"]:
                await revoke_machine(core, owner, machine)
            case ["expire"]:
                await self._expire(machine)
            case ["pending"]:
                shutil.rmtree(self.terminal.home / ".strongroom")
                self.machine = await pending_machine(self.world, "web-2")
                self.write_identity(self.machine)
            case ["unregistered"]:
                shutil.rmtree(self.terminal.home / ".strongroom")
            case ["registered"]:
                shutil.rmtree(self.identity)
                self.write_identity(self.machine)
            case ["log-in", *profile]:
                await log_in(self, *profile)
            case ["two-vaults"]:
                shutil.copytree(self.identity, self.identity.with_name("vault_aaaaaaaaaa"))
            case ["only-database-host"]:
                await self._narrow(machine)
            case ["late-server"]:
                # The server's clock is an hour ahead.
                core.clock = MovableClock(core.clock.now() + timedelta(hours=1))
            case ["add", address, *value]:
                (project,) = (each for each in self.projects if address.startswith(f"{each}/"))
                name = address.removeprefix(f"{project}/")
                await self.add(self.projects[project], name, value=" ".join(value) or None)
                await self.grant_all()
            case ["add-older", address]:
                (project,) = (each for each in self.projects if address.startswith(f"{each}/"))
                await self._add_older(self.projects[project], address)
                await self.grant_all()
            case _:
                raise ValueError(f"no such event: {what}")

    async def _add_older(self, project: ProjectView, address: str) -> None:
        """Create a secret with a name that is no longer allowed."""
        (place,) = (key for key, each in self.projects.items() if each.id == project.id)
        made = await self.world.secret(project, f"OLDER_{len(self.secrets)}")
        name = address.removeprefix(f"{place}/")
        async with self.world.core.database.transaction(self.world.person.vault) as connection:
            await connection.execute(
                "update secret set name = $2, name_folded = $3 where id = $1",
                made.id,
                name,
                name.lower(),
            )
        self.secrets[address] = made

    async def token(self) -> str:
        """Create a registration token."""
        made = await create_bootstrap_token(self.world.core, self.world.owner)
        return self.world.markers.note(made.token)

    async def fingerprint(self) -> str:
        """Return the machine's fingerprint as people see it."""
        assert self.machine is not None
        view = await read_machine(self.world.core, self.world.owner, str(self.machine.id))
        return view.fingerprint

    async def _expire(self, machine: str) -> None:
        async with self.world.core.database.transaction(self.world.person.vault) as connection:
            await connection.execute(
                "update machine set expires_at = $2 where id = $1::uuid",
                machine,
                self.world.core.clock.now() - timedelta(minutes=1),
            )

    async def _narrow(self, machine: str) -> None:
        secret = self.secrets["billing/DATABASE"]
        wanted = [Wanted(secret.id, ["host"])]
        project = self.projects["billing"].id
        await set_grants(self.world.core, self.world.owner, project, machine=machine, wanted=wanted)


@asynccontextmanager
async def open_cli_world(world: World, folder: Path) -> AsyncGenerator[CliWorld]:
    """Serve a filled vault for the duration of the block."""
    home, here = folder / "home", folder / "work"
    home.mkdir()
    here.mkdir()
    cli_world = CliWorld(world, Terminal(home, here))
    await cli_world.start()
    try:
        await cli_world.fill_vault()
        yield cli_world
    finally:
        await cli_world.stop()


def fields_of(text: str) -> dict[str, str]:
    """Parse a structured value."""
    return json.loads(text)
