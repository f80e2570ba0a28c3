"""A link from outside, such as an alert's, names its vault, and opens there (N-1, A-8)."""

from __future__ import annotations

from strongroom_core.vaults.own import create_vault
from strongroom_dashboard.screens.alerts.state import WebhooksPage
from strongroom_dashboard.screens.audit.state import AuditLog
from strongroom_dashboard.screens.shell import Shell
from strongroom_testkit.world import World


async def test_a_link_to_the_same_vault(world: World, look) -> None:
    """N-1: a link that names the session's vault opens the event."""
    await world.project("billing")
    [entry] = await world.entries("project_create")
    shown = await look(AuditLog, f"/audit?entry={entry['id']}&vault={world.person.vault}")

    assert "" == shown.problem
    assert (True, "billing") == (shown.is_open, shown.opened.title)


async def test_a_link_to_another_vault_of_the_person(world: World, look) -> None:
    """N-1, A-8: at a link that names another vault of the person's, the page offers to switch to it."""
    other = await create_vault(world.core, world.owner, name="Staging")
    entry = "00000000-0000-0000-0000-000000000000"
    shown = await look(AuditLog, f"/audit?entry={entry}&vault={other.id}&q=hello")
    shell = await shown.get_state(Shell)

    assert "This page is in the vault Staging." == shown.problem
    assert other.id == shell.linked
    assert f"/audit?entry={entry}&vault={other.id}" == shell.linked_page
    assert not shown.is_open


async def test_a_link_to_a_vault_of_someone_else(world: World, other_world: World, look) -> None:
    """A-8: a link to a vault that the person isn't a member of shows nothing about that vault."""
    vaults = (other_world.person.vault, "vault_aaaaaaaaaaaaaaaa", "{x}|/evil")
    for vault in vaults:
        for screen, path in ((AuditLog, "/audit"), (WebhooksPage, "/alerts/webhooks")):
            shown = await look(screen, f"{path}?vault={vault}")
            shell = await shown.get_state(Shell)

            assert "This page is in another vault." == shown.problem
            assert ("", []) == (shell.linked, shown.rows)
