// <sr-waiting>: pending machines as <details>. The newest is open, unless the person has opened or closed one. When
// another machine registers, the one that they are comparing must stay open.

import { all } from "./dom.js";

export class SrWaiting extends HTMLElement {
  touched = false;
  /** @type {MutationObserver | null} */
  #observer = null;

  connectedCallback() {
    if (!this.#observer) this.addEventListener("click", () => (this.touched = true));
    this.#observer ??= new MutationObserver(() => this.look());
    this.#observer.observe(this, { childList: true, subtree: true });
    this.look();
  }

  disconnectedCallback() {
    this.#observer?.disconnect();
  }

  look() {
    const rows = all(this, "details");
    if (this.touched && rows.some((row) => row.hasAttribute("open"))) return;
    if (this.touched && rows.length > 1) return;
    for (const [number, row] of rows.entries()) row.toggleAttribute("open", number === 0);
  }
}
