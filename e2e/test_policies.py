"""A policy, from its first sentence to its enforcement on twenty secrets (P-1 to P-4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.async_api import Page, expect

from .steps import ask, loaded, make_project, open_dialog, toasted

if TYPE_CHECKING:
    from strongroom_testkit.markers import Markers

    from .machine import JoinedMachine
    from .watched import Watched

SECRETS = 20


async def test_a_policy_from_sentence_to_denial(signed_in: Page, watched: Watched) -> None:
    """P-1, P-3: a policy is shown as a sentence while it is edited; enforcing it has to be confirmed."""
    page = signed_in
    watched.expected.append(
        "/describe"
    )  # half-typed input is rejected, and leaving the page cancels the request
    names = {f"KEY_{number:02}": f"value {number}" for number in range(SECRETS)}
    project, _ = await make_project(page, "payments", names)
    await page.goto(f"/projects/{project}/policies")
    await loaded(page)
    await page.get_by_role("link", name="New policy").first.click()
    await expect(page.locator("main").get_by_label("Name", exact=True)).to_be_visible()
    await page.locator("main").get_by_label("Name", exact=True).fill("Office hours")
    sentence = page.locator("sr-sentence p")
    await expect(sentence).to_have_text("These secrets can be read without conditions.")
    await page.get_by_role("switch", name=re.compile("Time window")).check()
    await expect(sentence).to_have_text(
        "These secrets can be read Monday to Friday, 06:00 to 20:00 UTC."
    )
    await page.get_by_label("To", exact=True).fill("half past six")
    await expect(sentence).to_contain_text("Times must be HH:mm")
    await page.get_by_label("To", exact=True).fill("18:30")
    await page.get_by_role("switch", name=re.compile("Rate cap")).check()
    await expect(sentence).to_have_text(
        "These secrets can be read Monday to Friday, 06:00 to 18:30 UTC, at most 60 times a minute for each"
        " secret."
    )
    await page.get_by_role("button", name="Create policy").click()
    await toasted(page, "Office hours created")
    await expect(page.locator(".policy-head h2")).to_be_visible()
    await loaded(page)
    await expect(
        page.get_by_text("No secret has this policy yet, so it has no effect.")
    ).to_be_visible()
    await page.get_by_role("button", name="Add secrets").first.click()
    dialog = page.get_by_role("dialog", name="Add secrets")
    for box in await dialog.get_by_role("checkbox").all():
        await box.check()
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator(".policy-secret")).to_have_count(SECRETS)
    await expect(page.get_by_text("In shadow mode: no reads are denied.")).to_be_visible()
    await page.get_by_role("button", name="Enforce").click()
    dialog = page.get_by_role("dialog", name="Enforce Office hours?")
    await expect(dialog).to_contain_text("reads in the last 7 days would have been denied")
    await dialog.get_by_role("button", name="Enforce policy").click()
    await expect(page.get_by_role("button", name="Suspend")).to_be_visible()
    made = await ask(page, "GET", f"/api/projects/{project}/policies")
    assert [(each["mode"], each["secrets"]) for each in made["items"]] == [("enforced", SECRETS)]
    await page.goto(f"/projects/{project}/access")
    await loaded(page)
    await expect(page.get_by_text("No machine has access").first).to_be_visible()


async def test_a_secret_rotates_now_and_after_two_reads(
    signed_in: Page, machine: JoinedMachine, markers: Markers
) -> None:
    """X-1, P-2: settings, *Rotate now*, and a policy that rotates; the machine gets each new value."""
    page = signed_in
    first = markers.value("first")
    project, secrets = await make_project(page, "mint", {"TOKEN": first})
    await machine.join(page, project, list(secrets.values()))
    await page.goto(f"/projects/{project}?secret={secrets['TOKEN']}")
    await loaded(page)
    drawer = page.locator(".drawer")
    dialog = await open_dialog(page, "Set up", re.compile("Rotation of TOKEN"))
    await dialog.get_by_label("Length").fill("40")
    await dialog.get_by_role("button", name="Save").click()
    await toasted(page, "Rotation of TOKEN saved.")
    await expect(drawer.get_by_text("Generates 40 characters")).to_be_visible()
    assert await machine.get("mint/TOKEN") == first
    dialog = await open_dialog(page, "Rotate now", re.compile("Rotate TOKEN now"))
    await dialog.get_by_role("button", name="Rotate now").click()
    await toasted(page, "Rotation of TOKEN queued.")
    await expect(drawer.get_by_text("v2")).to_be_visible()
    markers.note(second := await machine.get("mint/TOKEN"))
    assert len(second) == 40

    conditions = {"rotateAfterReads": 2}
    wanted = {"name": "Fresh", "conditions": conditions}
    policy = (await ask(page, "POST", f"/api/projects/{project}/policies", wanted))["id"]
    await ask(page, "POST", f"/api/policies/{policy}/apply", {"secretIds": [secrets["TOKEN"]]})
    await ask(page, "POST", f"/api/policies/{policy}/enforce")
    assert [await machine.get("mint/TOKEN") for _ in range(2)] == [second] * 2
    await expect(drawer.get_by_text("v3")).to_be_visible()
    markers.note(third := await machine.get("mint/TOKEN"))
    assert third not in (first, second)
    await page.goto(f"/projects/{project}/policies/{policy}")
    await loaded(page)
    await expect(page.get_by_role("switch", name=re.compile("Rotation"))).to_be_checked()
    await expect(
        page.get_by_text("without conditions. Each is rotated after 2 reads of a version.")
    ).to_be_visible()
