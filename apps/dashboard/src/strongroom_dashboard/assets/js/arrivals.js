// <sr-arrivals>: of the machines that wait, those that registered since the dialog around it made its
// token. What waited before stays hidden, so that nobody takes an old one for the new one.

const TEN_MINUTES = 600_000;

export class SrArrivals extends HTMLElement {
  connectedCallback() {
    if (this.wired) return;
    this.wired = true;
    const dialog = this.closest("dialog");
    dialog?.addEventListener("sr-done", ({ detail }) => this.begin(Date.parse(detail.expiresAt) - TEN_MINUTES));
    dialog?.addEventListener("close", () => this.begin(Number.NaN));
    new MutationObserver(() => this.sort()).observe(this, { childList: true, subtree: true });
    this.begin(Number.NaN);
  }

  begin(since) {
    this.since = since;
    // Until the command was there, nothing else could have the focus.
    if (!Number.isNaN(since)) this.closest("form")?.querySelector("fieldset:not(:disabled) sr-copy button")?.focus();
    this.sort();
  }

  sort() {
    const items = [...this.querySelectorAll("[data-since]")];
    let any = false;
    for (const item of items) {
      const came = Date.parse(item.dataset.since) >= this.since;
      if (item.hidden === came) item.hidden = !came;
      any ||= came;
    }
    if (this.hasAttribute("data-any") !== any) this.toggleAttribute("data-any", any);
  }
}
