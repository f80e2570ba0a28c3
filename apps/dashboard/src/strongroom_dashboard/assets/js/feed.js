// <sr-feed>: new rows are tinted for a moment. While the pointer is over the list, or it is scrolled or
// paused, they wait behind a button. Screen readers get at most one announcement every ten seconds.

import { all, closest } from "./dom.js";
import { announce } from "./toasts.js";

const HUSH = 10_000, DRY = 1800;

export class SrFeed extends HTMLElement {
  /** @type {Set<string | undefined> | null} */
  #known = null;
  /** @type {HTMLElement[]} */
  #held = [];
  #unsaid = 0;
  #said = 0;
  /** @type {MutationObserver | null} */
  #observer = null;

  connectedCallback() {
    this.#observer ??= new MutationObserver(() => this.#look());
    this.#observer.observe(this, { childList: true, subtree: true });
    this.addEventListener("pointerleave", () => this.#release());
    this.addEventListener("click", (event) => {
      if (closest(event, "[data-show-new]")) this.#release(true);
    });
    this.#look();
  }

  disconnectedCallback() {
    this.#observer?.disconnect();
    this.#known = null;
  }

  get #reading() {
    return this.hasAttribute("paused") || this.matches(":hover") || this.contains(document.activeElement) || this.getBoundingClientRect().top < 0;
  }

  #look() {
    const rows = all(this, "li[data-id]");
    const before = this.#known;
    this.#known = new Set(rows.map((row) => row.dataset.id));
    if (before === null || before.size === 0) return;
    const fresh = rows.filter((row) => !before.has(row.dataset.id));
    if (!fresh.length) return;
    if (this.#reading) {
      for (const row of fresh) row.setAttribute("data-held", "");
      this.#held.push(...fresh);
      this.#count();
    } else {
      fresh.forEach(wet);
    }
    this.#unsaid += fresh.length;
    if (Date.now() - this.#said > HUSH) {
      announce(this.#unsaid === 1 ? "1 new event." : `${this.#unsaid} new events.`);
      this.#said = Date.now();
      this.#unsaid = 0;
    }
  }

  #count() {
    const held = this.#held.filter((row) => row.isConnected);
    const bar = this.querySelector("[data-new-bar]"), button = bar?.querySelector("button");
    bar?.toggleAttribute("data-shown", held.length > 0);
    const text = `${held.length} new`;
    if (button && button.textContent !== text) button.textContent = text;
  }

  #release(asked = false) {
    if (this.hasAttribute("paused") && !asked) return;
    for (const row of this.#held) {
      row.removeAttribute("data-held");
      wet(row);
    }
    this.#held = [];
    this.#count();
  }
}

/** @param {HTMLElement} row */
function wet(row) {
  row.setAttribute("data-new", "");
  setTimeout(() => row.removeAttribute("data-new"), DRY);
}
