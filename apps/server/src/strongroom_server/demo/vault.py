"""Creates the demo vault through the same use cases that the API calls, with no shortcuts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from strongroom_core.access.callers import new_request_id
from strongroom_core.accounts.login import log_in
from strongroom_core.accounts.sessions import authenticate_person, end_session
from strongroom_core.accounts.setup import set_up
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.caller import Visitor
from strongroom_core.kernel.origin import Origin
from strongroom_core.projects.applications import create_application
from strongroom_core.secrets.change import Labels
from strongroom_core.secrets.create import Content, create_secret
from strongroom_core.secrets.generate import Charset, Recipe, generate
from strongroom_core.secrets.replace import replace_secret
from strongroom_core.secrets.trash import delete_secret
from strongroom_core.secrets.versions import roll_back
from strongroom_server.demo.content import APPLICATIONS, ENVIRONMENTS, RANDOM, SHOP, TRASHED

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ProjectId, SecretId, VaultId
    from strongroom_server.demo.content import DemoSecret
    from strongroom_server.demo.story import Story

EMAIL = "ada@demo.example"
USERNAME = "ada"
AGENT = "strongroom-server dev"

Value = str | dict[str, str]


@dataclass(frozen=True, slots=True)
class Made:
    """A secret of the demo. `value` is None after a restart, when the value is no longer known."""

    id: SecretId
    kind: str
    project_id: ProjectId
    value: Value | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Owner:
    """The demo's administrator. `password` is None after a restart, when it is no longer known."""

    email: str
    username: str
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo. The keys of `projects` are project paths, and the keys of `secrets` are secret paths."""

    owner: Owner
    vault: VaultId
    projects: dict[str, ProjectId]
    secrets: dict[str, Made]


@dataclass(frozen=True, slots=True)
class Account:
    """The demo's administrator, signed in."""

    owner: Owner
    human: Human


async def make_owner(core: Core, setup_token: str) -> Account:
    """Create the administrator's account with the one-time token from `init`, and sign in."""
    owner = Owner(EMAIL, USERNAME, _random(20))
    password = owner.password or ""
    origin = Origin("local", new_request_id(), AGENT)
    await set_up(
        core, Visitor(origin), setup_token, email=EMAIL, username=USERNAME, password=password
    )
    session = await log_in(core, Visitor(origin), email=EMAIL, password=password, device_token=None)
    return Account(owner, await authenticate_person(core, session.token, origin))


async def make_demo(core: Core, account: Account, story: Story) -> Demo:
    """Fill the account's vault, printing the events.

    The first secret has a single value.
    """
    human = account.human
    projects: dict[str, ProjectId] = {}
    secrets: dict[str, Made] = {}
    for content in APPLICATIONS:
        made = await create_application(
            core,
            human,
            name=content.name,
            environments=ENVIRONMENTS,
            description=content.description,
        )
        for project in made.projects:
            place = f"{content.name}/{project.environment}"
            projects[place] = project.id
            for secret in content.secrets:
                secrets[f"{place}/{secret.name}"] = await _make(
                    core, human, project.id, project.environment or "", secret
                )
            await story.catch_up()
    await _add_history(core, human, projects, secrets)
    await story.catch_up()
    return Demo(account.owner, human.vault, projects, secrets)


async def leave(core: Core, account: Account) -> None:
    """Sign the demo's administrator out."""
    await end_session(core, account.human)


async def _make(
    core: Core, human: Human, project: ProjectId, environment: str, secret: DemoSecret
) -> Made:
    value = _value(secret, environment)
    kind = SecretKind.SINGLE if isinstance(value, str) else SecretKind.STRUCTURED
    view = await create_secret(
        core,
        human,
        project,
        name=secret.name,
        kind=kind,
        content=_content(value),
        labels=Labels.parse(note=secret.note, tags=secret.tags, environment=None),
    )
    for _ in range(secret.replaced):
        value = _value(secret, environment)
        await replace_secret(core, human, view.id, _content(value))
    return Made(view.id, kind.value, project, value)


async def _add_history(
    core: Core, human: Human, projects: dict[str, ProjectId], secrets: dict[str, Made]
) -> None:
    """Roll back a bad value, and put something in the trash."""
    place = f"{SHOP.name}/{ENVIRONMENTS[-1]}"
    changed = secrets[f"{place}/STRIPE_SECRET_KEY"]
    secret = changed.id
    view = await replace_secret(core, human, secret, Content(value="pasted-by-mistake"))
    await roll_back(core, human, secret, version=view.version - 1)
    old = await _make(core, human, projects[place], ENVIRONMENTS[-1], TRASHED)
    await delete_secret(core, human, old.id)


def _value(secret: DemoSecret, environment: str) -> Value:
    def fill(text: str) -> str:
        return text.replace(RANDOM, _random(32)).replace("{environment}", environment)

    if secret.fields is not None:
        return {name: fill(text) for name, text in secret.fields.items()}
    return fill(secret.value or RANDOM)


def _content(value: Value) -> Content:
    return Content(value=value) if isinstance(value, str) else Content(fields=value)


def _random(length: int) -> str:
    return generate(Recipe(length, Charset.ALPHANUMERIC)).reveal().decode()
