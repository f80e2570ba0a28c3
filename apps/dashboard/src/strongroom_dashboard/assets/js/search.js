// <sr-search name="q">: what is typed becomes ?q= of the address, which is what the screen loads by.

import { go } from "./go.js";

const PAUSE = 250;

export class SrSearch extends HTMLElement {
  static observedAttributes = ["value"];

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
      if (event.key === "Enter") { event.preventDefault(); this.write(); }
      if (event.key === "Escape" && this.input.value) { event.stopPropagation(); this.input.value = ""; this.write(); }
    });
  }

  attributeChangedCallback() {
    if (this.input && this.input !== document.activeElement) this.input.value = this.getAttribute("value") ?? "";
  }

  write() {
    clearTimeout(this.timer);
    const url = new URL(location.href), text = this.input.value.trim(), name = this.getAttribute("name") ?? "q";
    if (text === (url.searchParams.get(name) ?? "")) return;
    if (text) url.searchParams.set(name, text);
    else url.searchParams.delete(name);
    // A page of the old list and what was open in it mean nothing in the new one.
    ["cursor", "after"].forEach((each) => url.searchParams.delete(each));
    go(url.pathname + url.search, { replace: true });
  }
}
