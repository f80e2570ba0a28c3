// <sr-arrivals>: shows the pending machines that registered after its dialog created a token. Earlier ones
// stay hidden, so that you can't mistake one of them for the new machine.

import { SrCopy } from "./copy.js";
import { all, focus } from "./dom.js";

const TEN_MINUTES = 600_000;

export class SrArrivals extends HTMLElement {
  wired = false;
  since = Number.NaN;

  connectedCallback() {
    if (this.wired) return;
    this.wired = true;
    const dialog = this.closest("dialog");
    dialog?.addEventListener("sr-done", (event) => {
      if (event instanceof CustomEvent) this.begin(Date.parse(event.detail.expiresAt) - TEN_MINUTES);
    });
    dialog?.addEventListener("close", () => this.begin(Number.NaN));
    new MutationObserver(() => this.sort()).observe(this, { childList: true, subtree: true });
    this.begin(Number.NaN);
  }

  /** @param {number} since */
  begin(since) {
    this.since = since;
    // Before the command was created, the dialog contained nothing to focus.
    const copier = Number.isNaN(since) ? null : this.closest("form")?.querySelector("fieldset:not(:disabled) sr-copy");
    if (copier instanceof SrCopy) {
      focus(copier.querySelector("button"));
      copier.copyUnasked();
    }
    this.sort();
  }

  sort() {
    const items = all(this, "[data-since]");
    let any = false;
    for (const item of items) {
      const came = Date.parse(item.dataset.since ?? "") >= this.since;
      if (item.hidden === came) item.hidden = !came;
      any ||= came;
    }
    if (this.hasAttribute("data-any") !== any) this.toggleAttribute("data-any", any);
  }
}
