"""`strongroom-server dev`: everything on this machine in one command, with a vault to look at (H-2)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from strongroom_api.process import Process
from strongroom_core.crypto.root import encode_root, key_check_value, new_root
from strongroom_core.crypto.root_source import read_file, read_stream
from strongroom_core.kernel.errors import Conflict, IntegrityFailure, Invalid
from strongroom_core.kernel.ids import INSTALLATION, ProjectId, SecretId, VaultId
from strongroom_core.operate.initialise import FIRST_VERSION, initialise
from strongroom_core.operate.root_facts import RootFacts
from strongroom_core.operate.start import open_core
from strongroom_core.operate.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_server import databases, logs, root_check
from strongroom_server.data_folder import DataFolder, cache_folder
from strongroom_server.demo.machine import DemoMachine, add_machine, read_once
from strongroom_server.demo.story import Story, Terminal
from strongroom_server.demo.vault import Demo, Made, Owner, leave, make_demo, make_owner
from strongroom_server.node import beside, keeping_time, working
from strongroom_server.ready_file import announced
from strongroom_server.serving import http_server
from strongroom_server.serving.dashboard import DashboardPart, running_part
from strongroom_server.serving.dispatcher import SOCKET_PATHS, Dispatcher
from strongroom_server.until_stopped import run_until_stopped
from strongroom_server.write_file import write_whole

if TYPE_CHECKING:
    import socket
    from collections.abc import Generator

    from strongroom_core.core import Core
    from strongroom_core.crypto.root import RootKey

DEFAULT_PORT = 8200


@dataclass(frozen=True, slots=True)
class DevOptions:
    """What the command line of `dev` said."""

    port: int = DEFAULT_PORT
    keep: Path | None = None
    root_file: str | None = None
    ready_file: Path | None = None
    binaries: Path | None = None
    dashboard: bool = True


@dataclass(frozen=True, slots=True)
class _Start:
    """A first start has a token and makes the demo; a later one finds it."""

    root: RootKey
    setup_token: str | None


def dev(options: DevOptions) -> None:
    """Run until SIGINT or SIGTERM. Raises `StrongroomError` when it cannot start."""
    logs.configure(readable=True)
    terminal = Terminal()
    terminal.say("Strongroom dev: starting", "bold")
    sockets = http_server.take_port(http_server.LOCALHOST, options.port)
    try:
        # The folder goes when the loop has ended and, with it, every thread that writes into it.
        with _folder(options) as folder:
            known_root = _known_root(folder, options)
            run_until_stopped(_run(folder, known_root, sockets, options, terminal))
    finally:
        for each in sockets:
            each.close()


async def _run(
    folder: DataFolder,
    known_root: RootKey | None,
    sockets: list[socket.socket],
    options: DevOptions,
    terminal: Terminal,
) -> None:
    url = f"http://localhost:{sockets[0].getsockname()[1]}"
    async with contextlib.AsyncExitStack() as stack:
        # It takes most of a second, while the database starts in a process of its own.
        api = asyncio.create_task(asyncio.to_thread(import_module, "strongroom_api.app"))
        terminal.say("database: starting PostgreSQL")
        postgres, urls = await databases.start_embedded(
            folder,
            cache=cache_folder(),
            binaries=options.binaries,
            durable=options.keep is not None,
            report=lambda line: terminal.say(f"database: {line}"),
        )
        stack.push_async_callback(postgres.stop)
        terminal.say(f"database: ready (PostgreSQL {postgres.programs.version})")
        # The environment's database is left alone: `dev` must never fill somebody's real one.
        settings = urls.into(Settings.from_environment(os.environ, public_url=url))
        start = await _initialise(folder, settings, known_root)
        process = Process()
        core = await open_core(settings, observe=process.metrics.observe_batch)
        stack.push_async_callback(core.database.close)
        story = Story(terminal, core)
        story.follow(INSTALLATION)
        await unseal(core, start.root)
        terminal.say("server: unsealed")
        await stack.enter_async_context(keeping_time(core))
        await stack.enter_async_context(working(core, urls.jobs))
        process.core = core
        app = (await api).create_app(process)
        process.dashboard = "off"
        part: DashboardPart | None = None
        paths: frozenset[bytes] = frozenset()
        if options.dashboard:
            part = DashboardPart(process, terminal.say)
            await stack.enter_async_context(running_part(part))
            app, paths = Dispatcher(app, part, process), SOCKET_PATHS
        await stack.enter_async_context(http_server.serving(app, sockets, socket_paths=paths))
        terminal.say(f"server: answers at {url}")
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strongroom-home-")))
        demo, machine = await _demo(folder, core, start, story, home)
        if options.ready_file is not None:
            # It holds the demo's password and values, so it goes when they do.
            stack.enter_context(announced(options.ready_file, _ready(url, demo, machine)))
        _introduce(terminal, url, demo, machine, start, options)
        if part is not None:
            part.serve(core)
        await stack.enter_async_context(beside(story.go_on()))
        await asyncio.Event().wait()  # until cancelled


@contextlib.contextmanager
def _folder(options: DevOptions) -> Generator[DataFolder]:
    """Use the folder that is kept, or one that is gone at the end."""
    if options.keep is not None:
        folder = DataFolder(options.keep.absolute())
        _require_ours(folder)
        folder.make()
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="strongroom-dev-", ignore_cleanup_errors=True) as path:
        yield DataFolder(Path(path))


def _require_ours(folder: DataFolder) -> None:
    """Raise `Invalid` for a folder that holds something else than a vault kept by `dev`."""
    if not folder.path.is_dir() or folder.root_check.exists():
        return
    if any(folder.path.iterdir()):
        raise Invalid(
            f"{folder.path} is not empty and holds no vault: name a new or an empty folder with"
            " --keep, or remove it if its first start was interrupted"
        )


def _known_root(folder: DataFolder, options: DevOptions) -> RootKey | None:
    """Return the root of a kept folder, right before anything is started; None at its first start."""
    facts = root_check.read(folder)
    if facts is None:
        if options.root_file is not None:
            raise Invalid("--root-file is for later starts: the first one makes the root")
        return None
    if options.root_file is None:
        raise Invalid(
            f"{folder.path} has a vault already: give its root, printed at the first start, with"
            " --root-file FILE (or - for standard input)"
        )
    if options.root_file == "-":
        supplied = read_stream(sys.stdin.buffer)
    else:
        # A development vault may have its root on a disk; `serve` is stricter.
        supplied = read_file(Path(options.root_file), allow_disk=True)
    root = supplied.root()
    root_check.require_right(root, facts)
    return root


async def _initialise(folder: DataFolder, settings: Settings, known: RootKey | None) -> _Start:
    if known is not None:
        return _Start(known, None)
    root = new_root()
    made = await initialise(settings.owner_database_url or "", settings, root)
    check = key_check_value(root, made.deployment, FIRST_VERSION)
    root_check.write(folder, RootFacts(made.deployment, FIRST_VERSION, check, None))
    return _Start(root, made.setup_token)


async def _demo(
    folder: DataFolder, core: Core, start: _Start, story: Story, home: Path
) -> tuple[Demo, DemoMachine | None]:
    """Make the demo and tell how; at a later start find it, and tell only what happens from now on.

    The machine's private key lies in `home`, which is gone at the end: nothing secret is kept. So a
    later start has no machine that it could speak for.
    """
    if start.setup_token is None:
        demo = _read_demo(folder)
        story.follow(demo.vault)
        await story.skip()
        return demo, None
    account = await make_owner(core, start.setup_token)
    story.follow(account.human.vault)
    demo = await make_demo(core, account, story)
    machine = await add_machine(core, account.human, demo, home / "home")
    await leave(core, account)
    await read_once(core, machine, demo)
    await story.catch_up()
    _write_demo(folder, demo)
    return demo, machine


def _write_demo(folder: DataFolder, demo: Demo) -> None:
    """Keep ids and names of the demo for later starts; its values and password are not kept."""
    kept = {
        "owner": {"email": demo.owner.email, "username": demo.owner.username},
        "vault": demo.vault,
        "projects": demo.projects,
        "secrets": {
            name: {"id": made.id, "kind": made.kind, "project_id": made.project_id}
            for name, made in demo.secrets.items()
        },
    }
    write_whole(folder.demo, msgspec.json.encode(kept) + b"\n")


def _read_demo(folder: DataFolder) -> Demo:
    try:
        kept = msgspec.json.decode(folder.demo.read_bytes())
        secrets = {
            name: Made(SecretId(made["id"]), made["kind"], ProjectId(made["project_id"]))
            for name, made in kept["secrets"].items()
        }
        return Demo(Owner(**kept["owner"]), VaultId(kept["vault"]), kept["projects"], secrets)
    except FileNotFoundError:
        raise Conflict(
            f"the first start in {folder.path} was interrupted: remove the folder, start again"
        ) from None
    except (msgspec.DecodeError, KeyError, TypeError):
        raise IntegrityFailure from None


def _ready(url: str, demo: Demo, machine: DemoMachine | None) -> dict[str, Any]:
    """Return what the ready file says. What is not known any more at a later start is left out."""
    owner = {name: text for name, text in asdict(demo.owner).items() if text is not None}
    granted = machine.granted if machine is not None else []
    ordered = sorted(demo.secrets.items(), key=lambda each: each[0] not in granted)
    known = {"home": str(machine.home), "machineId": str(machine.id)} if machine else {}
    return {
        "url": url,
        "owner": owner,
        "vaultId": demo.vault,
        "projects": demo.projects,
        "secrets": {name: _announced(made, name in granted) for name, made in ordered},
        **known,
    }


def _announced(made: Made, granted: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"id": made.id, "kind": made.kind, "projectId": made.project_id}
    if made.value is not None:
        said["value"] = made.value
    return {**said, "granted": granted}


def _introduce(
    terminal: Terminal,
    url: str,
    demo: Demo,
    machine: DemoMachine | None,
    start: _Start,
    options: DevOptions,
) -> None:
    terminal.say()
    terminal.say(f"Strongroom is ready: {url}", "bold green")
    terminal.say(f"  e-mail    {demo.owner.email}")
    if demo.owner.password is not None:
        terminal.say(f"  password  {demo.owner.password}")
    else:
        terminal.say("  password  as printed at the first start")
    terminal.say(f"  {len(demo.secrets)} secrets in {len(demo.projects)} projects")
    if machine is not None:
        terminal.say("  Read as the demo's machine, in another terminal:")
        terminal.say(f'    export PATH="{Path(sys.executable).parent}:$PATH"')
        terminal.say(f"    export STRONGROOM_HOME={machine.home}")
        terminal.say(f"    strongroom get {machine.granted[0]}")
    if options.keep is not None and start.setup_token is not None:
        terminal.say(f"  root      {encode_root(start.root)}")
        terminal.say(
            f"  The root is shown once and kept nowhere. The next start of {options.keep} needs it:"
            " --root-file FILE"
        )
    if options.keep is None:
        terminal.say("  Everything is gone when this ends (Ctrl-C); --keep DIR keeps it.")
    terminal.say()
