"""A vault with two projects, a machine that may read them, and a server to read from.

What can happen to them is in `Stage`, so that tests and transcripts say it in a word.
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

from strongroom_api.app import create_app
from strongroom_api.process import Process
from strongroom_core.grants.attachments import detach_machine
from strongroom_core.grants.manage import Wanted, set_grants
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.machines.bootstrap import create_bootstrap_token
from strongroom_core.machines.lifecycle import disable_machine, revoke_machine
from strongroom_core.machines.listing import read_machine
from strongroom_core.operate.start import open_core
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.freeze import freeze_project, unfreeze_project
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.replace import replace_secret
from strongroom_core.secrets.trash import delete_secret
from strongroom_server.serving.http_server import LOCALHOST, serving, take_port
from strongroom_testkit.identity_folder import write_identity
from strongroom_testkit.machine import TestMachine, approved_machine, grant, pending_machine

from .terminal import Terminal

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.projects.views import ProjectView
    from strongroom_core.secrets.views import SecretView
    from strongroom_testkit.world import World


@dataclass(slots=True)
class Stage:
    """One server on one port, which can go and come back, and one machine's terminal."""

    world: World
    terminal: Terminal
    port: int = 0
    machine: TestMachine | None = None
    projects: dict[str, ProjectView] = field(default_factory=dict[str, "ProjectView"])
    secrets: dict[str, SecretView] = field(default_factory=dict[str, "SecretView"])
    _serving: AsyncExitStack | None = None

    @property
    def url(self) -> str:
        """Where the server is, or was."""
        return f"http://localhost:{self.port}"

    @property
    def identity(self) -> Path:
        """The folder of the machine's identity."""
        return self.terminal.home / ".strongroom" / "vaults" / self.world.person.vault

    # The server --------------------------------------------------------------------------------------

    async def start(self, core: Core | None = None) -> None:
        """Serve, on the same port as before."""
        core = core or self.world.core
        sockets = take_port(LOCALHOST, self.port)
        self.port = sockets[0].getsockname()[1]
        core.settings = replace(core.settings, public_url=self.url)
        self._serving = AsyncExitStack()
        await self._serving.enter_async_context(serving(create_app(Process(core)), sockets))

    async def stop(self) -> None:
        """Stop serving: connections are refused from now on."""
        if self._serving is not None:
            await self._serving.aclose()
            self._serving = None

    async def seal(self) -> None:
        """Serve as after a restart: nobody gave the root yet."""
        await self.stop()
        core = await open_core(self.world.core.settings)
        await self.start(core)
        assert self._serving is not None
        self._serving.push_async_callback(core.database.close)

    # What the machine may ----------------------------------------------------------------------------

    async def furnish(self) -> None:
        """Make `billing` and `shop/production` with secrets, and a machine granted all of them."""
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
        """Make a secret, which is granted by the next `grant_all`."""
        made = (
            await self.world.structured(project, name, *fields)
            if fields
            else await self.world.secret(project, name, value)
        )
        (address,) = (key for key, each in self.projects.items() if each.id == project.id)
        self.secrets[f"{address}/{name}"] = made

    async def grant_all(self, *, without: str = "") -> None:
        """Grant the machine every secret there is, but one."""
        assert self.machine is not None
        for address, project in self.projects.items():
            inside = [
                secret
                for name, secret in self.secrets.items()
                if name.startswith(f"{address}/") and name != without
            ]
            await grant(self.world, self.machine, project, *inside)

    def write_identity(self, machine: TestMachine) -> None:
        """Write the identity as bootstrapping does."""
        home = self.terminal.home / ".strongroom"
        write_identity(home, machine, vault=self.world.person.vault, url=self.url)

    async def value(self, address: str) -> str:
        """Return a secret's value as it is now."""
        return await self.world.open_value(self.secrets[address].id)

    async def change(self, address: str, value: str | None = None) -> str:
        """Replace a secret's value by another, and return that."""
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

    # What befalls them -------------------------------------------------------------------------------

    async def befall(self, what: str) -> None:  # noqa: C901, PLR0912, PLR0915 -- a case per thing
        """Let one of the things happen that transcripts name."""
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
            case ["withdraw", secret]:
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
            case ["nobody"]:
                shutil.rmtree(self.terminal.home / ".strongroom")
            case ["registered"]:
                shutil.rmtree(self.identity)
                self.write_identity(self.machine)
            case ["two-vaults"]:
                shutil.copytree(self.identity, self.identity.with_name("vault_aaaaaaaaaa"))
            case ["only-database-host"]:
                await self._narrow(machine)
            case ["late-server"]:
                # The server's clock stands an hour ahead.
                core.clock = MovableClock(core.clock.now() + timedelta(hours=1))
            case ["add", address, *value]:
                (project,) = (each for each in self.projects if address.startswith(f"{each}/"))
                name = address.removeprefix(f"{project}/")
                await self.add(self.projects[project], name, value=" ".join(value) or None)
                await self.grant_all()
            case _:
                raise ValueError(f"no such thing happens: {what}")

    async def token(self) -> str:
        """Make a token with which a machine can register."""
        made = await create_bootstrap_token(self.world.core, self.world.owner)
        return self.world.markers.note(made.token)

    async def fingerprint(self) -> str:
        """Return the fingerprint that people see of the machine."""
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
async def open_stage(world: World, folder: Path) -> AsyncGenerator[Stage]:
    """Serve a furnished vault for the length of the block."""
    home, here = folder / "home", folder / "work"
    home.mkdir()
    here.mkdir()
    stage = Stage(world, Terminal(home, here))
    await stage.start()
    try:
        await stage.furnish()
        yield stage
    finally:
        await stage.stop()


def fields_of(text: str) -> dict[str, str]:
    """Read a structured value."""
    return json.loads(text)
