// <sr-feed>: new rows are wet ink that dries; while somebody points at the list, or reads further down,
// or has paused it, they wait behind a button. At most one announcement in ten seconds.

import { announce } from "./announce.js";

const HUSH = 10_000, DRY = 1800;

export class SrFeed extends HTMLElement {
  #known = null;
  #held = [];
  #unsaid = 0;
  #said = 0;
  #observer = null;

  connectedCallback() {
    this.#observer ??= new MutationObserver(() => this.#look());
    this.#observer.observe(this, { childList: true, subtree: true });
    this.addEventListener("pointerleave", () => this.#release());
    this.addEventListener("click", (event) => {
      if (event.target.closest?.("[data-show-new]")) this.#release(true);
    });
    this.#look();
  }

  disconnectedCallback() {
    this.#observer.disconnect();
    this.#known = null;
  }

  get #reading() {
    return this.hasAttribute("paused") || this.matches(":hover") || this.contains(document.activeElement) || this.getBoundingClientRect().top < 0;
  }

  #look() {
    const rows = [...this.querySelectorAll("li[data-id]")];
    const before = this.#known;
    this.#known = new Set(rows.map((row) => row.dataset.id));
    if (before === null || before.size === 0) return;
    const fresh = rows.filter((row) => !before.has(row.dataset.id));
    if (!fresh.length) return;
    if (this.#reading) {
      fresh.forEach((row) => row.setAttribute("data-held", ""));
      this.#held.push(...fresh);
      this.#count();
    } else {
      fresh.forEach(wet);
    }
    this.#unsaid += fresh.length;
    if (Date.now() - this.#said > HUSH) {
      announce(this.#unsaid === 1 ? "One new entry." : `${this.#unsaid} new entries.`);
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
    this.#held.forEach((row) => { row.removeAttribute("data-held"); wet(row); });
    this.#held = [];
    this.#count();
  }
}

function wet(row) {
  row.setAttribute("data-new", "");
  setTimeout(() => row.removeAttribute("data-new"), DRY);
}
