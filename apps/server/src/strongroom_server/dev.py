"""`strongroom-server dev`: runs everything on this machine, with a demo vault (H-2)."""

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
from strongroom_core.crypto.root import encode_root, new_root
from strongroom_core.crypto.root_source import read_file, read_stream
from strongroom_core.install.initialise import initialise
from strongroom_core.kernel.errors import Conflict, IntegrityFailure, Invalid
from strongroom_core.kernel.ids import INSTALLATION, ProjectId, SecretId, VaultId
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_server import databases, logs, root_check
from strongroom_server.data_folder import DataFolder
from strongroom_server.demo.inbox import PAGE, Inbox, catching
from strongroom_server.demo.issuer import CONDITIONS, ISSUER
from strongroom_server.demo.links import DemoLinks, make_links
from strongroom_server.demo.machine import DemoMachine, add_machine, read_once
from strongroom_server.demo.organization import DemoOrganization, make_organization
from strongroom_server.demo.people import DemoPerson, make_people
from strongroom_server.demo.receiver import Receiver, add_webhook, receiving
from strongroom_server.demo.story import Story, Terminal
from strongroom_server.demo.vault import Demo, Made, Owner, leave, make_demo, make_owner
from strongroom_server.files import announcing, write_whole
from strongroom_server.node import beside, keeping_time, run_until_stopped, working
from strongroom_server.serving import http_server
from strongroom_server.serving.dashboard import DashboardPart, running_part
from strongroom_server.serving.dispatcher import SOCKET_PATHS, Dispatcher

if TYPE_CHECKING:
    import socket
    from collections.abc import Generator

    from strongroom_core.core import Core
    from strongroom_core.crypto.root import RootKey

DEFAULT_PORT = 8200


@dataclass(frozen=True, slots=True)
class DevOptions:
    """The options of `dev`."""

    port: int = DEFAULT_PORT
    keep: Path | None = None
    root_file: str | None = None
    ready_file: Path | None = None
    binaries: Path | None = None
    without_dashboard: bool = False


@dataclass(frozen=True, slots=True)
class _Start:
    """One start of `dev`. The first has a setup token and creates the demo; later ones load it."""

    root: RootKey
    setup_token: str | None


def run_dev(options: DevOptions) -> None:
    """Run until SIGINT or SIGTERM. Raises `StrongroomError` if it can't start."""
    logs.configure(readable=True)
    terminal = Terminal()
    terminal.say("Strongroom dev: starting", "bold")
    sockets = http_server.take_port(http_server.LOCALHOST, options.port)
    try:
        # The folder is removed after the event loop and every thread that writes to it have ended.
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
        # This takes most of a second, while the database starts in another process.
        api = asyncio.create_task(asyncio.to_thread(import_module, "strongroom_api.app"))
        terminal.say("database: starting PostgreSQL")
        postgres, urls = await databases.start_embedded(
            folder,
            binaries=options.binaries,
            durable=options.keep is not None,
            report=lambda line: terminal.say(f"database: {line}"),
        )
        stack.push_async_callback(postgres.stop)
        terminal.say(f"database: ready (PostgreSQL {postgres.programs.version})")
        catcher = await stack.enter_async_context(catching())
        certificates = stack.enter_context(tempfile.TemporaryDirectory(prefix="strongroom-tls-"))
        receiver = await stack.enter_async_context(receiving(Path(certificates)))
        # DATABASE_URL in the environment is ignored, because `dev` must never fill a real database. So is a
        # mail server, because `dev` must never send email to anyone.
        settings = Settings.from_environment(
            os.environ,
            public_url=url,
            database_url=urls.serving,
            owner_database_url=urls.owner,
            jobs_database_url=urls.jobs,
            **catcher.settings(),
            **receiver.settings(),
        )
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
        served = (await api).create_app(process)
        serve_read = (await api).front_of(served).read
        app: Any = served
        process.dashboard = "off"
        part: DashboardPart | None = None
        paths: frozenset[bytes] = frozenset()
        if not options.without_dashboard:
            part = DashboardPart(process, terminal.say, gallery=True)
            await stack.enter_async_context(running_part(part))
            app, paths = Dispatcher(app, part, process), SOCKET_PATHS
        app = Inbox(app, catcher, receiver, url)
        await stack.enter_async_context(
            http_server.serving(app, sockets, socket_paths=paths, serve_read=serve_read)
        )
        terminal.say(f"server: listening on {url}")
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strongroom-home-")))
        demo, machine, links, people, group = await _demo(
            folder, core, start, story, home, receiver
        )
        _introduce(terminal, url, demo, machine, people, group, start, options)
        if part is not None:
            part.serve(core)
        if options.ready_file is not None:
            # The ready file is written last, as readers expect it to be complete. It contains the demo's
            # password and values, so it is removed with them.
            ready = _ready(url, demo, machine, links, people)
            if group is not None:
                ready["organization"] = group.announced()
            stack.enter_context(announcing(options.ready_file, ready))
        await stack.enter_async_context(beside(story.go_on()))
        await asyncio.Event().wait()  # until canceled


@contextlib.contextmanager
def _folder(options: DevOptions) -> Generator[DataFolder]:
    """Use the folder given with --keep, or a temporary one."""
    if options.keep is not None:
        folder = DataFolder(options.keep.absolute())
        _require_ours(folder)
        folder.make()
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="strongroom-dev-", ignore_cleanup_errors=True) as path:
        yield DataFolder(Path(path))


def _require_ours(folder: DataFolder) -> None:
    """Raise `Invalid` if a folder contains anything other than a vault kept by `dev`."""
    if not folder.path.is_dir() or folder.root_check.exists():
        return
    if any(folder.path.iterdir()):
        raise Invalid(
            f"{folder.path} is not empty and has no vault; choose a new or empty folder with --keep;"
            " if an earlier first run was interrupted, delete this one"
        )


def _known_root(folder: DataFolder, options: DevOptions) -> RootKey | None:
    """Return the root key of a kept folder before anything is started, or None on the first start."""
    facts = root_check.read(folder)
    if facts is None:
        if options.root_file is not None:
            raise Invalid("--root-file is for later runs; the first run creates the root key")
        return None
    if options.root_file is None:
        raise Invalid(
            f"{folder.path} already has a vault; pass its root key, shown on the first run, with"
            " --root-file FILE (or - for standard input)"
        )
    if options.root_file == "-":
        supplied = read_stream(sys.stdin.buffer)
    else:
        # For a development vault, the root key can be on disk; `serve` is stricter.
        supplied = read_file(Path(options.root_file), allow_disk=True)
    root = supplied.root()
    root_check.require_right(root, facts)
    return root


async def _initialise(folder: DataFolder, settings: Settings, known: RootKey | None) -> _Start:
    if known is not None:
        return _Start(known, None)
    root = new_root()
    made = await initialise(settings.owner_database_url or "", settings, root)
    root_check.write_new(folder, root, made.deployment)
    return _Start(root, made.setup_token)


async def _demo(
    folder: DataFolder, core: Core, start: _Start, story: Story, home: Path, receiver: Receiver
) -> tuple[Demo, DemoMachine | None, DemoLinks | None, list[DemoPerson], DemoOrganization | None]:
    """Create the demo and print the events. On later starts, load the demo and print only new events.

    The machine's private key is in `home`, a temporary folder, so that no secrets are kept. Later starts
    therefore have no machine to act as, no links, and none of the people's passwords.
    """
    if start.setup_token is None:
        demo = _read_demo(folder)
        story.follow(demo.vault)
        await story.skip()
        return demo, None, None, [], None
    account = await make_owner(core, start.setup_token)
    story.follow(account.human.vault)
    demo = await make_demo(core, account, story)
    machine = await add_machine(core, account.human, demo, home / "home")
    links = await make_links(core, account.human, demo, core.settings.public_url)
    links.webhook = await add_webhook(core, account.human, receiver, core.settings.public_url)
    await leave(core, account)
    people = await make_people(core)
    group = await make_organization(core)
    await read_once(core, machine, demo)
    await story.catch_up()
    _write_demo(folder, demo)
    owner = demo.owner
    ada = DemoPerson(owner.email, owner.username, owner.password or "", [demo.vault])
    return demo, machine, links, [ada, *people], group


def _write_demo(folder: DataFolder, demo: Demo) -> None:
    """Store the demo's IDs and names for later starts, without values or the password."""
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
            f"the first run in {folder.path} was interrupted; delete the folder and start again"
        ) from None
    except (msgspec.DecodeError, KeyError, TypeError):
        raise IntegrityFailure from None


def _ready(
    url: str,
    demo: Demo,
    machine: DemoMachine | None,
    links: DemoLinks | None,
    people: list[DemoPerson],
) -> dict[str, Any]:
    """Return the content of the ready file, except for what a later start doesn't know."""
    owner = {name: text for name, text in asdict(demo.owner).items() if text is not None}
    granted = machine.granted if machine is not None else []
    ordered = sorted(demo.secrets.items(), key=lambda each: each[0] not in granted)
    known = _known(demo, machine) if machine is not None else {}
    if links is not None:
        known |= {"share": links.share, "dropBox": links.drop_box}
        known |= {"webhook": asdict(links.webhook)} if links.webhook is not None else {}
    if people:
        known["people"] = [each.announced() for each in people]
    return {
        "url": url,
        "inbox": f"{url}{PAGE}",
        "owner": owner,
        "vaultId": demo.vault,
        "projects": demo.projects,
        "secrets": {name: _announced(made, name in granted) for name, made in ordered},
        **known,
    }


def _known(demo: Demo, machine: DemoMachine) -> dict[str, Any]:
    return {
        "home": str(machine.home),
        "machineId": str(machine.id),
        "enrollmentToken": {"vaultId": demo.vault, "token": machine.enrollment_token},
        "oidc": {
            "issuer": ISSUER,
            "jwksFile": str(machine.issuer.jwks_file),
            "signingKeyFile": str(machine.issuer.signing_key_file),
            "trustId": machine.issuer.trust,
            "claims": CONDITIONS,
        },
        "temporary": {"machineId": str(machine.temporary), "home": str(machine.temporary_home)},
        "canary": {
            "id": machine.canary.id,
            "projectId": machine.canary.project,
            "neighbour": machine.canary.neighbour,
        },
        **machine.policies,
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
    people: list[DemoPerson],
    group: DemoOrganization | None,
    start: _Start,
    options: DevOptions,
) -> None:
    terminal.say()
    terminal.say(f"Strongroom is ready: {url}", "bold green")
    terminal.say(f"  Email     {demo.owner.email}")
    if demo.owner.password is not None:
        terminal.say(f"  Password  {demo.owner.password}")
    else:
        terminal.say("  Password  shown on the first run")
    terminal.say(f"  Inbox     {url}{PAGE}")
    for each in people[1:]:
        terminal.say(f"  Also      {each.email}, password {each.password}")
    if group is not None:
        owner = group.members[0]
        terminal.say(f"  Organization  {owner.email}, password {owner.password}")
    terminal.say(f"  {len(demo.secrets)} secrets in {len(demo.projects)} projects")
    if machine is not None:
        terminal.say("  To act as the demo machine, run in another terminal:")
        terminal.say(f'    export PATH="{Path(sys.executable).parent}:$PATH"')
        terminal.say(f"    export STRONGROOM_HOME={machine.home}")
        terminal.say(f"    strongroom get {machine.granted[0]}")
    if options.keep is not None and start.setup_token is not None:
        terminal.say(f"  Root key  {encode_root(start.root)}")
        terminal.say(
            f"  The root key is shown once and not stored. The next start with {options.keep} needs it:"
            " --root-file FILE"
        )
    if options.keep is None:
        terminal.say("  Data is deleted on exit (Ctrl-C). Use --keep DIR to keep it.")
    terminal.say()
