// <sr-script>: the script that a command would run. It is fetched with the new token when it is opened, shown
// as text, and removed when the dialog closes.

export class SrScript extends HTMLElement {
  wired = false;

  connectedCallback() {
    if (this.wired) return;
    this.wired = true;
    const fold = this.querySelector("details");
    fold?.addEventListener("toggle", () => {
      if (fold.open) this.show();
    });
    this.closest("dialog")?.addEventListener("close", () => this.forget());
  }

  get place() {
    return this.querySelector("[data-script]");
  }

  forget() {
    this.querySelector("details")?.removeAttribute("open");
    if (this.place) this.place.textContent = "";
  }

  async show() {
    const scope = this.closest("form") ?? this.closest("dialog");
    const token = scope?.querySelector('[data-result="token"]')?.textContent ?? "";
    if (!token || !this.place || this.place.textContent) return;
    const suffix = this.getAttribute("variant") ? `/${this.getAttribute("variant")}` : "";
    try {
      const answer = await fetch(`/v1/bootstrap/${encodeURIComponent(token)}${suffix}`, { credentials: "omit", cache: "no-store", redirect: "error", referrerPolicy: "no-referrer" });
      this.place.textContent = answer.ok ? await answer.text() : "Couldn't load the script. Try again in a minute.";
    } catch {
      this.place.textContent = "Can't reach the server. Try again in a minute.";
    }
  }
}
