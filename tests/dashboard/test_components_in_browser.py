"""Built components in a real browser, under the pages' own Content-Security-Policy.

The test simulates the human API: it sends the responses that a test specifies, and records the requests.
The journeys use the real one.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    Route,
    async_playwright,
    expect,
)

from strongroom_dashboard.build import build_pages, finished_pages
from strongroom_dashboard.static_pages import StaticPages
from strongroom_server.data_folder import dashboard_cache

pytestmark = pytest.mark.programs

SITE = "http://localhost:8200"
VALUE = "value-Wq7LmZ2x-marker"
FINGERPRINT = "9f2c41d0b8e70c357ad9e61458fb23a0c4d196be0f72ae58d30b71c94e86f2ad"


@dataclass
class FakeApi:
    """The API's responses by path, and the requests that it received."""

    answers: dict[str, list[tuple[int, dict[str, Any], dict[str, str]]]] = field(
        default_factory=dict[str, list[tuple[int, dict[str, Any], dict[str, str]]]]
    )
    asked: list[Request] = field(default_factory=list[Request])
    pause: float = 0

    def will(self, path: str, status: int, tree: dict[str, Any], **headers: str) -> None:
        """Add a response for a path; the last response is repeated."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        self.answers.setdefault(path, []).append((status, tree, named))

    async def answer(self, route: Route) -> None:
        """Respond to a request to the API."""
        self.asked.append(route.request)
        await asyncio.sleep(self.pause)
        path = route.request.url.removeprefix(SITE)
        left = self.answers.get(path, [(404, {"code": "not_found", "detail": "gone"}, {})])
        status, tree, headers = left.pop(0) if len(left) > 1 else left[0]
        kind = "application/json" if status < 400 else "application/problem+json"
        await route.fulfill(
            status=status,
            body=json.dumps(tree) if tree else "",
            headers={"Content-Type": kind, **headers},
        )

    def bodies(self) -> list[Any]:
        """Return the request bodies that were sent, in order."""
        return [json.loads(each.post_data or "null") for each in self.asked]


@pytest.fixture(scope="session")
async def pages() -> StaticPages:
    """The pages, built if they aren't yet."""
    cache = dashboard_cache()
    if cache is None:
        pytest.skip("there is no home folder to build the pages in")
    # One build is enough, unless a source file is saved while it runs.
    while (built := finished_pages(cache)) is None:
        await asyncio.to_thread(build_pages, cache, lambda _line: None)
    return StaticPages(built, https=False, gallery=True)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Playwright's browser, or the system's."""
    async with async_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        found = str(own) if own.exists() else shutil.which("chromium")
        if found is None:
            pytest.skip("there is no browser: run `playwright install chromium`")
        opened = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        await opened.close()


async def serve(context: BrowserContext, pages: StaticPages, api: FakeApi) -> None:
    """Serve the built pages to a browser at SITE, and the simulated API at `/api`."""

    async def fulfil(route: Route) -> None:
        path = route.request.url.removeprefix(SITE).partition("?")[0]
        if path.startswith("/api/"):
            await api.answer(route)
            return
        if path.startswith("/_event"):
            await route.abort()
            return
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await pages({"type": "http", "method": "GET", "path": path, "headers": []}, None, send)
        headers = {name.decode(): text.decode() for name, text in sent[0]["headers"]}
        await route.fulfill(status=sent[0]["status"], headers=headers, body=sent[1]["body"])

    await context.route("**/*", fulfil)


@dataclass
class Seen:
    """The errors and violations that the browser reported."""

    complaints: list[str] = field(default_factory=list[str])

    def watch(self, page: Page) -> None:
        """Record errors from scripts and the policy; the browser itself logs failed requests."""
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._note(message.type, message.text))

    def _note(self, kind: str, text: str) -> None:
        harmless = "Failed to load resource" in text or "_event" in text
        if kind in {"error", "warning"} and not harmless:
            self.complaints.append(text)


@pytest.fixture
def api() -> FakeApi:
    """The human API, simulated by the test."""
    return FakeApi()


@pytest.fixture
async def page(browser: Browser, pages: StaticPages, api: FakeApi) -> AsyncIterator[Page]:
    """The gallery, ready. Any error that the browser reports fails the test."""
    seen = Seen()
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    await serve(context, pages, api)
    page = await context.new_page()
    page.set_default_timeout(10_000)
    seen.watch(page)
    await open_gallery(page)
    yield page
    await context.close()
    assert [] == seen.complaints


async def open_gallery(page: Page, address: str = "/components") -> None:
    """Open the gallery, and wait until React and our scripts are ready."""
    await page.goto(SITE + address)
    await page.locator("html[data-sr-ready][data-density]").wait_for(state="attached")


async def open_new_secret(page: Page) -> Any:
    """Open the dialog for a new secret."""
    await page.get_by_role("button", name="New secret").first.click()
    dialog = page.locator("#new-secret")
    await expect(dialog).to_be_visible()
    return dialog


@pytest.mark.parametrize(
    ("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]
)
async def test_parts_have_no_axe_violation(
    browser: Browser, pages: StaticPages, width: int, scheme: Any
) -> None:
    """Every component, and an open dialog, pass axe in both modes and at phone width (U-2)."""
    # axe is injected with `eval`, which the Content-Security-Policy forbids.
    context = await browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    await serve(context, pages, FakeApi())
    page = await context.new_page()
    await open_gallery(page)

    found = [(await Axe().run(page)).response["violations"]]
    await (await open_new_secret(page)).get_by_text("Several named values").click()
    found.append((await Axe().run(page)).response["violations"])

    wide = await page.locator("html").evaluate("element => element.scrollWidth")
    await context.close()
    assert [[], []] == [[(each["id"], each["nodes"][0]["target"]) for each in run] for run in found]
    assert width == wide


async def test_an_invalid_form_is_not_sent(page: Page, api: FakeApi) -> None:
    """Submitting an invalid form shows what to do, and focuses the first invalid field (U-2)."""
    dialog = await open_new_secret(page)
    name = dialog.get_by_label("Name", exact=True)
    await expect(name).to_be_focused()

    await dialog.get_by_role("button", name="Create secret").click()

    await expect(dialog.get_by_text("Enter a name.")).to_be_visible()
    await expect(dialog.get_by_text("Enter a value.")).to_be_visible()
    await expect(name).to_be_focused()
    await expect(name).to_have_attribute("aria-invalid", "true")
    await name.fill("STRIPE_KEY")
    await expect(dialog.get_by_text("Enter a name.")).to_have_count(0)
    assert [] == api.asked


async def test_a_form_is_sent_once_with_its_headers(page: Page, api: FakeApi) -> None:
    """Pressing the button repeatedly sends one request, with our header and the vault (A-8, A-10)."""
    api.pause = 3
    api.will("/api/projects/none/secrets", 201, {"id": "1", "name": "STRIPE_KEY"})
    dialog = await open_new_secret(page)
    await dialog.get_by_label("Name", exact=True).fill("STRIPE_KEY")
    await dialog.get_by_label("Value", exact=True).fill(f"  {VALUE}\n")
    await dialog.get_by_label("Tags").fill("payments, pci,")
    create = dialog.get_by_role("button", name="Create secret")

    await create.dblclick()
    await dialog.get_by_label("Tags").press("Enter")

    await expect(create).to_have_attribute("data-busy", "")
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_text("STRIPE_KEY created.")).to_be_visible()
    [request] = api.asked
    headers = await request.all_headers()
    assert "dashboard" == headers["x-strongroom-client"]
    assert "00000000-0000-4000-8000-000000000000" == headers["x-strongroom-vault"]
    assert "application/json" == headers["content-type"]
    sent = {"name": "STRIPE_KEY", "value": f"  {VALUE}\n", "tags": ["payments", "pci"]}
    assert [sent] == api.bodies()
    assert VALUE not in await page.content()
    assert "" == await page.locator("#new-secret [name=value]").input_value()


async def test_fields_are_rows_of_names_and_values(page: Page, api: FakeApi) -> None:
    """A structured secret's rows become one object; a value generated in the page is sent (S-2, S-10)."""
    api.will("/api/projects/none/secrets", 201, {"id": "1", "name": "DB"})
    dialog = await open_new_secret(page)
    await dialog.get_by_label("Name", exact=True).fill("DB")
    await dialog.get_by_text("Several named values").click()
    create = dialog.get_by_role("button", name="Create secret")
    await create.click()
    await expect(dialog.get_by_text("Enter the name of at least one field.")).to_be_visible()
    await dialog.get_by_role("button", name="Add field").click()
    names, values = dialog.get_by_label("Field name"), dialog.locator("[data-pair-value]")
    await names.nth(0).fill("user")
    await values.nth(0).fill(VALUE)
    await names.nth(1).fill("user")
    await create.click()
    await expect(dialog.get_by_text("Another field already has this name.")).to_be_visible()
    await names.nth(1).fill("password")
    await dialog.get_by_role("button", name="Generate this value").nth(1).click()

    await create.click()

    await expect(dialog).to_be_hidden()
    [sent] = api.bodies()
    generated = sent["fields"].pop("password")
    assert {"name": "DB", "tags": [], "fields": {"user": VALUE}} == sent
    assert re.fullmatch(r"[!-~]{32}", generated)
    assert generated not in await page.content()


async def test_api_errors_appear_at_their_fields(page: Page, api: FakeApi) -> None:
    """An API error appears at the field it names, and the input is kept (U-2)."""
    api.will(
        "/api/projects/none/secrets",
        409,
        {"code": "name_taken", "detail": "a secret has this name"},
    )
    api.will(
        "/api/projects/none/secrets",
        400,
        {"code": "invalid", "detail": "tags: at most 20", "field": "tags"},
    )
    api.will(
        "/api/projects/none/secrets", 423, {"code": "frozen", "detail": "the project is frozen"}
    )
    dialog = await open_new_secret(page)
    name, tags = dialog.get_by_label("Name", exact=True), dialog.get_by_label("Tags")
    await name.fill("TAKEN")
    await dialog.get_by_label("Value", exact=True).fill(VALUE)
    create = dialog.get_by_role("button", name="Create secret")

    await create.click()
    await expect(dialog.get_by_text("A secret has this name.")).to_be_visible()
    await expect(name).to_be_focused()
    await name.fill("FREE")
    await create.click()
    await expect(dialog.get_by_text("At most 20.")).to_be_visible()
    await expect(tags).to_be_focused()
    await tags.fill("one")
    await create.click()

    await expect(dialog.get_by_role("alert")).to_have_text("The project is frozen.")
    assert VALUE == await dialog.get_by_label("Value", exact=True).input_value()


async def test_step_up_repeats_the_action(page: Page, api: FakeApi) -> None:
    """An action that needs step-up asks for the password once, and is then carried out (A-5)."""
    refused = {"code": "step_up_required", "detail": "this needs a fresh proof"}
    api.will("/api/machines/none/revoke", 403, refused)
    api.will("/api/machines/none/revoke", 204, {})
    wrong = {"code": "wrong_credentials", "detail": "they do not match"}
    api.will("/api/session/step-up", 401, wrong)
    api.will("/api/session/step-up", 200, {"authenticatedAt": "2026-11-19T11:48:00Z"})
    await page.get_by_role("button", name="Revoke machine").first.click()
    question, proof = page.locator("#revoke"), page.locator("#sr-step-up")
    await expect(question.get_by_role("button", name="Keep it")).to_be_focused()
    await question.get_by_role("button", name="Revoke machine").click()
    await expect(question.get_by_text("Type waw-scanner-02 to confirm.")).to_be_visible()
    assert [] == api.asked
    await question.get_by_label("to confirm").fill("waw-scanner-02")
    await question.get_by_role("button", name="Revoke machine").click()

    await proof.get_by_label("Password", exact=True).fill("wrong-marker")
    await proof.get_by_role("button", name="Confirm").click()
    await expect(proof.get_by_text("They do not match.")).to_be_visible()
    await proof.get_by_label("Password", exact=True).fill("right-marker")
    await proof.get_by_label("Password", exact=True).press("Enter")

    await expect(proof).to_be_hidden()
    await expect(question).to_be_hidden()
    paths = [each.url.removeprefix(f"{SITE}/api") for each in api.asked]
    steps = [
        "/machines/none/revoke",
        "/session/step-up",
        "/session/step-up",
        "/machines/none/revoke",
    ]
    assert steps == paths
    assert [None, {"password": "wrong-marker"}, {"password": "right-marker"}, None] == api.bodies()
    assert "" == await proof.get_by_label("Password", exact=True).input_value()


async def test_canceling_step_up_changes_nothing(page: Page, api: FakeApi) -> None:
    """If the user closes the password dialog, nothing changes, and a message says so (A-5)."""
    api.will("/api/machines/none/revoke", 403, {"code": "step_up_required", "detail": "prove it"})
    await page.get_by_role("button", name="Revoke machine").first.click()
    question = page.locator("#revoke")
    await question.get_by_label("to confirm").fill("waw-scanner-02")
    await question.get_by_role("button", name="Revoke machine").click()
    await expect(page.locator("#sr-step-up")).to_be_visible()

    await page.keyboard.press("Escape")

    await expect(question.get_by_role("alert")).to_contain_text("Nothing was changed")
    assert 1 == len(api.asked)


async def test_a_one_time_command_disappears_with_its_dialog(page: Page, api: FakeApi) -> None:
    """A one-time command is on the page only while its dialog is open (M-3)."""
    command = "curl -sSL http://localhost:8200/v1/bootstrap/bt_Zx81Marker | sh"
    answer = {"token": "bt_Zx81Marker", "command": command, "expiresAt": "2126-01-01T00:00:00Z"}
    api.will("/api/registration-tokens", 201, answer)
    await page.get_by_role("button", name="Add machine").click()
    dialog = page.locator("#once")
    await dialog.get_by_role("button", name="Create command").click()
    await expect(dialog.get_by_text("bt_Zx81Marker")).to_be_visible()
    await expect(dialog.get_by_text("Works once. Expires in ")).to_be_visible()
    await expect(dialog.get_by_role("button", name="Create command")).to_be_hidden()
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=SITE)

    await dialog.get_by_role("button", name="Copy command").click()
    await expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    await dialog.get_by_role("button", name="Done").click()

    await expect(dialog).to_be_hidden()
    assert "bt_Zx81Marker" not in await page.content()


async def test_too_many_tries_count_down(page: Page, api: FakeApi) -> None:
    """After a 429, the form says how long to wait, and doesn't send anything before that (A-10)."""
    refused = {"code": "too_many", "detail": "too many requests; wait 2 s"}
    api.will("/api/nothing-here", 429, refused, Retry_After="2")
    form = page.locator("#gallery-form")
    await form.get_by_label("Password", exact=True).fill("some-marker")
    save = form.get_by_role("button", name="Save changes")

    await save.click()
    await expect(form.get_by_role("alert")).to_contain_text("Try again in")
    await save.click()
    assert 1 == len(api.asked)

    await expect(form.get_by_role("alert")).to_have_text("You can try again now.")


async def test_a_page_of_another_vault_is_not_used_on(page: Page, api: FakeApi) -> None:
    """A page learns that its user has switched vaults elsewhere, and offers a way to continue (A-8)."""
    api.will("/api/nothing-here", 409, {"code": "vault_switched", "detail": "another vault"})
    form = page.locator("#gallery-form")
    await form.get_by_label("Password", exact=True).fill("some-marker")

    await form.get_by_role("button", name="Save changes").click()

    await expect(form.get_by_role("alert")).to_contain_text("switched to another vault")
    await expect(form.get_by_role("button", name="Reload")).to_be_visible()


async def test_discarding_after_the_session_ended_leads_to_the_sign_in_page(
    page: Page, api: FakeApi
) -> None:
    """A form without a session asks the user to sign in; afterwards they return to the form (A-4)."""
    api.will(
        "/api/nothing-here", 401, {"code": "not_authenticated", "detail": "authentication required"}
    )
    form = page.locator("#gallery-form")
    await form.get_by_label("Password", exact=True).fill("some-marker")

    await form.get_by_role("button", name="Save changes").click()
    await page.get_by_role("dialog").get_by_role("button", name="Discard").click()

    await page.wait_for_url(f"{SITE}/sign-in?next=%2Fcomponents")


async def test_someone_else_gets_a_new_page(page: Page, api: FakeApi) -> None:
    """After another account has signed in, the first person's page is gone completely (A-4)."""
    api.will(
        "/api/nothing-here", 401, {"code": "not_authenticated", "detail": "authentication required"}
    )
    api.will("/api/session", 200, {"username": "eve", "vaultId": "v"})
    await page.locator("#gallery-form").get_by_label("Password", exact=True).fill("some-marker")
    await page.locator("#gallery-form").get_by_role("button", name="Save changes").click()
    ended = page.get_by_role("dialog", name="Your session ended")
    await ended.get_by_label("Email").fill("eve@example.org")
    await ended.get_by_label("Password", exact=True).fill("pass-marker")

    async with page.expect_navigation(url=f"{SITE}/"):
        await ended.get_by_role("button", name="Sign in").click()

    assert 2 == len(api.asked)


@pytest.mark.parametrize(
    ("next_", "lands"),
    [
        ("/machines%3Fstate%3Dpending", "/machines?state=pending"),
        ("%2F%2Fevil.example%2F", "/"),
        ("https%3A%2F%2Fevil.example", "/"),
        ("%2F%5Cevil.example", "/"),
        ("javascript%3Aalert(1)", "/"),
    ],
)
async def test_next_leads_to_our_own_pages_only(
    page: Page, api: FakeApi, next_: str, lands: str
) -> None:
    """`?next=` leads to our own pages only, and never to another site (A-10)."""
    api.will(
        "/api/session", 200, {"username": "t", "vaultId": "v", "expiresAt": "2126-01-01T00:00:00Z"}
    )
    await open_gallery(page, f"/sign-in?next={next_}")
    await page.get_by_label("Email").fill("tomas@example.org")
    await page.get_by_label("Password", exact=True).fill("pass-marker")

    async with page.expect_navigation(url=SITE + lands):
        await page.get_by_role("button", name="Sign in").click()

    assert [{"email": "tomas@example.org", "password": "pass-marker"}] == api.bodies()


async def test_a_failed_sign_in_is_reported_in_the_form(page: Page, api: FakeApi) -> None:
    """A failed sign-in is reported in the form, and the password is kept so it can be corrected (A-1)."""
    detail = "wrong email or password, or too many attempts; wait a few minutes and try again"
    api.will("/api/session", 401, {"code": "wrong_credentials", "detail": detail})
    await open_gallery(page, "/sign-in")
    await page.get_by_label("Email").fill("tomas@example.org")
    await page.get_by_label("Password", exact=True).fill("pass-marker")

    await page.get_by_role("button", name="Sign in").click()

    await expect(page.get_by_role("alert")).to_contain_text("Wrong email or password")
    assert "pass-marker" == await page.get_by_label("Password", exact=True).input_value()


async def test_a_fingerprint_is_compared_in_the_page(page: Page, api: FakeApi) -> None:
    """Pasted text is compared in the browser, in any formatting, and isn't sent (M-3)."""
    field, verdict = (
        page.get_by_label("Or paste it here to compare"),
        page.locator("[data-verdict]"),
    )
    spaced = " ".join(FINGERPRINT[at : at + 4] for at in range(0, 64, 4))

    await field.fill(spaced[:14])
    await expect(verdict).to_have_text("The first 12 of 64 characters match.")
    await field.fill(FINGERPRINT.upper())
    await expect(verdict).to_have_text("All 64 characters match.")
    await field.fill(FINGERPRINT[:-1] + "0")
    await expect(verdict).to_have_text("Mismatch in group 16. Don't approve.")
    await field.fill(FINGERPRINT + "0")
    await expect(verdict).to_have_text("Too long for a fingerprint.")

    assert [] == api.asked


async def test_the_palette_is_used_by_keys_alone(page: Page) -> None:
    """Ctrl-K opens the palette, typing filters, arrow keys select, Enter acts, Escape closes (V-6, U-2)."""
    await page.keyboard.press("Control+k")
    palette = page.locator("#sr-palette")
    field = palette.get_by_role("combobox")
    await expect(field).to_be_focused()
    await expect(palette.locator('[aria-selected="true"]')).to_have_count(1)

    await page.keyboard.type("new sec")
    await expect(palette.get_by_role("option", name="Go to machines")).to_be_hidden()
    last = palette.get_by_role("option", name="New secret")
    while await last.get_attribute("aria-selected") != "true":
        await page.keyboard.press("ArrowDown")
    assert await last.get_attribute("id") == await field.get_attribute("aria-activedescendant")
    await page.keyboard.press("Enter")

    await expect(palette).to_be_hidden()
    await expect(page.locator("#new-secret")).to_be_visible()


async def test_menus_follow_the_arrow_keys(page: Page) -> None:
    """A menu takes the focus, moves it with arrow keys, and returns it on Escape (U-2)."""
    more = page.get_by_role("button", name="More", exact=True).first
    await more.click()
    menu = page.locator("#gallery-menu")
    await expect(menu.get_by_role("link", name="Open")).to_be_focused()
    await expect(more).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("ArrowUp")
    await expect(menu.get_by_role("button", name="Revoke machine")).to_be_focused()

    await page.keyboard.press("Escape")

    await expect(menu).to_be_hidden()
    await expect(more).to_be_focused()
    await expect(more).to_have_attribute("aria-expanded", "false")


async def test_a_search_is_in_the_address(page: Page) -> None:
    """A search becomes part of the URL, without reloading the page (U-2)."""
    await page.evaluate("() => { window.sameDocument = true; }")
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox").first).to_be_focused()

    await page.keyboard.type("stripe")
    await page.wait_for_url(f"{SITE}/components?q=stripe")
    await page.keyboard.press("Escape")
    await page.wait_for_url(f"{SITE}/components")

    assert await page.evaluate("() => window.sameDocument")


async def test_rows_and_the_drawer_are_used_by_keys(page: Page) -> None:
    """The keys j and k move through rows, Enter opens one, Escape closes the drawer (U-2)."""
    for key in ("j", "j", "k"):
        await page.keyboard.press(key)
    await expect(page.get_by_role("link", name="STRIPE_WEBHOOK_SECRET").last).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{SITE}/components?secret=STRIPE_WEBHOOK_SECRET")

    await page.keyboard.press("Escape")

    await page.wait_for_url("**/components?drawer=0")


async def test_a_row_opens_where_its_name_leads(page: Page) -> None:
    """A click anywhere on a row opens it, once (U-2)."""
    await page.get_by_text("v2 · customs").click()

    await page.wait_for_url(f"{SITE}/components?secret=CUSTOMS_CLIENT")


async def test_times_are_relative_and_exact_on_hover(browser: Browser, pages: StaticPages) -> None:
    """A time is relative within a day, a date after that, and exact with its zone on hover (U-2)."""
    context = await browser.new_context(timezone_id="Europe/Oslo")
    await serve(context, pages, FakeApi())
    page = await context.new_page()
    await page.clock.install(time="2026-11-19T11:48:05Z")
    await open_gallery(page)
    last = page.locator(".rows sr-time")

    await expect(last).to_have_text("3 min ago")
    await expect(last).to_have_attribute("title", "Thu, 19 Nov 2026, 12:45:03 CET")
    await page.clock.fast_forward("30:00:00")
    await expect(last).to_have_text("19 Nov")
    await context.close()


async def test_the_skip_link_leads_to_the_content(page: Page) -> None:
    """The first Tab stop skips the navigation (U-2)."""
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()

    await page.keyboard.press("Enter")

    await expect(page.locator("#main")).to_be_focused()


async def test_the_theme_and_the_density_stay(page: Page) -> None:
    """Light or dark mode and row density are remembered in this browser (U-2)."""
    await page.get_by_role("button", name="Toggle theme").first.click()
    await page.get_by_role("button", name="Tomás Rivera").click()
    await page.get_by_role("button", name="Comfortable rows").click()
    await open_gallery(page)

    await expect(page.locator("html.dark[data-density=comfortable]")).to_have_count(1)


def test_the_first_load_is_small(pages: StaticPages) -> None:
    """U-2: the files that the overview needs are at most 300 kB when compressed.

    Without the fonts for other alphabets, which only pages with such names load.
    """
    del pages  # They must be built.
    cache = dashboard_cache()
    built = finished_pages(cache) if cache is not None else None
    assert built is not None
    html = built.client / "index.html"
    named = set(re.findall(r"/((?:assets|js)/[\w./-]+\.(?:js|css))", html.read_text()))
    fonts = [each for each in (built.client / "fonts").iterdir() if each.suffix == ".woff2"]
    files = [html, *(built.client / name for name in named)]
    sizes = [Path(f"{each}.br") if Path(f"{each}.br").exists() else each for each in files]

    assert len(named) > 5
    assert sum(each.stat().st_size for each in (*sizes, *fonts)) <= 300_000
