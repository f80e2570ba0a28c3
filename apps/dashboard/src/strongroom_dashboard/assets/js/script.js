// <sr-script>: the very script that a command would run, to be read first. It is asked for when its
// fold is opened, with the token that was just made, shown as text, and forgotten with the dialog.

export class SrScript extends HTMLElement {
  connectedCallback() {
    if (this.wired) return;
    this.wired = true;
    this.querySelector("details")?.addEventListener("toggle", ({ target }) => { if (target.open) this.show(); });
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
      this.place.textContent = answer.ok ? await answer.text() : "The server did not hand it out. Try again in a minute.";
    } catch {
      this.place.textContent = "The server did not answer. Try again in a minute.";
    }
  }
}
