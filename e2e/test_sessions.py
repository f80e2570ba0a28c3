"""How open pages behave when their session ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from playwright.async_api import expect

from strongroom_dashboard.components.shell import SIGN_OUT

from .browser import launch
from .steps import ask, loaded, loaded_again, make_project, sign_in, toasted

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page, WebSocketRoute

    from strongroom_testkit.markers import Markers

    from .installation import Installation
    from .machine import JoinedMachine
    from .person import Operator
    from .sample_vault import SampleVault
    from .watched import Watched


async def test_signing_out_affects_every_tab(signed_in: Page, context: BrowserContext) -> None:
    """A-4: after signing out in one tab, the next click in another is denied; an idle tab notices too."""
    clicked, left_alone = await context.new_page(), await context.new_page()
    for page in (clicked, left_alone):
        await page.goto("/")
        await loaded(page)
    await ask(signed_in, "DELETE", "/api/session")
    # The page may have noticed already, in which case there is nothing to click.
    await clicked.evaluate("document.querySelector('.sidebar a[href=\"/projects\"]')?.click()")

    for page in (clicked, left_alone):
        await expect(page.locator("h1")).to_have_text("Sign in")


async def test_back_after_signing_out_shows_nothing(
    chromium: Browser, installation: Installation, operator: Operator
) -> None:
    """A-4: after signing out, Back doesn't show the page as it was, not even without a connection.

    Browsers may keep whole pages in memory for Back. Our headers ask them not to, and if one does,
    the page empties itself before it is shown.
    """
    # This page isn't watched, because browsers don't keep pages that are inspected by outside scripts.
    browser = await launch(chromium.browser_type, keeps_pages=True)
    context = await browser.new_context(base_url=installation.url, locale="en-GB")
    page = await context.new_page()
    await sign_in(page, operator.email, operator.password)
    await make_project(page, "seen-before", {})
    await page.goto("/projects")
    await loaded(page)
    await expect(page.locator("main")).to_contain_text("seen-before")
    await page.evaluate(f"document.getElementById('{SIGN_OUT}').click()")
    await expect(page.locator("h1")).to_have_text("Sign in")
    await context.set_offline(True)
    await page.evaluate("history.back()")
    await page.wait_for_timeout(1500)
    offline = await page.evaluate("document.documentElement.innerText")
    await context.set_offline(False)
    await page.goto("/sign-in")
    await sign_in(page, operator.email, operator.password)
    await page.goto("/projects")
    await loaded(page)
    left = await page.evaluate(_RESTORE)
    await browser.close()

    assert "seen-before" not in offline
    assert "" == left


_RESTORE = """
() => {
    window.dispatchEvent(new PageTransitionEvent("pageshow", {persisted: true}));
    return document.documentElement.textContent;
}
"""


async def test_form_input_survives_the_end_of_a_session(
    signed_in: Page, context: BrowserContext, operator: Operator, markers: Markers
) -> None:
    """A-4: if a form has input, the page asks the person to sign in; the input is kept and can be sent."""
    page, other, value = signed_in, await context.new_page(), markers.value("kept")
    project, _ = await make_project(page, "long-typed", {"OTHER_KEY": markers.value("other")})
    await page.goto(f"/projects/{project}")
    await loaded(page)
    await page.get_by_role("button", name="New secret").first.click()
    form = page.get_by_role("dialog", name="New secret")
    await form.get_by_label("Name", exact=True).fill("LONG_TYPED_KEY")
    await form.get_by_label("Value", exact=True).fill(value)
    await other.goto("/trash")
    await loaded(other)
    await ask(other, "DELETE", "/api/session")

    ended = page.get_by_role("dialog", name="Your session ended")
    await expect(ended).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(ended).to_be_visible()
    await sign_in_again(page, operator)
    await form.get_by_role("button", name="Create secret").click()

    await expect(page.locator(".drawer h2")).to_have_text("LONG_TYPED_KEY")


async def test_a_form_is_sent_again_after_signing_in(
    signed_in: Page, context: BrowserContext, operator: Operator, watched: Watched
) -> None:
    """A-4: if the session has ended, sending a form asks the person to sign in, and then sends it unchanged.

    Without a connection, the page says that nothing was sent.
    """
    page = signed_in
    await page.goto("/projects")
    await loaded(page)
    await page.get_by_role("button", name="New project").first.click()
    form = page.get_by_role("dialog", name="New project")
    await form.get_by_label("Name").fill("sent-again")
    watched.expected += ["/api/projects"]
    await context.set_offline(True)
    await form.get_by_role("button", name="Create project").click()
    await expect(form.get_by_role("alert")).to_have_text("You're offline. Nothing was sent.")
    await context.set_offline(False)
    await context.clear_cookies()
    await form.get_by_role("button", name="Create project").click()
    await sign_in_again(page, operator)

    await expect(page.locator("h1")).to_contain_text("sent-again")


async def test_undo_and_unsaved_access_survive_the_end_of_a_session(
    signed_in: Page,
    context: BrowserContext,
    operator: Operator,
    machine: JoinedMachine,
    markers: Markers,
    watched: Watched,
) -> None:
    """A-4: Undo asks the person to sign in, and then works; unsaved changes to access count as input."""
    page = signed_in
    watched.expected += ["/api/secrets/", "/api/projects/"]
    values = {"UNDO_LATE": markers.value("undo"), "UNSAVED": markers.value("unsaved")}
    project, secrets = await make_project(page, "undone-late", values)
    joined = await machine.join(page, project, [secrets["UNDO_LATE"]])
    await page.goto(f"/projects/{project}?secret={secrets['UNDO_LATE']}")
    await loaded(page)
    await page.get_by_role("button", name="More actions").click()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await page.get_by_role("button", name="Delete secret").click()
    await toasted(page, "UNDO_LATE moved to the trash.")
    await context.clear_cookies()
    await page.get_by_role("button", name="Undo").click()
    await sign_in_again(page, operator)
    await toasted(page, "Undone.")
    await loaded_again(page)
    await page.goto(f"/machines/{joined['id']}?project={project}")
    await loaded(page)
    await page.get_by_role("checkbox", name="UNSAVED").check()
    other = await context.new_page()
    await other.goto("/trash")
    await loaded(other)
    await ask(other, "DELETE", "/api/session")

    await sign_in_again(page, operator)
    await page.get_by_role("button", name="Save 1 change").click()
    await toasted(page, "Access updated.")
    await loaded_again(page)


async def test_links_keep_the_sort_and_wait_for_the_server(
    signed_in: Page, context: BrowserContext, watched: Watched
) -> None:
    """U-2: a link opens a list in its last sort order, but not while the server can't be reached."""
    page = await context.new_page()
    watched.expected += ["/favicon.svg", "/_event"]
    sockets: list[WebSocketRoute] = []

    async def connect(socket: WebSocketRoute) -> None:
        if away:
            await socket.close()
        else:
            socket.connect_to_server()
            sockets.append(socket)

    away = False
    await page.route_web_socket("**/_event/**", connect)
    await make_project(signed_in, "sorted-once", {})
    await page.goto("/projects")
    await loaded(page)
    await page.locator("thead").get_by_role("link", name="Secrets").click()
    await expect(page).to_have_url(re.compile(r"/projects\?sort=-?secrets$"))
    sorted_by = page.url
    await page.locator('.sidebar a[href="/machines"]').click()
    await expect(page.locator("h1")).to_have_text("Machines")
    await page.locator('.sidebar a[href="/projects"]').click()
    await expect(page).to_have_url(sorted_by)
    await loaded(page)
    away = True
    await context.set_offline(True)
    for socket in sockets:
        await socket.close()
    await expect(page.locator(".connection")).to_be_visible()
    await page.locator('.sidebar a[href="/audit"]').click()
    await toasted(page, "Can't open that page.")
    await expect(page).to_have_url(sorted_by)
    await context.set_offline(False)


async def test_loading_pages_show_no_wrong_text(signed_in: Page, sample_vault: SampleVault) -> None:
    """U-1: at 400 ms and 50 kB/s, no page shows text during loading that disappears once it has loaded."""
    page = await signed_in.context.new_page()
    await page.add_init_script(_NOTE_TEXTS)
    slow: Any = await page.context.new_cdp_session(page)
    await slow.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 400,
            "downloadThroughput": 50_000,
            "uploadThroughput": 50_000,
        },
    )
    await page.goto("/?steps=hide")
    false: list[str] = []
    moments, before = 0, set[str]()
    for address in (
        "/projects",
        "/machines",
        f"/machines/{sample_vault.machine}",
        "/audit",
        "/trash",
        "",
    ):
        await loaded(page)
        shown, final = await page.evaluate("[[...window.srTexts], window.srTextsNow()]")
        moments += len(shown)
        # The previous page stays until the new one has loaded.
        false += [f"{page.url}: {text}" for text in sorted({*shown} - {*final} - before - LOADING)]
        before = set(final)
        await page.evaluate("window.srTexts.clear()")
        if address:
            title = await page.locator("h1").inner_text()
            await page.evaluate(
                "url => window.dispatchEvent(new CustomEvent('sr-go', {detail: {url}}))", address
            )
            await expect(page.locator("h1")).not_to_have_text(title)
    await page.close()

    assert moments > 100
    assert [] == false


LOADING = {"Loading"}
"""The text that pages show only while they load."""

# Collects every text that the page ever shows.
_NOTE_TEXTS = """
window.srTexts = new Set();
window.srTextsNow = () => {
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        const holder = node.parentElement;
        const text = node.data.trim();
        // Times such as "8 s ago" change automatically.
        const counts = text && !holder.closest("script, style, sr-time");
        const shown = counts && holder.checkVisibility({visibilityProperty: true});
        if (shown) found.push(text);
    }
    return found;
};
const note = () => { if (document.body) for (const text of window.srTextsNow()) window.srTexts.add(text); };
new MutationObserver(note).observe(document, {childList: true, subtree: true, characterData: true});
"""


async def sign_in_again(page: Page, operator: Operator) -> None:
    """Sign in through the dialog that is shown when the session has ended."""
    ended = page.get_by_role("dialog", name="Your session ended")
    await expect(ended).to_be_visible()
    email = ended.get_by_label("Email")
    if await email.is_visible():  # A tab in which the person signed in already knows it.
        await email.fill(operator.email)
    await ended.get_by_label("Password", exact=True).fill(operator.password)
    await ended.get_by_role("button", name="Sign in").click()
    await expect(ended).to_have_count(0)
