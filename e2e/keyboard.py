"""Uses the dashboard with only the keyboard (Tab, arrows, Enter, letters): no clicks, no scripted focus."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.async_api import Page, expect

_FOCUSED = """
() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const text = (element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent
        ?? element.textContent ?? "").trim();
    const ringed = (each) => {
        const style = each && getComputedStyle(each);
        return Boolean(each) && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    };
    // The ring of a covered radio button is its card's.
    const visible = ringed(element) || ringed(element.closest("label"));
    return {name: text, tag: element.tagName, visible};
}
"""

MOST_TABS = 80


@dataclass(frozen=True, slots=True)
class Focus:
    """The focused element: its name, its type, and whether its focus is visible."""

    name: str
    tag: str
    visible: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """A person who uses only the keyboard."""

    page: Page

    async def focus(self) -> Focus | None:
        """Return the focused element, if any."""
        found = await self.page.evaluate(_FOCUSED)
        return found and Focus(found["name"], found["tag"], found["visible"])

    async def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            await self.page.keyboard.press(key)

    async def type(self, text: str) -> None:
        """Type text into the focused element."""
        await self.page.keyboard.type(text)

    async def to(self, name: str, *, tag: str = "", back: bool = False) -> Focus:
        """Tab to the element with this name. The focus must be visible at every stop on the way.

        A `name` that ends in * matches every name that starts with the text before the *.
        """
        stops: list[str] = []
        for _ in range(MOST_TABS):
            focus = await self.focus()
            if focus is not None:
                if not focus.visible:
                    raise AssertionError(f"the focus on {focus.tag} {focus.name!r} is not visible")
                if _fits(focus.name, name) and tag.upper() in ("", focus.tag):
                    return focus
                stops.append(focus.name)
            await self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"{name!r} is not among {stops}")

    async def fill(self, label: str, text: str) -> None:
        """Tab to a field and replace its text."""
        await self.to(label)
        await self.press("Control+a")
        await self.type(text)

    async def use(self, name: str, *, tag: str = "") -> None:
        """Tab to a button or link and press Enter."""
        await self.to(name, tag=tag)
        await self.press("Enter")

    async def is_on(self, name: str) -> None:
        """Wait until the element with this name has the focus."""
        await expect(self.page.locator(":focus")).to_have_count(1)
        for _ in range(100):
            focus = await self.focus()
            if focus is not None and _fits(focus.name, name):
                return
            await self.page.wait_for_timeout(100)
        raise AssertionError(f"the focus is on {await self.focus()}, not on {name!r}")


def _fits(name: str, wanted: str) -> bool:
    if wanted.endswith("*"):
        return name.startswith(wanted[:-1])
    return name == wanted
