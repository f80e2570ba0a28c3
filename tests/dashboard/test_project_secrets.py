"""A project's secrets in the dashboard: blind, determined by the URL, and never with a value."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from strongroom_core.db.connection import OpenConnection, connect
from strongroom_core.grants.manage import Wanted, set_grants
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.ids import DropBoxId
from strongroom_core.machines.lifecycle import disable_machine
from strongroom_core.maintain import tally_reads
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.views import ProjectView
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.secrets.change import Changes, Labels, update_secret
from strongroom_core.secrets.create import Content, create_secret
from strongroom_core.secrets.generate import Recipe
from strongroom_core.secrets.replace import replace_secret, rotate_secret
from strongroom_core.secrets.views import SecretView
from strongroom_core.shares.drop_boxes import create_drop_box, revoke_drop_box
from strongroom_dashboard.screens.project_secrets.rights import ROTATION_WAITS
from strongroom_dashboard.screens.project_secrets.state import PAGE, ProjectSecrets
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.world import World


@pytest.fixture
async def project(world: World) -> ProjectView:
    return await world.project("billing")


@pytest.fixture
def look_at(look, project: ProjectView):
    """Open the project's secrets tab, with a query."""

    async def look_at(query: str = "", path: str = f"/projects/{project.id}") -> Any:
        return await look(ProjectSecrets, f"{path}?{query}" if query else path)

    return look_at


def texts(state: Any) -> str:
    """Return everything in a state, including inherited fields, as it would be sent to the browser."""
    return repr(state.dict())


async def labelled(
    world: World, project: ProjectView, name: str, *tags: str, environment: str | None = None
) -> SecretView:
    return await create_secret(
        world.core,
        world.owner,
        project.id,
        name=name,
        kind=SecretKind.SINGLE,
        content=Content(value=world.markers.value()),
        labels=Labels(note="Owner: payments", tags=tags, environment=environment),
    )


async def test_the_columns_of_the_table(world: World, project, look_at, clock) -> None:
    """S-6, U-2: rows show version, tags, kind, last read and reader, and numbers of reads and readers."""
    secret = await labelled(world, project, "STRIPE_KEY", "payments", "pci")
    await world.structured(project, "DB", "user", "password")
    machine = await granted_machine(world, project, secret, hostname="fra-1")
    for _ in range(3):
        await read_secret_value(world.core, await machine.caller(world), secret.id)
    await tally_reads(world.core)
    shown = await look_at()
    db, stripe = shown.rows

    assert ("", True, 2, "2") == (shown.problem, shown.ready, shown.total, shown.around.shown)
    assert ("STRIPE_KEY", "1", ["payments", "pci"]) == (stripe.name, stripe.version, stripe.tags)
    assert ("Owner: payments", "1 machine can read it") == (stripe.about, stripe.access)
    assert ("single", "structured") == (stripe.kind, db.kind)
    assert ("fra-1", clock.now().isoformat()) == (stripe.last_read_by, stripe.last_read)
    assert ("3", "1", False) == (stripe.reads, stripe.readers, stripe.no_readers)
    assert ("", "", "0", True) == (db.last_read, db.last_read_by, db.reads, db.no_readers)
    assert f"/projects/{project.id}?secret={stripe.id}" == stripe.href


async def test_no_value_is_part_of_a_page(world: World, project, look_at) -> None:
    """G-1, S-6: there is no value in the table, nor in any view of a drawer or its dialogs."""
    first, second = world.markers.value("first"), world.markers.value("second")
    secret = await world.secret(project, "KEY", first)
    await replace_secret(world.core, world.owner, secret.id, Content(value=second))
    for view in ("", "summary", "versions", "readers", "activity"):
        shown = await look_at(f"secret={secret.id}&view={view}")

        assert secret.id in texts(shown)
        assert not any(value in texts(shown) for value in (first, second))


async def test_the_url_narrows_the_table(world: World, project, look_at) -> None:
    """U-2: search, kind, tag, label and last read narrow the list, even combined; invalid filters don't."""
    await labelled(world, project, "A_WEB", "web", environment="prod")
    await labelled(world, project, "A_DB", "db")
    await world.structured(project, "B", "x")

    async def names(query: str) -> list[str]:
        return [row.name for row in (await look_at(query)).rows]

    assert ["A_DB", "A_WEB"] == await names("q=a_")
    assert ["B"] == await names("kind=structured")
    assert ["A_WEB"] == await names("tag=web")
    assert ["A_WEB"] == await names("environment=PROD")
    assert ["A_DB", "A_WEB", "B"] == await names("read=never")
    assert [] == await names("read=unused")
    assert [] == await names("kind=structured&q=a")
    assert ["A_DB", "A_WEB", "B"] == await names("kind=wrong&read=wrong&nonsense=1")


async def test_menus_keep_the_other_filters(world: World, project, look_at) -> None:
    """U-2: each option shows its count, and links to the first page with all other filters kept."""
    await labelled(world, project, "A", "web & app", "db")
    await labelled(world, project, "B", "db")
    shown = await look_at("q=a&tag=db&cursor=&secret=x")
    chosen, other = shown.tags

    assert ("db", "2", True, "db") == (
        chosen["text"],
        chosen["count"],
        chosen["current"],
        shown.tag,
    )
    assert f"/projects/{project.id}?q=a&tag=web+%26+app" == other["href"]
    assert f"/projects/{project.id}?q=a" == shown.any_tag
    assert [("Single", "2")] == [(each["text"], each["count"]) for each in shown.kinds]
    assert ["Never", "Not in 90 days"] == [each["text"] for each in shown.last_read]
    assert "" == shown.unused


async def test_unused_secrets_are_marked(world: World, project, look_at) -> None:
    """U-2: a secret unused for 90 days is marked and counted, and unused secrets can be listed."""
    old = await world.secret(project, "OLD")
    await world.secret(project, "NEW")
    async with world.core.database.transaction(world.person.vault) as connection:
        made = world.core.clock.now() - timedelta(days=91)
        await connection.execute("update secret set created_at = $2 where id = $1", old.id, made)
    shown = await look_at()
    only = await look_at(shown.show_unused.partition("?")[2])

    assert [("NEW", False), ("OLD", True)] == [(row.name, row.unused) for row in shown.rows]
    assert "1 unused for 90 days" == shown.unused
    assert ["OLD"] == [row.name for row in only.rows]


MANY = """
insert into secret (vault, id, project, kind, name, name_folded, changed_at, changed_by, created_at)
select $1, 'sk_' || translate(lpad(i::text, 16, 'a'), '0189', 'wxyz'), $2, 'single',
       'KEY_' || lpad(i::text, 6, '0'), 'key_' || lpad(i::text, 6, '0'), now(), 'ada', now()
from generate_series(1, $3) i
"""


@pytest.fixture
async def administrator(cluster: Cluster, database: str):
    connection: OpenConnection = await connect(cluster.administrator_url(database))
    yield connection
    await connection.close()


async def test_many_secrets_come_in_pages(world: World, project, look_at, administrator) -> None:
    """U-2: the list shows 50 secrets per page, with the range and the total; its links lead to both ends."""
    await administrator.execute(MANY, world.person.vault, project.id, 2 * PAGE + 1)
    first = await look_at("q=key")
    second = await look_at(first.around.next_page.partition("?")[2])
    third = await look_at(second.around.next_page.partition("?")[2])
    names = [row.name for page in (first, second, third) for row in page.rows]

    assert [PAGE, PAGE, 1] == [len(page.rows) for page in (first, second, third)]
    assert names == sorted(set(names))
    assert 2 * PAGE + 1 == first.total
    assert ("", "") == (first.around.previous_page, third.around.next_page)
    back = await look_at(third.around.previous_page.partition("?")[2])
    assert [row.name for row in second.rows] == [row.name for row in back.rows]
    told = ("51–100", "101", "matching secrets (101 in all)")
    assert told == (back.around.shown, back.around.total, back.around.noun)
    last = await look_at("q=key&sort=-name")
    assert names[::-1][:PAGE] == [row.name for row in last.rows]
    assert ("descending", "none") == tuple(last.around.sorted_by[n] for n in ("name", "kind"))
    assert f"/projects/{project.id}?q=key&sort=name" == last.around.sort_links["name"]
    assert "cursor=" in second.rows[0].href


async def test_an_invalid_cursor_shows_an_error(look_at) -> None:
    """U-2: a mistyped URL shows an error."""
    shown = await look_at("cursor=nonsense")

    assert shown.problem.startswith("Invalid cursor")
    assert ([], False) == (shown.rows, shown.drawer)


async def test_an_empty_project(look_at) -> None:
    """U-2: the page knows that the project is empty, and whether a secret can be created."""
    shown = await look_at()

    assert (0, [], "", True) == (shown.total, shown.rows, shown.rights.to_create, shown.standalone)
    assert ([], [], []) == (shown.kinds, shown.tags, shown.environments)


async def test_inside_an_application_no_label_is_offered(world: World, look) -> None:
    """V-2: the project determines the environment, so the page offers no label."""
    made = await create_application(
        world.core, world.owner, name="checkout", environments=["production"]
    )
    shown = await look(ProjectSecrets, f"/projects/{made.projects[0].id}")

    assert ("", False) == (shown.problem, shown.standalone)


async def test_the_content_of_a_drawer(world: World, project, look_at, clock) -> None:
    """S-2, S-6: the drawer shows labels, versions with authors, readers with last reads, and events."""
    secret = await labelled(world, project, "KEY", "web", environment="prod")
    machine = await granted_machine(world, project, secret, hostname="fra-1")
    await granted_machine(world, project, secret, hostname="fra-2")
    await rotate_secret(world.core, world.owner, secret.id, Recipe())
    await read_secret_value(world.core, await machine.caller(world), secret.id)
    read_at = clock.now().isoformat()
    versions = (await look_at(f"secret={secret.id}&view=versions")).open.versions
    shown = await look_at(f"secret={secret.id}")
    opened = shown.open

    assert ("KEY", "Owner: payments", ["web"], "prod") == (
        opened.name,
        opened.note,
        opened.tags,
        opened.environment,
    )
    assert (2, 2, "2 of 50 kept") == (opened.version, opened.revision, opened.kept)
    assert [(2, "Generated", "ada", True), (1, "Created", "ada", False)] == [
        (each.number, each.how, each.by, each.live) for each in versions
    ]
    assert [("fra-1", read_at), ("fra-2", "")] == [(e.name, e.last_read) for e in opened.machines]
    assert (2, "2 machines") == (opened.readers, opened.who_reads)
    assert [True] == [row.selected for row in shown.rows]
    assert f"/projects/{project.id}" == shown.close
    assert f"/projects/{project.id}?secret={secret.id}&view=readers" == shown.view_links["readers"]
    assert [] == opened.activity


async def test_activity_is_of_this_secret(world: World, project, look_at) -> None:
    """L-4: events are newest first, include reads and grants, and belong to no other secret."""
    secret, other = await world.secret(project, "KEY"), await world.secret(project, "OTHER")
    machine = await granted_machine(world, project, secret, hostname="fra-1")
    await read_secret_value(world.core, await machine.caller(world), secret.id)
    await update_secret(world.core, world.owner, other.id, Changes(note="x"))
    shown = await look_at(f"secret={secret.id}&view=activity")

    assert ["fra-1", "You", "You"] == [line["actor"] for line in shown.open.activity]
    assert ([], []) == (shown.open.versions, shown.open.machines)


async def test_consequences_are_counted(world: World, project, look_at) -> None:
    """U-2: before deleting or rolling back, the number of machines affected is shown."""
    secret = await world.secret(project, "KEY")
    for name in ("a", "b"):
        machine = await granted_machine(world, project, secret, hostname=name)
    await read_secret_value(world.core, await machine.caller(world), secret.id)
    await tally_reads(world.core)
    await rotate_secret(world.core, world.owner, secret.id, Recipe())
    opened = (await look_at(f"secret={secret.id}")).open

    assert ["2", "1", "2"] == [each["number"] for each in opened.loses]
    assert "last by b" in opened.loses[1]["text"]
    assert (
        "2 machines will get the new value on their next read. You can roll back to version 2."
        == (opened.after_change)
    )
    versions = (await look_at(f"secret={secret.id}&view=versions")).open.versions
    assert versions[1].sentence.startswith("Creates version 3 with the value of version 1.")


async def test_readers_without_full_access_are_marked(world: World, project, look_at) -> None:
    """M-9, S-3: a reader that is disabled, or has access to some fields only, is marked."""
    secret = await world.structured(project, "DB", "user", "password")
    off = await granted_machine(world, project, secret, hostname="a")
    some = await granted_machine(world, project, secret, hostname="b")
    await disable_machine(world.core, world.owner, str(off.id))
    wanted = [Wanted(secret.id, ["user"])]
    await set_grants(world.core, world.owner, project.id, machine=str(some.id), wanted=wanted)
    opened = (await look_at(f"secret={secret.id}&view=readers")).open

    assert [("Disabled", True), ("Only user", False)] == [
        (each.note, each.stopped) for each in opened.machines
    ]
    assert (True, ["user", "password"]) == (opened.structured, opened.field_names)


async def test_the_drawer_links_to_its_neighbors(world: World, project, look_at) -> None:
    """U-2: the up and down links lead to the neighbors on this page, and keep the filter."""
    a, b, c = [await world.secret(project, name) for name in ("KEY_A", "KEY_B", "KEY_C")]
    middle = await look_at(f"q=key&secret={b.id}")
    first = await look_at(f"secret={a.id}")

    place = f"/projects/{project.id}"
    assert (f"{place}?q=key&secret={a.id}", f"{place}?q=key&secret={c.id}") == (
        middle.above,
        middle.below,
    )
    assert ("", f"{place}?secret={b.id}") == (first.above, first.below)


async def test_missing_secrets_open_no_drawer(
    world: World, other_world: World, project, look_at
) -> None:
    """V-7: a secret of another vault or project, a trashed one and an invalid ID all look the same."""
    await world.secret(project, "KEPT")
    theirs = await other_world.secret(await other_world.project("theirs"), "THEIRS_X")
    elsewhere = await world.secret(await world.project("shop"), "ELSEWHERE_X")
    gone = await world.trashed_secret(project, "GONE_X")
    for asked in (theirs.id, elsewhere.id, gone.id, "sk_aaaaaaaaaaaaaaaa", "nonsense"):
        shown = await look_at(f"secret={asked}")

        assert ("", True, True, "") == (
            shown.problem,
            shown.drawer,
            shown.open.missing,
            shown.open.name,
        )
        assert ["KEPT"] == [row.name for row in shown.rows]
        assert not any(word in texts(shown) for word in ("THEIRS_X", "ELSEWHERE_X", "GONE_X"))


async def test_another_vaults_project_is_not_found(
    world: World, other_world: World, look_at
) -> None:
    """V-7: earlier content doesn't stay in the state either."""
    project = await other_world.project("theirs")
    await other_world.secret(project, "THEIRS_X")
    shown = await look_at(path=f"/projects/{project.id}")

    assert ("Project not found.", [], 0) == (shown.problem, shown.rows, shown.total)
    assert "THEIRS_X" not in texts(shown)


async def test_a_deleted_project_clears_the_state(world: World, project, look_at, follow) -> None:
    """V-7: once the project is gone, an open page's state contains no trace of it."""
    secret = await labelled(world, project, "KEY_X", "tag-x")
    shown = await look_at(f"secret={secret.id}")
    assert "KEY_X" in texts(shown)

    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            "update project set trashed_at = now(), trashed_by = 'test' where id = $1", project.id
        )
    await follow(shown)

    assert "Project not found." == shown.problem
    assert not any(word in texts(shown) for word in ("KEY_X", "tag-x", "payments"))


async def test_a_frozen_project_offers_no_generated_values(world: World, project, look_at) -> None:
    """V-4: the page says that values can't be generated while frozen; everything else still works."""
    secret = await world.secret(project, "KEY")
    await world.freeze(project)
    rights = (await look_at(f"secret={secret.id}")).open.rights

    assert ROTATION_WAITS == rights.to_rotate
    assert ("", "", "", "", "") == (
        rights.to_create,
        rights.to_replace,
        rights.to_roll_back,
        rights.to_change,
        rights.to_delete,
    )


async def test_how_to_use_a_secret_is_shown(
    world: World, project, look_at, administrator: OpenConnection
) -> None:
    """S-11, U-2: the page shows the path for commands, the variables, and older names to be changed."""
    single = await world.secret(project, "api-key")
    fields = await world.structured(project, "DB", "host", "port")
    await administrator.execute("update secret set name = 'DB/2' where id = $1", fields.id)
    shown = await look_at(f"secret={single.id}")
    ways = {each.name: each.text for each in shown.open.use.ways}
    older = (await look_at(f"secret={fields.id}")).open

    assert "strongroom get billing/api-key" == ways["CLI"]
    assert "strongroom run --project billing -- printenv API_KEY" == ways["run"]
    assert 'find_secret("billing/api-key")' in ways["Python"]
    assert "Programs see API_KEY as an environment variable." == shown.open.use.seen
    assert "strongroom list --project billing" == shown.use.ways[0].text
    assert (
        f"strongroom get {fields.id}",
        "Programs see DB_2_HOST, DB_2_PORT as environment variables.",
    ) == (
        older.use.ways[0].text,
        older.use.seen,
    )
    assert [("DB/2", f"/projects/{project.id}?secret={fields.id}")] == [
        (each.name, each.href) for each in shown.to_rename
    ]


async def test_pending_drop_boxes_are_listed(look_at, world: World, project: ProjectView) -> None:
    """T-6: the drawer lists the drop boxes whose links still work, if the person can replace the secret."""
    secret = await world.secret(project, "PARTNER_KEY")
    boxes = [
        await create_drop_box(world.core, world.owner, secret.id, overwrite=True) for _ in range(2)
    ]
    ended = DropBoxId(boxes[0].drop_box.id)
    await revoke_drop_box(world.core, world.owner, secret.id, ended)
    state = await look_at(f"secret={secret.id}")

    assert [(box.id, box.by) for box in state.open.boxes] == [
        (boxes[1].drop_box.id, world.person.username)
    ]
    assert not [box for box in boxes if box.key in texts(state)]
