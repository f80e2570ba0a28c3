// A row of a table opens what its name links to; j, k and the arrows step through rows.

import { go, inside } from "./go.js";

const INTERACTIVE = "a, button, input, select, textarea, label, summary, [popover], dialog";

export function serveRows() {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || !(event.target instanceof Element)) return;
    const row = event.target.closest("tr[data-row]");
    if (!row || event.target.closest(INTERACTIVE) || String(getSelection())) return;
    const link = row.querySelector("a[data-opens]"), path = link && inside(link);
    if (!path) return;
    if (event.metaKey || event.ctrlKey) window.open(path, "_blank", "noopener");
    else go(path);
  });
}

/** Moves the focus by rows. Returns whether there was a row to go to. */
export function stepRows(by) {
  const links = [...document.querySelectorAll("tr[data-row] a[data-opens]")].filter((each) => each.offsetParent !== null);
  if (!links.length) return false;
  const now = links.indexOf(document.activeElement);
  const selected = links.findIndex((each) => each.closest("tr").classList.contains("is-selected"));
  const from = now >= 0 ? now : selected;
  const to = from < 0 ? (by > 0 ? 0 : links.length - 1) : Math.max(0, Math.min(links.length - 1, from + by));
  links[to].focus();
  return true;
}
