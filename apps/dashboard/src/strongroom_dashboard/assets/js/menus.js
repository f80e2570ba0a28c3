// Menus are native popovers. This module positions them and handles the arrow keys. It also handles the arrow keys in
// tabs and segments, which are links.

import { all, closest, focus } from "./dom.js";

const GAP = 5;
const EDGE = 8;

/** @param {HTMLElement} menu */
function invoker(menu) {
  const buttons = invokersOf(menu);
  return buttons.find((each) => each === document.activeElement) ?? buttons.find((each) => each.offsetParent !== null) ?? null;
}

/** @param {HTMLElement} menu */
function invokersOf(menu) {
  return all(document, `[popovertarget="${CSS.escape(menu.id)}"]`);
}

/**
 * @param {HTMLElement} menu
 * @param {HTMLElement} button
 */
function place(menu, button) {
  const at = button.getBoundingClientRect(), size = menu.getBoundingClientRect();
  const below = at.bottom + GAP + size.height <= innerHeight - EDGE || at.top < innerHeight / 2;
  const left = at.left + size.width <= innerWidth - EDGE ? at.left : at.right - size.width;
  menu.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - size.width - EDGE))}px`;
  menu.style.top = `${Math.max(EDGE, below ? at.bottom + GAP : at.top - GAP - size.height)}px`;
}

/** @param {HTMLElement} menu */
function items(menu) {
  return all(menu, "a[href], button").filter((each) => each.offsetParent !== null);
}

/**
 * Moves the focus within a menu or a row of links.
 * @param {HTMLElement} menu
 * @param {string} key
 */
function step(menu, key) {
  const found = items(menu);
  const now = found.findIndex((each) => each === document.activeElement);
  const by = key === "ArrowDown" || key === "ArrowRight" ? 1 : -1;
  const to = key === "Home" ? 0 : key === "End" ? found.length - 1 : (now + by + found.length) % found.length;
  found[to]?.focus();
}

export function serveMenus() {
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLElement) || !menu.matches(".menu[popover]")) return;
    const button = invoker(menu);
    const open = event.newState === "open";
    button?.setAttribute("aria-expanded", String(open));
    if (!open) {
      for (const each of invokersOf(menu)) each.setAttribute("aria-expanded", "false");
      return;
    }
    if (button) place(menu, button);
    focus(menu.querySelector('[aria-current="true"]') ?? items(menu)[0]);
  }, true);
  document.addEventListener("keydown", (event) => {
    const row = closest(event, "nav.tabs, nav.seg");
    if (row !== null && ["ArrowRight", "ArrowLeft", "Home", "End"].includes(event.key)) {
      event.preventDefault();
      return step(row, event.key);
    }
    const menu = closest(event, ".menu[popover]");
    if (menu === null || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    step(menu, event.key);
  });
}
