"""Alerts from a rule to the delivery, and a drill (N-1, N-2, C-5)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from playwright.async_api import Page, expect
from standardwebhooks import Webhook

from strongroom_testkit.markers import Markers

from .machine import JoinedMachine
from .person import Operator
from .steps import ask, loaded, loaded_again, make_project, open_dialog, sign_in, toasted

if TYPE_CHECKING:
    from strongroom_server.demo.receiver import Receiver


def of_event(receiver: Receiver, event: str) -> list[dict[str, Any]]:
    """Return the deliveries that arrived for an event, newest first."""
    return [each for each in receiver.received if json.loads(each["body"])["event"] == event]


async def until_arrived(page: Page, receiver: Receiver, event: str, number: int = 1) -> None:
    """Wait until deliveries of an event have arrived."""
    for _ in range(600):
        if len(of_event(receiver, event)) >= number:
            return
        await page.wait_for_timeout(100)
    raise AssertionError(f"{event} didn't arrive")


async def test_alerts_from_a_rule_to_the_delivery(  # noqa: PLR0915 -- one journey
    signed_in: Page, machine: JoinedMachine, markers: Markers, receiver: Receiver
) -> None:
    """N-1, N-2, C-5: alerts about a drill and a canary arrive at a new webhook, and can be replayed."""
    page = signed_in
    project, _ = await make_project(page, "belfry", {"BELFRY_KEY": markers.value("belfry")})
    joined = await machine.join(page, project, [])

    # Add a webhook: its secret is shown once.
    await page.goto("/alerts/webhooks")
    await loaded(page)
    dialog = await open_dialog(page, "Add webhook", "Add a webhook")
    await dialog.get_by_label("Name", exact=True).fill("belfry-hook")
    await dialog.get_by_label("URL").locator("visible=true").fill(receiver.url)
    await dialog.get_by_text("What a delivery looks like").locator("visible=true").click()
    await expect(dialog.locator("details[open]")).to_contain_text("canary_triggered")
    await dialog.get_by_role("button", name="Add webhook").click()
    shown = dialog.locator('[data-result="secret"]')
    await expect(shown).to_have_text(re.compile("^whsec_"))
    secret = markers.note(await shown.text_content() or "")
    await dialog.get_by_role("button", name="Done").click()

    # A test delivery arrives, and the receiver's library accepts it.
    row = page.locator("tr", has_text="belfry-hook")
    await row.get_by_role("button", name="Send test").click()
    await until_arrived(page, receiver, "webhook_test")
    [test] = of_event(receiver, "webhook_test")
    Webhook(secret).verify(test["body"], test["headers"])

    # Choose a rule, and save.
    await page.goto("/alerts")
    await loaded(page)
    await page.get_by_role("checkbox", name="Drill of a canary, Webhook belfry-hook").check()
    await page.get_by_role("button", name="Save rules").click()
    await toasted(page, "Rules saved.")
    await page.reload()
    await loaded(page)
    await expect(
        page.get_by_role("checkbox", name="Drill of a canary, Webhook belfry-hook")
    ).to_be_checked()

    # A drill and then a read of a canary.
    await page.goto(f"/projects/{project}/canaries")
    await loaded(page)
    dialog = await open_dialog(page, "Plant canary", "Plant a canary")
    await dialog.get_by_text("Password", exact=True).click()
    await dialog.get_by_text(joined["name"]).click()
    await dialog.get_by_role("button", name="Plant canary").click()
    await toasted(page, "ROOT_PASSWORD planted.")
    canary = page.locator("tr", has_text="ROOT_PASSWORD")
    await canary.get_by_role("button", name="Drill").click()
    dialog = page.get_by_role("dialog", name="Drill: ROOT_PASSWORD")
    await dialog.get_by_role("button", name="Run drill").click()
    await expect(dialog).to_contain_text("goes to email, belfry-hook")
    await until_arrived(page, receiver, "canary_drill")
    [drill] = of_event(receiver, "canary_drill")
    assert json.loads(drill["body"])["data"]["detail"]["drill"] is True
    markers.note(await machine.get("belfry/ROOT_PASSWORD"))
    await until_arrived(page, receiver, "canary_triggered")
    [trip] = of_event(receiver, "canary_triggered")
    said = Webhook(secret).verify(trip["body"], trip["headers"])
    assert joined["name"] in said["data"]["detail"]["summary"]

    # The log shows the delivery, and a replay has the same ID.
    await page.goto("/alerts/webhooks")
    await loaded(page)
    delivery = page.locator("tr", has_text="Canary read")
    await expect(delivery).to_contain_text("Delivered")
    await delivery.get_by_role("button", name="Details").click()
    dialog = page.get_by_role("dialog", name=re.compile("^Delivery dlv_"))
    await dialog.get_by_role("button", name="Replay").click()
    await toasted(page, "Replay queued.")
    await until_arrived(page, receiver, "canary_triggered", 2)
    again, first = of_event(receiver, "canary_triggered")
    assert first["headers"]["webhook-id"] == again["headers"]["webhook-id"]

    await page.goto("/alerts/webhooks")
    await loaded(page)
    dialog = await open_dialog(page, "Delete", "Delete belfry-hook?")
    await dialog.get_by_role("button", name="Delete webhook").click()
    await toasted(page, "belfry-hook deleted.")
    await page.goto(f"/projects/{project}/frozen")
    await loaded(page)
    await page.get_by_label("Reason").fill("It was a rehearsal.")
    await page.get_by_role("button", name="Unfreeze project").click()
    await toasted(page, "unfrozen.")


async def test_a_link_in_an_alert_opens_in_its_vault(page: Page, operator: Operator) -> None:
    """N-1, A-8: after signing in, a link to an event opens it in its own vault, whichever one was open."""
    await sign_in(page, operator.email, operator.password)
    home = (await ask(page, "GET", "/api/session"))["vaultId"]
    [event] = (await ask(page, "GET", "/api/audit?limit=1"))["items"]
    other = await ask(page, "POST", "/api/vaults", {"name": "Annex"})

    # A link to the other vault, for someone who is signed in.
    await page.goto(f"/audit?vault={other['id']}")
    await page.get_by_role("button", name="Switch to this vault").click()
    await expect(page.locator(f'[data-vault="{other["id"]}"]').first).to_be_attached()
    await expect(page.locator("h1")).to_have_text("Audit log")
    await loaded_again(page)

    # A link to the first vault, for someone who isn't.
    await ask(page, "DELETE", "/api/session")
    await page.goto(f"/audit?entry={event['id']}&vault={home}")
    await page.get_by_label("Email", exact=True).fill(operator.email)
    await page.get_by_label("Password", exact=True).fill(operator.password)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator("[data-vault]").first).to_have_attribute(
        "data-vault", re.compile(".")
    )
    if await page.locator("[data-vault]").first.get_attribute("data-vault") != home:
        await page.get_by_role("button", name="Switch to this vault").click()
    await expect(page.locator(f'[data-vault="{home}"]').first).to_be_attached()
    await expect(page.get_by_text(event["id"])).to_be_visible()
