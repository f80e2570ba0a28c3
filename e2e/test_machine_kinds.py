"""Every kind of machine can be added with the same dialog (M-2 to M-7)."""

from __future__ import annotations

import asyncio
import json
import re
import zipfile
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from strongroom import AuthenticationFailed, Identity, Strongroom, TooMany, enroll_job
from strongroom_core.crypto.issuer_key import IssuerKey
from strongroom_core.kernel.clock import wall_clock

from .steps import ask, loaded, make_project, open_dialog, toasted

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser, Locator, Page

    from strongroom_testkit.markers import Markers

    from .installation import Installation
    from .machine import JoinedMachine

CONTAINER, TEMPORARY, MANY = "machines", "temporary-machine-tokens", "enrollment-tokens"
TRUSTS = "trusts"
JOBS = 20
ISSUER = "https://issuer.example"


async def kind(page: Page, name: str, collection: str) -> tuple[Locator, Locator]:
    """Open the dialog and choose a kind; return the dialog and the fields of that kind."""
    await page.goto("/machines")
    await loaded(page)
    dialog = await open_dialog(page, "Add machine", "Add a machine")
    await dialog.get_by_role("radio", name=re.compile(f"^{name}")).check()
    return dialog, dialog.locator(f"fieldset[data-when='kind={collection}']").first


async def test_machines_that_are_approved_at_once(
    signed_in: Page, chromium: Browser, machine: JoinedMachine, markers: Markers, tmp_path: Path
) -> None:
    """M-4, M-5: a machine with a key file, and one that enrolls with a token, read without an approval."""
    page, value = signed_in, markers.value("kinds")
    await make_project(page, "kinds", {"KINDS_KEY": value})

    # A key file is downloaded once with the page's button, and the unpacked folder is an identity. The
    # link's path contains the code, so the leak check doesn't watch the recipient's browser.
    dialog, fields = await kind(page, "Container", CONTAINER)
    mount = tmp_path / "mount"
    await fields.get_by_label("Name", exact=True).fill("kinds-container")
    await fields.get_by_label("kinds/KINDS_KEY").check()
    await fields.get_by_label("Mount folder").fill(str(mount))
    await dialog.get_by_role("button", name="Create key file").click()
    link = dialog.locator("[data-result='url']").first
    await expect(link).to_contain_text("/v1/provision/")
    url = markers.note(await link.inner_text())
    markers.note(url.rpartition("/")[2])
    elsewhere = await chromium.new_context(locale="en-GB")
    tab = await elsewhere.new_page()
    await tab.goto(url)
    async with tab.expect_download() as downloading:
        await tab.get_by_role("button", name="Download the key file").click()
    saved = await (await downloading.value).path()
    await asyncio.to_thread(zipfile.ZipFile(saved).extractall, mount)
    for folder in (mount, mount / "vaults", *mount.glob("vaults/*")):
        folder.chmod(0o700)
    for file in mount.glob("vaults/*/*"):
        file.chmod(0o600)
    await tab.goto(url)
    await expect(tab.get_by_role("heading")).to_have_text("No key file here")
    await elsewhere.close()
    contained = type(machine)(machine.home, markers, mount)
    assert value == await contained.get("kinds/KINDS_KEY")

    # An enrollment token registers a machine without anyone's approval.
    dialog, fields = await kind(page, "Autoscaling", MANY)
    await fields.get_by_label("Name", exact=True).fill("kinds-runners")
    await fields.get_by_label("kinds/KINDS_KEY").check()
    await fields.get_by_label("Maximum machines").fill("1")
    await dialog.get_by_role("button", name="Create token").click()
    shown = dialog.locator("[data-result='token']").last
    await expect(shown).to_contain_text("sre_")
    token = markers.note(await shown.inner_text())
    command = await dialog.locator("[data-result='cliCommand']").last.inner_text()
    enrolled = type(machine)(machine.home, markers, tmp_path / "enrolled")
    await enrolled.run("sh", "-c", f"echo {token} | {command} --token -")
    assert value == await enrolled.get("kinds/KINDS_KEY")
    await page.goto("/machines/tokens")
    await loaded(page)
    row = page.locator("tr[data-row]", has_text="kinds-runners")
    await expect(row).to_contain_text("1 of 1")
    await expect(row).to_contain_text("Used up")


async def test_a_temporary_machine(
    signed_in: Page, machine: JoinedMachine, markers: Markers, tmp_path: Path
) -> None:
    """M-7: a temporary machine is approved as usual, and extended, reverted and limited on its page."""
    page, value = signed_in, markers.value("audit")
    project, secrets = await make_project(page, "audit", {"AUDIT_KEY": value})
    [secret] = secrets.values()
    dialog, fields = await kind(page, "Temporary", TEMPORARY)
    await fields.get_by_label("Name", exact=True).fill("audit-laptop")
    await dialog.get_by_role("button", name="Create temporary command").click()
    shown = dialog.locator("[data-result='command']").last
    await expect(shown).to_contain_text("/temp-bootstrap/")
    command = await shown.inner_text()
    markers.note(command)
    markers.note(command.split("/temp-bootstrap/")[1].split(maxsplit=1)[0])
    auditor = type(machine)(machine.home, markers, tmp_path / "temporary")
    await auditor.run("sh", "-c", command)
    waiting = await ask(page, "GET", "/api/machines?pending=true&limit=1")
    found = waiting["items"][0]["id"]
    await ask(page, "POST", f"/api/machines/{found}/approve", {})
    await ask(
        page,
        "PUT",
        f"/api/projects/{project}/machines/{found}/grants",
        {"grants": [{"secretId": secret}]},
    )
    assert value == await auditor.get("audit/AUDIT_KEY")
    await page.goto(f"/machines/{found}")
    await loaded(page)
    dialog = await open_dialog(page, "Extend", re.compile("Extend"))
    await dialog.get_by_label("Extend by").select_option(index=2)
    await dialog.get_by_label("Reason").fill("the audit takes longer")
    await dialog.get_by_role("button", name="Extend lifetime").click()
    await toasted(page, "extended")
    await expect(page.get_by_text("the audit takes longer").first).to_be_visible()
    dialog = await open_dialog(page, "Revert extension", re.compile("Revert"))
    await dialog.get_by_role("button", name="Revert extension").click()
    await toasted(page, "reverted")
    await expect(page.get_by_role("button", name="Revert extension")).to_have_count(0)
    dialog = await open_dialog(page, "Change guardrails", re.compile("Guardrails"))
    await dialog.get_by_label("From addresses").fill("10.0.0.0/8")
    await dialog.get_by_role("button", name="Save guardrails").click()
    await toasted(page, "saved")
    denied = await auditor.attempt("strongroom", "get", "audit/AUDIT_KEY")
    assert "guardrail" in denied.stderr


async def test_twenty_jobs_of_a_trusted_issuer(
    signed_in: Page, installation: Installation, markers: Markers
) -> None:
    """M-11: once an issuer is trusted with conditions, its jobs register without an approval or a token."""
    page, value, issuer = signed_in, markers.value("release"), IssuerKey.generate()
    _, secrets = await make_project(page, "release", {"RELEASE_KEY": value})
    _, fields = await kind(page, "CI jobs", TRUSTS)
    await fields.get_by_role("link", name="Choose the issuer").click()
    await expect(page.locator("h1")).to_have_text("New trusted issuer")
    await loaded(page)
    form = page.locator("main form").first
    await form.get_by_label("Name", exact=True).fill("release-jobs")
    fields = form.locator("fieldset[data-when='template=github']").first
    await fields.get_by_label("Issuer").fill(ISSUER)
    await fields.get_by_label("repository", exact=True).fill("acme/shop")
    await fields.get_by_label("ref", exact=True).fill("refs/heads/*")
    await form.get_by_label("More claims").fill("actor = ada\nrunner_environment = github-*")
    await form.get_by_label("Signing keys").fill(json.dumps({"keys": [issuer.jwk()]}))
    await form.locator("select[name=project]").select_option(label="release")
    await form.get_by_label("RELEASE_KEY").check()
    await form.get_by_label("Maximum at once").fill(str(JOBS))
    await form.get_by_label("Machine name").fill("release-{uuid8}")
    await form.get_by_role("button", name="Create trusted issuer").click()
    await expect(page.locator("h1")).to_contain_text("release-jobs")
    await expect(page.get_by_text(f"0 of {JOBS}")).to_be_visible()
    await expect(page.locator("dl.claims")).to_contain_text("github-*")
    trust = page.url.rpartition("/")[2]

    claims = {"iss": ISSUER, "repository": "acme/shop", "ref": "refs/heads/main", "actor": "ada"}

    def register(number: int, **others: str) -> Identity:
        def token(audience: str) -> str:
            now = int(wall_clock().timestamp())
            times = {"iat": now, "exp": now + 600, "jti": f"{trust}-{number}"}
            return markers.note(issuer.sign({**claims, **others, **times, "aud": audience}))

        return enroll_job(
            installation.url, vault, trust=trust, id_token=token, hostname=f"runner-{number}"
        )

    # The page shows the jobs' machines as they register, without a reload.
    await page.goto("/machines?q=release-")
    await loaded(page)
    vault = await page.locator("[data-vault]").first.get_attribute("data-vault") or ""
    rows = page.locator("tr[data-row]", has_text="release-")
    await expect(rows).to_have_count(0)
    hosted = {"runner_environment": "github-hosted"}
    jobs = [asyncio.to_thread(register, number, **hosted) for number in range(JOBS)]
    identities = await asyncio.gather(*jobs)
    await expect(rows).to_have_count(JOBS)
    await expect(rows.first).to_contain_text("Ephemeral")
    with Strongroom(identities[-1]) as client:
        assert value == client.get_secret(*secrets.values()).reveal()

    # One more machine exceeds the limit, and a job that meets all conditions but one is rejected.
    for number, wrong, error in ((JOBS, hosted, TooMany), (JOBS + 1, {}, AuthenticationFailed)):
        with pytest.raises(error):
            await asyncio.to_thread(register, number, **wrong)
    await page.goto(f"/machines/trusts/{trust}")
    await expect(page.get_by_text(f"{JOBS} of {JOBS}")).to_be_visible()


async def test_a_lock_out_by_the_ip_allowlist(
    signed_in: Page, machine: JoinedMachine, markers: Markers
) -> None:
    """R-8: the warning counts machines that will be blocked; they are, until their network is added."""
    page, value = signed_in, markers.value("locked")
    project, secrets = await make_project(page, "locked", {"LOCKED_KEY": value})
    joined = await machine.join(page, project, [*secrets.values()])
    assert value == await machine.get("locked/LOCKED_KEY")
    await page.goto("/machines/allowlist")
    await loaded(page)
    try:
        await _add_network(page, "10.99.0.0/16")
        blocked = page.get_by_role("table", name="Machines seen this week")
        await expect(blocked).to_contain_text(joined["name"])
        dialog = await open_dialog(page, "Turn on", "Turn the IP allowlist on?")
        await expect(dialog.locator(".consequences")).to_contain_text(
            "seen this week will be blocked"
        )
        await dialog.get_by_role("button", name="Turn on").click()
        await toasted(page, "IP allowlist turned on")
        refused = await machine.attempt("strongroom", "get", "locked/LOCKED_KEY")
        assert refused.returncode
        assert "allowlist" in refused.stderr
        assert not refused.stdout
        await expect(
            page.get_by_text("is blocked").or_(page.get_by_text("are blocked")).first
        ).to_be_visible()
        await _add_network(page, "127.0.0.0/8")
        assert value == await machine.get("locked/LOCKED_KEY")
        dialog = await open_dialog(page, "Turn off", re.compile("allowlist off"))
        await dialog.get_by_role("button", name="Turn off").click()
        await toasted(page, "IP allowlist turned off")
    finally:
        # Other journeys' machines must not be blocked, even if this one fails.
        found = await ask(page, "GET", "/api/ip-allowlist")
        if found["enabled"]:
            await ask(page, "POST", "/api/ip-allowlist/disable")
        for entry in found["entries"]:
            if entry["network"] in ("10.99.0.0/16", "127.0.0.0/8"):
                await ask(page, "DELETE", f"/api/ip-allowlist/entries/{entry['id']}")


async def _add_network(page: Page, network: str) -> None:
    dialog = await open_dialog(page, "Add network", "Add a network")
    await dialog.get_by_label("Network", exact=True).fill(network)
    await dialog.get_by_role("button", name="Add network").click()
    await expect(page.get_by_role("row", name=network)).to_be_visible()
