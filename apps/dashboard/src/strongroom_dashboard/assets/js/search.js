// <sr-search name="q">: writes the search text into the URL as ?q=; the screen loads its data according to
// the URL.

import { go } from "./go.js";

const PAUSE = 250;

export class SrSearch extends HTMLElement {
  static observedAttributes = ["value"];
  wired = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;

  get input() {
    return this.querySelector("input");
  }

  connectedCallback() {
    if (this.wired) return;
    this.wired = true;
    this.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.write(), PAUSE);
    });
    this.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        this.write();
      }
      if (event.key === "Escape" && this.input?.value) {
        event.stopPropagation();
        this.input.value = "";
        this.write();
      }
    });
  }

  attributeChangedCallback() {
    if (this.input && this.input !== document.activeElement) this.input.value = this.getAttribute("value") ?? "";
  }

  write() {
    clearTimeout(this.timer);
    const url = new URL(location.href);
    const text = this.input?.value.trim() ?? "";
    const name = this.getAttribute("name") ?? "q";
    if (text === (url.searchParams.get(name) ?? "")) return;
    if (text) url.searchParams.set(name, text);
    else url.searchParams.delete(name);
    // A cursor from the previous list is meaningless in the new one.
    for (const each of ["cursor", "after", `${name}-cursor`]) url.searchParams.delete(each);
    go(url.pathname + url.search, { replace: true });
  }
}
