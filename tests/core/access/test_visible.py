"""What every read-only operation answers to people with narrow access roles (O-1, L-4, V-6).

Each project's objects have names that contain the project's tag. An answer must contain no tag and no ID of
anything that the person can't see, and a list must contain everything that they can see.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from strongroom_core.access.action import Plane, Recorded
from strongroom_core.access.visible import NO_ACCESS
from strongroom_core.accounts.activity import list_account_events
from strongroom_core.accounts.change import read_account
from strongroom_core.accounts.close import read_closing
from strongroom_core.accounts.factors import read_factors
from strongroom_core.accounts.own_sessions import list_devices, list_sessions
from strongroom_core.alerts.deliveries import list_deliveries
from strongroom_core.alerts.rules import list_templates, read_alert_rules
from strongroom_core.alerts.views import Template
from strongroom_core.alerts.webhooks import WebhookWish, create_webhook, list_webhooks
from strongroom_core.audit.chart import Span, reads_over_time
from strongroom_core.audit.filter import EntryFilter
from strongroom_core.audit.list import list_entries
from strongroom_core.audit.read import read_entry
from strongroom_core.audit.recovery import read_recovery
from strongroom_core.grants.attachments import list_attachments, list_machine_projects
from strongroom_core.grants.manage import list_grants
from strongroom_core.grants.readers import list_readers
from strongroom_core.grants.scope import Scope
from strongroom_core.kernel.authority import (
    Access,
    Authority,
    ProjectCapability,
    SecretKind,
    VaultCapability,
)
from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.kernel.ids import ProjectId, SecretId
from strongroom_core.kernel.page import PageRequest
from strongroom_core.kernel.policies import Conditions
from strongroom_core.limits.plans import read_vault_plan
from strongroom_core.machines.allowlist import read_allowlist
from strongroom_core.machines.enrollment import (
    NewToken,
    create_enrollment_token,
    list_enrollment_tokens,
    read_enrollment_token,
)
from strongroom_core.machines.listing import count_machines, list_machines, read_machine
from strongroom_core.machines.temporary import list_extensions
from strongroom_core.machines.terms import Terms
from strongroom_core.machines.trusts import list_trusts, read_trust
from strongroom_core.machines.use import read_machine_use
from strongroom_core.members.access_roles import list_access_roles, read_access_role
from strongroom_core.members.invite import list_invitations
from strongroom_core.members.listing import (
    list_holders,
    list_members,
    list_project_members,
    read_member,
)
from strongroom_core.members.preview import preview_roles
from strongroom_core.members.vault_roles import list_vault_roles
from strongroom_core.overview.overview import read_overview
from strongroom_core.overview.search import list_offered, search
from strongroom_core.overview.signals import read_signals
from strongroom_core.overview.views import FoundKind
from strongroom_core.policies.apply import apply_policy
from strongroom_core.policies.listing import (
    describe_policy,
    list_policies,
    list_policy_secrets,
    read_policy,
)
from strongroom_core.policies.manage import create_policy
from strongroom_core.policies.report import report_policy
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.browse import browse_projects, count_projects
from strongroom_core.projects.change import update_project
from strongroom_core.projects.listing import (
    list_applications,
    list_projects,
    read_application,
    read_project,
)
from strongroom_core.projects.trash import delete_project
from strongroom_core.projects.weigh import weigh_project
from strongroom_core.reading.explain import (
    explain_read,
    list_machine_access,
    list_project_access,
    list_secret_access,
)
from strongroom_core.secrets.canaries import list_canaries
from strongroom_core.secrets.listing import count_secrets, list_secrets, list_trash, read_secret
from strongroom_core.secrets.versions import list_versions
from strongroom_core.shares.content import NewContent
from strongroom_core.shares.create import create_share
from strongroom_core.shares.drop_boxes import create_drop_box, list_drop_boxes
from strongroom_core.shares.listing import count_shares, list_shares, read_share
from strongroom_core.vaults.own import list_own_vaults
from strongroom_core.vaults.settings import read_vault, read_what_stops
from strongroom_server.operations import authorization_table
from strongroom_testkit.issuer import Issuer, trust
from strongroom_testkit.machine import approved_machine, grant
from strongroom_testkit.members import access_role, member_id, organize
from strongroom_testkit.people import make_account
from strongroom_worker import jobs

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.projects.views import ProjectView
    from strongroom_testkit.machine import TestMachine
    from strongroom_testkit.world import World

PAGE = PageRequest(limit=100)
S, T = SecretKind.SINGLE, SecretKind.STRUCTURED
EVERY_RIGHT = frozenset((each, kind) for each in ProjectCapability for kind in SecretKind)
LOOKS = (ProjectCapability.SECRETS_VIEW, ProjectCapability.CANARIES_MANAGE)
BLIND_RIGHTS = frozenset(each for each in EVERY_RIGHT if each[0] not in LOOKS)
SINGLES = frozenset(each for each in EVERY_RIGHT if each[1] is S)
HELD = frozenset(VaultCapability) - {
    VaultCapability.AUDIT_VIEW_OTHERS,
    VaultCapability.VAULT_DELETE,
}
TAGS = ("zqdev", "zqprod", "zqold", "zqsolo", "zqgone")
"""Three projects in the application zqshop, and two standalone ones. zqold and zqgone are in the trash."""
LIVE, SHOP = ("zqdev", "zqprod", "zqsolo"), ("zqdev", "zqprod", "zqold")
ENVIRONMENTS = ("development", "production", "old")


@dataclass(slots=True)
class Vault:
    """One vault's objects, and a member. `ids` maps each kind of object to the IDs by tag."""

    world: World
    member: Human
    ids: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])


@dataclass(frozen=True, slots=True)
class Role:
    """An access role, and what its holder can see: projects by tag, and `tag kind` for secrets."""

    access: Callable[[Vault], Access | None]
    projects: frozenset[str]
    secrets: frozenset[str]
    application: bool


def _every(*tags: str, kinds: tuple[SecretKind, ...] = (S, T)) -> frozenset[str]:
    return frozenset(f"{tag} {kind}" for tag in tags for kind in kinds)


def _only(vault: Vault, *tags: str) -> Any:
    return frozenset(vault.ids["project"][tag] for tag in tags)


ROLES = {
    "everything": Role(
        lambda _: Access(everywhere=True, rights=EVERY_RIGHT), frozenset(TAGS), _every(*TAGS), True
    ),
    "one application": Role(
        lambda vault: Access(
            applications=frozenset({vault.ids["application"]["zqshop"]}),  # pyright: ignore[reportArgumentType]
            rights=EVERY_RIGHT,
        ),
        frozenset(SHOP),
        _every(*SHOP),
        True,
    ),
    "one project": Role(
        lambda vault: Access(projects=_only(vault, "zqsolo"), rights=EVERY_RIGHT),
        frozenset({"zqsolo"}),
        _every("zqsolo"),
        False,
    ),
    "one project in an application": Role(
        lambda vault: Access(projects=_only(vault, "zqdev"), rights=EVERY_RIGHT),
        frozenset({"zqdev"}),
        _every("zqdev"),
        True,
    ),
    "a key for one project": Role(
        lambda vault: Access(everywhere=True, rights=EVERY_RIGHT, only=_only(vault, "zqdev")),
        frozenset({"zqdev"}),
        _every("zqdev"),
        True,
    ),
    "no view in production": Role(
        lambda _: Access(
            everywhere=True, rights=EVERY_RIGHT, overrides={"production": BLIND_RIGHTS}
        ),
        frozenset(TAGS),
        _every("zqdev", "zqold", "zqsolo", "zqgone"),
        True,
    ),
    "view only in production": Role(
        lambda _: Access(everywhere=True, overrides={"production": EVERY_RIGHT}),
        frozenset(TAGS),
        _every("zqprod"),
        True,
    ),
    "one kind": Role(
        lambda _: Access(everywhere=True, rights=SINGLES),
        frozenset(TAGS),
        _every(*TAGS, kinds=(S,)),
        True,
    ),
    "a trashed project": Role(
        lambda vault: Access(projects=_only(vault, "zqgone", "zqold"), rights=EVERY_RIGHT),
        frozenset({"zqgone", "zqold"}),
        _every("zqgone", "zqold"),
        False,
    ),
    "no access role": Role(lambda _: None, frozenset(), frozenset(), False),
}


async def _grants(core: Core, person: Human, project: str) -> Any:
    machines = await list_machines(core, person, PAGE)
    return await list_grants(core, person, ProjectId(project), machine=str(machines.items[0].id))


async def _explain(core: Core, person: Human, secret: str) -> Any:
    machines = await list_machines(core, person, PAGE)
    return await explain_read(core, person, SecretId(secret), machine=str(machines.items[0].id))


async def _offered(core: Core, person: Human) -> Any:
    return await list_offered(core, person, projects=50, secrets=50)


async def _previewed(core: Core, person: Human) -> Any:
    """Preview an owner, who can see everything: the caller sees only what their own role covers."""
    return await preview_roles(core, person, vault_role="owner")


async def _searches(core: Core, person: Human) -> Any:
    texts = ("zq", *TAGS, *(f"zqshop/{tag}/" for tag in TAGS), *(f"{tag}/" for tag in TAGS))
    found = [await search(core, person, text) for text in texts]
    found += [await search(core, person, "", only=FoundKind.PROJECT)]
    return [*found, *[await search(core, person, text, only=FoundKind.SECRET) for text in TAGS]]


CALLS: dict[str, tuple[Any, ...] | None] = {
    "checkToken": None,  # answers about the token that is sent, not about what is stored
    "countMachines": (None, count_machines),
    "countProjects": (None, count_projects),
    "countReads": (None, reads_over_time, Span.DAY),
    "countSecrets": ("project", count_secrets),
    "countShares": (None, count_shares),
    "createApp": None,  # about the person's own account
    "describePolicy": ("project", describe_policy, Conditions()),
    "explainRead": ("secret", _explain),
    "exportMachineAccess": ("machine", list_machine_access),
    "exportProjectAccess": ("project", list_project_access),
    "exportSecretAccess": ("secret", list_secret_access),
    "findLoginRequest": None,  # about the person's own keys
    "listKeys": None,  # about the person's own keys
    "readOwnKey": None,  # about the person's own keys
    "listAccountEvents": (None, list_account_events, PAGE),
    "listAccounts": None,  # the operator's
    "listAccessRoles": (None, list_access_roles),
    "listHolders": (None, list_holders, "secrets.view"),
    "listInvitations": (None, list_invitations, PAGE),
    "listMembers": (None, list_members, PAGE),
    "listOwnInvitations": None,  # about the person's own invitations
    "listProjectMembers": ("project", list_project_members),
    "listVaultRoles": (None, list_vault_roles),
    "readAccessRole": ("access_role", read_access_role),
    "readMember": ("member", read_member),
    "readVaultRole": None,  # names only capabilities
    "listAlertTemplates": (None, list_templates),
    "listApplications": (None, list_applications, PAGE),
    "listAttachments": ("project", list_attachments, PAGE),
    "listCanaries": ("project", list_canaries),
    "listDeliveries": ("webhook", list_deliveries, PAGE),
    "listDevices": (None, list_devices),
    "listDropBoxes": ("secret", list_drop_boxes, PAGE),
    "listEnrollmentTokens": (None, list_enrollment_tokens, PAGE),
    "listEntries": (None, list_entries, PAGE, EntryFilter()),
    "listExtensions": ("machine", list_extensions),
    "listGrants": ("project", _grants),
    "listInstallationEntries": None,  # the operator's
    "listMachineAccess": ("machine", list_machine_access),
    "listMachines": (None, list_machines, PAGE),
    "listOwnVaults": (None, list_own_vaults),
    "listPlans": None,  # the operator's
    "listPolicies": ("project", list_policies),
    "listPolicySecrets": ("policy", list_policy_secrets),
    "listProjectAccess": ("project", list_project_access),
    "listProjectGroups": (None, browse_projects, PAGE),
    "listProjects": (None, list_projects, PAGE),
    "listProjectsOfMachine": ("machine", list_machine_projects),
    "listReaders": ("secret", list_readers, PAGE),
    "listSecretAccess": ("secret", list_secret_access),
    "listSecrets": ("project", list_secrets, PAGE),
    "listSessions": (None, list_sessions),
    "listShares": (None, list_shares, PAGE),
    "listTrash": (None, list_trash, PAGE),
    "listTrusts": (None, list_trusts, PAGE),
    "listVaults": None,  # the operator's
    "listVersions": ("secret", list_versions, PAGE),
    "listWebhooks": (None, list_webhooks),
    "optionsForPasskey": None,  # about the person's own account
    "previewAccess": None,  # the same function, for rights that the caller has too
    "previewMember": None,  # the same function as previewRoles, for the roles of a member
    "previewRoles": (None, _previewed),
    "readAccount": (None, read_account),
    "readAlertRules": (None, read_alert_rules),
    "readAllowlist": (None, read_allowlist),
    "readApplication": ("application", read_application),
    "readClosing": (None, read_closing),
    "readEnrollmentToken": ("token", read_enrollment_token),
    "readEntry": ("entry", read_entry),
    "readFactors": (None, read_factors),
    "readInstallation": None,  # the operator's
    "readMachine": ("machine", read_machine),
    "readMachineUsage": ("machine", read_machine_use),
    "readOverseenAccount": None,  # the operator's
    "readOverview": (None, read_overview),
    "readPolicy": ("policy", read_policy),
    "readPolicyReport": ("policy", report_policy),
    "readProject": ("project", read_project),
    "readProjectByPath": None,  # `read_project`, which finds the ID first
    "readProjectSummary": ("project", weigh_project),
    "readRecovery": ("project", read_recovery),
    "readSecret": ("secret", read_secret),
    "readSecretByPath": None,  # `read_secret`, which finds the ID first
    "readSession": None,  # about the person's own session
    "readShare": ("share", read_share),
    "readSignals": (None, read_signals),
    "readTrust": ("trust", read_trust),
    "readVault": ("vault", read_vault),
    "readVaultPlan": (None, read_vault_plan),
    "readWhatStops": ("vault", read_what_stops),
    "search": (None, _searches),
    "streamEntries": None,  # `tests/api/test_entry_streams.py`; it has the condition of the list
    "stepUpOptions": None,  # about the person's own account
    # What the dashboard reads besides the operations of the API.
    "MachineList.offer": (None, _offered),
}
"""Each read-only operation: the kind of object that it is about, its use case, and more arguments."""


def test_every_read_only_operation_is_here() -> None:
    """O-1: no operation that reads can be added without deciding what a narrow access role sees of it."""
    reading = {
        name
        for name, operation in authorization_table().items()
        if operation.plane is Plane.HUMAN
        and operation.action is not None
        and operation.action.recorded is Recorded.ON_REFUSAL
    }

    assert reading - CALLS.keys() == set()
    assert {name for name in CALLS if "." not in name} - reading == set()


async def test_no_answer_names_what_the_role_does_not_cover(world: World) -> None:
    """O-1, L-4: each read-only operation, asked by each role about every object, names nothing outside."""
    vault = await _fill(world)
    leaks: list[str] = []
    unseen: list[str] = []
    for name, role in ROLES.items():
        person, hidden, named = _holding(vault, role), _hidden(vault, role), set[str]()
        for operation, tag, about, text in [each async for each in _answers(vault, person)]:
            # An error repeats the ID that was asked for, and so do the entries for the person's denials.
            asked = _asked(vault) if operation == "listEntries" else {about}
            leaks += [
                f"{name}: {operation} {tag}: {each}" for each in hidden - asked if each in text
            ]
            named |= {each for each in _everything(vault) if each in text}
        unseen += [f"{name}: {each}" for each in _everything(vault) - hidden - named]

    assert "\n".join(leaks) == ""
    assert unseen == [], "the role covers these, but no answer has them"


async def test_counts_equal_what_is_visible(world: World) -> None:
    """U-1, O-1: totals, lists and the overview agree, for every role, and count nothing outside."""
    vault = await _fill(world)
    for role in ROLES.values():
        await _check_counts(vault, role)


async def test_a_member_without_an_access_role_is_told_why_everything_is_empty(
    world: World,
) -> None:
    """U-4, O-1: every page shows why a member without an access role sees no projects."""
    nobody = replace(world.owner, authority=Authority("tested", HELD, None))
    owners = await read_signals(world.core, world.owner)

    signals = await read_signals(world.core, nobody)

    assert (owners.no_access, signals.no_access) == (None, NO_ACCESS)


async def _check_counts(vault: Vault, role: Role) -> None:
    core, person = vault.world.core, _holding(vault, role)
    live = [tag for tag in LIVE if tag in role.projects]
    secrets = [each for each in role.secrets if each.split()[0] in LIVE]
    shop = int(any(tag in SHOP for tag in live))

    counts = await count_projects(core, person)
    overview = (await read_overview(core, person)).counts
    projects = await list_projects(core, person, PAGE)
    applications = await list_applications(core, person, PAGE)
    stops = await read_what_stops(core, person, person.vault)
    trash = await list_trash(core, person, PAGE)

    assert (counts.projects, counts.applications) == (len(live), shop)
    assert (overview.projects, overview.applications) == (len(live), shop)
    assert sorted(each.name for each in projects.items) == sorted(live)
    assert (projects.total, applications.total) == (len(live), shop)
    assert sum(each.projects for each in counts.environments) == len({*live} - {"zqsolo"})
    assert (stops.projects, stops.secrets) == (len(live), overview.secrets)
    # Each single secret comes with a canary, which looks like one.
    assert overview.secrets == sum(2 if each.endswith("single") else 1 for each in secrets)
    assert sum(each.secrets for each in projects.items) == overview.secrets
    for each in projects.items:
        if any(secret.startswith(f"{each.name} ") for secret in secrets):
            listed = await list_secrets(core, person, each.id, PAGE)
            weight = await weigh_project(core, person, each.id)
            facets = await count_secrets(core, person, each.id)
            assert each.secrets == listed.total == weight.secrets == facets.secrets
    if applications.items:
        inside = [tag for tag in live if tag in SHOP]
        assert len(applications.items[0].environments) == len(inside)
    gone = [tag for tag in ("zqold", "zqgone") if tag in role.projects]
    trashed = [each for each in secrets if each.endswith("single")]
    assert trash.total == len(gone) + len(trashed)


def _asked(vault: Vault) -> set[str]:
    return {each for ids in vault.ids.values() for each in ids.values()}


async def _answers(vault: Vault, person: Human) -> AsyncIterator[tuple[str, str, str, str]]:
    """Yield each operation, the object that it was asked about, and the text of the answer."""
    for operation, call in CALLS.items():
        if call is None:
            continue
        kind, use_case, *more = call
        for tag, about in vault.ids[kind].items() if kind else [("", "")]:
            try:
                objects = [about] if kind else []
                answer = await use_case(vault.world.core, person, *objects, *more)
            except StrongroomError as error:
                answer = error.message
            yield operation, tag, about, msgspec.json.encode(answer).decode().lower()


async def test_only_own_entries_are_visible_without_the_capability(world: World) -> None:
    """L-4: `audit.view` alone shows people their own entries; the other capability shows all."""
    vault = await _fill(world)
    everything = ROLES["everything"].access(vault)
    own = replace(world.owner, authority=Authority("tested", HELD, everything))
    others = replace(
        vault.member,
        authority=Authority("tested", HELD | {VaultCapability.AUDIT_VIEW_OTHERS}, None),
    )

    mine, none = (
        await list_entries(world.core, own, PAGE),
        await list_entries(world.core, _holding(vault, ROLES["everything"]), PAGE),
    )
    whole = await list_entries(world.core, others, PAGE)

    assert {each.actor_id for each in mine.items} == {world.owner.account}
    assert none.items == []
    assert "zqprod_single" in {each.target_name for each in whole.items}


async def test_the_current_names_of_lost_projects_are_not_in_own_entries(world: World) -> None:
    """L-4: a person's own entry keeps the project's name at that moment; the current name isn't added."""
    vault = await _fill(world)
    narrow = replace(
        world.owner,
        authority=Authority("tested", HELD, ROLES["one project"].access(vault)),
    )
    wanted = EntryFilter(project=vault.ids["project"]["zqprod"])

    found = await list_entries(world.core, narrow, PAGE, wanted)

    assert found.items
    assert {each.project_name for each in found.items} == {None}
    one = await read_entry(world.core, narrow, str(found.items[0].id))
    assert (one.entry.project_name, one.entry.application_name) == (None, None)


def _holding(vault: Vault, role: Role) -> Human:
    return replace(vault.member, authority=Authority("tested", HELD, role.access(vault)))


def _everything(vault: Vault) -> set[str]:
    """Return every name and ID that some answer contains. Secrets in trashed projects aren't listed."""
    marks = {f"{tag}_{kind}" for tag in LIVE for kind in SecretKind}
    marks |= {vault.ids["secret"][f"{tag} {kind}"] for tag in LIVE for kind in SecretKind}
    marks |= {each for kind in ("project", "application") for each in vault.ids[kind].values()}
    return marks | {*TAGS, "zqshop"}


def _hidden(vault: Vault, role: Role) -> set[str]:
    hidden = {tag for tag in TAGS if tag not in role.projects}
    hidden |= {vault.ids["project"][tag] for tag in hidden}
    gone = [f"{tag} {kind}" for tag in TAGS for kind in SecretKind]
    for each in gone:
        if each not in role.secrets:
            hidden |= {each.replace(" ", "_"), vault.ids["secret"][each]}
    if not role.application and "zqold" not in role.projects:
        # The path of a project that the person sees contains its application's name.
        hidden |= {"zqshop", vault.ids["application"]["zqshop"]}
    return hidden


async def _fill(world: World) -> Vault:
    """Fill the vault: five projects with one secret of each kind, and everything that can be about those."""
    core, owner = world.core, world.owner
    member = replace(owner, account=await make_account(core, "member"), username="member")
    vault = Vault(world, member)
    hook = WebhookWish(
        name="all", url="https://hooks.example/", key=None, actions=["secret_create"]
    )
    made = await create_webhook(core, owner, hook, template=Template.STRONGROOM)
    world.markers.note(made.secret)
    machine = await approved_machine(world, "host")
    shop = await create_application(core, owner, name="zqshop", environments=[*ENVIRONMENTS])
    vault.ids |= {
        "vault": {"": owner.vault},
        "webhook": {"": made.webhook.id},
        "machine": {"": str(machine.id)},
        "application": {"zqshop": shop.id},
    }
    await organize(world)
    vault.ids["member"] = {"": await member_id(world, owner.account)}
    issuer = Issuer()
    inside = dict(zip(SHOP, shop.projects, strict=True))
    for tag in TAGS:
        if tag in inside:
            project = await update_project(core, owner, inside[tag].id, name=tag)
        else:
            project = await world.project(tag)
        await _fill_project(vault, tag, project, machine, issuer)
    projects = [*vault.ids["project"].values()]
    role = await access_role(world, "some projects", projects=projects)
    vault.ids["access_role"] = {"": role.id}
    for tag in ("zqold", "zqgone"):
        project = ProjectId(vault.ids["project"][tag])
        await delete_project(core, owner, project, confirm_name=tag)
    await jobs.alert(core)
    return vault


async def _fill_project(
    vault: Vault, tag: str, project: ProjectView, machine: TestMachine, issuer: Issuer
) -> None:
    world = vault.world
    core, owner = world.core, world.owner
    single = await world.secret(project, f"{tag}_single")
    structured = await world.structured(project, f"{tag}_structured", "USER")
    await world.canary(project, f"{tag}_single_canary")
    await world.trashed_secret(project, f"{tag}_single_trashed")
    await grant(world, machine, project, single, structured)
    policy = await create_policy(
        core, owner, project.id, name=f"{tag} policy", conditions=Conditions()
    )
    await apply_policy(core, owner, policy.id, secrets=[single.id, structured.id])
    share = await create_share(
        core,
        owner,
        NewContent(text=world.markers.value("share")),
        label=f"{tag} share",
        project=project.id,
    )
    await create_drop_box(core, owner, single.id, overwrite=True)
    scope = Scope((project.id,), (single.id, structured.id))
    wanted = NewToken(
        name="token", lifetime=3600, terms=Terms(scope=scope, machine_lifetime=3600, max_uses=1)
    )
    token = await create_enrollment_token(core, owner, wanted)
    world.markers.note(token.token)
    trusted = await trust(
        world,
        issuer,
        projects=(project.id,),
        secrets=(single.id, structured.id),
        name=f"number {len(vault.ids.get('trust', {}))}",
    )
    entry = (await world.entries("secret_create"))[-1]
    for kind, found in (
        ("project", project.id),
        ("policy", policy.id),
        ("share", share.share.id),
        ("token", token.view.id),
        ("trust", trusted.id),
        ("entry", str(entry["id"])),
    ):
        vault.ids.setdefault(kind, {})[tag] = found
    vault.ids.setdefault("secret", {}).update(
        {f"{tag} single": single.id, f"{tag} structured": structured.id}
    )
