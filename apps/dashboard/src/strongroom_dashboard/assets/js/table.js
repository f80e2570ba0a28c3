// A click on a table row follows the link in its name cell; j, k and the arrows move between rows. The row
// height is a setting kept in this browser's localStorage.

import { all, closest, focus } from "./dom.js";
import { go, inside } from "./go.js";

const INTERACTIVE = "a, button, input, select, textarea, label, summary, [popover], dialog";

export function serveRows() {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    const row = closest(event, "tr[data-row]");
    if (!row || closest(event, INTERACTIVE) || String(getSelection())) return;
    const path = inside(row.querySelector("a[data-opens]"));
    if (!path) return;
    if (event.metaKey || event.ctrlKey) window.open(path, "_blank", "noopener");
    else go(path);
  });
}

/**
 * Moves the focus between rows. An open drawer shows the newly focused row. Returns whether there are any rows.
 * @param {number} by
 */
export function stepRows(by) {
  const links = all(document, "tr[data-row] a[data-opens]").filter((each) => each.offsetParent !== null);
  if (!links.length) return false;
  const row = currentRow();
  const from = links.findIndex((each) => each.closest("tr") === row);
  const to = from < 0 ? (by > 0 ? 0 : links.length - 1) : Math.max(0, Math.min(links.length - 1, from + by));
  const link = links[to];
  link?.focus();
  const path = document.querySelector(".drawer") && inside(link ?? null);
  if (path && !link?.closest("tr.is-selected")) go(path, { replace: true });
  return true;
}

const OPENING = 5000;

/** Focuses a new object's row once it is listed and its drawer is open, unless the focus has moved by then. */
export function focusOpened() {
  const from = document.activeElement;
  const shown = document.querySelector("tr[data-row].is-selected");
  const observer = new MutationObserver(() => {
    const row = document.querySelector("tr[data-row].is-selected");
    if (row === null || row === shown) return;
    stop();
    if (document.activeElement === from || document.activeElement === document.body) focus(row.querySelector("a[data-opens]"));
  });
  const stop = () => observer.disconnect();
  observer.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] });
  setTimeout(stop, OPENING);
}

/** Returns the row that has the focus or, if none has, the one whose drawer is open. */
export function currentRow() {
  return document.activeElement?.closest("tr[data-row]") ?? document.querySelector("tr[data-row].is-selected");
}

/**
 * Returns an element's text without the parts that are only for screen readers or phones.
 * @param {Element} place
 */
function shownIn(place) {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  const parts = [];
  while (walker.nextNode()) {
    const { parentElement, textContent } = walker.currentNode;
    if (!parentElement?.closest(".sr-only, .unit")) parts.push(textContent?.trim());
  }
  return parts.filter(Boolean).join(" ");
}

/** Shows text that is cut off by an ellipsis as a tooltip. */
export function serveClipped() {
  document.addEventListener("mouseover", (event) => {
    const place = closest(event, ".ledger :is(td, .told), .trunc, .crumbs li > *");
    if (!place || closest(event, "[title]") !== null && closest(event, "[title]") !== place) return;
    if (place.scrollWidth > place.clientWidth) place.title = shownIn(place);
    else if (place.title && place.matches(".ledger :is(td, .told), .trunc")) place.removeAttribute("title");
  });
}

const DENSITY = "strongroom-density";
const COMFORTABLE = "comfortable";

/** @param {boolean} comfortable */
function apply(comfortable) {
  document.documentElement.dataset.density = comfortable ? COMFORTABLE : "regular";
  for (const each of all(document, "[data-density-toggle]")) each.setAttribute("aria-pressed", String(comfortable));
}

export function serveDensity() {
  const comfortable = () => localStorage.getItem(DENSITY) === COMFORTABLE;
  apply(comfortable());
  document.addEventListener("click", (event) => {
    if (!closest(event, "[data-density-toggle]")) return;
    localStorage.setItem(DENSITY, comfortable() ? "" : COMFORTABLE);
    apply(comfortable());
  });
  // React renders the menu again on each screen.
  document.addEventListener("beforetoggle", () => apply(comfortable()), true);
}
